"""What is worth a reviewer's second: wrong, unsure or new, never what is known; the most useful and unlike first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.selecting import (
    ASKED_WORTH,
    NEW_WORTH,
    UNSURE_WORTH,
    Asked,
    Proposal,
    Reason,
    ReasonCode,
    Sign,
    choose_covering,
    group_near_duplicates,
    propose,
    worth_of_group,
)

A, B, C, D = 1, 2, 3, 4
HITS = ((A, 0.8), (B, 0.3), (C, 0.1))


def asked(decision: str, *hits: tuple[int, float], signs: tuple[Sign, ...] = ()) -> Asked:
    return Asked(decision, hits[0][1] if hits else 0.0, 0.5, 0.2, hits, signs)


def sign(source: str, claim: str = "unknown", entry: int | None = None, weight: float = 0.7) -> Sign:
    return Sign(source, claim, entry, weight)


def proposed(question: Asked) -> Proposal:
    proposal = propose(question)
    assert proposal is not None
    return proposal


def codes(question: Asked) -> list[ReasonCode]:
    return [reason.code for reason in proposed(question).reasons]


@pytest.mark.parametrize(("probability", "is_known"), [(0.64, False), (0.65, True), (0.66, True)])
def test_an_answer_is_known_from_the_margin_on(probability: float, is_known: bool) -> None:
    assert (propose(asked("answer", (A, probability))) is None) is is_known


def test_a_strict_promise_leaves_something_to_be_known() -> None:
    strict = [Asked("answer", p, 0.95, 0.2, ((A, p),)) for p in (0.97, 0.98)]
    assert [propose(question) is None for question in strict] == [False, True]


def test_a_vote_up_alone_is_no_reason() -> None:
    up = sign("vote_up", "entry", A)
    assert propose(asked("answer", *HITS, signs=(up,))) is None
    assert codes(asked("answer", (A, 0.52), signs=(up,))) == [ReasonCode.VOTED_UP, ReasonCode.UNSURE]


def test_what_was_voted_down_proposes_the_next_likely_entry() -> None:
    down = sign("vote_down", "not_entry", A)
    assert proposed(asked("answer", *HITS, signs=(down,))) == Proposal(
        "entry", B, ((B, 0.3), (A, 0.8), (C, 0.1)), (Reason(ReasonCode.VOTED_DOWN),), pytest.approx(0.7)
    )


def test_what_was_voted_down_with_nothing_else_near_is_left_to_the_reviewer() -> None:
    question = asked("answer", (A, 0.8), (B, 0.19), signs=(sign("vote_down", "not_entry", A),))
    assert (proposed(question).label, proposed(question).entry_id) == ("unknown", None)


def test_a_choice_is_proposed_even_when_it_was_no_hit() -> None:
    chose = asked("clarify", (A, 0.4), (B, 0.35), signs=(sign("choice", "entry", D, 0.8),))
    proposal = proposed(chose)
    assert (proposal.entry_id, proposal.suggestions[0]) == (D, (D, 0.0))
    assert codes(chose) == [ReasonCode.CHOSE_OTHER, ReasonCode.UNSURE, ReasonCode.CLOSE]
    assert codes(asked("clarify", (A, 0.4), signs=(sign("choice", "entry", A, 0.8),)))[0] == ReasonCode.CHOSE


def test_none_of_what_was_offered_means_something_else() -> None:
    none = asked("clarify", (A, 0.4), (B, 0.35), (C, 0.3), (D, 0.19), signs=(sign("none_of_these", weight=0.6),))
    assert (proposed(none).label, proposed(none).entry_id) == ("out_of_scope", None)
    beyond = asked("clarify", (A, 0.4), (B, 0.35), (C, 0.3), (D, 0.2), signs=(sign("none_of_these", weight=0.6),))
    assert proposed(beyond).entry_id == D


def test_what_was_handed_over_is_new_and_thought_out_of_scope() -> None:
    proposal = proposed(asked("handoff", (A, 0.1)))
    assert proposal == Proposal(
        "out_of_scope", None, ((A, 0.1),), (Reason(ReasonCode.NEW, 0.1, 0.2),), pytest.approx(0.18)
    )
    assert proposed(asked("handoff")).suggestions == ()


def test_agents_outweigh_the_bot() -> None:
    agent = asked("answer", (A, 0.9), signs=(sign("agent", "out_of_scope", None, 1.0),))
    assert (proposed(agent).label, codes(agent)) == ("out_of_scope", [ReasonCode.AGENT_CHOSE])
    differ = asked("answer", (A, 0.9), signs=(sign("agent", "entry", A, 1.0), sign("agent", "entry", B, 1.0)))
    assert (codes(differ), proposed(differ).worth) == ([ReasonCode.AGENTS_DIFFER], 1.0)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("reasked", ReasonCode.ASKED_AGAIN),
        ("person", ReasonCode.WANTED_PERSON),
        ("none_of_these", ReasonCode.NONE_OF_THESE),
        ("vote_down", ReasonCode.VOTED_DOWN),
    ],
)
def test_each_sign_against_is_a_reason(source: str, code: ReasonCode) -> None:
    assert codes(asked("answer", (A, 0.9), signs=(sign(source),))) == [code]


@pytest.mark.parametrize(("second", "is_close"), [(0.29, False), (0.31, True), (0.19, False)])
def test_two_likely_entries_are_close(second: float, is_close: bool) -> None:
    assert (ReasonCode.CLOSE in codes(asked("clarify", (A, 0.4), (B, second)))) is is_close


def test_the_most_uncertain_is_worth_most() -> None:
    worth = [proposed(asked("answer", (A, p))).worth for p in (0.5, 0.55, 0.6)]
    assert worth == pytest.approx([UNSURE_WORTH, UNSURE_WORTH * 0.99, UNSURE_WORTH * 0.96])
    assert proposed(asked("handoff", (A, 0.01))).worth == NEW_WORTH
    only_agent_asked = asked("", signs=(sign("agent", "entry", A, 1.0),))
    assert proposed(only_agent_asked).worth == NEW_WORTH
    assert proposed(asked("handoff", (A, 0.19))).worth == pytest.approx(UNSURE_WORTH * 4 * 0.19 * 0.81)


def test_a_sign_against_adds_to_what_is_unsure_and_outweighs_it() -> None:
    sure, unsure = (asked("answer", (A, p), signs=(sign("vote_down", "not_entry", A),)) for p in (0.9, 0.5))
    assert (proposed(sure).worth, proposed(unsure).worth) == (pytest.approx(0.7), pytest.approx(0.7 + UNSURE_WORTH))
    assert proposed(sure).worth > proposed(asked("answer", (A, 0.5))).worth


def test_alike_utterances_are_worth_as_the_best_and_more_when_asked_often() -> None:
    assert worth_of_group([0.5]) == 0.5
    assert worth_of_group([0.2, 0.5, 0.1, 0.1]) == pytest.approx(0.5 + 2 * ASKED_WORTH)


def unit(*angles: float) -> np.ndarray:
    return np.array([[np.cos(a), np.sin(a)] for a in angles], np.float32)


NONE_HELD = np.zeros((0, 4), np.float32)


def axes(*numbers: int) -> np.ndarray:
    """Unit vectors along four axes: alike or not at all."""
    return np.eye(4, dtype=np.float32)[list(numbers)]


def test_near_duplicates_are_one_unless_a_code_or_a_telling_word_differs() -> None:
    texts = ["e4 怎么办", "e4怎么办", "e5 怎么办", "室内机漏水", "室外机漏水", "turn it on", "turn it off", "far away"]
    vectors = unit(0, 0.01, 0.01, 0.5, 0.5, 1.0, 1.0, 1.5)
    assert group_near_duplicates(texts, vectors) == [0, 0, 2, 3, 4, 5, 6, 7]
    assert group_near_duplicates([], unit()) == []


@pytest.mark.parametrize(("cosine", "is_one"), [(0.969, False), (0.971, True)])
def test_near_duplicates_begin_at_the_threshold(cosine: float, is_one: bool) -> None:
    assert (group_near_duplicates(["a", "b"], unit(0, np.arccos(cosine))) == [0, 0]) is is_one


def test_a_crowd_is_chosen_before_a_loner_and_once() -> None:
    vectors = axes(0, 1, 1, 1)
    choices = choose_covering([0.6, 0.4, 0.4, 0.4], vectors, NONE_HELD, 3)
    assert [choice.place for choice in choices[:2]] == [1, 0]
    assert choices[0].gain > 1.0  # it speaks for all three
    assert choices[2].gain == pytest.approx(0.0, abs=1e-6)


def test_what_was_looked_at_already_covers_what_is_near() -> None:
    vectors = axes(0, 1)
    assert [c.place for c in choose_covering([0.6, 0.4], vectors, NONE_HELD, 2)] == [0, 1]
    assert [c.place for c in choose_covering([0.6, 0.4], vectors, axes(0), 2)] == [1, 0]


def test_no_more_is_chosen_than_there_is_or_is_asked_for() -> None:
    assert len(choose_covering([0.6, 0.4, 0.3], axes(0, 1, 2), NONE_HELD, 2)) == 2
    assert len(choose_covering([0.6, 0.4], axes(0, 1), NONE_HELD, 9)) == 2
    assert choose_covering([], np.zeros((0, 4), np.float32), NONE_HELD, 3) == []


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(0, 3))
def test_each_choice_gains_most_of_what_is_left(seed: int, num: int, num_held: int) -> None:
    rng = np.random.default_rng(seed)
    vectors, worths = axes(*rng.integers(0, 4, num)), rng.uniform(0, 1, num)
    held = axes(*rng.integers(0, 4, num_held)) if num_held else NONE_HELD
    choices = choose_covering(worths, vectors, held, num)
    assert sorted(choice.place for choice in choices) == list(range(num))
    gains = [choice.gain for choice in choices]
    assert gains == pytest.approx(sorted(gains, reverse=True), abs=1e-5)
    assert sum(gains) <= sum(worths) + 1e-4
