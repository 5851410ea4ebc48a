"""Class scores: how much a question is of an entry, as a whole and not only of its nearest phrasing."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from retrieval.logistic import LogisticRegression
from retrieval.ngrams import NgramIndex
from retrieval.ridge import Rows, penalty_for, solve_ridge
from retrieval.table import Ids
from retrieval.vectors import Vectors, products

SHARPNESS = 4.0
"""Kernel exp(SHARPNESS * (cosine - 1)) between vectors (`docs/decisions/0006-class-scores.md`)."""
MAX_PHRASINGS = 12_000
"""More are sampled, evenly by entry: the exact fit takes their number cubed (20 s at this limit)."""
MAX_WEIGHTS = 2**25
"""Most weights (grams × entries) that are kept multiplied out; above, they are summed for every question."""


def kernel(cosines: Vectors, *, out: Vectors | None = None) -> Vectors:
    """Return exp(SHARPNESS * (cosine - 1)), 0 to 1, of any shape.

    Args:
        out: Where to; may be `cosines`, which are not needed any more then.
    """
    values: Vectors = np.subtract(cosines, np.float32(1), out=out)
    values *= np.float32(SHARPNESS)
    return np.exp(values, out=values)


@dataclass(frozen=True, slots=True)
class Coefficients:
    """What a fit found, and what is kept of it on disk.

    Attributes:
        rows: (m,) int64, the phrasings that it was fitted on, ascending.
        dense, textual: (m, C) float32, of the two ridge regressions; entries in ascending order of their ids.
        logistic: The logistic regression.
    """

    rows: Rows
    dense: Vectors
    textual: Vectors
    logistic: LogisticRegression

    def suit(self, rows: Rows, num_entries: int, dim: int) -> bool:
        """Tell whether they can be of a fit to these rows of a knowledge base."""
        shape = (len(rows), num_entries)
        have_shape = self.dense.shape == shape and self.textual.shape == shape
        return np.array_equal(self.rows, rows) and have_shape and self.logistic.suits(dim, num_entries)


@dataclass(frozen=True, slots=True)
class ClassScores:
    """One ridge regression an entry on the phrasings' vectors, one on their n-grams, and a logistic one on the vectors.

    Attributes:
        entry_ids: (C,) int64, ascending.
        groups: (m,) int64, the entry of each phrasing as its place in `entry_ids`.
        vectors: (m, dim) float32, centred.
        ngrams: The n-grams of the same phrasings.
        coefficients: Of the regressions.
        by_entry: (C, m) float32, the dense coefficients, row by row in memory.
        gram_weights: (grams, C) float32, the textual coefficients multiplied out; None where that is too large.
    """

    entry_ids: Ids
    groups: Rows
    vectors: Vectors
    ngrams: NgramIndex
    coefficients: Coefficients
    by_entry: Vectors
    gram_weights: Vectors | None

    @classmethod
    def fit(
        cls,
        entry_ids: Ids,
        vectors: Vectors,
        texts: Sequence[str],
        tokens: Sequence[Sequence[str]],
        coefficients: Coefficients | None = None,
    ) -> "ClassScores":
        """Fit to a knowledge base.

        Args:
            entry_ids: (n,) int64, of each phrasing; n is 1 or more.
            vectors: (n, dim) float32, centred unit vectors.
            texts: Normalised phrasings.
            tokens: Their words.
            coefficients: Of an earlier fit to the same, which is then not done again; those of other
                rows or of another number of entries are ignored.
        """
        rows = _sample(entry_ids, MAX_PHRASINGS)
        known, groups = np.unique(entry_ids[rows], return_inverse=True)
        chosen = vectors[rows] if len(rows) < len(vectors) else vectors
        ngrams = NgramIndex([texts[row] for row in rows], [tokens[row] for row in rows])
        if coefficients is None or not coefficients.suit(rows, len(known), vectors.shape[1]):
            penalty = penalty_for(groups)
            cosines = chosen @ chosen.T
            dense = solve_ridge(kernel(cosines, out=cosines), groups, penalty)
            del cosines  # overwritten; 0.6 GB of the largest fit
            textual = solve_ridge(ngrams.gram_matrix(), groups, penalty)
            coefficients = Coefficients(rows, dense, textual, LogisticRegression.fit(chosen, groups))
        is_small = ngrams.matrix.shape[1] * len(known) <= MAX_WEIGHTS
        gram_weights = np.asarray(ngrams.matrix.T @ coefficients.textual, np.float32) if is_small else None
        by_entry = np.ascontiguousarray(coefficients.dense.T)  # as they are, when they come from a fit
        return cls(known, groups, chosen, ngrams, coefficients, by_entry, gram_weights)

    def of_vector(self, query: Vectors) -> Vectors:
        """Return the dense class scores (C,) float32 of a centred unit vector (dim,), about 0 to 1."""
        scores: Vectors = self.of_vectors(query[None, :])[0]
        return scores

    def of_vectors(self, queries: Vectors) -> Vectors:
        """Return the dense class scores (q, C) float32 of centred unit vectors (q, dim)."""
        return self._of_cosines(products(self.vectors, queries))

    def of_all_cosines(self, cosines: Vectors) -> Vectors:
        """Return the dense class scores (q, C) float32 of questions by their cosines (q, n) with all phrasings."""
        rows = self.coefficients.rows
        return self._of_cosines(cosines if len(rows) == cosines.shape[1] else cosines[:, rows])

    def _of_cosines(self, cosines: Vectors) -> Vectors:
        return products(self.by_entry, kernel(cosines))

    def posteriors(self, queries: Vectors) -> Vectors:
        """Return P(entry) (q, C) float32 of centred unit vectors (q, dim), as if each were of one of the entries."""
        return self.coefficients.logistic.posteriors(queries)

    def of_text(self, text: str, tokens: Sequence[str]) -> Vectors:
        """Return the textual class scores (C,) float32 of a normalised question, about 0 to 1."""
        scores: Vectors = self.of_texts([text], [tokens])[0]
        return scores

    def of_texts(self, texts: Sequence[str], tokens: Sequence[Sequence[str]]) -> Vectors:
        """Return the textual class scores (q, C) float32 of normalised questions."""
        if self.gram_weights is None:
            cosines = np.array([self.ngrams.cosines(*pair) for pair in zip(texts, tokens, strict=True)])
            summed: Vectors = cosines @ self.coefficients.textual
            return summed
        columns, weights, ends = self.ngrams.weigh(texts, tokens)
        runs = [slice(*run) for run in pairwise(ends.tolist())]
        return np.array([weights[run] @ self.gram_weights[columns[run]] for run in runs], np.float32)


def _sample(entry_ids: Ids, most: int) -> Rows:
    """Return rows, ascending: all, or `most` of them with the entries as even as they can be."""
    if len(entry_ids) <= most:
        return np.arange(len(entry_ids))
    shuffled = np.random.default_rng(0).permutation(len(entry_ids))
    # The i-th phrasing of every entry comes before the i + 1-th of any.
    by_entry = np.argsort(entry_ids[shuffled], kind="stable")
    _, starts, counts = np.unique(entry_ids[shuffled][by_entry], return_index=True, return_counts=True)
    turns = np.arange(len(entry_ids)) - np.repeat(starts, counts)
    return np.sort(shuffled[by_entry[np.argsort(turns, kind="stable")[:most]]])
