"""Labelled questions put to a bundle the way a customer's are: considered, then decided on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nlp.evaluation import Outcomes
from nlp.metrics import BoolArray
from qa.decision import Answer, Candidate, Decision, decide
from qa.engine.batching import MAX_BATCH
from qa.engine.bundle import Bundle, Finding, Question
from qa.evaluating.questions import KnownEntry, LabelledQuestion

Progress = Callable[[int, int], None]
"""Called with the number of questions that were asked, and of all."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the system made of one question.

    Attributes:
        question: What was asked.
        text: The question, normalised.
        language: Found in it; empty for neither script.
        has_terms: Whether the lexicon knows a word of it.
        ranked: External ids, best first.
        probability: P(correct) of the first; 0 without one.
        decision: What a customer would have got.
        given: External id of the answer; empty when it was not answered.
        offered: External ids that were asked back.
    """

    question: LabelledQuestion
    text: str
    language: str
    has_terms: bool
    ranked: tuple[str, ...]
    probability: float
    decision: Decision
    given: str
    offered: tuple[str, ...]

    @property
    def rank(self) -> int:
        """Where the right entry stands, from 1; 0 = nowhere, or out of scope."""
        return self.ranked.index(self.question.label) + 1 if self.question.label in self.ranked else 0

    @property
    def is_answered(self) -> bool:
        """Whether the customer got an answer without being asked back."""
        return isinstance(self.decision, Answer)


@dataclass(frozen=True)
class Asked:
    """All replies of one system, and the threshold from which it answered."""

    replies: tuple[Reply, ...]
    threshold: float

    @cached_property
    def outcomes(self) -> Outcomes:
        """The replies held against their labels."""
        return Outcomes(
            np.array([reply.rank for reply in self.replies], np.int64),
            np.array([reply.probability for reply in self.replies], np.float64),
            np.array([reply.question.is_in_scope for reply in self.replies], np.bool_),
            self.threshold,
        )

    @cached_property
    def answered(self) -> BoolArray:
        """(n,) whether each question was answered."""
        return np.array([reply.is_answered for reply in self.replies], np.bool_)

    @cached_property
    def has_terms(self) -> BoolArray:
        """(n,) whether the lexicon knows a word of each question."""
        return np.array([reply.has_terms for reply in self.replies], np.bool_)


def ask(
    bundle: Bundle,
    knowledge_base_id: int,
    questions: Sequence[LabelledQuestion],
    entries: Mapping[int, KnownEntry],
    *,
    progress: Progress,
) -> Asked:
    """Ask in batches, as a busy service does.

    Args:
        bundle: What answers.
        knowledge_base_id: Whose questions they are.
        questions: 1 or more.
        entries: What may be answered with; what was withdrawn since the index was built is not.
        progress: Called after each batch.
    """
    replies: list[Reply] = []
    threshold = 0.0
    for start in range(0, len(questions), MAX_BATCH):
        batch = questions[start : start + MAX_BATCH]
        findings = bundle.consider([Question(knowledge_base_id, question.text) for question in batch])
        replies += [_reply(*pair, entries) for pair in zip(batch, findings, strict=True)]
        threshold = findings[0].thresholds.answer
        progress(len(replies), len(questions))
    return Asked(tuple(replies), threshold)


def _reply(question: LabelledQuestion, finding: Finding, entries: Mapping[int, KnownEntry]) -> Reply:
    ranked = [r for r in finding.ranked if r.entry_id in entries]
    candidates = [Candidate(r.entry_id, r.probability, entries[r.entry_id].is_emergency) for r in ranked]
    decision = decide(candidates, finding.thresholds)
    return Reply(
        question=question,
        text=finding.text,
        language=finding.language,
        has_terms=bool(finding.terms),
        ranked=tuple(entries[r.entry_id].external_id for r in ranked),
        probability=ranked[0].probability if ranked else 0.0,
        decision=decision,
        given=entries[decision.entry_id].external_id if isinstance(decision, Answer) else "",
        offered=tuple(entries[pk].external_id for pk in getattr(decision, "entry_ids", ())),
    )
