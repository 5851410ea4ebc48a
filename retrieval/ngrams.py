"""TF-IDF on words and characters: texts that are spelled alike, sparse and in microseconds."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
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

Columns = npt.NDArray[np.int64]


class NgramIndex:
    """TF-IDF vectors of phrasings, and the cosine of a question with each.

    Half of a vector's length is words and pairs of words, half characters; terms count once more with
    the logarithm of their frequency.

    Args:
        texts: Normalised phrasings.
        tokens: The words of each phrasing, from the lexical analyser (jargon whole, aliases as their term).
    """

    def __init__(self, texts: Sequence[str], tokens: Sequence[Sequence[str]]) -> None:
        num_texts: Counter[str] = Counter()
        for text, words in zip(texts, tokens, strict=True):
            num_texts.update({*_words(words), *filter(_is_gram, _substrings(text))})
        self._columns = {gram: column for column, gram in enumerate(num_texts)}
        # As in scikit-learn: one more text in which every gram occurs, so that none weighs nothing.
        self._idf = np.array([math.log((1 + len(texts)) / (1 + n)) + 1 for n in num_texts.values()], np.float32)
        self.matrix = _stack([self.weigh(*pair) for pair in zip(texts, tokens, strict=True)], len(self._columns))
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

    def weigh(self, text: str, tokens: Sequence[str]) -> tuple[Columns, Vectors]:
        """Return the known grams of a normalised question as columns (m,) int64 and weights (m,) float32."""
        words, characters = self._weigh(_words(tokens)), self._weigh(_substrings(text))
        return np.concatenate([words[0], characters[0]]), np.concatenate([words[1], characters[1]])

    def _weigh(self, grams: Iterable[str]) -> tuple[Columns, Vectors]:
        """Return the columns of the known grams of one kind and their weights, together half of a unit vector."""
        counts = Counter(map(self._columns.get, grams))
        counts.pop(None, None)
        columns = np.fromiter(counts.keys(), np.int64, len(counts))
        weights = self._idf[columns]
        if len(counts) < counts.total():
            weights *= 1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))
        length = math.sqrt(2 * float(weights @ weights))
        return columns, weights / np.float32(length or 1.0)


def _stack(rows: Sequence[tuple[npt.NDArray[np.int64], Vectors]], num_columns: int) -> sparse.csr_matrix:
    ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([np.zeros(0, np.int64), *(columns for columns, _ in rows)])
    weights = np.concatenate([np.zeros(0, np.float32), *(weights for _, weights in rows)])
    return sparse.csr_matrix((weights, columns, ends), shape=(len(rows), num_columns))


def _words(tokens: Sequence[str]) -> list[str]:
    # The prefix keeps words and characters of the same spelling apart.
    return [f"w\t{token}" for token in tokens] + [f"w\t{left}\t{right}" for left, right in pairwise(tokens)]


def _substrings(text: str) -> list[str]:
    """Return all runs of up to LONGEST characters. Those that are no grams are in no index: nobody need ask."""
    lengths, num = range(1, LONGEST + 1), len(text)
    return [text[start : start + length] for length in lengths for start in range(num - length + 1)]


def _is_gram(characters: str) -> bool:
    is_han = max(characters) >= _HAN
    return len(characters) <= LONGEST_HAN if is_han else len(characters) >= SHORTEST_LATIN
