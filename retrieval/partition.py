"""One knowledge base as it is searched: an immutable snapshot, the newest edits, and tombstones."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from retrieval.classes import Coefficients
from retrieval.comparison import Comparison, compare, highest
from retrieval.documents import NO_FILTER, Document, Filter, Hit, Query
from retrieval.exceptions import DocumentsInvalid
from retrieval.fusion import DEFAULT_WEIGHTS, NUM_NEIGHBOURS, Candidates, Ranked, Roll, ScoreWeights, fuse
from retrieval.index import Mask, Rows, VectorIndex
from retrieval.lexical import Analysis, LexicalAnalyzer
from retrieval.parts import Delta, Snapshot
from retrieval.table import NO_ROWS
from retrieval.vectors import Centring, Vectors, checked_vectors

COMPACT_AT_LEAST = 256
"""Edited phrasings below which compacting isn't worth its time."""
COMPACT_SHARE = 0.1
"""Share of the snapshot that may be edited before the statistics of BM25 and the centre are renewed."""


@dataclass(frozen=True, slots=True)
class Partition:
    """A knowledge base, searchable; never changed, every edit returns a new one.

    Rows 0 to n - 1 are the snapshot's, the delta's follow. Make one with `build`.
    """

    analyzer: LexicalAnalyzer
    centring: Centring
    snapshot: Snapshot
    alive: Mask  # (n,) bool, false for the snapshot's tombstones
    delta: Delta
    weights: ScoreWeights = DEFAULT_WEIGHTS

    @classmethod
    def build(
        cls,
        documents: Sequence[Document],
        vectors: npt.ArrayLike,
        analyzer: LexicalAnalyzer,
        *,
        center: Vectors | None = None,
    ) -> "Partition":
        """Index documents.

        Args:
            documents: All phrasings of a knowledge base; may be none.
            vectors: (n, dim) float32, L2-normalised, one a document.
            analyzer: Makes tokens of documents and queries.
            center: (dim,) float32 subtracted from every vector; None for the mean of these vectors.

        Raises:
            VectorsInvalid: When the vectors don't fit the documents.
        """
        raw = checked_vectors(vectors, len(documents))
        centring = Centring.of(raw) if center is None else Centring(center)
        centred, radii = centring.apply(raw)
        return cls.restore(documents, VectorIndex.build(centred), radii, analyzer, centring)

    @classmethod
    def restore(
        cls,
        documents: Sequence[Document],
        index: VectorIndex,
        radii: Vectors,
        analyzer: LexicalAnalyzer,
        centring: Centring,
        coefficients: Coefficients | None = None,
    ) -> "Partition":
        """Put a partition together around a vector index that exists already (see `storage`)."""
        analyses = [analyzer.analyse(document.text) for document in documents]
        snapshot = Snapshot.of(documents, index, radii, analyses, coefficients)
        delta = Delta.empty(index.dim, snapshot.lexical.statistics)
        return cls(analyzer, centring, snapshot, np.ones(len(documents), np.bool_), delta)

    @property
    def dim(self) -> int:
        """Dimension of the vectors."""
        return self.snapshot.index.dim

    @property
    def delta_size(self) -> int:
        """Number of phrasings that were published since the snapshot."""
        return len(self.delta.table)

    @property
    def num_tombstones(self) -> int:
        """Number of the snapshot's phrasings that were removed or replaced since."""
        return int(np.count_nonzero(~self.alive))

    @property
    def is_compaction_due(self) -> bool:
        """Whether so much was edited that `compacted` is worth its time (half a minute at 12,000 phrasings or more)."""
        edited = self.delta_size + self.num_tombstones
        return edited >= max(COMPACT_AT_LEAST, COMPACT_SHARE * len(self.alive))

    @property
    def documents(self) -> tuple[Document, ...]:
        """Every phrasing that can be found now."""
        kept = (self.snapshot.table.documents[row] for row in np.flatnonzero(self.alive))
        return (*kept, *self.delta.table.documents)

    def vectors(self) -> Vectors:
        """Return the vectors of `documents` as they were given, (n, dim) float32."""
        snapshot = self.snapshot
        kept = self.centring.undo(snapshot.index.vectors()[self.alive], snapshot.radii[self.alive])
        return np.concatenate([kept, self.centring.undo(self.delta.vectors, self.delta.radii)])

    def replace_entries(
        self, entry_ids: Collection[int], documents: Sequence[Document], vectors: npt.ArrayLike
    ) -> "Partition":
        """Return a partition where these entries have these phrasings and no others.

        Args:
            entry_ids: Entries that were published, edited or withdrawn.
            documents: All phrasings that they have now; none for a withdrawn entry.
            vectors: (len(documents), dim) float32, L2-normalised.

        Raises:
            DocumentsInvalid: When a document is of an entry that isn't replaced.
            VectorsInvalid: When the vectors don't fit the documents or the index.
        """
        replaced = set(entry_ids)
        _check_entries(documents, replaced)
        raw = checked_vectors(vectors, len(documents), self.dim if len(documents) else None)
        if not len(self.snapshot.table) and not self.delta_size:
            # Without a snapshot there is no centre and no idf: the first edit makes one.
            return Partition.build(documents, raw.reshape(-1, self.dim), self.analyzer)
        gone = np.isin(self.snapshot.table.entry_ids, list(replaced))
        delta = self.delta.edited(
            replaced,
            documents,
            *self.centring.apply(raw.reshape(-1, self.dim)),
            [self.analyzer.analyse(document.text) for document in documents],
        )
        return replace(self, alive=self.alive & ~gone, delta=delta)

    def compacted(self) -> "Partition":
        """Return the same documents as one fresh snapshot, with centre and BM25 statistics renewed."""
        return Partition.build(self.documents, self.vectors(), self.analyzer)

    def search(self, text: str, vector: npt.ArrayLike, *, top_k: int = 10, where: Filter = NO_FILTER) -> list[Hit]:
        """Find the entries that a question is about.

        Args:
            text: The question, normalised like the documents.
            vector: (dim,) float32, L2-normalised, from the encoder of the documents.
            top_k: Most entries that are returned, 1 or more.
            where: Which documents may be returned.

        Returns:
            Hits, best first; empty when nothing may be returned.

        Raises:
            VectorsInvalid: When the vector isn't of the index's dimension, or not finite.
        """
        return self.search_many([Query(text, where)], np.asarray(vector, np.float32).reshape(1, -1), top_k=top_k)[0]

    def search_many(self, queries: Sequence[Query], vectors: npt.ArrayLike, *, top_k: int = 10) -> list[list[Hit]]:
        """Find the entries that each of several questions is about, as `search` does.

        Args:
            queries: The questions; may be none.
            vectors: (len(queries), dim) float32, L2-normalised, from the encoder of the documents.
            top_k: Most entries of each that are returned, 1 or more.

        Raises:
            VectorsInvalid: When the vectors don't fit the queries or the index, or are not finite.
        """
        if not queries:
            return []
        centred, _ = self.centring.apply(checked_vectors(vectors, len(queries), self.dim))
        comparisons = compare(self.snapshot.index, centred)
        analyses = [self.analyzer.analyse(query.text) for query in queries]
        rankings = fuse(
            self._candidates(queries, centred, comparisons, analyses),
            self._roll(),
            len(queries),
            classes=self.snapshot.class_evidence(queries, centred, comparisons, analyses),
            agreement=self._agreement(analyses),
            weights=self.weights,
            top_k=top_k,
        )
        return [self._hits(*pair) for pair in zip(rankings, analyses, strict=True)]

    def _roll(self) -> Roll:
        table, fitted, delta = self.snapshot.table, self.snapshot.fitted, self.delta.table
        if not len(delta):
            return Roll(table.groups, table.is_answer, table.entries, fitted)
        return Roll(
            np.concatenate([table.groups, delta.groups + len(table.entries)]),
            np.concatenate([table.is_answer, delta.is_answer]),
            np.concatenate([table.entries, delta.entries]),
            np.concatenate([fitted, np.full(len(delta.entries), -1)]),
        )

    def _agreement(self, analyses: Sequence[Analysis]) -> Vectors | None:
        """Return the share of each question's jargon that each entry knows, (Q, E) float32; None without jargon."""
        if not any(analysis.jargon for analysis in analyses):
            return None
        num_snapshot = len(self.snapshot.table.entries)
        shares = np.zeros((len(analyses), num_snapshot + len(self.delta.table.entries)), np.float32)
        for analysis, of_question in zip(analyses, shares, strict=True):
            for term in analysis.jargon:
                of_question[self.snapshot.speakers.get(term, NO_ROWS)] += 1 / len(analysis.jargon)
                of_question[self.delta.speakers.get(term, NO_ROWS) + num_snapshot] += 1 / len(analysis.jargon)
        return shares

    def _candidates(
        self,
        queries: Sequence[Query],
        vectors: Vectors,
        comparisons: Sequence[Comparison],
        analyses: Sequence[Analysis],
    ) -> Candidates:
        """Collect each question's nearest phrasings by vector and by BM25, and all of the delta; with both scores."""
        looked = [self._look(*parts) for parts in zip(queries, vectors, comparisons, analyses, strict=True)]
        rows, cosines, lexical = (np.concatenate(column) for column in zip(*looked, strict=True))
        questions = np.repeat(np.arange(len(queries)), [len(of_question[0]) for of_question in looked])
        return Candidates(questions, rows, cosines, lexical)

    def _look(
        self, query: Query, vector: Vectors, comparison: Comparison, analysis: Analysis
    ) -> tuple[Rows, Vectors, Vectors]:
        """Return the rows of one question's candidates, their cosines and their BM25 over its score against itself."""
        snapshot, delta = self.snapshot, self.delta
        allowed = self._allowed(query.where)
        lexical = snapshot.lexical.scores(analysis.tokens)
        best = _best_positive(lexical, allowed, NUM_NEIGHBOURS)
        rows = _union(comparison.nearest(NUM_NEIGHBOURS, allowed), best, len(lexical))
        cosines, lexical = comparison.of(rows), lexical[rows]
        if len(delta.table):
            newest = np.flatnonzero(delta.table.mask(query.where))
            rows = np.concatenate([rows, newest + len(snapshot.table)])
            cosines = np.concatenate([cosines, delta.vectors[newest] @ vector])
            lexical = np.concatenate([lexical, delta.lexical.scores(analysis.tokens)[newest]])
        self_score = np.float32(snapshot.lexical.statistics.self_score(analysis.tokens) or 1.0)
        return rows, cosines, np.minimum(lexical / self_score, np.float32(1.0))

    def _allowed(self, where: Filter) -> Mask | None:
        """Return the snapshot's rows (n,) bool that may be found; None when all may."""
        if where == NO_FILTER:
            return None if self.alive.all() else self.alive
        return self.alive & self.snapshot.table.mask(where)

    def _hits(self, ranking: Sequence[Ranked], analysis: Analysis) -> list[Hit]:
        terms = analysis.terms
        hits = []
        for entry_id, row, score, dense, lexical, dense_class, textual_class in ranking:
            beyond = row - len(self.snapshot.table)
            part, place = (self.snapshot, row) if beyond < 0 else (self.delta, beyond)
            phrasing_id = part.table.documents[place].phrasing_id
            shared = len(terms & part.entry_terms[entry_id]) if terms else 0
            evidence = (score, dense, lexical, dense_class, textual_class, len(terms), shared)
            hits.append(Hit(entry_id, phrasing_id, *evidence))
        return hits


def _best_positive(scores: Vectors, mask: Mask | None, num_rows: int) -> Rows:
    """Return the rows with the highest scores above 0 among those that a mask allows."""
    is_positive = scores > 0
    return highest(scores, num_rows, np.flatnonzero(is_positive if mask is None else is_positive & mask))


def _union(some: Rows, others: Rows, num_rows: int) -> Rows:
    """Return the rows that are in either, ascending, each once."""
    is_in = np.zeros(num_rows, np.bool_)
    is_in[some] = True
    is_in[others] = True
    return np.flatnonzero(is_in)


def _check_entries(documents: Iterable[Document], replaced: set[int]) -> None:
    strangers = sorted({document.entry_id for document in documents} - replaced)
    if strangers:
        raise DocumentsInvalid(
            f"Documents of the entries {strangers} were given, only {sorted(replaced)} are replaced: "
            "name every entry whose phrasings are given."
        )
