"""The served façade of understanding: what customers typed in, what they mean out."""

from collections.abc import Sequence
from dataclasses import dataclass

from nlp.encoder import SentenceEncoder
from nlp.lexicon import Lexicon
from nlp.pretrained import FloatArray
from nlp.text import Language, detect_language, normalise


@dataclass(frozen=True, slots=True)
class Interpretation:
    """One utterance, understood.

    Attributes:
        text: Normalised.
        language: Of the text; empty when it is in neither script (a code, an emoji).
        terms: Canonical forms of the jargon, codes and model numbers in it, in order.
        vector: (dim,) float32, L2-normalised.
    """

    text: str
    language: Language
    terms: tuple[str, ...]
    vector: FloatArray


class Interpreter:
    """Normalise → jargon → encode. One thread at a time may call it."""

    def __init__(self, encoder: SentenceEncoder) -> None:
        self.encoder = encoder

    def interpret(self, utterances: Sequence[str], lexicons: Sequence[Lexicon]) -> list[Interpretation]:
        """Understand utterances, each with its own lexicon, in one batch."""
        texts = [normalise(u) for u in utterances]
        vectors = self.encoder.encode(texts)
        return [_interpretation(*row) for row in zip(texts, vectors, lexicons, strict=True)]


def _interpretation(text: str, vector: FloatArray, lexicon: Lexicon) -> Interpretation:
    terms = tuple(match.term for match in lexicon.find(text))
    return Interpretation(text, detect_language(text), terms, vector)
