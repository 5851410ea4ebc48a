"""The encoder's last layer, token by token, of many sentences: packed without padding."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp.pretrained import FloatArray

StateArray = npt.NDArray[np.float16] | FloatArray

LENGTH_STEP = 8
"""Sentences are padded to multiples of this, as the encoder pads them."""


@dataclass(frozen=True)
class TokenStates:
    """States of sentences, one after the other.

    Attributes:
        values: (num_tokens, dim) float16 or float32; half precision halves what training keeps.
        lengths: (num_sentences,) int64, tokens of each sentence, ≥ 1.
    """

    values: StateArray
    lengths: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def dim(self) -> int:
        """Numbers of one token."""
        return int(self.values.shape[1])

    @property
    def padded_lengths(self) -> npt.NDArray[np.int64]:
        """Length that each sentence is padded to, the next multiple of LENGTH_STEP: (num_sentences,) int64."""
        return -(-self.lengths // LENGTH_STEP) * LENGTH_STEP

    def padded(self, rows: Sequence[int] | npt.NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        """Return some sentences side by side.

        Returns:
            States (len(rows), length, dim) float32 and mask (len(rows), length) float32, 1 = a token;
            `length` is the longest padded length.
        """
        starts = np.concatenate([[0], np.cumsum(self.lengths)])
        states = np.zeros((len(rows), int(self.padded_lengths[rows].max()), self.dim), np.float32)
        mask = np.zeros(states.shape[:2], np.float32)
        for place, row in enumerate(rows):
            length = self.lengths[row]
            states[place, :length] = self.values[starts[row] : starts[row] + length]
            mask[place, :length] = 1.0
        return states, mask


def pack_states(sentences: Sequence[StateArray]) -> TokenStates:
    """Pack the states of at least one sentence, each (tokens, dim)."""
    lengths = np.array([len(s) for s in sentences], np.int64)
    values: StateArray = np.concatenate([np.asarray(s, sentences[0].dtype) for s in sentences])
    return TokenStates(values, lengths)
