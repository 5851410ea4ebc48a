"""What a customer asked, among all that they said."""

from django.db.models import Exists, OuterRef

from qa.models import Turn


def is_wish() -> Exists:
    """Return the condition that a turn is a wish for a person, which says nothing of what it is about."""
    return Exists(Turn.objects.filter(reply_to=OuterRef("pk"), role=Turn.Role.SYSTEM, kind=Turn.Kind.HANDOFF))


def question_at(turn: Turn) -> Turn | None:
    """Return the customer's question at, or last before, a turn; choices and wishes for a person are none."""
    asked = Turn.objects.filter(
        ~is_wish(),
        conversation=turn.conversation_id,
        seq__lte=turn.seq,
        role=Turn.Role.CUSTOMER,
        reply_to__isnull=True,
    )
    return asked.order_by("-seq").first()


def last_question(conversation_id: int) -> Turn | None:
    """Return what a customer asked last."""
    last = Turn.objects.filter(conversation=conversation_id).order_by("-seq").first()
    return None if last is None else question_at(last)


def stored_hits(question: Turn) -> list[tuple[int, float]]:
    """Return what the bot found for a question when it was asked: entry and P(correct), the likeliest first."""
    reply = Turn.objects.filter(reply_to=question, role=Turn.Role.BOT).first()
    hits = [] if reply is None else reply.evidence.get("hits", [])
    return [(hit["entry"], hit["probability"]) for hit in hits]
