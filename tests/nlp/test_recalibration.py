"""Confidence from labelled questions: what tells is used, what is chance is not, thresholds come with it."""

import numpy as np
import pytest

from nlp.calibration import MIN_QUESTIONS, FeatureArray
from nlp.exceptions import CalibrationImpossible
from nlp.metrics import BoolArray, auroc, expected_calibration_error, joint
from nlp.promises import keepable_promises
from nlp.recalibration import fit_on_questions

pytestmark = pytest.mark.unit

FEATURES = ("score", "length", "noise")


def questions(num: int, seed: int) -> tuple[FeatureArray, BoolArray, BoolArray]:
    """Return (evidence, right, in scope): a quarter is out of scope, has a lower score, and is longer."""
    rng = np.random.default_rng(seed)
    in_scope = rng.random(num) < 0.75
    score = rng.normal(np.where(in_scope, 0.8, 0.6), 0.2)
    length = rng.normal(np.where(in_scope, 3.0, 4.0), 1.0)
    right = in_scope & (rng.random(num) < np.clip(score + 0.2, 0, 1))
    return np.column_stack([score, length, rng.normal(5, 9, num)]), right, in_scope


def fitted(num: int, *, tells_scope: bool = True, features: tuple[str, ...] = FEATURES):
    evidence, right, in_scope = questions(num, 0)
    return fit_on_questions(
        evidence[:, : len(features)], right, in_scope, features=features, num_leading=1, tells_scope=tells_scope
    )


def test_what_tells_out_of_scope_questions_is_used() -> None:
    evidence, _, in_scope = questions(4000, 1)
    alone = auroc(fitted(2000, features=("score",)).probability(evidence[:, :1]), in_scope)
    with_length = auroc(fitted(2000).probability(evidence), in_scope)
    assert alone is not None
    assert with_length is not None
    assert with_length > alone + 0.05


def test_of_few_questions_nothing_but_the_score_is_learnt() -> None:
    few, many = fitted(60), fitted(4000)
    shares = [abs(c.weights[1] / c.scale[1]) / abs(c.weights[0] / c.scale[0]) for c in (few, many)]
    assert shares[0] < shares[1] / 4


@pytest.mark.parametrize("tells_scope", [True, False])
def test_it_states_probabilities(tells_scope: bool) -> None:
    evidence, right, _ = questions(4000, 2)
    probability = fitted(2000, tells_scope=tells_scope).probability(evidence)
    assert expected_calibration_error(probability, right) < 0.04


def test_its_threshold_balances_answering_and_declining() -> None:
    evidence, right, in_scope = questions(2000, 0)
    calibration = fitted(2000)
    probability = calibration.probability(evidence)
    best = joint(probability, right, in_scope, calibration.answer_threshold)
    assert best is not None
    for other in np.linspace(0, 1, 101):
        at_other = joint(probability, right, in_scope, float(other))
        assert at_other is not None
        assert at_other.joint <= best.joint + 1e-12
    assert calibration.clarify_threshold == calibration.answer_threshold / 2
    assert [p.target for p in calibration.promises][:1] == [0.8]


def test_the_score_is_never_turned_round() -> None:
    evidence, right, in_scope = questions(400, 3)
    turned = fit_on_questions(evidence[:, :1], ~right, ~in_scope, features=("score",), num_leading=1, tells_scope=False)
    order = np.argsort(evidence[:, 0])
    assert (np.diff(turned.probability(evidence[:, :1])[order]) >= 0).all()


def test_without_out_of_scope_questions_it_tells_right_from_wrong() -> None:
    evidence, right, in_scope = questions(2000, 4)
    inside = evidence[in_scope], right[in_scope], in_scope[in_scope]
    both = [fit_on_questions(*inside, features=FEATURES, num_leading=1, tells_scope=tells) for tells in (True, False)]
    assert both[0] == both[1]
    assert both[0].answer_threshold == 0.0


def test_evidence_that_never_changes_is_no_harm() -> None:
    evidence, right, in_scope = questions(400, 5)
    evidence[:, 2] = 7.0
    calibration = fit_on_questions(evidence, right, in_scope, features=FEATURES, num_leading=1, tells_scope=True)
    assert np.isfinite(calibration.probability(evidence)).all()


def test_it_needs_right_and_wrong_answers() -> None:
    evidence, _, in_scope = questions(100, 6)
    with pytest.raises(CalibrationImpossible, match=f"At least {MIN_QUESTIONS} right and as many wrong"):
        fit_on_questions(
            evidence, np.ones(100, bool), in_scope | True, features=FEATURES, num_leading=1, tells_scope=True
        )


def test_promises_rest_on_questions_that_were_not_fitted_on() -> None:
    rng = np.random.default_rng(7)
    evidence, right = rng.normal(size=(150, 60)), rng.random(150) < 0.7
    in_scope = np.ones(150, np.bool_)
    features = tuple(f"chance {number}" for number in range(60))
    calibration = fit_on_questions(
        evidence, right, in_scope, features=features, num_leading=len(features), tells_scope=False
    )
    # Learnt by heart, chance seems to tell who is right; of others it tells nothing.
    learnt = keepable_promises(calibration.probability(evidence), right, in_scope)
    assert [p.target for p in learnt if p.coverage > 0.4][-1] >= 0.9
    assert calibration.promises == ()


@pytest.mark.parametrize("num_wrong", [MIN_QUESTIONS, MIN_QUESTIONS + 1])
def test_as_few_wrong_answers_as_can_be_are_enough(num_wrong: int) -> None:
    evidence, _, _ = questions(200, 8)
    right = np.arange(200) >= num_wrong
    for in_scope in (right, np.ones(200, np.bool_)):
        calibration = fit_on_questions(evidence, right, in_scope, features=FEATURES, num_leading=1, tells_scope=True)
        assert np.isfinite(calibration.probability(evidence)).all()
