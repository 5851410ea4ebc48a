"""What a file says, once read and checked: frozen rows that know where they stood."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qa.models import Entry, Term


@dataclass(frozen=True)
class Record:
    """One row as a reader found it: types are right, nothing else is checked yet.

    Attributes:
        position: Where it stood, in words: "row 17", "line 3", "entry 5".
        texts: Column → text; an absent or empty column leaves what the database holds.
        lists: Column → texts; an absent column leaves what the database holds.
    """

    position: str
    texts: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class FileRecords:
    """All that a reader found in a file."""

    entries: tuple[Record, ...] = ()
    products: tuple[Record, ...] = ()
    terms: tuple[Record, ...] = ()


@dataclass(frozen=True)
class Wording:
    """An entry in one language; None is what the file doesn't speak of."""

    language: str
    question: str | None = None
    answer: str | None = None
    phrasings: tuple[str, ...] | None = None


@dataclass(frozen=True)
class EntryRow:
    """One entry of the file; None is what the file doesn't speak of.

    Attributes:
        products: Codes of product lines; empty means every line.
        num_duplicates: Phrasings that were dropped because the entry has them already.
    """

    position: str
    external_id: str
    category: str | None
    products: tuple[str, ...] | None
    is_emergency: bool | None
    status: Entry.Status | None
    wordings: tuple[Wording, ...]
    num_duplicates: int


@dataclass(frozen=True)
class ProductRow:
    """One product line of the file."""

    position: str
    code: str
    name_zh: str | None
    name_en: str | None


@dataclass(frozen=True)
class TermRow:
    """One word of the trade; None is what the file doesn't speak of."""

    position: str
    text: str
    language: str | None
    kind: Term.Kind | None
    status: Term.Status | None
    aliases: tuple[str, ...] | None
    definition_zh: str | None
    definition_en: str | None


@dataclass(frozen=True)
class ParsedFile:
    """All that a file brings, checked."""

    entries: tuple[EntryRow, ...] = ()
    products: tuple[ProductRow, ...] = ()
    terms: tuple[TermRow, ...] = ()
    warnings: tuple[str, ...] = ()
