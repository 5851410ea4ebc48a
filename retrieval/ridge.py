"""Kernel ridge regression onto entries, and its exact cross-fitting without a refit."""

from collections.abc import Iterator, Sequence
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
COLUMNS_AT_ONCE = 1_024
"""Columns of an inverse that are solved for together."""
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
    return _times_inverse(_factor(gram, penalty), targets)


def _factor(gram: Vectors, penalty: float) -> Vectors:
    """Return Cholesky's factor (n, n) of a kernel with its penalty, in its place."""
    gram[np.diag_indices_from(gram)] += penalty
    # LAPACK works on columns; a symmetric matrix's transpose is itself, and spares a copy of it.
    factor: Vectors = cho_factor(gram.T, lower=True, overwrite_a=True, check_finite=False)[0]
    return factor


def _times_inverse(factor: Vectors, targets: Vectors) -> Vectors:
    """Return the inverse of what was factored times targets (n, m) in column order, in their place."""
    solution: Vectors = cho_solve((factor, True), targets, overwrite_b=True, check_finite=False)
    return solution


@dataclass(frozen=True, slots=True)
class CrossFit:
    """A ridge that can tell what it would have said of its own phrasings, had it not known them.

    Attributes:
        siblings: Of each entry its phrasings, ascending; (m,) int64.
        blocks: Of each entry what the kernel's inverse, with its penalty, has between its phrasings; (m, m) float32.
        groups: (n,) int64.
        coefficients: (n, C) float32.
    """

    siblings: tuple[Rows, ...]
    blocks: tuple[Vectors, ...]
    groups: Rows
    coefficients: Vectors

    @classmethod
    def of(cls, gram: Vectors, groups: Rows, penalty: float) -> "CrossFit":
        """Fit to a kernel (n, n) float32, which is overwritten."""
        num_rows, num_entries = len(groups), int(groups.max()) + 1
        # Solved for, although LAPACK inverts with a third of the operations: measured, `potri` takes up to
        # ten times as long as this when other processes use the cores.
        factor = _factor(gram, penalty)
        siblings = np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1])
        coefficients, blocks = np.empty((num_rows, num_entries), np.float32), []
        for entries in _runs([len(of_entry) for of_entry in siblings]):
            # By parts: the whole inverse is as large as the kernel, and only its blocks are needed.
            columns = np.concatenate([siblings[entry] for entry in entries])
            targets = np.zeros((num_rows, len(columns)), np.float32, order="F")
            targets[columns, np.arange(len(columns))] = 1.0
            inverse = _times_inverse(factor, targets)
            ends = np.cumsum([len(siblings[entry]) for entry in entries])
            for entry, own in zip(entries, np.split(inverse, ends[:-1], axis=1), strict=True):
                coefficients[:, entry] = own.sum(axis=1)
                blocks.append(own[siblings[entry]])
        return cls(tuple(siblings), tuple(blocks), groups, coefficients)

    def without(self, row: int, left_out: Rows) -> Vectors:
        """Return the class scores (C,) float32 of a phrasing, as if some of its entry were not known.

        Args:
            row: The phrasing that is asked.
            left_out: (m,) int64, the rows that are left out, `row` among them; all of one entry.

        References:
            The block form of leave-one-out in closed form: Cawley and Talbot, "Efficient leave-one-out
            cross-validation of kernel Fisher discriminant classifiers", Pattern Recognition 2003.
        """
        entry = self.groups[row]
        targets = np.zeros((len(left_out), self.coefficients.shape[1]), np.float32)
        targets[:, entry] = 1.0
        places = np.searchsorted(self.siblings[entry], left_out)
        block = self.blocks[entry][np.ix_(places, places)]
        residuals = np.linalg.solve(block, self.coefficients[left_out])
        position = int(np.flatnonzero(left_out == row)[0])
        scores: Vectors = targets[position] - residuals[position]
        return scores


def _runs(sizes: Sequence[int]) -> Iterator[range]:
    """Yield runs of entries of so many phrasings, each of at most COLUMNS_AT_ONCE phrasings or of one entry."""
    start, number = 0, 0
    for entry, size in enumerate(sizes):
        if number and number + size > COLUMNS_AT_ONCE:
            yield range(start, entry)
            start, number = entry, 0
        number += size
    yield range(start, len(sizes))
