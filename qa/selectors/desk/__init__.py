"""What the desk shows: lists of conversations, one conversation with all that is known of it, entries, colleagues."""

from qa.selectors.desk.conversations import show_conversation, visitor_name
from qa.selectors.desk.entries import canned_replies, search_for_agent, show_entries
from qa.selectors.desk.rows import Wanted, list_conversations
from qa.selectors.desk.turns import show_turns

__all__ = [
    "Wanted",
    "canned_replies",
    "list_conversations",
    "search_for_agent",
    "show_conversation",
    "show_entries",
    "show_turns",
    "visitor_name",
]
