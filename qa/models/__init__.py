"""Every table of the service, by what it is about."""

from qa.models.access import AgentPresence, Membership, Role
from qa.models.conversation import Conversation, Decision, Tag, Turn, Vote
from qa.models.desk import CannedReply, Lease, Note, ReadMark, Transition
from qa.models.knowledge import Answer, Entry, KnowledgeBase, Product
from qa.models.learning import Evidence, LiveRelease, Release
from qa.models.phrasings import Phrasing, PhrasingVector
from qa.models.review import Judgement, Label, Occurrence, ReviewItem
from qa.models.shadow import Disagreement, Shadow
from qa.models.terms import Alias, Term
from qa.models.training import Snapshot, TrainingJob
from qa.models.trials import MustAnswer, Trial
from qa.models.widgets import Visitor, Widget

__all__ = [
    "AgentPresence",
    "Alias",
    "Answer",
    "CannedReply",
    "Conversation",
    "Decision",
    "Disagreement",
    "Entry",
    "Evidence",
    "Judgement",
    "KnowledgeBase",
    "Label",
    "Lease",
    "LiveRelease",
    "Membership",
    "MustAnswer",
    "Note",
    "Occurrence",
    "Phrasing",
    "PhrasingVector",
    "Product",
    "ReadMark",
    "Release",
    "ReviewItem",
    "Role",
    "Shadow",
    "Snapshot",
    "Tag",
    "Term",
    "TrainingJob",
    "Transition",
    "Trial",
    "Turn",
    "Visitor",
    "Vote",
    "Widget",
]
