"""The guard, against all pairs compared one by one; and the limit from below, at it, and above."""

from collections import Counter
from math import sqrt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa.services.snapshots.guarding import LIMIT, too_near


def cosine(first: str, second: str) -> float:
    """Return the cosine of two texts' 3-gram counts, the slow way."""
    counts = [Counter(text[i : i + 3] for i in range(len(text) - 2)) for text in (first, second)]
    dot = sum(number * counts[1][gram] for gram, number in counts[0].items())
    lengths = [sqrt(sum(number**2 for number in count.values())) for count in counts]
    return dot / (lengths[0] * lengths[1]) if all(lengths) else float(first == second)


TEXTS = st.lists(st.one_of(st.text("ab空调 ", max_size=40), st.text("aab", min_size=30, max_size=60)), max_size=8)


@given(train=TEXTS, dev=TEXTS)
@example(train=[""], dev=["a  "])
def test_what_is_found_is_what_all_pairs_say(train: list[str], dev: list[str]) -> None:
    near = [i for i, text in enumerate(train) if any(text == d or cosine(text, d) >= LIMIT - 1e-9 for d in dev)]
    assert too_near(train, dev) == near


LONG = "why does the indoor unit in my bedroom drip water on the carpet every single night of summer"


@pytest.mark.parametrize(
    ("changed", "is_near"),
    [(LONG, True), (LONG + "?", True), (LONG.replace("night", "week"), False), (LONG[:60], False)],
)
def test_small_changes_are_near_and_larger_ones_are_not(changed: str, is_near: bool) -> None:
    assert (cosine(changed, LONG) >= LIMIT) is is_near
    assert too_near([changed, "e4"], [LONG]) == ([0] if is_near else [])


@pytest.mark.parametrize(("train", "dev", "expected"), [([], [], []), (["e4"], ["e4"], [0]), (["e4"], ["e5"], [])])
def test_texts_too_short_for_a_gram_are_compared_whole(train: list[str], dev: list[str], expected: list[int]) -> None:
    assert too_near(train, dev) == expected
