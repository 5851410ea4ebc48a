"""What a customer's socket has not told yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from qa.protocol import StatusEvent, TurnEvent
from qa.services.conversations import turn_events
from qa.services.handoff import fresh_status


@dataclass(frozen=True, slots=True)
class News:
    """Turns after a `seq`, in order; and where the conversation stands, for who speaks version 2."""

    turns: Sequence[TurnEvent]
    status: StatusEvent | None


def read_news(*, conversation_id: int, after: int, with_status: bool) -> News:
    """Read what was said after a `seq`, and the status."""
    turns = turn_events(conversation_id=conversation_id, after=after)
    return News(turns, fresh_status(conversation_id=conversation_id) if with_status else None)
