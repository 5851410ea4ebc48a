"""Variants: every kind is found, positions are those of what was typed, time is linear."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.jargon.variants import Variant, VariantFinder
from nlp.lexicon import Lexicon, LexiconTerm

pytestmark = pytest.mark.unit

SURFACES = ("缺氟", "主板", "low refrigerant", "condenser", "compressor relay", "e4", "kfr-35gw", "lanair")


def finder(names: tuple[str, ...] = ()) -> VariantFinder:
    lexicon = Lexicon(LexiconTerm(surface) for surface in SURFACES)
    return VariantFinder(SURFACES, lexicon._find_exact, names)


def test_each_kind_is_found_where_it_stands() -> None:
    text = "condensor坏了,e 4,缺弗,zhuban"
    assert sorted(finder().find(text), key=lambda v: v.start) == [
        Variant("condenser", 0, 9, "typo"),
        Variant("e4", 12, 15, "spacing"),
        Variant("缺氟", 16, 18, "homophone"),
        Variant("主板", 19, 25, "pinyin"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("low refrigerent", [("low refrigerant", 0, 15)]),
        ("is it low refrigerrant?", [("low refrigerant", 6, 22)]),
        ("compresor relaay", [("compressor relay", 0, 16)]),
        ("condensor and condensor", [("condenser", 0, 9), ("condenser", 14, 23)]),
        ("condensorr, compresor relay now", [("condenser", 0, 10), ("compressor relay", 12, 27)]),
        ("refrigerent", []),  # half a surface
        ("condenser", []),
        ("condensor4", []),
    ],
)
def test_typos_are_placed_in_what_was_typed(text: str, found: list[tuple[str, int, int]]) -> None:
    assert [(v.surface, v.start, v.end) for v in finder().find(text)] == found


def test_names_are_not_corrected() -> None:
    assert [v.surface for v in finder().find("lanaair")] == ["lanair"]
    assert finder(names=("lanair",)).find("lanaair") == []


@given(st.text("ab缺弗氟 e4-que fu主扳", max_size=40))
def test_variants_lie_inside_the_text(text: str) -> None:
    assert all(0 <= v.start < v.end <= len(text) and v.surface in SURFACES for v in finder().find(text))


@pytest.mark.parametrize(
    "piece",
    ["e ", "e 4", "e-", "a a-", "que ", "quequ", "缺弗", "缺弗服务", "refrigerent ", "condensor", "z" * 39 + " "],
)
def test_time_is_linear_in_the_text(piece: str) -> None:
    variants = finder()
    variants.warm_up()

    def seconds(text: str) -> float:
        taken = []
        for _ in range(3):
            start = time.thread_time()
            variants.find(text)
            taken.append(time.thread_time() - start)
        return min(taken)

    short, long = piece * (2_000 // len(piece)), piece * (40_000 // len(piece))
    variants.find(short)
    assert seconds(long) < 100 * max(seconds(short), 1e-4)  # 20 times as long; quadratic would be 400
