"""Nearest neighbours of a vector: FAISS, exact while small, a graph above."""

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from retrieval.vectors import Vectors, products

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# Any: the stubs of faiss 1.15 lack what its Python layer adds (keywords of SearchParameters, arrays
# for selectors, the HNSW classes' attributes).
_faiss: Any = faiss

# With two threads FAISS is slower than with one, and the web process has other work for the second core.
faiss.omp_set_num_threads(1)

FLAT_LIMIT = 50_000
"""Most vectors that are searched exhaustively. Measured: `docs/decisions/0004-index-crossover.md`."""
SCAN_LIMIT = 5_000
"""Most rows left by a filter that are compared one by one instead of walking the graph."""
HNSW_LINKS = 32
EF_CONSTRUCTION = 100
EF_SEARCH = 128


class VectorIndex:
    """Immutable index of centred unit vectors; ids are the rows, 0 to n - 1.

    Args:
        index: A filled FAISS index with inner products that can give its vectors back.
    """

    def __init__(self, index: faiss.Index) -> None:
        self.faiss_index = index

    @classmethod
    def build(cls, vectors: Vectors) -> "VectorIndex":
        """Index (n, dim) float32 unit vectors: flat up to `FLAT_LIMIT`, HNSW above."""
        dim = vectors.shape[1]
        if len(vectors) <= FLAT_LIMIT:
            index = _faiss.IndexFlatIP(dim)
        else:
            index = _faiss.IndexHNSWFlat(dim, HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
            index.hnsw.efConstruction = EF_CONSTRUCTION
        index.add(vectors)
        return cls(index)

    def __len__(self) -> int:
        return int(self.faiss_index.ntotal)

    @property
    def dim(self) -> int:
        """Dimension of the vectors."""
        return int(self.faiss_index.d)

    def vectors(self) -> Vectors:
        """Return a copy of all vectors, (n, dim) float32."""
        vectors: Vectors = self.faiss_index.reconstruct_n(0, len(self))
        return vectors

    def cosines(self, query: Vectors, rows: Rows) -> Vectors:
        """Return the cosines (m,) float32 of a unit query (dim,) with the given rows (m,)."""
        if not len(rows):
            return np.zeros(0, np.float32)
        cosines: Vectors = self.faiss_index.reconstruct_batch(rows) @ query
        return cosines

    def products(self, queries: Vectors) -> Vectors:
        """Return the cosines (m, n) float32 of unit queries (m, dim) with every vector; of an exhaustive index only."""
        return products(self._stored(), queries)

    def search(self, query: Vectors, num_neighbours: int, mask: Mask) -> tuple[Rows, Vectors]:
        """Find the nearest rows that a mask allows.

        Args:
            query: (dim,) float32 unit vector.
            num_neighbours: Most rows that are returned.
            mask: (n,) bool, true for rows that may be returned.

        Returns:
            Rows (m,) int64 and cosines (m,) float32, best first; m is smaller than `num_neighbours`
            where the mask allows fewer. FAISS's `-1` for "none" never leaves this function.
        """
        num_allowed = int(np.count_nonzero(mask))
        if num_allowed == 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        if self._is_graph and num_allowed <= SCAN_LIMIT:
            # A graph walked through a narrow filter loses neighbours; few rows are scanned as fast.
            return self._scan(query, num_neighbours, np.flatnonzero(mask))
        k = min(num_neighbours, num_allowed)
        bitmap = np.packbits(mask, bitorder="little")  # alive until the search has returned
        selector = None if num_allowed == len(mask) else _faiss.IDSelectorBitmap(bitmap)
        cosines, rows = self.faiss_index.search(query[None, :], k, params=self._parameters(selector))
        found = rows[0] >= 0
        return rows[0][found], cosines[0][found]

    @property
    def is_exhaustive(self) -> bool:
        """Whether a query is compared with every vector."""
        return isinstance(self.faiss_index, faiss.IndexFlat)

    @property
    def _is_graph(self) -> bool:
        return isinstance(self.faiss_index, faiss.IndexHNSW)

    def _stored(self) -> Vectors:
        """Return FAISS's own copy of the vectors (n, dim). It lives as long as the index: not to be handed on."""
        if not len(self):
            return np.zeros((0, self.dim), np.float32)
        stored: Vectors = _faiss.rev_swig_ptr(_faiss.downcast_index(self.faiss_index).get_xb(), len(self) * self.dim)
        return stored.reshape(len(self), self.dim)

    def _parameters(self, selector: object) -> Any:
        if self._is_graph:
            return _faiss.SearchParametersHNSW(efSearch=EF_SEARCH, sel=selector)
        return _faiss.SearchParameters(sel=selector)

    def _scan(self, query: Vectors, num_neighbours: int, rows: Rows) -> tuple[Rows, Vectors]:
        cosines = self.cosines(query, rows)
        best = np.argsort(-cosines, kind="stable")[:num_neighbours]
        return rows[best], cosines[best]
