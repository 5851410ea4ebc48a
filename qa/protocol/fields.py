"""Checks of single fields of a client's frame: what is not as it should be is refused in words."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from qa.exceptions import BadMessage, TooLong

MAX_SEQ = 2**31 - 1
Fields = Mapping[str, Any]  # straight from the parser; every field is checked here


def check_names(fields: Fields, expected: set[str]) -> None:
    """Refuse unknown and missing fields."""
    if unknown := sorted(set(fields) - expected):
        raise BadMessage(f"Unknown field: {', '.join(name[:40] for name in unknown[:5])}.")
    if missing := sorted(expected - set(fields)):
        raise BadMessage(f"Missing field: {', '.join(missing)}.")


def string(fields: Fields, name: str, *, longest: int) -> str:
    """Return a string of so many characters at most, without NUL."""
    value = fields[name]
    if not isinstance(value, str):
        raise BadMessage(f"The field '{name}' must be a string.")
    if "\0" in value:
        raise BadMessage(f"The field '{name}' holds a NUL character, which can't be stored.")
    if len(value) > longest:
        raise TooLong(f"The field '{name}' has {len(value)} characters; at most {longest} are allowed.")
    return value


def optional_string(fields: Fields, name: str, *, longest: int) -> str | None:
    """Return a string, or None for null."""
    return None if fields[name] is None else string(fields, name, longest=longest)


def trimmed(fields: Fields, name: str, *, longest: int) -> str:
    """Return a string on one line without white space around it; empty for null."""
    return " ".join((optional_string(fields, name, longest=longest) or "").split())


def said(fields: Fields, *, longest: int) -> str:
    """Return what a customer says; it may not be empty."""
    text = string(fields, "text", longest=longest).strip()
    if not text:
        raise BadMessage("The message is empty.")
    return text


def integer(fields: Fields, name: str, *, lowest: int = 0, highest: int = MAX_SEQ) -> int:
    """Return a whole number within bounds, which are in it."""
    value = fields[name]
    if type(value) is not int or not lowest <= value <= highest:
        raise BadMessage(f"The field '{name}' must be a whole number from {lowest} to {highest}.")
    return value


def uuid(fields: Fields) -> UUID:
    """Return the frame's id."""
    value = fields["id"]
    try:
        identifier = UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        identifier = None
    if identifier is None:
        raise BadMessage("The field 'id' must be a UUID, such as 123e4567-e89b-42d3-a456-426614174000.")
    return identifier


def one_of(fields: Fields, name: str, allowed: tuple[str, ...]) -> str | None:
    """Return one of a few words, or None for null."""
    value = fields[name]
    if value is None or (isinstance(value, str) and value in allowed):
        return value
    raise BadMessage(f"The field '{name}' must be null or one of: {', '.join(allowed)}.")


def address(fields: Fields, name: str, *, longest: int) -> str | None:
    """Return the address of a page without query and fragment, which may hold secrets; None for null."""
    value = optional_string(fields, name, longest=longest)
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        is_number = parts.port is None or parts.port >= 0
    except ValueError:
        parts, is_number = urlsplit(""), False
    if not is_number or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadMessage(f"The field '{name}' must be null or the address of a page (http or https).")
    # Without credentials too.
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
