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
    NEAR_SHARE,
    NEVER,
    Calibration,
    FeatureArray,
    fit_calibration,
    with_thresholds,
)
from nlp.exceptions import CalibrationImpossible
from nlp.metrics import BoolArray, auroc, expected_calibration_error, joint
from nlp.promises import Promise

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
    # Out-of-scope questions that are nothing like these are declined at every threshold.
    values = [0.8 * m.answered_right + 0.2 * (NEAR_SHARE * m.declined + 1 - NEAR_SHARE) for m in measured if m]
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
    made = Calibration(names, mean, scale, weights, bias, answer, clarify, (Promise(0.9, answer, clarify),))
    for calibration in (made, replace(made, sure=replace(made, bias=1.0))):
        assert Calibration.from_json(json.loads(json.dumps(calibration.to_json()))) == calibration


def test_calibration_stored_before_there_were_promises_is_read(fitted: Calibration) -> None:
    stored = fitted.to_json()
    del stored["promises"]
    assert Calibration.from_json(stored) == replace(fitted, promises=())


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
        lambda s: s.update(sure=3),
        lambda s: s.update(sure={"features": ["dense"]}),
        lambda s: s.update(promises=None),
        lambda s: s.update(promises=[0.9]),
        lambda s: s.update(promises=[{"target": 0.9, "threshold": 0.5}]),
        lambda s: s.update(promises=[{"target": "most", "threshold": 0.5, "coverage": 0.5}]),
        lambda s: s.update(promises=[{"target": 0.9, "threshold": None, "coverage": 0.5}]),
        lambda s: s.update(promises=[{"target": 0.9, "threshold": float("nan"), "coverage": 0.5}]),
    ],
    ids=[
        *("missing", "unknown", "too few", "text", "null", "nan", "texts", "number"),
        *("sure number", "half sure"),
        *("no promises", "no promise", "half a promise", "text promised", "null promised", "nan promised"),
    ],
)
def test_from_json_refuses_what_to_json_never_writes(
    fitted: Calibration, spoil: Callable[[dict[str, object]], object]
) -> None:
    stored = fitted.to_json()
    spoil(stored)
    with pytest.raises(CalibrationImpossible, match="stored calibration"):
        Calibration.from_json(stored)


def test_with_thresholds_changes_the_thresholds_only(fitted: Calibration) -> None:
    chosen = with_thresholds(fitted, *questions(np.random.default_rng(7), 300))
    assert chosen.promises != fitted.promises
    kept = ("answer_threshold", "clarify_threshold", "promises")
    assert replace(chosen, **{name: getattr(fitted, name) for name in kept}) == fitted


def plain(*, promises: tuple[Promise, ...] = ()) -> Calibration:
    """Evidence that is the log-odds itself."""
    return Calibration(("log_odds",), (0.0,), (1.0,), (1.0,), 0.0, 0.5, 0.25, promises)


def test_with_thresholds_promises_at_the_assumed_share_or_at_the_natural_one() -> None:
    # 400 in scope, all right; 400 out of scope, all wrong. At the assumed share of 20 % 100 of those count:
    # 400 of 500 answers are right, 80 %. At the natural share it is one in two.
    right = np.arange(800) < 400
    log_odds = np.zeros((800, 1))
    assumed = with_thresholds(plain(), log_odds, right, right).promises
    natural = with_thresholds(plain(), log_odds, right, right, is_natural=True).promises
    assert (assumed, natural) == ((), ())  # equal evidence: all or nothing, and 80 % can't be shown by 80 %
    log_odds[:340] = 1.0  # 340 right ones stand above
    log_odds[400:480] = 1.0  # and 80 wrong ones: a fifth of them
    # Assumed: 340 right and 20 wrong, 94.4 %. Natural: 340 right and 80 wrong, 81.0 %: too near 80 %.
    assumed = with_thresholds(plain(), log_odds, right, right).promises
    natural = with_thresholds(plain(), log_odds, right, right, is_natural=True).promises
    assert [p.target for p in assumed] == [0.8, 0.85, 0.9]
    assert natural == ()
    assert {p.coverage for p in assumed} == {340 / 400}


KEPT = (Promise(0.9, 0.6, 0.8), Promise(0.95, 0.8, 0.5), Promise(0.99, 0.95, 0.1))


@pytest.mark.parametrize(
    ("target", "answer", "clarify"),
    [
        (None, 0.5, 0.25),  # nothing is promised: as it was fitted
        (0.5, 0.6, 0.25),
        (0.9, 0.6, 0.25),
        (0.9 + 1e-12, 0.6, 0.25),  # the same number, but for its last bit
        (0.91, 0.8, 0.25),  # the next higher promise covers it
        (0.95, 0.8, 0.25),
        (0.99, 0.95, 0.25),
        (0.991, NEVER, 0.25),
    ],
)
def test_keeping_takes_the_lowest_promise_that_is_enough(target: float | None, answer: float, clarify: float) -> None:
    kept = plain(promises=KEPT).keeping(target)
    assert (kept.answer_threshold, kept.clarify_threshold) == (answer, clarify)
    assert replace(kept, answer_threshold=0.5, clarify_threshold=0.25) == plain(promises=KEPT)


def test_keeping_never_offers_later_than_it_answers() -> None:
    kept = plain(promises=(Promise(0.9, 0.1, 1.0),)).keeping(0.9)
    assert (kept.answer_threshold, kept.clarify_threshold) == (0.1, 0.1)


def test_keeping_without_promises_answers_nothing() -> None:
    kept = plain().keeping(0.8)
    assert kept.answer_threshold == NEVER > kept.probability(np.array([[1e9]]))[0]


def test_keeping_changes_to_the_surer_calibration() -> None:
    surer = replace(plain(promises=KEPT), features=("margin",), bias=1.0)
    both = replace(plain(promises=(Promise(0.99, 0.1, 1.0),)), sure=surer)
    assert both.keeping(None) is both
    assert both.keeping(0.95) == replace(surer, answer_threshold=0.8)
    assert both.keeping(0.995) == replace(surer, answer_threshold=NEVER)  # though the other would promise 99 %


def test_promises_of_a_calibration_are_kept_in_simulation() -> None:
    rng = np.random.default_rng(9)
    population = rng.normal(2.0, 2.0, 100_000)
    truth = 1 / (1 + np.exp(-population))
    broken = kept = 0
    for _ in range(200):
        rows = rng.integers(0, len(population), 500)
        right = rng.random(500) < truth[rows]
        log_odds = population[rows, None]
        promised = with_thresholds(plain(), log_odds, right, np.ones(500, bool), is_natural=True).keeping(0.9)
        answered = plain().probability(population[:, None]) >= promised.answer_threshold
        kept += promised.answer_threshold < NEVER
        broken += bool(answered.any()) and truth[answered].mean() < 0.9
    assert kept >= 180
    assert broken <= 16


def test_one_hit_has_the_probability_that_it_has_among_many() -> None:
    evidence, right, in_scope = questions(np.random.default_rng(3), 200)
    made = fit_calibration(evidence, right, in_scope, features=FEATURES)
    rows = np.concatenate([evidence[:20], [[1e9] * 3, [-1e9] * 3]])
    single = [made.probability_of({"other": 7.0, **dict(zip(FEATURES, map(float, row), strict=True))}) for row in rows]
    assert single == pytest.approx(made.probability(rows).tolist(), abs=1e-12)
