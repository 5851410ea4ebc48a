"""What the pipeline is measured against, in the same run: each ranks entries for every question."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import bm25s
import numpy as np
import numpy.typing as npt
from scipy.special import softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC

from nlp.pretrained import FloatArray
from qa.engine.vectors import Encoder
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


def _vectorizer() -> FeatureUnion:
    return FeatureUnion(
        [
            ("words", TfidfVectorizer(token_pattern=_WORD, ngram_range=(1, 2), sublinear_tf=True)),
            ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)),
        ]
    )


def ranking_of_classes(scores: npt.NDArray[np.float64], classes: npt.NDArray[np.int64]) -> Ranking:
    """Rank entries by a score each, (C,), in the order of `classes` (C,)."""
    order = np.argsort(-scores, kind="stable")[:DEPTH]
    return Ranking(tuple(int(classes[i]) for i in order), float(scores[order[0]]))


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
        self._vectorizer = _vectorizer()
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


class SvmBaseline:
    """A linear support vector machine on TF-IDF of words and characters, one against the rest."""

    def __init__(self, texts: Sequence[str], entries: Sequence[int]) -> None:
        self._vectorizer = _vectorizer()
        self._model = LinearSVC(C=1.0).fit(self._vectorizer.fit_transform(texts), np.asarray(entries))

    @property
    def classes(self) -> npt.NDArray[np.int64]:
        """The entries, in the order of the decisions' columns."""
        return np.asarray(self._model.classes_, np.int64)

    def decisions(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return each entry's signed distance from its border, (len(texts), C)."""
        decided = np.asarray(self._model.decision_function(self._vectorizer.transform(texts)), np.float64)
        # Of two classes scikit-learn gives one column.
        return np.column_stack([-decided, decided]) if decided.ndim == 1 else decided

    def rank(self, texts: Sequence[str]) -> list[Ranking]:
        """Rank for normalised questions."""
        return [ranking_of_classes(row, self.classes) for row in self.decisions(texts)]


class StackBaseline:
    """Logistic regression and nearest neighbour on the untrained encoder, and the support vector machine, summed.

    The classical stack: the encoder is frozen, everything on it is scikit-learn's. Probabilities, a softmax of
    the machine's decisions, and the best centred cosine count alike.
    """

    def __init__(self, texts: Sequence[str], vectors: FloatArray, entries: Sequence[int], encoder: Encoder) -> None:
        self._entries, self._encoder = np.asarray(entries), encoder
        self._center = vectors.mean(axis=0)
        self._vectors = self._centred(vectors)
        self._machine = SvmBaseline(texts, entries)
        self._regression = LogisticRegression(C=20.0, max_iter=300).fit(self._vectors, self._entries)
        _, self._columns = np.unique(self._entries, return_inverse=True)

    def rank(self, texts: Sequence[str]) -> list[Ranking]:
        """Rank for normalised questions."""
        queries = self._centred(self._encoder.encode(texts))
        summed = self._regression.predict_proba(queries) + softmax(2 * self._machine.decisions(texts), axis=1)
        for row, query in enumerate(queries):
            nearest = np.full(summed.shape[1], -1.0)
            np.maximum.at(nearest, self._columns, self._vectors @ query)
            summed[row] += nearest
        return [ranking_of_classes(row, self._machine.classes) for row in summed]

    def _centred(self, vectors: FloatArray) -> FloatArray:
        moved = vectors - self._center
        centred: FloatArray = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), np.float32(1e-6))
        return centred
