"""A throw-away knowledge base with the real bundle on it, and its rankings held against labels."""

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nlp.artifacts import ModelDirectory, prepare_model
from nlp.calibration import Calibration
from nlp.encoder import SentenceEncoder
from nlp.exceptions import CalibrationImpossible
from nlp.interpretation import Interpreter
from nlp.lexicon import Lexicon
from nlp.metrics import (
    auroc,
    best_joint_threshold,
    joint,
    mean_reciprocal_rank,
    recall,
    top1,
)
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.promises import keepable_promises
from nlp.text import detect_language, normalise
from nlp.training.datasets import Example
from nlp.training.settings import TrainingSettings
from nlp.universal import UniversalWeights
from qa.benchmarking.files import OUT_OF_SCOPE, LabelledText
from qa.engine.batching import MAX_BATCH
from qa.engine.bundle import DEFAULT_CALIBRATION, Bundle, Finding, Question
from qa.engine.calibrating import calibrate, calibrate_on_findings, confidences, held_out_rows
from qa.progress import Progress
from retrieval.documents import Document
from retrieval.lexical import LexicalAnalyzer
from retrieval.searcher import Partition, Searcher

if TYPE_CHECKING:
    from nlp.training.tuning import Tuned

BASE_ID = 1


@dataclass(frozen=True)
class Measured:
    """Ranking and declining of one system; shares 0..1, None where there is nothing to measure."""

    top1: float | None
    mrr10: float | None
    recall5: float | None
    auroc: float | None
    joint: float | None
    joint_natural: float | None


@dataclass(frozen=True)
class Outcome:
    """What one system made of labelled questions.

    Attributes:
        ranks: (n,) where the right entry stands, from 1; 0 = not found or out of scope.
        confidence: (n,) of the first entry.
        in_scope: (n,).
    """

    ranks: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]
    in_scope: npt.NDArray[np.bool_]

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """(n,) whether the first entry is the right one."""
        return np.asarray(self.ranks == 1)

    def measure(self, threshold: float) -> Measured:
        """Measure ranking, and declining at a threshold."""
        ranks = self.ranks[self.in_scope]
        both = joint(self.confidence, self.right, self.in_scope, threshold)
        return Measured(
            top1(ranks) if len(ranks) else None,
            mean_reciprocal_rank(ranks) if len(ranks) else None,
            recall(ranks) if len(ranks) else None,
            auroc(self.confidence, self.in_scope),
            both.joint if both else None,
            both.natural if both else None,
        )


class ThrowAwayBase:
    """A knowledge base that exists for one run, with the bundle that answers from it."""

    def __init__(
        self,
        rows: Sequence[LabelledText],
        weights: PretrainedWeights,
        models: Path,
        *,
        companion: UniversalWeights | None = None,
        train: bool = False,
        quick: bool = False,
        dev: Sequence[LabelledText] = (),
        holds_answers: bool = False,
        seed: int,
        progress: Progress,
    ) -> None:
        self.entry_ids = {label: i for i, label in enumerate(dict.fromkeys(r.label for r in rows), start=1)}
        self.documents = documents_of(rows, self.entry_ids, holds_answers)
        self.holds_answers = holds_answers
        texts = [d.text for d in self.documents]
        started = time.monotonic()
        tuned = None
        if train and not holds_answers:
            known = [r for r in dev if r.label in self.entry_ids and r.label != OUT_OF_SCOPE]
            asked = [Example(normalise(r.text), self.entry_ids[r.label]) for r in known]
            tuned = tune_on(self.documents, weights, companion, seed, progress, dev=asked, quick=quick)
        progress("preparing the encoder", 0, 1)
        self.model: ModelDirectory = prepare_model(
            models,
            tuned.weights if tuned else weights,
            texts=texts,
            terms=(),
            training=tuned.record if tuned else None,
            companion=tuned.companion if tuned else companion,
        )
        self.train_s = time.monotonic() - started if tuned else None
        # The baselines stand on the encoder as it was before any training.
        untrained = self.model
        if self.model.is_trained:
            untrained = prepare_model(models, weights, texts=texts, terms=(), companion=companion)
        self.untrained = SentenceEncoder(untrained.encoder_folder)
        self.encoder = SentenceEncoder(self.model.encoder_folder) if self.model.is_trained else self.untrained
        self.encoder.warm_up()
        progress("preparing the encoder", 1, 1)
        self.vectors = self._encode(texts, progress)
        partition = Partition.build(self.documents, self.vectors, LexicalAnalyzer({}))
        self.bundle = self._bundle(partition, DEFAULT_CALIBRATION)
        fitted = calibration_of(partition, is_trained=self.model.is_trained, seed=seed)
        self.bundle = self._bundle(partition, fitted)

    def _bundle(self, partition: Partition, calibration: Calibration) -> Bundle:
        return Bundle(
            release=0,
            model_fingerprint=self.model.fingerprint,
            knowledge_revision=0,
            lexicon_revision=0,
            interpreter=Interpreter(self.encoder),
            searcher=Searcher({BASE_ID: partition}),
            lexicons={BASE_ID: Lexicon()},
            calibrations={BASE_ID: calibration},
        )

    def _encode(self, texts: Sequence[str], progress: Progress) -> FloatArray:
        vectors = np.zeros((len(texts), self.encoder.dim), np.float32)
        is_answer = np.array([document.is_answer for document in self.documents])
        done = 0
        for passages in (False, True):
            rows = np.flatnonzero(is_answer == passages)  # topics to decline are questions, also where the rest is not
            for start in range(0, len(rows), 256):
                batch = rows[start : start + 256]
                vectors[batch] = self.encoder.encode([texts[row] for row in batch], passages=passages)
                done += len(batch)
                progress("encoding the knowledge base", done, len(texts))
        return vectors

    def calibrate_on(self, dev: Sequence[LabelledText]) -> None:
        """Fit the confidence and its threshold anew on labelled questions."""
        findings = self.ask([r.text for r in dev])
        outcome = self.outcome([entries_of(f) for f in findings], [confidence_of(f) for f in findings], dev)
        try:
            new = calibrate_on_findings(findings, outcome.right, outcome.in_scope)
        except CalibrationImpossible:
            threshold = best_joint_threshold(outcome.confidence, outcome.right, outcome.in_scope)
            old = self.bundle.calibrations[BASE_ID]
            promises = keepable_promises(self.sureness(findings), outcome.right, outcome.in_scope)
            sure = replace(old.sure or old, promises=promises)
            new = replace(old, answer_threshold=threshold, clarify_threshold=threshold / 2, sure=sure)
        self.bundle = replace(self.bundle, calibrations={BASE_ID: new})

    def sureness(self, findings: Sequence[Finding]) -> npt.NDArray[np.float64]:
        """Return what promises rest on: P(correct) (n,) that weighs near ties too; 0 without an entry."""
        calibration = self.bundle.calibrations[BASE_ID]
        return confidences(findings, calibration.sure or calibration)

    def ask(self, texts: Sequence[str]) -> list[Finding]:
        """Ask questions in batches, as a busy service does."""
        findings: list[Finding] = []
        for start in range(0, len(texts), MAX_BATCH):
            batch = [Question(BASE_ID, text) for text in texts[start : start + MAX_BATCH]]
            findings += self.bundle.consider(batch)
        return findings

    def outcome(
        self, ranked: Sequence[Sequence[int]], confidence: Sequence[float], rows: Sequence[LabelledText]
    ) -> Outcome:
        """Hold rankings against the labels."""
        return outcome_of(ranked, confidence, rows, self.entry_ids)


