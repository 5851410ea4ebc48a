"""Compares the file's entries with the database's; writes nothing."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from qa.benchmarking.files import OUT_OF_SCOPE
from qa.models import Answer, Entry, KnowledgeBase, Phrasing
from qa.services.importing.problems import Problems
from qa.services.importing.rows import EntryRow, Wording

T = TypeVar("T")

BATCH = 500
"""Entries a query; SQLite takes 32,766 parameters in one, and an entry has about 25 phrasings."""


@dataclass(frozen=True)
class EntryChange:
    """What makes one entry as the file wants it.

    Attributes:
        entry: With its new field values, not saved.
        answers: The answers to write; others stay.
        product_codes: The product lines to set; None leaves them.
    """

    entry: Entry
    is_new: bool
    answers: tuple[Answer, ...]
    new_phrasings: tuple[Phrasing, ...]
    stale_phrasing_ids: tuple[int, ...]
    product_codes: frozenset[str] | None


@dataclass(frozen=True)
class EntryPlan:
    """All changes of entries that a file makes."""

    changes: tuple[EntryChange, ...] = ()
    num_unchanged: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Stored:
    """An entry as the database holds it; canonical questions are no phrasings here."""

    entry: Entry
    answers: Mapping[str, Answer] = field(default_factory=dict)
    phrasings: Mapping[str, Sequence[Phrasing]] = field(default_factory=dict)
    product_codes: frozenset[str] = frozenset()


def plan_entries(rows: Sequence[EntryRow], knowledge_base: KnowledgeBase, problems: Problems) -> EntryPlan:
    """Tell what must change for the database to hold what the file says.

    Raises:
        ImportRefused: A row needs what neither it nor the database has.
    """
    changes: list[EntryChange] = []
    warnings: list[str] = []
    for batch in batched(rows):
        stored = _read_stored(batch, knowledge_base)
        for row in batch:
            of_row = stored.get(row.external_id) or _Stored(_new_entry(row, knowledge_base))
            if change := _plan_entry(row, of_row, problems, warnings):
                changes.append(change)
    problems.raise_if_any()
    return EntryPlan(tuple(changes), len(rows) - len(changes), tuple(warnings))


def batched(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces that one query takes."""
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def _new_entry(row: EntryRow, knowledge_base: KnowledgeBase) -> Entry:
    is_out_of_scope = row.external_id == OUT_OF_SCOPE
    return Entry(knowledge_base=knowledge_base, external_id=row.external_id, is_out_of_scope=is_out_of_scope)


def _read_stored(rows: Sequence[EntryRow], knowledge_base: KnowledgeBase) -> dict[str, _Stored]:
    entries = list(knowledge_base.entries.filter(external_id__in=[row.external_id for row in rows]))
    ids = [entry.pk for entry in entries]
    answers: defaultdict[int, dict[str, Answer]] = defaultdict(dict)
    for answer in Answer.objects.filter(entry__in=ids):
        answers[answer.entry_id][answer.language] = answer
    phrasings: defaultdict[int, defaultdict[str, list[Phrasing]]] = defaultdict(lambda: defaultdict(list))
    for phrasing in Phrasing.objects.filter(entry__in=ids).exclude(source=Phrasing.Source.QUESTION):
        phrasings[phrasing.entry_id][phrasing.language].append(phrasing)
    codes: defaultdict[int, set[str]] = defaultdict(set)
    for link in Entry.products.through.objects.filter(entry__in=ids).select_related("product"):
        codes[link.entry_id].add(link.product.code)
    return {e.external_id: _Stored(e, answers[e.pk], phrasings[e.pk], frozenset(codes[e.pk])) for e in entries}


