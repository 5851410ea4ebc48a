"""Terms that are not spelt as in the lexicon: typos, wrong characters of the same sound, pinyin, other spacing."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from nlp.jargon.homophones import HomophoneIndex, SpellingIndex
from nlp.jargon.spacing import SpacingIndex
from nlp.jargon.typos import TypoIndex

VariantKind = Literal["spacing", "typo", "homophone", "pinyin"]

_LATIN_WORD = re.compile(r"(?<![a-z0-9])[a-z]{4,40}(?![a-z0-9])")
_LATIN = re.compile(r"[a-z]+")
_HAN_WORD = re.compile("[\u3400-\u9fff]{2,12}")


@dataclass(frozen=True, slots=True)
class Variant:
    """A surface of the lexicon, spelt differently: what it is, where it stands (half-open), how it differs."""

    surface: str
    start: int
    end: int
    kind: VariantKind


class VariantFinder:
    """Finds misspelt surfaces in a normalised text, in time linear in the text.

    The indexes are made at the first question; `warm_up` makes them before.

    Args:
        surfaces: Every normalised way to say a term.
        find_exact: Finds surfaces that stand in a text as they are, (surface, start, end), none overlapping another.
        names: Surfaces that one letter makes another of (codes, model numbers): their words have no typos.
        known_words: Latin words, lower case, that are right as they stand, though rare in general.
    """

    def __init__(
        self,
        surfaces: Collection[str],
        find_exact: Callable[[str], Iterable[tuple[str, int, int]]],
        names: Collection[str] = (),
        known_words: Collection[str] = (),
    ) -> None:
        self._surfaces = surfaces
        self._find_exact = find_exact
        self._names = frozenset(names)
        self._known = known_words

    @cached_property
    def _han(self) -> tuple[str, ...]:
        return tuple(s for s in self._surfaces if _HAN_WORD.fullmatch(s))

    @cached_property
    def _latin(self) -> tuple[str, ...]:
        words = (word for s in self._surfaces if s not in self._names for word in _LATIN_WORD.findall(s))
        return tuple(dict.fromkeys(words))

    @cached_property
    def _spacing(self) -> SpacingIndex:
        return SpacingIndex(self._surfaces)

    @cached_property
    def _typos(self) -> TypoIndex:
        return TypoIndex(self._latin, (*self._names, *self._known))

    @cached_property
    def _homophones(self) -> HomophoneIndex:
        return HomophoneIndex(self._han)

    @cached_property
    def _spellings(self) -> SpellingIndex:
        return SpellingIndex(self._han, (*self._latin, *self._known))

    def warm_up(self) -> None:
        """Make the indexes and read the word lists."""
        self.find("缺弗 e 4 refrigerent quefu")

    def find(self, text: str) -> list[Variant]:
        """Return the variants in a text; they may overlap each other and exact surfaces."""
        found = [Variant(*match, "spacing") for match in self._spacing.find(text)]
        if _LATIN.search(text):
            found += (Variant(*match, "typo") for match in self._find_typos(text))
            if self._han:
                found += (Variant(*match, "pinyin") for match in self._spellings.find(text))
        if self._han and not text.isascii():
            found += (Variant(*match, "homophone") for match in self._homophones.find(text))
        return found

    def _find_typos(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Yield the surfaces that appear when misspelt words are corrected."""
        fixes = [(m.start(), m.end(), fix) for m in _LATIN_WORD.finditer(text) if (fix := self._typos.correct(m[0]))]
        if not fixes:
            return
        corrected, fixed_at = _correct(text, fixes)
        for surface, start, end in self._find_exact(corrected):
            if any(start < fixed_end and fixed_start < end for fixed_start, fixed_end, _ in fixed_at):
                yield surface, _original(start, fixed_at), _original(end, fixed_at)


def _correct(text: str, fixes: Sequence[tuple[int, int, str]]) -> tuple[str, list[tuple[int, int, int]]]:
    """Put corrections into a text; also return their ranges there, each with how far what follows has moved."""
    pieces, ranges = [], []
    position = shift = 0
    for start, end, fix in fixes:
        pieces += [text[position:start], fix]
        ranges.append((start + shift, start + shift + len(fix), shift := shift + len(fix) - (end - start)))
        position = end
    return "".join([*pieces, text[position:]]), ranges


def _original(position: int, ranges: Sequence[tuple[int, int, int]]) -> int:
    """Return where a position of the corrected text, outside or at an edge of a correction, was before."""
    shift = 0
    for _, fixed_end, shifted in ranges:
        if fixed_end <= position:
            shift = shifted
    return position - shift
