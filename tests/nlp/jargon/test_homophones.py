"""Homophones and pinyin: what is a term typed by sound, and what are other words."""

import pytest

from nlp.jargon.homophones import HomophoneIndex, SpellingIndex

pytestmark = pytest.mark.unit

TERMS = ("缺氟", "主板", "加氟", "试机", "四通阀", "压缩机", "保修期", "地址码", "排水管", "滤网", "重启")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("缺弗了吗", [("缺氟", 0, 2)]),
        ("却氟", [("缺氟", 0, 2)]),  # 却 is common, but 氟 is rare
        ("换主扳", [("主板", 1, 3)]),
        ("四通法坏了", [("四通阀", 0, 3)]),
        ("压锁机响", [("压缩机", 0, 3)]),
        ("排水馆", [("排水管", 0, 3)]),
        ("虫启一下", [("重启", 0, 2)]),  # 重 is read chong here
        ("缺弗又缺弗", [("缺氟", 0, 2), ("缺氟", 3, 5)]),
    ],
)
def test_homophones_are_found(text: str, found: list[tuple[str, int, int]]) -> None:
    assert list(HomophoneIndex(TERMS).find(text)) == found


@pytest.mark.parametrize(
    "text",
    [
        "缺氟",  # as it is
        "需要加服务吗",  # a piece of 服务
        "这是几匹的",  # two common characters
        "主办",  # a word itself
        "做试剂用",
        "保修起止时间",
        "地址吗",
        "鹊福",  # both characters wrong
        "雅宿基",  # all three wrong
        "",
        "que fu",
    ],
)
def test_other_words_of_the_same_sound_are_left_alone(text: str) -> None:
    assert list(HomophoneIndex(TERMS).find(text)) == []


def test_near_homophones_count_in_longer_terms_only() -> None:
    assert list(HomophoneIndex(["水流开关"]).find("水牛开关")) == [("水流开关", 0, 4)]  # niu for liu
    assert list(HomophoneIndex(["水流"]).find("水妞")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("quefu", [("缺氟", 0, 5)]),
        ("que fu le", [("缺氟", 0, 6)]),
        ("我的que-fu", [("缺氟", 2, 8)]),
        ("sitongfa坏了", [("四通阀", 0, 8)]),
        ("si tong fa", [("四通阀", 0, 10)]),
        ("sitong fa", [("四通阀", 0, 9)]),
        ("lvwang", [("滤网", 0, 6)]),
        ("luwang", [("滤网", 0, 6)]),
        ("lü wang", [("滤网", 0, 7)]),
        ("quefux", []),
        ("xquefu", []),
        ("que, fu", []),
        ("quef u", []),
        ("que", []),
        ("", []),
    ],
)
def test_pinyin(text: str, found: list[tuple[str, int, int]]) -> None:
    assert list(SpellingIndex(TERMS).find(text)) == found


def test_pinyin_that_is_english_is_left_alone() -> None:
    assert list(SpellingIndex(["残油"]).find("can you help")) == []
    assert list(SpellingIndex(["当个"]).find("dangge")) == [("当个", 0, 6)]
    assert list(SpellingIndex(["当个"], known=["dangge"]).find("dangge")) == []
    assert list(SpellingIndex(["蛋格儿"]).find("danger")) == []


def test_pinyin_shorter_than_five_letters_is_left_alone() -> None:
    assert list(SpellingIndex(["氟利"]).find("fuli")) == []


def test_pinyin_takes_the_longest_term() -> None:
    assert list(SpellingIndex(["四通阀", "四通阀线圈"]).find("sitongfa xianquan")) == [("四通阀线圈", 0, 17)]
