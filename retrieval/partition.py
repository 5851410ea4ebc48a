"""One knowledge base as it is searched: an immutable snapshot, the newest edits, and tombstones."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from retrieval.asked import Asked
from retrieval.classes import Coefficients
from retrieval.collecting import agreement_of, collect, evidence_of, roll_of
from retrieval.documents import NO_FILTER, Document, Filter, Hit, Query
from retrieval.exceptions import DocumentsInvalid
from retrieval.fusion import DEFAULT_WEIGHTS, Ranked, ScoreWeights, fuse
from retrieval.index import Mask, VectorIndex
from retrieval.lexical import LexicalAnalyzer
from retrieval.parts import Delta, Snapshot
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
        comparisons, dense = self.snapshot.compare(centred)
        asked = [
            Asked(query, self.analyzer.analyse(query.text), vector, comparison)
            for query, vector, comparison in zip(queries, centred, comparisons, strict=True)
        ]
        rankings = fuse(
            collect(asked, self.snapshot, self.alive, self.delta),
            roll_of(self.snapshot, self.delta),
            len(asked),
            classes=evidence_of(asked, self.snapshot, dense),
            agreement=agreement_of(asked, self.snapshot, self.delta),
            weights=self.weights,
            top_k=top_k,
        )
        return [self._hits(ranking, each.analysis.terms) for ranking, each in zip(rankings, asked, strict=True)]

    def _hits(self, ranking: Sequence[Ranked], terms: frozenset[str]) -> list[Hit]:
        hits = []
        for entry in ranking:
            beyond = entry.row - len(self.snapshot.table)
            part, place = (self.snapshot, entry.row) if beyond < 0 else (self.delta, beyond)
            hits.append(
                Hit(
                    entry_id=entry.entry_id,
                    phrasing_id=part.table.documents[place].phrasing_id,
                    score=entry.score,
                    dense=entry.dense,
                    lexical=entry.lexical,
                    dense_class=entry.dense_class,
                    textual_class=entry.textual_class,
                    density=entry.density,
                    num_phrasings=int(part.table.counts[part.table.groups[place]]),
                    query_terms=len(terms),
                    shared_terms=len(terms & part.entry_terms[entry.entry_id]) if terms else 0,
                )
            )
        return hits


def _check_entries(documents: Iterable[Document], replaced: set[int]) -> None:
    strangers = sorted({document.entry_id for document in documents} - replaced)
    if strangers:
        raise DocumentsInvalid(
            f"Documents of the entries {strangers} were given, only {sorted(replaced)} are replaced: "
            "name every entry whose phrasings are given."
        )
