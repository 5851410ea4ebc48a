"""Dense and lexical evidence of phrasings, fused into a ranking of entries."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retrieval.index import Rows
from retrieval.vectors import Vectors

# All four measured on eight public sets: docs/decisions/0003-fusion.md.
NUM_NEIGHBOURS = 64
"""Nearest phrasings, dense and lexical each, that a search looks at."""
SHARPNESS = 8.0
"""Kernel exp(SHARPNESS * (cosine - 1)): how much nearer than others a phrasing must be to outvote them."""
LEXICAL_WEIGHT = 0.5
"""Weight of the lexical score beside the dense one."""
NUM_AGREEING = 10
"""Nearest phrasings whose agreement is counted as evidence."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Phrasings that a search looks at, one a row.

    Attributes:
        rows: (m,) int64, each once.
        entry_ids: (m,) int64.
        cosines: (m,) float32, centred, -1 to 1.
        lexical: (m,) float32, BM25 over the query's score against itself, 0 to 1.
    """

    rows: Rows
    entry_ids: npt.NDArray[np.int64]
    cosines: Vectors
    lexical: Vectors


@dataclass(frozen=True, slots=True)
class Ranked:
    """One entry in the fused ranking; the fields are those of `Hit`, `row` is its best phrasing's."""

    entry_id: int
    row: int
    score: float
    dense: float
    lexical: float
    vote: float
    agreeing: int


def fuse(candidates: Candidates, top_k: int) -> list[Ranked]:
    """Rank entries by the smooth maximum of their cosines plus their weighted best BM25.

    `score = 1 + log(sum of exp(s * (cosine - 1))) / s + w * lexical`: the cosine of an entry with one
    near phrasing, and more for one with several, since neighbours that agree are evidence.

    Args:
        candidates: The phrasings to rank, of any entries.
        top_k: Most entries that are returned.

    Returns:
        Best first; equal scores in the order of entry ids, so that a ranking is reproducible.
    """
    if not len(candidates.rows):
        return []
    entry_ids, groups = np.unique(candidates.entry_ids, return_inverse=True)
    mass = np.bincount(groups, np.exp(SHARPNESS * (candidates.cosines.astype(np.float64) - 1)))
    dense = _maxima(candidates.cosines, groups, len(entry_ids))
    lexical = _maxima(candidates.lexical, groups, len(entry_ids))
    scores = 1 + np.log(mass) / SHARPNESS + LEXICAL_WEIGHT * lexical
    nearest = np.argsort(-candidates.cosines, kind="stable")[:NUM_AGREEING]
    agreeing = np.bincount(groups[nearest], minlength=len(entry_ids))
    best_rows = _best_rows(candidates, groups, len(entry_ids))
    return [
        Ranked(
            entry_id=int(entry_ids[i]),
            row=int(best_rows[i]),
            score=float(scores[i]),
            dense=float(dense[i]),
            lexical=float(lexical[i]),
            vote=float(mass[i] / mass.sum()),
            agreeing=int(agreeing[i]),
        )
        for i in np.lexsort((entry_ids, -scores))[:top_k]
    ]


def _maxima(values: Vectors, groups: Rows, num_groups: int) -> Vectors:
    maxima = np.full(num_groups, -np.inf, np.float32)
    np.maximum.at(maxima, groups, values)
    return maxima


def _best_rows(candidates: Candidates, groups: Rows, num_groups: int) -> Rows:
    """Return the row of each group's best phrasing, (num_groups,) int64; the first of equals."""
    fused = candidates.cosines + LEXICAL_WEIGHT * candidates.lexical
    worst_first = np.lexsort((-candidates.rows, fused))
    best = np.zeros(num_groups, np.int64)
    best[groups[worst_first]] = candidates.rows[worst_first]
    return best
