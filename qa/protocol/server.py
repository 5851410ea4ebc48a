"""What the server says to a customer's browser, as types, and how they are encoded."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import orjson


@dataclass(frozen=True, slots=True)
class Option:
    """One way out of a question back."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """The conversation is open; missed turns follow."""

    conversation: str
    token: str
    seq: int
    release: int
    type: Literal["welcome"] = "welcome"


@dataclass(frozen=True, slots=True)
class Ack:
    """The frame with this id is committed, as the turn `seq`."""

    id: UUID
    seq: int
    type: Literal["ack"] = "ack"


@dataclass(frozen=True, slots=True)
class TurnEvent:
    """One turn, whoever spoke.

    Attributes:
        author: Display name of an agent (version 2).
        client_id: Of a customer's turn, so that every tab knows its own (version 2).
    """

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
    type: Literal["turn"] = "turn"


@dataclass(frozen=True, slots=True)
class StatusEvent:
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

    state: str
    position: int | None
    wait_s: int | None
    agent: str | None
    is_open: bool
    opens_at: str | None
    offers_person: bool
    asks_contact: bool
    asks_rating: bool
    type: Literal["status"] = "status"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question that could be meant; `entry` answers it."""

    entry: str
    text: str


@dataclass(frozen=True, slots=True)
class SuggestionsEvent:
    """What could be meant by what is being typed (version 2), the likeliest first."""

    id: UUID
    items: tuple[Suggestion, ...]
    type: Literal["suggestions"] = "suggestions"


@dataclass(frozen=True, slots=True)
class TypingEvent:
    """Somebody else in the conversation is typing; version 2 says in which role."""

    role: str = "customer"
    type: Literal["typing"] = "typing"


@dataclass(frozen=True, slots=True)
class Pong:
    """The line is alive."""

    type: Literal["pong"] = "pong"


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """A frame was refused; the socket stays open."""

    code: str
    message: str
    id: UUID | None
    type: Literal["error"] = "error"


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
    fields: dict[str, Any] = orjson.loads(orjson.dumps(frame))  # dataclasses to plain values
    if version == 1:
        for name in NEW_IN_2.get(frame.type, ()):
            del fields[name]
    return orjson.dumps({"v": version, **fields}).decode()
