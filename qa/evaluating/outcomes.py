"""What a system made of each question, stored without the questions: what later code is held against."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from qa.decision import Answer, Clarify, Decision, HandOff
from qa.evaluating.asking import Asked, Reply
from qa.evaluating.trial_questions import Docket, TrialQuestion
from qa.evaluating.weighing import Hearing

Stored = Mapping[str, Sequence[object]]
"""Key of a question → rank of the right entry, P(correct), decision, entry given."""


def store_outcomes(docket: Docket, asked: Asked) -> dict[str, list[object]]:
    """Return plain values, one a question, without any text."""
    return {
        question.key: [reply.rank, round(reply.probability, 6), _kind(reply.decision), reply.given]
        for question, reply in zip(docket.questions, asked.replies, strict=True)
    }


def held_against(hearing: Hearing, stored: Stored) -> Hearing:
    """Return a hearing whose live side is what was stored, on the questions that both have.

    Args:
        hearing: The present system on both sides.
        stored: What `store_outcomes` gave.
    """
    questions = hearing.docket.questions
    shared = np.array([question.key in stored for question in questions], np.bool_)
    rows = np.flatnonzero(shared).tolist()
    before = [_replayed(hearing.candidate.replies[row], stored[questions[row].key]) for row in rows]
    return replace(
        hearing,
        docket=_kept(hearing.docket, stored),
        live=Asked(tuple(before), hearing.live.threshold),
        candidate=Asked(tuple(hearing.candidate.replies[row] for row in rows), hearing.candidate.threshold),
        members=[(dimension, value, here[shared]) for dimension, value, here in hearing.members],
    )


def _kept(docket: Docket, stored: Stored) -> Docket:
    def kept(questions: tuple[TrialQuestion, ...]) -> tuple[TrialQuestion, ...]:
        return tuple(question for question in questions if question.key in stored)

    return replace(docket, whole=kept(docket.whole), held_out=kept(docket.held_out), strangers=kept(docket.strangers))


def _replayed(reply: Reply, values: Sequence[object]) -> Reply:
    rank, probability, kind, given = int(str(values[0])), float(str(values[1])), str(values[2]), str(values[3])
    decisions: Mapping[str, Decision] = {
        "answer": Answer(0, probability),
        "clarify": Clarify((), probability),
        "handoff": HandOff(probability),
    }
    ranked = (*[""] * (rank - 1), reply.question.label) if rank else ()
    return replace(reply, ranked=ranked, probability=probability, decision=decisions[kind], given=given, offered=())


def _kind(decision: Decision) -> str:
    return {Answer: "answer", Clarify: "clarify", HandOff: "handoff"}[type(decision)]
