"""Confidence fitted on what a knowledge base knows itself: each phrasing asked as if it were unknown."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp.calibration import Calibration, FeatureArray, fit_calibration
from qa.engine.bundle import FEATURES, TOP_K, WEIGHED, Bundle, columns, evidence_of
from retrieval.documents import Document, Filter

MAX_QUESTIONS = 800
"""Phrasings that are asked; more take longer and change the fit little."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Evidence:
    """What the first hits of questions rest on, and whether they were right.

    Attributes:
        features: (n, num_features) float64.
        right: (n,) the first hit is the right entry.
        in_scope: (n,) there is a right entry.
    """

    features: FeatureArray
    right: npt.NDArray[np.bool_]
    in_scope: npt.NDArray[np.bool_]


def calibrate(
    bundle: Bundle, knowledge_base_id: int, *, seed: int = 0, progress: Progress | None = None
) -> Calibration:
    """Fit P(correct) and its thresholds on a knowledge base's own phrasings.

    Each sampled phrasing is asked twice: without itself (in scope: its entry should be found by its
    other phrasings) and without its whole entry (a near out-of-scope question).

    Raises:
        CalibrationImpossible: The knowledge base is too small.
    """
    evidence = cross_evidence(bundle, knowledge_base_id, seed=seed, progress=progress)
    weighed = columns(evidence.features, WEIGHED)
    return fit_calibration(weighed, evidence.right, evidence.in_scope, features=WEIGHED)


def cross_evidence(
    bundle: Bundle, knowledge_base_id: int, *, seed: int = 0, progress: Progress | None = None
) -> Evidence:
    """Collect evidence from a knowledge base's own phrasings; see `calibrate`."""
    partition = bundle.searcher.partition(knowledge_base_id)
    documents, vectors = partition.documents, partition.vectors()
    chosen = _sample(documents, seed)
    rows: list[FeatureArray] = []
    right: list[bool] = []
    for number, row in enumerate(chosen, start=1):
        document = documents[row]
        for where in (Filter(without_phrasing=document.phrasing_id), Filter(without_entry=document.entry_id)):
            hits = partition.search(document.text, vectors[row], top_k=TOP_K, where=where)
            rows.append(evidence_of(hits)[0] if hits else np.zeros(len(FEATURES)))
            right.append(bool(hits) and hits[0].entry_id == document.entry_id)
        if progress is not None:
            progress(number, len(chosen))
    in_scope = np.tile([True, False], len(chosen))
    features = np.array(rows, dtype=np.float64).reshape(len(rows), len(FEATURES))
    return Evidence(features, np.array(right, dtype=np.bool_), in_scope)


def _sample(documents: Sequence[Document], seed: int) -> list[int]:
    """Choose rows of phrasings whose entry has others, evenly at random."""
    counts = Counter(d.entry_id for d in documents)
    several = [row for row, d in enumerate(documents) if counts[d.entry_id] > 1]
    if len(several) <= MAX_QUESTIONS:
        return several
    chosen = np.random.default_rng(seed).choice(len(several), MAX_QUESTIONS, replace=False)
    return [several[i] for i in sorted(chosen)]
