"""Metrics against values worked out by hand, scikit-learn and brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from nlp.metrics import (
    BoolArray,
    ScoreArray,
    auroc,
    best_joint_threshold,
    expected_calibration_error,
    joint,
    mean_reciprocal_rank,
    ranks_of,
    recall,
    top1,
    wilson_interval,
)

pytestmark = pytest.mark.unit

RANKS = np.array([1, 2, 5, 6, 10, 11, 0, 1], np.int64)
SCORES = st.sampled_from([0.0, 0.1, 0.1 + 2**-55, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 1)
ROWS = st.lists(st.tuples(SCORES, st.sampled_from(["right", "wrong", "out of scope"])), min_size=1, max_size=25)


def arrays(rows: list[tuple[float, str]]) -> tuple[ScoreArray, BoolArray, BoolArray]:
    """Return (confidence, right, in scope)."""
    confidence = np.array([score for score, _ in rows])
    return confidence, np.array([k == "right" for _, k in rows]), np.array([k != "out of scope" for _, k in rows])


def test_top1() -> None:
    assert top1(RANKS) == 2 / 8


def test_mean_reciprocal_rank_ends_at_its_depth() -> None:
    assert mean_reciprocal_rank(RANKS) == pytest.approx((1 + 1 / 2 + 1 / 5 + 1 / 6 + 1 / 10 + 0 + 0 + 1) / 8)
    assert mean_reciprocal_rank(RANKS, depth=1) == 2 / 8


def test_recall_at_below_and_above_its_depth() -> None:
    assert recall(RANKS) == 4 / 8
    assert recall(RANKS, depth=6) == 5 / 8
    assert recall(RANKS, depth=4) == 3 / 8


def test_ranks_of() -> None:
    assert ranks_of([["a", "b"], ["a", "b"], [], ["c", "a", "a"]], ["b", "z", "a", "a"]).tolist() == [2, 0, 0, 2]


def test_ranks_of_needs_a_label_each() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ranks_of([["a"], ["b"]], ["a"])


@pytest.mark.parametrize(
    ("scores", "positive", "expected"),
    [
        ([0.9, 0.8, 0.1], [1, 1, 0], 1.0),
        ([0.1, 0.8, 0.9], [1, 1, 0], 0.0),
        ([0.5, 0.5, 0.5, 0.5], [1, 0, 1, 0], 0.5),
        ([0.9, 0.5, 0.5, 0.1], [1, 1, 0, 0], 0.875),
        ([0.5], [1], None),
        ([0.5], [0], None),
        ([], [], None),
    ],
)
def test_auroc_by_hand(scores: list[float], positive: list[int], expected: float | None) -> None:
    assert auroc(np.array(scores), np.array(positive, bool)) == expected


@given(
    st.lists(st.tuples(SCORES, st.booleans()), min_size=2, max_size=40).filter(lambda r: len({p for _, p in r}) == 2)
)
def test_auroc_is_scikit_learns(rows: list[tuple[float, bool]]) -> None:
    scores, positive = np.array([s for s, _ in rows]), np.array([p for _, p in rows])
    assert auroc(scores, positive) == pytest.approx(roc_auc_score(positive, scores))


ROWS_BY_HAND = [
    (0.9, "right"),
    (0.8, "wrong"),
    (0.7, "right"),
    (0.6, "out of scope"),
    (0.5, "right"),
    (0.1, "out of scope"),
]


@pytest.mark.parametrize(
    ("threshold", "answered_right", "declined"),
    [(0.0, 3 / 4, 0.0), (0.6, 2 / 4, 1 / 2), (0.6000001, 2 / 4, 1.0), (0.9, 1 / 4, 1.0), (0.91, 0.0, 1.0)],
)
def test_joint_by_hand(threshold: float, answered_right: float, declined: float) -> None:
    measured = joint(*arrays(ROWS_BY_HAND), threshold)
    assert measured is not None
    assert (measured.answered_right, measured.declined) == (answered_right, declined)
    assert measured.joint == pytest.approx(0.8 * answered_right + 0.2 * declined)
    assert measured.natural == pytest.approx((4 * answered_right + 2 * declined) / 6)


@pytest.mark.parametrize("kind", ["right", "out of scope"])
def test_joint_needs_both_kinds_of_questions(kind: str) -> None:
    assert joint(*arrays([(0.5, kind)]), 0.5) is None


def test_best_joint_threshold_by_hand() -> None:
    # Answering down to 0.5 gives 0.8 × 3/4 + 0.2 × 1/2 = 0.7; the gap below it ends at 0.1.
    assert best_joint_threshold(*arrays(ROWS_BY_HAND)) == pytest.approx(0.3)


def test_best_joint_threshold_where_most_questions_are_far_off() -> None:
    # The sixth right answer of six is worth 0.8 / 6 = 0.133; it costs the one out-of-scope question, 0.2 or 0.12.
    rows = arrays([(0.7, "right")] * 5 + [(0.6, "out of scope"), (0.4, "right")])
    assert best_joint_threshold(*rows) == pytest.approx(0.65)
    assert best_joint_threshold(*rows, near_share=0.6) == pytest.approx(0.2)


@given(ROWS)
def test_best_joint_threshold_is_optimal(rows: list[tuple[float, str]]) -> None:
    confidence, right, in_scope = arrays(rows)
    chosen = joint(confidence, right, in_scope, best_joint_threshold(confidence, right, in_scope))
    tried = [joint(confidence, right, in_scope, t) for t in (*confidence, 2.0)]
    if chosen is None:
        assert set(tried) == {None}
    else:
        assert chosen.joint == pytest.approx(max(t.joint for t in tried if t))


@given(st.lists(st.tuples(st.floats(-50, 50), st.sampled_from(["right", "out of scope"])), min_size=2, max_size=12))
def test_best_joint_threshold_is_optimal_for_scores_of_any_sign(rows: list[tuple[float, str]]) -> None:
    confidence, right, in_scope = arrays(rows)
    chosen = joint(confidence, right, in_scope, best_joint_threshold(confidence, right, in_scope))
    tried = [joint(confidence, right, in_scope, t) for t in (*confidence, 51.0)]
    assert chosen is None or chosen.joint == pytest.approx(max(t.joint for t in tried if t))


@pytest.mark.parametrize("kind", ["right", "wrong", "out of scope"])
def test_best_joint_threshold_of_one_kind_answers_everything(kind: str) -> None:
    assert best_joint_threshold(*arrays([(0.3, kind), (0.9, kind)])) == 0.0


def test_best_joint_threshold_declines_everything_where_nothing_is_right() -> None:
    confidence, right, in_scope = arrays([(1e12, "wrong"), (1e12, "out of scope")])
    assert best_joint_threshold(confidence, right, in_scope) > 1e12


def test_best_joint_threshold_parts_neighbouring_floats() -> None:
    high = 0.1
    low = float(np.nextafter(high, 0))
    threshold = best_joint_threshold(*arrays([(high, "right"), (low, "out of scope")]))
    assert low < threshold <= high


@pytest.mark.parametrize(
    ("num_right", "num_all", "expected"),
    [
        (0, 0, (0.0, 1.0)),
        (8, 10, (0.4902, 0.9433)),
        (0, 10, (0.0, 0.2775)),
        (10, 10, (0.7225, 1.0)),
        (950, 1000, (0.9347, 0.9619)),
    ],
)
def test_wilson_interval(num_right: int, num_all: int, expected: tuple[float, float]) -> None:
    assert wilson_interval(num_right, num_all) == pytest.approx(expected, abs=1e-4)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_holds_the_share(counts: tuple[int, int]) -> None:
    low, high = wilson_interval(*counts)
    assert 0.0 <= low <= counts[0] / counts[1] + 1e-12
    assert counts[0] / counts[1] - 1e-12 <= high <= 1.0


def test_expected_calibration_error() -> None:
    right = np.array([True, True, False, False])
    assert expected_calibration_error(np.array([1.0, 1.0, 0.0, 0.0]), right) == 0.0
    assert expected_calibration_error(np.array([0.0, 0.0, 1.0, 1.0]), right) == 1.0
    # Bins 0.9..1 (stated 0.95, found 0.5) and 0.5..0.6 (stated 0.5, found 0.5), half of the questions each.
    assert expected_calibration_error(np.array([0.95, 0.5, 0.95, 0.5]), right) == pytest.approx(0.225)
