"""Spacing: codes and compounds with other separators, and sentences that only look like them."""

import pytest

from nlp.jargon.spacing import SpacingIndex, joins, stands_alone

pytestmark = pytest.mark.unit

SURFACES = (
    "e4",
    "e12",
    "a1",
    "at3",
    "kfr-35gw/lc1",
    "lcd-35t2",
    "pump down",
    "4-way valve",
    "lc1 35",
    "88",
    "fl",
    "故障e4",
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("e 4", [("e4", 0, 3)]),
        ("e-4", [("e4", 0, 3)]),
        ("e - 4", [("e4", 0, 5)]),
        ("显示e_4停机", [("e4", 2, 5)]),
        ("故障 e 4", [("e4", 3, 6), ("故障e4", 0, 6)]),
        ("kfr 35 gw/lc1", [("kfr-35gw/lc1", 0, 13)]),
        ("kfr35gwlc1", [("kfr-35gw/lc1", 0, 10)]),
        ("kfr35gw lc1坏了", [("kfr-35gw/lc1", 0, 11)]),
        ("lcd 35 t2", [("lcd-35t2", 0, 9)]),
        ("pumpdown", [("pump down", 0, 8)]),
        ("pump-down", [("pump down", 0, 9)]),
        ("4 way valve", [("4-way valve", 0, 11)]),
        ("4wayvalve", [("4-way valve", 0, 9)]),
        ("lc1-35", [("lc1 35", 0, 6)]),
    ],
)
def test_separators_vary(text: str, found: list[tuple[str, int, int]]) -> None:
    assert sorted(SpacingIndex(SURFACES).find(text), key=lambda f: f[2] - f[1]) == found


@pytest.mark.parametrize(
    "text",
    [
        "e4",  # exact
        "the 4 valves",  # a piece of a word
        "e 45",
        "e1 2 times",  # digits are not joined
        "e1-2",
        "a 1 year warranty",
        "at 3 pm",
        "e. 4",
        "e/4",
        "e    4",
        "lc135",  # two numbers need their separator
        "8 8",
        "f l",
        "pump  -   down",
        "pump, down",
        "",
    ],
)
def test_sentences_are_left_alone(text: str) -> None:
    assert list(SpacingIndex(SURFACES).find(text)) == []


def test_an_index_of_nothing() -> None:
    assert list(SpacingIndex([]).find("e 4")) == []
    assert list(SpacingIndex(["缺氟", "fuse"]).find("缺 氟 fu se")) == []


@pytest.mark.parametrize(("at", "joined"), [(0, False), (1, True), (2, False), (3, False), (4, False)])
def test_joins(at: int, joined: bool) -> None:
    assert joins("e4 氟", at) is joined


def test_stands_alone() -> None:
    assert stands_alone("e4氟", 0, 2)
    assert not stands_alone("e41", 0, 2)
    assert not stands_alone("be4", 1, 3)
