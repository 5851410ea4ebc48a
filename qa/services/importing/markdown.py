"""Markdown → records. docs/importing.md shows the layout."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qa.services.importing.columns import LIST_COLUMNS, column_of, split_list
from qa.services.importing.languages import detect_language
from qa.services.importing.problems import Problems, shown
from qa.services.importing.rows import Record

_HEADING = re.compile(r"(#{2,3}) +(.*?)[ #]*$")
_IDENTIFIED = re.compile(r"([A-Za-z0-9][\w.\-]*): +(.+)", re.ASCII)
_KEY_VALUE = re.compile(r"([A-Za-z_]+|[\u4e00-\u9fff]{2,4})[:：] *(.*)")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_BULLET = re.compile(r" {0,3}[-*+] +")

_KEYS = frozenset({"category", "products", "emergency", "status"})
_PARTS = frozenset({"question", "answer", "phrasings"})


@dataclass(frozen=True)
class _Section:
    """A heading and the lines under it, to the next heading of level 2 or 3."""

    position: str
    level: int
    title: str
    lines: tuple[str, ...]


def read_markdown(text: str, problems: Problems, default_language: str) -> tuple[Record, ...]:
    """Read one entry a `##` heading; what stands before the first one is an introduction and is left out.

    Args:
        text: The whole file.
        problems: Where faulty headings and lines are noted.
        default_language: Language of texts without any letter.
    """
    entries: list[list[_Section]] = []
    for section in _sections(text):
        if section.level == 2:
            entries.append([section])
        elif entries:
            entries[-1].append(section)
        else:
            problems.add(
                section.position, "", f"the heading {shown(section.title)}", "a '## question' heading before it"
            )
    return tuple(_record(head, rest, problems, default_language) for head, *rest in entries)


def _sections(text: str) -> Iterator[_Section]:
    start, level, title = 0, 0, ""
    lines: list[str] = []
    fence = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if mark := _FENCE.match(line):
            # Inside a code block, a line that begins with ## is no heading.
            fence = "" if fence == mark[1] else fence or mark[1]
        if not fence and (heading := _HEADING.fullmatch(line)):
            if level:
                yield _Section(f"line {start}", level, title, tuple(lines))
            start, level, title, lines = number, len(heading[1]), heading[2], []
        else:
            lines.append(line)
    if level:
        yield _Section(f"line {start}", level, title, tuple(lines))


def _record(head: _Section, parts: Sequence[_Section], problems: Problems, default_language: str) -> Record:
    identified = _IDENTIFIED.fullmatch(head.title)
    question = identified[2] if identified else head.title
    texts = {"external_id": identified[1]} if identified else {}
    lists: dict[str, tuple[str, ...]] = {}
    body = _read_keys(head, texts, lists, problems)
    language = detect_language(question, default_language)
    texts[f"question_{language}"] = question
    if body:
        texts[f"answer_{language}"] = body
    for part in parts:
        _read_part(part, language, texts, lists, problems)
    return Record(head.position, texts, lists)


def _read_keys(head: _Section, texts: dict[str, str], lists: dict[str, tuple[str, ...]], problems: Problems) -> str:
    """Take the `key: value` lines directly under a heading; return the text behind them."""
    for number, line in enumerate(head.lines):
        pair = _KEY_VALUE.fullmatch(line)
        if not pair:
            return "\n".join(head.lines[number:]).strip()
        column = column_of(pair[1])
        if column not in _KEYS:
            known = ", ".join(sorted(_KEYS))
            problems.add(head.position, "", f"the line {shown(line)}", f"{known}, or an empty line before the answer")
        elif column in LIST_COLUMNS:
            lists |= {column: split_list(column, pair[2])} if pair[2] else {}
        else:
            texts[column] = pair[2]
    return ""


def _read_part(
    part: _Section, language: str, texts: dict[str, str], lists: dict[str, tuple[str, ...]], problems: Problems
) -> None:
    column = column_of(part.title) or ""
    name, _, named = column.partition("_")
    body = "\n".join(part.lines).strip()
    key = f"{name}_{named or language}"
    if name not in _PARTS:
        expected = "question, answer or phrasings with (zh) or (en); inside an answer begin headings with ####"
        problems.add(part.position, "", f"the heading {shown(part.title)}", expected)
    elif key in texts or key in lists:
        problems.add(part.position, "", f"{key} a second time in the entry", "it once")
    elif name == "phrasings":
        lists[key] = tuple(_BULLET.sub("", line).strip() for line in body.split("\n") if line.strip())
    else:
        texts[key] = body
