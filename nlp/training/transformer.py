"""The transformer under training: embeddings frozen, layers moved, several sentences to a row."""

from collections.abc import Sequence

import tensorflow as tf

from nlp.network import build_network, drain_weights, embed_packed, encoder_layers, pour_weights
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.training.packing import IntArray, pack


class TransformerUnderTraining:
    """A `nlp.training.trainable.NetworkUnderTraining`.

    Args:
        weights: What the layers start from.
        table: (vocabulary_size, hidden_dim) float32, the trimmed word embeddings; frozen.
        dropout: Of the layers, 0 to 1.
    """

    specs = (*(tf.TensorSpec([None, None], tf.int32),) * 3, tf.TensorSpec([], tf.int32))

    def __init__(self, weights: PretrainedWeights, table: FloatArray, *, dropout: float = 0.0) -> None:
        self._weights, self.dim = weights, weights.architecture.hidden_dim
        self._network = build_network(weights.architecture, len(table), dropout=dropout)
        pour_weights(self._network, weights, table)
        self.moved = [v for layer in encoder_layers(self._network) for v in layer.trainable_variables]
        frozen = {v.path for name in ("embeddings", "embeddings_norm") for v in self._network.get_layer(name).variables}
        self.state = {str(i): v for i, v in enumerate(self._network.variables) if v.path not in frozen}

    def batch(self, token_ids: Sequence[IntArray]) -> tuple[tf.Tensor, ...]:
        """Pack sentences: ids, positions, sentence numbers (rows, width), number of sentences ()."""
        packed = pack(token_ids)
        arrays = (packed.token_ids, packed.positions, packed.sentences)
        return (*(tf.constant(a) for a in arrays), tf.constant(packed.num_sentences))

    def embed(self, *batch: tf.Tensor, training: bool) -> tf.Tensor:
        """Return (sentences, dim) float32, L2-normalised."""
        return embed_packed(self._network, *batch, training=training)

    def drained(self) -> dict[str, FloatArray]:
        """Return every tensor of every layer under its Hugging Face name."""
        return drain_weights(self._network, self._weights)
