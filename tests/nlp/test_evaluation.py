"""Figures of an evaluation against values worked out by hand, scipy and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve

from nlp.evaluation import (
    Confusion,
    CurvePoint,
    Difference,
    Outcomes,
    Share,
    confusions,
    paired_difference,
    reliability_bins,
    risk_coverage_curve,
    slices,
)
from nlp.metrics import expected_calibration_error, wilson_interval

pytestmark = pytest.mark.unit

# Six in scope: four right, one second, one nowhere. Two out of scope, one of them sure.
OUTCOMES = Outcomes(
    ranks=np.array([1, 1, 1, 2, 0, 1, 0, 0]),
    probability=np.array([0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.85, 0.1]),
    in_scope=np.array([True] * 6 + [False] * 2),
    threshold=0.75,
)


def flags(num: int, of: int) -> np.ndarray:
    return np.arange(of) < num


def random_outcomes(seed: int, share_right: float, num: int = 400) -> Outcomes:
    rng = np.random.default_rng(seed)
    in_scope = np.arange(num) < num * 3 // 4
    ranks = np.where(in_scope & (rng.random(num) < share_right), 1, 0)
    return Outcomes(ranks, np.clip(0.5 + 0.4 * (ranks == 1) - 0.2 + 0.3 * rng.random(num), 0, 1), in_scope, 0.7)


@pytest.mark.parametrize(("num", "of"), [(0, 5), (3, 7), (19, 20), (5, 5)])
def test_share_has_the_exact_interval(num: int, of: int) -> None:
    share = Share.clopper_pearson(flags(num, of))
    expected = binomtest(num, of).proportion_ci(method="exact")
    assert (share.num, share.of, share.value) == (num, of, num / of)
    assert (share.low, share.high) == pytest.approx((expected.low, expected.high))


def test_share_has_the_wilson_interval() -> None:
    assert Share.wilson(flags(3, 7)) == Share(3, 7, 3 / 7, *wilson_interval(3, 7))


def test_share_of_nothing_is_unknown() -> None:
    nothing = np.zeros(0, np.bool_)
    assert Share.wilson(nothing) == Share.clopper_pearson(nothing) == Share(0, 0, None, 0.0, 1.0)


def test_outcomes_are_measured() -> None:
    assert OUTCOMES.top1() == 4 / 6
    assert OUTCOMES.auroc() == 8 / 12
    at_threshold = OUTCOMES.joint_at(0.75)
    assert at_threshold is not None
    assert (at_threshold.answered_right, at_threshold.declined) == (3 / 6, 1 / 2)
    assert OUTCOMES.joint() == pytest.approx(0.8 * 3 / 6 + 0.2 * 1 / 2)


def test_oracle_threshold_is_the_best_of_all() -> None:
    best = OUTCOMES.joint_at(OUTCOMES.oracle_threshold())
    assert best is not None
    every = [OUTCOMES.joint_at(float(p)) for p in OUTCOMES.probability]
    assert best.joint == max(joint.joint for joint in every if joint)


def test_outcomes_without_in_scope_questions() -> None:
    declined = OUTCOMES.take(~OUTCOMES.in_scope)
    assert (declined.top1(), declined.auroc(), declined.joint(), risk_coverage_curve(declined)) == (None,) * 3 + ([],)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_reliability_bins_agree_with_the_calibration_error(rows: list[tuple[float, bool]]) -> None:
    probability, right = np.array([p for p, _ in rows]), np.array([r for _, r in rows])
    bins = reliability_bins(probability, right)
    gaps = [abs(b.stated - (b.found.value or 0.0)) * b.found.of / len(rows) for b in bins]
    assert sum(b.found.of for b in bins) == len(rows)
    assert sum(gaps) == pytest.approx(expected_calibration_error(probability, right))
    assert all(b.low <= b.stated <= b.high + 1e-12 for b in bins)


def test_reliability_bins_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    probability = rng.random(300)
    right = rng.random(300) < probability
    found, stated = calibration_curve(right, probability, n_bins=10)
    bins = reliability_bins(probability, right)
    assert [b.stated for b in bins] == pytest.approx(list(stated))
    assert [b.found.value for b in bins] == pytest.approx(list(found))


def test_curve_counts_out_of_scope_answers_as_wrong() -> None:
    assert risk_coverage_curve(OUTCOMES)[:4] == [
        CurvePoint(0.95, 1 / 6, 1.0),
        CurvePoint(0.9, 2 / 6, 1.0),
        CurvePoint(0.85, 2 / 6, 2 / 3),
        CurvePoint(0.8, 3 / 6, 3 / 4),
    ]


def test_curve_does_not_part_equals() -> None:
    same = Outcomes(np.array([1, 0, 1]), np.array([0.5, 0.5, 0.4]), np.ones(3, np.bool_), 0.5)
    assert risk_coverage_curve(same) == [CurvePoint(0.5, 2 / 3, 0.5), CurvePoint(0.4, 1.0, 2 / 3)]


def test_curve_is_thinned_with_both_ends_kept() -> None:
    outcomes = random_outcomes(0, 0.8)
    whole, thin = risk_coverage_curve(outcomes, most=10_000), risk_coverage_curve(outcomes, most=20)
    assert (len(whole), len(thin)) == (400, 20)
    assert (thin[0], thin[-1]) == (whole[0], whole[-1])
    assert set(thin) < set(whole)


def test_confusions_are_counted_by_direction() -> None:
    expected = ["a", "b", "a", "a", "b", "c", "a"]
    given = ["b", "a", "b", "a", "b", "", "b"]
    assert confusions(expected, given, num_examples=2) == [
        Confusion("a", "b", 3, (0, 2)),
        Confusion("b", "a", 1, (1,)),
        Confusion("c", "", 1, (5,)),
    ]
    assert len(confusions(expected, given, most=1)) == 1


def test_slices() -> None:
    values = ["zh", "zh", "en", "en", "en", "zh", "zh", "en"]
    english, chinese = slices("language", values, OUTCOMES, OUTCOMES.probability >= OUTCOMES.threshold)
    assert (english.dimension, english.value, chinese.value) == ("language", "en", "zh")
    assert (english.top1.num, english.top1.of) == (1, 3)
    assert (chinese.top1.num, chinese.top1.of) == (3, 3)
    assert (chinese.answered_right.num, chinese.answered_right.of) == (2, 3)
    assert (english.declined.num, english.declined.of, chinese.declined.num) == (1, 1, 0)


def test_difference_of_a_system_from_itself_is_nothing() -> None:
    outcomes = random_outcomes(1, 0.8)
    assert paired_difference(outcomes, outcomes, Outcomes.auroc, seed=0) == Difference(0.0, 0.0, 0.0)


def test_difference_is_reproducible_and_holds_the_true_one() -> None:
    worse, better = random_outcomes(2, 0.6), random_outcomes(3, 0.8)
    difference = paired_difference(worse, better, Outcomes.top1, seed=5)
    assert difference == paired_difference(worse, better, Outcomes.top1, seed=5)
    assert difference is not None
    assert difference.low < difference.value < difference.high < 0
    assert difference.low < -0.2 < difference.high


def test_pairing_narrows_the_interval() -> None:
    better = random_outcomes(3, 0.8)
    ranks = better.ranks.copy()
    ranks[:10] = 0  # the same system, but for ten questions
    worse = Outcomes(ranks, better.probability, better.in_scope, better.threshold)
    paired = paired_difference(worse, better, Outcomes.top1, seed=0)
    apart = paired_difference(random_outcomes(4, 0.8), better, Outcomes.top1, seed=0)
    assert paired is not None
    assert apart is not None
    assert paired.high - paired.low < 0.6 * (apart.high - apart.low)


def test_difference_of_what_can_not_be_measured() -> None:
    in_scope = OUTCOMES.take(OUTCOMES.in_scope)
    assert paired_difference(in_scope, in_scope, Outcomes.joint, seed=0) is None
