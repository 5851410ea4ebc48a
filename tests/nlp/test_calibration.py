"""Calibration: what is learnt, what survives a journey through JSON, and whether promises are kept."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from nlp.calibration import (
    MIN_QUESTIONS,
    NEVER,
    PROMISES,
    Calibration,
    FeatureArray,
    Promise,
    fit_calibration,
    keepable_promises,
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


def test_keepable_promises_by_hand() -> None:
    # 100 right above 100 wrong, all of them in scope. In a row, 80 % takes 20 right answers, 85 % 27, 90 % 42,
    # 92.5 % 57, 95 % 86 (0.95 ** 86 < 0.05 / 4 < 0.95 ** 85); 97 % would take 144.
    probability, right = np.linspace(1, 0, 200), np.arange(200) < 100
    promises = keepable_promises(probability, right, np.ones(200, bool))
    assert [p.target for p in promises] == [0.8, 0.85, 0.9, 0.925, 0.95]
    for promise in promises:
        answered = probability >= promise.threshold
        num_right, num = right[answered].sum(), answered.sum()
        assert promise.coverage == num / 200
        assert beta.ppf(0.0125, num_right, num - num_right + 1) >= promise.target
        # One more answer, a wrong one, would break it.
        assert beta.ppf(0.0125, num_right, num - num_right + 2) < promise.target


def test_coverage_is_of_questions_in_scope() -> None:
    probability, right = np.linspace(1, 0, 400), np.arange(400) < 200
    (promise, *_) = keepable_promises(probability, right, right)
    assert promise.coverage == 1.0
    assert keepable_promises(probability, right, np.zeros(400, bool)) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=400), st.integers(0, 2**32 - 1))
def test_what_can_be_promised_can_be_promised_lower(probability: list[float], seed: int) -> None:
    drawn = np.sort(np.array(probability)) ** 0.3
    right = np.random.default_rng(seed).random(len(drawn)) < drawn
    promises = keepable_promises(drawn, right, np.ones(len(drawn), bool))
    assert tuple(p.target for p in promises) == PROMISES[: len(promises)]
    coverages = [p.coverage for p in promises]
    assert coverages == sorted(coverages, reverse=True)


def test_promise_threshold_by_hand() -> None:
    # Four chains share the risk of 0.05. All right: 0.95 ** 86 < 0.0125 < 0.95 ** 85, so 86 right answers in
    # a row (ln 0.0125 / ln 0.95 = 85.4) show 95 %, 85 do not.
    probability = np.linspace(1, 0, 86)
    assert promise_threshold(probability, np.ones(86, bool), target=0.95) == 0.0
    assert promise_threshold(probability[:85], np.ones(85, bool), target=0.95) is None


def test_promise_threshold_stops_before_the_wrong_answers() -> None:
    probability, right = np.linspace(1, 0, 200), np.arange(200) < 100
    threshold = promise_threshold(probability, right, target=0.9)
    assert threshold is not None
    answered = probability >= threshold
    assert answered.sum() >= 100
    assert right[answered].mean() >= 0.9


def test_promise_threshold_does_not_part_equals() -> None:
    probability = np.array([0.9] * 86 + [0.5] * 86)
    assert promise_threshold(probability, np.arange(172) < 86, target=0.95) == 0.9
    assert promise_threshold(probability, np.arange(172) % 2 == 0, target=0.95) is None


@pytest.mark.parametrize(("target", "expected"), [(1.0, None), (0.0, 0.0)])
def test_promise_threshold_of_the_impossible_and_the_empty_promise(target: float, expected: float | None) -> None:
    assert promise_threshold(np.linspace(1, 0, 500), np.ones(500, bool), target=target) == expected


def test_promise_threshold_without_questions() -> None:
    assert promise_threshold(np.array([]), np.array([], bool), target=0.95) is None


def threshold_of_one_chain(probability: FeatureArray, right: BoolArray, target: float) -> float | None:
    """Test one chain of thresholds with the whole risk, from the fewest answers that could show the target."""
    order = np.argsort(-probability)
    least = int(np.ceil(np.log(0.05) / np.log(target)))
    reached = None
    for num in range(least, len(order) + 1):
        num_right = int(right[order[:num]].sum())
        if beta.ppf(0.05, num_right, num - num_right + 1) < target:
            break
        reached = float(probability[order[num - 1]])
    return reached


@pytest.mark.parametrize("wrong", [0, 30, 58])
def test_one_early_error_does_not_end_every_chain(wrong: int) -> None:
    # 58 of 59 show 92 % only: the one chain ends at its first step. The chain that starts at half of the 400
    # has seen 199 right of 200, which shows 95 % even with a quarter of the risk.
    probability, right = np.linspace(1, 0, 400), np.arange(400) != wrong
    assert threshold_of_one_chain(probability, right, 0.95) is None
    assert promise_threshold(probability, right, target=0.95) == 0.0


def test_without_an_early_error_chains_cost_little() -> None:
    probability, right = np.linspace(1, 0, 400), np.arange(400) < 300
    of_one = threshold_of_one_chain(probability, right, 0.95)
    of_four = promise_threshold(probability, right, target=0.95)
    assert of_one is not None
    assert of_four is not None
    # The same risk in four parts stops a few answers earlier: less than 2 points of coverage here.
    assert of_one <= of_four < of_one + 0.02


@pytest.mark.parametrize("target", [0.8, 0.9, 0.95])
def test_promises_are_kept_in_simulation(target: float) -> None:
    rng = np.random.default_rng(8)
    log_odds = rng.normal(3.0, 2.5, 200_000)  # the population of questions
    truth = np.sort(1 / (1 + np.exp(-log_odds)))
    right_above = np.cumsum(truth[::-1])[::-1] / np.arange(len(truth), 0, -1)
    broken = answered = 0
    for _ in range(200):
        drawn = rng.choice(truth, 400)
        threshold = promise_threshold(drawn, rng.random(400) < drawn, target=target)
        answered += threshold is not None
        broken += threshold is not None and right_above[np.searchsorted(truth, threshold)] < target
    assert answered >= 170  # it is no promise that is kept by never answering
    assert broken <= 16  # stated: 5 % of 200; 16 is two standard deviations above


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
