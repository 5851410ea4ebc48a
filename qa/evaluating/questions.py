"""Labelled questions: `label<TAB>text`, where the label is an entry's external id or `__oos__`."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qa.benchmarking.files import OUT_OF_SCOPE, read_benchmark_file
from qa.exceptions import ImportRefused
from qa.models import Entry, KnowledgeBase

_NUM_NAMED = 10
"""Unknown labels that an error names."""


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """A published entry, as far as asking needs it."""

    external_id: str
    is_emergency: bool


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """One question; `label` is its entry's external id, or `__oos__` when it must be declined."""

    label: str
    text: str

    @property
    def is_in_scope(self) -> bool:
        """Whether an entry answers it."""
        return self.label != OUT_OF_SCOPE


@dataclass(frozen=True)
class QuestionSet:
    """The questions of one file, in its order, and which file it was."""

    file_name: str
    file_sha256: str
    questions: tuple[LabelledQuestion, ...]


def known_entries(knowledge_base: KnowledgeBase) -> dict[int, KnownEntry]:
    """Read what a knowledge base may answer with, by primary key."""
    published = Entry.objects.answering().filter(knowledge_base=knowledge_base)
    return {
        pk: KnownEntry(external_id, is_emergency)
        for pk, external_id, is_emergency in published.values_list("pk", "external_id", "is_emergency")
    }


def read_questions(path: Path, entries: Mapping[int, KnownEntry]) -> QuestionSet:
    """Read labelled questions.

    Args:
        path: UTF-8 with the header `label<TAB>text`; rows without a text are left out.
        entries: What the labels may name.

    Raises:
        ImportRefused: The file can't be read, holds no question, or names an entry that is not published.
    """
    questions = tuple(LabelledQuestion(row.label, row.text) for row in read_benchmark_file(path))
    known = {entry.external_id for entry in entries.values()} | {OUT_OF_SCOPE}
    unknown = [label for label in dict.fromkeys(q.label for q in questions) if label not in known]
    if unknown:
        raise _unknown_labels(path, unknown)
    return QuestionSet(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), questions)


def _unknown_labels(path: Path, labels: list[str]) -> ImportRefused:
    first_lines: dict[str, int] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
        label, _, text = line.partition("\t")
        if text.strip():
            first_lines.setdefault(label.strip(), number)
    named = tuple(f"line {first_lines[label]}: {label}" for label in labels[:_NUM_NAMED])
    rest = f" and {len(labels) - _NUM_NAMED} more" if len(labels) > _NUM_NAMED else ""
    return ImportRefused(
        f"{path} names entries that are not published in this knowledge base: {'; '.join(named)}{rest}. "
        f"Expected the external id of a published entry, or {OUT_OF_SCOPE} for a question to be declined.",
        named,
    )
