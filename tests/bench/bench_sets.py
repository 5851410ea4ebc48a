"""Measures the real pipeline on the public question sets, several seeds, beside every baseline of the same run.

python -m tests.bench.bench_sets                                   all sets, trained, seed 0
python -m tests.bench.bench_sets hint3_curekart --seeds 0 1 2
python -m tests.bench.bench_sets --quick                            the companion alone is trained
python -m tests.bench.bench_sets --no-train --out figures.json
python -m tests.bench.bench_sets clinc150:kb_10shot --no-train --log ../shared/bench/clinc150/oos_train.tsv

Only DEV is public, so it is halved at random, 20 times and both ways: confidence and thresholds are fitted on one
half; AUROC, joint and promise are measured on the other. The calibration error is of all rows, each under the fit that
didn't see it. Top-1 needs no fit and uses all of it.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np

from nlp.calibration import NEVER
from nlp.exceptions import CalibrationImpossible
from nlp.metrics import (
    auroc,
    best_joint_threshold,
    expected_calibration_error,
    joint,
    top1,
    wilson_interval,
)
from nlp.recalibration import fit_on_questions
from qa.benchmarking.files import LabelledText, read_benchmark_file
from tests.bench import django_for_benchmarks

django_for_benchmarks()

from qa.benchmarking.contenders import rank_baselines  # noqa: E402  # Django first
from qa.benchmarking.throw_away import Outcome, ThrowAwayBase, confidence_of, entries_of  # noqa: E402
from qa.engine.bundle import Finding  # noqa: E402
from qa.engine.calibrating import calibrate_on_findings, confidences  # noqa: E402
from qa.services.learning import read_companion, read_weights  # noqa: E402

BENCH = Path(__file__).resolve().parents[3] / "shared" / "bench"
SETS = (
    "hint3_sofmattress",
    "hint3_curekart",
    "hint3_powerplay11",
    "banking77:kb_5shot",
    "banking77:kb_10shot",
    "hwu64:kb_10shot",
    "clinc150:kb_10shot",
    "tidb_faq_zh",
    "banking77_oos",
    "hwu64",
    "banking77",
    "clinc150",
)
NUM_SPLITS = 20
TARGET = 0.95
Figures = dict[str, float | None]


@dataclass(frozen=True)
class Fitted:
    """What was fitted on some rows says of all: confidence, and if it could be fitted, P(correct) and the threshold that promises."""

    confidence: np.ndarray
    probability: np.ndarray | None = None
    promised: float = NEVER


Fit = Callable[[np.ndarray], Fitted]


def halves(num_rows: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield masks of DEV's rows: one half to choose on, the other to measure on, then the other way round."""
    rng = np.random.default_rng(0)
    for _ in range(NUM_SPLITS // 2):
        first = rng.permutation(num_rows) < num_rows // 2
        yield first, ~first
        yield ~first, first


def measure(outcome: Outcome, fitted_on: Fit) -> Figures:
    """Measure one system; what it fits, it fits on one half and is measured on the other.

    Args:
        outcome: Its rankings of all rows.
        fitted_on: Rows to fit on → what that says of all rows.
    """
    right, inside = outcome.right, outcome.in_scope
    found: dict[str, list[float]] = {"auroc": [], "joint": [], "ece": [], "kept": [], "coverage": []}
    stated = np.full(len(inside), np.nan)  # of every row, by the fit that didn't see it
    for number, (chosen, measured) in enumerate(halves(len(inside))):
        fitted = fitted_on(chosen)
        confidence, probability = fitted.confidence, fitted.probability
        threshold = best_joint_threshold(confidence[chosen], right[chosen], inside[chosen])
        both = joint(confidence[measured], right[measured], inside[measured], threshold)
        area = auroc(confidence[measured], inside[measured])
        if both and area is not None:
            found["joint"].append(both.joint)
            found["auroc"].append(area)
        if probability is None:  # a half that nothing can be fitted on promises nothing
            stated[measured] = np.nan
            continue
        stated[measured] = probability[measured]
        if number % 2 and not np.isnan(stated).any():  # both halves are stated
            found["ece"].append(expected_calibration_error(stated, right))
        answered = measured & (probability >= fitted.promised)
        found["kept"].append(float(not answered.any() or right[answered].mean() >= TARGET))
        found["coverage"].append(float(np.mean(answered[measured & inside])))
    figures: Figures = {k: 100 * fmean(v) if v else None for k, v in found.items() if k != "kept"}
    figures["kept"] = sum(found["kept"]) if found["kept"] else None
    figures["promises"] = float(len(found["kept"]))
    return figures | {"top1": 100 * top1(outcome.ranks[inside])}


def ours_fitted_on(findings: Sequence[Finding], outcome: Outcome) -> Fit:
    """Return the fit of the service itself: all evidence of its findings."""

    def fitted_on(chosen: np.ndarray) -> Fitted:
        rows = [finding for finding, is_chosen in zip(findings, chosen, strict=True) if is_chosen]
        try:
            fitted = calibrate_on_findings(rows, outcome.right[chosen], outcome.in_scope[chosen])
        except CalibrationImpossible:
            return Fitted(outcome.confidence)
        assert fitted.sure is not None
        promised = fitted.keeping(TARGET).answer_threshold
        return Fitted(confidences(findings, fitted), confidences(findings, fitted.sure), promised)

    return fitted_on


def score_fitted_on(outcome: Outcome) -> Fit:
    """Return the fit of a baseline: its one score, scaled to a probability (Platt)."""
    score, right, inside = outcome.confidence, outcome.right, outcome.in_scope

    def fitted_on(chosen: np.ndarray) -> Fitted:
        try:
            fitted = fit_on_questions(
                score[chosen, None],
                right[chosen],
                inside[chosen],
                features=("score",),
                num_leading=1,
                tells_scope=False,
            )
        except CalibrationImpossible:
            return Fitted(score)
        return Fitted(score, fitted.probability(score[:, None]), fitted.keeping(TARGET).answer_threshold)

    return fitted_on


def base_of(name: str, *, train: bool, quick: bool, seed: int, log: Sequence[LabelledText] = ()) -> ThrowAwayBase:
    """Build a set's knowledge base; it knows the rows of a log beside its own."""
    folder, _, kb = name.partition(":")
    return ThrowAwayBase(
        [*read_benchmark_file(BENCH / folder / f"{kb or 'kb'}.tsv"), *log],
        read_weights(),
        Path("/tmp") / "hangjia-bench-sets",  # a cache of models, named by their content
        companion=read_companion(),
        train=train,
        quick=quick,
        holds_answers=folder == "tidb_faq_zh",
        seed=seed,
        progress=lambda *_: None,
    )


def ours_of(base: ThrowAwayBase, rows: Sequence[LabelledText]) -> tuple[list[Finding], Outcome]:
    """Ask the service itself; return what it found, and that held against the labels."""
    findings = base.ask([row.text for row in rows])
    return findings, base.outcome([entries_of(f) for f in findings], [confidence_of(f) for f in findings], rows)


def run(name: str, *, train: bool, quick: bool, seed: int, log: Path | None) -> dict[str, object]:
    """Train and measure one set with one seed; the knowledge base knows a log's rows beside its own."""
    dev = read_benchmark_file(BENCH / name.partition(":")[0] / "dev.tsv")
    started = time.monotonic()
    known = read_benchmark_file(log) if log else ()
    base = base_of(name, train=train, quick=quick, seed=seed, log=known)
    findings, ours = ours_of(base, dev)
    figures = measure(ours, ours_fitted_on(findings, ours))
    alone = joint(ours.confidence, ours.right, ours.in_scope, findings[0].thresholds.answer)
    figures["joint_kb"] = 100 * alone.joint if alone else None
    figures["ece_kb"] = 100 * expected_calibration_error(ours.confidence, ours.right)
    systems = {k: measure(v, score_fitted_on(v)) for k, v in rank_baselines(base, dev).items()}
    num_inside = int(ours.in_scope.sum())
    low, high = wilson_interval(int(ours.right[ours.in_scope].sum()), num_inside)
    return {
        "set": name,
        "seed": seed,
        "n": num_inside,
        "n_oos": len(dev) - num_inside,
        "top1_ci95": [100 * low, 100 * high],
        "train_s": base.train_s,
        "seconds": time.monotonic() - started,
        "hangjia": figures,
        **systems,
    }


def main() -> None:
    """Measure and print, a line a set and seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=SETS, help="folder or folder:kb_file")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--no-train", dest="train", action="store_false")
    parser.add_argument("--quick", action="store_true", help="train the companion alone")
    parser.add_argument("--log", type=Path, help="rows that the knowledge base knows too, such as __oos__ ones")
    parser.add_argument("--out", type=Path, help="write every figure as JSON lines")
    options = parser.parse_args()
    for name in options.sets:
        for seed in options.seeds:
            report = run(name, train=options.train, quick=options.quick, seed=seed, log=options.log)
            if options.out:
                with options.out.open("a") as out:
                    out.write(json.dumps(report) + "\n")
            show(report)


def show(report: dict[str, object]) -> None:
    """Print one report as a table."""
    print(
        f"\n{report['set']}, seed {report['seed']}: {report['n']} in scope, {report['n_oos']} out of scope; "
        f"training {report['train_s'] or 0:.0f} s",
        flush=True,
    )
    columns = ("top1", "auroc", "joint", "ece", "kept", "coverage", "joint_kb", "ece_kb")
    print(f"{'':10}" + "".join(f"{c:>10}" for c in columns))
    for system in ("hangjia", "bm25", "tfidf", "svm", "encoder", "stack"):
        figures = report[system]
        assert isinstance(figures, dict)
        cells = ["–" if figures.get(c) is None else f"{figures[c]:.1f}" for c in columns]
        if 0 < figures["promises"] < NUM_SPLITS:
            cells[columns.index("kept")] = f"{figures['kept']:.0f} of {figures['promises']:.0f}"
        print(f"{system:10}" + "".join(f"{cell:>10}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
