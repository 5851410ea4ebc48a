"""The live system with one part taken out, and its confidence fitted anew so that it can do its best without."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from nlp.calibration import Calibration, fit_calibration
from nlp.exceptions import CalibrationImpossible
from nlp.lexicon import Lexicon
from nlp.pretrained import FloatArray
from qa.engine.bundle import WEIGHED, Bundle
from qa.engine.calibrating import calibrate, held_out_rows, own_evidence
from retrieval.crossfit import LEFT_OUT_SHARE
from retrieval.documents import Hit
from retrieval.lexical import LexicalAnalyzer
from retrieval.searcher import Partition

NEAREST = ("dense",)
"""Evidence of a system without evidence for declining: the cosine of the nearest phrasing, which anybody has."""
MAX_PHRASINGS = 500
"""Most phrasings that are searched for, each twice, where no closed form tells what leaving them out does."""


@dataclass(frozen=True)
class Fitting:
    """How confidence is fitted to a knowledge base: as it was for the live release.

    Attributes:
        knowledge_base_id: Whose.
        promise: Share of right answers that the knowledge base promises; None without a promise.
        is_trained: Whether the encoder was trained on its phrasings.
        seed: Of the sample.
        chosen: Ids of phrasings that came from reviews.
    """

    knowledge_base_id: int
    promise: float | None
    is_trained: bool
    seed: int
    chosen: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Ablation:
    """One part that can be taken out.

    Attributes:
        name: For tables and pictures, in ASCII.
        without: Gives the bundle without it, its confidence fitted anew.
        applies: Whether a bundle has the part.
    """

    name: str
    without: Callable[[Bundle, Fitting], Bundle]
    applies: Callable[[Bundle], bool] = lambda _bundle: True


def without_jargon(bundle: Bundle, fitting: Fitting) -> Bundle:
    """Forget the lexicon: no aliases, no protected words."""
    partition = _partition(bundle, fitting)
    plain = Partition.build(partition.documents, partition.vectors(), LexicalAnalyzer({}))
    bundle = replace(bundle, lexicons={**bundle.lexicons, fitting.knowledge_base_id: Lexicon()})
    return refitted(_with_partition(bundle, fitting, plain), fitting)


def without_textual(bundle: Bundle, fitting: Fitting) -> Bundle:
    """Rank by vectors alone; what customers typed letter by letter counts nothing."""
    partition = _partition(bundle, fitting)
    deaf = replace(partition, weights=replace(partition.weights, textual=0.0))
    return refitted(_with_partition(bundle, fitting, deaf), fitting)


def without_classes(bundle: Bundle, fitting: Fitting) -> Bundle:
    """Rank by each entry's nearest phrasing, by vector and by BM25; the regressions are not asked."""
    whole = _whole(_partition(bundle, fitting))
    plain = replace(whole, snapshot=replace(whole.snapshot, classes=None))
    bundle = _with_partition(bundle, fitting, plain)
    return _calibrated(bundle, fitting, lambda: _calibrate_by_search(plain, fitting))


def without_declining(bundle: Bundle, fitting: Fitting) -> Bundle:
    """Rank as ever, but let P(correct) rest on the cosine of the entry's nearest phrasing alone."""

    def calibrate_nearest() -> Calibration:
        evidence = own_evidence(
            _partition(bundle, fitting), trained=fitting.is_trained, chosen=fitting.chosen, seed=fitting.seed
        )
        columns = np.array([getattr(evidence, name) for name in NEAREST], np.float64).T
        return fit_calibration(columns, evidence.right, evidence.in_scope, features=NEAREST)

    return _calibrated(bundle, fitting, calibrate_nearest)


def has_rewriter(bundle: Bundle) -> bool:
    """Tell whether the bundle rewrites what customers ask; bundles of this version never do."""
    return getattr(bundle, "rewriter", None) is not None


def without_rewriter(bundle: Bundle, fitting: Fitting) -> Bundle:
    """Search for what the customer wrote, and for no rewriting of it."""
    nothing: dict[str, Any] = {"rewriter": None}
    return refitted(replace(bundle, **nothing), fitting)


