"""One benchmark run: a throw-away knowledge base, the real bundle on it, measured."""

import resource
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
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
    ScoreArray,
    auroc,
    best_joint_threshold,
    joint,
    mean_reciprocal_rank,
    recall,
    top1,
    wilson_interval,
)
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.promises import promise_threshold
from nlp.text import detect_language, normalise
from nlp.training.datasets import Example
from nlp.training.settings import TrainingSettings
from nlp.universal import UniversalWeights
from qa.benchmarking.baselines import (
    Baseline,
    Bm25Baseline,
    EncoderBaseline,
    Ranking,
    StackBaseline,
    SvmBaseline,
    TfidfBaseline,
)
from qa.benchmarking.files import OUT_OF_SCOPE, LabelledText
from qa.engine.batching import MAX_BATCH
from qa.engine.bundle import DEFAULT_CALIBRATION, Bundle, Finding, Question
from qa.engine.calibrating import calibrate, calibrate_on_findings, confidences, held_out_rows
from retrieval.documents import Document
from retrieval.lexical import LexicalAnalyzer
from retrieval.searcher import Partition, Searcher

if TYPE_CHECKING:
    from nlp.training.tuning import Tuned

BASE_ID = 1
NUM_TIMED = 300
"""Questions that are asked one by one, for the latency figures."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Measured:
    """Ranking and declining of one system; shares 0..1, None where there is nothing to measure."""

    top1: float
    mrr10: float
    recall5: float
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
            top1(ranks),
            mean_reciprocal_rank(ranks),
            recall(ranks),
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
        holds_answers: bool = False,
        seed: int,
        progress: Progress,
    ) -> None:
        self.entry_ids = {label: i for i, label in enumerate(dict.fromkeys(r.label for r in rows), start=1)}
        self.documents = documents_of(rows, self.entry_ids, holds_answers)
        self.holds_answers = holds_answers
        texts = [d.text for d in self.documents]
        started = time.monotonic()
        tuned = tune_on(self.documents, weights, seed, progress) if train and not holds_answers else None
        progress("preparing the encoder", 0, 1)
        self.model: ModelDirectory = prepare_model(
            models,
            tuned.weights if tuned else weights,
            texts=texts,
            terms=(),
            training=tuned.record if tuned else None,
            companion=companion,
        )
        self.train_s = time.monotonic() - started if train else None
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
        parts = []
        for start in range(0, len(texts), 256):
            parts.append(self.encoder.encode(texts[start : start + 256], passages=self.holds_answers))
            progress("encoding the knowledge base", min(start + 256, len(texts)), len(texts))
        return np.concatenate(parts)

    def calibrate_on(self, dev: Sequence[LabelledText]) -> None:
        """Fit the confidence and its threshold anew on labelled questions."""
        findings = self.ask([r.text for r in dev])
        outcome = self.outcome([entries_of(f) for f in findings], [confidence_of(f) for f in findings], dev)
        try:
            new = calibrate_on_findings(findings, outcome.right, outcome.in_scope)
        except CalibrationImpossible:
            threshold = best_joint_threshold(outcome.confidence, outcome.right, outcome.in_scope)
            old = self.bundle.calibrations[BASE_ID]
            new = replace(old, answer_threshold=threshold, clarify_threshold=threshold / 2)
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


def tune_on(documents: Sequence[Document], weights: PretrainedWeights, seed: int, progress: Progress) -> "Tuned | None":
    """Train an encoder on a knowledge base but for its held-out phrasings; None where nothing can be told apart."""
    from nlp.training.run import TrainingSurroundings  # TensorFlow: not needed without training
    from nlp.training.tuning import tune

    held_out = set(held_out_rows(documents).tolist())
    examples = [
        Example(d.text, d.entry_id) for row, d in enumerate(documents) if row not in held_out and not d.is_out_of_scope
    ]
    counts = Counter(e.label for e in examples)
    if len(counts) < 2 or max(counts.values()) < 2:  # nothing to bring together
        return None
    return tune(
        weights,
        examples,
        TrainingSettings(seed=seed),
        texts=[d.text for d in documents],
        dev=[Example(documents[row].text, documents[row].entry_id) for row in sorted(held_out)],
        surroundings=TrainingSurroundings(
            progress=lambda done: progress("training the encoder", done.step, done.num_steps)
        ),
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


def run_benchmark(
    *,
    kb: Sequence[LabelledText],
    test: Sequence[LabelledText],
    dev: Sequence[LabelledText] | None,
    weights: PretrainedWeights,
    models: Path,
    companion: UniversalWeights | None = None,
    train: bool = False,
    holds_answers: bool = False,
    target: float,
    seed: int,
    progress: Progress,
) -> dict[str, object]:
    """Measure the pipeline and its baselines; see protocol.md for the fields."""
    base = ThrowAwayBase(
        kb,
        weights,
        models,
        companion=companion,
        train=train,
        holds_answers=holds_answers,
        seed=seed,
        progress=progress,
    )
    if dev:
        base.calibrate_on(dev)
    started = time.perf_counter()
    findings = base.ask([r.text for r in test])
    qps = len(test) / (time.perf_counter() - started)
    outcome = base.outcome([entries_of(f) for f in findings], [confidence_of(f) for f in findings], test)
    threshold = base.bundle.calibrations[BASE_ID].answer_threshold
    measured = outcome.measure(threshold)
    num_in_scope = int(outcome.in_scope.sum())
    latencies = _latencies(base, test)
    progress("measuring the baselines", 0, 1)
    report: dict[str, object] = {"n": len(test), "n_oos": len(test) - num_in_scope, "top1": measured.top1}
    report["top1_ci95"] = list(wilson_interval(int(outcome.right[outcome.in_scope].sum()), num_in_scope))
    report |= {k: v for k, v in asdict(measured).items() if k != "top1"}
    report["promise"] = _promise(base, dev, outcome, base.sureness(findings), target)
    report["p50_ms"], report["p95_ms"] = (float(np.percentile(latencies, p)) for p in (50, 95))
    report["qps"] = qps
    report["train_s"] = base.train_s
    report["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report["model_mb"] = sum(f.stat().st_size for f in base.model.folder.rglob("*") if f.is_file()) / 2**20
    report["seed"] = seed
    report["baselines"] = _baselines(base, dev, test)
    progress("measuring the baselines", 1, 1)
    return report


def _latencies(base: ThrowAwayBase, test: Sequence[LabelledText]) -> list[float]:
    latencies = []
    for row in test[:NUM_TIMED]:
        started = time.perf_counter()
        base.bundle.consider([Question(BASE_ID, row.text)])
        latencies.append((time.perf_counter() - started) * 1000)
    return latencies


def _promise(
    base: ThrowAwayBase, dev: Sequence[LabelledText] | None, test: Outcome, sureness: ScoreArray, target: float
) -> dict[str, float | bool | None]:
    """Hold the promise to the test: its threshold comes from DEV, or without it from the knowledge base itself."""
    missing: dict[str, float | bool | None] = {"target": target, "kept": None, "coverage": None, "right": None}
    if dev:
        findings = base.ask([r.text for r in dev])
        held = base.outcome([entries_of(f) for f in findings], [confidence_of(f) for f in findings], dev)
        threshold = promise_threshold(base.sureness(findings), held.right, target=target)
    else:
        threshold = base.bundle.calibrations[BASE_ID].keeping(target).answer_threshold
    if threshold is None:
        return missing
    answered = sureness >= threshold
    right = float(np.mean(test.right[answered])) if answered.any() else None
    coverage = float(np.mean(answered[test.in_scope])) if test.in_scope.any() else None
    return {"target": target, "kept": None if right is None else right >= target, "coverage": coverage, "right": right}


def _baselines(
    base: ThrowAwayBase, dev: Sequence[LabelledText] | None, test: Sequence[LabelledText]
) -> dict[str, dict[str, float | None]]:
    measured = {}
    for name, system in fit_baselines(base).items():
        outcome = outcome_of_baseline(base, system, test)
        # Without DEV a baseline gets the threshold that is best on the test itself: in its favour.
        tuned = outcome_of_baseline(base, system, dev) if dev else outcome
        figures = outcome.measure(best_joint_threshold(tuned.confidence, tuned.right, tuned.in_scope))
        measured[name] = {k: v for k, v in asdict(figures).items() if k != "joint_natural"}
    return measured


def fit_baselines(base: ThrowAwayBase) -> dict[str, Baseline]:
    """Fit every baseline to the knowledge base's rows, on the encoder as it was before any training."""
    rows = [row for row, d in enumerate(base.documents) if not d.is_out_of_scope]  # they know no such thing
    texts, entries = [base.documents[row].text for row in rows], [base.documents[row].entry_id for row in rows]
    is_trained = base.model.is_trained
    vectors = base.untrained.encode(texts, passages=base.holds_answers) if is_trained else base.vectors[rows]
    return {
        "bm25": Bm25Baseline(texts, entries),
        "tfidf": TfidfBaseline(texts, entries),
        "svm": SvmBaseline(texts, entries),
        "encoder": EncoderBaseline(vectors, entries, base.untrained),
        "stack": StackBaseline(texts, vectors, entries, base.untrained),
    }


def rank_baselines(base: ThrowAwayBase, rows: Sequence[LabelledText]) -> dict[str, Outcome]:
    """Let every baseline rank the same questions."""
    return {name: outcome_of_baseline(base, system, rows) for name, system in fit_baselines(base).items()}


def outcome_of_baseline(base: ThrowAwayBase, system: Baseline, rows: Sequence[LabelledText]) -> Outcome:
    """Hold a baseline's rankings against the labels."""
    rankings: list[Ranking] = system.rank([normalise(r.text) for r in rows])
    return base.outcome([r.entry_ids for r in rankings], [r.score for r in rankings], rows)
