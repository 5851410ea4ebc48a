"""Misspelt Latin words: which word of the lexicon was meant."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import combinations

from rapidfuzz.distance import OSA

from nlp.jargon.wordlists import frequent_english

_ONE_EDIT_FROM, _TWO_EDITS_FROM = 5, 9  # letters
_SHORTEST, _LONGEST = 4, 40  # letters of a word that is looked at
_PREFIX = 7
"""Deletions are made in a word's first letters only, as in SymSpell (W. Garbe): 29 keys for any word."""
_KNOWN_ZIPF, _LISTED_ZIPF = 3.0, 2.0
"""From the first a word is no typo; from the second it is none that is two edits away."""


class TypoIndex:
    """Finds the word that a misspelling stands for, in time that does not depend on the number of words.

    An edit is an insertion, deletion, substitution or exchange of neighbours: one for words of five
    letters or more, two for nine or more (of the longer of both). Words in general use are never corrected.

    Args:
        words: What may have been meant: lower-case ASCII words.
        known: More words that are right as they stand.
    """

    def __init__(self, words: Iterable[str], known: Collection[str] = ()) -> None:
        self._words = tuple(dict.fromkeys(w for w in words if _SHORTEST <= len(w) <= _LONGEST))
        self._known = frozenset((*self._words, *known))

    @cached_property
    def _by_deletion(self) -> Mapping[str, list[int]]:
        index: dict[str, list[int]] = {}
        for number, word in enumerate(self._words):
            for key in _deletions(word):
                index.setdefault(key, []).append(number)
        return index

    def correct(self, word: str) -> str | None:
        """Return the word that was meant, the nearest and first listed; None for a word that is right or unlike any."""
        if not _SHORTEST <= len(word) <= _LONGEST or word in self._known or word in frequent_english(_KNOWN_ZIPF):
            return None
        numbers = {number for key in _deletions(word) for number in self._by_deletion.get(key, ())}
        near = [(distance, number) for number in numbers if (distance := self._distance(word, number))]
        return self._words[min(near)[1]] if near else None

    def _distance(self, word: str, number: int) -> int:
        """Return the number of edits to a word of the lexicon; 0 when it is too many."""
        meant = self._words[number]
        longer = max(len(word), len(meant))
        allowed = (longer >= _ONE_EDIT_FROM) + (
            longer >= _TWO_EDITS_FROM and word not in frequent_english(_LISTED_ZIPF)
        )
        distance = OSA.distance(word, meant, score_cutoff=allowed)
        return distance if distance <= allowed else 0


def _deletions(word: str) -> Iterator[str]:
    """Yield a word's first letters with none, one and two of them left out."""
    prefix = word[:_PREFIX]
    yield prefix
    for num_kept in range(max(len(prefix) - 2, 1), len(prefix)):
        yield from map("".join, combinations(prefix, num_kept))
