"""Packed rows hold every token once, in its sentence, at its place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.training.packing import ROW_WIDTH, PackedBatch, pack
from nlp.vocabulary import PAD_ID

pytestmark = pytest.mark.unit


def unpack(batch: PackedBatch) -> list[list[int]]:
    sentences = []
    for number in range(batch.num_sentences):
        rows, places = np.nonzero(batch.sentences == number)
        assert len(set(rows.tolist())) == 1, "a sentence lies in one row"
        assert batch.positions[rows, places].tolist() == list(range(len(places)))
        sentences.append(batch.token_ids[rows, places].tolist())
    return sentences


@given(st.lists(st.integers(1, 90), min_size=1, max_size=40))
def test_pack_keeps_every_sentence(lengths: list[int]) -> None:
    ids = [np.arange(10, 10 + length, dtype=np.int32) for length in lengths]
    batch = pack(ids)
    assert unpack(batch) == [each.tolist() for each in ids]
    assert (batch.token_ids[batch.sentences < 0] == PAD_ID).all()
    assert batch.token_ids.shape[1] == max(ROW_WIDTH, -(-max(lengths) // 8) * 8)


def test_pack_fills_rows() -> None:
    batch = pack([np.ones(length, np.int32) for length in (40, 30, 24, 20, 14)])
    assert batch.token_ids.shape == (2, 64)
    assert np.sum(batch.sentences < 0) == 0


@pytest.mark.parametrize(("longest", "width"), [(63, 64), (64, 64), (65, 72), (72, 72), (73, 80)])
def test_pack_widens_rows_for_a_long_sentence(longest: int, width: int) -> None:
    assert pack([np.ones(longest, np.int32)]).token_ids.shape == (1, width)


def test_pack_nothing() -> None:
    batch = pack([])
    assert (batch.token_ids.shape, batch.num_sentences) == ((1, ROW_WIDTH), 0)
