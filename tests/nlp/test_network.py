"""The network: pooling under the mask, positions, weights poured into the right places."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from nlp.exceptions import WeightsDamaged
from nlp.network import MaskedMean, build_network, drain_weights, embed_packed, exact_gelu, pour_weights
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.training.packing import pack

pytestmark = pytest.mark.unit

WORDS = "embeddings.word_embeddings.weight"
IDS = np.array([[0, 7, 5, 2, 1, 1], [0, 30, 31, 32, 33, 2]], np.int32)


def erf_gelu(x: FloatArray) -> FloatArray:
    from scipy.special import erf

    return np.asarray(x * 0.5 * (1 + erf(x / np.sqrt(2))), np.float32)


def layer_norm(x: FloatArray, tensors: dict[str, FloatArray], name: str) -> FloatArray:
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-12) * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]


def dense(x: FloatArray, tensors: dict[str, FloatArray], name: str) -> FloatArray:
    return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]


def attend(x: FloatArray, tensors: dict[str, FloatArray], layer: str, heads: int) -> FloatArray:
    def split(name: str) -> FloatArray:  # (length, dim) -> (heads, length, dim / heads)
        return dense(x, tensors, f"{layer}.attention.self.{name}").reshape(len(x), heads, -1).transpose(1, 0, 2)

    query, key, value = split("query"), split("key"), split("value")
    scores = query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1])
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    mixed = (shares / shares.sum(-1, keepdims=True)) @ value
    return dense(mixed.transpose(1, 0, 2).reshape(len(x), -1), tensors, f"{layer}.attention.output.dense")


def bert_in_numpy(weights: PretrainedWeights, ids: list[int]) -> FloatArray:
    """BERT after the paper, with e5's mean pooling: (dim,) of one unpadded sentence."""
    tensors, heads = dict(weights.tensors), weights.architecture.num_heads
    x = tensors[WORDS][ids] + tensors["embeddings.position_embeddings.weight"][: len(ids)]
    x = layer_norm(x + tensors["embeddings.token_type_embeddings.weight"][0], tensors, "embeddings.LayerNorm")
    for index in range(weights.architecture.num_layers):
        layer = f"encoder.layer.{index}"
        x = layer_norm(x + attend(x, tensors, layer, heads), tensors, f"{layer}.attention.output.LayerNorm")
        inner = dense(erf_gelu(dense(x, tensors, f"{layer}.intermediate.dense")), tensors, f"{layer}.output.dense")
        x = layer_norm(x + inner, tensors, f"{layer}.output.LayerNorm")
    mean = x.mean(0)
    return np.asarray(mean / np.linalg.norm(mean))


@pytest.fixture(scope="module")
def lively_weights(tiny_weights: PretrainedWeights) -> PretrainedWeights:
    """Weights with no zero bias and no identity norm, so that each tensor shows in the result."""
    rng = np.random.default_rng(1)
    tensors = {n: (t + rng.normal(0, 0.5, t.shape)).astype(np.float32) for n, t in tiny_weights.tensors.items()}
    return replace(tiny_weights, tensors=tensors)


def embed(weights: PretrainedWeights, ids: FloatArray) -> FloatArray:
    network = build_network(weights.architecture, len(weights.pieces))
    pour_weights(network, weights, weights.tensors[WORDS])
    return np.asarray(network([ids, (ids != 1).astype(np.int32)], training=False))


def test_network_computes_bert(lively_weights: PretrainedWeights) -> None:
    vectors = embed(lively_weights, IDS)
    assert np.allclose(vectors[0], bert_in_numpy(lively_weights, [0, 7, 5, 2]), atol=1e-5)
    assert np.allclose(vectors[1], bert_in_numpy(lively_weights, IDS[1].tolist()), atol=1e-5)


def test_network_gives_unit_vectors(lively_weights: PretrainedWeights) -> None:
    vectors = embed(lively_weights, IDS)
    assert (vectors.shape, vectors.dtype) == ((2, 8), np.float32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0)


def test_padding_changes_nothing(lively_weights: PretrainedWeights) -> None:
    padded = np.concatenate([IDS, np.ones((2, 10), np.int32)], axis=1)
    assert np.allclose(embed(lively_weights, IDS), embed(lively_weights, padded), atol=1e-6)


def test_masked_mean_of_nothing_is_finite() -> None:
    pooled = MaskedMean()(np.ones((1, 3, 4), np.float32), np.zeros((1, 3), np.int32))
    assert np.asarray(pooled).tolist() == [[0.0] * 4]


def test_exact_gelu_is_the_error_function_form() -> None:
    x = np.linspace(-4, 4, 33, dtype=np.float32)
    assert np.allclose(np.asarray(exact_gelu(x)), erf_gelu(x), atol=1e-6)


@pytest.mark.parametrize("name", ["embeddings.LayerNorm.bias", "encoder.layer.0.attention.self.key.weight"])
def test_pour_weights_names_a_missing_tensor(tiny_weights: PretrainedWeights, name: str) -> None:
    tensors = {n: t for n, t in tiny_weights.tensors.items() if n != name}
    with pytest.raises(WeightsDamaged, match=f"'from scratch' do not fit.*{name}"):
        embed(replace(tiny_weights, tensors=tensors), IDS)


def test_pour_weights_refuses_another_shape(tiny_weights: PretrainedWeights) -> None:
    tensors = {**tiny_weights.tensors, "encoder.layer.1.output.dense.bias": np.zeros(9, np.float32)}
    with pytest.raises(WeightsDamaged, match="do not fit"):
        embed(replace(tiny_weights, tensors=tensors), IDS)


def poured(weights: PretrainedWeights, *, dropout: float = 0.0) -> keras.Model:
    network = build_network(weights.architecture, len(weights.pieces), dropout=dropout)
    pour_weights(network, weights, weights.tensors[WORDS])
    return network


def embed_in_rows(network: keras.Model, sentences: list[list[int]], *, training: bool = False) -> FloatArray:
    batch = pack([np.array(ids, np.int32) for ids in sentences])
    packed = (batch.token_ids, batch.positions, batch.sentences, batch.num_sentences)
    return np.asarray(embed_packed(network, *packed, training=training))


def test_packed_sentences_get_the_vectors_of_the_network(lively_weights: PretrainedWeights) -> None:
    sentences = [[0, 7, 5, 2], IDS[1].tolist(), [0, *range(4, 34), 2], [0, *range(10, 50), 2], [0, 2]]
    vectors = embed_in_rows(poured(lively_weights), sentences)
    assert vectors.shape == (5, 8)
    for ids, vector in zip(sentences, vectors, strict=True):
        assert np.allclose(vector, bert_in_numpy(lively_weights, ids), atol=1e-5)


def test_dropout_is_on_in_training_only(lively_weights: PretrainedWeights) -> None:
    network, sentences = poured(lively_weights, dropout=0.5), [[0, 7, 5, 2]]
    calm = embed_in_rows(network, sentences)
    assert np.allclose(calm, bert_in_numpy(lively_weights, sentences[0]), atol=1e-5)
    assert not np.allclose(embed_in_rows(network, sentences, training=True), calm, atol=1e-3)


def test_drain_weights_gives_back_what_was_poured(lively_weights: PretrainedWeights) -> None:
    drained = drain_weights(poured(lively_weights, dropout=0.1), lively_weights)
    expected = {n: t for n, t in lively_weights.tensors.items() if n.startswith("encoder.layer.")}
    assert drained.keys() == expected.keys()
    for name, tensor in expected.items():
        assert np.array_equal(drained[name], tensor), name
        assert (drained[name].dtype, drained[name].flags.c_contiguous) == (np.float32, True)
