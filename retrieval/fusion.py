"""Class scores, nearest phrasing and n-grams of the entries that a search found, fused into a ranking."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retrieval.classes import ClassScores, kernel
from retrieval.index import Mask, Rows
from retrieval.ridge import LEAST_PENALTY
from retrieval.vectors import Vectors

NUM_NEIGHBOURS = 64
"""Nearest phrasings, dense and lexical each, that a search looks at (`docs/decisions/0003-fusion.md`)."""


@dataclass(frozen=True, slots=True)
class ScoreWeights:
    """What counts how much beside the dense class score, which counts 1.

    `jargon` is what an entry gets that knows all of the question's terms of the lexicon, less for a part of them.
    One setting for every knowledge base, measured in `docs/decisions/0006-class-scores.md`; others
    are for ablations. An entry that is known by an answer alone has no phrasings to learn a class from:
    its score is its best cosine plus `answer_lexical` times its best BM25.
    """

    textual: float = 0.3
    nearest: float = 0.3
    jargon: float = 0.2
    answer_lexical: float = 0.7


DEFAULT_WEIGHTS = ScoreWeights()


@dataclass(frozen=True, slots=True)
class Candidates:
    """Phrasings that a search looks at, one a row.

    Attributes:
        rows: (m,) int64, each once.
        entry_ids: (m,) int64.
        is_new: (m,) bool, true for phrasings that were published after the class scores were fitted.
        is_answer: (m,) bool, true for texts that are no question but answer one.
        cosines: (m,) float32, centred, -1 to 1.
        lexical: (m,) float32, BM25 over the query's score against itself, 0 to 1.
    """

    rows: Rows
    entry_ids: npt.NDArray[np.int64]
    is_new: Mask
    is_answer: Mask
    cosines: Vectors
    lexical: Vectors


@dataclass(frozen=True, slots=True)
class ClassEvidence:
    """The class scores of one question.

    Attributes:
        entry_ids: (C,) int64, ascending.
        dense, textual: (C,) float32.
    """

    entry_ids: npt.NDArray[np.int64]
    dense: Vectors
    textual: Vectors

    @classmethod
    def of(cls, classes: ClassScores, query: Vectors, text: str, tokens: tuple[str, ...]) -> "ClassEvidence":
        """Ask the regressions about a centred unit vector and a normalised text."""
        return cls(classes.entry_ids, classes.of_vector(query), classes.of_text(text, tokens))


@dataclass(frozen=True, slots=True)
class Ranked:
    """One entry in the fused ranking; the fields are those of `Hit`, `row` is its best phrasing's."""

    entry_id: int
    row: int
    score: float
    dense: float
    lexical: float
    dense_class: float
    textual_class: float


def fuse(
    candidates: Candidates,
    classes: ClassEvidence | None,
    weights: ScoreWeights,
    top_k: int,
    agreement: Callable[[int], float] | None = None,
) -> list[Ranked]:
    """Rank entries by `dense class + w * textual class + w * best cosine + w * agreement in jargon`.

    An entry that was published after the fit has no class score yet; what a regression on one phrasing
    would give stands in for it.

    Args:
        candidates: The phrasings to rank, of any entries.
        classes: The question's class scores; None where there are none.
        weights: What counts how much.
        top_k: Most entries that are returned.
        agreement: Entry → share of the question's jargon terms that its phrasings have, 0 to 1; None where it has none.

    Returns:
        Best first; equal scores in the order of entry ids, so that a ranking is reproducible.
    """
    if not len(candidates.rows):
        return []
    entry_ids, groups = np.unique(candidates.entry_ids, return_inverse=True)
    nearest = _maxima(candidates.cosines, groups, len(entry_ids))
    lexical = _maxima(candidates.lexical, groups, len(entry_ids))
    dense_class = kernel(nearest) / np.float32(1 + LEAST_PENALTY)
    textual_class = lexical / np.float32(1 + LEAST_PENALTY)
    if classes is not None:
        is_new = np.zeros(len(entry_ids), np.bool_)
        is_new[groups[candidates.is_new]] = True
        places = np.minimum(np.searchsorted(classes.entry_ids, entry_ids), len(classes.entry_ids) - 1)
        fitted = ~is_new & (classes.entry_ids[places] == entry_ids)
        dense_class[fitted] = classes.dense[places[fitted]]
        textual_class[fitted] = classes.textual[places[fitted]]
    scores = dense_class + weights.textual * textual_class + weights.nearest * nearest
    is_answer = np.ones(len(entry_ids), np.bool_)
    is_answer[groups[~candidates.is_answer]] = False
    scores = np.where(is_answer, nearest + weights.answer_lexical * lexical, scores)
    if agreement is not None:
        scores = scores + weights.jargon * np.array([agreement(entry_id) for entry_id in entry_ids.tolist()])
    best_rows = _best_rows(candidates, groups, len(entry_ids))
    return [
        Ranked(
            entry_id=int(entry_ids[i]),
            row=int(best_rows[i]),
            score=float(scores[i]),
            dense=float(nearest[i]),
            lexical=float(lexical[i]),
            dense_class=float(dense_class[i]),
            textual_class=float(textual_class[i]),
        )
        for i in np.lexsort((entry_ids, -scores))[:top_k]
    ]


def _maxima(values: Vectors, groups: Rows, num_groups: int) -> Vectors:
    maxima = np.full(num_groups, -np.inf, np.float32)
    np.maximum.at(maxima, groups, values)
    return maxima


def _best_rows(candidates: Candidates, groups: Rows, num_groups: int) -> Rows:
    """Return the row of each group's nearest phrasing, (num_groups,) int64; the first of equals."""
    nearness = candidates.cosines + np.float32(0.5) * candidates.lexical
    worst_first = np.lexsort((-candidates.rows, nearness))
    best = np.zeros(num_groups, np.int64)
    best[groups[worst_first]] = candidates.rows[worst_first]
    return best
