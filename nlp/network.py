"""The encoder's network on keras-hub layers, and pretrained weights poured into it."""

import keras
import keras_hub
import numpy as np

from nlp.exceptions import WeightsDamaged
from nlp.pretrained import Architecture, FloatArray, PretrainedWeights


@keras.saving.register_keras_serializable(package="hangjia")  # type: ignore[untyped-decorator]
def exact_gelu(x: "keras.KerasTensor") -> "keras.KerasTensor":
    """GELU with the error function, as BERT has it (keras-hub's own BERT uses the tanh form)."""
    return keras.activations.gelu(x, approximate=False)


def build_network(architecture: Architecture, vocabulary_size: int, *, dropout: float = 0.0) -> keras.Model:
    """Build token ids → L2-normalised sentence vectors.

    Mean of the last layer's tokens, the specials included, as multilingual-e5 was trained.

    Args:
        dropout: Share dropped of each layer's attention, attended and feed-forward outputs; for training.

    Returns:
        A model from `token_ids: (batch, length) int32` and `padding_mask: (batch, length) int32`
        (1 = a token) to `embeddings: (batch, hidden_dim) float32`, L2-normalised.
    """
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    padding_mask = keras.Input((None,), dtype="int32", name="padding_mask")
    x = keras_hub.layers.TokenAndPositionEmbedding(
        vocabulary_size, architecture.max_sequence_length, architecture.hidden_dim, name="embeddings"
    )(token_ids)
    x = keras.layers.LayerNormalization(epsilon=architecture.layer_norm_epsilon, name="embeddings_norm")(x)
    for index in range(architecture.num_layers):
        x = keras_hub.layers.TransformerEncoder(
            intermediate_dim=architecture.intermediate_dim,
            num_heads=architecture.num_heads,
            activation=exact_gelu,
            dropout=dropout,
            layer_norm_epsilon=architecture.layer_norm_epsilon,
            name=f"layer_{index}",
        )(x, padding_mask=padding_mask)
    embeddings = MaskedMean(name="pool")(x, padding_mask)  # (batch, length, dim) -> (batch, dim)
    return keras.Model([token_ids, padding_mask], embeddings, name="sentence_encoder")


@keras.saving.register_keras_serializable(package="hangjia")
class MaskedMean(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """Mean over the tokens of a sentence, then L2 normalisation."""

    def call(self, x: "keras.KerasTensor", padding_mask: "keras.KerasTensor") -> "keras.KerasTensor":
        """Pool `x: (batch, length, dim)` under `padding_mask: (batch, length)` to `(batch, dim)`."""
        weights = keras.ops.cast(padding_mask, x.dtype)[:, :, None]
        mean = keras.ops.sum(x * weights, axis=1) / keras.ops.maximum(keras.ops.sum(weights, axis=1), 1.0)
        return mean / keras.ops.maximum(keras.ops.norm(mean, axis=-1, keepdims=True), 1e-12)


def embed_packed(
    network: keras.Model,
    token_ids: "keras.KerasTensor",
    positions: "keras.KerasTensor",
    sentences: "keras.KerasTensor",
    num_sentences: "keras.KerasTensor",
    *,
    training: bool,
) -> "keras.KerasTensor":
    """Embed packed sentences with the layers of a network: the vectors that the network gives, at less work.

    The embeddings and their norm are frozen here: no gradient flows into them.

    Args:
        network: From `build_network`.
        token_ids: (rows, width) int32; see `nlp.training.packing.PackedBatch` for this and the next two.
        positions: (rows, width) int32.
        sentences: (rows, width) int32, -1 where a row is padding.
        num_sentences: () int32.
        training: Whether dropout is on.

    Returns:
        (num_sentences, hidden_dim) float32, L2-normalised.
    """
    words = network.get_layer("embeddings")
    x = words.token_embedding(token_ids)
    x += keras.ops.cast(keras.ops.take(words.position_embedding.position_embeddings, positions, axis=0), x.dtype)
    x = keras.ops.stop_gradient(network.get_layer("embeddings_norm")(x))  # (rows, width, dim)
    same = keras.ops.equal(sentences[:, :, None], sentences[:, None, :])  # (rows, width, width)
    for layer in encoder_layers(network):
        x = layer(x, attention_mask=same, training=training)
    return _mean_of_sentences(keras.ops.cast(x, "float32"), sentences, num_sentences)


def _mean_of_sentences(
    x: "keras.KerasTensor", sentences: "keras.KerasTensor", num_sentences: "keras.KerasTensor"
) -> "keras.KerasTensor":
    flat, owner = keras.ops.reshape(x, (-1, x.shape[-1])), keras.ops.reshape(sentences, (-1,))
    # Padding is summed into one sentence too many, which is cut off.
    owner = keras.ops.where(owner < 0, num_sentences, owner)
    # A sentence's length is lost in the normalisation, so that the sum serves for the mean.
    total = keras.ops.segment_sum(flat, owner, num_segments=num_sentences + 1)[:-1]
    return total / keras.ops.maximum(keras.ops.norm(total, axis=-1, keepdims=True), 1e-12)


def encoder_layers(network: keras.Model) -> list[keras.layers.Layer]:
    """Return the transformer layers of a network, first to last."""
    return [layer for layer in network.layers if layer.name.startswith("layer_")]


def pour_weights(network: keras.Model, weights: PretrainedWeights, word_embeddings: FloatArray) -> None:
    """Set a network's variables from pretrained tensors.

    Args:
        word_embeddings: (vocabulary_size, hidden_dim) float32, trimmed and extended.

    Raises:
        WeightsDamaged: A tensor is missing or has another shape than the network.
    """
    tensors, heads = weights.tensors, weights.architecture.num_heads
    try:
        # One segment only: its embedding is part of every position.
        positions = (
            tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0]
        )
        network.get_layer("embeddings").set_weights([word_embeddings, positions])
        network.get_layer("embeddings_norm").set_weights(_norm(weights, "embeddings.LayerNorm"))
        for index in range(weights.architecture.num_layers):
            network.get_layer(f"layer_{index}").set_weights(_layer(weights, f"encoder.layer.{index}", heads))
    except (KeyError, ValueError) as error:
        raise WeightsDamaged(f"The weights of '{weights.source}' do not fit {weights.architecture}: {error}") from error


