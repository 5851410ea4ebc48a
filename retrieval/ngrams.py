"""TF-IDF on words and characters: texts that are spelled alike, sparse and in microseconds."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from ahocorasick_rs import AhoCorasick
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
        num_phrases: Counter[str] = Counter()
        for text, words in zip(texts, tokens, strict=True):
            num_texts.update([*dict.fromkeys(_characters(text))])
            num_phrases.update([*dict.fromkeys(_phrases(words))])
        # One pass of an automaton finds a text's known grams in a quarter of the time of looking each up.
        self._characters = AhoCorasick(num_texts, store_patterns=False)
        self._phrases = {phrase: column for column, phrase in enumerate(num_phrases, start=len(num_texts))}
        # As in scikit-learn: one more text in which every gram occurs, so that none weighs nothing.
        counts = (*num_texts.values(), *num_phrases.values())
        self._idf = np.array([math.log((1 + len(texts)) / (1 + n)) + 1 for n in counts], np.float32)
        columns, weights, ends = self.weigh(texts, tokens)
        self.matrix = sparse.csr_matrix((weights, columns, ends), shape=(len(texts), len(counts)))
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
        columns, weights, _ = self.weigh([text], [tokens])
        index, num_texts = self._by_column, self.matrix.shape[0]
        starts = index.indptr[columns].astype(np.int64)
        lengths = index.indptr[columns + 1] - starts
        # All postings of all grams as one flat run of positions: a loop over them would cost ten times as much.
        first = np.repeat(starts - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths) if len(columns) else starts
        positions = first + np.arange(len(first))
        products = index.data[positions] * np.repeat(weights, lengths)
        found: Vectors = np.bincount(index.indices[positions], products, num_texts).astype(np.float32)
        return found

    def weigh(self, texts: Sequence[str], tokens: Sequence[Sequence[str]]) -> tuple[Columns, Vectors, Columns]:
        """Weigh the known grams of normalised texts, all at once: numpy's calls cost more than their sums.

        Args:
            texts, tokens: As for the class.

        Returns:
            Columns (m,) int64 and weights (m,) float32, text by text, and where each text's begin and end:
            (len(texts) + 1,) int64.
        """
        kinds = [Counter(found) for pair in zip(texts, tokens, strict=True) for found in self._kinds(*pair)]
        columns = np.array([column for counts in kinds for column in counts], np.int64)
        counts = np.array([count for counts in kinds for count in counts.values()], np.float32)
        kind_of = np.repeat(np.arange(len(kinds)), [len(counts) for counts in kinds])
        weights = (1 + np.log(counts)) * self._idf[columns]
        lengths = np.sqrt(2 * np.bincount(kind_of, weights * weights, len(kinds))).astype(np.float32)
        ends = np.cumsum([0, *(len(counts) for counts in kinds)])[::2]
        return columns, weights / lengths[kind_of], ends

    def _kinds(self, text: str, tokens: Sequence[str]) -> tuple[list[int], list[int]]:
        """Return the columns of a text's known phrases and of its known characters, repeated as they are."""
        found = self._characters.find_matches_as_indexes(text, overlapping=True)
        known = self._phrases
        return [known[phrase] for phrase in _phrases(tokens) if phrase in known], [column for column, _, _ in found]


def _phrases(tokens: Sequence[str]) -> list[str]:
    """Return the words of a text and their pairs."""
    return [*tokens, *(f"{left}\t{right}" for left, right in pairwise(tokens))]


def _characters(text: str) -> Iterator[str]:
    is_han = [character >= _HAN for character in text]
    for start in range(len(text)):
        has_han = False
        for length in range(1, min(LONGEST, len(text) - start) + 1):
            has_han = has_han or is_han[start + length - 1]
            if (length <= LONGEST_HAN) if has_han else (length >= SHORTEST_LATIN):
                yield text[start : start + length]
