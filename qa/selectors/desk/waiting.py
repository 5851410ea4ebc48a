"""How long who waits for a person's word."""

from datetime import datetime, timedelta

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from qa.models import Conversation, Turn

State = Conversation.State
AWAITING = (State.WAITING, State.ASSIGNED, State.TICKET)
"""States in which a person's word is awaited."""


def with_unanswered(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Add `num_unanswered`, what the customer said since a person spoke last, and `unanswered_since`."""
    turns = Turn.objects.filter(conversation=OuterRef("pk"))
    spoken = turns.filter(role=Turn.Role.AGENT).order_by("-seq").values("seq")[:1]
    after = turns.filter(role=Turn.Role.CUSTOMER, seq__gt=OuterRef("answered_seq"))
    counted = after.order_by().values("conversation").annotate(n=Count("pk")).values("n")
    return conversations.annotate(
        answered_seq=Coalesce(Subquery(spoken, output_field=IntegerField()), 0),
    ).annotate(
        num_unanswered=Coalesce(Subquery(counted, output_field=IntegerField()), 0),
        unanswered_since=Subquery(after.order_by("seq").values("at")[:1]),
    )


def due_at(conversation: Conversation) -> datetime | None:
    """Return until when a person should have replied; None when nobody waits for a person's word now.

    Args:
        conversation: From `with_unanswered`, with its knowledge base.
    """
    since = _waiting_since(conversation)
    return since and since + timedelta(seconds=conversation.knowledge_base.reply_within_s)


def _waiting_since(conversation: Conversation) -> datetime | None:
    if conversation.state == State.WAITING:
        return conversation.waiting_since
    if conversation.state != State.ASSIGNED:
        return None
    if conversation.first_reply_at is None:
        return conversation.waiting_since or conversation.assigned_at
    since: datetime | None = conversation.unanswered_since  # type: ignore[attr-defined]  # an annotation
    return since
