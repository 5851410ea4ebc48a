"""What frames of both wire formats have in common: JSON objects that say their version `v` and their `type`."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from typing import Any, ClassVar
from uuid import UUID

import orjson

from qa.exceptions import BadMessage, TooLong
from qa.protocol.fields import Fields

MAX_FRAME_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Identified:
    """Anything that a client says and that is answered by its id."""

    id: UUID


@dataclass(frozen=True, slots=True)
class FromServer:
    """Anything that a server says.

    Attributes:
        type: What a frame of this class is called on the wire.
    """

    type: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Ack(FromServer):
    """What the frame with this id says is committed; `seq` is the turn that it became, if it became one."""

    type: ClassVar[str] = "ack"
    id: UUID
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class ErrorEvent(FromServer):
    """A frame was refused; the socket stays open unless something is said against that."""

    type: ClassVar[str] = "error"
    code: str
    message: str
    id: UUID | None


def parse(frame: str) -> Fields:
    """Parse the text of one frame; its fields are not checked yet.

    Raises:
        BadMessage: It is not one JSON object.
        TooLong: It has more than 64 KiB.
    """
    # Lone surrogates can't be encoded; orjson refuses the escaped ones itself.
    encoded = frame.encode("utf-8", errors="replace")
    if len(encoded) > MAX_FRAME_BYTES:
        raise TooLong(f"The frame has {len(encoded)} bytes; at most {MAX_FRAME_BYTES} are allowed.")
    try:
        parsed: Fields = orjson.loads(encoded)
    except orjson.JSONDecodeError as error:
        raise BadMessage("The frame is not valid JSON. Expected one JSON object.") from error
    if not isinstance(parsed, dict):
        raise BadMessage("The frame is not a JSON object.")
    return parsed


def version_of(parsed: Fields, spoken: Collection[int]) -> int:
    """Return the version of a frame, which must be one of those spoken.

    Raises:
        BadMessage: It is not.
    """
    version = parsed.get("v")
    if type(version) is not int or version not in spoken:
        raise BadMessage(f"The field 'v' must be {' or '.join(map(str, spoken))}.")
    return version


def type_of(parsed: Fields, known: Iterable[str]) -> str:
    """Return the type of a frame, which must be a known one.

    Raises:
        BadMessage: It is not.
    """
    kind = parsed.get("type")
    if not isinstance(kind, str) or kind not in known:
        raise BadMessage(f"Unknown frame type. Expected one of: {', '.join(known)}.")
    return kind


def frame_id(frame: str) -> UUID | None:
    """Return the id of a frame that could not be decoded, so that its error can name it."""
    try:
        return UUID(orjson.loads(frame)["id"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def encode(frame: FromServer, *, version: int, without: Collection[str] = ()) -> str:
    """Encode one server frame as JSON text.

    Args:
        frame: What is said.
        version: Of the wire format.
        without: Fields that this version does not have.
    """
    said: dict[str, Any] = {f.name: getattr(frame, f.name) for f in fields(frame) if f.name not in without}
    return orjson.dumps({"v": version, "type": frame.type, **said}).decode()
