"""Measures of ranking, declining and promising; each takes plain arrays and says its range."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
ScoreArray = npt.NDArray[np.float64]

IN_SCOPE_WEIGHT = 0.8
"""Weight of in-scope questions in `joint`; the rest is on declining (protocol.md)."""


def top1(ranks: npt.NDArray[np.int64]) -> float:
    """Share of questions whose right entry is ranked first, 0..1. Ranks from 1; 0 = not found."""
    return float(np.mean(ranks == 1))


def mean_reciprocal_rank(ranks: npt.NDArray[np.int64], *, depth: int = 10) -> float:
    """MRR@depth, 0..1. Ranks from 1; 0 = not found (Voorhees 1999)."""
    found = (ranks >= 1) & (ranks <= depth)
    return float(np.mean(np.where(found, 1.0 / np.maximum(ranks, 1), 0.0)))


def recall(ranks: npt.NDArray[np.int64], *, depth: int = 5) -> float:
    """Share of questions whose right entry is among the first `depth`, 0..1."""
    return float(np.mean((ranks >= 1) & (ranks <= depth)))


def auroc(scores: ScoreArray, positive: BoolArray) -> float | None:
    """Area under the ROC curve, 0..1, ties counted half; None without both classes.

    References:
        Hanley & McNeil 1982: the probability that a positive scores above a negative.
    """
    num_positive, num_negative = int(positive.sum()), int((~positive).sum())
    if not num_positive or not num_negative:
        return None
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    rank_sum = float(mean_rank[inverse][positive].sum())
    return (rank_sum - num_positive * (num_positive + 1) / 2) / (num_positive * num_negative)


@dataclass(frozen=True)
class Joint:
    """Answering and declining at one threshold, all 0..1.

    Attributes:
        joint: 0.8 × `answered_right` + 0.2 × `declined`.
        natural: The same at the questions' own mix.
    """

    joint: float
    natural: float
    answered_right: float
    declined: float


def joint(confidence: ScoreArray, right: BoolArray, in_scope: BoolArray, threshold: float) -> Joint | None:
    """Measure a threshold; None without in-scope or without out-of-scope questions.

    Args:
        confidence: (n,) of the first entry.
        right: (n,) whether that entry is the right one; False where out of scope.
        in_scope: (n,).
    """
    if in_scope.all() or not in_scope.any():
        return None
    answered = confidence >= threshold
    answered_right = float(np.mean((answered & right)[in_scope]))
    declined = float(np.mean(~answered[~in_scope]))
    natural = float(np.mean(np.where(in_scope, answered & right, ~answered)))
    weighted = IN_SCOPE_WEIGHT * answered_right + (1 - IN_SCOPE_WEIGHT) * declined
    return Joint(weighted, natural, answered_right, declined)


def best_joint_threshold(
    confidence: ScoreArray, right: BoolArray, in_scope: BoolArray, *, near_share: float = 1.0
) -> float:
    """Return the threshold with the highest `joint`; the middle of the best gap, so that it generalises.

    With no out-of-scope question, everything is answered (threshold 0).

    Args:
        confidence: (n,) of the first entry.
        right: (n,) whether that entry is the right one; False where out of scope.
        in_scope: (n,).
        near_share: Share, 0..1, of the out-of-scope questions to come that are as near as these; the others are
            declined at any threshold.
    """
    if in_scope.all() or not in_scope.any():
        return 0.0
    order = np.argsort(-confidence, kind="stable")
    gain = IN_SCOPE_WEIGHT * np.cumsum((right & in_scope)[order]) / in_scope.sum()
    lost = (1 - IN_SCOPE_WEIGHT) * near_share * np.cumsum(~in_scope[order]) / (~in_scope).sum()
    ordered = confidence[order]
    value = gain - lost
    value[:-1][ordered[:-1] == ordered[1:]] = -np.inf  # a threshold can't part equals
    best = int(np.argmax(value))
    if value[best] <= 0:
        return float(max(ordered[0] + 1e-6, np.nextafter(ordered[0], np.inf)))
    following = ordered[best + 1] if best + 1 < len(ordered) else min(ordered[best], 0.0)
    middle = ordered[best] / 2 + following / 2
    return float(middle if following < middle < ordered[best] else ordered[best])  # no number between neighbours


def wilson_interval(num_right: float, num_all: int, *, z: float = 1.96) -> tuple[float, float]:
    """Return the Wilson score interval of a share, 0..1 (Wilson 1927); (0, 1) without questions."""
    if num_all == 0:
        return 0.0, 1.0
    share, z2 = num_right / num_all, z * z
    centre = (share + z2 / (2 * num_all)) / (1 + z2 / num_all)
    half = z / (1 + z2 / num_all) * np.sqrt(share * (1 - share) / num_all + z2 / (4 * num_all**2))
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))


def expected_calibration_error(probability: ScoreArray, right: BoolArray, *, num_bins: int = 10) -> float:
    """Mean gap between stated and found shares over equal-width bins, 0..1 (Naeini et al. 2015)."""
    bins = np.minimum((probability * num_bins).astype(int), num_bins - 1)
    gaps = [abs(probability[bins == b].mean() - right[bins == b].mean()) * np.mean(bins == b) for b in np.unique(bins)]
    return float(np.sum(gaps))


def ranks_of(ranked: Sequence[Sequence[str]], labels: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return where each label stands in its ranking, from 1; 0 = nowhere."""
    return np.array(
        [r.index(label) + 1 if label in r else 0 for r, label in zip(ranked, labels, strict=True)], np.int64
    )
