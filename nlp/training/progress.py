"""What a long training tells while it runs."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class StepDone:
    """One optimiser step was done.

    Attributes:
        step: Steps done, from 1.
        num_steps: Steps planned; early stopping may end before.
        loss: Of this step.
        eta_s: Seconds that the rest will take.
        work, all_work: Done and planned, in parts that take about equally long; None where steps do.
    """

    step: int
    num_steps: int
    loss: float
    eta_s: float
    work: int | None = None
    all_work: int | None = None

    @property
    def share(self) -> tuple[int, int]:
        """What is done and what is planned, in parts that take about equally long."""
        return self.work or self.step, self.all_work or self.num_steps


Progress = Callable[[StepDone], None]
"""Hears of each step; must return quickly."""
