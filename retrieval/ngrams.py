"""TF-IDF on words and characters: texts that are spelled alike, sparse and in microseconds."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse

from retrieval.vectors import Vectors

SHORTEST_LATIN, LONGEST = 2, 5
LONGEST_HAN = 4
"""Characters of a gram: 2 to 5 of Latin text, 1 to 4 where a Chinese character is among them."""
_HAN = "\u3400"
"""First of the Chinese characters; nothing that a Latin text is written with lies above."""
_BLOCK = 512


class NgramIndex:
    """TF-IDF vectors of phrasings, and the cosine of a question with each.

    Half of a vector's length is words and pairs of words, half characters; terms count once more with
    the logarithm of their frequency.

    Args:
        texts: Normalised phrasings.
        tokens: The words of each phrasing, from the lexical analyser (jargon whole, aliases as their term).
    """

    def __init__(self, texts: Sequence[str], tokens: Sequence[Sequence[str]]) -> None:
        counts = [[Counter(grams) for grams in _kinds(*pair)] for pair in zip(texts, tokens, strict=True)]
        self._columns: dict[str, int] = {}
        num_texts: Counter[str] = Counter()
        for kinds in counts:
            for kind in kinds:
                num_texts.update(kind.keys())
        for gram in num_texts:
            self._columns[gram] = len(self._columns)
        # As in scikit-learn: one more text in which every gram occurs, so that none weighs nothing.
        self._idf = np.array([math.log((1 + len(texts)) / (1 + n)) + 1 for n in num_texts.values()], np.float32)
        rows = [self._weigh(kinds) for kinds in counts]
        self.matrix = _stack(rows, len(self._columns))
        self._by_column = self.matrix.tocsc()

    def gram_matrix(self) -> Vectors:
        """Return the cosines (n, n) float32 between the phrasings."""
        num_texts, transposed = self.matrix.shape[0], self.matrix.T.tocsr()
        product = np.empty((num_texts, num_texts), np.float32)
        # By blocks: the sparse product is nearly full, and takes twice the room of a full one.
        for start in range(0, num_texts, _BLOCK):
            (self.matrix[start : start + _BLOCK] @ transposed).toarray(out=product[start : start + _BLOCK])
        return product

    def cosines(self, text: str, tokens: Sequence[str]) -> Vectors:
        """Return the cosine (n,) float32 of a normalised question with each phrasing, 0 to 1."""
        columns, weights = self.weigh(text, tokens)
        index, num_texts = self._by_column, self.matrix.shape[0]
        starts = index.indptr[columns].astype(np.int64)
        lengths = index.indptr[columns + 1] - starts
        # All postings of all grams as one flat run of positions: a loop over them would cost ten times as much.
        first = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths) if len(columns) else starts
        positions = first + np.arange(len(first))
        products = index.data[positions] * np.repeat(weights, lengths)
        found: Vectors = np.bincount(index.indices[positions], products, num_texts).astype(np.float32)
        return found

    def weigh(self, text: str, tokens: Sequence[str]) -> tuple[npt.NDArray[np.int64], Vectors]:
        """Return the known grams of a normalised question as columns (m,) int64 and weights (m,) float32."""
        return self._weigh([Counter(grams) for grams in _kinds(text, tokens)])

    def _weigh(self, kinds: Iterable[Counter[str]]) -> tuple[npt.NDArray[np.int64], Vectors]:
        """Return the columns of the known grams and their weights, each kind of unit length."""
        columns: list[int] = []
        weights: list[Vectors] = [np.zeros(0, np.float32)]
        for counts in kinds:
            known = [(self._columns[gram], count) for gram, count in counts.items() if gram in self._columns]
            if not known:
                continue
            of_kind, frequencies = np.array(known, np.int64).T
            weighed = (1 + np.log(frequencies)).astype(np.float32) * self._idf[of_kind]
            columns.extend(of_kind)
            weights.append(weighed / (np.linalg.norm(weighed) * np.float32(math.sqrt(2))))
        return np.array(columns, np.int64), np.concatenate(weights)


def _stack(rows: Sequence[tuple[npt.NDArray[np.int64], Vectors]], num_columns: int) -> sparse.csr_matrix:
    ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([np.zeros(0, np.int64), *(columns for columns, _ in rows)])
    weights = np.concatenate([np.zeros(0, np.float32), *(weights for _, weights in rows)])
    return sparse.csr_matrix((weights, columns, ends), shape=(len(rows), num_columns))


def _kinds(text: str, tokens: Sequence[str]) -> tuple[Iterator[str], Iterator[str]]:
    return _words(tokens), _characters(text)


def _words(tokens: Sequence[str]) -> Iterator[str]:
    # The prefix keeps words and characters of the same spelling apart.
    yield from (f"w\t{token}" for token in tokens)
    yield from (f"w\t{left}\t{right}" for left, right in pairwise(tokens))


def _characters(text: str) -> Iterator[str]:
    is_han = [character >= _HAN for character in text]
    for start in range(len(text)):
        has_han = False
        for length in range(1, min(LONGEST, len(text) - start) + 1):
            has_han = has_han or is_han[start + length - 1]
            if (length <= LONGEST_HAN) if has_han else (length >= SHORTEST_LATIN):
                yield text[start : start + length]
