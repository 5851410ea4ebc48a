"""What the pipeline is measured against, in the same run: each ranks entries for every question."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import bm25s
import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from nlp.pretrained import FloatArray
from qa.engine.building import Encoder
from retrieval.lexical import LexicalAnalyzer

DEPTH = 10
_WORD = r"(?u)\b\w+\b"  # single characters too, unlike scikit-learn's default


@dataclass(frozen=True)
class Ranking:
    """Entries, best first, and the first one's score; no entry when nothing matched."""

    entry_ids: tuple[int, ...]
    score: float


class Baseline(Protocol):
    """Ranks the entries of a knowledge base by its documents' scores."""

    def rank(self, texts: Sequence[str]) -> list[Ranking]:
        """Rank for normalised questions."""


def ranking_of(scores: npt.NDArray[np.float32], entries: npt.NDArray[np.int64]) -> Ranking:
    """Rank entries by their best document; documents that score nothing do not count."""
    order = np.argsort(-scores, kind="stable")[: DEPTH * 50]
    seen: dict[int, None] = {}
    for row in order:
        if scores[row] <= 0 or len(seen) == DEPTH:
            break
        seen.setdefault(int(entries[row]))
    return Ranking(tuple(seen), float(scores[order[0]]) if seen else 0.0)


class Bm25Baseline:
    """BM25 (Lucene's variant, k1 1.5, b 0.75) on words, entries by their best document."""

    def __init__(self, texts: Sequence[str], entries: Sequence[int]) -> None:
        self._analyzer = LexicalAnalyzer({})
        self._entries = np.asarray(entries)
        self._index = bm25s.BM25()
        self._index.index([self._analyzer.tokens(t) for t in texts], show_progress=False)

    def rank(self, texts: Sequence[str]) -> list[Ranking]:
        """Rank for normalised questions."""
        return [ranking_of(self._scores(text), self._entries) for text in texts]

    def _scores(self, text: str) -> npt.NDArray[np.float32]:
        tokens = [t for t in self._analyzer.tokens(text) if t in self._index.vocab_dict]
        if not tokens:
            return np.zeros(len(self._entries), np.float32)
        return np.asarray(self._index.get_scores(tokens), np.float32)


class TfidfBaseline:
    """TF-IDF nearest neighbour on words and characters (2 to 5), cosine."""

    def __init__(self, texts: Sequence[str], entries: Sequence[int]) -> None:
        self._entries = np.asarray(entries)
        self._vectorizer = FeatureUnion(
            [
                ("words", TfidfVectorizer(token_pattern=_WORD, ngram_range=(1, 2), sublinear_tf=True)),
                ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)),
            ]
        )
        self._documents = self._vectorizer.fit_transform(texts)

    def rank(self, texts: Sequence[str]) -> list[Ranking]:
        """Rank for normalised questions."""
        rankings = []
        for start in range(0, len(texts), 128):
            queries = self._vectorizer.transform(texts[start : start + 128])
            similarities = np.asarray((queries @ self._documents.T).todense(), np.float32)
            rankings += [ranking_of(row, self._entries) for row in similarities]
        return rankings


class EncoderBaseline:
    """The untrained encoder's nearest neighbour by cosine, with nothing around it."""

    def __init__(self, vectors: FloatArray, entries: Sequence[int], encoder: Encoder) -> None:
        self._vectors, self._entries, self._encoder = vectors, np.asarray(entries), encoder

    def rank(self, texts: Sequence[str]) -> list[Ranking]:
        """Rank for normalised questions."""
        similarities = self._encoder.encode(texts) @ self._vectors.T
        return [ranking_of(row, self._entries) for row in similarities]
