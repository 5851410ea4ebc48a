import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.fusion import LEXICAL_WEIGHT, SHARPNESS, Candidates, fuse

pytestmark = pytest.mark.unit


def candidates(*rows: tuple[int, float, float]) -> Candidates:
    """Rows of (entry id, cosine, lexical)."""
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return Candidates(
        np.arange(len(rows)),
        np.array(columns[0], np.int64),
        np.array(columns[1], np.float32),
        np.array(columns[2], np.float32),
    )


def test_nothing_to_rank():
    assert fuse(candidates(), 10) == []


def test_score_of_a_single_phrasing_is_its_cosine_plus_its_weighted_bm25():
    (hit,) = fuse(candidates((1, 0.6, 0.4)), 10)
    assert hit.score == pytest.approx(0.6 + LEXICAL_WEIGHT * 0.4)
    assert (hit.dense, hit.lexical, hit.vote, hit.agreeing) == pytest.approx((0.6, 0.4, 1.0, 1))


def test_second_equal_phrasing_adds_its_vote():
    (hit,) = fuse(candidates((1, 0.6, 0.0), (1, 0.6, 0.0)), 10)
    assert hit.score == pytest.approx(0.6 + math.log(2) / SHARPNESS)


def test_neighbours_that_agree_outvote_one_that_is_a_little_nearer():
    ranked = fuse(candidates((1, 0.62, 0), (2, 0.60, 0), (2, 0.60, 0)), 10)
    assert [hit.entry_id for hit in ranked] == [2, 1]
    assert sum(hit.vote for hit in ranked) == pytest.approx(1)


def test_evidence_of_different_phrasings_is_combined_and_the_best_one_is_named():
    (hit,) = fuse(candidates((1, 0.9, 0.0), (1, 0.1, 1.0), (1, 0.8, 0.5)), 10)
    assert (hit.dense, hit.lexical, hit.row) == (pytest.approx(0.9), 1.0, 2)


def test_agreeing_counts_the_ten_nearest_only():
    rows = [(1, 0.9, 0.0)] * 8 + [(2, 0.8, 0.0)] * 5
    assert [(hit.entry_id, hit.agreeing) for hit in fuse(candidates(*rows), 10)] == [(1, 8), (2, 2)]


def test_equal_scores_are_in_the_order_of_ids():
    assert [hit.entry_id for hit in fuse(candidates((9, 0.5, 0), (3, 0.5, 0), (5, 0.5, 0)), 2)] == [3, 5]


ROW = st.tuples(st.integers(1, 5), st.floats(-1, 1, width=32), st.floats(0, 1, width=32))


@given(st.lists(ROW, min_size=1, max_size=30), st.randoms())
def test_ranking_doesnt_depend_on_the_order_of_candidates(rows, random):
    ranked = fuse(candidates(*rows), 10)
    assert sum(hit.vote for hit in ranked) == pytest.approx(1)
    assert [hit.score for hit in ranked] == sorted((hit.score for hit in ranked), reverse=True)
    shuffled = random.sample(rows, len(rows))
    again = {hit.entry_id: hit.score for hit in fuse(candidates(*shuffled), 10)}
    assert again == pytest.approx({hit.entry_id: hit.score for hit in ranked})
