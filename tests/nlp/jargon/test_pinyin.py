"""Pinyin: readings without tones, and which syllables are taken for each other."""

import pytest

from nlp.jargon.pinyin import first_reading, fold, sound_of, sound_table, syllables

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("缺氟", ("que", "fu")),
        ("滤网", ("lv", "wang")),
        ("重启", ("chong", "qi")),  # 重 alone is zhong
        ("e氟", ("e", "fu")),
        ("", ()),
    ],
)
def test_syllables(text: str, spoken: tuple[str, ...]) -> None:
    assert syllables(text) == spoken


@pytest.mark.parametrize(
    ("syllable", "folded"),
    [
        *[("zheng", "zen"), ("chi", "ci"), ("shan", "san"), ("nie", "lie"), ("ling", "lin"), ("fang", "fan")],
        *[("liang", "liang"), ("long", "long"), ("an", "an"), ("en", "en"), ("fu", "fu")],
    ],
)
def test_fold(syllable: str, folded: str) -> None:
    assert fold(syllable) == folded


def test_sound_table_makes_homophones_equal_and_keeps_positions() -> None:
    table = sound_table()
    assert "缺氟e4".translate(table) == "缺弗e4".translate(table)
    assert "四通阀".translate(table) == "四通法".translate(table)
    assert "缺氟".translate(table) != "缺水".translate(table)
    assert len("缺氟 e4,坏了".translate(table)) == 8
    assert sound_of(("que", "fu")) == "缺氟".translate(table)


def test_first_reading_of_a_character_without_one() -> None:
    assert (first_reading("氟"), first_reading("e")) == ("fu", "e")
