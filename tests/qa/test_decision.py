"""Every branch of a decision: at its threshold, just below, just above."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.decision import MAX_OPTIONS, Answer, Candidate, Clarify, Decision, HandOff, Thresholds, decide

THRESHOLDS = Thresholds(answer=0.7, clarify=0.3)


def below(value: float) -> float:
    return math.nextafter(value, 0)


def above(value: float) -> float:
    return math.nextafter(value, 1)


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (1.0, Answer(1, 1.0)),
        (above(0.7), Answer(1, above(0.7))),
        (0.7, Answer(1, 0.7)),
        (below(0.7), Clarify((1, 2), below(0.7))),
        (above(0.3), Clarify((1, 2), above(0.3))),
        (0.3, Clarify((1, 2), 0.3)),
        (below(0.3), HandOff(below(0.3))),
        (0.0, HandOff(0.0)),
    ],
)
def test_decide_on_the_first_candidate(probability: float, expected: Decision) -> None:
    assert decide([Candidate(1, probability), Candidate(2, 0.1)], THRESHOLDS) == expected


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (above(0.3), Answer(1, above(0.3))),
        (0.3, Answer(1, 0.3)),
        (below(0.3), HandOff(below(0.3))),
    ],
)
def test_emergency_in_first_place_is_given_early(probability: float, expected: Decision) -> None:
    assert decide([Candidate(1, probability, is_emergency=True)], THRESHOLDS) == expected


def test_emergency_in_second_place_changes_nothing() -> None:
    candidates = [Candidate(1, 0.5), Candidate(2, 0.5, is_emergency=True)]
    assert decide(candidates, THRESHOLDS) == Clarify((1, 2), 0.5)


def test_no_candidate_is_handed_over() -> None:
    assert decide([], THRESHOLDS) == HandOff(0.0)


@pytest.mark.parametrize(("given_candidates", "offered"), [(1, 1), (2, 2), (3, 3), (4, 3), (10, 3)])
def test_clarify_offers_three_at_the_most(given_candidates: int, offered: int) -> None:
    candidates = [Candidate(n, 0.5) for n in range(given_candidates)]
    assert decide(candidates, THRESHOLDS) == Clarify(tuple(range(offered)), 0.5)


@pytest.mark.parametrize(("probability", "expected"), [(0.5, Answer(1, 0.5)), (below(0.5), HandOff(below(0.5)))])
def test_equal_thresholds_never_ask_back(probability: float, expected: Decision) -> None:
    assert decide([Candidate(1, probability)], Thresholds(0.5, 0.5)) == expected


SHARES = st.floats(0, 1)


@given(
    st.lists(st.builds(Candidate, st.integers(1, 50), SHARES, st.booleans()), max_size=10), st.tuples(SHARES, SHARES)
)
def test_decide_is_replayable_and_stays_within_its_candidates(
    candidates: list[Candidate], pair: tuple[float, float]
) -> None:
    thresholds = Thresholds(answer=max(pair), clarify=min(pair))
    decision = decide(candidates, thresholds)
    assert decision == decide(tuple(candidates), thresholds)
    assert decision.probability == (candidates[0].probability if candidates else 0.0)
    if isinstance(decision, Answer):
        assert decision.entry_id == candidates[0].entry_id
    elif isinstance(decision, Clarify):
        assert decision.entry_ids == tuple(c.entry_id for c in candidates)[:MAX_OPTIONS]


LEAD = Thresholds(answer=0.7, clarify=0.3, lead=0.125)


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (0.75 - above(0.125), Answer(1, 0.75)),
        (0.625, Answer(1, 0.75)),
        (above(0.625), Clarify((1, 2), 0.75)),
        (0.75, Clarify((1, 2), 0.75)),
        (0.9, Clarify((1, 2), 0.75)),
    ],
)
def test_near_tie_is_asked_back(second: float, expected: Decision) -> None:
    assert decide([Candidate(1, 0.75), Candidate(2, second)], LEAD) == expected


def test_emergency_needs_no_lead() -> None:
    tie = [Candidate(1, 0.3, is_emergency=True), Candidate(2, 0.3)]
    assert decide(tie, LEAD) == Answer(1, 0.3)


def test_tie_below_the_lower_threshold_is_handed_over() -> None:
    assert decide([Candidate(1, below(0.3)), Candidate(2, below(0.3))], LEAD) == HandOff(below(0.3))
