"""What the server says to an agent's page, as types, and how they are encoded. Times are RFC 3339."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import orjson

VERSION = 1


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
class Welcome:
    """The desk is open to this agent; `now` is the clock by which pages count down."""

    id: UUID
    user: Person
    now: str
    type: Literal["welcome"] = "welcome"


@dataclass(frozen=True, slots=True)
class Ack:
    """What the frame with this id says is committed; `seq` is the turn that it became, if it became one."""

    id: UUID
    seq: int | None = None
    type: Literal["ack"] = "ack"


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
class ListEvent:
    """The list that was asked for last, as it is now; `more` when it goes on."""

    view: str
    base: int | None
    rows: tuple[Row, ...]
    more: bool
    counts: Counts
    bases: tuple[Base, ...]
    type: Literal["list"] = "list"


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
class ConversationEvent:
    """All that is known of the open conversation but its turns; sent when something of it changed.

    Attributes:
        language: The customer's, `zh` or `en`.
        is_known: The visitor was vouched for by the site around the widget.
        page: Where the widget stood.
    """

    conversation: int
    code: str
    base: Base
    name: str
    state: str
    assignee: Person | None
    is_mine: bool
    reason: str
    is_urgent: bool
    waiting_since: str | None
    due_at: str | None
    language: str
    labels: tuple[str, ...]
    email: str
    phone: str
    is_known: bool
    attributes: tuple[Attribute, ...]
    widget: str
    page: str
    satisfaction: int | None
    satisfaction_comment: str
    created_at: str
    last_seq: int
    notes: tuple[NoteShown, ...]
    marks: tuple[Mark, ...]
    past: tuple[Past, ...]
    type: Literal["conversation"] = "conversation"


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
class TurnsEvent:
    """Turns of the open conversation, in order: the newest (`id` None), or those asked for with `earlier`."""

    id: UUID | None
    conversation: int
    turns: tuple[DeskTurn, ...]
    has_earlier: bool
    type: Literal["turns"] = "turns"


@dataclass(frozen=True, slots=True)
class EntryShown:
    """A published entry with its answer in the customer's language, as far as there is one."""

    entry: int
    code: str
    question: str
    html: str
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class SuggestionsEvent:
    """Entries that could answer what the customer said with `seq`, the likeliest first."""

    id: UUID
    conversation: int
    seq: int | None
    items: tuple[EntryShown, ...]
    type: Literal["suggestions"] = "suggestions"


@dataclass(frozen=True, slots=True)
class EntriesEvent:
    """What a search found."""

    id: UUID
    conversation: int
    items: tuple[EntryShown, ...]
    type: Literal["entries"] = "entries"


@dataclass(frozen=True, slots=True)
class Reply:
    """A canned reply in the customer's language, as far as there is one."""

    shortcut: str
    text: str


@dataclass(frozen=True, slots=True)
class CannedEvent:
    """The canned replies and the labels of a conversation's knowledge base."""

    id: UUID
    conversation: int
    replies: tuple[Reply, ...]
    labels: tuple[str, ...]
    type: Literal["canned"] = "canned"


@dataclass(frozen=True, slots=True)
class AgentsEvent:
    """Other agents who are at the desk and may have the conversation."""

    id: UUID
    conversation: int
    agents: tuple[Person, ...]
    type: Literal["agents"] = "agents"


@dataclass(frozen=True, slots=True)
class DraftEvent:
    """The draft of an entry was made, or was there already; `url` is where it is written on."""

    id: UUID
    url: str
    type: Literal["draft"] = "draft"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Another agent who looks at the open conversation."""

    name: str
    is_typing: bool


@dataclass(frozen=True, slots=True)
class ViewersEvent:
    """Who else looks at the open conversation; sent when it changed."""

    conversation: int
    viewers: tuple[Viewer, ...]
    type: Literal["viewers"] = "viewers"


@dataclass(frozen=True, slots=True)
class TypingEvent:
    """The customer is typing in the open conversation."""

    conversation: int
    type: Literal["typing"] = "typing"


@dataclass(frozen=True, slots=True)
class GoneEvent:
    """The open conversation may not be looked at any more, or was deleted."""

    conversation: int
    type: Literal["gone"] = "gone"


@dataclass(frozen=True, slots=True)
class Pong:
    """The line is alive."""

    id: UUID
    type: Literal["pong"] = "pong"


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """A frame was refused."""

    code: str
    message: str
    id: UUID | None
    type: Literal["error"] = "error"


Answer = Welcome | Ack | TurnsEvent | EntriesEvent | CannedEvent | AgentsEvent | DraftEvent | Pong
ServerFrame = (
    Answer | ListEvent | ConversationEvent | SuggestionsEvent | ViewersEvent | TypingEvent | GoneEvent | ErrorEvent
)


def encode(frame: ServerFrame) -> str:
    """Encode one server frame as JSON text."""
    fields: dict[str, Any] = orjson.loads(orjson.dumps(frame))  # dataclasses to plain values
    return orjson.dumps({"v": VERSION, **fields}).decode()
