"""Print flat, HNSW and IVF beside each other: recall@10, ms a query, build seconds.

    .venv/bin/python tests/bench/bench_index.py [SIZE ...]

The figures of docs/decisions/0004-index-crossover.md. Vectors are a mixture of tight groups, as the
phrasings of entries are; independent random vectors have no neighbours worth finding.
"""

import sys
import time

import faiss
import numpy as np
import numpy.typing as npt

DIM = 384
NUM_QUERIES = 200
SPREAD = 0.6  # noise over signal inside a group: nearest cosines of 0.6 to 0.8, as real phrasings have
Vectors = npt.NDArray[np.float32]


def make_vectors(size: int, seed: int) -> tuple[Vectors, Vectors]:
    """Return (size, DIM) documents and (NUM_QUERIES, DIM) queries, float32, L2-normalised."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((size // 10, DIM), np.float32)

    def draw(count: int) -> Vectors:
        vectors = centres[rng.integers(len(centres), size=count)]
        vectors = vectors + np.float32(SPREAD) * rng.standard_normal((count, DIM), np.float32)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    return draw(size), draw(NUM_QUERIES)


def make_indexes(size: int) -> dict[str, faiss.Index]:
    """Return the empty indexes to compare."""
    hnsw = faiss.IndexHNSWFlat(DIM, 32, faiss.METRIC_INNER_PRODUCT)
    hnsw.hnsw.efConstruction, hnsw.hnsw.efSearch = 100, 128
    num_lists = int(4 * size**0.5)
    ivf = faiss.IndexIVFFlat(faiss.IndexFlatIP(DIM), DIM, num_lists, faiss.METRIC_INNER_PRODUCT)
    ivf.nprobe, ivf.cp.niter, ivf.cp.max_points_per_centroid = max(1, num_lists // 20), 8, 64
    ivf.cp.min_points_per_centroid = 1
    return {"flat": faiss.IndexFlatIP(DIM), "hnsw32": hnsw, "ivf": ivf}


def measure(index: faiss.Index, queries: Vectors) -> tuple[npt.NDArray[np.int64], float]:
    """Return the 10 neighbours of each query, asked one by one, and the milliseconds of one."""
    index.search(queries[:1], 64)
    start = time.perf_counter()
    rows = [index.search(query[None], 64)[1][0] for query in queries]
    return np.stack(rows)[:, :10], (time.perf_counter() - start) * 1000 / len(queries)


def main(sizes: list[int]) -> None:
    """Measure every index at every size."""
    faiss.omp_set_num_threads(1)
    print(f"{'size':>7} {'index':>7} {'recall@10':>9} {'ms':>7} {'build s':>8}")
    for size in sizes:
        vectors, queries = make_vectors(size, seed=size)
        truth: npt.NDArray[np.int64] | None = None
        for name, index in make_indexes(size).items():
            start = time.perf_counter()
            index.train(vectors)
            index.add(vectors)
            build_s = time.perf_counter() - start
            rows, ms = measure(index, queries)
            truth = rows if truth is None else truth
            found = [len(set(a) & set(b)) / 10 for a, b in zip(rows, truth, strict=True)]
            print(f"{size:7d} {name:>7} {np.mean(found):9.3f} {ms:7.3f} {build_s:8.1f}", flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1_000, 10_000, 50_000, 100_000])
