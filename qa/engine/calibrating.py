"""Confidence fitted on what a knowledge base knows itself: each phrasing asked as if it were unknown."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from nlp.calibration import Calibration, fit_calibration
from nlp.exceptions import CalibrationImpossible
from qa.engine.bundle import WEIGHED, WEIGHED_FOR_PROMISES
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
        and hashlib.sha256(document.text.encode()).digest()[0] % HELD_OUT_SHARE == 0
    ]
    return np.array(rows if len(rows) >= LEAST_HELD_OUT else [], np.int64)


def calibrate(partition: Partition, *, trained: bool = False, seed: int = 0) -> Calibration:
    """Fit P(correct) and its thresholds on a knowledge base's own phrasings.

    Each phrasing is asked twice: without itself (in scope: its entry should be found by its
    other phrasings) and without its whole entry (a near out-of-scope question). The regressions
    tell both in closed form: seconds for thousands of phrasings.

    Args:
        partition: The knowledge base under the encoder that will serve it.
        trained: Whether that encoder was trained on these phrasings; then the held-out ones are asked.
        seed: Of the sample.

    Raises:
        CalibrationImpossible: The knowledge base is too small.
    """
    evidence = own_evidence(partition, trained=trained, seed=seed)
    return replace(_fit(evidence, WEIGHED), sure=_fit(evidence, WEIGHED_FOR_PROMISES))


def _fit(evidence: CrossEvidence, features: tuple[str, ...]) -> Calibration:
    weighed = np.array([getattr(evidence, name) for name in features], np.float64).T
    return fit_calibration(weighed, evidence.right, evidence.in_scope, features=features)


def own_evidence(partition: Partition, *, trained: bool = False, seed: int = 0) -> CrossEvidence:
    """Ask a knowledge base about its own phrasings; see `retrieval.crossfit`.

    Raises:
        CalibrationImpossible: It has no phrasings.
    """
    whole = partition.compacted() if partition.delta_size or partition.num_tombstones else partition
    classes = whole.snapshot.classes
    if classes is None:
        raise CalibrationImpossible("The knowledge base has no phrasings. Publish an entry.")
    asked = held_out_rows(whole.documents) if trained else np.zeros(0, np.int64)
    places = np.flatnonzero(np.isin(classes.coefficients.rows, asked))
    return cross_evidence(
        classes,
        whole.weights,
        jargon=[whole.snapshot.jargon[row] for row in classes.coefficients.rows],
        asked=places if len(places) else None,
        seed=seed,
    )
