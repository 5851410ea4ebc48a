"""The trade's words (行话): terms, the aliases that mean the same, and where they occur in a text."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from ahocorasick_rs import AhoCorasick

from nlp.jargon.codes import Code, find_codes
from nlp.jargon.spacing import joins, stands_alone
from nlp.jargon.variants import VariantFinder, VariantKind
from nlp.text import normalise

TermKind = Literal["jargon", "code", "model", "foreign"]
"""What sort of word a term is; `foreign` ones name what is not the company's: other makers, other products."""
MatchKind = VariantKind | Literal["exact"]

_HAN = re.compile("[\u3400-\u9fff]")
_LATIN_WORD = re.compile("[a-z]{3}")


@dataclass(frozen=True, slots=True)
class LexiconTerm:
    """One approved term; `text` and `aliases` are as an editor wrote them."""

    text: str
    kind: TermKind = "jargon"
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TermMatch:
    """A term found in a normalised text: canonical form, half-open character range, how it was spelt there."""

    term: str
    start: int
    end: int
    kind: MatchKind = "exact"


class Lexicon:
    """Finds terms in normalised texts, the longest at each place, in time linear in the text.

    When two terms claim one surface, the first one keeps it: an editor's mistake must not stop
    customers from being answered (the editor is told when saving).

    Args:
        terms: What was approved.
        known_words: Latin words of the trade, lower case, that are no typo of a term though rare in general.
        known_codes: Error codes of the trade beside those among the terms, normalised.
    """

    def __init__(
        self,
        terms: Iterable[LexiconTerm] = (),
        *,
        known_words: Collection[str] = (),
        known_codes: Collection[str] = (),
    ) -> None:
        self.terms = tuple(terms)
        self._known_words = known_words
        self._known_codes = known_codes

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
        jargon = self._terms_of_kind("jargon")
        return tuple(s for s, term in self.surfaces.items() if term in jargon and len(s) >= 2 and _is_han(s))

    @cached_property
    def surfaces_by_term(self) -> Mapping[str, tuple[str, ...]]:
        """Each term's normalised text → every way to say it that is its own, in the editor's order."""
        found: dict[str, list[str]] = {}
        for surface, term in self.surfaces.items():
            found.setdefault(term, []).append(surface)
        return {term: tuple(surfaces) for term, surfaces in found.items()}

    def find(self, text: str) -> tuple[TermMatch, ...]:
        """Find terms in a normalised text, in order, none overlapping another.

        Latin surfaces count only as whole words: `apf` is not found in `apfel`. Misspelt terms
        (`nlp.jargon.variants`) are found where no term stands as it is in the lexicon.
        """
        if not self.surfaces:
            return ()
        exact = [TermMatch(self.surfaces[surface], start, end) for surface, start, end in self._find_exact(text)]
        variants = (TermMatch(self.surfaces[v.surface], v.start, v.end, v.kind) for v in self._variants.find(text))
        free = [match for match in variants if not _overlaps(match, exact)]
        return tuple(sorted((*exact, *_leftmost_longest(free)), key=_start) if free else exact)

    def exact_terms(self, text: str) -> frozenset[str]:
        """Return the terms that stand in a normalised text as they are in the lexicon."""
        if not self.surfaces:
            return frozenset()
        return frozenset(self.surfaces[surface] for surface, _, _ in self._find_exact(text))

    def canonicalise(self, text: str, matches: Sequence[TermMatch] | None = None) -> str:
        """Put a normalised text into the lexicon's own words: each alias or misspelling becomes its term.

        The term is given in the language around it: by its own text or first alias in that script. Terms
        that stand under their own text stay, and so do texts without terms.

        Args:
            text: Normalised.
            matches: What `find(text)` gave, when it is known already.

        Returns:
            The text to encode as a second reading of the utterance.
        """
        matches = self.find(text) if matches is None else matches
        replaced = [m for m in matches if text[m.start : m.end] != m.term]
        if not replaced:
            return text
        around = _script("".join(_between(text, matches)))
        return _replace(text, [(m, self._named(m, text, around)) for m in replaced])

    def foreign(self, text: str, matches: Sequence[TermMatch]) -> tuple[str, ...]:
        """Return what a normalised text names that is not the company's: foreign terms, error codes nobody knows.

        A lexicon without error codes can't tell theirs from others', and takes none for foreign.

        Args:
            text: Normalised.
            matches: What `find(text)` gave.
        """
        named = [match.term for match in matches if match.term in self._foreign_terms and match.kind == "exact"]
        if not self._has_codes:
            return tuple(named)
        known = [match for match in matches if match.term not in self._foreign_terms]
        codes = [
            code.text
            for code in find_codes(text)
            if code.kind == "code" and code.text not in self._known_codes and not _overlaps(code, known)
        ]
        return (*named, *codes)

    def substitutions(self, text: str, rng: np.random.Generator) -> Iterator[str]:
        """Say a normalised text otherwise: one term replaced by another of its surfaces at a time.

        Every replacement comes once, surfaces of both languages among them, in an order that `rng` alone
        decides. Take the first few; texts without terms yield nothing.
        """
        matches = self.find(text)
        choices = [
            (match, surface)
            for match in matches
            for surface in self.surfaces_by_term[match.term]
            if surface != text[match.start : match.end]
        ]
        for number in rng.permutation(len(choices)):
            yield _replace(text, [choices[number]])

    def warm_up(self) -> None:
        """Make all indexes now rather than at the first question."""
        if self.surfaces:
            self._variants.warm_up()
            self.find("")

    def _terms_of_kind(self, *kinds: TermKind) -> frozenset[str]:
        return frozenset(normalise(term.text) for term in self.terms if term.kind in kinds)

    @cached_property
    def _has_codes(self) -> bool:
        return any(term.kind == "code" for term in self.terms)

    @cached_property
    def _foreign_terms(self) -> frozenset[str]:
        return self._terms_of_kind("foreign")

    @cached_property
    def _automaton(self) -> AhoCorasick:
        return AhoCorasick(self._listed)

    @cached_property
    def _listed(self) -> tuple[str, ...]:
        return tuple(self.surfaces)

    @cached_property
    def _variants(self) -> VariantFinder:
        named = self._terms_of_kind("code", "model")
        names = [surface for surface, term in self.surfaces.items() if term in named and " " not in surface]
        return VariantFinder(self._listed, self._find_exact, names, self._known_words)

    @cached_property
    def _names(self) -> Mapping[tuple[str, str], str]:
        """What a term is called in a script, (term, script) → surface; missing where it has no name."""
        found: dict[tuple[str, str], str] = {}
        for term, surfaces in self.surfaces_by_term.items():
            for surface in surfaces:
                found.setdefault((term, _script(surface)), surface)
        for term in self._terms_of_kind("code", "model"):
            found |= {(term, "han"): term, (term, "latin"): term}
        return found

    def _find_exact(self, text: str) -> list[tuple[str, int, int]]:
        # All of them first: the longest surface may be no whole word where a shorter one is
        # ("ac unit" and "ac" in "ac units").
        matches = self._automaton.find_matches_as_indexes(text, overlapping=True)
        found, position = [], 0
        for start, minus_end, number in sorted((a, -b, i) for i, a, b in matches if stands_alone(text, a, b)):
            if start >= position:
                position = -minus_end
                found.append((self._listed[number], start, position))
        return found

    def _named(self, match: TermMatch, text: str, around: str) -> str:
        own = "han" if match.kind == "pinyin" else _script(text[match.start : match.end])
        script = around if around in {"han", "latin"} and match.kind != "pinyin" else own
        return self._names.get((match.term, script), self._names.get((match.term, own), match.term))


