"""Class scores, nearest phrasing and n-grams of the entries that a search found, fused into a ranking."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retrieval.classes import kernel
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
    """Phrasings that a search looks at, one a row; E entries are known.

    Attributes:
        rows: (m,) int64, each once.
        groups: (m,) int64, the entry of each as a place in `entry_ids`.
        is_answer: (m,) bool, true for texts that are no question but answer one.
        cosines: (m,) float32, centred, -1 to 1.
        lexical: (m,) float32, BM25 over the query's score against itself, 0 to 1.
        entry_ids: (E,) int64, of all entries, in any order.
    """

    rows: Rows
    groups: Rows
    is_answer: Mask
    cosines: Vectors
    lexical: Vectors
    entry_ids: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ClassEvidence:
    """The class scores of one question.

    Attributes:
        groups: (C,) int64, the entries that have class scores, as places in `Candidates.entry_ids`.
        dense, textual: (C,) float32.
    """

    groups: Rows
    dense: Vectors
    textual: Vectors


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
    agreement: Vectors | None = None,
) -> list[Ranked]:
    """Rank entries by `dense class + w * textual class + w * best cosine + w * agreement in jargon`.

    An entry that was published after the fit has no class score yet; what a regression on one phrasing
    would give stands in for it.

    Args:
        candidates: The phrasings to rank, of any entries.
        classes: The question's class scores; None where there are none.
        weights: What counts how much.
        top_k: Most entries that are returned.
        agreement: (E,) float32, the share of the question's jargon terms that each entry's phrasings have, 0 to 1;
            None where it has none.

    Returns:
        Best first; equal scores in the order of entry ids, so that a ranking is reproducible.
    """
    # An entry without candidates stays at minus infinity, and so does its score.
    nearest = _maxima(candidates.cosines, candidates)
    lexical = _maxima(candidates.lexical, candidates)
    dense_class = kernel(nearest) / np.float32(1 + LEAST_PENALTY)
    textual_class = lexical / np.float32(1 + LEAST_PENALTY)
    if classes is not None:
        dense_class[classes.groups] = classes.dense
        textual_class[classes.groups] = classes.textual
    scores = dense_class + weights.textual * textual_class + weights.nearest * nearest
    if candidates.is_answer.any():
        answers = _known_by_answers(candidates)
        scores[answers] = nearest[answers] + weights.answer_lexical * lexical[answers]
    if agreement is not None:
        scores += weights.jargon * agreement
    best = _best(scores, candidates.entry_ids, top_k)
    columns = (candidates.entry_ids, _best_rows(candidates), scores, nearest, lexical, dense_class, textual_class)
    return [Ranked(*fields) for fields in zip(*(column[best].tolist() for column in columns), strict=True)]


def _best(scores: Vectors, entry_ids: npt.NDArray[np.int64], top_k: int) -> Rows:
    """Return the places of the highest scores above minus infinity, best first, equal ones by their entry's id."""
    found = np.flatnonzero(scores > -np.inf)
    return found[np.lexsort((entry_ids[found], -scores[found]))[:top_k]]


def _known_by_answers(candidates: Candidates) -> Rows:
    """Return the places of the entries all of whose candidates are answers."""
    is_answer = np.zeros(len(candidates.entry_ids), np.bool_)
    is_answer[candidates.groups] = True
    is_answer[candidates.groups[~candidates.is_answer]] = False
    return np.flatnonzero(is_answer)


def _maxima(values: Vectors, candidates: Candidates) -> Vectors:
    maxima = np.full(len(candidates.entry_ids), -np.inf, np.float32)
    np.maximum.at(maxima, candidates.groups, values)
    return maxima


def _best_rows(candidates: Candidates) -> Rows:
    """Return the row of each entry's nearest phrasing, (E,) int64; the first of equals; 0 without candidates."""
    nearness = candidates.cosines + np.float32(0.5) * candidates.lexical
    worst_first = np.lexsort((-candidates.rows, nearness))
    best = np.zeros(len(candidates.entry_ids), np.int64)
    best[candidates.groups[worst_first]] = candidates.rows[worst_first]
    return best
