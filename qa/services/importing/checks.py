"""Checks of single values: what no model field can hold is a problem, and says how to mend it."""

import re
from collections.abc import Mapping
from typing import TypeVar

from django.db.models import Model

from qa.models import Answer, Entry, Phrasing, Product, Term
from qa.models.terms import Alias
from qa.services.importing.problems import Problems, shown

T = TypeVar("T")

MAX_ANSWER = 8_000
"""Characters of an answer. The turn that carries it holds text and HTML in one socket frame of at most
64 KiB (protocol.md); 8,000 Chinese characters are 24 kB in UTF-8, twice that with their markup."""

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_SLUG = re.compile(r"[-\w]+", re.ASCII)

FLAGS: Mapping[str, bool] = {
    **dict.fromkeys(("yes", "true", "1", "y", "是", "紧急"), True),
    **dict.fromkeys(("no", "false", "0", "n", "否", "不"), False),
}
STATUSES: Mapping[str, Entry.Status] = {
    **{status.value: status for status in Entry.Status},
    "草稿": Entry.Status.DRAFT,
    "已发布": Entry.Status.PUBLISHED,
    "发布": Entry.Status.PUBLISHED,
    "已归档": Entry.Status.ARCHIVED,
    "归档": Entry.Status.ARCHIVED,
}


def _max_length(model: type[Model], field: str) -> int:
    length: int = model._meta.get_field(field).max_length  # type: ignore[union-attr, assignment]
    return length


MAX_LENGTHS: Mapping[str, int] = {
    "external_id": _max_length(Entry, "external_id"),
    "category": _max_length(Entry, "category"),
    "question": _max_length(Answer, "question"),
    "answer": MAX_ANSWER,
    "phrasings": _max_length(Phrasing, "text"),
    "products": _max_length(Product, "code"),
    "name": _max_length(Product, "name_zh"),
    "term": _max_length(Term, "text"),
    "aliases": _max_length(Alias, "text"),
    "definition": _max_length(Term, "definition_zh"),
}
"""Characters that the database holds, by the first part of the column's name."""


def check_text(problems: Problems, position: str, column: str, text: str) -> str:
    """Return a text as it will be stored: trimmed, and on one line unless it is an answer."""
    part = column.split("_")[0] if column != "external_id" else column
    if fault := _FORBIDDEN.search(text):
        code = ord(fault[0])
        name = "a NUL" if code == 0 else "a lone surrogate" if code >= 0xD800 else "a control character"
        problems.add(
            position, column, f"{name} (U+{code:04X}) at character {fault.start() + 1:,}", "readable text: delete it"
        )
        return ""
    stored = text.strip() if part == "answer" else _SPACES.sub(" ", text).strip()
    if len(stored) > (limit := MAX_LENGTHS[part]):
        problems.add(position, column, f"{len(stored):,} characters", f"at most {limit:,}: shorten it")
    return stored


def check_optional(problems: Problems, position: str, texts: Mapping[str, str], column: str) -> str | None:
    """Return a column's text, None when it is absent or empty."""
    return check_text(problems, position, column, texts.get(column, "")) or None


def check_choice(
    problems: Problems, position: str, texts: Mapping[str, str], column: str, choices: Mapping[str, T]
) -> T | None:
    """Return what a word stands for, None when the column is absent or empty."""
    word = texts.get(column, "").strip()
    if word and word.casefold() not in choices:
        problems.add(position, column, shown(word), f"one of {', '.join(c for c in choices if c)}, or nothing")
    return choices.get(word.casefold()) if word else None


def check_code(problems: Problems, position: str, column: str, text: str) -> str:
    """Return the code of a product line."""
    code = check_text(problems, position, "products", text)
    if code and not _SLUG.fullmatch(code):
        problems.add(position, column, shown(code), "a code of letters a to z, digits, - and _")
    return code


def check_unique(problems: Problems, seen: dict[str, str], position: str, column: str, value: str) -> None:
    """Note a value that an earlier row has already; `seen` maps values to positions and grows."""
    if value and value in seen:
        problems.add(position, column, f"{shown(value)} a second time (first in {seen[value]})", "it once in a file")
    seen.setdefault(value, position)
