"""Which utterances are worth a reviewer's second, what is proposed for each, and why.

An utterance is proposed when it was answered wrongly by some sign, when the bot was unsure, or when it is new; never
what is known already: answered well above the threshold and contradicted by nobody.

References:
    Lewis and Gale, "A sequential algorithm for training text classifiers", SIGIR 1994 (uncertainty sampling).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log2

NUM_SUGGESTIONS = 5
MARGIN = 0.15
"""How far above its threshold P(correct) must be for an answer to count as known; half the way to 1 at most."""
CLOSE = 0.1
"""Difference of the two likeliest entries' P(correct) up to which they are about equally likely."""
UNSURE_WORTH, NEW_WORTH, ASKED_WORTH = 0.5, 0.15, 0.1
"""Worth of the utterance that is as likely right as wrong, least worth of one that was handed over, and worth of each
doubling of the times asked; a sign against the bot adds its weight (`qa.services.evidence`)."""


class ReasonCode(StrEnum):
    """Why an utterance is proposed."""

    VOTED_DOWN = "voted_down"
    ASKED_AGAIN = "asked_again"
    NONE_OF_THESE = "none_of_these"
    WANTED_PERSON = "wanted_person"
    CHOSE_OTHER = "chose_other"
    CHOSE = "chose"
    VOTED_UP = "voted_up"
    AGENT_CHOSE = "agent_chose"
    AGENTS_DIFFER = "agents_differ"
    UNSURE = "unsure"
    CLOSE = "close"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Sign:
    """One piece of evidence (`qa.models.Evidence`), as far as choosing needs it."""

    source: str
    claim: str
    entry_id: int | None
    weight: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What the bot made of an utterance, and what was seen afterwards.

    Attributes:
        decision: `answer`, `clarify` or `handoff`; empty when the bot was not asked.
        probability: P(correct) of the likeliest entry, 0..1.
        hits: Entries with their P(correct), the likeliest first.
    """

    decision: str
    probability: float
    answer_threshold: float
    clarify_threshold: float
    hits: tuple[tuple[int, float], ...]
    signs: tuple[Sign, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, with the numbers that its words need."""

    code: ReasonCode
    probability: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a reviewer is asked.

    Attributes:
        label: `entry`, `out_of_scope` or `unknown`.
        entry_id: With the label `entry` only.
        suggestions: Entries with their P(correct), what is proposed first; at most NUM_SUGGESTIONS.
        worth: How much is to be learned from it, by itself.
    """

    label: str
    entry_id: int | None
    suggestions: tuple[tuple[int, float], ...]
    reasons: tuple[Reason, ...]
    worth: float


def propose(asked: Asked) -> Proposal | None:
    """Return what to ask a reviewer about an utterance, or None when it is known already."""
    reasons = _reasons(asked)
    if not reasons or all(reason.code == ReasonCode.VOTED_UP for reason in reasons):
        return None
    scores = _scores(asked)
    label, entry_id = _label(asked, scores)
    probabilities = dict(asked.hits)
    ranked = sorted(scores, key=lambda pk: (pk != entry_id, -scores[pk], pk))[:NUM_SUGGESTIONS]
    suggestions = tuple((pk, probabilities.get(pk, 0.0)) for pk in ranked)
    return Proposal(label, entry_id, suggestions, reasons, _worth(asked, reasons))


def worth_of_group(worths: Sequence[float]) -> float:
    """Return what utterances that say the same are worth together: as the best of them, more when asked often."""
    return max(worths) + ASKED_WORTH * log2(len(worths))


def _margin(threshold: float) -> float:
    return min(MARGIN, (1 - threshold) / 2)


def _is_unsure(asked: Asked) -> bool:
    if asked.decision == "clarify":
        return True
    return asked.decision == "answer" and asked.probability < asked.answer_threshold + _margin(asked.answer_threshold)


def _is_close(asked: Asked) -> bool:
    if len(asked.hits) < 2 or asked.decision == "handoff":
        return False
    first, second = asked.hits[0][1], asked.hits[1][1]
    return second >= asked.clarify_threshold and first - second <= CLOSE


_SIGNS_AGAINST = {
    "vote_down": ReasonCode.VOTED_DOWN,
    "reasked": ReasonCode.ASKED_AGAIN,
    "none_of_these": ReasonCode.NONE_OF_THESE,
    "person": ReasonCode.WANTED_PERSON,
}


def _reasons(asked: Asked) -> tuple[Reason, ...]:
    codes = [code for source, code in _SIGNS_AGAINST.items() if any(s.source == source for s in asked.signs)]
    codes += _reasons_of_choices(asked)
    reasons = [Reason(code) for code in codes]
    if _is_unsure(asked):
        reasons.append(Reason(ReasonCode.UNSURE, asked.probability, asked.answer_threshold))
    if _is_close(asked):
        reasons.append(Reason(ReasonCode.CLOSE))
    if asked.decision == "handoff":
        reasons.append(Reason(ReasonCode.NEW, asked.probability, asked.clarify_threshold))
    return tuple(reasons)


def _reasons_of_choices(asked: Asked) -> list[ReasonCode]:
    first = asked.hits[0][0] if asked.hits else None
    codes = []
    if chosen := [s.entry_id for s in asked.signs if s.source == "choice"]:
        codes.append(ReasonCode.CHOSE if all(pk == first for pk in chosen) else ReasonCode.CHOSE_OTHER)
    if any(s.source == "vote_up" for s in asked.signs):
        codes.append(ReasonCode.VOTED_UP)
    if by_agents := {(s.claim, s.entry_id) for s in asked.signs if s.source == "agent"}:
        codes.append(ReasonCode.AGENT_CHOSE if len(by_agents) == 1 else ReasonCode.AGENTS_DIFFER)
    return codes


def _scores(asked: Asked) -> dict[int, float]:
    """Add up what speaks for each entry: its P(correct), and the signs for it less those against it."""
    scores = dict(asked.hits)
    for sign in asked.signs:
        if sign.entry_id is not None:
            change = sign.weight if sign.claim == "entry" else -sign.weight
            scores[sign.entry_id] = scores.get(sign.entry_id, 0.0) + change
        elif sign.source == "none_of_these":
            for pk, _probability in asked.hits[:3]:  # decision.MAX_OPTIONS: what was offered
                scores[pk] -= sign.weight
    return scores


def _label(asked: Asked, scores: dict[int, float]) -> tuple[str, int | None]:
    best = max(scores, key=lambda pk: (scores[pk], -pk), default=None)
    outside = sum(sign.weight for sign in asked.signs if sign.claim == "out_of_scope")
    if best is not None and scores[best] >= asked.clarify_threshold and scores[best] > outside:
        return "entry", best
    # Whoever means none of what was offered means something else, most often nothing that is here at all; whoever
    # votes an answer down may only dislike it.
    is_contradicted = any(sign.claim == "not_entry" for sign in asked.signs)
    is_none = any(sign.source == "none_of_these" for sign in asked.signs)
    if outside or ((asked.decision == "handoff" or is_none) and not is_contradicted):
        return "out_of_scope", None
    return "unknown", None


def _worth(asked: Asked, reasons: Sequence[Reason]) -> float:
    codes = {reason.code for reason in reasons}
    against = max((s.weight for s in asked.signs if s.source in _SIGNS_AGAINST), default=0.0)
    if codes & {ReasonCode.CHOSE_OTHER, ReasonCode.AGENTS_DIFFER}:
        against = max(against, *(s.weight for s in asked.signs))
    # The variance of right or wrong: what is surely wrong teaches as little as what is surely right, and what is
    # out of scope, which is asked without end, is mostly that.
    unsure = UNSURE_WORTH * 4 * asked.probability * (1 - asked.probability)
    if ReasonCode.NEW in codes or not asked.decision:  # of what only an agent was asked, nothing is known either
        return against + max(unsure, NEW_WORTH)
    return against + (unsure if codes & {ReasonCode.UNSURE, ReasonCode.CLOSE} else 0.0)
