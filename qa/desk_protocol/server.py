"""What the server says to an agent's page, as types, and how they are encoded. Times are RFC 3339."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from qa.desk_protocol.parts import (
    Attribute,
    Base,
    Counts,
    DeskTurn,
    EntryShown,
    Mark,
    NoteShown,
    Past,
    Person,
    Reply,
    Row,
    Viewer,
)
from qa.protocol import frames
from qa.protocol.frames import Ack, ErrorEvent, FromServer

VERSION = 1


@dataclass(frozen=True, slots=True)
class Welcome(FromServer):
    """The desk is open to this agent; `now` is the clock by which pages count down."""

    type: ClassVar[str] = "welcome"
    id: UUID
    user: Person
    now: str


@dataclass(frozen=True, slots=True)
class ListEvent(FromServer):
    """The list that was asked for last, as it is now; `more` when it goes on."""

    type: ClassVar[str] = "list"
    view: str
    base: int | None
    rows: tuple[Row, ...]
    more: bool
    counts: Counts
    bases: tuple[Base, ...]


@dataclass(frozen=True, slots=True)
class ConversationEvent(FromServer):
    """All that is known of the open conversation but its turns; sent when something of it changed.

    Attributes:
        language: The customer's, `zh` or `en`.
        is_known: The visitor was vouched for by the site around the widget.
        page: Where the widget stood.
    """

    type: ClassVar[str] = "conversation"
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


@dataclass(frozen=True, slots=True)
class TurnsEvent(FromServer):
    """Turns of the open conversation, in order: the newest (`id` None), or those asked for with `earlier`."""

    type: ClassVar[str] = "turns"
    id: UUID | None
    conversation: int
    turns: tuple[DeskTurn, ...]
    has_earlier: bool


@dataclass(frozen=True, slots=True)
class SuggestionsEvent(FromServer):
    """Entries that could answer what the customer said with `seq`, the likeliest first."""

    type: ClassVar[str] = "suggestions"
    id: UUID
    conversation: int
    seq: int | None
    items: tuple[EntryShown, ...]


@dataclass(frozen=True, slots=True)
class EntriesEvent(FromServer):
    """What a search found."""

    type: ClassVar[str] = "entries"
    id: UUID
    conversation: int
    items: tuple[EntryShown, ...]


@dataclass(frozen=True, slots=True)
class CannedEvent(FromServer):
    """The canned replies and the labels of a conversation's knowledge base."""

    type: ClassVar[str] = "canned"
    id: UUID
    conversation: int
    replies: tuple[Reply, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgentsEvent(FromServer):
    """Other agents who are at the desk and may have the conversation."""

    type: ClassVar[str] = "agents"
    id: UUID
    conversation: int
    agents: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class DraftEvent(FromServer):
    """The draft of an entry was made, or was there already; `url` is where it is written on."""

    type: ClassVar[str] = "draft"
    id: UUID
    url: str


@dataclass(frozen=True, slots=True)
class ViewersEvent(FromServer):
    """Who else looks at the open conversation; sent when it changed."""

    type: ClassVar[str] = "viewers"
    conversation: int
    viewers: tuple[Viewer, ...]


@dataclass(frozen=True, slots=True)
class TypingEvent(FromServer):
    """The customer is typing in the open conversation."""

    type: ClassVar[str] = "typing"
    conversation: int


@dataclass(frozen=True, slots=True)
class GoneEvent(FromServer):
    """The open conversation may not be looked at any more, or was deleted."""

    type: ClassVar[str] = "gone"
    conversation: int


@dataclass(frozen=True, slots=True)
class Pong(FromServer):
    """The line is alive."""

    type: ClassVar[str] = "pong"
    id: UUID


Answer = Welcome | Ack | TurnsEvent | EntriesEvent | CannedEvent | AgentsEvent | DraftEvent | Pong
ServerFrame = (
    Answer | ListEvent | ConversationEvent | SuggestionsEvent | ViewersEvent | TypingEvent | GoneEvent | ErrorEvent
)


def encode(frame: ServerFrame) -> str:
    """Encode one server frame as JSON text."""
    return frames.encode(frame, version=VERSION)
