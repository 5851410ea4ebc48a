"""Confidence fitted on what a knowledge base knows itself: each phrasing asked as if it were unknown."""

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from nlp.calibration import Calibration, fit_calibration
from nlp.exceptions import CalibrationImpossible
from nlp.metrics import BoolArray
from nlp.recalibration import fit_on_questions
from qa.engine.bundle import WEIGHED, WEIGHED_FOR_PROMISES, WEIGHED_ON_QUESTIONS, Finding
from retrieval.crossfit import CrossEvidence, cross_evidence
from retrieval.documents import Document
from retrieval.searcher import Partition

HELD_OUT_SHARE = 8
"""One phrasing in so many is held out of training, so that confidence is fitted on what the encoder never saw."""
LEAST_PHRASINGS = 5
"""Entries with fewer phrasings give none away."""
LEAST_HELD_OUT = 80
"""With fewer held-out phrasings, all are asked: a little too sure is better than fitted on chance."""


def held_out_rows(documents: Sequence[Document]) -> npt.NDArray[np.int64]:
    """Return the rows of phrasings that training never sees: by their text alone, the same every time."""
    counts = Counter(document.entry_id for document in documents)
    rows = [
        row
        for row, document in enumerate(documents)
        if counts[document.entry_id] >= LEAST_PHRASINGS
        and not document.is_out_of_scope
        and hashlib.sha256(document.text.encode()).digest()[0] % HELD_OUT_SHARE == 0
    ]
    return np.array(rows if len(rows) >= LEAST_HELD_OUT else [], np.int64)


def calibrate(
    partition: Partition, *, trained: bool = False, chosen: Collection[int] = (), seed: int = 0
) -> Calibration:
    """Fit P(correct) and its thresholds on a knowledge base's own phrasings.

    Each phrasing is asked twice: without itself (in scope: its entry should be found by its
    other phrasings) and without its whole entry (a near out-of-scope question). The regressions
    tell both in closed form: seconds for thousands of phrasings.

    Args:
        partition: The knowledge base under the encoder that will serve it.
        trained: Whether that encoder was trained on these phrasings; then the held-out ones are asked.
        chosen: Ids of phrasings that came from reviews. They were chosen because the bot was unsure of them, so they
            are harder than what customers ask, and thresholds fitted on them are wrong for it: they are not asked
            unless there are too few others. Topics to decline are: nothing else tells what is asked in vain.
        seed: Of the sample.

    Raises:
        CalibrationImpossible: The knowledge base is too small.
    """
    evidence = own_evidence(partition, trained=trained, chosen=chosen, seed=seed)
    return replace(_fit(evidence, WEIGHED), sure=_fit(evidence, WEIGHED_FOR_PROMISES))


def calibrate_on_findings(findings: Sequence[Finding], right: BoolArray, in_scope: BoolArray) -> Calibration:
    """Fit P(correct) and its thresholds on labelled questions that a bundle has considered.

    Args:
        findings: What the bundle made of each question.
        right: (n,) whether the first entry is the right one.
        in_scope: (n,) whether there is a right one; out-of-scope questions in their natural share.

    Raises:
        CalibrationImpossible: Too few right answers, or too few that are not.
    """
    scoping = fit_on_questions(
        first_evidence(findings, (*WEIGHED, *WEIGHED_ON_QUESTIONS)),
        right,
        in_scope,
        features=(*WEIGHED, *WEIGHED_ON_QUESTIONS),
        num_leading=len(WEIGHED),
        tells_scope=True,
    )
    sure = fit_on_questions(
        first_evidence(findings, (*WEIGHED_FOR_PROMISES, *WEIGHED_ON_QUESTIONS)),
        right,
        in_scope,
        features=(*WEIGHED_FOR_PROMISES, *WEIGHED_ON_QUESTIONS),
        num_leading=len(WEIGHED_FOR_PROMISES),
        tells_scope=False,
    )
    return replace(scoping, sure=sure)


def first_evidence(findings: Sequence[Finding], features: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return what the first entry of each finding rests on, (n, len(features)); zeros where none was found."""
    rows = [[f.ranked[0].evidence[name] for name in features] if f.ranked else [0.0] * len(features) for f in findings]
    return np.array(rows, np.float64).reshape(len(findings), len(features))


def confidences(findings: Sequence[Finding], calibration: Calibration) -> npt.NDArray[np.float64]:
    """Return P(correct) (n,) of the first entries under a calibration; 0 where none was found."""
    found = np.array([bool(f.ranked) for f in findings], np.bool_)
    return np.where(found, calibration.probability(first_evidence(findings, calibration.features)), 0.0)


def _fit(evidence: CrossEvidence, features: tuple[str, ...]) -> Calibration:
    weighed = np.array([getattr(evidence, name) for name in features], np.float64).T
    return fit_calibration(weighed, evidence.right, evidence.in_scope, features=features)


def _unseen_rows(documents: Sequence[Document]) -> npt.NDArray[np.int64]:
    """Return the rows that a trained encoder never saw: held-out phrasings and topics to decline, or none."""
    held_out = held_out_rows(documents)
    declined = [row for row, document in enumerate(documents) if document.is_out_of_scope] if len(held_out) else []
    return np.union1d(held_out, np.array(declined, np.int64))


def own_evidence(
    partition: Partition, *, trained: bool = False, chosen: Collection[int] = (), seed: int = 0
) -> CrossEvidence:
    """Ask a knowledge base about its own phrasings; see `retrieval.crossfit`.

    Raises:
        CalibrationImpossible: It has no phrasings.
    """
    whole = partition.compacted() if partition.delta_size or partition.num_tombstones else partition
    classes = whole.snapshot.classes
    if classes is None:
        raise CalibrationImpossible("The knowledge base has no phrasings. Publish an entry.")
    asked = _unseen_rows(whole.documents) if trained else np.zeros(0, np.int64)
    if not len(asked):
        others = [row for row, d in enumerate(whole.documents) if d.is_out_of_scope or d.phrasing_id not in chosen]
        asked = np.array(others if len(others) >= LEAST_HELD_OUT else [], np.int64)
    places = np.flatnonzero(np.isin(classes.coefficients.rows, asked))
    return cross_evidence(
        classes,
        whole.weights,
        jargon=[whole.snapshot.jargon[row] for row in classes.coefficients.rows],
        is_outside=whole.snapshot.is_outside_class,
        asked=places if len(places) else None,
        seed=seed,
    )
