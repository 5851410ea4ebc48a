"""The questions in jargon are what their figure says: the lexicon knows the word, the right entry's phrasings do not.

Words are compared as `LexicalAnalyzer({})` splits them. Of Chinese, words of two characters and more (jieba's): single
characters occur everywhere, 水 is in 排水管 and in 冷气水. Runs of three characters that jieba cuts otherwise count too.
"""

import json
import re
from collections import Counter
from functools import lru_cache
from itertools import chain
from pathlib import Path

import pytest

from nlp.jargon.spacing import stands_alone
from nlp.lexicon import Lexicon, LexiconTerm
from nlp.text import detect_language, normalise
from retrieval.lexical import LexicalAnalyzer, stem

pytestmark = pytest.mark.unit

DEMO = Path(__file__).resolve().parents[2] / "qa" / "demo"
HAN = re.compile("[\u3400-\u9fff]")
WORDS = LexicalAnalyzer({})

_FUNCTION_WORDS = """
一个 一下 这个 那个 我们 你们 我家 可以 能不能 会不会 是不是 要不要 没有 不了 已经 还是 有点
a an the and or but of to in on at by for with from up out off is are be was were been am do does did don
can could will would shall should may might must have has had get got i me my mine you your we our us it its
he him his she her they them this that these there here not no any some all so too very just only if when while
then s t m re ve ll d isn doesn won hasn wouldn please pls
"""
_QUESTION_WORDS = """
怎么 怎样 怎么办 咋办 咋回事 回事 什么 为什么 为啥 多少 多久 多长 多大 哪里 哪儿 哪个 几个
what which who where why how much many long often
"""
_SUBJECT = "空调 机器 ac aircon air conditioner unit"
SHARED = frozenset(f"{_FUNCTION_WORDS} {_QUESTION_WORDS} {_SUBJECT}".split())
"""Words that a question may share with the right entry: they tell no entry from another."""


def _read_terms() -> tuple[LexiconTerm, ...]:
    rows = json.loads((DEMO / "terms.json").read_text(encoding="utf-8"))["terms"]
    return tuple(LexiconTerm(row["term"], row["kind"], tuple(row["aliases"])) for row in rows)


def _read_entries() -> dict[str, tuple[str, ...]]:
    """Return what each entry is found by, normalised: its phrasings and its questions."""
    entries = {}
    for path in sorted((DEMO / "knowledge").glob("*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8"))["entries"]:
            texts = [*entry["question"].values(), *chain.from_iterable(entry["phrasings"].values())]
            entries[entry["external_id"]] = tuple(map(normalise, texts))
    return entries


def _read_questions() -> list[tuple[str, str]]:
    lines = (DEMO / "dev_jargon.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "label\ttext"
    return [(label, text) for label, text in (line.split("\t") for line in lines[1:])]


LEXICON = Lexicon(_read_terms())
ENTRIES = _read_entries()
QUESTIONS = _read_questions()


def occurs(surface: str, texts: tuple[str, ...]) -> bool:
    """Tell whether a surface stands in one of the texts, no Latin word cut in two."""
    places = ((text, found.start()) for text in texts for found in re.finditer(re.escape(surface), text))
    return any(stands_alone(text, start, start + len(surface)) for text, start in places)


def words(text: str) -> frozenset[str]:
    """Return the words that count: Latin ones stemmed, Chinese ones of two characters and more."""
    return frozenset(w for w in WORDS.tokens(text) if len(w) > 1 or not HAN.match(w))


def runs(text: str) -> frozenset[str]:
    """Return every three Chinese characters in a row."""
    return frozenset(run for run in (text[i : i + 3] for i in range(len(text) - 2)) if len(HAN.findall(run)) == 3)


@lru_cache
def words_of(label: str) -> frozenset[str]:
    """Return all words of an entry."""
    return frozenset(chain.from_iterable(map(words, ENTRIES[label])))


def connecting_terms(label: str, text: str) -> list[str]:
    """Return the terms in a question under a surface that the right entry lacks, and known to it under another."""
    found = []
    for match in LEXICON.find(text):
        surface = text[match.start : match.end]
        others = [s for s in LEXICON.surfaces_by_term[match.term] if s != surface]
        if surface in LEXICON.surfaces and any(occurs(other, ENTRIES[label]) for other in others):
            found.append(match.term)
    return found


def offences(label: str, text: str) -> list[str]:
    """Say what a question shares with its right entry though it must not."""
    text = normalise(text)
    if label not in ENTRIES:
        return [f"no entry {label}"]
    found = [f"word {w}" for w in words(text) & words_of(label) - {stem(word) for word in SHARED} - SHARED]
    found += [f"run {run}" for run in runs(text) if any(run in of_entry for of_entry in ENTRIES[label])]
    surfaces = {text[m.start : m.end] for m in LEXICON.find(text)}
    found += [f"surface {s}" for s in surfaces if occurs(s, ENTRIES[label])]
    return found if connecting_terms(label, text) else [*found, "no term that leads to the entry"]


@pytest.mark.parametrize(("label", "text"), QUESTIONS)
def test_question_shares_no_word_with_its_entry_and_a_term_leads_there(label: str, text: str) -> None:
    assert offences(label, text) == []


@pytest.mark.parametrize(
    ("label", "text", "expected"),
    [
        ("refrigerant-signs", "亏氟都有哪些苗头", []),
        ("refrigerant-signs", "缺氟都有哪些苗头", ["surface 缺氟"]),
        ("refrigerant-signs", "亏氟的症状", ["word 症状"]),
        ("refrigerant-signs", "undergassed, symptoms?", ["word symptom"]),
        ("refrigerant-signs", "亏氟，粗管怪", ["surface 粗管", "word 粗管"]),
        ("refrigerant-signs", "亏氟，管不凉", ["run 管不凉"]),
        ("refrigerant-signs", "都有哪些苗头", ["no term that leads to the entry"]),
        ("contact", "亏氟都有哪些苗头", ["no term that leads to the entry"]),
        ("nowhere", "亏氟都有哪些苗头", ["no entry nowhere"]),
    ],
)
def test_offences_of_a_question_are_told(label: str, text: str, expected: list[str]) -> None:
    assert sorted(offences(label, text)) == expected


def test_set_is_large_and_in_both_languages() -> None:
    languages = Counter(detect_language(normalise(text)) for _, text in QUESTIONS)
    assert len(QUESTIONS) >= 120
    assert set(languages) == {"zh", "en", "mixed"}
    assert min(languages.values()) >= len(QUESTIONS) / 10


def test_set_spreads_over_entries_and_terms() -> None:
    entries = Counter(label for label, _ in QUESTIONS)
    terms = Counter(term for label, text in QUESTIONS for term in set(connecting_terms(label, normalise(text))))
    assert max(entries.values()) <= 3
    assert max(terms.values()) <= 3
    assert len(entries) >= len(ENTRIES) * 3 / 4


def test_no_question_comes_twice_or_stands_in_the_other_set() -> None:
    others = [line.split("\t")[1] for line in (DEMO / "dev.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    repeated = Counter(normalise(text) for text in (*others, *(text for _, text in QUESTIONS)))
    assert [text for text, count in repeated.items() if count > 1] == []
