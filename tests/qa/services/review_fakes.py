"""Conversations that the bot has decided on, without an engine; and an encoder of letters."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import numpy as np
from django.utils import timezone

from qa.models import Conversation, Entry, KnowledgeBase, ReviewItem, Turn
from qa.services.conversations import NewTurn, record_turn
from qa.services.proposing import propose_reviews
from tests.factories import customer_says, make_conversation

THRESHOLDS = {"answer": 0.5, "clarify": 0.2, "lead": 0.02}


class LetterEncoder:
    """Texts with the same pairs of letters are near each other. Fast, and the same everywhere."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Count pairs of letters into 256 places."""
        vectors = np.full((len(texts), 256), 1e-6, np.float32)
        for row, text in enumerate(texts):
            for first, second in pairwise(text):
                vectors[row, (ord(first) * 31 + ord(second)) % 256] += 1
        normalised: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normalised


def entry_of(external_id: str) -> Entry:
    return Entry.objects.get(external_id=external_id)


def asked(
    text: str,
    *,
    decision: str = "handoff",
    hits: Sequence[tuple[str, float]] = (),
    conversation: Conversation | None = None,
    language: str = "en",
) -> Turn:
    """Record a customer's question and the bot's reply with its evidence; return the reply."""
    conversation = conversation or make_conversation()
    question = record_turn(conversation_id=conversation.pk, turn=customer_says(text, language=language))
    kind = {"answer": Turn.Kind.ANSWER, "clarify": Turn.Kind.CLARIFY, "handoff": Turn.Kind.HANDOFF}[decision]
    found = [{"entry": entry_of(name).pk, "probability": p} for name, p in hits]
    reply = NewTurn(
        Turn.Role.BOT,
        kind,
        "…",
        language=language,
        entry=entry_of(hits[0][0]) if decision == "answer" else None,
        confidence=hits[0][1] if hits else 0.0,
        release=7,
        reply_to=question,
        decision=decision,
        evidence={"thresholds": THRESHOLDS, "hits": found},
    )
    return record_turn(conversation_id=conversation.pk, turn=reply)


def proposed_item(base: KnowledgeBase, text: str = "my unit is dirty", **fields: object) -> ReviewItem:
    """Ask something that is worth a review, propose it, and return the item."""
    asked(text, **{"decision": "clarify", "hits": [("filter", 0.4), ("smell", 0.25)], **fields})  # type: ignore[arg-type]
    before = set(ReviewItem.objects.values_list("pk", flat=True))
    propose_reviews(knowledge_base_id=base.pk, encoder=LetterEncoder())
    return ReviewItem.objects.exclude(pk__in=before).get()


def grow_old(conversation: Conversation, days: float) -> None:
    """Make a conversation and all that was said in it this many days old."""
    then = timezone.now() - timedelta(days=days)
    Conversation.objects.filter(pk=conversation.pk).update(created_at=then)
    conversation.turns.update(at=then)
