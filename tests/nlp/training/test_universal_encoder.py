"""The Universal Sentence Encoder's layers, on small made-up weights, against a sentence-by-sentence reading."""

from pathlib import Path

import numpy as np
import pytest
import sentencepiece as spm

from nlp.exceptions import WeightsDamaged, WeightsNotFound
from nlp.hashing import sha256_of
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.training.universal_encoder import NUM_BLOCKS, PIECES_FILE, WEIGHTS_FILE, WIDTHS, UniversalEncoder
from nlp.vocabulary import full_vocabulary

pytestmark = pytest.mark.unit

DIM, NARROW, OUT, HIDDEN = 6, 4, 5, 3
TEXTS = ["no cold air", "空调不制冷怎么办?", "e", "外机不转 e4", ""]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tiny_weights: PretrainedWeights) -> Path:
    folder = tmp_path_factory.mktemp("site-packages")
    (folder / WEIGHTS_FILE).parent.mkdir(parents=True)
    (folder / PIECES_FILE).write_bytes(full_vocabulary(tiny_weights).to_proto())
    rng = np.random.default_rng(2)

    def normal(*shape: int) -> FloatArray:
        return rng.normal(size=shape).astype(np.float32)

    rows = -(-len(tiny_weights.pieces) // NUM_BLOCKS)
    tensors = {f"q{i + 1}": rng.integers(0, 255, (rows, DIM)).astype(np.uint8) for i in range(NUM_BLOCKS)}
    tensors |= {"scale": rng.random(NUM_BLOCKS).astype(np.float32) / 99, "lo": normal(NUM_BLOCKS)}
    for width in WIDTHS:
        tensors |= {f"proj{width}": normal(DIM, NARROW), f"proj_b{width}": normal(NARROW)}
        tensors |= {f"ln_g{width}": normal(NARROW), f"ln_b{width}": normal(NARROW)}
        for layer in (1, 2):
            tensors |= {f"w{layer}_{width}": normal(width * NARROW, NARROW), f"b{layer}_{width}": normal(NARROW)}
    wide = DIM + 3 * NARROW
    tensors |= {"ln_g": normal(wide), "ln_b": normal(wide), "cnn_W": normal(wide, OUT), "cnn_b": normal(OUT)}
    tensors |= {"d0": normal(OUT, HIDDEN), "d1": normal(HIDDEN, HIDDEN), "p1": normal(OUT, HIDDEN)}
    tensors |= {"d2": normal(HIDDEN, OUT), "p3": normal(HIDDEN, OUT), "d3": normal(OUT, OUT), "eps": np.array(1e-6)}
    np.savez(folder / WEIGHTS_FILE, **tensors)
    return folder


@pytest.fixture
def hashes(folder: Path) -> tuple[str, str]:
    return sha256_of(folder / WEIGHTS_FILE), sha256_of(folder / PIECES_FILE)


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
    vectors = UniversalEncoder(folder, sha256=hashes).encode(TEXTS)
    for text, vector in zip(TEXTS, vectors, strict=True):
        expected = by_sentence(processor.encode(text, add_bos=True, add_eos=True), tensors)
        assert np.allclose(vector, expected, atol=1e-4), text


def test_changed_files_are_refused(folder: Path, hashes: tuple[str, str]) -> None:
    for damaged in (("0" * 64, hashes[1]), (hashes[0], "0" * 64)):
        with pytest.raises(WeightsDamaged, match="expected 000000000000"):
            UniversalEncoder(folder, sha256=damaged)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(WeightsNotFound, match="There is no .*weights.npz"):
        UniversalEncoder(tmp_path)