def outcome_of(
    ranked: Sequence[Sequence[int]],
    confidence: Sequence[float],
    rows: Sequence[LabelledText],
    entry_ids: Mapping[str, int],
) -> Outcome:
    """Hold rankings against labels."""
    ranks = []
    for found, row in zip(ranked, rows, strict=True):
        wanted = entry_ids.get(row.label, 0)
        ranks.append(list(found).index(wanted) + 1 if wanted in found else 0)
    in_scope = np.array([row.label != OUT_OF_SCOPE for row in rows])
    return Outcome(np.array(ranks, np.int64), np.array(confidence, np.float64), in_scope)


def calibration_of(partition: Partition, *, is_trained: bool, chosen: Collection[int] = (), seed: int) -> Calibration:
    """Fit the confidence to a knowledge base itself; the default one where it is too small."""
    try:
        return calibrate(partition, trained=is_trained, chosen=chosen, seed=seed)
    except CalibrationImpossible:
        return DEFAULT_CALIBRATION


def tune_on(
    documents: Sequence[Document],
    weights: PretrainedWeights,
    companion: UniversalWeights | None,
    seed: int,
    progress: Progress,
    *,
    dev: Sequence["Example"] = (),
    quick: bool = False,
) -> "Tuned | None":
    """Train an encoder on a knowledge base; None where nothing can be told apart.

    Early stopping needs questions that are not trained on: labelled ones where there are some, and otherwise the
    phrasings that a knowledge base holds out. A quick training is one of the companion alone: without one, none.
    """
    from nlp.training.run import TrainingSurroundings  # TensorFlow: not needed without training
    from nlp.training.tuning import tune

    held_out = set() if dev else set(held_out_rows(documents).tolist())
    examples = [
        Example(d.text, d.entry_id) for row, d in enumerate(documents) if row not in held_out and not d.is_out_of_scope
    ]
    counts = Counter(e.label for e in examples)
    nothing_to_bring_together = len(counts) < 2 or max(counts.values()) < 2
    if nothing_to_bring_together or (quick and companion is None):
        return None
    return tune(
        weights,
        examples,
        TrainingSettings(seed=seed, quick=quick),
        texts=[d.text for d in documents],
        dev=dev or [Example(documents[row].text, documents[row].entry_id) for row in sorted(held_out)],
        companion=companion,
        surroundings=TrainingSurroundings(progress=lambda done: progress("training the encoder", *done.share)),
    )


def documents_of(
    rows: Sequence[LabelledText], entry_ids: Mapping[str, int], holds_answers: bool = False
) -> list[Document]:
    """Return rows as they are indexed, those that normalise to nothing left out."""
    documents = []
    for number, row in enumerate(rows, start=1):
        if text := normalise(row.text):
            language = "zh" if detect_language(text) in {"zh", "mixed"} else "en"
            declined = row.label == OUT_OF_SCOPE
            documents.append(
                Document(number, entry_ids[row.label], language, (), text, holds_answers and not declined, declined)
            )
    return documents


def entries_of(finding: Finding) -> list[int]:
    """Return the entries of a finding, best first."""
    return [r.entry_id for r in finding.ranked]


def confidence_of(finding: Finding) -> float:
    """Return P(correct) of a finding's first entry, 0 without one."""
    return finding.ranked[0].probability if finding.ranked else 0.0
