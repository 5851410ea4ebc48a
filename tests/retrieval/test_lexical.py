import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.lexical import LexicalAnalyzer, stem

pytestmark = pytest.mark.unit

ANALYZER = LexicalAnalyzer({"缺氟": "缺氟", "少氟": "缺氟", "ac": "空调", "ac unit": "外机", "kfr-35gw": "kfr-35gw"})


def test_alias_counts_as_its_term_and_as_its_own_words():
    analysis = LexicalAnalyzer({"low refrigerant": "缺氟"}).analyse("is it low refrigerant?")
    assert analysis.tokens == ("is", "it", "缺氟", "low", "refrigerant")
    assert analysis.terms == {"缺氟"}


def test_chinese_term_inside_a_sentence_is_found():
    assert ANALYZER.analyse("空调是不是少氟了").terms == {"缺氟"}
    assert "缺氟" in ANALYZER.tokens("空调是不是少氟了")


def test_longest_surface_wins_and_a_rejected_one_doesnt_hide_a_shorter():
    assert ANALYZER.tokens("ac unit")[0] == "外机"
    assert ANALYZER.tokens("ac unitary")[0] == "空调"


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("ac", {"空调"}),
        ("my ac!", {"空调"}),
        ("acs", {"空调"}),
        ("acsp", set()),
        ("vac", set()),
        ("place", set()),
        ("ac坏了", {"空调"}),
        ("家里ac坏了", {"空调"}),
    ],
)
def test_latin_surface_matches_at_word_boundaries_only(text, terms):
    assert ANALYZER.analyse(text).terms == terms


@pytest.mark.parametrize(
    ("text", "tokens", "terms"),
    [
        ("e4", ["e4"], {"e4"}),
        ("压缩机e4", ["压缩", "压缩机", "机", "缩", "压", "e4"], {"e4"}),
        ("kfr-35gw/lc1", ["kfr-35gw", "kfr", "35gw", "lc1"], {"kfr-35gw", "lc1"}),
        ("kfr-26gw/lc1", ["kfr-26gw/lc1", "kfr", "26gw", "lc1"], {"kfr-26gw/lc1"}),
        ("220v 24/7", ["220v", "24/7", "24", "7"], set()),
        ("wi-fi", ["wi", "fi"], set()),
    ],
)
def test_codes_and_model_numbers_stay_whole_beside_their_parts(text, tokens, terms):
    found = ANALYZER.analyse(text)
    assert sorted(found.tokens) == sorted(tokens)
    assert found.terms == terms


def test_chinese_words_come_with_the_characters_that_are_none():
    assert LexicalAnalyzer({}).tokens("不制冷") == ["不", "制冷", "制", "冷"]


@pytest.mark.parametrize(
    ("word", "stemmed"),
    [
        ("filters", "filter"),
        ("batteries", "battery"),
        ("leaking", "leak"),
        ("running", "run"),
        ("dripped", "drip"),
        ("falling", "fall"),
        ("glass", "glass"),
        ("status", "status"),
        ("ring", "ring"),
        ("e4s", "e4s"),
        ("noise", "nois"),
        ("noises", "nois"),
        ("制冷", "制冷"),
        ("", ""),
    ],
)
def test_stem(word, stemmed):
    assert stem(word) == stemmed


def test_fingerprint_depends_on_the_terms_and_not_on_their_order():
    terms = {"a": "x", "b": "y"}
    assert LexicalAnalyzer(terms).fingerprint == LexicalAnalyzer(dict(reversed(terms.items()))).fingerprint
    assert LexicalAnalyzer(terms).fingerprint != LexicalAnalyzer({"a": "x"}).fingerprint


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]) | st.sampled_from("缺氟ace4-/. 🙂"), max_size=80))
def test_any_text_gives_tokens_without_blanks_and_terms_among_them(text):
    analysis = ANALYZER.analyse(text)
    assert all(token and not token.isspace() for token in analysis.tokens)
    assert analysis.terms <= set(analysis.tokens)
    assert ANALYZER.analyse(text) == analysis


@pytest.mark.parametrize("text", ["a-" * 2_000, "a1/" * 1_333, "ac " * 1_333, "-" * 4_000, "缺" * 4_000])
def test_longest_utterance_is_analysed_in_time(text):
    start = time.thread_time()
    ANALYZER.analyse(text)
    assert time.thread_time() - start < 0.5
