"""How Chinese is spoken: syllables without tones, and what Chinese ears take for the same."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0304\u030c"))
_FIRST_SYMBOL = 0xE000  # the private use area: a symbol for each syllable
# What speakers of many dialects say and type alike: zh z, ch c, sh s, n l, ang an, eng en, ing in.
_ALIKE = (
    (re.compile("^([zcs])h"), r"\1"),
    (re.compile("^n"), "l"),
    (re.compile("(?<!i)ang$"), "an"),
    (re.compile("eng$"), "en"),
    (re.compile("ing$"), "in"),
)


@lru_cache(maxsize=1)
def _readings() -> Mapping[str, tuple[str, ...]]:
    """Return the syllables of each character, the commonest first."""
    from pypinyin.constants import PINYIN_DICT  # 0.8 s and 30 MB; not needed where there is no lexicon

    spoken = {chr(code): readings.split(",") for code, readings in PINYIN_DICT.items() if 0x3400 <= code <= 0x9FFF}
    toneless = {reading: _toneless(reading) for readings in spoken.values() for reading in readings}
    return {c: tuple(dict.fromkeys(toneless[r] for r in readings)) for c, readings in spoken.items()}


def _toneless(reading: str) -> str:
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", reading).translate(_TONES))
    return folded.replace("ü", "v")


@lru_cache(maxsize=1 << 16)  # two indexes ask for each surface
def syllables(text: str) -> tuple[str, ...]:
    """Return how a word of Chinese characters is read, a syllable each, without tones; `v` stands for ü.

    A character with several readings is read as in the longest known phrase around it (重启: chong qi).
    """
    readings = _readings()
    if any(len(readings.get(c, ())) > 1 for c in text) and _has_phrase(text):
        from pypinyin import lazy_pinyin

        return tuple(lazy_pinyin(text))
    return tuple(readings[c][0] if c in readings else c for c in text)


def _has_phrase(text: str) -> bool:
    from pypinyin.constants import PHRASES_DICT

    length = len(text)
    return any(text[a:b] in PHRASES_DICT for a in range(length - 1) for b in range(a + 2, min(length, a + 4) + 1))


@lru_cache(maxsize=1 << 10)
def fold(syllable: str) -> str:
    """Return one spelling for syllables that are often taken for each other: `zheng` and `zen` are `zen`."""
    for pattern, replacement in _ALIKE:
        syllable = pattern.sub(replacement, syllable)
    return syllable


@lru_cache(maxsize=1)
def _symbols() -> Mapping[str, str]:
    """Return one character for each folded syllable."""
    folded = sorted({fold(reading) for readings in _readings().values() for reading in readings})
    return {syllable: chr(_FIRST_SYMBOL + i) for i, syllable in enumerate(folded)}


@lru_cache(maxsize=1)
def sound_table() -> Mapping[int, str]:
    """Return a table for `str.translate`: each Chinese character to the symbol of its folded syllable.

    Texts of one length that sound alike become equal, and positions stay what they were.
    """
    symbols = _symbols()
    return {ord(c): symbols[fold(readings[0])] for c, readings in _readings().items()}


def sound_of(spoken: tuple[str, ...]) -> str:
    """Return the symbols of syllables, as `sound_table` gives them for characters."""
    symbols = _symbols()
    return "".join(symbols.get(fold(syllable), syllable) for syllable in spoken)


def first_reading(character: str) -> str:
    """Return a character's commonest syllable; the character itself when it has none."""
    readings = _readings().get(character)
    return readings[0] if readings else character