def _plan_entry(row: EntryRow, stored: _Stored, problems: Problems, warnings: list[str]) -> EntryChange | None:
    is_new = stored.entry.pk is None
    answers = tuple(a for w in row.wordings if (a := _plan_answer(row, w, stored, problems)))
    answered = stored.answers.keys() | {answer.language for answer in answers}
    wanted = {
        w.language: t for w in row.wordings if (t := _wanted_phrasings(w, stored, w.language in answered)) is not None
    }
    new_phrasings, stale_ids = _compare_phrasings(wanted, stored)
    codes = None if row.products is None or frozenset(row.products) == stored.product_codes else frozenset(row.products)
    fields_changed = _set_fields(row, stored, bool(answered), warnings)
    if not (is_new or answers or new_phrasings or stale_ids or codes is not None or fields_changed):
        return None
    return EntryChange(stored.entry, is_new, answers, new_phrasings, stale_ids, codes)


def _plan_answer(row: EntryRow, wording: Wording, stored: _Stored, problems: Problems) -> Answer | None:
    """Return the answer to write; None when it is as wanted, or the entry gets none in this language."""
    before = stored.answers.get(wording.language)
    question = wording.question or (before.question if before else None)
    text = wording.answer or (before.text if before else None)
    if text and not question:
        column = f"question_{wording.language}"
        problems.add(row.position, column, "nothing beside an answer", "the question that it answers")
    if not (text and question) or (before and (before.question, before.text) == (question, text)):
        return None
    return Answer(entry=stored.entry, language=wording.language, question=question, text=text)


def _wanted_phrasings(wording: Wording, stored: _Stored, is_answered: bool) -> tuple[str, ...] | None:
    """Return all phrasings that a language shall have; None leaves them.

    A question without an answer is kept as a phrasing. With an answer it is one already, as canonical
    question, and stands in the list no longer.
    """
    before = stored.answers.get(wording.language)
    question = wording.question or (before.question if before else None)
    listed = wording.phrasings
    if listed is None:
        if wording.question is None:
            return None
        listed = tuple(phrasing.text for phrasing in stored.phrasings.get(wording.language, ()))
    if is_answered:
        return tuple(text for text in listed if text != question)
    return tuple(dict.fromkeys((*listed, *((question,) if question else ()))))


def _compare_phrasings(
    wanted: Mapping[str, Sequence[str]], stored: _Stored
) -> tuple[tuple[Phrasing, ...], tuple[int, ...]]:
    """Return phrasings to add and ids to delete; what stays keeps its row, and so its vectors."""
    new: list[Phrasing] = []
    stale_ids: list[int] = []
    for language, texts in wanted.items():
        missing = dict.fromkeys(texts)
        for phrasing in stored.phrasings.get(language, ()):
            if phrasing.text in missing:
                del missing[phrasing.text]
            else:
                stale_ids.append(phrasing.pk)
        new += [
            Phrasing(entry=stored.entry, language=language, text=text, source=Phrasing.Source.IMPORT)
            for text in missing
        ]
    return tuple(new), tuple(stale_ids)


def _set_fields(row: EntryRow, stored: _Stored, is_answered: bool, warnings: list[str]) -> bool:
    """Write the row's values on the entry; tell whether any differs from what it had."""
    entry = stored.entry
    before = (entry.category, entry.is_emergency, entry.is_out_of_scope, entry.status)
    entry.is_out_of_scope |= row.external_id == OUT_OF_SCOPE
    if row.category is not None:
        entry.category = row.category
    if row.is_emergency is not None:
        entry.is_emergency = row.is_emergency
    entry.status = _wanted_status(row, stored, is_answered, warnings)
    return (entry.category, entry.is_emergency, entry.is_out_of_scope, entry.status) != before


def _wanted_status(row: EntryRow, stored: _Stored, is_answered: bool, warnings: list[str]) -> Entry.Status:
    before = Entry.Status(stored.entry.status)
    is_new = stored.entry.pk is None
    wanted = row.status or (Entry.Status.PUBLISHED if is_new else before)
    if wanted == Entry.Status.PUBLISHED and not is_answered and not stored.entry.is_out_of_scope:
        warnings.append(f"{row.external_id} ({row.position}) has no answer and stays a draft. Give it one.")
        return Entry.Status.DRAFT
    if before == wanted == Entry.Status.DRAFT and row.status is None and is_answered and not stored.answers:
        warnings.append(f"{row.external_id} ({row.position}) now has an answer but is a draft. Publish it.")
    return wanted
