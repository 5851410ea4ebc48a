"""A question's vector beside those of a snapshot: which are near, and how near any of them is."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from retrieval.index import Mask, Rows, VectorIndex
from retrieval.vectors import Vectors

LONG = 16
"""Scores for each one that is wanted, from which they are thinned out first: in half of the time (20 of 3,600)."""


class Comparison(Protocol):
    """One query beside the vectors of an index."""

    def nearest(self, num_neighbours: int, mask: Mask | None) -> Rows:
        """Return the nearest rows (m,) int64, in any order, that a mask (n,) lets through; None lets all through."""

    def of(self, rows: Rows) -> Vectors:
        """Return the cosines (m,) float32 with the given rows (m,) int64."""


@dataclass(frozen=True, slots=True)
class FullComparison:
    """A query that was compared with every vector: (n,) float32."""

    cosines: Vectors

    def nearest(self, num_neighbours: int, mask: Mask | None) -> Rows:
        """Return the nearest rows; see `Comparison`."""
        return highest(self.cosines, num_neighbours, None if mask is None else np.flatnonzero(mask))

    def of(self, rows: Rows) -> Vectors:
        """Return the cosines with the given rows."""
        return self.cosines[rows]


@dataclass(frozen=True, slots=True)
class GraphComparison:
    """A query (dim,) float32 that looks for its neighbours where the index leads it."""

    index: VectorIndex
    query: Vectors

    def nearest(self, num_neighbours: int, mask: Mask | None) -> Rows:
        """Return the nearest rows; see `Comparison`."""
        allowed = np.ones(len(self.index), np.bool_) if mask is None else mask
        return self.index.search(self.query, num_neighbours, allowed)[0]

    def of(self, rows: Rows) -> Vectors:
        """Return the cosines with the given rows."""
        return self.index.cosines(self.query, rows)


def highest(scores: Vectors, num_rows: int, rows: Rows | None = None) -> Rows:
    """Return the rows of the highest scores, in any order.

    Args:
        scores: (n,) float32.
        num_rows: Most rows that are returned.
        rows: (m,) int64, those that may be returned; None for all.
    """
    if rows is None and len(scores) >= LONG * num_rows:
        rows = _reaching_a_bound(scores, num_rows)
    chosen = scores if rows is None else scores[rows]
    if len(chosen) <= num_rows:
        return np.arange(len(chosen)) if rows is None else rows
    best = np.argpartition(-chosen, num_rows)[:num_rows]
    return best if rows is None else rows[best]


def _reaching_a_bound(scores: Vectors, num_rows: int) -> Rows:
    """Return the rows, at least `num_rows`, that reach a bound: what as many blocks of an array have at least once."""
    num_blocks = 4 * num_rows
    blocks = scores[: len(scores) // num_blocks * num_blocks].reshape(-1, num_blocks)
    bound = np.partition(blocks.max(axis=0), -num_rows)[-num_rows]
    return np.flatnonzero(scores >= bound)
