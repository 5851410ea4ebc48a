"""Records → checked entry rows."""

import hashlib
import unicodedata
from collections.abc import Sequence

from qa.models.knowledge import LANGUAGE_CODES
from qa.services.importing.checks import (
    FLAGS,
    STATUSES,
    check_choice,
    check_code,
    check_optional,
    check_text,
    check_unique,
)
from qa.services.importing.problems import Problems, shown
from qa.services.importing.rows import EntryRow, Record, Wording

NUM_HASH_DIGITS = 16
"""64 bits: among a million questions two share an id with a chance of 3 in 10^8."""


def check_entries(records: Sequence[Record], problems: Problems) -> tuple[EntryRow, ...]:
    """Check every record; all problems are noted, none raised."""
    rows = tuple(_check_entry(record, problems) for record in records)
    seen: dict[str, str] = {}
    for row in rows:
        check_unique(problems, seen, row.position, "external_id", row.external_id)
    return rows


def shared_phrasing_warnings(rows: Sequence[EntryRow]) -> tuple[str, ...]:
    """Tell which questions and phrasings stand in two entries of a file: nobody can answer those right."""
    owners: dict[str, dict[str, str]] = {}
    for row in rows:
        for wording in row.wordings:
            for text in (*(wording.phrasings or ()), *((wording.question,) if wording.question else ())):
                owners.setdefault(_folded(text), {}).setdefault(row.external_id, text)
    return tuple(
        f"{shown(next(iter(of_text.values())))} is said of {len(of_text)} entries: "
        f"{', '.join(of_text)}. Keep it in one."
        for of_text in owners.values()
        if len(of_text) > 1
    )


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _check_entry(record: Record, problems: Problems) -> EntryRow:
    position, texts = record.position, record.texts
    checked = [_check_wording(record, language, problems) for language in LANGUAGE_CODES]
    wordings = tuple(wording for wording, _ in checked if wording is not None)
    products = record.lists.get("products")
    return EntryRow(
        position=position,
        external_id=_external_id(record, wordings, problems),
        category=check_optional(problems, position, texts, "category"),
        products=None
        if products is None
        else tuple(dict.fromkeys(check_code(problems, position, "products", code) for code in products)),
        is_emergency=check_choice(problems, position, texts, "emergency", FLAGS),
        status=check_choice(problems, position, texts, "status", STATUSES),
        wordings=wordings,
        num_duplicates=sum(num_duplicates for _, num_duplicates in checked),
    )


def _check_wording(record: Record, language: str, problems: Problems) -> tuple[Wording | None, int]:
    """Return an entry in one language (None: the file has nothing on it) and its number of duplicates."""
    column = f"phrasings_{language}"
    question = check_optional(problems, record.position, record.texts, f"question_{language}")
    answer = check_optional(problems, record.position, record.texts, f"answer_{language}")
    phrasings: tuple[str, ...] | None = None
    num_duplicates = 0
    if (listed := record.lists.get(column)) is not None:
        texts = [check_text(problems, record.position, column, text) for text in listed]
        phrasings = tuple(dict.fromkeys(text for text in texts if text and text != question))
        num_duplicates = sum(map(bool, texts)) - len(phrasings)
    if question is None and answer is None and phrasings is None:
        return None, 0
    return Wording(language, question, answer, phrasings), num_duplicates


def _external_id(record: Record, wordings: Sequence[Wording], problems: Problems) -> str:
    """Return the given id, or one made of the first question: the same question, the same id."""
    if "external_id" in record.texts:
        external_id = check_text(problems, record.position, "external_id", record.texts["external_id"])
        if not record.texts["external_id"].strip():
            problems.add(record.position, "external_id", "nothing", "a name that is this entry's alone")
        return external_id
    question = next((wording.question for wording in wordings if wording.question), None)
    if question is None:
        problems.add(record.position, "", "neither external_id nor question", "one of them, to know the entry by")
        return ""
    return f"q-{hashlib.sha256(_folded(question).encode()).hexdigest()[:NUM_HASH_DIGITS]}"
