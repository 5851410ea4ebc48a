"""What a customer's page shows of where their conversation stands."""

from datetime import datetime

from django.utils import timezone

from qa.handing import OFFERED_AFTER, OVER
from qa.models import Conversation
from qa.protocol import StatusEvent
from qa.services.handoff import notices
from qa.services.handoff.queueing import estimated_wait_s, position_of
from qa.services.handoff.reaching import reach_of

State = Conversation.State


def status_of(conversation: Conversation, *, now: datetime | None = None) -> StatusEvent:
    """Return the status of a conversation; its row must be fresh."""
    now = now or timezone.now()
    reach = reach_of(conversation, now=now)
    is_assigned = conversation.state == State.ASSIGNED
    return StatusEvent(
        state=conversation.state,
        position=position_of(conversation),
        wait_s=estimated_wait_s(conversation, now=now),
        agent=notices.agent_name(conversation) if is_assigned else None,
        is_open=reach.is_open,
        opens_at=reach.opens_at.isoformat(timespec="seconds") if reach.opens_at else None,
        offers_person=conversation.state == State.BOT and conversation.num_misses >= OFFERED_AFTER,
        asks_contact=_asks_contact(conversation),
        asks_rating=conversation.state in OVER and conversation.satisfaction is None and conversation.last_seq > 1,
    )


def fresh_status(*, conversation_id: int) -> StatusEvent:
    """Return the status of a conversation as it is in the database now."""
    rows = Conversation.objects.select_related("knowledge_base", "widget", "assignee", "visitor")
    return status_of(rows.get(pk=conversation_id))


def _asks_contact(conversation: Conversation) -> bool:
    if conversation.state == State.TICKET:
        return not notices.can_be_reached(conversation)
    widget = conversation.widget
    is_first_screen = conversation.last_seq == 0 and conversation.visitor is None
    is_known = bool(conversation.contact_name) or notices.can_be_reached(conversation)
    return widget is not None and widget.asks_contact and is_first_screen and not is_known
