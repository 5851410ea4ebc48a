"""Answer, ask back or hand over: pure, so that every stored decision can be replayed."""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_OPTIONS = 3
"""Options of a question back, besides "none of these"."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that may be the answer; `probability` is P(correct), 0..1."""

    entry_id: int
    probability: float
    is_emergency: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """P(correct) from which an entry is given (`answer`) or offered (`clarify`), 0..1.

    Attributes:
        lead: How much likelier than the second an answer must be; a near tie is asked back. At 0.02
            the demonstration's development set loses nothing, and one answer in six that was wrong
            becomes a question (0.904 against 0.919 of the answers right).
    """

    answer: float
    clarify: float
    lead: float = 0.02


@dataclass(frozen=True, slots=True)
class Answer:
    """Give this entry's answer."""

    entry_id: int
    probability: float


@dataclass(frozen=True, slots=True)
class Clarify:
    """Ask which of these entries was meant, the likeliest first."""

    entry_ids: tuple[int, ...]
    probability: float


@dataclass(frozen=True, slots=True)
class HandOff:
    """Say that a person will help; `probability` is the best candidate's, 0 without one."""

    probability: float


Decision = Answer | Clarify | HandOff


def decide(candidates: Sequence[Candidate], thresholds: Thresholds) -> Decision:
    """Decide on one question.

    The first candidate answers from `thresholds.answer` on; an emergency entry in first place
    already from `thresholds.clarify` on, because a needless warning costs less than a missing one.
    Below that, and when the second is as likely as the first, what reaches `thresholds.clarify` is
    offered, with the best of the others beside it.

    Args:
        candidates: Best first.
        thresholds: Both inclusive.
    """
    if not candidates:
        return HandOff(0.0)
    first = candidates[0]
    needed = thresholds.clarify if first.is_emergency else thresholds.answer
    leads = len(candidates) == 1 or first.probability - candidates[1].probability >= thresholds.lead
    if first.probability >= needed and (leads or first.is_emergency):
        return Answer(first.entry_id, first.probability)
    if first.probability < thresholds.clarify:
        return HandOff(first.probability)
    return Clarify(tuple(c.entry_id for c in candidates[:MAX_OPTIONS]), first.probability)
