"""The judge's rules, each at the edge of what it lets pass; on replies that are made up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from qa.decision import Answer, Decision, HandOff
from qa.evaluating.asking import Asked, Reply
from qa.evaluating.outcomes import held_against, store_outcomes
from qa.evaluating.questions import LabelledQuestion
from qa.evaluating.trial_questions import Docket, Origin, TrialQuestion
from qa.evaluating.verdicts import BaseVerdict, Code, Reason, describe
from qa.evaluating.weighing import FEW, LEAST_OF_ENTRY, LEAST_SLICE, Hearing, standing, weigh

pytestmark = pytest.mark.unit


@dataclass(frozen=True)
class Did:
    """What a system did with one question: how sure it was, what it gave, where the right entry stood."""

    given: str = "a"
    probability: float = 0.9
    rank: int = 1


NUMBERS = ["lost", "gained", "p", "before", "after", "target", "tolerance", "ratio", "most", "size", "num", "points"]
RIGHT, WRONG, SILENT = Did(), Did("b", 0.9, 2), Did("", 0.2, 1)


def hearing(
    live: Sequence[Did],
    candidate: Sequence[Did],
    *,
    origin: Origin = Origin.FILE,
    label: str = "a",
    promise: float | None = None,
    slices: Sequence[tuple[str, str, int]] = (),
) -> Hearing:
    """Put two systems before the judge; a slice has so many of the first questions."""
    questions = tuple(
        TrialQuestion(LabelledQuestion(label, f"question {number}"), origin) for number in range(len(live))
    )
    docket = Docket(questions, (), (), frozenset(), frozenset())
    return Hearing(
        "kb",
        promise,
        docket,
        _asked(questions, live),
        _asked(questions, candidate),
        [(dimension, value, np.arange(len(live)) < num) for dimension, value, num in slices],
    )


def _asked(questions: Sequence[TrialQuestion], done: Sequence[Did]) -> Asked:
    return Asked(tuple(_reply(*pair) for pair in zip(questions, done, strict=True)), 0.5)


def _reply(question: TrialQuestion, did: Did) -> Reply:
    decision: Decision = Answer(1, did.probability) if did.given else HandOff(did.probability)
    ranked = (*["z"] * (did.rank - 1), question.question.label) if did.rank else ()
    asked = question.question
    return Reply(asked, asked.text, "en", False, ranked, did.probability, decision, did.given, ())


def judged(live: Sequence[Did], candidate: Sequence[Did], **options: object) -> BaseVerdict:
    return weigh(hearing(live, candidate, **options))  # type: ignore[arg-type]  # as there


def codes(verdict: BaseVerdict) -> list[Code]:
    return [reason.code for reason in verdict.reasons]


@pytest.mark.parametrize(("num_lost", "expected"), [(4, []), (5, [Code.LOSS])])
def test_loss_overall(num_lost: int, expected: list[Code]) -> None:
    verdict = judged([RIGHT] * 100, [SILENT] * num_lost + [RIGHT] * (100 - num_lost))
    assert codes(verdict) == expected
    assert verdict.overall is not None
    assert (verdict.overall.lost, verdict.overall.is_worse) == (num_lost, bool(expected))


def test_gains_elsewhere_make_up_for_losses() -> None:
    live = [SILENT] * 5 + [RIGHT] * 95
    assert codes(judged(live, [RIGHT] * 95 + [SILENT] * 5)) == []


def test_ranking_below_the_first_counts_too() -> None:
    lower = replace(SILENT, rank=3)
    verdict = judged([SILENT] * 100, [lower] * 10 + [SILENT] * 90)
    assert codes(verdict) == [Code.RANKING]
    assert verdict.reasons[0].numbers["before"] == 100
    assert verdict.reasons[0].numbers["after"] == pytest.approx(100 - 10 * 2 / 3)


def test_wrong_answers_instead_of_silence_are_harm() -> None:
    silent = replace(SILENT, rank=2)
    assert codes(judged([silent] * 100, [WRONG] * 5 + [silent] * 95)) == [Code.HARM]
    assert codes(judged([silent] * 100, [WRONG] * 4 + [silent] * 96)) == []


def test_out_of_scope_questions_that_are_answered() -> None:
    declined, answered = Did("", 0.1, 0), Did("b", 0.1, 0)
    verdict = judged([declined] * 50, [answered] * 5 + [declined] * 45, label="__oos__")
    assert codes(verdict) == [Code.LOSS, Code.HARM]
    assert verdict.overall is not None
    assert verdict.overall.live_mrr is None


@pytest.mark.parametrize(("num", "is_judged"), [(LEAST_SLICE - 1, False), (LEAST_SLICE, True)])
def test_small_slices_are_reported_and_not_judged(num: int, is_judged: bool) -> None:
    live = [RIGHT] * 20 + [SILENT] * 80
    candidate = [SILENT] * 8 + [RIGHT] * 42 + [SILENT] * 50  # more gained elsewhere
    verdict = judged(live, candidate, slices=[("language", "zh", num)])
    (one,) = verdict.slices
    assert (one.num, one.lost, one.is_judged, one.is_worse) == (num, 8, is_judged, is_judged)
    assert codes(verdict) == ([Code.SLICE_LOSS] if is_judged else [])


def test_an_entry_is_judged_from_fewer_questions_on() -> None:
    live = [RIGHT] * 20 + [SILENT] * 80
    candidate = [SILENT] * LEAST_OF_ENTRY + [RIGHT] * 92
    verdict = judged(live, candidate, slices=[("entry", "a", LEAST_OF_ENTRY), ("entry", "b", LEAST_OF_ENTRY - 1)])
    assert [one.is_judged for one in verdict.slices] == [True, False]
    assert [reason.subject for reason in verdict.reasons] == ["kb, entry a"]


def test_many_slices_are_judged_more_mildly() -> None:
    live = [RIGHT] * 30 + [SILENT] * 70
    candidate = [SILENT] * 6 + [RIGHT] * 94  # p = 1/64 in each slice
    one = judged(live, candidate, slices=[("language", "zh", 30)])
    many = judged(live, candidate, slices=[("product", str(number), 30) for number in range(10)])
    assert codes(one) == [Code.SLICE_LOSS]
    assert codes(many) == []


def test_slices_that_are_all_or_nothing_are_none() -> None:
    verdict = judged([RIGHT] * 30, [RIGHT] * 30, slices=[("language", "zh", 30), ("language", "en", 0)])
    assert verdict.slices == ()


def test_must_answer() -> None:
    verdict = judged([RIGHT, RIGHT, SILENT, SILENT], [RIGHT, SILENT, RIGHT, SILENT], origin=Origin.MUST)
    assert codes(verdict) == [Code.MUST]
    assert [note.code for note in verdict.notes] == [Code.MUST_BEFORE, Code.FEW]


def test_promise_that_is_broken() -> None:
    silent = replace(SILENT, rank=2)
    live = [RIGHT] * 60 + [silent] * 40
    candidate = [RIGHT] * 60 + [WRONG] * 40
    verdict = judged(live, candidate, promise=0.9)
    assert Code.PROMISE in codes(verdict)
    assert Code.PROMISE not in codes(judged(live, candidate))


def test_promise_that_was_broken_before() -> None:
    live = [RIGHT] * 60 + [WRONG] * 40
    assert Code.PROMISE not in codes(judged(live, live, promise=0.9))
    assert Code.PROMISE not in codes(judged(live, [RIGHT] * 65 + [WRONG] * 35, promise=0.9))
    assert Code.PROMISE in codes(judged(live, [RIGHT] * 59 + [WRONG] * 41, promise=0.9))


@pytest.mark.parametrize(("num_lost", "is_lost"), [(8, False), (9, True)])
def test_coverage_under_a_promise(num_lost: int, is_lost: bool) -> None:
    live = [WRONG] * 20 + [RIGHT] * 380
    candidate = [replace(SILENT, rank=2)] * num_lost + [WRONG] * (20 - num_lost) + [RIGHT] * 380
    verdict = judged(live, candidate, promise=0.9)
    assert codes(verdict) == ([Code.COVERAGE] if is_lost else [])
    assert codes(judged(live, candidate)) == []


def test_calibration_error() -> None:
    live = [replace(RIGHT, probability=0.98)] * 500
    assert codes(judged(live, [replace(RIGHT, probability=0.965)] * 500)) == []
    verdict = judged(live, [replace(RIGHT, probability=0.9)] * 500)
    assert codes(verdict) == [Code.CALIBRATION]
    assert verdict.reasons[0].numbers["after"] == pytest.approx(10)


def test_what_so_many_questions_can_show_is_said() -> None:
    few = judged([RIGHT] * 80, [RIGHT] * 80)
    assert [describe(note) for note in few.notes] == [
        describe(Reason(Code.FEW, "kb", {"num": 80, "points": 6.25})),
    ]
    assert judged([RIGHT] * FEW, [RIGHT] * FEW).notes == ()


def test_no_question_at_all() -> None:
    verdict = judged([], [])
    assert (verdict.reasons, verdict.overall) == ((), None)
    assert [note.code for note in verdict.notes] == [Code.NONE]


def test_standing_of_one_system() -> None:
    one = standing(hearing([RIGHT, WRONG, SILENT, RIGHT], [RIGHT] * 4).live)
    assert (one.top1, one.joint, one.answered_wrong) == (0.75, None, 1)
    assert (one.right_of_answers, one.coverage) == (2 / 3, 0.75)


@pytest.mark.parametrize("code", Code)
def test_every_code_has_words(code: Code) -> None:
    reason = Reason(code, "kb", dict.fromkeys(NUMBERS, 1.0))
    assert describe(reason)
    assert Reason.from_json(reason.to_json()) == reason


def test_outcomes_are_held_against_what_was_stored() -> None:
    before = hearing([RIGHT, WRONG, SILENT], [RIGHT, WRONG, SILENT])
    stored = store_outcomes(before.docket, before.candidate)
    now = hearing([SILENT] * 4, [SILENT] * 4, slices=[("language", "zh", 1)])  # one question is new
    held = held_against(now, stored)
    assert [reply.given for reply in held.live.replies] == ["a", "b", ""]
    assert [reply.rank for reply in held.live.replies] == [1, 2, 1]
    assert [reply.is_answered for reply in held.live.replies] == [True, True, False]
    assert [reply.is_answered for reply in held.candidate.replies] == [False] * 3
    assert len(held.docket.questions) == 3
    assert [member.tolist() for _dimension, _value, member in held.members] == [[True, False, False]]
    verdict = weigh(held)
    assert verdict.overall is not None
    assert (verdict.overall.lost, verdict.overall.gained) == (1, 0)
