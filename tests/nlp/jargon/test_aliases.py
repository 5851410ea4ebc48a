"""Aliases: which words are paired, which are not, and what a pair says."""

import pytest

from nlp.jargon.aliases import mine_aliases
from nlp.lexicon import Lexicon, LexiconTerm

pytestmark = pytest.mark.unit

ENTRIES = [
    ["缺氟怎么办", "空调缺氟了", "low gas, what now", "I think it has low gas", "缺氟要加吗", "low gas again"],
    ["缺氟多少钱", "修缺氟收费", "price for low gas", "low gas cost", "缺氟贵不贵"],
    ["外机响", "外机太吵", "外机震动", "noisy outdoor box", "outdoor box hums", "the outdoor box shakes"],
    ["外机支架", "外机挂哪里", "outdoor box bracket", "where does the outdoor box go"],
]
WORDS = ["缺氟", "low gas", "外机", "outdoor box", "空调", "支架"]


def pairs(entries: list[list[str]], words: list[str], lexicon: Lexicon | None = None) -> list[tuple[str, str]]:
    return [(p.term, p.alias) for p in mine_aliases(entries, words, lexicon or Lexicon())]


def test_words_of_the_same_entries_are_paired_across_languages() -> None:
    assert sorted(pairs(ENTRIES, WORDS)) == [("outdoor box", "外机"), ("缺氟", "low gas")]


def test_pair_says_what_speaks_for_it() -> None:
    pair = next(p for p in mine_aliases(ENTRIES, WORDS, Lexicon()) if p.alias == "low gas")
    assert (pair.num_entries, pair.num_frames) == (2, 0)
    assert pair.examples == ("缺氟怎么办", "low gas, what now")
    assert 0.5 < pair.score <= 2 / 3  # a cosine near 1, on the evidence of two entries


def test_the_known_term_comes_first_and_known_pairs_are_left_out() -> None:
    assert ("low gas", "缺氟") in pairs(ENTRIES, WORDS, Lexicon([LexiconTerm("Low gas")]))
    known = Lexicon([LexiconTerm("缺氟", aliases=("low gas",)), LexiconTerm("外机"), LexiconTerm("outdoor box")])
    assert pairs(ENTRIES, WORDS, known) == []


def test_words_that_stand_together_are_not_paired() -> None:
    together = [["排水管堵了漏水", "漏水,排水管破", "排水管老漏水"], ["排水管接口漏水", "漏水因为排水管"]]
    assert pairs(together, ["排水管", "漏水"]) == []
    apart = [[half for text in entry for half in (text.replace("漏水", ""), "漏水")] for entry in together]
    assert pairs(apart, ["排水管", "漏水"]) == [("排水管", "漏水")]


def test_one_sentence_with_either_word_pairs_rare_words() -> None:
    entries = [["空调缺氟怎么处理", "空调少氟怎么处理"], ["别的问题"]]
    (pair,) = mine_aliases(entries, ["缺氟", "少氟"], Lexicon())
    assert (pair.num_entries, pair.num_frames, pair.score) == (1, 1, 1.0)
    assert pairs([["缺氟", "少氟"]], ["缺氟", "少氟"]) == []  # nothing stands around them
    assert pairs([["空调缺氟怎么处理"], ["空调少氟怎么处理"]], ["缺氟", "少氟"]) == []  # two entries


def test_a_word_inside_another_and_codes_are_not_paired() -> None:
    entries = [["清洗滤网了", "清洗空调滤网了", "滤网", "空调滤网", "空调滤网哪里", "滤网哪里"]]
    assert pairs(entries, ["滤网", "空调滤网"]) == []
    assert pairs([["报e4停机", "报缺水停机"]], ["e4", "缺水"]) == []


def test_only_the_best_partner_is_proposed() -> None:
    entries = [[*ENTRIES[0], "gas drum", "a gas drum", "buy gas drum"], ENTRIES[1], *ENTRIES[2:]]
    assert ("缺氟", "gas drum") in pairs(entries, ["缺氟", "gas drum"])
    assert ("缺氟", "gas drum") not in pairs(entries, [*WORDS, "gas drum"])


def test_limit_and_nothing() -> None:
    assert len(mine_aliases(ENTRIES, WORDS, Lexicon(), limit=1)) == 1
    assert mine_aliases([], WORDS, Lexicon()) == []
    assert mine_aliases(ENTRIES, [], Lexicon()) == []
