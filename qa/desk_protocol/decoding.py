"""From the text of an agent's frame to its type; anything else is refused in words."""

from collections.abc import Callable, Mapping
from typing import Any

from qa.desk_protocol import client
from qa.desk_protocol.server import VERSION
from qa.exceptions import BadMessage
from qa.protocol import MAX_TEXT
from qa.protocol import fields as field
from qa.protocol.fields import Fields
from qa.protocol.frames import Identified, parse, type_of, version_of

MAX_TAG = 40
MAX_WORDS = 200
MAX_LISTED = 500
"""Rows of a list."""

Check = Callable[[Fields, str], Any]  # each makes one field of a dataclass, whose type mypy knows


def decode(frame: str) -> Identified:
    """Decode one text frame.

    Raises:
        BadMessage: It is not JSON, not an object, of an unknown type, or a field is missing, unknown or of the
            wrong kind.
        TooLong: The frame or a text in it is longer than allowed.
    """
    return _decode_fields(parse(frame))


def _decode_fields(fields: Fields) -> Identified:
    version_of(fields, (VERSION,))
    frame_type, checks = _FRAMES[type_of(fields, _FRAMES)]
    if issubclass(frame_type, client.OfConversation):
        checks = {"conversation": _row, **checks}
    field.check_names(fields, {"v", "type", "id", *checks})
    return frame_type(field.uuid(fields), **{name: check(fields, name) for name, check in checks.items()})


def _row(fields: Fields, name: str) -> int:
    return field.integer(fields, name, lowest=1)


def _optional_row(fields: Fields, name: str) -> int | None:
    return None if fields[name] is None else _row(fields, name)


def _seq(fields: Fields, name: str) -> int:
    return field.integer(fields, name)


def _limit(fields: Fields, name: str) -> int:
    return field.integer(fields, name, lowest=1, highest=MAX_LISTED)


def _text(fields: Fields, _name: str) -> str:
    return field.said(fields, longest=MAX_TEXT)


def _tag(fields: Fields, name: str) -> str:
    tag = field.trimmed(fields, name, longest=MAX_TAG)
    if not tag:
        raise BadMessage(f"The field '{name}' must be a label, not empty.")
    return tag


def _words(fields: Fields, name: str) -> str:
    return field.string(fields, name, longest=MAX_WORDS).strip()


def _one_of(*allowed: str) -> Check:
    def check(fields: Fields, name: str) -> str:
        value = fields[name]
        if not isinstance(value, str) or value not in allowed:
            raise BadMessage(f"The field '{name}' must be one of: {', '.join(allowed)}.")
        return value

    return check


_STATUS = _one_of("online", "away")
_FRAMES: Mapping[str, tuple[type[Identified], Mapping[str, Check]]] = {
    "hello": (client.Hello, {"language": _one_of("zh", "en"), "status": _STATUS}),
    "list": (client.List, {"view": _one_of("queue", "mine", "all"), "base": _optional_row, "limit": _limit}),
    "open": (client.Open, {"after": _seq}),
    "earlier": (client.Earlier, {"before": _row}),
    "read": (client.Read, {"seq": _row}),
    "leave": (client.Leave, {}),
    "claim": (client.Claim, {}),
    "transfer": (client.Transfer, {"to": _optional_row}),
    "say": (client.Say, {"text": _text}),
    "send_entry": (client.SendEntry, {"entry": _row}),
    "resolve": (client.Resolve, {}),
    "reopen": (client.Reopen, {}),
    "return_to_bot": (client.ReturnToBot, {}),
    "note": (client.WriteNote, {"text": _text}),
    "tag": (client.PutTag, {"name": _tag}),
    "untag": (client.TakeTag, {"name": _tag}),
    "link_entry": (client.LinkEntry, {"turn": _row, "entry": _optional_row}),
    "draft_entry": (client.DraftEntry, {"turn": _row}),
    "suggest": (client.Suggest, {}),
    "search_entries": (client.SearchEntries, {"words": _words}),
    "canned": (client.Canned, {}),
    "agents": (client.Agents, {}),
    "presence": (client.Presence, {"status": _STATUS}),
    "typing": (client.Typing, {}),
    "ping": (client.Ping, {}),
}
"""Type → its class, and what makes each of its fields; `id`, and `conversation` where it has one, go without saying."""
