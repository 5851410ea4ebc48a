"""Mining: what is proposed from texts of a trade, what is not, and how well it finds jargon that was hidden."""

import json
import time
from functools import lru_cache
from pathlib import Path

import pytest

from nlp.jargon.mining import ProposedTerm, mine_terms
from nlp.lexicon import Lexicon, LexiconTerm

pytestmark = pytest.mark.unit

DEMO = Path(__file__).parents[3] / "qa" / "demo"
TEXTS = [
    *("空调缺氟了怎么办", "是不是缺氟", "缺氟要多少钱", "怎么看缺氟没有", "夏天缺氟加一次", "又缺氟,烦死了"),
    *("my txv is stuck", "replace a txv please", "is the txv covered?", "price of txv", "txv hunting", "noisy txv!"),
    *("显示E4", "E4 是什么", "e4怎么办", "又是e4"),
    *("KFR-35GW 坏了", "买了kfr-35gw", "kfr-35gw滴水"),
]


def by_text(texts: list[str], lexicon: Lexicon | None = None, **options: int) -> dict[str, ProposedTerm]:
    return {term.text: term for term in mine_terms(texts, lexicon or Lexicon(), **options)}


def test_each_kind_is_proposed() -> None:
    proposed = by_text(TEXTS)
    assert {(t.text, t.kind, t.language) for t in proposed.values()} >= {
        ("缺氟", "jargon", "zh"),
        ("txv", "jargon", "en"),
        ("e4", "code", ""),
        ("kfr-35gw", "model", ""),
    }


def test_proposal_says_what_speaks_for_it() -> None:
    term = by_text(TEXTS)["缺氟"]
    assert (term.frequency, term.num_texts) == (6, 6)
    assert term.examples == ("空调缺氟了怎么办", "是不是缺氟", "缺氟要多少钱")
    assert term.cohesion > 2
    assert term.entropy > 1
    assert term.strangeness > 2


def test_proposals_are_ranked_and_limited() -> None:
    terms = mine_terms(TEXTS, Lexicon())
    assert [t.score for t in terms] == sorted((t.score for t in terms), reverse=True)
    assert mine_terms(TEXTS, Lexicon(), limit=1) == terms[:1]
    assert mine_terms(TEXTS, Lexicon(), limit=0) == []


def test_known_surfaces_and_their_misspellings_are_not_proposed() -> None:
    lexicon = Lexicon([LexiconTerm("漏氟", aliases=("缺氟",)), LexiconTerm("TXV"), LexiconTerm("E4", "code")])
    texts = [*TEXTS, "缺弗了", "是缺弗", "缺弗吗"]
    assert {"缺氟", "缺弗", "txv", "e4"}.isdisjoint(by_text(texts, lexicon))


def test_rare_words_are_not_proposed() -> None:
    assert "缺氟" in by_text(TEXTS[:6], min_frequency=6, min_texts=6)
    assert "缺氟" not in by_text(TEXTS[:6], min_frequency=7)
    assert "缺氟" not in by_text(TEXTS[:6], min_texts=7)
    assert by_text(["缺氟,缺氟,缺氟,缺氟。"]) == {}  # in one text only


def test_everyday_words_are_not_proposed() -> None:
    texts = ["我不知道怎么办", "你怎么办啊", "那怎么办", "how do you do it", "what do you do", "you do"] * 3
    assert by_text(texts) == {}


def test_what_mostly_occurs_inside_a_longer_term_is_not_proposed() -> None:
    texts = ["换四通阀线圈", "四通阀线圈坏", "四通阀线圈多少钱", "量四通阀线圈", "电子四通阀线圈", "修四通阀线圈吗"]
    alone = ["四通阀", "换四通阀吗", "四通阀响"]
    proposed = by_text([*texts, *alone[:2]])  # six of eight
    assert "四通阀线圈" in proposed
    assert {"四通阀", "线圈", "通阀", "四通"}.isdisjoint(proposed)
    assert {"四通阀线圈", "四通阀"} <= set(by_text([*texts, *alone]))  # six of nine


def test_boilerplate_counts_once() -> None:
    boilerplate = "报修请拨岚川客服电话告诉我们缺氟"
    texts = [f"{word}。{boilerplate}" for word in ("缺氟", "缺氟吗", "又缺氟", "漏水", "异响", "不冷")]
    assert by_text(texts)["缺氟"].frequency == 4


def test_addresses_are_not_read() -> None:
    texts = [f"{word} [图](https://example.org/qrx7) www.lanchuan9.cn 缺氟" for word in ("一", "二", "三", "四")]
    assert by_text(texts).keys() == {"缺氟"}


def test_no_texts() -> None:
    assert mine_terms([], Lexicon()) == []
    assert mine_terms(["", "😡", "…"], Lexicon()) == []


def test_a_third_language_is_passed_over() -> None:
    assert mine_terms(["компрессор сломан", "мой компрессор", "где компрессор"], Lexicon()) == []


@lru_cache(maxsize=1)
def _phrasings() -> tuple[str, ...]:
    entries = [e for path in (DEMO / "knowledge").glob("*.json") for e in json.loads(path.read_text())["entries"]]
    texts = [
        [*e["question"].values(), *(text for listed in e["phrasings"].values() for text in listed)] for e in entries
    ]
    return tuple(text for listed in texts for text in listed)


def test_hidden_jargon_of_the_demonstration_is_found_again() -> None:
    terms = json.loads((DEMO / "terms.json").read_text())["terms"]
    lexicon = [LexiconTerm(t["term"], t["kind"], tuple(t["aliases"])) for t in terms]
    hidden = Lexicon(term for term in lexicon if term.kind == "jargon").surfaces
    proposed = [t.text for t in mine_terms(_phrasings(), Lexicon(t for t in lexicon if t.kind != "jargon"), limit=400)]
    assert sum(text in hidden for text in proposed[:100]) >= 45  # 51; most others are words of the trade too
    everything = Lexicon(lexicon)
    frequency: dict[str, int] = {}
    for text in _phrasings():
        for surface, _, _ in everything._find_exact(text.lower()):
            frequency[surface] = frequency.get(surface, 0) + 1
    frequent = [surface for surface in hidden if frequency.get(surface, 0) >= 5]
    assert sum(surface in proposed for surface in frequent) >= 0.85 * len(frequent)  # 0.92


def test_ten_thousand_texts_are_mined_in_seconds() -> None:
    texts = [f"{text} {number % 7}" for number, text in enumerate(_phrasings() * 3)]
    start = time.thread_time()
    mine_terms(texts[:10_000], Lexicon())
    assert time.thread_time() - start < 20.0  # 1.4 on the machine of 2026
