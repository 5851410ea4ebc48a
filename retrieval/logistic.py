"""Multinomial logistic regression on phrasings' vectors: which of all entries a question is of, if it is of any."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax, softmax

from retrieval.ridge import Rows
from retrieval.vectors import Vectors

FloatArray = npt.NDArray[np.float64]
RANK = 128
"""Directions of most variance that are regressed on; all 896 fit several times as slowly and no better."""
INVERSE_PENALTY = 20.0
"""Beside a loss that counts every entry alike, however many phrasings it has (`docs/decisions/0020-posterior.md`)."""
LEAST_PHRASINGS = 2
"""Phrasings that an entry has in the median, from which there is something to learn."""
MAX_PROBABILITIES = 2**23
"""Most phrasings times entries that are fitted; it bounds the time and the memory of a fit."""
OPTIONS = {"maxiter": 200, "ftol": 1e-6}
"""A relative gain of less ends the fit."""
NUM_PARTS = 4
"""Parts of the phrasings, and of the entries, that are held out in turn."""


@dataclass(frozen=True, slots=True)
class LogisticRegression:
    """A fitted regression; one without directions knows nothing, and finds every entry as likely.

    Attributes:
        basis: (dim, r) float32, orthonormal.
        weights: (r + 1, C) float32; the last row is the intercept.
    """

    basis: Vectors
    weights: Vectors

    @classmethod
    def fit(cls, vectors: Vectors, groups: Rows) -> "LogisticRegression":
        """Fit to phrasings.

        Args:
            vectors: (n, dim) float32, centred unit vectors; n is 1 or more.
            groups: (n,) int64, the entry of each phrasing as 0 to C - 1, each at least once.
        """
        if not _is_worth_fitting(groups):
            return cls(vectors[:0].T.copy(), np.zeros((1, int(groups.max()) + 1), np.float32))
        basis = _principal_directions(vectors)
        return cls(basis, _fitted(vectors @ basis, groups))

    def suits(self, dim: int, num_entries: int) -> bool:
        """Tell whether it can be of a fit to so many entries, by vectors of this dimension."""
        rank = self.basis.shape[-1]
        return self.basis.shape == (dim, rank) and self.weights.shape == (rank + 1, num_entries)

    def posteriors(self, queries: Vectors) -> Vectors:
        """Return P(entry) (q, C) float32 of centred unit vectors (q, dim), as if each were of one of the entries."""
        return _probabilities(queries @ self.basis, self.weights)


@dataclass(frozen=True, slots=True)
class HeldOutPosteriors:
    """What a regression would have said of its own phrasings, had it not known them.

    Attributes:
        without_phrasing: (n, C) float32; a part of all phrasings was held out, each phrasing's own.
        without_entry: (n, C) float32; a part of all entries was held out, each phrasing's own. These have 0.
    """

    without_phrasing: Vectors
    without_entry: Vectors

    @classmethod
    def of(cls, vectors: Vectors, groups: Rows, *, seed: int = 0) -> "HeldOutPosteriors":
        """Fit without each part in turn.

        Args:
            vectors, groups: As `LogisticRegression.fit` takes them.
            seed: Of the parts.
        """
        num_entries = int(groups.max()) + 1
        without_phrasing = np.full((len(groups), num_entries), 1 / num_entries, np.float32)
        if not _is_worth_fitting(groups):
            return cls(without_phrasing, without_phrasing)
        without_entry = np.zeros_like(without_phrasing)
        random = np.random.default_rng(seed)
        rows = vectors @ _principal_directions(vectors)
        part_of_phrasing, part_of_entry = _parts_of_phrasings(groups, random), _parts(num_entries, random)
        for part in range(NUM_PARTS):
            asked = part_of_phrasing == part
            without_phrasing[asked] = _probabilities(rows[asked], _fitted(rows[~asked], groups[~asked]))
            known, asked = np.flatnonzero(part_of_entry != part), part_of_entry[groups] == part
            if len(known) and asked.any():
                weights = _fitted(rows[~asked], np.searchsorted(known, groups[~asked]))
                without_entry[np.ix_(asked, known)] = _probabilities(rows[asked], weights)
        return cls(without_phrasing, without_entry)


def _is_worth_fitting(groups: Rows) -> bool:
    sizes = np.bincount(groups)
    return bool(np.median(sizes) >= LEAST_PHRASINGS and len(groups) * len(sizes) <= MAX_PROBABILITIES)


def _principal_directions(vectors: Vectors) -> Vectors:
    """Return the directions (dim, r) float32 of most variance, r at most RANK."""
    if len(vectors) < vectors.shape[1]:  # by far the quicker way then
        descending = np.linalg.svd(vectors, full_matrices=False).Vh.T
    else:
        descending = np.linalg.eigh(vectors.T @ vectors).eigenvectors[:, ::-1]
    return np.ascontiguousarray(descending[:, :RANK])


def _parts(number: int, random: np.random.Generator) -> Rows:
    return random.permutation(number) % NUM_PARTS


def _parts_of_phrasings(groups: Rows, random: np.random.Generator) -> Rows:
    """Return the part (n,) int64 of each phrasing, never all of an entry; -1 for one without siblings."""
    shuffled = random.permutation(len(groups))
    by_entry = shuffled[np.argsort(groups[shuffled], kind="stable")]
    parts = np.empty(len(groups), np.int64)
    parts[by_entry] = np.arange(len(groups)) % NUM_PARTS
    parts[np.bincount(groups)[groups] == 1] = -1
    return parts


def _fitted(rows: Vectors, groups: Rows) -> Vectors:
    """Return weights and intercepts (r + 1, C) float32 of a fit to rows (n, r); the intercepts are free.

    scikit-learn finds the same, but its import is 126 MB and 1.6 to 2 s of CPU in a process that answers customers.

    References:
        Liu and Nocedal, "On the limited memory BFGS method", Mathematical Programming 1989.
    """
    sizes = np.bincount(groups)
    shape = rows.shape[1] + 1, len(sizes)
    importance = (len(groups) / (len(sizes) * sizes[groups])).astype(np.float32)
    is_own = np.arange(len(groups)), groups

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        weights = flat.reshape(shape).astype(np.float32)
        logs = log_softmax(rows @ weights[:-1] + weights[-1], axis=1)
        penalty = float(np.square(weights[:-1]).sum()) / (2 * INVERSE_PENALTY)
        value = penalty - float(logs[is_own] @ importance)
        slopes = np.exp(logs, out=logs)
        slopes[is_own] -= 1
        slopes *= importance[:, None]
        gradient = np.vstack([rows.T @ slopes + weights[:-1] / np.float32(INVERSE_PENALTY), slopes.sum(axis=0)])
        return value, gradient.ravel().astype(np.float64)

    from scipy.optimize import minimize  # heavy, and only needed to fit

    found = minimize(loss, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B", options=OPTIONS)
    weights: Vectors = found.x.reshape(shape).astype(np.float32)
    return weights


def _probabilities(rows: Vectors, weights: Vectors) -> Vectors:
    probabilities: Vectors = softmax(rows @ weights[:-1] + weights[-1], axis=1)
    return probabilities
