"""BM25 over token lists: bm25s for the snapshot, the same formula for the delta's few documents."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import bm25s
import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

K1 = 1.5
"""Saturation of a token's count. Measured: `docs/decisions/0003-fusion.md`."""
B = 0.75
"""Weight of a document's length, 0 to 1. Measured: `docs/decisions/0003-fusion.md`."""


@dataclass(frozen=True)
class Statistics:
    """What BM25 knows of a collection: enough to score a document that isn't in it.

    Attributes:
        num_documents: Number of documents.
        mean_length: Mean number of tokens of a document; 0 for an empty collection.
        frequencies: Number of documents that hold a token, for every token of the collection.
    """

    num_documents: int
    mean_length: float
    frequencies: dict[str, int]

    @cached_property
    def _idf(self) -> dict[str, float]:
        return {token: self._idf_of(frequency) for token, frequency in self.frequencies.items()}

    @cached_property
    def _highest_idf(self) -> float:
        return self._idf_of(0)

    def _idf_of(self, frequency: int) -> float:
        return math.log(1 + (self.num_documents - frequency + 0.5) / (frequency + 0.5))

    def idf(self, token: str) -> float:
        """Return the inverse document frequency as Lucene has it; the highest for an unknown token."""
        return self._idf.get(token, self._highest_idf)

    def weight(self, count: int, length: int) -> float:
        """Return the saturated weight of a token that occurs `count` times in `length` tokens, 0 to 1."""
        return count / (count + self._saturation(length))

    def _saturation(self, length: int) -> float:
        """Return the count at which a token of a document of `length` tokens has half of the most it can weigh."""
        relative = length / self.mean_length if self.mean_length else 1.0
        return K1 * (1 - B + B * relative)

    def score(self, query: Sequence[str], document: Sequence[str]) -> float:
        """Return the BM25 of one document outside the collection."""
        counts = Counter(document)
        shared = (token for token in query if token in counts)
        return sum((self.idf(token) * self.weight(counts[token], len(document)) for token in shared), 0.0)

    def self_score(self, query: Sequence[str]) -> float:
        """Return the query's BM25 against itself: the best that a document of its kind can reach."""
        half, idf, highest = self._saturation(len(query)), self._idf, self._highest_idf
        return sum(count * idf.get(token, highest) * count / (count + half) for token, count in Counter(query).items())


class LexicalIndex:
    """Immutable BM25 index; documents are the rows of `token_lists`.

    Args:
        token_lists: Tokens of each document; a document may have none.

    References:
        Kamphuis et al., "Which BM25 Do You Mean?", ECIR 2020 (the variant of Lucene).
    """

    def __init__(self, token_lists: Sequence[Sequence[str]]) -> None:
        self._num_documents = len(token_lists)
        frequencies = Counter(token for tokens in token_lists for token in set(tokens))
        total = sum(map(len, token_lists))
        mean_length = total / len(token_lists) if token_lists else 0.0
        self.statistics = Statistics(len(token_lists), mean_length, dict(frequencies))
        self._postings = _postings(token_lists, frequencies) if frequencies else {}

    def scores(self, tokens: Sequence[str]) -> Scores:
        """Return the BM25 of every document.

        Args:
            tokens: Tokens of the query; unknown ones count nothing.

        Returns:
            (n,) float32, 0 or more, in the order of `token_lists`.
        """
        known = [self._postings[token] for token in tokens if token in self._postings]
        if not known:
            return np.zeros(self._num_documents, np.float32)
        rows, scores = zip(*known, strict=True)
        # One pass over all postings: bm25s adds them token by token, which costs more than the sums.
        summed = np.bincount(np.concatenate(rows), np.concatenate(scores), self._num_documents)
        return summed.astype(np.float32)


def _postings(token_lists: Sequence[Sequence[str]], tokens: Iterable[str]) -> dict[str, tuple[Rows, Scores]]:
    """Return the documents that hold each token, and what it counts there."""
    model = bm25s.BM25(k1=K1, b=B, method="lucene")
    model.index([list(each) for each in token_lists], show_progress=False)
    rows, scores = model.scores["indices"].astype(np.int64), model.scores["data"]
    starts = model.scores["indptr"].tolist()
    runs = {token: slice(starts[n], starts[n + 1]) for token in tokens for n in (model.vocab_dict[token],)}
    return {token: (rows[run], scores[run]) for token, run in runs.items()}


class DeltaLexicalIndex:
    """BM25 of a few documents by the statistics of another, larger collection.

    A token that only the delta knows has the highest idf: a term that was published a second ago
    must be found.

    Args:
        token_lists: Tokens of each document.
        statistics: Statistics of the snapshot's collection.
    """

    def __init__(self, token_lists: Sequence[Sequence[str]], statistics: Statistics) -> None:
        self._num_documents = len(token_lists)
        self._postings: dict[str, list[tuple[int, float]]] = {}
        for row, tokens in enumerate(token_lists):
            for token, count in Counter(tokens).items():
                score = statistics.idf(token) * statistics.weight(count, len(tokens))
                self._postings.setdefault(token, []).append((row, score))

    def scores(self, tokens: Sequence[str]) -> Scores:
        """Return the BM25 of every document: (n,) float32, 0 or more."""
        scores = np.zeros(self._num_documents, np.float32)
        for token in tokens:
            for row, score in self._postings.get(token, ()):
                scores[row] += score
        return scores
