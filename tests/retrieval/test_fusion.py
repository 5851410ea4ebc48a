import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.classes import SHARPNESS
from retrieval.fusion import DEFAULT_WEIGHTS, Candidates, ClassEvidence, ScoreWeights, fuse
from retrieval.ridge import LEAST_PENALTY

pytestmark = pytest.mark.unit

W = DEFAULT_WEIGHTS
ALONE = 1 / (1 + LEAST_PENALTY)
"""What a regression on a single phrasing says of that phrasing itself."""


ENTRIES = np.array([*range(12), *range(12)])
"""Of a partition: those of the snapshot, then those of the delta."""


def candidates(*rows: tuple[int, float, float], new: tuple[int, ...] = (), answers: tuple[int, ...] = ()) -> Candidates:
    """Rows of (entry id, cosine, lexical); `new` names entries of the delta, `answers` rows that are answers."""
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    entry_ids = np.array(columns[0], np.int64)
    numbers = np.arange(len(rows))
    return Candidates(
        rows=numbers,
        groups=entry_ids + 12 * np.isin(entry_ids, new),
        entry_ids=ENTRIES,
        is_answer=np.isin(numbers, answers),
        cosines=np.array(columns[1], np.float32),
        lexical=np.array(columns[2], np.float32),
    )


def classes(**entries: tuple[float, float]) -> ClassEvidence:
    """Entries as `e3=(dense, textual)`."""
    known = sorted((int(name[1:]), *scores) for name, scores in entries.items())
    ids, dense, textual = zip(*known, strict=True)
    return ClassEvidence(np.array(ids), np.array(dense, np.float32), np.array(textual, np.float32))


def test_nothing_to_rank():
    assert fuse(candidates(), classes(e1=(1, 1)), W, 10) == []


def test_score_is_the_weighted_sum_of_class_scores_and_nearest_cosine():
    weights = ScoreWeights(textual=0.2, nearest=0.5)
    (hit,) = fuse(candidates((7, 0.6, 0.4), (7, 0.5, 0.9)), classes(e7=(0.8, 0.3)), weights, 10)
    assert hit.score == pytest.approx(0.8 + 0.2 * 0.3 + 0.5 * 0.6)
    assert (hit.dense_class, hit.textual_class, hit.dense, hit.lexical) == pytest.approx((0.8, 0.3, 0.6, 0.9))


def test_class_score_outweighs_a_phrasing_that_is_a_little_nearer():
    ranked = fuse(candidates((1, 0.62, 0), (2, 0.60, 0)), classes(e1=(0.3, 0), e2=(0.5, 0)), W, 10)
    assert [hit.entry_id for hit in ranked] == [2, 1]


def test_without_class_scores_the_nearest_phrasing_stands_in():
    (hit,) = fuse(candidates((1, 0.6, 0.4)), None, W, 10)
    assert hit.dense_class == pytest.approx(math.exp(SHARPNESS * (0.6 - 1)) * ALONE)
    assert hit.textual_class == pytest.approx(0.4 * ALONE)
    assert hit.score == pytest.approx(hit.dense_class + W.textual * hit.textual_class + W.nearest * 0.6)


def test_new_entry_gets_a_stand_in_though_an_older_version_of_it_has_class_scores():
    known = classes(e1=(0.9, 0.9), e2=(0.7, 0.6))
    by_entry = {hit.entry_id: hit for hit in fuse(candidates((1, 0.6, 0.4), (2, 0.6, 0.4), new=(1,)), known, W, 10)}
    assert by_entry[1].dense_class == pytest.approx(math.exp(SHARPNESS * -0.4) * ALONE)
    assert by_entry[1].textual_class == pytest.approx(0.4 * ALONE)
    assert (by_entry[2].dense_class, by_entry[2].textual_class) == pytest.approx((0.7, 0.6))


@pytest.mark.parametrize("entry_id", [1, 4, 9], ids=["before", "between", "after"])
def test_entry_that_was_not_among_the_fitted_gets_a_stand_in(entry_id):
    (hit,) = fuse(candidates((entry_id, 1.0, 1.0)), classes(e2=(0.1, 0.1), e5=(0.2, 0.2)), W, 10)
    assert (hit.dense_class, hit.textual_class) == pytest.approx((ALONE, ALONE))


def test_every_entry_gets_its_own_class_scores():
    known = classes(e2=(0.2, 0.02), e5=(0.5, 0.05), e9=(0.9, 0.09), e11=(0.1, 0.01))
    ranked = fuse(candidates((9, 0, 0), (2, 0, 0), (5, 0, 0)), known, W, 10)
    assert [hit.entry_id for hit in ranked] == [9, 5, 2]
    assert [hit.dense_class for hit in ranked] == pytest.approx([0.9, 0.5, 0.2])
    assert [hit.textual_class for hit in ranked] == pytest.approx([0.09, 0.05, 0.02])


def test_entry_known_by_an_answer_alone_is_scored_by_cosine_and_words():
    (hit,) = fuse(candidates((1, 0.6, 0.4), answers=(0,)), classes(e1=(0.9, 0.9)), W, 10)
    assert hit.score == pytest.approx(0.6 + W.answer_lexical * 0.4)


def test_answer_beside_a_phrasing_is_one_more_text_of_its_entry():
    (hit,) = fuse(candidates((1, 0.6, 0.4), (1, 0.5, 0.1), answers=(0,)), classes(e1=(0.9, 0.5)), W, 10)
    assert hit.score == pytest.approx(0.9 + W.textual * 0.5 + W.nearest * 0.6)


def test_evidence_of_different_phrasings_is_combined_and_the_best_one_is_named():
    (hit,) = fuse(candidates((1, 0.9, 0.0), (1, 0.1, 1.0), (1, 0.8, 0.5)), None, W, 10)
    assert (hit.dense, hit.lexical, hit.row) == (pytest.approx(0.9), 1.0, 2)


def test_first_of_two_equal_phrasings_is_named():
    assert fuse(candidates((1, 0.5, 0.5), (1, 0.5, 0.5)), None, W, 10)[0].row == 0


def test_equal_scores_are_in_the_order_of_ids():
    ranked = fuse(candidates((9, 0.5, 0), (3, 0.5, 0), (5, 0.5, 0)), None, W, 2)
    assert [hit.entry_id for hit in ranked] == [3, 5]


ROW = st.tuples(st.integers(1, 5), st.floats(-1, 1, width=32), st.floats(0, 1, width=32))
KNOWN = st.sets(st.integers(1, 5), min_size=1)


@given(st.lists(ROW, min_size=1, max_size=30), KNOWN, st.sets(st.integers(1, 5)), st.randoms())
def test_ranking_doesnt_depend_on_the_order_of_candidates(rows, fitted, new, random):
    known = classes(**{f"e{entry_id}": (entry_id / 7, entry_id / 9) for entry_id in fitted})
    ranked = fuse(candidates(*rows, new=tuple(new)), known, W, 10)
    assert {hit.entry_id for hit in ranked} == {entry_id for entry_id, _, _ in rows}
    assert [hit.score for hit in ranked] == sorted((hit.score for hit in ranked), reverse=True)
    shuffled = random.sample(rows, len(rows))
    again = {hit.entry_id: hit.score for hit in fuse(candidates(*shuffled, new=tuple(new)), known, W, 10)}
    assert again == pytest.approx({hit.entry_id: hit.score for hit in ranked})
