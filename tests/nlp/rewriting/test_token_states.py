"""Token states: packed and padded."""

import numpy as np
import pytest

from nlp.rewriting.token_states import pack_states

pytestmark = pytest.mark.unit


def test_padded_gives_back_what_was_packed() -> None:
    sentences = [np.full((length, 2), length, np.float16) for length in (3, 9, 1)]
    packed = pack_states(sentences)
    assert (len(packed), packed.dim, packed.values.dtype) == (3, 2, np.float16)
    states, mask = packed.padded([2, 1])
    assert (states.shape, states.dtype, mask.dtype) == ((2, 16, 2), np.float32, np.float32)
    assert mask.sum(axis=1).tolist() == [1.0, 9.0]
    assert np.array_equal(states[0], np.pad(sentences[2], ((0, 15), (0, 0))))
    assert np.array_equal(states[1], np.pad(sentences[1], ((0, 7), (0, 0))))


def test_lengths_are_padded_to_multiples_of_eight() -> None:
    packed = pack_states([np.zeros((length, 1), np.float32) for length in (1, 7, 8, 9, 16, 17)])
    assert packed.padded_lengths.tolist() == [8, 8, 8, 16, 16, 24]
