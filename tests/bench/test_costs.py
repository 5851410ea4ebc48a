"""Costs are paired by question, and their ratio is the ratio of the means."""

import numpy as np
import pytest

from tests.bench.costs import Cost, Costs, ratio_of, spent


def test_medians_are_of_each_question_over_the_rounds() -> None:
    rounds = [[Cost(1, 10), Cost(2, 20)], [Cost(3, 30), Cost(2, 20)], [Cost(9, 90), Cost(5, 50)]]
    costs = Costs.medians(rounds)
    assert costs.cpu.tolist() == [3, 2]
    assert costs.wall.tolist() == [30, 20]
    assert Costs.of(rounds[2]).a_question(2).cpu.tolist() == [4.5, 2.5]


def test_ratio_of_proportional_times_has_no_spread() -> None:
    times = np.random.default_rng(0).uniform(1, 9, 40)
    ratio = ratio_of(0.5 * times, times)
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((0.5, 0.5, 0.5))


def test_ratio_is_of_means_not_mean_of_ratios() -> None:
    ratio = ratio_of(np.array([1.0, 1.0]), np.array([1.0, 3.0]))
    assert ratio.value == 0.5
    assert ratio.low < 0.5 < ratio.high


def test_waiting_costs_wall_time_but_no_cpu_time() -> None:
    import time

    cost = spent(lambda: time.sleep(0.05))
    assert cost.wall >= 0.05
    assert cost.cpu < 0.04
