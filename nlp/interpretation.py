"""The served façade of understanding: what customers typed in, what they mean out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from nlp.lexicon import Lexicon
from nlp.pretrained import FloatArray
from nlp.text import Language, detect_language, normalise


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read an utterance: its own words, or the lexicon's for them.

    Attributes:
        text: Normalised.
        vector: (dim,) float32, L2-normalised.
    """

    text: str
    vector: FloatArray


@dataclass(frozen=True, slots=True)
class Interpretation:
    """One utterance, understood.

    Attributes:
        text: Normalised.
        language: Of the text; empty when it is in neither script (a code, an emoji).
        terms: Canonical forms of the jargon, codes and model numbers in it, in order.
        foreign: What it names that is not the company's: other makers and products, unknown error codes.
        readings: The text itself; then, where the lexicon has other words for it, the text in those. One that was
            read briefly has one reading: the lexicon's words.
    """

    text: str
    language: Language
    terms: tuple[str, ...]
    foreign: tuple[str, ...]
    readings: tuple[Reading, ...]


class TextEncoder(Protocol):
    """What turns normalised texts into vectors; `nlp.encoder.SentenceEncoder` is one."""

    dim: int

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return (len(texts), dim) float32, L2-normalised, in order."""


class Interpreter:
    """Normalise → jargon → encode. One thread at a time may call it."""

    def __init__(self, encoder: TextEncoder) -> None:
        self.encoder = encoder

    def interpret(
        self, utterances: Sequence[str], lexicons: Sequence[Lexicon], *, briefly: Sequence[bool] | None = None
    ) -> list[Interpretation]:
        """Understand utterances in one batch.

        Args:
            utterances: As they were typed.
            lexicons: Of each.
            briefly: Which are read once only, in the lexicon's words; None for none of them.
        """
        once = briefly or [False] * len(utterances)
        texts = [normalise(u) for u in utterances]
        matches = [lexicon.find(text) for text, lexicon in zip(texts, lexicons, strict=True)]
        canonical = [
            lexicon.canonicalise(text, found) for text, lexicon, found in zip(texts, lexicons, matches, strict=True)
        ]
        read = [canonical[row] if once[row] else text for row, text in enumerate(texts)]
        reread = [row for row, text in enumerate(read) if canonical[row] != text]
        vectors = self.encoder.encode([*read, *(canonical[row] for row in reread)])
        readings = [[Reading(text, vectors[row])] for row, text in enumerate(read)]
        for place, row in enumerate(reread, start=len(texts)):
            readings[row].append(Reading(canonical[row], vectors[place]))
        return [
            Interpretation(
                text,
                detect_language(text),
                tuple(m.term for m in found),
                lexicon.foreign(text, found),
                tuple(of_text),
            )
            for text, lexicon, found, of_text in zip(texts, lexicons, matches, readings, strict=True)
        ]
