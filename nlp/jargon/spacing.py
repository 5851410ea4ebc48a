"""Codes, model numbers and compounds with other spaces and hyphens: `e 4`, `kfr35gw`, `pump-down`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from ahocorasick_rs import AhoCorasick

from nlp.jargon.wordlists import frequent_english

_SEPARATORS = " -_/.'"
_DROPPED = dict.fromkeys(map(ord, _SEPARATORS))
_LATIN = re.compile("[a-z0-9]")
_LONGEST_GAP = 3  # " - "
_FUNCTION_ZIPF = 5.5
_SHORTEST_COMPOUND = 5  # letters


@dataclass(frozen=True, slots=True)
class _Pattern:
    surface: str
    breaks: frozenset[int]  # offsets in the surface without separators before which it has one


class SpacingIndex:
    """Finds surfaces whose separators were left out, put in or exchanged.

    A hyphen may stand anywhere but between two digits; a space where letters meet digits or where the
    surface has a separator itself. `at 3` and `a 1` stay words.

    Args:
        surfaces: Of any kind; those without a digit beside a letter and without a separator can't vary.
    """

    def __init__(self, surfaces: Iterable[str]) -> None:
        self._patterns: dict[str, _Pattern] = {}
        for surface in surfaces:
            squeezed = surface.translate(_DROPPED)
            if _can_vary(surface, squeezed):
                self._patterns.setdefault(squeezed, _Pattern(surface, _breaks(surface)))
        self._squeezed = tuple(self._patterns)

    @cached_property
    def _automaton(self) -> AhoCorasick:
        return AhoCorasick(self._squeezed)

    def find(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Yield (surface, start, end) of what differs from a surface in its separators; matches may overlap."""
        if not self._squeezed:
            return
        matches = self._automaton.find_matches_as_indexes(text.translate(_DROPPED), overlapping=True)
        if not matches:
            return
        kept = [at for at, character in enumerate(text) if character not in _SEPARATORS]
        for number, first, last in matches:
            pattern = self._patterns[self._squeezed[number]]
            places = kept[first:last]
            start, end = places[0], places[-1] + 1
            if (
                text[start:end] != pattern.surface
                and stands_alone(text, start, end)
                and _fits(text, places, pattern.breaks)
            ):
                yield pattern.surface, start, end


def stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether a half-open range cuts no Latin word or number in two."""
    return not (joins(text, start) or joins(text, end))


def joins(text: str, at: int) -> bool:
    """Tell whether the characters on both sides of a position belong to one Latin word or number."""
    if not 0 < at < len(text):
        return False
    left, right = text[at - 1], text[at]
    return left.isascii() and right.isascii() and left.isalnum() and right.isalnum()


def _can_vary(surface: str, squeezed: str) -> bool:
    if not _LATIN.search(surface):
        return False
    if any(_is_turn(a, b) for a, b in pairwise(squeezed)):
        return True
    return len(squeezed) < len(surface) and len(squeezed) >= _SHORTEST_COMPOUND and squeezed.isascii()


def _breaks(surface: str) -> frozenset[int]:
    found: set[int] = set()
    offset = 0
    for character in surface:
        if character in _SEPARATORS:
            found.add(offset)
        else:
            offset += 1
    return frozenset(found)


def _fits(text: str, places: list[int], breaks: frozenset[int]) -> bool:
    """Tell whether the separators between these places of the text may stand, or be missing, there."""
    for offset, (left, right) in enumerate(pairwise(places), start=1):
        gap = text[left + 1 : right]
        if gap and not (offset in breaks and len(gap) <= _LONGEST_GAP) and not _may_stand(text, left, right, gap):
            return False
        if not gap and offset in breaks and text[left].isdigit() and text[right].isdigit():
            return False
    return True


def _may_stand(text: str, left: int, right: int, gap: str) -> bool:
    if gap.strip(" -_") or len(gap) > _LONGEST_GAP or (text[left].isdigit() and text[right].isdigit()):
        return False
    if not (text[left].isascii() or text[right].isascii()):
        return False
    return " " not in gap or (_is_turn(text[left], text[right]) and not _is_word_beside(text, left, right))


def _is_turn(left: str, right: str) -> bool:
    """Tell whether letters meet digits, or Chinese meets either, between two characters."""
    return _sort(left) != _sort(right)


def _sort(character: str) -> int:
    if character.isdigit():
        return 0
    return 1 if character.isascii() and character.isalpha() else 2


def _is_word_beside(text: str, left: int, right: int) -> bool:
    """Tell whether the letters on either side of a gap are an English word of every sentence: `at 3`, `a 1`."""
    start, end = left, right + 1
    while start and _sort(text[start]) == _sort(text[start - 1]) == 1:
        start -= 1
    while end < len(text) and _sort(text[end]) == _sort(text[right]) == 1:
        end += 1
    words = [word for word in (text[start : left + 1], text[right:end]) if word.isalpha() and word.isascii()]
    return any(w in {"a", "i"} or (len(w) > 1 and w in frequent_english(_FUNCTION_ZIPF)) for w in words)
