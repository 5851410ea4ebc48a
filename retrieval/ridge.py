"""Kernel ridge regression onto entries, and its exact cross-fitting without a refit."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve, lapack

from retrieval.vectors import Vectors

Rows = npt.NDArray[np.int64]

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
    gram[np.diag_indices_from(gram)] += penalty
    factor = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    coefficients: Vectors = cho_solve(factor, one_hot(groups), overwrite_b=True, check_finite=False)
    return coefficients


def one_hot(groups: Rows) -> Vectors:
    """Return (n, C) float32: 1 where a phrasing is of an entry."""
    return np.eye(int(groups.max()) + 1 if len(groups) else 0, dtype=np.float32)[groups]


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
        gram[np.diag_indices_from(gram)] += penalty
        factor, _ = lapack.spotrf(gram, lower=True, overwrite_a=True)
        inverse, _ = lapack.spotri(factor, lower=True, overwrite_c=True)
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        return cls(groups, inverse, inverse @ one_hot(groups))

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
