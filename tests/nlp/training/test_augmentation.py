"""Typos: one inner letter of a word, never of a code; variants as often as asked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.training.augmentation import vary, with_typo

pytestmark = pytest.mark.unit


@given(st.text(st.sampled_from("abc空调e1 4-"), max_size=40), st.integers(0, 99))
def test_typos_leave_digits_ends_and_order_of_magnitude(text: str, seed: int) -> None:
    typed = with_typo(text, np.random.default_rng(seed))
    assert abs(len(typed) - len(text)) <= 1
    assert [c for c in typed if c.isdigit()] == [c for c in text if c.isdigit()]
    assert typed[:1] == text[:1]
    assert [c for c in typed if c in "空调"] == [c for c in text if c in "空调"]


@pytest.mark.parametrize(
    "text",
    ["", "e1", "abcd", "12345678", "a b c d e", "kfr-35gwabc", "e4 kfrabcd35", "空调为什么不制冷", "변기가 막혔어요"],
)
def test_short_words_and_codes_are_left_alone(text: str) -> None:
    assert with_typo(text, np.random.default_rng(0)) == text


def test_all_three_slips_happen() -> None:
    typed = {with_typo("abcdef", np.random.default_rng(seed)) for seed in range(60)}
    assert {len(t) for t in typed} == {5, 6, 7}
    assert "abcdef" not in typed


def test_only_the_word_between_codes_is_mistyped() -> None:
    typed = {with_typo("空调kfr-35gw有noises是e4", np.random.default_rng(seed)) for seed in range(60)}
    assert len(typed) > 3
    assert all(t.startswith("空调kfr-35gw有n") and t.endswith("s是e4") for t in typed)


def test_vary_asks_as_often_as_told() -> None:
    def shout(text: str, rng: np.random.Generator) -> str:
        return text.upper()

    rng = np.random.default_rng(0)
    drawn = [vary("abcdef", rng, shout, augment_share=0.3, typo_share=0.0) for _ in range(1000)]
    assert set(drawn) == {"abcdef", "ABCDEF"}
    assert 250 < drawn.count("ABCDEF") < 350
    assert vary("abcdef", rng, shout, augment_share=0.0, typo_share=0.0) == "abcdef"
    assert vary("abcdef", rng, None, augment_share=1.0, typo_share=1.0) != "abcdef"
