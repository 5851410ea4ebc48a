"""Normalisation of what customers type, and the language that it is in."""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

import opencc

Language = Literal["zh", "en", "mixed", ""]

MAX_CHARACTERS = 4_000
"""Longest utterance that is accepted, in code points (protocol.md: frames of at most 64 KiB)."""

# Invisible characters that phones and copied web pages leave in a text: soft hyphen, zero-width
# space/joiners, direction marks, word joiner, byte-order mark, variation selectors. Noncharacters
# too, but not what is merely unassigned: Python 3.11 does not know the emoji of Unicode 15.
_INVISIBLE = re.compile(
    "[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufdd0-\ufdef\ufe00-\ufe0f\ufeff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
_WHITESPACE = re.compile(r"\s+")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN_PAIR = re.compile("[a-z]{2}", re.IGNORECASE)
_LATIN_WORD = re.compile("[a-z]{3}", re.IGNORECASE)
# NFKC leaves these apart although people use them for each other.
_PUNCTUATION = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u3001": ",",
        "\u3002": ".",
        "\u2014": "-",
        "\u2013": "-",
    }
)


@lru_cache(maxsize=1)
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def _simplify(text: str) -> str:
    # Once is not enough: OpenCC turns 薴 into 苧 and 苧 into 苎. Longer chains are not known.
    for _ in range(3):
        simplified = _simplifier().convert(text)
        if simplified == text:
            break
        text = simplified
    return text


def normalise(text: str) -> str:
    """Fold the spellings of one question into one string.

    NFKC (full to half width, compatibility forms), invisible and control characters dropped,
    traditional to simplified Chinese (OpenCC `t2s`), lower case, runs of white space to one space.
    Idempotent: `normalise(normalise(x)) == normalise(x)`.

    Args:
        text: What was typed; any Unicode, lone surrogates included (they are dropped).

    Returns:
        The normalised text; empty when nothing readable was in it.
    """
    if text.isascii() and text.isprintable():  # plain English: none of what follows can be in it
        return " ".join(text.lower().split())
    text = unicodedata.normalize("NFKC", text)
    text = _INVISIBLE.sub("", text).translate(_PUNCTUATION)
    if not text.isprintable():
        text = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in {"Cc", "Cs"})
    text = _WHITESPACE.sub(" ", text)
    text = _simplify(text) if _HAN.search(text) else text
    # Lower-casing may leave decomposed characters ("İ"); composing again keeps this idempotent.
    return unicodedata.normalize("NFKC", text.lower()).strip()


def detect_language(text: str) -> Language:
    """Tell Chinese, English and both at once apart by script.

    A model number or a unit beside Chinese characters does not make a text mixed; a Latin word of
    three letters or more does. Empty when neither script occurs.
    """
    if not text.isascii() and _HAN.search(text):
        return "mixed" if _LATIN_WORD.search(text) else "zh"
    return "en" if _LATIN_PAIR.search(text) else ""
