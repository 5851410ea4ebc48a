"""Spellings of digits and signs folded to ASCII, one character to one, so that positions stay."""

import re
import unicodedata

INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]")
"""Characters that show nothing and can part a number's digits."""
HIDDEN = "\ue000"
"""Stands where something was found already; in a private area, so that no other pattern matches it."""
_CHINESE_DIGITS = str.maketrans("〇零一二三四五六七八九幺", "001234567891")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−－", "-"))


def fold(text: str) -> str:
    """Return a text of the same length with digits of any script, full-width signs and dashes in ASCII."""
    return "".join(map(_fold_character, text)).translate(_DASHES)


def fold_chinese_digits(folded: str) -> str:
    """Return a folded text of the same length in which 一三八 is 138; for numbers only."""
    return folded.translate(_CHINESE_DIGITS)


def _fold_character(character: str) -> str:
    if character.isascii():
        return character
    decimal = unicodedata.decimal(character, None)
    if decimal is not None:
        return str(decimal)
    if "\uff01" <= character <= "\uff5e":
        return chr(ord(character) - 0xFEE0)
    return " " if character.isspace() else character
