"""The rival's network is BERT, whatever it is padded with."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from nlp.pretrained import Architecture, PretrainedWeights, random_weights
from tests.bench.minilm_onnx import MiniLM, build_minilm, padded
from tests.nlp.test_network import bert_in_numpy

SMALL = Architecture(hidden_dim=8, num_layers=2, num_heads=2, intermediate_dim=16, max_sequence_length=16)
WORDS = tuple(f"w{i}" for i in range(20))


@pytest.fixture(scope="module")
def weights() -> PretrainedWeights:
    """Give weights with no zero bias and no identity norm, so that each tensor shows in the result."""
    rng = np.random.default_rng(1)
    made = random_weights(SMALL, WORDS, np.zeros(len(WORDS), np.float32))
    lively = {n: (t + rng.normal(0, 0.5, t.shape)).astype(np.float32) for n, t in made.tensors.items()}
    return replace(made, tensors=lively)


@pytest.fixture(scope="module")
def encoder(weights: PretrainedWeights, tmp_path_factory: pytest.TempPathFactory) -> MiniLM:
    path = tmp_path_factory.mktemp("onnx") / "small.onnx"
    onnx.save(build_minilm(weights), path)
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="w0"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return MiniLM(Path(path), tokenizer.to_str())


def test_network_is_bert(encoder: MiniLM, weights: PretrainedWeights) -> None:
    vectors = encoder.encode(["w3 w7 w5", "w9 w2 w4 w8 w11 w6 w1"])
    expected = [bert_in_numpy(weights, ids) for ids in ([3, 7, 5], [9, 2, 4, 8, 11, 6, 1])]
    np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_padding_changes_no_vector(encoder: MiniLM) -> None:
    alone, beside = encoder.encode(["w3 w7 w5"])[0], encoder.encode(["w3 w7 w5", "w1 w2 w3 w4 w5 w6"])[0]
    np.testing.assert_allclose(alone, beside, atol=1e-6)


def test_padded_rows_keep_their_ids_and_mask() -> None:
    token_ids, mask = padded([[4, 5, 6], [7]])
    assert token_ids.tolist() == [[4, 5, 6], [7, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
