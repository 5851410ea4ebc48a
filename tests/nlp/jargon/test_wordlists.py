"""The general reference: which words everybody knows."""

import pytest

from nlp.jargon.wordlists import character_zipf, frequent_english, zipf_frequencies

pytestmark = pytest.mark.unit


def test_frequent_english_is_cut_by_frequency() -> None:
    assert "compressor" in frequent_english(3.0)  # 3.38
    assert "compressor" not in frequent_english(3.4)
    assert "superheat" not in frequent_english(3.0)
    assert frequent_english(4.0) < frequent_english(3.0)


def test_character_zipf_holds_single_characters() -> None:
    assert character_zipf()["的"] == pytest.approx(7.79)
    assert {len(character) for character in character_zipf()} == {1}


def test_zipf_frequencies_of_both_languages() -> None:
    assert zipf_frequencies("zh")["主板"] == pytest.approx(3.52)
    assert zipf_frequencies("en")["the"] == pytest.approx(7.73)
