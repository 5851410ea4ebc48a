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


def build_network(architecture: Architecture, vocabulary_size: int) -> keras.Model:
    """Build token ids → L2-normalised sentence vectors.

    Mean of the last layer's tokens, the specials included, as multilingual-e5 was trained.

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
