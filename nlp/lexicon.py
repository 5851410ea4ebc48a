"""The trade's words (行话): terms, the aliases that mean the same, and where they occur in a text."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ahocorasick_rs import AhoCorasick

from nlp.text import normalise

TermKind = Literal["jargon", "code", "model"]

_HAN = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class LexiconTerm:
    """One approved term; `text` and `aliases` are as an editor wrote them."""

    text: str
    kind: TermKind = "jargon"
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TermMatch:
    """A term found in a normalised text: canonical form and half-open character range."""

    term: str
    start: int
    end: int


class Lexicon:
    """Finds terms in normalised texts, the longest at each place, in time linear in the text.

    When two terms claim one surface, the first one keeps it: an editor's mistake must not stop
    customers from being answered (the editor is told when saving).
    """

    def __init__(self, terms: Iterable[LexiconTerm] = ()) -> None:
        self.terms = tuple(terms)

    @cached_property
    def surfaces(self) -> Mapping[str, str]:
        """Every normalised way to say a term → the term's normalised text."""
        found: dict[str, str] = {}
        for term in self.terms:  # a term's own text wins over another term's alias
            if text := normalise(term.text):
                found.setdefault(text, text)
        for term in self.terms:
            text = normalise(term.text)
            for alias in filter(None, map(normalise, term.aliases)):
                found.setdefault(alias, text or alias)
        return found

    @cached_property
    def vocabulary_terms(self) -> tuple[str, ...]:
        """Chinese surfaces of jargon that get a token of their own.

        Latin surfaces do not: SentencePiece would match them inside longer words.
        """
        jargon = {normalise(term.text) for term in self.terms if term.kind == "jargon"}
        return tuple(s for s, term in self.surfaces.items() if term in jargon and len(s) >= 2 and _is_han(s))

    @cached_property
    def _automaton(self) -> AhoCorasick:
        return AhoCorasick(list(self.surfaces))

    def find(self, text: str) -> tuple[TermMatch, ...]:
        """Find terms in a normalised text, in order, none overlapping another.

        Latin surfaces count only as whole words: `apf` is not found in `apfel`.
        """
        if not self.surfaces:
            return ()
        terms = list(self.surfaces.values())
        # All of them first: the longest surface may be no whole word where a shorter one is
        # ("ac unit" and "ac" in "ac units").
        matches = self._automaton.find_matches_as_indexes(text, overlapping=True)
        whole = [TermMatch(terms[i], a, b) for i, a, b in matches if _stands_alone(text, a, b)]
        return tuple(_leftmost_longest(whole))


def _leftmost_longest(matches: Iterable[TermMatch]) -> Iterator[TermMatch]:
    end = 0
    for match in sorted(matches, key=lambda m: (m.start, -m.end)):
        if match.start >= end:
            yield match
            end = match.end


def _is_han(text: str) -> bool:
    return all(_HAN.match(c) for c in text)


def _stands_alone(text: str, start: int, end: int) -> bool:
    return not (_joins(text, start) or _joins(text, end))


def _joins(text: str, at: int) -> bool:
    """Tell whether the characters on both sides of a position belong to one Latin word or number."""
    if not 0 < at < len(text):
        return False
    left, right = text[at - 1], text[at]
    return left.isascii() and right.isascii() and left.isalnum() and right.isalnum()
