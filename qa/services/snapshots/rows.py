"""The rows of a dataset: where each came from, what it says, and which side it is on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """What a row is."""

    PHRASING = "phrasing"
    REVIEWED = "reviewed"
    OUT_OF_SCOPE = "out_of_scope"


class Split(StrEnum):
    """Which side a row is on; what is left out is on neither."""

    TRAIN = "train"
    DEV = "dev"
    LEFT_OUT = "left_out"


class LeftOut(StrEnum):
    """Why a row is on neither side."""

    NEAR_DUPLICATE = "near_duplicate"
    CONVERSATION = "conversation"


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text with its lineage: ids and keyed digests, no names.

    Attributes:
        row: `phrasing-ID` or `review-ID`.
        source: Phrasing of an entry, reviewed utterance of an entry, or what must be declined.
        split: Train, dev or left out.
        left_out: Why; empty for the others.
        text: Normalised, without placeholders: what a model reads.
        language: `zh`, `en` or empty.
        knowledge_base: Its slug.
        entry: External id; empty where no entry answers it.
        entry_id: The same entry's row; None where no entry answers it.
        phrasing_id: The phrasing that it is.
        review_item_id: The review that it is, or that says the same as the phrasing.
        judgement_ids: The judgements that gave it its label.
        reviewer_ids: Whose they are; those who have left are not among them.
        conversations: Keyed digests of the conversations that it was asked in, the first one first.
    """

    row: str
    source: Source
    split: Split
    left_out: str
    text: str
    language: str
    knowledge_base: str
    entry: str
    entry_id: int | None
    phrasing_id: int | None
    review_item_id: int | None
    judgement_ids: tuple[int, ...] = ()
    reviewer_ids: tuple[int, ...] = ()
    conversations: tuple[str, ...] = ()


def of_split(rows: Iterable[Row], split: Split) -> list[Row]:
    """Keep the rows of one side."""
    return [row for row in rows if row.split == split]


def count(rows: Sequence[Row]) -> dict[str, dict[str, int]]:
    """Count rows by source, split, language, entry, and by why they were left out."""
    counts: dict[str, dict[str, int]] = {"source": {}, "split": {}, "language": {}, "entry": {}, "left_out": {}}
    for row in rows:
        values = (row.source, row.split, row.language or "unknown", row.entry or "none", row.left_out)
        for kind, value in zip(counts, values, strict=True):
            if value:
                counts[kind][str(value)] = counts[kind].get(str(value), 0) + 1
    return {kind: dict(sorted(found.items())) for kind, found in counts.items()}
