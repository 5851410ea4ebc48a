"""Tokens that BM25 counts: jargon, codes and model numbers whole, the rest as words."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick_rs
import rjieba

from retrieval.bm25 import LexicalIndex

__all__ = ["Analysis", "LexicalAnalyzer", "LexicalIndex"]

# Runs of one kind; each alternative begins with a character that no other one takes, so that
# matching is linear in the text. Latin letters beyond ASCII count as letters.
_RUNS = re.compile(
    r"(?P<han>[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)"
    r"|(?P<latin>[^\W_\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
    r"(?:[-/.'][^\W_\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)*)"
)
_INNER = re.compile(r"[-/.']")
_CODE_START = re.compile(r"[a-z]")


@dataclass(frozen=True, slots=True)
class Analysis:
    """The tokens of a text, and which of them name something exactly.

    Attributes:
        tokens: Every token in the order of the text, terms and words.
        terms: The canonical jargon terms, error codes and model numbers among them.
        jargon: Those of them that the lexicon knows.
    """

    tokens: tuple[str, ...]
    terms: frozenset[str]
    jargon: frozenset[str]


class LexicalAnalyzer:
    """Splits normalised text into tokens, with a lexicon's surfaces replaced by their term.

    An alias counts as its term and also as its own words, so that a customer's half of an alias
    still matches. Error codes (`e4`) and model numbers (`kfr-35gw/lc1`) stay whole beside their parts.

    Args:
        terms: Surface to canonical term, both normalised; a term that is its own surface is listed too.

    Attributes:
        fingerprint: Names the lexicon: 16 hexadecimal digits, equal for equal terms.
    """

    def __init__(self, terms: Mapping[str, str]) -> None:
        self._terms = {surface.lower(): term for surface, term in terms.items() if surface.strip()}
        self._surfaces = tuple(self._terms)
        listed = json.dumps(sorted(self._terms.items()), ensure_ascii=False)
        self.fingerprint = hashlib.sha256(listed.encode()).hexdigest()[:16]
        self._automaton = ahocorasick_rs.AhoCorasick(self._surfaces)

    def tokens(self, text: str) -> list[str]:
        """Return the tokens of a normalised text; punctuation is dropped."""
        return list(self.analyse(text).tokens)

    def analyse(self, text: str) -> Analysis:
        """Return the tokens of a normalised text and which of them are terms."""
        text = text.lower()
        tokens: list[str] = []
        codes: list[str] = []
        jargon: list[str] = []
        position = 0
        for start, end, term in self._matches(text):
            _add_words(text[position:start], tokens, codes)
            tokens.append(term)
            jargon.append(term)
            tokens.extend(word for word in _words(text[start:end]) if word != term)
            position = end
        _add_words(text[position:], tokens, codes)
        return Analysis(tuple(tokens), frozenset((*codes, *jargon)), frozenset(jargon))

    def _matches(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield leftmost-longest matches that end at word boundaries, without overlap.

        The automaton's own leftmost-longest mode would lose `ac` in `ac units` to the rejected `ac unit`.
        """
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        bounded = [(start, -end, number) for number, start, end in found if _is_bounded(text, start, end)]
        position = 0
        for start, minus_end, number in sorted(bounded):
            if start >= position:
                position = -minus_end
                yield start, position, self._terms[self._surfaces[number]]


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _is_bounded(text: str, start: int, end: int) -> bool:
    """Tell whether a match cuts no Latin word in two; a plural `s` after it doesn't count."""
    if _is_latin(text[start]) and start and _is_latin(text[start - 1]):
        return False
    rest = text[end : end + 2]
    if not _is_latin(text[end - 1]) or not rest or not _is_latin(rest[0]):
        return True
    return rest[0] == "s" and text[end - 1].isalpha() and not (len(rest) > 1 and _is_latin(rest[1]))


def _is_code(run: str) -> bool:
    """Tell `e4` and `kfr-35gw/lc1` from words and from quantities such as `220v`, `3pm`, `24/7`."""
    return _CODE_START.match(run) is not None and any(c.isdigit() for c in run)


def _words(text: str) -> list[str]:
    """Return the ordinary words of a stretch of text, codes whole and in parts."""
    words: list[str] = []
    _add_words(text, words, [])
    return words


def _add_words(text: str, words: list[str], codes: list[str]) -> None:
    """Add a stretch of text's ordinary words to some, and its codes to others."""
    for run in _RUNS.finditer(text):
        found = run[0]
        if run.lastgroup == "han":
            words += _chinese_words(found)
        elif found.isalpha():
            words.append(stem(found))
        else:
            words += _parts(found)
            if _is_code(found):
                codes.append(found)


def _parts(run: str) -> list[str]:
    """Return the parts of a Latin run with digits or separators, and the run itself where that names something."""
    parts = [stem(part) for part in _INNER.split(run)]
    return [run, *parts] if len(parts) > 1 and any(c.isdigit() for c in run) else parts


def _chinese_words(run: str) -> list[str]:
    """Return the words of a run of Chinese characters, and the characters that are no word of it.

    The characters let 不冷 meet 不制冷, which share no word (`docs/decisions/0003-fusion.md`).
    """
    words = rjieba.cut_for_search(run)
    known = set(words)
    return words + [character for character in run if character not in known]


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """Cut the commonest endings off an English word; other words and codes stay as they are.

    Plural, `-ing`, `-ed`, a silent `e`. Lighter than Porter's, which merges words that differ
    (`docs/decisions/0003-fusion.md` has what it adds).
    """
    if not (word.isascii() and word.isalpha()):
        return word
    word = _singular(word)
    for ending, shortest in (("ing", 6), ("ed", 5)):
        if word.endswith(ending) and len(word) >= shortest:
            word = _undoubled(word.removesuffix(ending))
            break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    plural = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if plural else word


def _undoubled(word: str) -> str:
    """Undo the doubling in `running`, not in `falling`."""
    doubled = len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz"
    return word[:-1] if doubled else word
