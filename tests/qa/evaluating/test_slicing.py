"""Kinds of questions: which are very short, which hold a typo."""

import pytest

from nlp.lexicon import Lexicon, LexiconTerm
from qa.evaluating.slicing import has_typo, is_very_short, latin_words

pytestmark = pytest.mark.unit

KNOWN = latin_words(["why does the compressor rattle", "clean the filters"])
LEXICON = Lexicon([LexiconTerm("四通阀"), LexiconTerm("thermostat")])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("e4", True), ("no cold", True), ("no cold air", False), ("漏水了吗", True), ("空调漏水了", False), ("", True)],
)
def test_very_short(text: str, expected: bool) -> None:
    assert is_very_short(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("compresor rattles", True),
        ("compressor rattle", False),
        ("clean the filter", False),  # singular, and no slip
        ("celan the filters", True),
        ("something else", False),
        ("四通阀坏了", False),
        ("thermostatt broken", True),
        ("fan", False),
    ],
)
def test_typo(text: str, expected: bool) -> None:
    assert has_typo(text, LEXICON, KNOWN) is expected
