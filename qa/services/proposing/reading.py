"""Customers' utterances that may be worth a review: read, de-identified, considered."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from qa import selecting
from qa.models import Evidence, KnowledgeBase, Turn
from qa.privacy import deidentify, parse_templates, without_placeholders
from qa.selecting import Asked, Proposal, Sign
from qa.selectors.desk.questions import is_wish

MAX_READ = 5_000
"""Utterances looked at in one run, the newest; what is left of them is looked at again in the next."""
MAX_TEXT = 1_000
"""Longer utterances are tales; as a phrasing they would teach nothing."""


@dataclass(frozen=True)
class FoundUtterance:
    """One utterance that may be proposed; `key` and `plain` are of its de-identified text.

    `reply` is the bot's; None for what was asked of a person.
    """

    turn: Turn
    reply: Turn | None
    text: str
    plain: str
    key: str
    proposal: Proposal | None


def decided_questions(base: KnowledgeBase) -> QuerySet[Turn]:
    """Read customers' utterances that the bot or an agent decided on, with what followed, the newest first.

    An agent decides by naming the entry, or that there is none; also on what the bot was never asked, because a person
    had the conversation.
    """
    replies = Turn.objects.filter(reply_to=OuterRef("pk")).exclude(decision="")
    by_agents = Evidence.objects.filter(turn=OuterRef("pk"), source=Evidence.Source.AGENT)
    turns = Turn.objects.filter(
        Q(Exists(replies)) | Q(Exists(by_agents)) & ~Q(is_wish()),
        conversation__knowledge_base=base,
        role=Turn.Role.CUSTOMER,
        reply_to__isnull=True,
    )
    decided = Prefetch("replies", Turn.objects.exclude(decision="").order_by("seq"))
    return turns.prefetch_related(decided, "signs").select_related("conversation").order_by("-pk")


def find_utterances(base: KnowledgeBase) -> list[FoundUtterance]:
    """Read the newest utterances that no item holds, and say of each what to ask a reviewer, if anything."""
    templates = parse_templates(base.number_templates)
    normalise = normaliser()
    found = []
    for turn in decided_questions(base).filter(occurrence__isnull=True)[:MAX_READ]:
        reply = decision_on(turn)
        text = deidentify(_whole_question(turn, reply), templates).text
        plain = normalise(without_placeholders(text))
        if not any(character.isalnum() for character in plain) or len(text) > MAX_TEXT:
            continue
        key = hashlib.sha256(plain.encode()).hexdigest()
        found.append(
            FoundUtterance(turn, reply, text, plain, key, selecting.propose(asked_of(reply, turn.signs.all())))
        )
    return found


def decision_on(question: Turn) -> Turn | None:
    """Return the bot's reply to one of `decided_questions`; None when the bot was not asked."""
    replies = question.replies.all()  # prefetched: those with a decision
    return replies[0] if replies else None


def _whole_question(turn: Turn, reply: Turn | None) -> str:
    """Return what was considered: a question in pieces is one, and its reply goes to the last of them."""
    if reply is None or not (merged := reply.evidence.get("merged")):
        return turn.text
    pieces = Turn.objects.filter(conversation=turn.conversation_id, seq__in=merged).order_by("seq")
    return "\n".join([*pieces.values_list("text", flat=True), turn.text])


def normaliser() -> Callable[[str], str]:
    """Return the function that folds the spellings of one text, as interpreting does."""
    from nlp.text import normalise  # OpenCC: heavy to import

    return normalise


def asked_of(reply: Turn | None, signs: Iterable[Evidence]) -> Asked:
    """Return what a stored reply and the signs on its question tell, for `qa.selecting`; without a reply, the signs."""
    evidence = reply.evidence if reply else {}
    thresholds = evidence.get("thresholds", {})
    hits = tuple((hit["entry"], hit["probability"]) for hit in evidence.get("hits", []))
    return Asked(
        decision=reply.decision if reply else "",
        probability=(reply.confidence if reply else None) or 0.0,
        answer_threshold=thresholds.get("answer", 0.5),
        clarify_threshold=thresholds.get("clarify", 0.2),
        hits=hits,
        signs=tuple(Sign(s.source, s.claim, s.entry_id, s.weight) for s in signs),
    )
