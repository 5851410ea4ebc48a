"""The Universal Sentence Encoder's layers, on small made-up weights, against a sentence-by-sentence reading."""

from pathlib import Path

import numpy as np
import pytest
import sentencepiece as spm

from nlp.exceptions import WeightsDamaged, WeightsNotFound
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.training.universal_encoder import UniversalEncoder
from nlp.universal import PIECES_FILE, WEIGHTS_FILE, WIDTHS, read_universal
from tests.nlp.universal_samples import NARROW, write_universal

pytestmark = pytest.mark.unit

TEXTS = ["no cold air", "空调不制冷怎么办?", "e", "外机不转 e4", ""]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site-packages")


@pytest.fixture(scope="module")
def hashes(folder: Path, tiny_weights: PretrainedWeights) -> tuple[str, str]:
    return write_universal(folder, tiny_weights)


def normed(row: FloatArray) -> FloatArray:
    return np.asarray((row - row.mean()) / np.sqrt(row.var() + 1e-6))


def by_sentence(ids: list[int], t: dict[str, FloatArray]) -> FloatArray:
    words = [t[f"q{i % 17 + 1}"][i // 17] * t["scale"][i % 17] + t["lo"][i % 17] for i in ids]
    joint = [normed(np.concatenate([w @ t[f"proj{n}"] + t[f"proj_b{n}"] for n in WIDTHS])) for w in words]
    features = [words]
    for number, (width, left) in enumerate(WIDTHS.items()):
        part = slice(number * NARROW, (number + 1) * NARROW)
        x = [row[part] * t[f"ln_g{width}"] + t[f"ln_b{width}"] for row in joint]
        for layer in (1, 2):
            at = [range(i - left, i - left + width) for i in range(len(x))]
            windows = [np.concatenate([x[j] if 0 <= j < len(x) else np.zeros(NARROW) for j in js]) for js in at]
            lifted = [np.maximum(w @ t[f"w{layer}_{width}"] + t[f"b{layer}_{width}"], 0) for w in windows]
            x = [a + b for a, b in zip(x, lifted, strict=True)]
        features.append(x)
    tokens = [normed(np.concatenate(parts)) * t["ln_g"] + t["ln_b"] for parts in zip(*features, strict=True)]
    mean = sum(row @ t["cnn_W"] + t["cnn_b"] for row in tokens) / np.sqrt(len(tokens))
    first = np.maximum(mean @ t["d0"], 0)
    second = np.maximum(mean @ t["p1"] + first @ t["d1"], 0)
    out = np.tanh(second @ t["p3"] + np.maximum(second @ t["d2"], 0) @ t["d3"])
    return np.asarray(out / np.linalg.norm(out))


def test_vectors_are_those_of_a_reading_sentence_by_sentence(folder: Path, hashes: tuple[str, str]) -> None:
    processor = spm.SentencePieceProcessor(model_file=str(folder / PIECES_FILE))
    with np.load(folder / WEIGHTS_FILE) as file:
        tensors = {name: file[name] for name in file.files}
    vectors = UniversalEncoder(read_universal(folder, sha256=hashes)).encode(TEXTS)
    for text, vector in zip(TEXTS, vectors, strict=True):
        expected = by_sentence(processor.encode(text, add_bos=True, add_eos=True), tensors)
        assert np.allclose(vector, expected, atol=1e-4), text


def test_changed_files_are_refused(folder: Path, hashes: tuple[str, str]) -> None:
    for damaged in (("0" * 64, hashes[1]), (hashes[0], "0" * 64)):
        with pytest.raises(WeightsDamaged, match="expected 000000000000"):
            read_universal(folder, sha256=damaged)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(WeightsNotFound, match="There is no .*weights.npz"):
        read_universal(tmp_path)
