"""Figures of an evaluation: shares with intervals, how sure against how right, and who was taken for whom."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp.metrics import BoolArray, Joint, ScoreArray, auroc, best_joint_threshold, joint, wilson_interval

RankArray = npt.NDArray[np.int64]

NUM_BINS = 10
"""Bins of equal width in a reliability diagram (Naeini et al. 2015)."""
NUM_RESAMPLES = 1_000
"""Resamples of a bootstrap interval (Efron & Tibshirani 1993 advise a thousand for percentiles)."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of counted questions with its 95 % interval.

    Attributes:
        num, of: What was counted, and among how many.
        value: 0..1; None among none.
        low, high: 0..1.
    """

    num: int
    of: int
    value: float | None
    low: float
    high: float

    @classmethod
    def wilson(cls, flags: BoolArray) -> "Share":
        """Share of true flags, with the Wilson score interval."""
        return cls._of(flags, wilson_interval(int(flags.sum()), len(flags)))

    @classmethod
    def clopper_pearson(cls, flags: BoolArray) -> "Share":
        """Share of true flags, with the exact interval: at least 95 %, whatever the share (Clopper & Pearson 1934)."""
        from scipy.stats import beta  # heavy, and only needed here

        num, of = int(flags.sum()), len(flags)
        low = float(beta.ppf(0.025, num, of - num + 1)) if num else 0.0
        high = float(beta.ppf(0.975, num + 1, of - num)) if num < of else 1.0
        return cls._of(flags, (low, high))

    @classmethod
    def _of(cls, flags: BoolArray, interval: tuple[float, float]) -> "Share":
        return cls(int(flags.sum()), len(flags), float(flags.mean()) if len(flags) else None, *interval)


@dataclass(frozen=True)
class Outcomes:
    """What one system made of n labelled questions.

    Attributes:
        ranks: (n,) where the right entry stands, from 1; 0 = not found or out of scope.
        probability: (n,) P(correct) of the first entry, 0 where nothing was found.
        in_scope: (n,) whether the question has a right entry.
        threshold: P(correct) from which the system answers.
    """

    ranks: RankArray
    probability: ScoreArray
    in_scope: BoolArray
    threshold: float

    @property
    def right(self) -> BoolArray:
        """(n,) whether the first entry is the right one."""
        return np.asarray(self.ranks == 1)

    def take(self, rows: npt.NDArray[np.int64] | BoolArray) -> "Outcomes":
        """Return the outcomes of some questions, or of some of them several times."""
        return Outcomes(self.ranks[rows], self.probability[rows], self.in_scope[rows], self.threshold)

    def top1(self) -> float | None:
        """Share of in-scope questions whose right entry is first; None without one."""
        found = self.right[self.in_scope]
        return float(found.mean()) if len(found) else None

    def auroc(self) -> float | None:
        """How well P(correct) tells in-scope questions from others; None without both."""
        return auroc(self.probability, self.in_scope)

    def joint(self) -> float | None:
        """`joint` at the system's threshold; None without both kinds of questions."""
        at_threshold = self.joint_at(self.threshold)
        return at_threshold.joint if at_threshold else None

    def joint_at(self, threshold: float) -> Joint | None:
        """Measure answering and declining at a threshold; None without both kinds of questions."""
        return joint(self.probability, self.right, self.in_scope, threshold)

    def oracle_threshold(self) -> float:
        """Return the threshold that is best on these very questions: what no calibration can beat."""
        return best_joint_threshold(self.probability, self.right, self.in_scope)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Questions whose P(correct) lies in `low`..`high`: the mean that was stated, and the share found right."""

    low: float
    high: float
    stated: float
    found: Share


def reliability_bins(probability: ScoreArray, right: BoolArray, *, num_bins: int = NUM_BINS) -> list[ReliabilityBin]:
    """Compare stated with found shares over bins of equal width; bins without questions are left out."""
    places = np.minimum((probability * num_bins).astype(int), num_bins - 1)
    return [
        ReliabilityBin(
            place / num_bins,
            (place + 1) / num_bins,
            float(probability[places == place].mean()),
            Share.wilson(right[places == place]),
        )
        for place in map(int, np.unique(places))
    ]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Answering from `threshold` on: the share of in-scope questions answered, and of answers that are right."""

    threshold: float
    coverage: float
    right: float


