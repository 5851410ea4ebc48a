"""Typos: which misspelt Latin words are corrected, and which words are left alone."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.jargon.typos import TypoIndex

pytestmark = pytest.mark.unit

WORDS = ("fuse", "relay", "flare", "condenser", "compressor", "refrigerant", "subcooling", "superheat")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("relaay", "relay"),  # insertion
        ("flre", "flare"),  # of the longer of both: five letters
        ("condensor", "condenser"),  # substitution
        ("compresor", "compressor"),  # deletion
        ("superhaet", "superheat"),  # exchange
        ("refridgerent", "refrigerant"),  # two edits in eleven letters
        ("rfrigerantt", "refrigerant"),
        ("efrigerantt", "refrigerant"),
        ("fusee", "fuse"),  # five letters typed, one edit
        ("fuze", None),  # four letters: none
        ("reyla", None),  # two edits in five letters
        ("compresrorr", "compressor"),
        ("refridgerintt", None),  # three edits
    ],
)
def test_correct_by_the_number_of_edits(typed: str, meant: str | None) -> None:
    assert TypoIndex(WORDS).correct(typed) == meant


@pytest.mark.parametrize("word", ["relay", "delay", "flair", "compressor", "are", "condensers" * 5])
def test_correct_leaves_words_alone(word: str) -> None:
    assert TypoIndex(WORDS).correct(word) is None


def test_correct_leaves_words_of_the_trade_alone() -> None:
    assert TypoIndex(["slugging"]).correct("glugging") == "slugging"
    assert TypoIndex(["slugging"], known=["glugging"]).correct("glugging") is None
    assert TypoIndex(["slugging", "glugging"]).correct("glugging") is None


def test_correct_takes_the_nearest_then_the_first() -> None:
    assert TypoIndex(["evaporates", "evaporator"]).correct("evaporater") == "evaporates"
    assert TypoIndex(["evaporator", "evaporates"]).correct("evaporater") == "evaporator"
    assert TypoIndex(["evaporators", "evaporatxx"]).correct("evaporatxy") == "evaporatxx"


def test_correct_does_not_take_a_listed_word_for_two_typos() -> None:
    assert TypoIndex(["compressors"]).correct("oppressors") is None  # 2.85
    assert TypoIndex(["thermostat"]).correct("thermostats") == "thermostat"  # 2.54, one edit


@given(st.data())
def test_every_single_edit_is_undone(data: st.DataObject) -> None:
    word = "thermozzstatqx"  # like no other word
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from(string.ascii_lowercase))
    typed = data.draw(
        st.sampled_from(
            [
                word[:at] + letter + word[at:],
                word[:at] + letter + word[at + 1 :],
                word[:at] + word[at + 1 :],
                word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
            ]
        )
    )
    assert TypoIndex([word, "thermostat"]).correct(typed) == (None if typed == word else word)
