"""Chinese terms that customers typed by sound: the wrong characters, or no characters at all."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import accumulate

import rjieba
from ahocorasick_rs import AhoCorasick

from nlp.jargon.pinyin import first_reading, sound_of, sound_table, syllables
from nlp.jargon.wordlists import character_zipf, frequent_english

Found = tuple[str, int, int]
"""A surface of the lexicon, and the half-open range of the text that stands for it."""

_COMMON_FROM = {2: 5.0, 3: 5.6}
"""By length of the term: Zipf frequency from which a character stands for itself (是几 is not 试机, 保修起 not 保修期).

In longer terms the other characters speak for it.
"""
_RARE_BELOW = 4.0
_RARE_BONUS = 1.0
"""A right character that is rarer than this speaks for the term too: 却氟 is 缺氟."""
_PARTICLES = frozenset("吗呢吧啊呀嘛么的了")  # 地址吗 is not 地址码

_LATIN = re.compile(r"(?<![a-zü0-9])[a-zü]+(?![a-zü0-9])")
_SHORTEST_SPELLING = 5  # letters
_KNOWN_ZIPF, _USUAL_ZIPF = 3.0, 4.8
"""English words that are no pinyin: one alone from the first, each of several from the second (`can you`)."""


class HomophoneIndex:
    """Finds terms written with other characters of the same sound: 缺弗 for 缺氟.

    Words of three characters or more may also sound only nearly alike (`nlp.jargon.pinyin.fold`). What is a
    word itself, or a piece of one, is no typo: 加服 in 加服务 is not 加氟.

    Args:
        surfaces: Chinese words of two characters or more.
    """

    def __init__(self, surfaces: Iterable[str]) -> None:
        self._readings = {surface: syllables(surface) for surface in surfaces}
        self._by_sound: dict[str, list[str]] = {}
        for surface, reading in self._readings.items():
            # A reading in context (重启: chong) is not the one that the table knows (重: zhong).
            for sound in {sound_of(reading), surface.translate(sound_table())}:
                self._by_sound.setdefault(sound, []).append(surface)
        self._sounds = tuple(self._by_sound)

    @cached_property
    def _automaton(self) -> AhoCorasick:
        return AhoCorasick(self._sounds)

    def find(self, text: str) -> Iterator[Found]:
        """Yield what sounds like a term but is not written so; matches may overlap."""
        sounds = text.translate(sound_table())
        cuts: Mapping[int, int] | None = None
        for number, start, end in self._automaton.find_matches_as_indexes(sounds, overlapping=True):
            written = text[start:end]
            surfaces = self._by_sound[self._sounds[number]]
            if written in surfaces or rjieba.has_word(written):
                continue
            surface = next((s for s in surfaces if self._could_mean(written, s)), None)
            if surface is None:
                continue
            cuts = _cuts(text) if cuts is None else cuts
            if _is_made_of_words(cuts, start, end):
                yield surface, start, end

    def _could_mean(self, written: str, surface: str) -> bool:
        places = zip(written, surface, self._readings[surface], strict=True)
        wrong = [(typed, reading) for typed, meant, reading in places if typed != meant]
        if 2 * len(wrong) > len(surface):
            return False
        if len(surface) == 2 and any(first_reading(typed) != reading for typed, reading in wrong):
            return False
        kept = (typed for typed, meant in zip(written, surface, strict=True) if typed == meant)
        is_rare = any(_zipf(character) < _RARE_BELOW for character in kept)
        limit = _COMMON_FROM.get(len(surface), float("inf")) + _RARE_BONUS * is_rare
        return all(_zipf(typed) < limit and typed not in _PARTICLES for typed, _ in wrong)


def _zipf(character: str) -> float:
    return character_zipf().get(character, 0.0)


def _cuts(text: str) -> Mapping[int, int]:
    """Return where the words of a text begin, in order, each with its end."""
    return {start: end for _, start, end in rjieba.tokenize(text, "default", False)}


def _is_made_of_words(cuts: Mapping[int, int], start: int, end: int) -> bool:
    """Tell whether a range begins and ends where words do."""
    return start in cuts and (end in cuts or end == max(cuts.values()))


class SpellingIndex:
    """Finds terms typed in Latin letters: `quefu`, `que fu`.

    Args:
        surfaces: Chinese words of two characters or more.
        known: More Latin words that are right as they stand.
    """

    def __init__(self, surfaces: Iterable[str], known: Iterable[str] = ()) -> None:
        self._known = frozenset(known)
        self._surfaces: dict[str, str] = {}
        self._beginnings: set[str] = set()
        for surface in surfaces:
            reading = syllables(surface)
            for spelt in dict.fromkeys(tuple(s.replace("v", v) for s in reading) for v in ("v", "u", "ü", "yu")):
                *beginnings, whole = accumulate(spelt)
                if len(whole) >= _SHORTEST_SPELLING:
                    self._beginnings.update(beginnings)
                    self._surfaces.setdefault(whole, surface)

    def find(self, text: str) -> Iterator[Found]:
        """Yield the longest term at each word; matches may overlap."""
        words = [(m[0], m.start(), m.end()) for m in _LATIN.finditer(text)]
        for first in range(len(words)):
            if found := self._longest(text, words, first):
                yield found

    def _longest(self, text: str, words: list[tuple[str, int, int]], first: int) -> Found | None:
        found, spelt, previous_end = None, "", words[first][1]
        for at in range(first, len(words)):
            word, start, end = words[at]
            if text[previous_end:start] not in {"", " ", "-", "'"}:
                break
            spelt, previous_end = spelt + word, end
            if (surface := self._surfaces.get(spelt)) and not self._is_english([w for w, *_ in words[first : at + 1]]):
                found = surface, words[first][1], end
            if spelt not in self._beginnings:
                break
        return found

    def _is_english(self, words: list[str]) -> bool:
        if len(words) == 1:
            return words[0] in self._known or words[0] in frequent_english(_KNOWN_ZIPF)
        return all(word in self._known or word in frequent_english(_USUAL_ZIPF) for word in words)
