"""One benchmark run: a throw-away knowledge base, the real bundle on it, measured beside its baselines."""

import resource
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from nlp.metrics import (
    ScoreArray,
    best_joint_threshold,
    wilson_interval,
)
from nlp.pretrained import PretrainedWeights
from nlp.universal import UniversalWeights
from qa.benchmarking.contenders import BASELINES, fit_baselines, outcome_of_baseline
from qa.benchmarking.files import LabelledText
from qa.benchmarking.throw_away import BASE_ID, Measured, Outcome, ThrowAwayBase, confidence_of, entries_of
from qa.engine.bundle import Question
from qa.progress import Progress

NUM_TIMED = 300
"""Questions that are asked one by one, for the latency figures."""


def run_benchmark(
    *,
    kb: Sequence[LabelledText],
    test: Sequence[LabelledText],
    dev: Sequence[LabelledText] | None,
    weights: PretrainedWeights,
    models: Path,
    companion: UniversalWeights | None = None,
    train: bool = False,
    quick: bool = False,
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
        quick=quick,
        dev=dev or (),
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
    interval = wilson_interval(int(outcome.right[outcome.in_scope].sum()), num_in_scope)
    report["top1_ci95"] = list(interval) if num_in_scope else None
    report |= {k: v for k, v in asdict(measured).items() if k != "top1"}
    report["promise"] = _promise(base, outcome, base.sureness(findings), target)
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


def _promise(base: ThrowAwayBase, test: Outcome, sureness: ScoreArray, target: float) -> dict[str, float | bool | None]:
    """Hold the promise to the test: its threshold comes from DEV, or without it from the knowledge base itself."""
    answered = sureness >= base.bundle.calibrations[BASE_ID].keeping(target).answer_threshold
    right = float(np.mean(test.right[answered])) if answered.any() else None
    coverage = float(np.mean(answered[test.in_scope])) if test.in_scope.any() else None
    return {"target": target, "kept": None if right is None else right >= target, "coverage": coverage, "right": right}


def _baselines(
    base: ThrowAwayBase, dev: Sequence[LabelledText] | None, test: Sequence[LabelledText]
) -> dict[str, dict[str, float | None]]:
    unknown = Measured(None, None, None, None, None, None)
    measured = dict.fromkeys(BASELINES, unknown)
    for name, system in fit_baselines(base).items():
        outcome = outcome_of_baseline(base, system, test)
        # Without DEV a baseline gets the threshold that is best on the test itself: in its favour.
        tuned = outcome_of_baseline(base, system, dev) if dev else outcome
        measured[name] = outcome.measure(best_joint_threshold(tuned.confidence, tuned.right, tuned.in_scope))
    return {name: _without_natural(figures) for name, figures in measured.items()}


def _without_natural(figures: Measured) -> dict[str, float | None]:
    return {k: v for k, v in asdict(figures).items() if k != "joint_natural"}
