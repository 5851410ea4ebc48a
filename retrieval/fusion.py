"""Class scores, nearest phrasing and n-grams of the entries that a search found, fused into a ranking."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import NamedTuple

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
    `posterior` is what P(entry) counts, of the logistic regression (`docs/decisions/0020-posterior.md`).
    One setting for every knowledge base, measured in `docs/decisions/0006-class-scores.md`; others
    are for ablations. An entry that is known by an answer alone has no phrasings to learn a class from:
    its score is its best cosine plus `answer_lexical` times its best BM25.

    Two parts are the same for all entries of a question and rank nothing; they tell whether it has an answer at all:
    `density` times the mean cosine of the nearest phrasings, and, taken away, `outside` times the score of the
    nearest topic that is to be declined (`docs/decisions/0012-evidence.md`).
    """

    textual: float = 0.3
    posterior: float = 0.2
    nearest: float = 0.3
    jargon: float = 0.2
    answer_lexical: float = 0.7
    density: float = 0.6
    outside: float = 0.5


DEFAULT_WEIGHTS = ScoreWeights()
NUM_DENSITY = 10
"""Nearest phrasings whose mean cosine is the density."""


@dataclass(frozen=True, slots=True)
class Roll:
    """The phrasings and entries of a knowledge base, as far as ranking needs to know them.

    Attributes:
        groups: (n,) int64, each phrasing's entry as a place in `entry_ids`.
        is_answer: (n,) bool, true for texts that are no question but answer one.
        entry_ids: (E,) int64, in any order.
        fitted: (E,) int64, each entry's place among those that have class scores; -1 where it has none.
        is_outside: (E,) bool, true for topics that are to be declined.
    """

    groups: Rows
    is_answer: Mask
    entry_ids: npt.NDArray[np.int64]
    fitted: Rows
    is_outside: Mask


@dataclass(frozen=True, slots=True)
class Candidates:
    """Phrasings that searches look at, one a row; those of several questions.

    Attributes:
        questions: (m,) int64, ascending: which question each is a candidate of.
        rows: (m,) int64, the phrasing; ascending and each once within a question.
        cosines: (m,) float32, centred, -1 to 1.
        lexical: (m,) float32, BM25 over the question's score against itself, 0 to 1.
    """

    questions: Rows
    rows: Rows
    cosines: Vectors
    lexical: Vectors


class ClassEvidence(NamedTuple):
    """The class scores of Q questions: dense, textual, and P(entry); (Q, C) float32."""

    dense: Vectors
    textual: Vectors
    posterior: Vectors


class Ranked(NamedTuple):
    """One entry in the fused ranking; the fields are those of `Hit`, `row` is its best phrasing's."""

    entry_id: int
    row: int
    score: float
    dense: float
    lexical: float
    dense_class: float
    textual_class: float
    density: float


def fuse(
    candidates: Candidates,
    roll: Roll,
    num_questions: int,
    *,
    classes: ClassEvidence | None = None,
    agreement: Vectors | None = None,
    weights: ScoreWeights = DEFAULT_WEIGHTS,
    top_k: int = 10,
) -> list[list[Ranked]]:
    """Rank entries by `dense class + w * textual class + w * posterior + w * best cosine + w * agreement in jargon`.

    An entry that was published after the fit has no class score yet; what a regression on one phrasing would give
    stands in for it, but for P(entry) where all entries have the same. All questions are ranked at once: numpy's calls
    cost more than their sums.

    Args:
        candidates: The phrasings to rank, of any entries.
        roll: What they are.
        num_questions: Number of questions, Q; some may have no candidates.
        classes: Their class scores; None where there are none.
        agreement: (Q, E) float32, the share of a question's jargon terms that an entry's phrasings have, 0 to 1;
            None where no question has any.
        weights: What counts how much.
        top_k: Most entries of a question that are returned.

    Returns:
        The ranking of each question, best first; equal scores in the order of entry ids, so that it is reproducible.
    """
    shape = num_questions, len(roll.entry_ids)
    slots = candidates.questions * shape[1] + roll.groups[candidates.rows]
    best_cosines = _maxima(candidates.cosines, slots, shape)
    found = np.flatnonzero(best_cosines > -np.inf)
    questions, groups = np.divmod(found, shape[1])
    nearest, lexical = best_cosines[found], _maxima(candidates.lexical, slots, shape)[found]
    dense_class, textual_class, posterior = _class_scores(classes, questions, roll.fitted[groups], nearest, lexical)
    scores = dense_class + weights.textual * textual_class + weights.posterior * posterior + weights.nearest * nearest
    is_answer = roll.is_answer[candidates.rows]
    if is_answer.any():
        answers = ~np.isin(found, slots[~is_answer])
        scores[answers] = (nearest + weights.answer_lexical * lexical)[answers]
    if agreement is not None:
        scores += weights.jargon * agreement.ravel()[found]
    densities = _densities(candidates, num_questions)
    shift = weights.density * densities
    is_outside = roll.is_outside[groups]
    if is_outside.any():
        shift -= weights.outside * _highest_of(questions[is_outside], scores[is_outside], num_questions)
        inside = np.flatnonzero(~is_outside)
        found, questions, groups, scores = found[inside], questions[inside], groups[inside], scores[inside]
        nearest, lexical, dense_class, textual_class = (
            part[inside] for part in (nearest, lexical, dense_class, textual_class)
        )
    scores = scores + shift[questions]
    ids, rows = roll.entry_ids[groups], _best_rows(candidates, slots, shape)[found]
    order = np.lexsort((ids, -scores, questions))
    ends = np.searchsorted(questions, np.arange(num_questions + 1)).tolist()
    best = np.concatenate([order[start : min(start + top_k, end)] for start, end in pairwise(ends)])
    columns = np.array([scores, nearest, lexical, dense_class, textual_class, densities[questions]])[:, best]
    ranked = list(map(Ranked, ids[best].tolist(), rows[best].tolist(), *columns.tolist()))
    return _split(ranked, [min(end - start, top_k) for start, end in pairwise(ends)])


