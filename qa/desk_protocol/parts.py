"""What the frames to an agent's page are made of. Times are RFC 3339."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Base:
    """A knowledge base."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation in a list.

    Attributes:
        name: Of the customer.
        excerpt: The beginning of what a person said last, customer or agent: `excerpt_role`.
        assignee: Name of the agent who has it.
        reason: Why a person is wanted; see `Conversation.Reason`.
        due_at: Until when a person should have replied; None when nobody waits for a person's word.
        num_unanswered: What the customer said since a person spoke last.
        is_unread: Some of it is new to the agent, who has read less, in whichever browser.
    """

    conversation: int
    base: int
    name: str
    excerpt: str
    excerpt_role: str
    state: str
    assignee: str | None
    is_mine: bool
    is_urgent: bool
    reason: str
    waiting_since: str | None
    due_at: str | None
    last_at: str | None
    last_seq: int
    num_unanswered: int
    is_unread: bool
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many conversations each list holds, how many of mine wait for my word, how many that wait are urgent."""

    queue: int
    mine: int
    all: int
    mine_unanswered: int
    urgent: int


@dataclass(frozen=True, slots=True)
class NoteShown:
    """A note for colleagues."""

    id: int
    author: str
    text: str
    at: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What came to be known of a turn after it was said: the customer's thumb, and what an agent says answers it.

    Attributes:
        vote: `up`, `down` or None.
        linked: Question of the entry that an agent linked; empty when an agent said that no entry answers it.
    """

    seq: int
    vote: str | None
    linked: str | None


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something that the site around the widget says of its visitor."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier conversation of the same visitor."""

    conversation: int
    state: str
    at: str


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that the bot found, with its P(correct) 0..1."""

    entry: int
    question: str
    probability: float


@dataclass(frozen=True, slots=True)
class Understood:
    """What the bot made of a question: what it searched for, the jargon it knew, what it found, what it decided."""

    readings: tuple[str, ...]
    terms: tuple[str, ...]
    hits: tuple[Hit, ...]
    decision: str
    answer_from: float | None


@dataclass(frozen=True, slots=True)
class DeskTurn:
    """One turn, whoever spoke; `question` is the canonical question of its entry."""

    seq: int
    role: str
    kind: str
    text: str
    html: str
    at: str
    author: str
    client_id: UUID | None
    entry: int | None
    question: str
    options: tuple[str, ...]
    understood: Understood | None


@dataclass(frozen=True, slots=True)
class EntryShown:
    """A published entry with its answer in the customer's language, as far as there is one."""

    entry: int
    code: str
    question: str
    html: str
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A canned reply in the customer's language, as far as there is one."""

    shortcut: str
    text: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """Another agent who looks at the open conversation."""

    name: str
    is_typing: bool
