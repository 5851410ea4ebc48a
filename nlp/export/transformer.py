"""The transformer written for serving: its layers on plain operations, word and position tables beside them."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from nlp.encoder_part import MAX_TOKENS, NETWORK, POSITIONS, SETTINGS, TOKENIZER, WORDS
from nlp.exceptions import WeightsDamaged
from nlp.export.conversion import Pair, convert, dense, normed, unit
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.vocabulary import Vocabulary


class FlatNetwork(tf.Module):  # type: ignore[misc]  # TensorFlow ships no types
    """The encoder's layers on plain operations that LiteRT runs as quantised matrix products.

    The same sums as `nlp.network.build_network`, written so that the converter finds 2-D products:
    queries, keys and values in one, tokens of all sentences in one matrix.
    """

    def __init__(self, weights: PretrainedWeights) -> None:
        super().__init__(name="flat_network")
        self._tensors, shape = weights.tensors, weights.architecture
        self.word_dim, self._num_heads = shape.hidden_dim, shape.num_heads
        self._epsilon = shape.layer_norm_epsilon
        self._first = self._pair("embeddings.LayerNorm")
        self._layers = [self._layer(f"encoder.layer.{index}") for index in range(shape.num_layers)]

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def embed(self, embedded: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """Turn embedded tokens into sentence vectors.

        Args:
            embedded: (batch, length, dim) float32, words plus positions.
            mask: (batch, length) float32, 1 = a token.

        Returns:
            (batch, dim) float32, L2-normalised.
        """
        batch, length = tf.shape(embedded)[0], tf.shape(embedded)[1]
        bias = tf.expand_dims(tf.expand_dims((mask - 1.0) * 1e9, 1), 1)  # (batch, 1, 1, length)
        x = self._norm(tf.reshape(embedded, [-1, self.word_dim]), self._first)  # (batch * length, dim)
        for qkv, attended, attended_norm, inner, outer, outer_norm in self._layers:
            heads = self._attend(dense(x, qkv), bias, batch, length)
            x = self._norm(x + dense(heads, attended), attended_norm)
            inside = tf.nn.gelu(dense(x, inner), approximate=False)
            x = self._norm(x + dense(inside, outer), outer_norm)
        x = tf.reshape(x, [batch, length, self.word_dim])
        mean = tf.reduce_sum(x * tf.expand_dims(mask, -1), 1) / tf.reduce_sum(mask, 1, keepdims=True)
        return unit(mean)

    def _attend(self, qkv: tf.Tensor, bias: tf.Tensor, batch: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
        shape = [batch, length, self._num_heads, self.word_dim // self._num_heads]
        query, key, value = (tf.transpose(tf.reshape(z, shape), [0, 2, 1, 3]) for z in tf.split(qkv, 3, -1))
        attention = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) + bias)
        return tf.reshape(tf.transpose(tf.matmul(attention, value), [0, 2, 1, 3]), [-1, self.word_dim])

    def _norm(self, x: tf.Tensor, pair: Pair) -> tf.Tensor:
        return normed(x, self._epsilon) * pair[0] + pair[1]

    def _pair(self, name: str) -> Pair:
        return _constant(self._tensors[f"{name}.weight"]), _constant(self._tensors[f"{name}.bias"])

    def _kernel(self, name: str) -> Pair:
        return _constant(self._tensors[f"{name}.weight"].T), _constant(self._tensors[f"{name}.bias"])

    def _layer(self, name: str) -> tuple[Pair, ...]:
        itself, output = f"{name}.attention.self", f"{name}.attention.output"
        return (
            _joined(self._tensors, itself, scale=(self.word_dim // self._num_heads) ** -0.5),
            self._kernel(f"{output}.dense"),
            self._pair(f"{output}.LayerNorm"),
            self._kernel(f"{name}.intermediate.dense"),
            self._kernel(f"{name}.output.dense"),
            self._pair(f"{name}.output.LayerNorm"),
        )


def _joined(tensors: Mapping[str, FloatArray], name: str, *, scale: float) -> Pair:
    """Join queries, keys and values; the queries carry the attention's scale: one operation less."""
    parts = (("query", scale), ("key", 1.0), ("value", 1.0))
    weight = np.concatenate([tensors[f"{name}.{part}.weight"] * np.float32(factor) for part, factor in parts])
    bias = np.concatenate([tensors[f"{name}.{part}.bias"] * np.float32(factor) for part, factor in parts])
    return _constant(weight.T), _constant(bias)


def _constant(array: FloatArray) -> tf.Tensor:
    return tf.constant(np.ascontiguousarray(array), tf.float32)


def export_transformer(
    folder: Path, weights: PretrainedWeights, vocabulary: Vocabulary, word_embeddings: FloatArray
) -> None:
    """Write a transformer that `nlp.encoder_part.EncoderPart` serves.

    Args:
        folder: Is made.
        word_embeddings: (num_pieces, dim) float32; kept in half precision, which turns no vector measurably.

    Raises:
        WeightsDamaged: A tensor is missing.
    """
    tensors = weights.tensors
    try:
        network = FlatNetwork(weights)
    except (KeyError, ValueError) as error:
        raise WeightsDamaged(f"The weights of '{weights.source}' do not fit {weights.architecture}: {error}") from error
    folder.mkdir(parents=True)
    # One segment only: its embedding is part of every position.
    positions = tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0]
    np.save(folder / WORDS, word_embeddings.astype(np.float16), allow_pickle=False)
    np.save(folder / POSITIONS, positions[:MAX_TOKENS].astype(np.float32), allow_pickle=False)
    (folder / TOKENIZER).write_bytes(vocabulary.to_proto())
    settings = {"dim": weights.architecture.hidden_dim, "prefix": weights.prefix}
    (folder / SETTINGS).write_text(json.dumps(settings | {"passage_prefix": weights.passage_prefix}))
    (folder / NETWORK).write_bytes(convert(network))
