"""A rewriter of eight dimensions, trained in seconds, and an encoder of letters to train it on."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.rewriting.fitting import Vary, train_rewriter
from nlp.rewriting.settings import RewriterSettings, RewritingPair, TrainedRewriter
from nlp.rewriting.token_states import TokenStates, pack_states
from nlp.vocabulary import trim

DIM = 8
QUESTIONS = ("空调不制冷怎么办?", "No cold air?", "外机不转怎么办?", "E1?")
PHRASINGS = {
    0: ("空调不冷", "不制冷了", "开了半天不冷", "怎么不制冷"),
    1: ("no cold air", "air is not cold", "cold air no", "not cold at all"),
    2: ("外机不转", "外机不转了", "外机怎么不转", "外机一直不转"),
    3: ("e1", "e1 e1", "code e1", "what is e1"),
}
PAIRS = [RewritingPair(text, number) for number, texts in PHRASINGS.items() for text in texts]
TEXTS = [pair.phrasing for pair in PAIRS]
SETTINGS = RewriterSettings(epochs=40, patience=40, batch_size=4, learning_rate=2e-2, dropout=0.1, num_units=32)


@lru_cache(maxsize=4096)
def _letter(letter: str) -> FloatArray:
    return np.random.default_rng(ord(letter)).normal(size=DIM).astype(np.float32)


def encode(texts: Sequence[str]) -> TokenStates:
    """One state a character, and one for the start; every letter has the same state everywhere."""
    return pack_states([np.stack([_letter(c) for c in "^" + text]) for text in texts])


def train(
    weights: PretrainedWeights,
    *,
    pairs: Sequence[RewritingPair] = tuple(PAIRS),
    questions: Sequence[str] = QUESTIONS,
    vary: Vary | None = None,
    **changes: float,
) -> TrainedRewriter:
    """Train on the samples, or on others."""
    vocabulary, table = trim(weights, range(len(weights.pieces)))
    settings = replace(SETTINGS, **changes)  # type: ignore[arg-type]
    return train_rewriter(pairs, questions, encode, vocabulary, table, settings=settings, vary=vary)
