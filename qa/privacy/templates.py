"""A company's own number formats, such as order and serial numbers, one template a line.

`#` is a digit, `@` a letter, `?` either; every other character stands for itself. Case, width and whether hyphens
and spaces are typed make no difference. There are no repetitions in the syntax, so a template can't be slow; that
is why editors don't write regular expressions.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

MAX_TEMPLATES = 20
MAX_LENGTH = 40
MIN_VARIABLE = 5
"""Fewer digits and letters that vary would hit error codes and model numbers."""
_VARIABLE = {"#": r"\d", "@": "[a-z]", "?": "[a-z0-9]"}
_SEPARATORS = "- "
_EXPECTED = "Expected # for a digit, @ for a letter, ? for either, such as HJ########-####."


class InvalidTemplate(ValueError):
    """Raised when a template can't be used.

    Attributes:
        code: Why.
        template: Which one, cut to what is worth showing; empty when there are too many.
        limit: What it was held against.
    """

    class Code(StrEnum):
        """Why a template can't be used."""

        TOO_MANY = "too_many"
        TOO_LONG = "too_long"
        TOO_GENERAL = "too_general"
        NO_DIGIT = "no_digit"

    def __init__(self, code: Code, template: str, limit: int) -> None:
        super().__init__(f"{code}: {template!r} (limit {limit}). {_EXPECTED}")
        self.code, self.template, self.limit = code, template, limit


@dataclass(frozen=True, slots=True)
class NumberTemplate:
    """One format, as it was written and as it is searched."""

    text: str
    pattern: "re.Pattern[str]"


@lru_cache(maxsize=256)
def parse_templates(lines: str) -> tuple[NumberTemplate, ...]:
    """Read templates, one a line; empty lines are left out.

    Raises:
        InvalidTemplate: One of them can't be used; in words.
    """
    written = [line.strip() for line in lines.splitlines() if line.strip()]
    if len(written) > MAX_TEMPLATES:
        raise InvalidTemplate(InvalidTemplate.Code.TOO_MANY, "", MAX_TEMPLATES)
    return tuple(NumberTemplate(text, _compile(text)) for text in written)


def _compile(text: str) -> "re.Pattern[str]":
    if len(text) > MAX_LENGTH:
        raise InvalidTemplate(InvalidTemplate.Code.TOO_LONG, f"{text[:20]}…", MAX_LENGTH)
    if sum(character in _VARIABLE for character in text) < MIN_VARIABLE:
        raise InvalidTemplate(InvalidTemplate.Code.TOO_GENERAL, text, MIN_VARIABLE)
    if "#" not in text:
        raise InvalidTemplate(InvalidTemplate.Code.NO_DIGIT, text, 1)
    # Each character matches at most once: no repetition, no backtracking beyond one optional separator.
    pattern = "".join(_part(character) for character in text)
    return re.compile(rf"(?<![a-z0-9]){pattern}(?![a-z0-9])", re.IGNORECASE)


def _part(character: str) -> str:
    if character in _SEPARATORS:
        return "[- ]?"
    return _VARIABLE.get(character) or re.escape(character)
