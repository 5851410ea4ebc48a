"""The served sentence encoder: a SavedModel from strings to L2-normalised vectors."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_text  # noqa: F401  # registers the tokenizer's operations

from nlp.pretrained import FloatArray
from nlp.vocabulary import PAD_ID

MAX_TOKENS = 128
"""Longer questions are cut here; of 11,883 questions of the public sets none has more, 99.8 % have at most 64."""
LENGTH_BUCKETS = (8, 16, 24, 32, 48, 64, 96, MAX_TOKENS)
"""Tokens that a batch is padded to. Multiples of 8: at 12 the sums depended on the batch (measured)."""
MAX_BATCH = 32
"""Sentences of one call of the network; larger batches gain nothing on two cores."""


class SentenceEncoder:
    """A loaded encoder.

    Equal texts give equal vectors, bit for bit, whatever batch they come in: sentences are grouped
    by length bucket, and the network runs without XLA, whose sums depend on the batch's shape
    (docs/decisions/0002-encoder-without-xla.md). One thread at a time may call it.
    """

    def __init__(self, folder: Path) -> None:
        self._module = tf.saved_model.load(str(folder))
        self.dim = int(self._module.embed(tf.ones((1, 1), tf.int32)).shape[1])

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Encode normalised texts.

        Returns:
            `(len(texts), dim)` float32, L2-normalised, in the order of `texts`.
        """
        vectors = np.empty((len(texts), self.dim), np.float32)
        if not texts:
            return vectors
        ragged = self._module.tokenize(tf.constant(list(texts)))
        ids, lengths = ragged.to_tensor(PAD_ID).numpy(), ragged.row_lengths().numpy()
        for rows, length in _batches(lengths):
            batch = _padded(ids[rows], length)
            vectors[rows] = self._module.embed(tf.constant(batch)).numpy()
        return vectors

    def warm_up(self) -> None:
        """Run one sentence of every usual length, so that no customer pays for the first one."""
        for length in LENGTH_BUCKETS[:5]:
            self._module.embed(tf.ones((1, length), tf.int32))
        self.encode(["?"])


def _batches(lengths: npt.NDArray[np.int64]) -> Iterable[tuple[npt.NDArray[np.intp], int]]:
    """Group row numbers by length bucket, at most MAX_BATCH together."""
    buckets = np.asarray(LENGTH_BUCKETS)[np.searchsorted(LENGTH_BUCKETS, lengths)]
    for bucket in np.unique(buckets):
        rows = np.flatnonzero(buckets == bucket)
        for start in range(0, len(rows), MAX_BATCH):
            yield rows[start : start + MAX_BATCH], int(bucket)


def _padded(ids: npt.NDArray[np.int32], length: int) -> npt.NDArray[np.int32]:
    ids = ids[:, :length]
    return np.pad(ids, ((0, 0), (0, length - ids.shape[1])), constant_values=PAD_ID)
