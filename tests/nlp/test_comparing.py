"""Losses between two systems: what is shown, what is chance, and how many questions would settle a claim."""

import numpy as np
import pytest

from nlp.comparing import (
    bootstrap_change,
    holm,
    least_visible_loss,
    mcnemar_loss,
    questions_to_settle,
    settles,
)

pytestmark = pytest.mark.unit


def flags(*runs: tuple[int, bool]) -> np.ndarray:
    return np.concatenate([np.full(num, value) for num, value in runs])


def test_losses_without_gains() -> None:
    before, after = flags((100, True)), flags((5, False), (95, True))
    loss = mcnemar_loss(before, after)
    assert (loss.gained, loss.lost) == (0, 5)
    assert loss.p == pytest.approx(0.5**5)


def test_gains_are_no_loss() -> None:
    before, after = flags((5, False), (95, True)), flags((100, True))
    assert mcnemar_loss(before, after).p == 1.0


def test_gains_make_up_for_losses() -> None:
    before = flags((4, True), (4, False), (10, True))
    after = flags((4, False), (4, True), (10, True))
    loss = mcnemar_loss(before, after)
    assert (loss.gained, loss.lost) == (4, 4)
    assert loss.p > 0.5


def test_nothing_changed() -> None:
    same = flags((3, True), (2, False))
    assert mcnemar_loss(same, same).p == 1.0
    assert bootstrap_change(same.astype(float), same.astype(float), seed=0).p == 1.0


def test_change_of_a_mean() -> None:
    before = np.ones(200)
    after = before.copy()
    after[:20] = 0.5
    change = bootstrap_change(before, after, seed=0)
    assert change.value == pytest.approx(-0.05)
    assert change.low < -0.05 < change.high < 0
    assert change.p == pytest.approx(1 / 4001)
    assert bootstrap_change(after, before, seed=0).p == 1.0


def test_resamples_of_many_questions_are_drawn_in_pieces() -> None:
    before = np.ones(30_000)
    after = before.copy()
    after[:300] = 0.0
    change = bootstrap_change(before, after, seed=1)
    assert change.low == pytest.approx(-0.0111, abs=0.0005)


def test_holm_is_milder_than_bonferroni_and_stops_at_the_first_that_fails() -> None:
    assert holm([0.04, 0.01, 0.03], alpha=0.05) == [False, True, False]
    assert holm([0.025, 0.016, 0.04], alpha=0.05) == [True, True, True]
    assert holm([], alpha=0.05) == []


def test_least_visible_loss() -> None:
    assert least_visible_loss(80, alpha=0.05) == 5 / 80
    assert least_visible_loss(5, alpha=0.05) == 1.0
    assert least_visible_loss(4, alpha=0.05) == 1.0


@pytest.mark.parametrize(("share", "claim"), [(0.95, 0.9), (0.88, 0.9), (0.92, 0.9), (1.0, 0.9), (0.0, 0.9)])
def test_number_that_settles_a_claim_is_the_smallest(share: float, claim: float) -> None:
    num = questions_to_settle(share, claim)
    assert num is not None
    assert settles(share, claim, num)
    assert not settles(share, claim, num - 1)


def test_no_number_settles_what_is_exactly_the_claim() -> None:
    assert questions_to_settle(0.9, 0.9) is None
