"""What goes into retrieval and what comes out of it."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Document:
    """One phrasing of one entry.

    Attributes:
        phrasing_id: The phrasing's row in the database.
        entry_id: The entry that answers it.
        language: Language of the phrasing, as the filter will name it (`zh`, `en`).
        product_ids: Products that the entry is about; empty for every product.
        text: The phrasing, normalised the way queries are.
        is_answer: Whether the text is not a question but what answers it; then shared words count more.
        is_out_of_scope: Whether the entry is no answer but a topic to be declined: it is never found, and
            counts against every entry that is.
    """

    phrasing_id: int
    entry_id: int
    language: str
    product_ids: tuple[int, ...]
    text: str
    is_answer: bool = False
    is_out_of_scope: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents a search may return; None means any.

    Attributes:
        language: Only phrasings in this language.
        product_id: Only entries about this product, and those about every product.
    """

    language: str | None = None
    product_id: int | None = None


NO_FILTER = Filter()


@dataclass(frozen=True, slots=True)
class Query:
    """What a search is about: a text, normalised like the documents, and what it may return."""

    text: str
    where: Filter = NO_FILTER


class Hit(NamedTuple):
    """One entry that was found, with the evidence for it; a tuple, because ten are made for every question.

    Attributes:
        entry_id: The entry.
        phrasing_id: Its phrasing with the best fused score.
        score: Fused score by which hits are sorted, about -0.5 to 2 (`docs/decisions/0006-class-scores.md`).
        dense: Best centred cosine of the entry's phrasings, -1 to 1.
        lexical: Best BM25 of the entry's phrasings over the query's score against itself, 0 to 1.
        dense_class: How much the question is of the entry by the vectors of all phrasings, about 0 to 1.
        textual_class: The same by their words and characters.
        density: How well the knowledge base as a whole knows such questions: mean cosine of the nearest phrasings.
        num_phrasings: Of the entry.
        query_terms: Number of different jargon terms, codes and model numbers in the query.
        shared_terms: How many of them occur in the entry's phrasings, 0 to `query_terms`.
    """

    entry_id: int
    phrasing_id: int
    score: float
    dense: float
    lexical: float
    dense_class: float
    textual_class: float
    density: float
    num_phrasings: int
    query_terms: int
    shared_terms: int

    @property
    def term_agreement(self) -> float:
        """Share of the query's terms that the entry knows, 0 to 1; 1 when the query has none."""
        return self.shared_terms / self.query_terms if self.query_terms else 1.0
