"""Active learning: which utterances are worth a reviewer's second, what is proposed for each, and why. Pure.

An utterance is proposed when it was answered wrongly by some sign, when the bot was unsure, or when it is new; never
what is known already: answered well above the threshold and contradicted by nobody. Of those, the most useful and
the least alike come first.

References:
    Lewis and Gale, "A sequential algorithm for training text classifiers", SIGIR 1994 (uncertainty sampling).
    Carbonell and Goldstein, "The use of MMR, diversity-based reranking", SIGIR 1998 (usefulness less likeness).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

NUM_SUGGESTIONS = 5
MARGIN = 0.15
"""How far above its threshold P(correct) must be for an answer to count as known; half the way to 1 at most."""
CLOSE = 0.1
"""Difference of the two likeliest entries' P(correct) up to which they are about equally likely."""
UNSURE_WORTH, NEW_WORTH, ASKED_WORTH = 0.5, 0.3, 0.1
"""Priority of the utterance nearest to the threshold, of one that nothing known is near to, and of each doubling of the
times asked; a sign against the bot adds its weight (`qa.services.evidence`)."""
DIVERSITY = 0.5
"""Priority that an utterance loses when one just like it is chosen already."""
FLOOR = 0.8
"""Cosine that any two questions of one trade reach under the encoder (0.74 to 0.90 among the demonstration's)."""
NEAR_DUPLICATE = 0.97
"""Cosine from which two utterances with the same codes, numbers and telling words are one. Among the demonstration's
3,100 phrasings one pair of two entries reaches it, and that pair differs in a telling word."""
# What tells two questions apart that an encoder finds nearly the same: 室内机漏水 and 室外机漏水 have a cosine of 0.99.
_TELLING = re.compile(
    r"[a-z]*\d[a-z\d./-]*|[内外冷热暖凉开关不没无未左右上下前后高低大小多少进出白黑红黄绿蓝]"
    r"|\b(?:in|out|indoors?|outdoors?|inside|outside|on|off|not?|never|without|\w+n't|hot|cold|heat\w*|cool\w*|before|after|"
    r"up|down|left|right|high|low)\b",
    re.IGNORECASE,
)


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
        decision: `answer`, `clarify` or `handoff`.
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
        priority: Higher is reviewed earlier.
    """

    label: str
    entry_id: int | None
    suggestions: tuple[tuple[int, float], ...]
    reasons: tuple[Reason, ...]
    priority: float


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
    return Proposal(label, entry_id, suggestions, reasons, _priority(asked, reasons))


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


def _priority(asked: Asked, reasons: Sequence[Reason]) -> float:
    codes = {reason.code for reason in reasons}
    against = max((s.weight for s in asked.signs if s.source in _SIGNS_AGAINST), default=0.0)
    if codes & {ReasonCode.CHOSE_OTHER, ReasonCode.AGENTS_DIFFER}:
        against = max(against, *(s.weight for s in asked.signs))
    distance = abs(asked.probability - asked.answer_threshold)
    unsure = UNSURE_WORTH * max(0.0, 1 - distance / MARGIN) if ReasonCode.NEW not in codes else NEW_WORTH
    return against + unsure


def group_near_duplicates(texts: Sequence[str], vectors: FloatArray) -> list[int]:
    """Say of each text which earlier one it repeats; its own place when it is the first of its kind.

    Args:
        texts: Normalised.
        vectors: (num_texts, dim) float32, L2-normalised.
    """
    telling = [frozenset(_TELLING.findall(text)) for text in texts]
    firsts: list[int] = []
    group: list[int] = []
    for place in range(len(texts)):
        same = [first for first in firsts if telling[first] == telling[place]]
        likeness = vectors[same] @ vectors[place] if same else np.zeros(0, np.float32)
        if len(likeness) and likeness.max() >= NEAR_DUPLICATE:
            group.append(same[int(likeness.argmax())])
        else:
            firsts.append(place)
            group.append(place)
    return group


def choose_diverse(priorities: Sequence[float], vectors: FloatArray, limit: int) -> list[int]:
    """Choose up to `limit` places, each time the one whose priority less its likeness to those chosen is highest.

    Args:
        priorities: One for each vector.
        vectors: (num_texts, dim) float32, L2-normalised.
    """
    worth = np.asarray(priorities, np.float64)
    lost = np.zeros(len(worth))
    is_free = np.ones(len(worth), bool)
    chosen: list[int] = []
    for _ in range(min(limit, len(worth))):
        best = int(np.where(is_free, worth - lost, -np.inf).argmax())
        chosen.append(best)
        is_free[best] = False
        likeness = np.clip((vectors @ vectors[best] - FLOOR) / (1 - FLOOR), 0, 1)
        lost = np.maximum(lost, DIVERSITY * likeness)
    return chosen
