"""Kinds of questions that a trial looks at apart, so that a loss in one of them is not hidden by gains elsewhere."""

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.process import extractOne

from nlp.lexicon import Lexicon
from nlp.metrics import BoolArray
from qa.evaluating.asking import Reply
from qa.evaluating.trial_questions import Origin, TrialQuestion

VERY_SHORT_HAN, VERY_SHORT_WORDS = 4, 2
"""Most characters of a Chinese question, and most words of another, that count as very short."""
LEAST_TYPO = 4
"""Letters of a word from which on one wrong letter counts as a typo."""
ENTRY = "entry"
"""The dimension with a slice for each entry."""
_WORD = re.compile("[a-z]+")
_HAN = re.compile("[\u3400-\u9fff]")


def slice_questions(
    questions: Sequence[TrialQuestion], replies: Sequence[Reply], lexicon: Lexicon, known_words: frozenset[str]
) -> Iterator[tuple[str, str, BoolArray]]:
    """Yield each slice: its dimension, its value, and which questions (n,) are in it.

    Args:
        questions: All of a trial.
        replies: The live system's to them, in the same order: language and terms are read off these.
        lexicon: Of the knowledge base.
        known_words: Latin words of the phrasings that may be found.
    """
    products = sorted({product for question in questions for product in question.products})
    for product in products:
        yield "product", product, _where(product in question.products for question in questions)
    texts = [reply.text for reply in replies]
    columns: Mapping[str, list[str]] = {
        "language": [reply.language or "other" for reply in replies],
        "jargon": ["with" if reply.has_terms else "without" for reply in replies],
        "origin": [question.origin.value for question in questions],
        ENTRY: [question.question.label if question.question.is_in_scope else "" for question in questions],
    }
    for dimension, values in columns.items():
        for value in sorted(set(values) - {""}):
            yield dimension, value, _where(value == one for one in values)
    yield "form", "typo", _where(has_typo(text, lexicon, known_words) for text in texts)
    yield "form", "very short", _where(is_very_short(text) for text in texts)
    yield "scope", "out of scope", _where(not question.question.is_in_scope for question in questions)
    yield "reviewed", "newest", _where(q.is_newest and q.origin is Origin.REVIEWED for q in questions)


def is_very_short(text: str) -> bool:
    """Tell whether a normalised question says next to nothing."""
    han = len(_HAN.findall(text))
    return han <= VERY_SHORT_HAN and (bool(han) or len(text.split()) <= VERY_SHORT_WORDS)


def has_typo(text: str, lexicon: Lexicon, known_words: frozenset[str]) -> bool:
    """Tell whether a normalised question misspells a term, or a word that the knowledge base is written in."""
    if any(match.kind != "exact" for match in lexicon.find(text)):
        return True
    strange = (word for word in _WORD.findall(text) if len(word) >= LEAST_TYPO and word not in known_words)
    return any(_is_near(word, known_words) for word in strange)


def latin_words(texts: Sequence[str]) -> frozenset[str]:
    """Return the Latin words of normalised texts."""
    return frozenset(word for text in texts for word in _WORD.findall(text))


def _is_near(word: str, known_words: frozenset[str]) -> bool:
    alike = [known for known in known_words if known[0] == word[0] and abs(len(known) - len(word)) <= 1]
    # `s` at the end is grammar, not a slip.
    alike = [known for known in alike if known.rstrip("s") != word.rstrip("s")]
    return extractOne(word, alike, scorer=DamerauLevenshtein.distance, score_cutoff=1) is not None


def _where(flags: Iterator[bool]) -> BoolArray:
    return np.fromiter(flags, np.bool_)
