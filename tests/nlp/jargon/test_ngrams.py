"""N-grams: what is counted, and the measures by hand on texts small enough to count."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.jargon.ngrams import count_ngrams, describe_ngrams

pytestmark = pytest.mark.unit


@given(st.lists(st.text("abc", max_size=8), max_size=8), st.integers(1, 3))
def test_count_ngrams_equals_counting_all_of_them(stretches: list[str], min_frequency: int) -> None:
    every = Counter(s[a : a + n] for s in stretches for n in (1, 2, 3) for a in range(len(s) - n + 1))
    assert count_ngrams(stretches, 3, min_frequency) == {g: c for g, c in every.items() if c >= min_frequency}


def test_count_ngrams_counts_words_too() -> None:
    stretches = [("low", "gas"), ("low", "gas"), ("gas",)]
    assert count_ngrams(stretches, 2, 2) == {("low",): 2, ("gas",): 3, ("low", "gas"): 2}


def test_measures() -> None:
    stretches = ["xaby", "zab", "abx", "x"]
    counts = count_ngrams(stretches, 2, 2)
    measured = describe_ngrams(stretches, counts, ["ab", "x"])
    ab = measured["ab"]
    assert ab.frequency == 3
    # 11 characters, a and b three times each; discounted by 3/4 twice.
    assert ab.cohesion == pytest.approx(math.log2(3 * 11 / 9) * 9 / 16)
    # On the left x, z and an edge; on the right y, an edge and x: three neighbours each, once each.
    assert (ab.left_entropy, ab.right_entropy) == (pytest.approx(math.log2(3)), pytest.approx(math.log2(3)))
    assert ab.entropy == pytest.approx(math.log2(3))
    assert ab.aligned == 1.0
    assert measured["x"].cohesion == 0.0


def test_what_always_has_one_neighbour_has_no_entropy() -> None:
    stretches = ["abc", "abd", "abe"]
    measured = describe_ngrams(stretches, count_ngrams(stretches, 2, 2), ["a", "b"])
    assert (measured["a"].right_entropy, measured["b"].left_entropy) == (0.0, 0.0)
    assert measured["a"].left_entropy == pytest.approx(math.log2(3))


def test_aligned_is_the_share_between_word_edges() -> None:
    edges = {"xab": frozenset((0, 1, 3)), "aby": frozenset((0, 3))}
    measured = describe_ngrams(
        list(edges), count_ngrams(list(edges), 2, 2), ["ab"], lambda units: edges["".join(units)]
    )
    assert measured["ab"].aligned == 0.5
