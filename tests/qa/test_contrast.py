"""Whatever colour a brand has, text on it and in it can be read."""

from hypothesis import example, given
from hypothesis import strategies as st

from qa.contrast import DARK_GROUNDS, LIGHT_GROUNDS, READABLE, contrast, mix, shades_of

colors = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_is_wcags() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert contrast("#777777", "#777777") == 1
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54  # the well-known lightest grey that passes


@given(colors)
@example("#ffffff")
@example("#000000")
@example("#ffff00")
def test_every_brand_can_be_read_in_both_themes(brand: str) -> None:
    for shades, grounds in zip(shades_of(brand), (LIGHT_GROUNDS, DARK_GROUNDS), strict=True):
        pairs = [(shades.accent, ground) for ground in (*grounds, shades.soft)]
        pairs += [(shades.on_accent, shades.accent), (shades.on_accent, shades.hover)]
        pairs += [(shades.on_bubble, shades.bubble)]
        assert [pair for pair in pairs if contrast(*pair) < READABLE] == []


def test_readable_brand_is_left_as_it_is() -> None:
    assert shades_of("#0b4f6c")[0].accent == "#0b4f6c"


def test_mix_goes_from_one_to_the_other() -> None:
    assert (mix("#102030", "#ffffff", 1), mix("#102030", "#ffffff", 0)) == ("#102030", "#ffffff")
