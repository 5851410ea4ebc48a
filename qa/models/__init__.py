"""Every table of the service, by what it is about."""

from qa.models.conversation import Conversation, Decision, Turn, Vote
from qa.models.knowledge import Alias, Answer, Entry, KnowledgeBase, Phrasing, PhrasingVector, Product, Term
from qa.models.learning import Evidence, LiveRelease, Release
from qa.models.review import Judgement, Label, Occurrence, ReviewItem
from qa.models.training import Snapshot, TrainingJob
from qa.models.trials import MustAnswer, Trial

__all__ = [
    "Alias",
    "Answer",
    "Conversation",
    "Decision",
    "Entry",
    "Evidence",
    "Judgement",
    "KnowledgeBase",
    "Label",
    "LiveRelease",
    "MustAnswer",
    "Occurrence",
    "Phrasing",
    "PhrasingVector",
    "Product",
    "Release",
    "ReviewItem",
    "Snapshot",
    "Term",
    "TrainingJob",
    "Trial",
    "Turn",
    "Vote",
]
