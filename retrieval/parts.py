"""The two halves of a partition: what was indexed once, and what was published since."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from retrieval.bm25 import DeltaLexicalIndex, LexicalIndex, Statistics
from retrieval.classes import ClassScores, Coefficients
from retrieval.comparison import Comparison, FullComparison, GraphComparison
from retrieval.documents import Document
from retrieval.index import Rows, VectorIndex
from retrieval.lexical import Analysis
from retrieval.table import NO_ROWS, DocumentTable, Mask
from retrieval.vectors import Vectors


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Documents that are indexed once and never changed; row i is the same document everywhere.

    Attributes:
        table: The documents and their columns.
        index: Their centred vectors.
        radii: (n,) float32, their distances from the centre: with them the centring can be undone.
        lexical: Their tokens under BM25.
        entry_terms: The jargon terms, codes and model numbers that each entry's phrasings hold.
        speakers: Each such term → the entries that hold it, as places in `table.entries`.
        classes: The entries' class scores; None without documents.
        fitted: (E,) int64, the place of each of `table.entries` among those with class scores; -1 where it has none.
        jargon: The lexicon's terms in each document.
    """

    table: DocumentTable
    index: VectorIndex
    radii: Vectors
    lexical: LexicalIndex
    entry_terms: dict[int, frozenset[str]]
    speakers: dict[str, Rows]
    classes: ClassScores | None
    fitted: Rows
    jargon: tuple[frozenset[str], ...]

    @classmethod
    def of(
        cls,
        documents: Sequence[Document],
        index: VectorIndex,
        radii: Vectors,
        analyses: Sequence[Analysis],
        coefficients: Coefficients | None = None,
    ) -> "Snapshot":
        """Index the tokens of documents whose vectors are indexed already, and fit their class scores.

        Args:
            documents: The documents.
            index: Their centred vectors.
            radii: (n,) float32.
            analyses: The tokens of each document.
            coefficients: Of class scores that were fitted to just these documents before.
        """
        table, tokens = DocumentTable(documents), [analysis.tokens for analysis in analyses]
        classes, fitted = None, NO_ROWS
        if documents:
            texts = [document.text for document in documents]
            classes = ClassScores.fit(table.entry_ids, index.vectors(), texts, tokens, coefficients)
            fitted = np.full(len(table.entries), -1)
            fitted[np.searchsorted(table.entries, classes.entry_ids)] = np.arange(len(classes.entry_ids))
        jargon = tuple(analysis.jargon for analysis in analyses)
        entry_terms = _entry_terms(documents, analyses)
        speakers = _speakers(table, entry_terms)
        return cls(table, index, radii, LexicalIndex(tokens), entry_terms, speakers, classes, fitted, jargon)

    @property
    def is_outside_class(self) -> Mask:
        """(C,) bool, which of the entries with class scores are topics to be declined."""
        return self.table.is_outside[self.fitted >= 0]

    def compare(self, vectors: Vectors) -> tuple[Sequence[Comparison], Vectors | None]:
        """Hold questions' vectors (m, dim) beside the documents' and the entries'.

        Returns:
            A comparison of each with the documents, and the dense class scores (m, C) float32; None without
            documents. Where the index is exhaustive, one product with its vectors serves both.
        """
        if not self.index.is_exhaustive:
            walks = [GraphComparison(self.index, vector) for vector in vectors]
            return walks, None if self.classes is None else self.classes.of_vectors(vectors)
        cosines = self.index.products(vectors)
        comparisons = [FullComparison(of_query) for of_query in cosines]
        return comparisons, None if self.classes is None else self.classes.of_all_cosines(cosines)


@dataclass(frozen=True, slots=True)
class Delta:
    """The newest documents, few enough to be compared one by one and indexed again at each edit.

    Attributes:
        table: The documents and their columns.
        vectors: (d, dim) float32, centred.
        radii: (d,) float32, distances from the centre.
        analyses: The tokens of each document.
        statistics: BM25's statistics of the snapshot.
        lexical: The tokens under BM25.
        entry_terms, speakers: As in `Snapshot`; an entry is wholly in one of the two.
    """

    table: DocumentTable
    vectors: Vectors
    radii: Vectors
    analyses: tuple[Analysis, ...]
    statistics: Statistics
    lexical: DeltaLexicalIndex
    entry_terms: dict[int, frozenset[str]]
    speakers: dict[str, Rows]

    @classmethod
    def empty(cls, dim: int, statistics: Statistics) -> "Delta":
        """Return the delta of a snapshot that nobody edited yet."""
        return cls._of((), np.zeros((0, dim), np.float32), np.zeros(0, np.float32), (), statistics)

    @classmethod
    def _of(
        cls,
        documents: tuple[Document, ...],
        vectors: Vectors,
        radii: Vectors,
        analyses: tuple[Analysis, ...],
        statistics: Statistics,
    ) -> "Delta":
        table, entry_terms = DocumentTable(documents), _entry_terms(documents, analyses)
        lexical = DeltaLexicalIndex([analysis.tokens for analysis in analyses], statistics)
        speakers = _speakers(table, entry_terms)
        return cls(table, vectors, radii, analyses, statistics, lexical, entry_terms, speakers)

    def edited(
        self,
        replaced: Set[int],
        documents: Sequence[Document],
        vectors: Vectors,
        radii: Vectors,
        analyses: Sequence[Analysis],
    ) -> "Delta":
        """Return a delta without the replaced entries' old documents and with the given ones.

        Args:
            replaced: Ids of the entries whose documents go.
            documents: Their new documents.
            vectors: (len(documents), dim) float32, centred.
            radii: (len(documents),) float32.
            analyses: The tokens of each new document.
        """
        kept = np.flatnonzero(~np.isin(self.table.entry_ids, list(replaced)))
        return Delta._of(
            (*(self.table.documents[row] for row in kept), *documents),
            np.concatenate([self.vectors[kept], vectors]),
            np.concatenate([self.radii[kept], radii]),
            (*(self.analyses[row] for row in kept), *analyses),
            self.statistics,
        )


def _entry_terms(documents: Iterable[Document], analyses: Iterable[Analysis]) -> dict[int, frozenset[str]]:
    terms: dict[int, set[str]] = {}
    for document, analysis in zip(documents, analyses, strict=True):
        terms.setdefault(document.entry_id, set()).update(analysis.terms)
    return {entry_id: frozenset(of_entry) for entry_id, of_entry in terms.items()}


def _speakers(table: DocumentTable, entry_terms: Mapping[int, Iterable[str]]) -> dict[str, Rows]:
    places: dict[str, list[int]] = {}
    for place, entry_id in enumerate(table.entries.tolist()):
        for term in entry_terms[entry_id]:
            places.setdefault(term, []).append(place)
    return {term: np.array(of_term, np.int64) for term, of_term in places.items()}
