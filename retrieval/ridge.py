"""Kernel ridge regression onto entries, and its exact cross-fitting without a refit."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from retrieval.vectors import Vectors

Rows = npt.NDArray[np.int64]

# As for FAISS: OpenBLAS's threads wait for each other by spinning. Beside other work on the same cores
# the fit of 900 phrasings took 2 s with two threads and 0.1 s with one. For the whole process.
threadpool_limits(1, user_api="blas")

LEAST_PENALTY, MOST_PENALTY = 0.1, 1.0
PHRASINGS_PER_PENALTY = 100
"""The penalty is the median number of phrasings an entry over this (`docs/decisions/0006-class-scores.md`)."""


def penalty_for(groups: Rows) -> float:
    """Return the ridge penalty that suits a knowledge base, 0.1 to 1.

    Args:
        groups: (n,) int64, the entry of each phrasing as 0 to C - 1.
    """
    median = float(np.median(np.bincount(groups)))
    return float(np.clip(median / PHRASINGS_PER_PENALTY, LEAST_PENALTY, MOST_PENALTY))


def solve_ridge(gram: Vectors, groups: Rows, penalty: float) -> Vectors:
    """Fit one regression an entry: 1 on its own phrasings, 0 on all others.

    A question's class scores are `kernel(question, phrasings) @ coefficients`.

    Args:
        gram: (n, n) float32, the kernel between phrasings; overwritten.
        groups: (n,) int64, the entry of each phrasing as 0 to C - 1.
        penalty: Added to the kernel's diagonal, above 0.

    Returns:
        Coefficients (n, C) float32.

    References:
        Saunders, Gammerman and Vovk, "Ridge regression learning algorithm in dual variables", ICML 1998.
    """
    return _solved(gram, penalty, one_hot(groups).toarray(order="F"))


def one_hot(groups: Rows) -> sparse.csr_array:
    """Return (n, C) float32: 1 where a phrasing is of an entry."""
    num_rows = len(groups)
    ends = np.arange(num_rows + 1)
    shape = (num_rows, int(groups.max()) + 1 if num_rows else 0)
    return sparse.csr_array((np.ones(num_rows, np.float32), groups, ends), shape=shape)


def _solved(gram: Vectors, penalty: float, targets: Vectors) -> Vectors:
    """Return the inverse of a kernel with its penalty times targets (n, m) in column order; both are overwritten."""
    gram[np.diag_indices_from(gram)] += penalty
    # LAPACK works on columns; a symmetric matrix's transpose is itself, and spares a copy of it.
    factor = cho_factor(gram.T, lower=True, overwrite_a=True, check_finite=False)
    solution: Vectors = cho_solve(factor, targets, overwrite_b=True, check_finite=False)
    return solution


@dataclass(frozen=True, slots=True)
class CrossFit:
    """A ridge that can tell what it would have said of its own phrasings, had it not known them.

    Attributes:
        groups: (n,) int64.
        inverse: (n, n) float32, of the kernel with its penalty.
        coefficients: (n, C) float32.
    """

    groups: Rows
    inverse: Vectors
    coefficients: Vectors

    @classmethod
    def of(cls, gram: Vectors, groups: Rows, penalty: float) -> "CrossFit":
        """Fit to a kernel (n, n) float32, which is overwritten."""
        # Solved for, although LAPACK inverts with a third of the operations: measured, `potri` takes up to
        # ten times as long as this when other processes use the cores.
        inverse = _solved(gram, penalty, np.eye(len(gram), dtype=np.float32, order="F"))
        coefficients = np.ascontiguousarray((one_hot(groups).T @ inverse.T).T)
        return cls(groups, inverse, coefficients)

    def without(self, row: int, left_out: Rows) -> Vectors:
        """Return the class scores (C,) float32 of a phrasing, as if some phrasings were not known.

        Args:
            row: The phrasing that is asked.
            left_out: (m,) int64, the rows that are left out, `row` among them.

        References:
            The block form of leave-one-out in closed form: Cawley and Talbot, "Efficient leave-one-out
            cross-validation of kernel Fisher discriminant classifiers", Pattern Recognition 2003.
        """
        targets = np.zeros((len(left_out), self.coefficients.shape[1]), np.float32)
        targets[np.arange(len(left_out)), self.groups[left_out]] = 1.0
        block = self.inverse[np.ix_(left_out, left_out)]
        residuals = np.linalg.solve(block, self.coefficients[left_out])
        position = int(np.flatnonzero(left_out == row)[0])
        scores: Vectors = targets[position] - residuals[position]
        return scores
