"""What a ranking is made from: candidates from snapshot and delta, class scores, and who shares the jargon."""

from collections.abc import Sequence

import numpy as np

from retrieval.asked import Asked
from retrieval.comparison import highest
from retrieval.documents import NO_FILTER, Filter
from retrieval.fusion import NUM_NEIGHBOURS, Candidates, ClassEvidence, Roll
from retrieval.index import Mask, Rows
from retrieval.parts import Delta, Snapshot
from retrieval.table import NO_ROWS
from retrieval.vectors import Vectors


def roll_of(snapshot: Snapshot, delta: Delta) -> Roll:
    """Return the phrasings and entries of a knowledge base: the snapshot's, then the delta's."""
    table, newest = snapshot.table, delta.table
    if not len(newest):
        return Roll(table.groups, table.is_answer, table.entries, snapshot.fitted, table.is_outside)
    return Roll(
        np.concatenate([table.groups, newest.groups + len(table.entries)]),
        np.concatenate([table.is_answer, newest.is_answer]),
        np.concatenate([table.entries, newest.entries]),
        np.concatenate([snapshot.fitted, np.full(len(newest.entries), -1)]),
        np.concatenate([table.is_outside, newest.is_outside]),
    )


def agreement_of(questions: Sequence[Asked], snapshot: Snapshot, delta: Delta) -> Vectors | None:
    """Return the share of each question's jargon that each entry of the roll knows, (Q, E) float32.

    None where no question has any.
    """
    if not any(asked.analysis.jargon for asked in questions):
        return None
    num_snapshot = len(snapshot.table.entries)
    shares = np.zeros((len(questions), num_snapshot + len(delta.table.entries)), np.float32)
    for asked, of_question in zip(questions, shares, strict=True):
        jargon = asked.analysis.jargon
        for term in jargon:
            of_question[snapshot.speakers.get(term, NO_ROWS)] += 1 / len(jargon)
            of_question[delta.speakers.get(term, NO_ROWS) + num_snapshot] += 1 / len(jargon)
    # The company's words in a question that it declines say nothing against questions in the same words.
    shares[:, np.concatenate([snapshot.table.is_outside, delta.table.is_outside])] = 0.0
    return shares


def evidence_of(questions: Sequence[Asked], snapshot: Snapshot, dense: Vectors | None) -> ClassEvidence | None:
    """Return the class scores of questions whose dense ones are known; None where nothing was fitted."""
    if snapshot.classes is None or dense is None:
        return None
    texts, tokens = [asked.query.text for asked in questions], [asked.analysis.tokens for asked in questions]
    posteriors = snapshot.classes.posteriors(np.array([asked.vector for asked in questions]))
    return ClassEvidence(dense, snapshot.classes.of_texts(texts, tokens), posteriors)


def collect(questions: Sequence[Asked], snapshot: Snapshot, alive: Mask, delta: Delta) -> Candidates:
    """Collect each question's nearest phrasings by vector and by BM25, and all of the delta; each with both scores.

    Args:
        questions: One or more.
        snapshot, delta: Of the partition.
        alive: (n,) bool, false for the snapshot's tombstones.
    """
    looked = [_look(asked, snapshot, alive, delta) for asked in questions]
    rows, cosines, lexical = (np.concatenate(column) for column in zip(*looked, strict=True))
    places = np.repeat(np.arange(len(questions)), [len(of_question[0]) for of_question in looked])
    return Candidates(places, rows, cosines, lexical)


def _look(asked: Asked, snapshot: Snapshot, alive: Mask, delta: Delta) -> tuple[Rows, Vectors, Vectors]:
    """Return the rows of one question's candidates, their cosines and their BM25 over its score against itself."""
    where, tokens = asked.query.where, asked.analysis.tokens
    allowed = _allowed(snapshot, alive, where)
    scores = snapshot.lexical.scores(tokens)
    nearest = asked.comparison.nearest(NUM_NEIGHBOURS, allowed)
    rows = _union(nearest, _best_positive(scores, allowed, NUM_NEIGHBOURS), len(scores))
    if len(snapshot.table.outside_rows):
        rows = _union(rows, _nearest_outside(asked, snapshot, allowed), len(scores))
    cosines, lexical = asked.comparison.of(rows), scores[rows]
    if len(delta.table):
        newest = np.flatnonzero(delta.table.mask(where))
        rows = np.concatenate([rows, newest + len(snapshot.table)])
        cosines = np.concatenate([cosines, delta.vectors[newest] @ asked.vector])
        lexical = np.concatenate([lexical, delta.lexical.scores(tokens)[newest]])
    self_score = np.float32(snapshot.lexical.statistics.self_score(tokens) or 1.0)
    return rows, cosines, np.minimum(lexical / self_score, np.float32(1.0))


def _nearest_outside(asked: Asked, snapshot: Snapshot, allowed: Mask | None) -> Rows:
    """Return the nearest phrasing of a topic to be declined, (0 or 1,) int64: however far, it always counts."""
    rows = snapshot.table.outside_rows
    rows = rows if allowed is None else rows[allowed[rows]]
    return rows[[int(np.argmax(asked.comparison.of(rows)))]] if len(rows) else rows


def _allowed(snapshot: Snapshot, alive: Mask, where: Filter) -> Mask | None:
    """Return the snapshot's rows (n,) bool that may be found; None when all may."""
    if where == NO_FILTER:
        return None if alive.all() else alive
    return alive & snapshot.table.mask(where)


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
