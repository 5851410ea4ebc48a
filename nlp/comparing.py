"""Two systems on the same questions: whether the second one lost anything, and what so many questions can show."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlp.metrics import BoolArray, ScoreArray, wilson_interval

NUM_RESAMPLES = 4_000
"""Resamples of a bootstrap; the least p that they can show is 1/4001."""
_CHUNK = 1_000_000
"""Numbers drawn at once, so that many questions need no gigabytes."""
MOST_QUESTIONS = 10_000_000
"""Where the search for a number of questions ends."""


@dataclass(frozen=True, slots=True)
class PairedLoss:
    """Right and wrong of two systems, question by question.

    Attributes:
        gained, lost: Questions that only the second one, only the first one has right.
        p: Probability of so many losses, or more, if each of these were as likely a gain; 1 without any.
    """

    gained: int
    lost: int
    p: float


def mcnemar_loss(before: BoolArray, after: BoolArray) -> PairedLoss:
    """Test whether the second system loses more than it gains: exact, one-sided.

    Args:
        before, after: (n,) whether each question was right.

    References:
        McNemar 1947; the exact binomial form.
    """
    from scipy.stats import binomtest  # heavy, and only needed to judge

    gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
    if not gained + lost:
        return PairedLoss(0, 0, 1.0)
    return PairedLoss(gained, lost, float(binomtest(lost, gained + lost, 0.5, alternative="greater").pvalue))


@dataclass(frozen=True, slots=True)
class PairedChange:
    """A mean that changed from one system to the other.

    Attributes:
        value, low, high: The change and its 95 % interval.
        p: Share of resamples without a loss: small where the loss is no chance.
    """

    value: float
    low: float
    high: float
    p: float


def bootstrap_change(before: ScoreArray, after: ScoreArray, *, seed: int) -> PairedChange:
    """Resample questions in pairs and look at how the mean changes.

    Args:
        before, after: (n,) a figure of each question, n ≥ 1: a reciprocal rank, a gap.
        seed: Of the resampling.

    References:
        Efron & Tibshirani 1993, the percentile interval.
    """
    change = after - before
    if not change.any():
        return PairedChange(0.0, 0.0, 0.0, 1.0)
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // len(change))
    means = np.concatenate(
        [
            change[rng.integers(0, len(change), (min(step, NUM_RESAMPLES - start), len(change)))].mean(axis=1)
            for start in range(0, NUM_RESAMPLES, step)
        ]
    )
    low, high = np.percentile(means, [2.5, 97.5])
    p = (int((means >= 0).sum()) + 1) / (NUM_RESAMPLES + 1)
    return PairedChange(float(change.mean()), float(low), float(high), p)


def holm(p_values: Sequence[float], *, alpha: float) -> list[bool]:
    """Tell which of several tests show something, all of them together wrong in a share `alpha` of cases at most.

    References:
        Holm 1979, A simple sequentially rejective multiple test procedure.
    """
    shown = [False] * len(p_values)
    for place, row in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[row] > alpha / (len(p_values) - place):
            break
        shown[row] = True
    return shown


def least_visible_loss(num_questions: int, *, alpha: float) -> float:
    """Return the smallest loss that McNemar's test can show on so many questions, 0..1; 1 where it shows none.

    It is shown by a system that loses some and gains none: with gains beside it, more must be lost.
    """
    needed = math.ceil(math.log2(1 / alpha))
    return needed / num_questions if num_questions >= needed else 1.0


def questions_to_settle(share: float, claim: float) -> int | None:
    """Return how many questions would show a claim true, or false, should the share seen stay as it is.

    Args:
        share: Of right answers that was seen, 0..1.
        claim: That at least so many are right, 0..1.

    Returns:
        The smallest number whose 95 % Wilson interval around that share lies wholly on one side of the claim; None
        where the share is so near to the claim that no number in reach does.
    """
    if not settles(share, claim, MOST_QUESTIONS):
        return None
    low, high = 0, MOST_QUESTIONS  # the interval only narrows: what settles it once settles it for all more
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if settles(share, claim, middle) else (middle, high)
    return high


def settles(share: float, claim: float, num_questions: int) -> bool:
    """Tell whether a share seen on so many questions lies wholly on one side of a claim, with its 95 % interval."""
    low, high = wilson_interval(share * num_questions, num_questions)
    return low >= claim or high < claim