def risk_coverage_curve(outcomes: Outcomes, *, most: int = 200) -> list[CurvePoint]:
    """Trade answering much against answering right.

    Args:
        outcomes: Out-of-scope questions count among the wrong answers.
        most: Most points; what lies between is left out evenly.

    Returns:
        Points in the order of falling thresholds; none without in-scope questions.

    References:
        El-Yaniv & Wiener 2010, On the foundations of noise-free selective classification.
    """
    num_in_scope = int(outcomes.in_scope.sum())
    if not num_in_scope:
        return []
    order = np.argsort(-outcomes.probability, kind="stable")
    ordered = outcomes.probability[order]
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))  # a threshold can't part equals
    kept = ends[np.unique(np.linspace(0, len(ends) - 1, min(most, len(ends))).round().astype(int))]
    coverage = np.cumsum(outcomes.in_scope[order])[kept] / num_in_scope
    right = np.cumsum(outcomes.right[order])[kept] / (kept + 1)
    return [CurvePoint(*map(float, point)) for point in zip(ordered[kept], coverage, right, strict=True)]


@dataclass(frozen=True, slots=True)
class Confusion:
    """Questions of entry `expected` that got entry `given`; `rows` are the first few of `num`."""

    expected: str
    given: str
    num: int
    rows: tuple[int, ...]


def confusions(
    expected: Sequence[str], given: Sequence[str], *, most: int = 20, num_examples: int = 3
) -> list[Confusion]:
    """Return which entries are taken for which, the most frequent first.

    Args:
        expected, given: Each question's label and the label that it got; equal ones are passed over.
        most: Most pairs.
        num_examples: Most rows of each.
    """
    rows: dict[tuple[str, str], list[int]] = {}
    for row, pair in enumerate(zip(expected, given, strict=True)):
        if pair[0] != pair[1]:
            rows.setdefault(pair, []).append(row)
    ordered = sorted(rows.items(), key=lambda item: (-len(item[1]), item[0]))[:most]
    return [Confusion(*pair, len(found), tuple(found[:num_examples])) for pair, found in ordered]


@dataclass(frozen=True, slots=True)
class Slice:
    """Questions that have something in common.

    Attributes:
        dimension, value: What: language = zh.
        top1: Of the in-scope ones, the right entry is first.
        answered_right: Of the in-scope ones, the right answer was given.
        declined: Of the out-of-scope ones, none was answered.
    """

    dimension: str
    value: str
    top1: Share
    answered_right: Share
    declined: Share


def slices(dimension: str, values: Sequence[str], outcomes: Outcomes, answered: BoolArray) -> list[Slice]:
    """Measure the questions of each value apart.

    Args:
        dimension: What the values say of the questions.
        values: One a question.
        outcomes: What the system made of them.
        answered: (n,) whether it gave its first entry as the answer.

    Returns:
        A slice a value, in the order of the values' names.
    """
    of_question, right, inside = np.array(values), outcomes.right, outcomes.in_scope
    found = []
    for value in sorted(set(values)):
        here = of_question == value
        found.append(
            Slice(
                dimension,
                value,
                Share.wilson(right[here & inside]),
                Share.wilson((right & answered)[here & inside]),
                Share.wilson(~answered[here & ~inside]),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Difference:
    """How much a figure changes from one system to another, with its 95 % interval; of shares, -1..1."""

    value: float
    low: float
    high: float


def paired_difference(
    outcomes: Outcomes,
    baseline: Outcomes,
    measure: Callable[[Outcomes], float | None],
    *,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
) -> Difference | None:
    """Return `measure(outcomes) - measure(baseline)` with the interval of a paired bootstrap.

    Both systems are measured on the same resampled questions, drawn from in-scope and out-of-scope ones
    apart, so that every resample can be measured.

    Args:
        outcomes, baseline: Of the same questions in the same order.
        measure: One of `Outcomes`' figures; None where there is nothing to measure.
        seed: Of the resampling.
        num_resamples: How many.

    Returns:
        None where the figure can't be measured.

    References:
        Efron & Tibshirani 1993, the percentile interval.
    """
    ours, theirs = measure(outcomes), measure(baseline)
    if ours is None or theirs is None:
        return None
    rng = np.random.default_rng(seed)
    strata = [rows for rows in (np.flatnonzero(baseline.in_scope), np.flatnonzero(~baseline.in_scope)) if len(rows)]
    differences = []
    for _ in range(num_resamples):
        rows = np.concatenate([rng.choice(stratum, len(stratum)) for stratum in strata])
        # Not None: each resample holds as many questions of both kinds as there are.
        differences.append((measure(outcomes.take(rows)) or 0.0) - (measure(baseline.take(rows)) or 0.0))
    low, high = np.percentile(differences, [2.5, 97.5])
    return Difference(ours - theirs, float(low), float(high))
