"""What things take, and how to compare it: CPU and wall times, paired ratios with their intervals."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NUM_RESAMPLES = 2_000
Seconds = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cost:
    """What something took, in seconds; `cpu` is that of every thread of this process."""

    cpu: float
    wall: float


@dataclass(frozen=True)
class Costs:
    """What the same thing took, time and again or of one question each: (n,) seconds."""

    cpu: Seconds
    wall: Seconds

    @classmethod
    def of(cls, costs: Sequence[Cost]) -> "Costs":
        """Put costs side by side."""
        return cls(np.array([cost.cpu for cost in costs]), np.array([cost.wall for cost in costs]))

    @classmethod
    def medians(cls, rounds: Sequence[Sequence[Cost]]) -> "Costs":
        """Return each question's median over rounds that asked all of them in the same order."""
        of_rounds = [cls.of(costs) for costs in rounds]
        cpu, wall = ([getattr(costs, kind) for costs in of_rounds] for kind in ("cpu", "wall"))
        return cls(np.median(cpu, axis=0), np.median(wall, axis=0))

    def a_question(self, num_questions: int) -> "Costs":
        """Return the cost of one question, where each of these was that of many."""
        return Costs(self.cpu / num_questions, self.wall / num_questions)


@dataclass(frozen=True)
class Ratio:
    """A ratio of means with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f}–{self.high:.2f})"


def spent(work: Callable[[], object]) -> Cost:
    """Run something and return what it took."""
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    work()
    return Cost((time.process_time_ns() - cpu) / 1e9, (time.perf_counter_ns() - wall) / 1e9)


def ratio_of(one: Seconds, other: Seconds) -> Ratio:
    """Return the ratio of the means of paired times (n,), resampled by pair."""
    drawn = np.random.default_rng(0).integers(0, len(one), (NUM_RESAMPLES, len(one)))
    low, high = np.percentile(one[drawn].mean(axis=1) / other[drawn].mean(axis=1), (2.5, 97.5))
    return Ratio(float(one.mean() / other.mean()), float(low), float(high))