def _densities(candidates: Candidates, num_questions: int) -> Vectors:
    """Return the mean cosine of each question's nearest candidates (Q,) float32; 0 without any."""
    ends = np.searchsorted(candidates.questions, np.arange(num_questions + 1)).tolist()
    return np.array([density_of(candidates.cosines[start:end]) for start, end in pairwise(ends)], np.float32)


def density_of(cosines: Vectors) -> float:
    """Return the mean of the NUM_DENSITY highest cosines (m,), of all where there are fewer; 0 of none."""
    if not len(cosines):
        return 0.0
    if len(cosines) > NUM_DENSITY:
        cosines = np.partition(cosines, -NUM_DENSITY)[-NUM_DENSITY:]
    return float(cosines.mean())


def _highest_of(questions: Rows, scores: Vectors, num_questions: int) -> Vectors:
    """Return the highest score of each question (Q,) float32, 0 where there is none above."""
    highest = np.zeros(num_questions, np.float32)
    np.maximum.at(highest, questions, scores)
    return highest


def _class_scores(
    classes: ClassEvidence | None, questions: Rows, fitted: Rows, nearest: Vectors, lexical: Vectors
) -> tuple[Vectors, Vectors, Vectors]:
    """Return the dense and textual class score and P(entry) of entries that were found, or what stands in for them."""
    known = fitted >= 0
    if classes is not None and known.all():
        dense, textual, posterior = (scores[questions, fitted] for scores in classes)
        return dense, textual, posterior
    dense, textual = kernel(nearest) / np.float32(1 + LEAST_PENALTY), lexical / np.float32(1 + LEAST_PENALTY)
    posterior = dense.copy()
    if classes is None:
        return dense, textual, posterior
    # A regression that had nothing to learn from finds all entries as likely: the new one is no likelier than they.
    least, most = classes.posterior.min(axis=1)[questions], classes.posterior.max(axis=1)[questions]
    np.copyto(posterior, most, where=least == most)
    for stand_in, scores in zip((dense, textual, posterior), classes, strict=True):
        stand_in[known] = scores[questions[known], fitted[known]]
    return dense, textual, posterior


def _maxima(values: Vectors, slots: Rows, shape: tuple[int, int]) -> Vectors:
    """Return the highest value in each slot, flat; minus infinity where there is none."""
    maxima = np.full(shape[0] * shape[1], -np.inf, np.float32)
    np.maximum.at(maxima, slots, values)
    return maxima


def _best_rows(candidates: Candidates, slots: Rows, shape: tuple[int, int]) -> Rows:
    """Return the row of the nearest phrasing in each slot, flat; the first of equals."""
    nearness = candidates.cosines + np.float32(0.5) * candidates.lexical
    last_first = np.flatnonzero(nearness == _maxima(nearness, slots, shape)[slots])[::-1]
    best = np.zeros(shape[0] * shape[1], np.int64)
    best[slots[last_first]] = candidates.rows[last_first]
    return best


def _split(ranked: list[Ranked], lengths: Iterable[int]) -> list[list[Ranked]]:
    remaining = iter(ranked)
    return [list(islice(remaining, length)) for length in lengths]
