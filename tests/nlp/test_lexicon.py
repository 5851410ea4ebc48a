"""Lexicon: which terms are found where, under which name."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.lexicon import Lexicon, LexiconTerm, TermMatch
from nlp.text import normalise

pytestmark = pytest.mark.unit


def found(lexicon: Lexicon, text: str) -> list[tuple[str, str]]:
    """Return (canonical form, what stood in the text) of each match."""
    folded = normalise(text)
    return [(m.term, folded[m.start : m.end]) for m in lexicon.find(folded)]


def lexicon_of(*texts: str) -> Lexicon:
    return Lexicon(LexiconTerm(t) for t in texts)


def test_find_in_an_empty_lexicon() -> None:
    assert Lexicon().find("缺氟") == ()


def test_find_in_an_empty_text() -> None:
    assert lexicon_of("缺氟").find("") == ()


def test_find_says_where() -> None:
    assert lexicon_of("缺氟").find("又缺氟了") == (TermMatch("缺氟", 1, 3),)


def test_find_counts_characters_beyond_the_basic_plane() -> None:
    assert lexicon_of("缺氟").find("😡😡缺氟") == (TermMatch("缺氟", 2, 4),)


def test_find_gives_the_canonical_form_of_an_alias() -> None:
    lexicon = Lexicon([LexiconTerm("缺氟", aliases=("少氟", "漏氟", "Low Refrigerant"))])
    assert found(lexicon, "少氟还是漏氟? LOW REFRIGERANT") == [
        ("缺氟", "少氟"),
        ("缺氟", "漏氟"),
        ("缺氟", "low refrigerant"),
    ]


def test_find_normalises_what_editors_wrote() -> None:
    assert found(Lexicon([LexiconTerm("ＫＦＲ－３５ＧＷ", "model"), LexiconTerm("四通閥")]), "kfr-35gw 四通阀") == [
        ("kfr-35gw", "kfr-35gw"),
        ("四通阀", "四通阀"),
    ]


def test_find_takes_the_longest() -> None:
    assert found(lexicon_of("四通", "四通阀", "阀"), "四通阀坏了") == [("四通阀", "四通阀")]


def test_find_takes_the_leftmost_of_overlapping_terms() -> None:
    assert found(lexicon_of("制冷剂", "剂泄漏"), "制冷剂泄漏") == [("制冷剂", "制冷剂")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("apf", ["apf"]),
        ("apf低", ["apf"]),
        ("低apf", ["apf"]),
        ("an apf.", ["apf"]),
        ("apfel", []),
        ("lapf", []),
        ("apf2", []),
        ("2apf", []),
        ("apf apfel apf", ["apf", "apf"]),
    ],
)
def test_find_takes_latin_terms_as_whole_words_only(text: str, expected: list[str]) -> None:
    assert [m.term for m in lexicon_of("apf").find(text)] == expected


def test_find_does_not_take_a_code_for_its_beginning() -> None:
    assert found(Lexicon([LexiconTerm("E1", "code"), LexiconTerm("E11", "code")]), "E11, E1, E111") == [
        ("e11", "e11"),
        ("e1", "e1"),
    ]


def test_find_takes_a_shorter_word_where_the_longer_term_is_none() -> None:
    assert found(lexicon_of("ac", "ac unit"), "ac units") == [("ac", "ac")]


def test_find_is_not_blinded_by_a_term_inside_a_word() -> None:
    assert found(lexicon_of("c unit", "unit"), "ac unit") == [("unit", "unit")]


def test_alias_claimed_twice_stays_with_the_first_term() -> None:
    lexicon = Lexicon([LexiconTerm("缺氟", aliases=("没氟",)), LexiconTerm("漏氟", aliases=("没氟",))])
    assert found(lexicon, "没氟") == [("缺氟", "没氟")]


def test_alias_loses_against_the_text_of_a_later_term() -> None:
    lexicon = Lexicon([LexiconTerm("缺氟", aliases=("漏氟",)), LexiconTerm("漏氟")])
    assert found(lexicon, "漏氟") == [("漏氟", "漏氟")]


def test_terms_without_readable_text_are_no_terms() -> None:
    lexicon = Lexicon([LexiconTerm(" \u200b", aliases=("", "少氟"))])
    assert dict(lexicon.surfaces) == {"少氟": "少氟"}


def test_vocabulary_terms_are_chinese_jargon_of_two_characters_or_more() -> None:
    terms = [
        LexiconTerm("缺氟", aliases=("少氟", "low refrigerant", "氟")),
        LexiconTerm("TXV", aliases=("膨胀阀",)),
        LexiconTerm("故障码", "code"),
        LexiconTerm("柜机", "model"),
    ]
    assert Lexicon(terms).vocabulary_terms == ("缺氟", "少氟", "膨胀阀")


@given(st.lists(st.text("ab氟阀 ", min_size=1, max_size=4), max_size=8), st.text("ab氟阀 ", max_size=30))
def test_find_gives_ordered_whole_surfaces(terms: list[str], text: str) -> None:
    lexicon, folded = lexicon_of(*terms), normalise(text)
    matches = lexicon.find(folded)
    assert all(lexicon.surfaces[folded[m.start : m.end]] == m.term for m in matches)
    assert all(a.end <= b.start for a, b in pairwise(matches))


def _seconds(lexicon: Lexicon, text: str) -> float:
    """Return the least CPU time of five searches: other work on the machine does not count."""
    taken = []
    for _ in range(5):
        start = time.thread_time()
        lexicon.find(text)
        taken.append(time.thread_time() - start)
    return min(taken)


def test_find_takes_linear_time() -> None:
    lexicon = lexicon_of(*(f"{a}{b}" for a in "缺少漏氟四通阀" for b in "氟阀水电"), "e1")
    text = "缺氟四通阀漏水 e1 "
    lexicon.find(text)
    short, long = _seconds(lexicon, text * 200), _seconds(lexicon, text * 10_000)
    assert long < 500 * short  # a text 50 times as long; quadratic would be 2,500
    assert long < 2.0  # 110,000 characters
