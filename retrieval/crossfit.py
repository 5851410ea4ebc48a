"""A knowledge base asked about its own phrasings, each as if it were not known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retrieval.classes import ClassScores, kernel
from retrieval.fusion import ScoreWeights, density_of
from retrieval.logistic import HeldOutPosteriors
from retrieval.ridge import CrossFit, Rows, penalty_for
from retrieval.vectors import Vectors

LEFT_OUT_SHARE = 0.2
"""Share of an entry's phrasings, the nearest ones, that every other question leaves out with itself.
Editors write phrasings in series; customers' are farther from all of them (`docs/decisions/0006-class-scores.md`)."""

_Asked = tuple[int, Vectors, Rows, bool]
"""A phrasing's row, its cosines (n,) with all, the rows that are left out, and whether its entry can be found."""


@dataclass(frozen=True, slots=True)
class CrossEvidence:
    """What the first entry of each question rests on, and whether it was right; n questions.

    Attributes:
        score, dense_class, textual_class, dense: (n,) float32, as in `Hit`.
        margin: (n,) float32, the score less the second entry's; the score itself where there is no second.
        density: (n,) float32, as in `Hit`.
        right: (n,) bool, the first entry is the right one.
        in_scope: (n,) bool, the right entry could be found.
        rows: (n,) int64, the phrasing that was asked.
    """

    score: Vectors
    dense_class: Vectors
    textual_class: Vectors
    dense: Vectors
    margin: Vectors
    density: Vectors
    right: npt.NDArray[np.bool_]
    in_scope: npt.NDArray[np.bool_]
    rows: Rows


def cross_evidence(
    classes: ClassScores,
    weights: ScoreWeights,
    *,
    jargon: Sequence[frozenset[str]] | None = None,
    is_outside: npt.NDArray[np.bool_] | None = None,
    asked: Rows | None = None,
    max_phrasings: int = 1_500,
    seed: int = 0,
) -> CrossEvidence:
    """Ask phrasings twice: without themselves, and without their whole entry, which nothing else answers.

    The second are near out-of-scope questions. Phrasings without siblings are only asked the second way,
    those of a knowledge base with one entry only the first.

    Args:
        classes: The class scores of a knowledge base.
        weights: Of the fused score.
        jargon: The lexicon's terms in each of the phrasings that the class scores were fitted on.
        is_outside: (C,) bool, entries that are topics to be declined: their phrasings are only asked without
            themselves, and have no answer; None for none.
        asked: (m,) int64, places in `classes.groups` of the phrasings that may be asked; None for all.
        max_phrasings: Most phrasings that are asked, chosen at random.
        seed: Of the choice.
    """
    groups = classes.groups
    posteriors = HeldOutPosteriors.of(classes.vectors, groups, seed=seed)
    sizes = np.bincount(groups)
    chosen = np.random.default_rng(seed).permutation(len(groups) if asked is None else asked)[:max_phrasings]
    speakers = _speakers(jargon or ())
    outside = np.zeros(len(classes.entry_ids), np.bool_) if is_outside is None else is_outside
    cosines = classes.vectors @ classes.vectors.T
    asked_cosines = cosines[chosen]
    questions = [
        (row, of_row, left_out, in_scope)
        for number, (row, of_row) in enumerate(zip(map(int, chosen), asked_cosines, strict=True))
        for left_out, in_scope in _questions(row, groups, of_row, outside, is_thinned=bool(number % 2))
    ]
    dense = _held_out_scores(kernel(cosines, out=cosines), groups, questions)
    del cosines
    textual = _held_out_scores(classes.ngrams.gram_matrix(), groups, questions)
    found: list[tuple[float | bool, ...]] = []
    for (row, of_row, left_out, in_scope), *parts in zip(questions, dense, textual, strict=True):
        best = _maxima(of_row, groups, left_out)
        is_entry_left_out = len(left_out) == sizes[groups[row]]
        posterior = (posteriors.without_entry if is_entry_left_out else posteriors.without_phrasing)[row]
        score = parts[0] + weights.textual * parts[1] + weights.posterior * posterior + weights.nearest * best
        if jargon and jargon[row]:
            for rows in (np.setdiff1d(speakers[term], left_out) for term in jargon[row]):
                spoken = np.unique(groups[rows])
                score[spoken[~outside[spoken]]] += weights.jargon / len(jargon[row])
        density = density_of(np.delete(of_row, left_out))
        score += weights.density * density - weights.outside * score[outside].max(initial=0.0)
        score[outside] = -np.inf
        if not in_scope:
            score[groups[row]] = -np.inf
        first = int(np.argmax(score))
        if score[first] == -np.inf:
            continue  # nothing is left that could be found
        second = float(np.delete(score, first).max(initial=-np.inf))
        margin = float(score[first]) - (second if np.isfinite(second) else 0.0)
        evidence = (float(score[first]), float(parts[0][first]), float(parts[1][first]), float(best[first]))
        found.append((*evidence, margin, density, first == groups[row], in_scope, row))
    columns = list(zip(*found, strict=True)) or [()] * 9
    numbers: list[Vectors] = [np.array(column, np.float32) for column in columns[:6]]
    return CrossEvidence(
        score=numbers[0],
        dense_class=numbers[1],
        textual_class=numbers[2],
        dense=numbers[3],
        margin=numbers[4],
        density=numbers[5],
        right=np.array(columns[6], np.bool_),
        in_scope=np.array(columns[7], np.bool_),
        rows=np.array(columns[8], np.int64),
    )


def _held_out_scores(gram: Vectors, groups: Rows, questions: Sequence[_Asked]) -> list[Vectors]:
    """Return the class scores (C,) of each question by one regression; its (n, n) matrices are gone afterwards."""
    fit = CrossFit.of(gram, groups, penalty_for(groups))
    return [fit.without(row, left_out) for row, _cosines, left_out, _in_scope in questions]


def _questions(
    row: int, groups: Rows, cosines: Vectors, outside: npt.NDArray[np.bool_], *, is_thinned: bool
) -> Iterator[tuple[Rows, bool]]:
    """Yield what is left out when a phrasing is asked, and whether its entry can still be found."""
    siblings = np.flatnonzero(groups == groups[row])
    if outside[groups[row]]:
        yield np.array([row]), False
        return
    if len(outside) > 1:  # of a single entry nothing would be left that could be found
        yield siblings, False
    if len(siblings) > 1:
        num_left_out = max(1, round(LEFT_OUT_SHARE * len(siblings))) if is_thinned else 1
        yield _nearest(row, siblings, cosines, num_left_out), True


def _speakers(jargon: Sequence[frozenset[str]]) -> dict[str, Rows]:
    """Return the rows of the phrasings that each term occurs in."""
    rows: dict[str, list[int]] = {}
    for row, terms in enumerate(jargon):
        for term in terms:
            rows.setdefault(term, []).append(row)
    return {term: np.array(of_term, np.int64) for term, of_term in rows.items()}


def _nearest(row: int, siblings: Rows, cosines: Vectors, number: int) -> Rows:
    """Return a phrasing and its nearest siblings, `number` in all."""
    others = siblings[siblings != row]
    return np.append(others[np.argsort(-cosines[others], kind="stable")][: number - 1], row)


def _maxima(cosines: Vectors, groups: Rows, left_out: Rows) -> Vectors:
    """Return the highest cosine of each entry (C,) float32 over the phrasings that are not left out."""
    kept = cosines.copy()
    kept[left_out] = -1.0
    maxima = np.full(int(groups.max()) + 1, -1.0, np.float32)
    np.maximum.at(maxima, groups, kept)
    return maxima
