"""The database as rows: what is published, and what people have reviewed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qa.models import Entry, KnowledgeBase, ReviewItem
from qa.privacy import without_placeholders
from qa.services.snapshots.rows import Row, Source, Split
from qa.services.snapshots.splitting import split_rows

if TYPE_CHECKING:
    from nlp.lexicon import LexiconTerm

Terms = dict[str, "tuple[LexiconTerm, ...]"]
"""Knowledge base → its approved terms as editors wrote them."""


@dataclass(frozen=True)
class Dataset:
    """All that a training depends on but its hyper-parameters and the pretrained weights."""

    rows: tuple[Row, ...]
    terms: Terms


def read_dataset() -> Dataset:
    """Read every published phrasing and every reviewed utterance, split them, and read the lexicons."""
    from qa.engine.building import read_documents, read_terms  # FAISS: only where a snapshot is made
    from qa.engine.calibrating import held_out_rows

    documents = read_documents(Entry.objects.published().values_list("pk", flat=True))
    held_out = frozenset(documents[place].phrasing_id for place in held_out_rows(documents).tolist())
    entries = {e.pk: e for e in Entry.objects.published().select_related("knowledge_base")}
    rows: dict[str, Row] = {}
    place_of: dict[tuple[int, str], str] = {}
    for document in documents:
        if text := without_placeholders(document.text):
            row = _phrasing_row(entries[document.entry_id], document.phrasing_id, text, document.language)
            rows[row.row] = row
            place_of.setdefault((document.entry_id, text), row.row)
    for item in _labelled():
        row = _review_row(item)
        if not row.text or (item.entry is not None and item.entry.status != Entry.Status.PUBLISHED):
            continue  # nothing can be answered with what is no longer published
        known = f"phrasing-{item.phrasing_id}" if f"phrasing-{item.phrasing_id}" in rows else ""
        known = known or place_of.get((row.entry_id or 0, row.text), "")
        rows[known or row.row] = _joined(rows[known], row) if known else row
    terms: Terms = {base.slug: tuple(read_terms(base.pk)) for base in KnowledgeBase.objects.order_by("slug")}
    return Dataset(tuple(split_rows(list(rows.values()), held_out)), terms)


def _phrasing_row(entry: Entry, phrasing_id: int, text: str, language: str) -> Row:
    return Row(
        row=f"phrasing-{phrasing_id}",
        source=Source.OUT_OF_SCOPE if entry.is_out_of_scope else Source.PHRASING,
        split=Split.TRAIN,
        left_out="",
        text=text,
        language=language,
        knowledge_base=entry.knowledge_base.slug,
        entry=entry.external_id,
        entry_id=entry.pk,
        phrasing_id=phrasing_id,
        review_item_id=None,
    )


def _labelled() -> Iterable[ReviewItem]:
    items = ReviewItem.objects.labelled().select_related("entry", "knowledge_base").order_by("pk")
    return items.prefetch_related("occurrences", "judgements")


def _review_row(item: ReviewItem) -> Row:
    from nlp.text import normalise  # OpenCC: only where a snapshot is made

    entry = item.entry
    judgements = sorted(_deciding(item))
    return Row(
        row=f"review-{item.pk}",
        source=Source.REVIEWED if entry and not entry.is_out_of_scope else Source.OUT_OF_SCOPE,
        split=Split.TRAIN,
        left_out="",
        text=normalise(without_placeholders(item.text)),
        language=item.language,
        knowledge_base=item.knowledge_base.slug,
        entry=entry.external_id if entry else "",
        entry_id=entry.pk if entry else None,
        phrasing_id=None,
        review_item_id=item.pk,
        judgement_ids=tuple(pk for pk, _by in judgements),
        reviewer_ids=tuple(sorted({by for _pk, by in judgements if by is not None})),
        conversations=tuple(
            dict.fromkeys(o.conversation_digest for o in sorted(item.occurrences.all(), key=lambda o: o.pk))
        ),
    )


def _deciding(item: ReviewItem) -> Iterator[tuple[int, int | None]]:
    """Yield the standing judgements that say what the item's label says, with whose they are."""
    for judgement in item.judgements.all():
        if judgement.undone_at is None and (judgement.label, judgement.entry_id) == (item.label, item.entry_id):
            yield judgement.pk, judgement.by_id


def _joined(phrasing: Row, review: Row) -> Row:
    """Give a phrasing the lineage of the review that says the same."""
    return replace(
        phrasing,
        review_item_id=phrasing.review_item_id or review.review_item_id,
        judgement_ids=(*phrasing.judgement_ids, *review.judgement_ids),
        reviewer_ids=tuple(sorted({*phrasing.reviewer_ids, *review.reviewer_ids})),
        conversations=tuple(dict.fromkeys((*phrasing.conversations, *review.conversations))),
    )
