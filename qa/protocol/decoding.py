"""From the text of a client's frame to its type; anything else is refused in words."""

from collections.abc import Callable, Collection
from typing import Literal, cast
from uuid import UUID

import orjson

from qa.exceptions import BadMessage
from qa.protocol import fields as field
from qa.protocol.client import (
    Choose,
    ClientFrame,
    Contact,
    End,
    Feedback,
    Hello,
    Human,
    Leave,
    Message,
    Ping,
    Rate,
    Suggest,
    Typing,
)
from qa.protocol.fields import Fields
from qa.protocol.frames import parse, type_of, version_of

VERSION = 1
LATEST = 2
MAX_TEXT = 4_000
MAX_REASON = 200
MAX_NAME = 200
MAX_EMAIL = 254
MAX_PHONE = 40
MAX_COMMENT = 500
MAX_TYPED = 200
"""Characters of a text that suggestions are wanted for."""
MAX_IDENTITY = 4_096
MAX_PAGE = 2_000
LANGUAGES = ("zh-Hans", "zh-Hant", "en")
NONE_OF_THESE = "none"


def decode(frame: str, *, versions: Collection[int] = (VERSION,)) -> ClientFrame:
    """Decode one text frame.

    Args:
        frame: As it came.
        versions: What `v` may be.

    Raises:
        BadMessage: It is not JSON, not an object, of an unknown type, or a field is missing,
            unknown or of the wrong kind.
        TooLong: The frame or a text in it is longer than allowed.
    """
    return _decode_fields(parse(frame), versions)


def frame_version(frame: str) -> int:
    """Return the version that a frame which could not be decoded seems to speak, so that its error can too."""
    try:
        version = orjson.loads(frame)["v"]
    except (ValueError, TypeError, KeyError):
        return VERSION
    return LATEST if type(version) is int and version == LATEST else VERSION


def _decode_fields(fields: Fields, versions: Collection[int]) -> ClientFrame:
    decoders = _DECODERS[version_of(fields, versions)]
    names, build = decoders[type_of(fields, decoders)]
    field.check_names(fields, {"v", "type", *names})
    return build(fields)


def _message(fields: Fields) -> Message:
    return Message(field.uuid(fields), field.said(fields, longest=MAX_TEXT))


def _feedback(fields: Fields) -> Feedback:
    vote = fields["vote"]
    if vote not in ("up", "down"):
        raise BadMessage("The field 'vote' must be 'up' or 'down'.")
    reason = field.optional_string(fields, "reason", longest=MAX_REASON)
    return Feedback(field.uuid(fields), field.integer(fields, "turn"), cast("Literal['up', 'down']", vote), reason)


def _hello(fields: Fields) -> Hello:
    widget = field.optional_string(fields, "widget", longest=64)
    token = field.optional_string(fields, "token", longest=128)
    return Hello(widget, token, field.integer(fields, "after"))


def _hello_2(fields: Fields) -> Hello:
    first = _hello(fields)
    return Hello(
        first.widget,
        first.token,
        first.after,
        field.optional_string(fields, "identity", longest=MAX_IDENTITY),
        field.one_of(fields, "language", LANGUAGES),
        field.address(fields, "page", longest=MAX_PAGE),
        2,
    )


def _choose(fields: Fields) -> Choose:
    return Choose(field.uuid(fields), field.integer(fields, "turn"), field.string(fields, "option", longest=128))


def _who(fields: Fields) -> tuple[UUID, str, str, str]:
    return (
        field.uuid(fields),
        field.trimmed(fields, "name", longest=MAX_NAME),
        field.trimmed(fields, "email", longest=MAX_EMAIL),
        field.trimmed(fields, "phone", longest=MAX_PHONE),
    )


def _leave(fields: Fields) -> Leave:
    return Leave(*_who(fields), field.said(fields, longest=MAX_TEXT))


def _rate(fields: Fields) -> Rate:
    score = field.integer(fields, "score", lowest=1, highest=5)
    return Rate(field.uuid(fields), score, field.optional_string(fields, "comment", longest=MAX_COMMENT))


_Decoder = tuple[tuple[str, ...], Callable[[Fields], ClientFrame]]
_FIRST: dict[str, _Decoder] = {
    "hello": (("widget", "token", "after"), _hello),
    "message": (("id", "text"), _message),
    "choose": (("id", "turn", "option"), _choose),
    "feedback": (("id", "turn", "vote", "reason"), _feedback),
    "human": (("id",), lambda fields: Human(field.uuid(fields))),
    "typing": ((), lambda _fields: Typing()),
    "ping": ((), lambda _fields: Ping()),
}
_SECOND: dict[str, _Decoder] = {
    **_FIRST,
    "hello": (("widget", "token", "after", "identity", "language", "page"), _hello_2),
    "contact": (("id", "name", "email", "phone"), lambda fields: Contact(*_who(fields))),
    "leave": (("id", "name", "email", "phone", "text"), _leave),
    "rate": (("id", "score", "comment"), _rate),
    "end": (("id",), lambda fields: End(field.uuid(fields))),
    "suggest": (("id", "text"), lambda fields: Suggest(field.uuid(fields), field.said(fields, longest=MAX_TYPED))),
}
_DECODERS = {1: _FIRST, 2: _SECOND}
"""For each version: type → the fields that it has, and what makes it of them."""