ABLATIONS = (
    Ablation("no jargon", without_jargon),
    Ablation("no textual evidence", without_textual),
    Ablation("no class scores", without_classes),
    Ablation("no declining evidence", without_declining),
    Ablation("no rewriter", without_rewriter, has_rewriter),
)


def refitted(bundle: Bundle, fitting: Fitting) -> Bundle:
    """Return the bundle with its confidence fitted anew to its own knowledge; as it is where that is too small."""
    partition = _partition(bundle, fitting)
    fit = partial(calibrate, trained=fitting.is_trained, chosen=fitting.chosen, seed=fitting.seed)
    return _calibrated(bundle, fitting, lambda: fit(partition))


def remembering(bundle: Bundle) -> Bundle:
    """Return a bundle that encodes each text once, however often and in whichever ablation it is asked."""
    interpreter = copy(bundle.interpreter)
    interpreter.encoder = _RememberingEncoder(interpreter.encoder)  # type: ignore[assignment]  # encodes alike
    return replace(bundle, interpreter=interpreter)


class _RememberingEncoder:
    """The encoder, but for texts that it was given before."""

    def __init__(self, encoder: object) -> None:
        self._encoder = encoder
        self._known: dict[str, FloatArray] = {}

    def __getattr__(self, name: str) -> object:
        return getattr(self._encoder, name)

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Encode texts, in order."""
        if new := [text for text in dict.fromkeys(texts) if text not in self._known]:
            self._known.update(zip(new, self._encoder.encode(new), strict=True))  # type: ignore[attr-defined]
        return np.stack([self._known[text] for text in texts])


def _partition(bundle: Bundle, fitting: Fitting) -> Partition:
    return bundle.searcher.partition(fitting.knowledge_base_id)


def _with_partition(bundle: Bundle, fitting: Fitting, partition: Partition) -> Bundle:
    return replace(bundle, searcher=bundle.searcher.with_partition(fitting.knowledge_base_id, partition))


def _calibrated(bundle: Bundle, fitting: Fitting, fit: Callable[[], Calibration]) -> Bundle:
    try:
        fitted = fit().keeping(fitting.promise)
    except CalibrationImpossible:
        return bundle
    return replace(bundle, calibrations={**bundle.calibrations, fitting.knowledge_base_id: fitted})


def _whole(partition: Partition) -> Partition:
    """Return a partition without delta, so that every phrasing has its row in the snapshot."""
    return partition.compacted() if partition.delta_size or partition.num_tombstones else partition


def _calibrate_by_search(partition: Partition, fitting: Fitting) -> Calibration:
    """Fit as `calibrate` does, on the same kinds of questions, but by searching: without classes is no closed form."""
    table, vectors = partition.snapshot.table, partition.vectors()
    evidence: list[list[float]] = []
    right: list[bool] = []
    in_scope: list[bool] = []
    asked = held_out_rows(table.documents) if fitting.is_trained else np.zeros(0, np.int64)
    candidates = asked if len(asked) else np.arange(len(table.documents))
    chosen = np.random.default_rng(fitting.seed).permutation(candidates)[:MAX_PHRASINGS]
    for number, row in enumerate(map(int, chosen)):
        siblings = np.flatnonzero(table.entry_ids == table.entry_ids[row])
        questions = [(siblings, False)]
        if len(siblings) > 1:
            num_left_out = max(1, round(LEFT_OUT_SHARE * len(siblings))) if number % 2 else 1
            near = siblings[np.argsort(-(vectors[siblings] @ vectors[row]), kind="stable")][:num_left_out]
            questions.append((np.union1d(near, [row]), True))
        for left_out, is_inside in questions:
            alive = partition.alive.copy()
            alive[left_out] = False
            found = replace(partition, alive=alive).search(table.documents[row].text, vectors[row], top_k=1)
            evidence.append(_weighed(found[0]) if found else [0.0] * len(WEIGHED))
            right.append(bool(found) and found[0].entry_id == table.entry_ids[row])
            in_scope.append(is_inside)
    if not evidence:
        raise CalibrationImpossible("The knowledge base has no phrasings. Publish an entry.")
    return fit_calibration(np.array(evidence, np.float64), np.array(right), np.array(in_scope), features=WEIGHED)


def _weighed(hit: Hit) -> list[float]:
    return [float(getattr(hit, name)) for name in WEIGHED]