def _norm(weights: PretrainedWeights, name: str) -> list[FloatArray]:
    return [weights.tensors[f"{name}.weight"], weights.tensors[f"{name}.bias"]]


def _layer(weights: PretrainedWeights, name: str, num_heads: int) -> list[FloatArray]:
    """Return one layer's arrays in the order of `TransformerEncoder.weights`."""
    tensors = weights.tensors
    arrays: list[FloatArray] = []
    for part in ("query", "key", "value"):
        kernel = tensors[f"{name}.attention.self.{part}.weight"].T  # (out, in) -> (in, out)
        dim = kernel.shape[0]
        arrays.append(kernel.reshape(dim, num_heads, -1))
        arrays.append(tensors[f"{name}.attention.self.{part}.bias"].reshape(num_heads, -1))
    kernel = tensors[f"{name}.attention.output.dense.weight"].T
    arrays.append(kernel.reshape(num_heads, -1, kernel.shape[1]))
    arrays.append(tensors[f"{name}.attention.output.dense.bias"])
    arrays += _norm(weights, f"{name}.attention.output.LayerNorm")
    arrays += _norm(weights, f"{name}.output.LayerNorm")
    for part in ("intermediate.dense", "output.dense"):
        arrays += [np.ascontiguousarray(tensors[f"{name}.{part}.weight"].T), tensors[f"{name}.{part}.bias"]]
    return arrays


def drain_weights(network: keras.Model, weights: PretrainedWeights) -> dict[str, FloatArray]:
    """Read the transformer layers of a network back: the inverse of `pour_weights`.

    Args:
        weights: What the network was poured from; names and shapes are taken from it.

    Returns:
        Hugging Face name → float32 array for every tensor of every layer, kernels (out, in).
        Embeddings are not among them: training leaves them as they are.
    """
    tensors: dict[str, FloatArray] = {}
    for index, layer in enumerate(encoder_layers(network)):
        tensors |= _drained(f"encoder.layer.{index}", layer.get_weights(), weights.architecture.hidden_dim)
    return tensors


def _drained(name: str, arrays: list[FloatArray], dim: int) -> dict[str, FloatArray]:
    """Name one layer's arrays, which come in the order of `_layer`."""
    names = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    names += [f"{name}.attention.output.dense", f"{name}.attention.output.LayerNorm", f"{name}.output.LayerNorm"]
    names += [f"{name}.intermediate.dense", f"{name}.output.dense"]
    tensors: dict[str, FloatArray] = {}
    for part, kernel, bias in zip(names, arrays[::2], arrays[1::2], strict=True):
        flat = kernel
        if ".attention." in part and kernel.ndim == 3:
            # queries, keys, values: (in, heads, size); the output: (heads, size, out)
            flat = kernel.reshape(dim, -1) if ".self." in part else kernel.reshape(-1, dim)
        tensors[f"{part}.weight"] = np.ascontiguousarray(flat.T, np.float32)  # (in, out) -> (out, in)
        tensors[f"{part}.bias"] = bias.reshape(-1).astype(np.float32)
    return tensors
