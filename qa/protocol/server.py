"""What the server says to a customer's browser, as types, and how they are encoded."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from qa.protocol import frames
from qa.protocol.frames import Ack, ErrorEvent, FromServer


@dataclass(frozen=True, slots=True)
class Option:
    """One way out of a question back."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Welcome(FromServer):
    """The conversation is open; missed turns follow."""

    type: ClassVar[str] = "welcome"
    conversation: str
    token: str
    seq: int
    release: int


@dataclass(frozen=True, slots=True)
class TurnEvent(FromServer):
    """One turn, whoever spoke.

    Attributes:
        author: Display name of an agent (version 2).
        client_id: Of a customer's turn, so that every tab knows its own (version 2).
    """

    type: ClassVar[str] = "turn"
    seq: int
    role: str
    kind: str
    text: str
    html: str
    entry: str | None
    options: tuple[Option, ...]
    confidence: float | None
    release: int
    at: str
    author: str | None = None
    client_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class StatusEvent(FromServer):
    """Who answers, and what the customer can do now (version 2); sent when something of it changed.

    Attributes:
        state: `bot`, `waiting`, `assigned`, `ticket`, `resolved` or `closed`.
        position: Place in the queue, from 1; None for who doesn't wait.
        wait_s: Estimate of the seconds until somebody takes over; None when nobody can tell.
        agent: Display name of the person who answers.
        is_open: It is opening time and somebody is at the desk.
        opens_at: RFC 3339; None within opening hours.
        offers_person: The bot failed more than once in a row: offer a person.
        asks_contact: Ask for name and how to reach them.
        asks_rating: Ask how satisfied they are.
    """

    type: ClassVar[str] = "status"
    state: str
    position: int | None
    wait_s: int | None
    agent: str | None
    is_open: bool
    opens_at: str | None
    offers_person: bool
    asks_contact: bool
    asks_rating: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question that could be meant; `entry` answers it."""

    entry: str
    text: str


@dataclass(frozen=True, slots=True)
class SuggestionsEvent(FromServer):
    """What could be meant by what is being typed (version 2), the likeliest first."""

    type: ClassVar[str] = "suggestions"
    id: UUID
    items: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class TypingEvent(FromServer):
    """Somebody else in the conversation is typing; version 2 says in which role."""

    type: ClassVar[str] = "typing"
    role: str = "customer"


@dataclass(frozen=True, slots=True)
class Pong(FromServer):
    """The line is alive."""

    type: ClassVar[str] = "pong"


ServerFrame = Welcome | Ack | TurnEvent | StatusEvent | SuggestionsEvent | TypingEvent | Pong | ErrorEvent

NEW_IN_2: dict[str, frozenset[str]] = {"turn": frozenset({"author", "client_id"}), "typing": frozenset({"role"})}
"""Fields that version 1 does not have, by the type of the frame."""


def encode(frame: ServerFrame, *, version: int = 1) -> str:
    """Encode one server frame as JSON text, with the fields of a version.

    Raises:
        ValueError: Version 1 has no such frame.
    """
    if version == 1 and isinstance(frame, StatusEvent | SuggestionsEvent):
        raise ValueError(f"Version 1 has no {frame.type} frame; expected version 2.")
    return frames.encode(frame, version=version, without=NEW_IN_2.get(frame.type, ()) if version == 1 else ())
