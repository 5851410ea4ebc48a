"""Measures the real pipeline on the public question sets, several seeds, beside every baseline of the same run.

python -m tests.bench.bench_sets                                   all sets, trained, seed 0
python -m tests.bench.bench_sets hint3_curekart --seeds 0 1 2
python -m tests.bench.bench_sets --no-train --out figures.json

Only DEV is public, so it is halved at random, 20 times and both ways: thresholds and Platt scaling come from one
half, joint, calibration error and promise are measured on the other. Top-1 and AUROC need no threshold and use all of it.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

import numpy as np

from tests.bench import django_for_benchmarks

django_for_benchmarks()

from nlp.calibration import Calibration, promise_threshold, recalibrate  # noqa: E402  # Django first
from nlp.exceptions import CalibrationImpossible  # noqa: E402
from nlp.metrics import (  # noqa: E402
    auroc,
    best_joint_threshold,
    expected_calibration_error,
    joint,
    top1,
    wilson_interval,
)
from qa.benchmarking.files import read_benchmark_file  # noqa: E402
from qa.benchmarking.running import Outcome, ThrowAwayBase, confidence_of, entries_of, rank_baselines  # noqa: E402
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
UNIT = Calibration(("log_odds",), (0.0,), (1.0,), (1.0,), 0.0, 0.5, 0.25)
Figures = dict[str, float | None]


def halves(num_rows: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield masks of DEV's rows: one half to choose on, the other to measure on, then the other way round."""
    rng = np.random.default_rng(0)
    for _ in range(NUM_SPLITS // 2):
        first = rng.permutation(num_rows) < num_rows // 2
        yield first, ~first
        yield ~first, first


def measure(outcome: Outcome, sureness: np.ndarray | None = None) -> Figures:
    """Measure one system's rankings and confidences; promises and calibration error rest on `sureness`."""
    confidence, right, inside = outcome.confidence, outcome.right, outcome.in_scope
    found: dict[str, list[float]] = {"joint": [], "ece": [], "kept": [], "coverage": []}
    for chosen, measured in halves(len(inside)):
        threshold = best_joint_threshold(confidence[chosen], right[chosen], inside[chosen])
        both = joint(confidence[measured], right[measured], inside[measured], threshold)
        if both:
            found["joint"].append(both.joint)
        probability = calibrated(confidence if sureness is None else sureness, right, inside, chosen)
        if probability is None:
            continue
        found["ece"].append(expected_calibration_error(probability[measured], right[measured]))
        promised = promise_threshold(probability[chosen], right[chosen], target=TARGET)
        answered = measured & (probability >= (2.0 if promised is None else promised))
        found["kept"].append(float(not answered.any() or right[answered].mean() >= TARGET))
        found["coverage"].append(float(np.mean(answered[measured & inside])))
    area = auroc(confidence, inside)
    figures: Figures = {k: 100 * fmean(v) if v else None for k, v in found.items() if k != "kept"}
    figures["kept"] = sum(found["kept"]) if found["kept"] else None
    return figures | {"top1": 100 * top1(outcome.ranks[inside]), "auroc": None if area is None else 100 * area}


def calibrated(confidence: np.ndarray, right: np.ndarray, inside: np.ndarray, chosen: np.ndarray) -> np.ndarray | None:
    """Scale confidences to probabilities on one half; any score is first brought to 0..1 by its own spread."""
    squashed = 1 / (1 + np.exp(-(confidence - confidence[chosen].mean()) / (confidence[chosen].std() + 1e-9)))
    try:
        fitted = recalibrate(UNIT, squashed[chosen], right[chosen], inside[chosen])
    except CalibrationImpossible:
        return None
    return fitted.probability(np.log(squashed / (1 - squashed))[:, None])


def run(name: str, *, train: bool, seed: int) -> dict[str, object]:
    """Train and measure one set with one seed."""
    folder, _, kb = name.partition(":")
    holds_answers = folder == "tidb_faq_zh"
    rows = read_benchmark_file(BENCH / folder / f"{kb or 'kb'}.tsv")
    dev = read_benchmark_file(BENCH / folder / "dev.tsv")
    started = time.monotonic()
    base = ThrowAwayBase(
        rows,
        read_weights(),
        Path("/tmp") / "hangjia-bench-sets",  # a cache of models, named by their content
        companion=read_companion(),
        train=train,
        holds_answers=holds_answers,
        seed=seed,
        progress=lambda *_: None,
    )
    findings = base.ask([r.text for r in dev])
    ours = base.outcome([entries_of(f) for f in findings], [confidence_of(f) for f in findings], dev)
    sureness = np.clip(base.sureness(findings), 1e-6, 1 - 1e-6)
    figures = measure(ours, np.log(sureness / (1 - sureness)))
    alone = joint(ours.confidence, ours.right, ours.in_scope, findings[0].thresholds.answer)
    figures["joint_kb"] = 100 * alone.joint if alone else None
    figures["ece_kb"] = 100 * expected_calibration_error(ours.confidence, ours.right)
    systems = {k: measure(v) for k, v in rank_baselines(base, dev).items()}
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
    parser.add_argument("--out", type=Path, help="write every figure as JSON lines")
    options = parser.parse_args()
    for name in options.sets:
        for seed in options.seeds:
            report = run(name, train=options.train, seed=seed)
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
        print(f"{system:10}" + "".join(f"{cell:>10}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
