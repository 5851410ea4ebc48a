"""What can be promised of automatic answers, and from which confidence on they may be given."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FeatureArray = npt.NDArray[np.float64]

PROMISES = (0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99)
"""Shares of right answers that are tried for every calibration."""
CHAIN_STARTS = (0.0, 0.5)
"""Shares of all questions answered at which a chain of tests for a promise begins."""


@dataclass(frozen=True)
class Promise:
    """A share of right automatic answers that held-out questions say can be kept.

    Attributes:
        target: The share, 0..1.
        threshold: P(correct) from which answering keeps it, 0..1.
        coverage: Share of in-scope questions that are then answered, 0..1.
    """

    target: float
    threshold: float
    coverage: float


def keepable_promises(
    probability: FeatureArray, right: npt.NDArray[np.bool_], in_scope: npt.NDArray[np.bool_]
) -> tuple[Promise, ...]:
    """Return which of `PROMISES` can be kept, with 95 % confidence each, and at what coverage.

    Args:
        probability: (n,) P(correct) of held-out questions' first entries.
        right, in_scope: (n,).
    """
    promises = []
    for target in PROMISES:
        threshold = promise_threshold(probability, right, target=target)
        if threshold is not None and in_scope.any():
            promises.append(Promise(target, threshold, float(np.mean(probability[in_scope] >= threshold))))
    return tuple(promises)


def promise_threshold(
    probability: FeatureArray, right: npt.NDArray[np.bool_], *, target: float, confidence: float = 0.95
) -> float | None:
    """Return the lowest threshold above which a share `target` of answers will be right, with `confidence`.

    Two things must hold at every threshold above it: the share right among all answers that will ever be given is
    shown to be the target (Clopper and Pearson), and so many further answers as were seen here will have that
    share (they scatter around it too: without this, one promise in six was broken by what came next).

    Args:
        probability: (n,) of held-out questions' first entries, out-of-scope ones included.
        right: (n,).
        target, confidence: 0..1.

    Returns:
        The threshold, or None when no threshold keeps the promise on these questions.

    References:
        Clopper & Pearson 1934 for the bound; the beta-binomial distribution under Jeffreys' prior for what
        follows. Angelopoulos et al. 2022, "Learn then test": thresholds are tested from high to low and the
        first failure ends a chain (fixed-sequence testing); the chains that start at several coverages share
        the risk (Bonferroni), so that one early error doesn't end all.
    """
    if not 0 < target < 1:
        return None if target >= 1 else 0.0  # no number of answers shows that none is ever wrong
    if not len(probability):
        return None
    order = np.argsort(-probability, kind="stable")
    ordered, num_right = probability[order], np.cumsum(right[order], dtype=np.int64)
    # A threshold can't part equals: only counts that end a run of equal probabilities are tested.
    counts = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)) + 1
    risk = (1 - confidence) / len(CHAIN_STARTS)
    holds = _holds(num_right[counts - 1], counts, target=target, risk=risk)
    # The first counts could not show it, had every answer been right: they end no chain.
    least = int(np.argmax(_holds(counts, counts, target=target, risk=risk)))
    reached = 0
    for start in CHAIN_STARTS:
        first = max(least, int(np.searchsorted(counts, start * len(order))))
        failed = np.flatnonzero(~holds[first:])
        end = first + (int(failed[0]) if len(failed) else len(counts) - first)
        if end > first:
            reached = max(reached, int(counts[end - 1]))
    return float(ordered[reached - 1]) if reached else None


def _holds(
    num_right: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], *, target: float, risk: float
) -> npt.NDArray[np.bool_]:
    """Tell for each count whether the target is shown, and will be met by as many further answers, but for `risk`."""
    from scipy.stats import beta  # heavy, and only needed to fit

    shown = np.where(num_right > 0, beta.ppf(risk, np.maximum(num_right, 1), counts - num_right + 1), 0.0) >= target
    return np.asarray(shown & (_odds_of_meeting(num_right, counts, target=target) >= 1 - risk))


def _odds_of_meeting(num_right: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], *, target: float) -> FeatureArray:
    """Return the probability (n,) that of as many further answers a share `target` will be right.

    The number of wrong ones is beta-binomial; its terms are summed from none to those that are allowed, the last one
    in proportion, so that rounding makes no sawtooth.
    """
    from scipy.special import betaln

    right, wrong = num_right + 0.5, counts - num_right + 0.5
    allowed = (1 - target) * counts + 1e-9
    term = np.exp(betaln(right + counts, wrong) - betaln(right, wrong))
    odds = np.zeros(len(counts))
    for number in range(int(allowed.max(initial=0.0)) + 2):
        odds += term * np.clip(allowed - number + 1, 0.0, 1.0)
        term = term * (counts - number) / (number + 1) * (number + wrong) / (counts - number - 1 + right)
    return odds
