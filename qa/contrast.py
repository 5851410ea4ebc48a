"""Colours of a brand that can be read: whatever colour is given, text on it and in it keeps WCAG's 4.5:1; pure.

References:
    WCAG 2.2, success criterion 1.4.3 and the definitions of relative luminance and contrast ratio.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

READABLE = 4.5
"""Contrast of ordinary text, level AA."""
STEPS = 100
"""How finely a colour is moved towards black or white."""
BLACK, WHITE = "#000000", "#ffffff"
LIGHT_GROUNDS = ("#ffffff", "#f3f6f7", "#e8eef0")
"""`--surface`, `--paper` and `--sunken` of qa/static/qa/base.css, light."""
DARK_GROUNDS = ("#141c21", "#0e1519", "#1c262c", "#232f36")
"""`--surface`, `--paper`, `--raised` and `--sunken`, dark."""
SOFT_LIGHT, SOFT_DARK = 0.12, 0.2
"""Share of the accent in the tint behind what is chosen."""


@dataclass(frozen=True, slots=True)
class Shades:
    """One theme's colours, each `#rrggbb`.

    Attributes:
        accent: Of links, icons and filled buttons.
        hover: Of the same under the pointer.
        soft: Behind what is chosen.
        on_accent: Text on `accent` and `hover`.
        bubble: Behind the customer's own words.
        on_bubble: Text on it.
    """

    accent: str
    hover: str
    soft: str
    on_accent: str
    bubble: str
    on_bubble: str


def shades_of(brand: str) -> tuple[Shades, Shades]:
    """Return the shades for light and for dark of a brand colour `#rrggbb`."""
    light = _moved(brand, BLACK, lambda c: _reads_on(c, [*LIGHT_GROUNDS, mix(c, WHITE, SOFT_LIGHT)]))
    dark_soft = DARK_GROUNDS[0]
    dark = _moved(brand, WHITE, lambda c: _reads_on(c, [*DARK_GROUNDS, mix(c, dark_soft, SOFT_DARK)]))
    bubble = mix(light, BLACK, 0.85)
    ink = mix(dark, BLACK, 0.15)
    return (
        Shades(light, mix(light, BLACK, 0.8), mix(light, WHITE, SOFT_LIGHT), WHITE, light, WHITE),
        Shades(dark, mix(dark, WHITE, 0.75), mix(dark, dark_soft, SOFT_DARK), ink, bubble, WHITE),
    )


def mix(color: str, other: str, share: float) -> str:
    """Return `share` of a colour with the rest of another, channel by channel."""
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _moved(color: str, towards: str, is_readable: Callable[[str], bool]) -> str:
    shades = (mix(color, towards, 1 - step / STEPS) for step in range(STEPS + 1))
    return next(shade for shade in shades if is_readable(shade))


def _reads_on(color: str, grounds: Iterable[str]) -> bool:
    return all(contrast(color, ground) >= READABLE for ground in grounds)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in _channels(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
