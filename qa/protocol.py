"""The wire format of `/ws/chat/`, version 1: strict decoding of client frames, server frames as types."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import orjson

from qa.exceptions import BadMessage, TooLong

VERSION = 1
MAX_FRAME_BYTES = 64 * 1024
MAX_TEXT = 4_000
MAX_SEQ = 2**31 - 1
MAX_REASON = 200
NONE_OF_THESE = "none"


@dataclass(frozen=True, slots=True)
class Hello:
    """First frame: start a conversation, or resume one with its token."""

    widget: str | None
    token: str | None
    after: int


@dataclass(frozen=True, slots=True)
class Message:
    """A customer's utterance."""

    id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class Choose:
    """The answer to a question back; `option` is an entry or `none`."""

    id: UUID
    turn: int
    option: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """A thumb on a turn."""

    id: UUID
    turn: int
    vote: Literal["up", "down"]
    reason: str | None


@dataclass(frozen=True, slots=True)
class Human:
    """A person is wanted."""

    id: UUID


@dataclass(frozen=True, slots=True)
class Typing:
    """The customer is typing."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Is the line alive?"""


ClientFrame = Hello | Message | Choose | Feedback | Human | Typing | Ping
Fields = Mapping[str, Any]  # straight from the parser; every field is checked below


def decode(frame: str) -> ClientFrame:
    """Decode one text frame.

    Raises:
        BadMessage: It is not JSON, not an object, of an unknown type, or a field is missing,
            unknown or of the wrong kind.
        TooLong: The frame or the utterance is longer than allowed.
    """
    # Lone surrogates can't be encoded; orjson refuses the escaped ones itself.
    encoded = frame.encode("utf-8", errors="replace")
    if len(encoded) > MAX_FRAME_BYTES:
        raise TooLong(f"The frame has {len(encoded)} bytes; at most {MAX_FRAME_BYTES} are allowed.")
    try:
        fields = orjson.loads(encoded)
    except orjson.JSONDecodeError as error:
        raise BadMessage("The frame is not valid JSON. Expected one JSON object.") from error
    if not isinstance(fields, dict):
        raise BadMessage("The frame is not a JSON object.")
    return _decode_fields(fields)


def frame_id(frame: str) -> UUID | None:
    """Return the id of a frame that could not be decoded, so that its error can name it."""
    try:
        fields = orjson.loads(frame)
        return UUID(fields["id"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _decode_fields(fields: Fields) -> ClientFrame:
    if type(fields.get("v")) is not int or fields["v"] != VERSION:
        raise BadMessage(f"The field 'v' must be {VERSION}.")
    kind = fields.get("type")
    if not isinstance(kind, str) or kind not in _DECODERS:
        raise BadMessage(f"Unknown frame type. Expected one of: {', '.join(_DECODERS)}.")
    names, build = _DECODERS[kind]
    _check_names(fields, {"v", "type", *names})
    return build(fields)


def _check_names(fields: Fields, expected: set[str]) -> None:
    if unknown := sorted(set(fields) - expected):
        raise BadMessage(f"Unknown field: {', '.join(name[:40] for name in unknown[:5])}.")
    if missing := sorted(expected - set(fields)):
        raise BadMessage(f"Missing field: {', '.join(missing)}.")


def _string(fields: Fields, name: str, *, longest: int) -> str:
    value = fields[name]
    if not isinstance(value, str):
        raise BadMessage(f"The field '{name}' must be a string.")
    if "\0" in value:
        raise BadMessage(f"The field '{name}' holds a NUL character, which can't be stored.")
    if len(value) > longest:
        raise TooLong(f"The field '{name}' has {len(value)} characters; at most {longest} are allowed.")
    return value


def _optional_string(fields: Fields, name: str, *, longest: int) -> str | None:
    return None if fields[name] is None else _string(fields, name, longest=longest)


def _integer(fields: Fields, name: str) -> int:
    value = fields[name]
    if type(value) is not int or not 0 <= value <= MAX_SEQ:
        raise BadMessage(f"The field '{name}' must be a whole number from 0 to {MAX_SEQ}.")
    return value


def _uuid(fields: Fields) -> UUID:
    value = fields["id"]
    try:
        identifier = UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        identifier = None
    if identifier is None:
        raise BadMessage("The field 'id' must be a UUID, such as 123e4567-e89b-42d3-a456-426614174000.")
    return identifier


def _message(fields: Fields) -> Message:
    text = _string(fields, "text", longest=MAX_TEXT).strip()
    if not text:
        raise BadMessage("The message is empty.")
    return Message(_uuid(fields), text)


def _feedback(fields: Fields) -> Feedback:
    vote = fields["vote"]
    if vote not in ("up", "down"):
        raise BadMessage("The field 'vote' must be 'up' or 'down'.")
    reason = _optional_string(fields, "reason", longest=MAX_REASON)
    return Feedback(_uuid(fields), _integer(fields, "turn"), vote, reason)


def _hello(fields: Fields) -> Hello:
    widget = _optional_string(fields, "widget", longest=64)
    token = _optional_string(fields, "token", longest=128)
    return Hello(widget, token, _integer(fields, "after"))


def _choose(fields: Fields) -> Choose:
    return Choose(_uuid(fields), _integer(fields, "turn"), _string(fields, "option", longest=128))


_DECODERS: dict[str, tuple[tuple[str, ...], Callable[[Fields], ClientFrame]]] = {
    "hello": (("widget", "token", "after"), _hello),
    "message": (("id", "text"), _message),
    "choose": (("id", "turn", "option"), _choose),
    "feedback": (("id", "turn", "vote", "reason"), _feedback),
    "human": (("id",), lambda fields: Human(_uuid(fields))),
    "typing": ((), lambda _fields: Typing()),
    "ping": ((), lambda _fields: Ping()),
}


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
    """One turn, whoever spoke."""

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
    type: Literal["turn"] = "turn"


@dataclass(frozen=True, slots=True)
class TypingEvent:
    """Somebody else in the conversation is typing."""

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


ServerFrame = Welcome | Ack | TurnEvent | TypingEvent | Pong | ErrorEvent


def encode(frame: ServerFrame) -> str:
    """Encode one server frame as JSON text."""
    fields: dict[str, Any] = orjson.loads(orjson.dumps(frame))  # dataclasses to plain values
    return orjson.dumps({"v": VERSION, **fields}).decode()
