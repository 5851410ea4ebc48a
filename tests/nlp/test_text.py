"""normalise: one spelling of a question for all that customers type; detect_language: by script."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.text import detect_language, normalise

pytestmark = pytest.mark.unit

CASES = {
    "empty": ("", ""),
    "plain": ("空调不制冷", "空调不制冷"),
    "full-width letters and digits": ("ＫＦＲ－３５ＧＷ", "kfr-35gw"),
    "full-width question mark": ("怎么办？", "怎么办?"),
    "full-width comma": ("外机不转，内机转", "外机不转,内机转"),
    "Chinese full stop and enumeration comma": ("漏水、漏电。", "漏水,漏电."),
    "half-width kana": ("ｴｱｺﾝ", "エアコン"),
    "ligature and compatibility unit": ("ﬁlter ㎡", "filter m2"),
    "circled digit": ("第①步", "第1步"),
    "degrees": ("２６℃", "26°c"),
    "ellipsis": ("不制冷…", "不制冷..."),
    "decomposed accent": ("cafe\u0301", "café"),
    "typographic quotes and dashes": ("“E1” ‘err’ – why — now", "\"e1\" 'err' - why - now"),
    "traditional": ("空調漏水，發票遺失", "空调漏水,发票遗失"),
    "traditional by phrase": ("乾燥", "干燥"),
    "traditional in two steps": ("薴", "苎"),
    "simplified stays": ("头发和发票", "头发和发票"),
    "upper case": ("Why NO Cold AIR", "why no cold air"),
    "Turkish dotted I": ("İ", "i̇"),
    "white space of all kinds": ("  no\t\r\n cold\u00a0\u3000air\u2009 ", "no cold air"),
    "only white space": (" \u3000\n", ""),
    "zero-width characters": ("空\u200b调\ufeff漏\u2060水", "空调漏水"),
    "direction marks": ("\u202ee1\u202c", "e1"),
    "soft hyphen": ("com\u00adpressor", "compressor"),
    "control characters": ("e\x001\x7f\x1b", "e1"),
    "control character between spaces": ("no \x00 cold", "no cold"),
    "lone high surrogate": ("空\ud83d调", "空调"),
    "lone low surrogate": ("\udc00", ""),
    "noncharacters": ("e\ufffe1\U0010ffff", "e1"),
    "emoji is kept": ("好热😡🔥", "好热😡🔥"),
    "emoji newer than Python's Unicode is kept": ("\U0001fae8", "\U0001fae8"),
    "emoji with variation selector": ("❄️", "❄"),
    "emoji joined": ("👨\u200d🔧", "👨🔧"),
}


@pytest.mark.parametrize(("typed", "expected"), CASES.values(), ids=CASES.keys())
def test_normalise_folds(typed: str, expected: str) -> None:
    assert normalise(typed) == expected


@given(st.text(st.characters(), max_size=40) | st.text("薴苧乾干發a \x00\u200b\u0301\ud800", max_size=12))
def test_normalise_is_idempotent(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_english_takes_the_short_way_to_the_same(text: str) -> None:
    # A zero-width space is dropped, but sends the text the long way.
    assert normalise(text) == normalise(text + "\u200b")


def test_normalise_is_idempotent_for_every_han_character() -> None:
    characters = [chr(c) for c in range(0x3400, 0xA000)]
    assert [c for c in characters if normalise(normalise(c)) != normalise(c)] == []


@given(st.text(st.characters(), max_size=40))
def test_normalise_leaves_nothing_unreadable(text: str) -> None:
    folded = normalise(text)
    assert {unicodedata.category(c) for c in folded} & {"Cc", "Cs"} == set()
    assert folded == folded.strip()
    assert "  " not in folded
    folded.encode()


def test_normalise_of_the_longest_utterance_is_quick() -> None:
    assert normalise("空調" * 2000) == "空调" * 2000
    assert normalise(chr(sys.maxunicode) * 4000) == ""


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", ""),
        ("e1", ""),
        ("35", ""),
        ("😡", ""),
        ("ok", "en"),
        ("no cold air", "en"),
        ("空调", "zh"),
        ("空调 e1", "zh"),
        ("3.5 kw 空调", "zh"),
        ("ac 不冷", "zh"),
        ("txv 坏了", "mixed"),
        ("split 开了半天", "mixed"),
        ("㐀", "zh"),
        ("\U00020000", "zh"),
    ],
)
def test_detect_language(text: str, language: str) -> None:
    assert detect_language(text) == language
