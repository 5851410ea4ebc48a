"""Waking sockets up after a commit. A wake-up may get lost: who needs to know looks at the rows now and then too."""

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from qa.models import Conversation

logger = logging.getLogger(__name__)

MAX_WOKEN = 50
"""Waiting customers who are told at once that their place in the queue changed."""


def conversation_group(conversation_id: int) -> str:
    """Return the channel layer's name of a conversation: its customer's sockets, and agents who look at it."""
    return f"conversation.{conversation_id}"


def desk_group(knowledge_base_id: int) -> str:
    """Return the channel layer's name of the desks of a knowledge base."""
    return f"desk.{knowledge_base_id}"


def committed() -> dict[str, Any]:
    """Return the event that says that something of a conversation was committed."""
    return {"type": "turns.committed", "by": ""}


def wake_conversation(conversation_id: int) -> None:
    """Say that something of a conversation changed; call it after the commit."""
    _wake(conversation_group(conversation_id), committed())


def wake_desk(knowledge_base_id: int, conversation_id: int | None = None) -> None:
    """Say that something at the desk changed, in one conversation or in general; call it after the commit."""
    _wake(desk_group(knowledge_base_id), {"type": "desk.changed", "conversation": conversation_id})


def wake_queue(knowledge_base_id: int) -> None:
    """Say to those who wait that their place in the queue may have changed; call it after the commit."""
    waiting = Conversation.objects.filter(knowledge_base=knowledge_base_id, state=Conversation.State.WAITING)
    for conversation_id in waiting.order_by("-is_urgent", "waiting_since").values_list("pk", flat=True)[:MAX_WOKEN]:
        wake_conversation(conversation_id)


def _wake(group: str, event: dict[str, Any]) -> None:
    layer = get_channel_layer()
    try:
        async_to_sync(layer.group_send)(group, event)
    except Exception as error:  # noqa: BLE001  # the rows are committed, and whoever sleeps looks at them by themselves
        logger.warning("sockets of %s could not be woken up: %s", group, error)