def _start(match: TermMatch) -> int:
    return match.start


def _overlaps(match: TermMatch | Code, others: Iterable[TermMatch]) -> bool:
    return any(match.start < other.end and other.start < match.end for other in others)


def _leftmost_longest(matches: Iterable[TermMatch]) -> Iterator[TermMatch]:
    end = 0
    for match in sorted(matches, key=lambda m: (m.start, -m.end)):
        if match.start >= end:
            yield match
            end = match.end


def _is_han(text: str) -> bool:
    return all(_HAN.match(c) for c in text)


def _script(text: str) -> str:
    """Return `han`, `latin`, `both` or nothing; a unit or a code beside Chinese is no second script."""
    has_han, has_latin = _HAN.search(text) is not None, _LATIN_WORD.search(text) is not None
    if has_han:
        return "both" if has_latin else "han"
    return "latin" if any(map(str.isalpha, text)) else ""


def _between(text: str, matches: Iterable[TermMatch]) -> Iterator[str]:
    """Yield what stands around the matches."""
    position = 0
    for match in matches:
        yield text[position : match.start]
        position = match.end
    yield text[position:]


def _replace(text: str, replacements: Iterable[tuple[TermMatch, str]]) -> str:
    pieces, position = [], 0
    for match, surface in replacements:
        pieces += [text[position : match.start], surface]
        position = match.end
    pieces.append(text[position:])
    result = ""
    for piece in pieces:
        # An English name in place of a Chinese one must not grow together with the word beside it.
        result += f" {piece}" if result and piece and joins(result[-1] + piece[0], 1) else piece
    return result
