"""Calibration: what is learnt, what survives a journey through JSON, and whether promises are kept."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.calibration import (
    MIN_QUESTIONS,
    Calibration,
    FeatureArray,
    fit_calibration,
    promise_threshold,
    recalibrate,
    with_thresholds,
)
from nlp.exceptions import CalibrationImpossible
from nlp.metrics import BoolArray, auroc, expected_calibration_error, joint

pytestmark = pytest.mark.unit

FEATURES = ("dense", "margin", "bm25")
NUMBERS = st.floats(-1e6, 1e6)


def questions(rng: np.random.Generator, num: int) -> tuple[FeatureArray, BoolArray, BoolArray]:
    """Return (evidence, right, in scope): two features tell, one is noise; about a fifth is out of scope."""
    evidence = rng.normal(0, 1, (num, 3)) * [0.05, 2.0, 30.0] + [0.85, 1.0, 20.0]
    log_odds = (evidence[:, 0] - 0.85) * 40 + (evidence[:, 1] - 1.0) + 1.5
    right = rng.random(num) < 1 / (1 + np.exp(-log_odds))
    return evidence, right, right | (rng.random(num) < 0.35)


@pytest.fixture(scope="module")
def fitted() -> Calibration:
    return fit_calibration(*questions(np.random.default_rng(0), 2000), features=FEATURES)


def test_probability_of_a_hand_made_calibration() -> None:
    made = Calibration(("a", "b"), (1.0, 0.0), (2.0, 1.0), (1.0, -1.0), 0.5, 0.5, 0.25)
    # (3 - 1) / 2 × 1 - 0.5 + 0.5 = 1
    assert made.probability(np.array([[3.0, 0.5], [1.0, 0.5]])) == pytest.approx([1 / (1 + np.exp(-1)), 0.5])


def test_probability_of_extreme_evidence_is_finite(fitted: Calibration) -> None:
    probabilities = fitted.probability(np.array([[1e9, 1e9, 1e9], [-1e9, -1e9, -1e9]]))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_fit_ranks_and_states_probabilities_of_new_questions(fitted: Calibration) -> None:
    evidence, right, in_scope = questions(np.random.default_rng(1), 4000)
    probability = fitted.probability(evidence)
    area = auroc(probability[in_scope], right[in_scope])
    assert area is not None
    assert area > 0.8
    assert expected_calibration_error(probability, right) < 0.05


def test_fit_is_monotone_in_evidence_that_tells(fitted: Calibration) -> None:
    steps = np.linspace(0.6, 1.0, 20)
    probability = fitted.probability(np.column_stack([steps, np.ones(20), np.full(20, 20.0)]))
    assert (np.diff(probability) > 0).all()


def test_fit_survives_a_feature_that_never_changes() -> None:
    evidence, right, in_scope = questions(np.random.default_rng(2), 500)
    evidence[:, 2] = 7.0
    made = fit_calibration(evidence, right, in_scope, features=FEATURES)
    assert np.isfinite(made.probability(evidence)).all()


def test_fit_chooses_the_thresholds_of_the_best_joint(fitted: Calibration) -> None:
    evidence, right, in_scope = questions(np.random.default_rng(0), 2000)
    probability = fitted.probability(evidence)
    measured = [joint(probability, right, in_scope, t) for t in (fitted.answer_threshold, *np.linspace(0, 1, 50))]
    values = [m.joint for m in measured if m]
    assert values[0] == max(values)
    assert fitted.clarify_threshold == fitted.answer_threshold / 2


def test_fit_weighs_out_of_scope_questions_to_their_assumed_share() -> None:
    evidence, right, in_scope = questions(np.random.default_rng(3), 4000)
    few = in_scope | (np.arange(4000) % 10 == 0)  # drop nine of ten out-of-scope questions
    whole = fit_calibration(evidence, right, in_scope, features=FEATURES).probability(evidence)
    thinned = fit_calibration(evidence[few], right[few], in_scope[few], features=FEATURES).probability(evidence)
    assert abs(whole.mean() - thinned.mean()) < 0.02


@pytest.mark.parametrize(("num_right", "num_wrong"), [(MIN_QUESTIONS - 1, 50), (50, MIN_QUESTIONS - 1), (0, 0)])
def test_fit_says_that_there_are_too_few_questions(num_right: int, num_wrong: int) -> None:
    right = np.arange(num_right + num_wrong) < num_right
    words = f"{num_right} right and {num_wrong} wrong answers.*at least {MIN_QUESTIONS} of each.*more phrasings"
    with pytest.raises(CalibrationImpossible, match=words):
        fit_calibration(np.zeros((len(right), 3)), right, np.ones(len(right), bool), features=FEATURES)


def test_fit_on_just_enough_questions() -> None:
    right = np.arange(2 * MIN_QUESTIONS) < MIN_QUESTIONS
    evidence = np.column_stack([right, right, right]).astype(float)
    made = fit_calibration(evidence, right, np.ones(len(right), bool), features=FEATURES)
    assert made.probability(evidence[:1])[0] > 0.5 > made.probability(evidence[-1:])[0]
    assert (made.answer_threshold, made.clarify_threshold) == (0.0, 0.0)  # nothing to decline was shown


@given(st.lists(st.tuples(st.text(min_size=1), NUMBERS, NUMBERS, NUMBERS), max_size=5), NUMBERS, NUMBERS, NUMBERS)
def test_json_round_trip(
    rows: list[tuple[str, float, float, float]], bias: float, answer: float, clarify: float
) -> None:
    names, mean, scale, weights = (tuple(column) for column in zip(*rows, strict=True)) if rows else ((), (), (), ())
    made = Calibration(names, mean, scale, weights, bias, answer, clarify)
    assert Calibration.from_json(json.loads(json.dumps(made.to_json()))) == made


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: s.pop("bias"),
        lambda s: s.update(more=1),
        lambda s: s.update(weights=[1.0]),
        lambda s: s.update(weights="heavy"),
        lambda s: s.update(bias=None),
        lambda s: s.update(bias=float("nan")),
        lambda s: s.update(scale=["a", "b", "c"]),
        lambda s: s.update(features=3),
    ],
    ids=["missing", "unknown", "too few", "text", "null", "nan", "texts", "number"],
)
def test_from_json_refuses_what_to_json_never_writes(
    fitted: Calibration, spoil: Callable[[dict[str, object]], object]
) -> None:
    stored = fitted.to_json()
    spoil(stored)
    with pytest.raises(CalibrationImpossible, match="stored calibration"):
        Calibration.from_json(stored)


def test_recalibrate_mends_boasting(fitted: Calibration) -> None:
    boasting = replace(fitted, bias=fitted.bias * 3 + 2, weights=tuple(w * 3 for w in fitted.weights))
    evidence, right, in_scope = questions(np.random.default_rng(4), 3000)
    mended = recalibrate(boasting, boasting.probability(evidence), right, in_scope)
    fresh, fresh_right, _ = questions(np.random.default_rng(5), 3000)
    before = expected_calibration_error(boasting.probability(fresh), fresh_right)
    after = expected_calibration_error(mended.probability(fresh), fresh_right)
    assert after < 0.05 < before


def test_recalibrate_keeps_the_order(fitted: Calibration) -> None:
    evidence, right, in_scope = questions(np.random.default_rng(6), 500)
    probability = fitted.probability(evidence)
    mended = recalibrate(fitted, probability, right, in_scope).probability(evidence)
    assert (np.diff(mended[np.argsort(probability)]) >= 0).all()


def test_recalibrate_keeps_the_order_even_of_questions_that_say_the_opposite(fitted: Calibration) -> None:
    evidence, right, in_scope = questions(np.random.default_rng(6), 500)
    probability = fitted.probability(evidence)
    mended = recalibrate(fitted, probability, ~right, in_scope).probability(evidence)
    assert (np.diff(mended[np.argsort(probability)]) >= -1e-12).all()


def test_recalibrate_needs_right_and_wrong_answers(fitted: Calibration) -> None:
    right = np.ones(100, bool)
    with pytest.raises(CalibrationImpossible, match=f"At least {MIN_QUESTIONS} right and as many wrong"):
        recalibrate(fitted, np.full(100, 0.9), right, right)


def test_with_thresholds_changes_the_thresholds_only(fitted: Calibration) -> None:
    chosen = with_thresholds(fitted, *questions(np.random.default_rng(7), 300))
    thresholds = {"answer_threshold": fitted.answer_threshold, "clarify_threshold": fitted.clarify_threshold}
    assert replace(chosen, **thresholds) == fitted


def test_promise_threshold_by_hand() -> None:
    # All right: 0.95 ** 59 < 0.05 < 0.95 ** 58, so 59 right answers in a row show 95 %, 58 do not.
    probability = np.linspace(1, 0, 59)
    assert promise_threshold(probability, np.ones(59, bool), target=0.95) == 0.0
    assert promise_threshold(probability[:58], np.ones(58, bool), target=0.95) is None


def test_promise_threshold_stops_before_the_wrong_answers() -> None:
    probability, right = np.linspace(1, 0, 200), np.arange(200) < 100
    threshold = promise_threshold(probability, right, target=0.9)
    assert threshold is not None
    answered = probability >= threshold
    assert answered.sum() >= 100
    assert right[answered].mean() >= 0.9


def test_promise_threshold_does_not_part_equals() -> None:
    probability = np.array([0.9] * 60 + [0.5] * 60)
    assert promise_threshold(probability, np.arange(120) < 60, target=0.95) == 0.9
    assert promise_threshold(probability, np.arange(120) % 2 == 0, target=0.95) is None


@pytest.mark.parametrize(("target", "expected"), [(1.0, None), (0.0, 0.0)])
def test_promise_threshold_of_the_impossible_and_the_empty_promise(target: float, expected: float | None) -> None:
    assert promise_threshold(np.linspace(1, 0, 500), np.ones(500, bool), target=target) == expected


def test_promise_threshold_without_questions() -> None:
    assert promise_threshold(np.array([]), np.array([], bool), target=0.95) is None


@pytest.mark.parametrize("target", [0.8, 0.9, 0.95])
def test_promises_are_kept_in_simulation(target: float) -> None:
    rng = np.random.default_rng(8)
    log_odds = rng.normal(1.5, 2.5, 200_000)  # the population of questions
    truth = 1 / (1 + np.exp(-log_odds))
    broken = 0
    for _ in range(200):
        drawn = rng.choice(truth, 400)
        threshold = promise_threshold(drawn, rng.random(400) < drawn, target=target)
        broken += threshold is not None and truth[truth >= threshold].mean() < target
    assert broken <= 16  # stated: 5 % of 200; 16 is three standard deviations above
