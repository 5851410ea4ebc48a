"""Measures what out-of-scope questions of a log are worth, when the knowledge base knows them as a topic to decline.

python -m tests.bench.bench_log                             banking77_oos, clinc150 with ten phrasings an entry, HINT3
python -m tests.bench.bench_log banking77_oos --quick       the companion is trained

The questions that are measured never are in the log; whether their *topics* are is told apart:

- banking77_oos: the topics are 27 intents of the same bank. The log has questions of half of them (from banking77),
  then of the other. "seen" is measured on questions of the log's half, "unseen" on those of the other.
- clinc150: its 100 out-of-scope questions for training share no topic with DEV. All are unseen.
- HINT3 has no topics. The log is one half of DEV's out-of-scope questions, then the other; the rest is measured:
  of what comes in at the same shop, told apart no further ("mixed").

As in `bench_sets`, confidence and threshold are fitted on halves of what is left of DEV and measured on the other half.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import numpy.typing as npt

from nlp.metrics import auroc, best_joint_threshold, joint
from nlp.text import normalise
from qa.benchmarking.files import OUT_OF_SCOPE, LabelledText, read_benchmark_file
from tests.bench.bench_sets import BENCH, ThrowAwayBase, base_of, halves, ours_fitted_on, ours_of

SETS = ("banking77_oos", "clinc150:kb_10shot", "hint3_sofmattress", "hint3_curekart", "hint3_powerplay11")
NUM_DRAWINGS = 2
"""Ways in which topics or questions are halved; each half is the log once."""
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Drawing:
    """One log, and the questions that are measured.

    Attributes:
        log: What the knowledge base knows beside its own.
        dev: Questions to fit and to measure on.
        parts: (n,) of each kind of topic, which out-of-scope questions of `dev` are of it.
    """

    log: Sequence[LabelledText]
    dev: Sequence[LabelledText]
    parts: dict[str, Mask]


def drawings_of(folder: str, *, most: int) -> Iterator[Drawing]:
    """Draw logs of a set.

    Args:
        most: Questions in a log.
    """
    dev = read_benchmark_file(BENCH / folder / "dev.tsv")
    if folder == "clinc150":
        is_outside = np.array([row.label == OUT_OF_SCOPE for row in dev])
        yield Drawing(read_benchmark_file(BENCH / folder / "oos_train.tsv")[:most], dev, {"unseen": is_outside})
        return
    draw = by_topic if folder == "banking77_oos" else by_question
    for seed in range(NUM_DRAWINGS):
        yield from draw(dev, most, np.random.default_rng(seed))


def by_topic(dev: Sequence[LabelledText], most: int, rng: np.random.Generator) -> Iterator[Drawing]:
    """Halve banking77_oos' topics: the log has questions of one half, then of the other."""
    whole = [row for part in ("kb", "dev") for row in read_benchmark_file(BENCH / "banking77" / f"{part}.tsv")]
    topic_of = {normalise(row.text): row.label for row in whole}
    measured = [topic_of[normalise(row.text)] if row.label == OUT_OF_SCOPE else "" for row in dev]
    asked = {normalise(row.text) for row in dev}
    topics = sorted(set(measured) - {""})
    halved = rng.permutation(len(topics)) % 2 == 0
    for seen in (halved, ~halved):
        in_log = {topic for topic, is_seen in zip(topics, seen, strict=True) if is_seen}
        known = [row.text for row in whole if row.label in in_log and normalise(row.text) not in asked]
        log = [LabelledText(OUT_OF_SCOPE, known[i]) for i in rng.permutation(len(known))[:most]]
        is_seen = np.array([topic in in_log for topic in measured])
        is_outside = np.array([bool(topic) for topic in measured])
        yield Drawing(log, dev, {"seen": is_seen, "unseen": is_outside & ~is_seen})


def by_question(dev: Sequence[LabelledText], most: int, rng: np.random.Generator) -> Iterator[Drawing]:
    """Halve a set's out-of-scope questions: one half is the log, then the other."""
    outside = [i for i, row in enumerate(dev) if row.label == OUT_OF_SCOPE]
    halved = rng.permutation(len(outside)) % 2 == 0
    for chosen in (halved, ~halved):
        in_log = {i for i, is_chosen in zip(outside, chosen, strict=True) if is_chosen}
        rest = [row for i, row in enumerate(dev) if i not in in_log]
        is_outside = np.array([row.label == OUT_OF_SCOPE for row in rest])
        yield Drawing([dev[i] for i in sorted(in_log)][:most], rest, {"mixed": is_outside})


def measure(drawing: Drawing, base: ThrowAwayBase) -> dict[str, tuple[float, float]]:
    """Return AUROC and joint of each part, per cent: means over halves."""
    findings, ours = ours_of(base, drawing.dev)
    fitted_on = ours_fitted_on(findings, ours)
    found: dict[str, list[tuple[float, float]]] = {part: [] for part in drawing.parts}
    for chosen, measured in halves(len(drawing.dev)):
        confidence = fitted_on(chosen).confidence
        threshold = best_joint_threshold(confidence[chosen], ours.right[chosen], ours.in_scope[chosen])
        for part, is_of_part in drawing.parts.items():
            rows = measured & (ours.in_scope | is_of_part)
            both = joint(confidence[rows], ours.right[rows], ours.in_scope[rows], threshold)
            area = auroc(confidence[rows], ours.in_scope[rows])
            if both and area is not None:
                found[part].append((100 * area, 100 * both.joint))
    return {part: mean_of(pairs) for part, pairs in found.items()}


def mean_of(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the mean of each column."""
    first, second = zip(*pairs, strict=True)
    return fmean(first), fmean(second)


def main() -> None:
    """Measure each set with and without a log."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=SETS, help="folder or folder:kb_file")
    parser.add_argument("--quick", action="store_true", help="train the companion")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=int, default=200, help="questions in a log")
    options = parser.parse_args()
    print(f"{'':24}{'topics':>8}{'rows':>6}{'AUROC':>14}{'joint':>16}", flush=True)
    for name in options.sets:
        drawings = list(drawings_of(name.partition(":")[0], most=options.most))
        found: dict[str, list[tuple[float, ...]]] = {}
        bare = base_of(name, train=options.quick, quick=True, seed=options.seed)
        for drawing in drawings:
            known = base_of(name, train=options.quick, quick=True, seed=options.seed, log=drawing.log)
            before, after = measure(drawing, bare), measure(drawing, known)
            for part in drawing.parts:
                found.setdefault(part, []).append((*before[part], *after[part]))
        num_rows = len(drawings[0].log)
        for part, rows in found.items():
            area, score, area_known, score_known = (fmean(column) for column in zip(*rows, strict=True))
            areas, scores = f"{area:.1f} -> {area_known:.1f}", f"{score:.1f} -> {score_known:.1f}"
            print(f"{name:24}{part:>8}{num_rows:>6}{areas:>14}{scores:>16}", flush=True)


if __name__ == "__main__":
    main()
