"""The frozen questions of a trial: the same for candidate and live model, and nothing that either was trained on."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from nlp.text import normalise
from qa.benchmarking.files import OUT_OF_SCOPE
from qa.engine.calibrating import held_out_rows
from qa.evaluating.questions import KnownEntry, LabelledQuestion, QuestionSet
from qa.models import Entry, KnowledgeBase, MustAnswer, ReviewItem
from qa.privacy import without_placeholders
from retrieval.documents import Document

NUM_NEWEST = 200
"""Reviewed items that count as the newest."""
STRANGER_SHARE = 4
"""One entry in so many is taken out of the knowledge, and its held-out phrasings must be declined then."""


class Origin(StrEnum):
    """Where a question of a trial comes from."""

    MUST = "must"
    FILE = "file"
    REVIEWED = "reviewed"
    HELD_OUT = "held-out"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class TrialQuestion:
    """One question of a trial.

    Attributes:
        question: Text and label.
        origin: Where it comes from.
        products: Codes of the product lines that its entry is limited to.
        is_newest: Whether it is among the newest that were reviewed.
    """

    question: LabelledQuestion
    origin: Origin
    products: tuple[str, ...] = ()
    is_newest: bool = False

    @property
    def key(self) -> str:
        """Name the question without its text: a digest of origin, label and normalised text."""
        parts = (self.origin, self.question.label, normalise(self.question.text))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Docket:
    """All questions to one knowledge base, and what must not be known while some of them are asked.

    Attributes:
        whole: Asked of everything that is published: what must be answered, a file, what was reviewed.
        held_out: Asked of the knowledge without these very phrasings.
        strangers: Asked of the knowledge without their entries: out of scope, and near.
        held_out_phrasings: Primary keys of all held-out phrasings, asked or not.
        stranger_entries: Primary keys of the entries that strangers belong to.
    """

    whole: tuple[TrialQuestion, ...]
    held_out: tuple[TrialQuestion, ...]
    strangers: tuple[TrialQuestion, ...]
    held_out_phrasings: frozenset[int]
    stranger_entries: frozenset[int]

    @property
    def questions(self) -> tuple[TrialQuestion, ...]:
        """Every question, in the order in which they are asked."""
        return (*self.whole, *self.held_out, *self.strangers)

    @property
    def sha256(self) -> str:
        """Digest of all questions: the same where the same was asked."""
        return hashlib.sha256("\n".join(q.key for q in self.questions).encode()).hexdigest()


def draw_docket(
    knowledge_base: KnowledgeBase,
    documents: tuple[Document, ...],
    entries: Mapping[int, KnownEntry],
    question_set: QuestionSet | None,
    *,
    trained: Collection[str] = (),
) -> Docket:
    """Collect the questions of a trial; a text is asked once, under the first origin that has it.

    Args:
        knowledge_base: Whose.
        documents: Its published phrasings, as they are indexed.
        entries: What may be answered with.
        question_set: An operator's own, if there is one.
        trained: Normalised texts that a model on trial was trained on.
    """
    products = _products_of(knowledge_base)
    whole = list(
        _once(
            [
                *_must_answers(knowledge_base, products),
                *_of_file(question_set, products),
                *_reviewed(knowledge_base, {document.text for document in documents}.union(trained), products),
            ]
        )
    )
    left_out = sorted((documents[row] for row in held_out_rows(documents)), key=lambda d: d.phrasing_id)
    told = {normalise(q.question.text) for q in whole}
    asked = [d for d in left_out if d.text not in told and d.entry_id in entries]
    away = _stranger_entries(documents)
    held_out = _once(_of_phrasing(document, entries, products) for document in asked)
    strangers = _once(
        TrialQuestion(LabelledQuestion(OUT_OF_SCOPE, document.text), Origin.STRANGER)
        for document in asked
        if document.entry_id in away
    )
    left_out_ids = frozenset(document.phrasing_id for document in left_out)
    return Docket(tuple(whole), tuple(held_out), tuple(strangers), left_out_ids, away)


def _once(questions: Iterable[TrialQuestion]) -> Iterator[TrialQuestion]:
    seen: set[str] = set()
    for question in questions:
        text = normalise(question.question.text)
        if text and text not in seen:
            seen.add(text)
            yield question


def _products_of(knowledge_base: KnowledgeBase) -> dict[str, tuple[str, ...]]:
    entries = Entry.objects.published().filter(knowledge_base=knowledge_base).prefetch_related("products")
    return {entry.external_id: tuple(sorted(p.code for p in entry.products.all())) for entry in entries}


def _must_answers(knowledge_base: KnowledgeBase, products: Mapping[str, tuple[str, ...]]) -> Iterator[TrialQuestion]:
    published = Entry.objects.published().filter(is_out_of_scope=False)
    musts = MustAnswer.objects.filter(knowledge_base=knowledge_base, entry__in=published).select_related("entry")
    for must in musts:
        label = must.entry.external_id
        yield TrialQuestion(LabelledQuestion(label, must.text), Origin.MUST, products.get(label, ()))


def _of_file(question_set: QuestionSet | None, products: Mapping[str, tuple[str, ...]]) -> Iterator[TrialQuestion]:
    for question in question_set.questions if question_set else ():
        yield TrialQuestion(question, Origin.FILE, products.get(question.label, ()))


def _reviewed(
    knowledge_base: KnowledgeBase, known: Collection[str], products: Mapping[str, tuple[str, ...]]
) -> Iterator[TrialQuestion]:
    """Yield what was reviewed, but for what stands in the index by now or was trained on: anything would find that."""
    items = ReviewItem.objects.labelled().filter(knowledge_base=knowledge_base).select_related("entry")
    for place, item in enumerate(items.order_by("-reviewed_at", "-pk")):
        text = without_placeholders(item.text)
        if normalise(text) in known:
            continue
        label = OUT_OF_SCOPE if item.entry is None else item.entry.external_id
        if label == OUT_OF_SCOPE or label in products:
            is_newest = place < NUM_NEWEST
            yield TrialQuestion(LabelledQuestion(label, text), Origin.REVIEWED, products.get(label, ()), is_newest)


def _stranger_entries(documents: tuple[Document, ...]) -> frozenset[int]:
    inside = np.unique([d.entry_id for d in documents if not d.is_out_of_scope])
    chosen = [pk for pk in inside.tolist() if hashlib.sha256(str(pk).encode()).digest()[0] % STRANGER_SHARE == 0]
    return frozenset(chosen if len(inside) - len(chosen) >= 2 else ())


def _of_phrasing(
    document: Document, entries: Mapping[int, KnownEntry], products: Mapping[str, tuple[str, ...]]
) -> TrialQuestion:
    label = entries[document.entry_id].external_id
    return TrialQuestion(LabelledQuestion(label, document.text), Origin.HELD_OUT, products.get(label, ()))
