"""Every table of the service, by what it is about."""

from qa.models.conversation import Conversation, Decision, Turn, Vote
from qa.models.knowledge import Alias, Answer, Entry, KnowledgeBase, Phrasing, PhrasingVector, Product, Term
from qa.models.learning import LiveRelease, Release

__all__ = [
    "Alias",
    "Answer",
    "Conversation",
    "Decision",
    "Entry",
    "KnowledgeBase",
    "LiveRelease",
    "Phrasing",
    "PhrasingVector",
    "Product",
    "Release",
    "Term",
    "Turn",
    "Vote",
]
