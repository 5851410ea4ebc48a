"""Misses: replies of the bot that helped nobody. After the second in a row a person is offered."""

from qa.handing import OFFERED_AFTER
from qa.models import Conversation


def count_reply(conversation: Conversation, *, is_miss: bool | None) -> bool:
    """Count a reply of the bot in a locked conversation; an answer begins the count anew.

    Args:
        conversation: Locked.
        is_miss: None for a question back, which is neither.

    Returns:
        Whether a person is to be offered now.
    """
    if is_miss is not None:
        num_misses = conversation.num_misses + 1 if is_miss else 0
        if num_misses != conversation.num_misses:
            conversation.num_misses = num_misses
            conversation.save(update_fields=["num_misses", "updated_at"])
    return bool(is_miss) and conversation.num_misses >= OFFERED_AFTER
