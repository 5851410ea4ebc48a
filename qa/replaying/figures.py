"""What the drawings of an experiment come to: means over seeds, with intervals."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from qa.replaying.running import Arm, Replay


@dataclass(frozen=True)
class Mean:
    """A mean over seeds, with Student's 95 % interval; `low` and `high` are None with one seed."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Summary:
    """What an experiment shows; shares 0..1.

    Attributes:
        curves: Joint of each week, from week 0, by arm.
        num_reviewed: Labels after each week, mean over seeds.
        over_start: Joint of the loop in the last week less that of week 0, drawing by drawing.
        over_random: The same less that of labels by chance.
    """

    curves: dict[Arm, tuple[Mean, ...]]
    num_reviewed: tuple[float, ...]
    over_start: Mean
    over_random: Mean


def summarise(replay: Replay) -> Summary:
    """Average an experiment over its seeds; differences are taken within a seed first."""
    joint = {arm: np.array([[w.joint for w in weeks] for weeks in replay.weeks[arm]]) for arm in Arm}
    reviewed = np.array([[w.num_reviewed for w in weeks] for weeks in replay.weeks[Arm.LOOP]])
    last = joint[Arm.LOOP][:, -1]
    return Summary(
        {arm: tuple(mean_of(column.tolist()) for column in of_arm.T) for arm, of_arm in joint.items()},
        tuple(reviewed.mean(axis=0).tolist()),
        mean_of((last - joint[Arm.LOOP][:, 0]).tolist()),
        mean_of((last - joint[Arm.RANDOM][:, -1]).tolist()),
    )


def mean_of(values: Sequence[float]) -> Mean:
    """Return the mean of at least one value, with its interval."""
    from scipy.stats import t  # heavy, and only needed at the end

    mean, num = float(np.mean(values)), len(values)
    if num == 1:
        return Mean(mean, None, None)
    half = float(t.ppf(0.975, num - 1) * np.std(values, ddof=1) / np.sqrt(num))
    return Mean(mean, mean - half, mean + half)


def report_of(replay: Replay, summary: Summary) -> dict[str, object]:
    """Return plain JSON of an experiment: its plan, each drawing, and what they come to."""
    return {
        "plan": asdict(replay.plan),
        "num_known": replay.num_known,
        "num_asked": replay.num_asked,
        "n": replay.num_test,
        "n_oos": replay.num_test_out_of_scope,
        "seeds": {arm: [[asdict(w) for w in weeks] for weeks in of_arm] for arm, of_arm in replay.weeks.items()},
        "joint": {arm: [asdict(mean) for mean in curve] for arm, curve in summary.curves.items()},
        "num_reviewed": list(summary.num_reviewed),
        "over_start": asdict(summary.over_start),
        "over_random": asdict(summary.over_random),
    }
