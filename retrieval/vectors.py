"""Checks and centring of vectors, at the boundary of the index."""

from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from retrieval.exceptions import VectorsInvalid

Vectors = npt.NDArray[np.float32]

_faiss: Any = faiss  # its stubs lack the functions on pointers

PRIOR_DOCUMENTS = 8
"""Weight of the origin in a mean, in documents. The mean of a handful of phrasings is the phrasings
themselves, and subtracting it whole would leave nothing of them; beside hundreds it doesn't count."""

MANY_QUERIES = 6
"""Queries from which one matrix product beats FAISS, one query after another: `docs/decisions/0010-one-product.md`."""

_SMALLEST_RADIUS = 1e-6


def checked_vectors(vectors: npt.ArrayLike, num_rows: int, dim: int | None = None) -> Vectors:
    """Return vectors as C-contiguous float32, or say why they can't be indexed.

    Args:
        vectors: (num_rows, dim) numbers.
        num_rows: Number of documents that they belong to.
        dim: Dimension that they must have; None for any.

    Raises:
        VectorsInvalid: On another shape, or on a number that is not finite.
    """
    array = np.ascontiguousarray(vectors, dtype=np.float32)
    expected = f"({num_rows}, {'any' if dim is None else dim})"
    if array.ndim != 2 or len(array) != num_rows or (dim is not None and array.shape[1] != dim):
        raise VectorsInvalid(
            f"Vectors of shape {array.shape} were given, {expected} was expected: encode each document "
            "once, with the encoder that the index was built with."
        )
    if not np.isfinite(array).all():
        raise VectorsInvalid("Vectors with NaN or infinity were given: encode these documents again.")
    return array


def products(matrix: Vectors, queries: Vectors) -> Vectors:
    """Return the inner products (m, n) float32 of queries (m, dim) with the rows of a matrix (n, dim) in row order.

    A query's products are the same in any company to rounding.
    """
    if len(queries) >= MANY_QUERIES:
        return np.ascontiguousarray((matrix @ queries.T).T)
    found = np.empty((len(queries), len(matrix)), np.float32)
    for query, of_query in zip(np.ascontiguousarray(queries), found, strict=True):
        _faiss.fvec_inner_products_ny(*map(_faiss.swig_ptr, (of_query, query, matrix)), matrix.shape[1], len(matrix))
    return found


@dataclass(frozen=True, slots=True)
class Centring:
    """Moves the origin to the mean of the documents and puts every vector back on the unit sphere.

    Sentence encoders leave a cone of directions unused (e5's cosines lie between 0.77 and 0.91 whatever
    is compared); seen from the mean, unrelated texts are at 0.

    Attributes:
        center: (dim,) float32, subtracted from documents and queries.

    References:
        Mu and Viswanath, "All-but-the-Top", ICLR 2018.
    """

    center: Vectors

    @classmethod
    def of(cls, vectors: Vectors) -> "Centring":
        """Take the mean of (n, dim) float32 document vectors, shrunk a little towards the origin."""
        return cls((vectors.sum(axis=0) / (len(vectors) + PRIOR_DOCUMENTS)).astype(np.float32))

    def apply(self, vectors: Vectors) -> tuple[Vectors, Vectors]:
        """Return the centred unit vectors (n, dim) float32 and their distances from the centre (n,) float32.

        A vector at the centre itself becomes zero: alike to nothing.
        """
        moved = vectors - self.center
        radii = np.linalg.norm(moved, axis=1)
        return moved / np.maximum(radii, _SMALLEST_RADIUS)[:, None], radii

    def undo(self, centred: Vectors, radii: Vectors) -> Vectors:
        """Return the vectors that `apply` was given, (n, dim) float32."""
        return centred * radii[:, None] + self.center
