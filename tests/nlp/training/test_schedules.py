"""The learning rate rises to its peak, falls to the last step, and is never negative."""

import numpy as np
import pytest

from nlp.training.schedules import WarmupLinearDecay

pytestmark = pytest.mark.unit


def test_rates_of_a_short_training() -> None:
    schedule = WarmupLinearDecay(1.0, 10, 0.4)
    rates = [float(schedule(step)) for step in range(12)]
    assert np.allclose(rates[:4], [0.25, 0.5, 0.75, 1.0])
    assert np.allclose(rates[4:10], np.arange(6, 0, -1) / 7)
    assert rates[10:] == [0.0, 0.0]


@pytest.mark.parametrize("num_steps", [1, 2, 3])
@pytest.mark.parametrize("warm_up", [0.0, 0.1, 1.0])
def test_every_step_of_the_shortest_trainings_moves(num_steps: int, warm_up: float) -> None:
    rates = [float(WarmupLinearDecay(2.0, num_steps, warm_up)(step)) for step in range(num_steps)]
    assert min(rates) > 0
    assert max(rates) == pytest.approx(2.0)


def test_config_makes_an_equal_schedule() -> None:
    schedule = WarmupLinearDecay(3e-4, 50, 0.2)
    again = WarmupLinearDecay.from_config(schedule.get_config())
    assert [float(again(s)) for s in range(50)] == [float(schedule(s)) for s in range(50)]
