"""What full training learns from beside the phrasings as they are: the same in other words, and what is confusable."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nlp.lexicon import Lexicon

NUM_CONFUSABLE = 8
"""Entries nearest to each that hard batches are drawn from."""


def substituting(lexicons: "Mapping[str, Lexicon]") -> "Callable[[str, np.random.Generator], str]":
    """Return the augmentation: a text with one of its terms said otherwise, itself where it has none.

    Args:
        lexicons: That of each text's knowledge base, by the text: what is one thing in a trade may be two in another.
    """

    def substitute(text: str, rng: "np.random.Generator") -> str:
        lexicon = lexicons.get(text)
        return next(lexicon.substitutions(text, rng), text) if lexicon else text

    return substitute


def nearest_by_faiss(vectors: "NDArray[np.float32]") -> "NDArray[np.int64]":
    """Find each entry's confusable others (n, k) int64 among prototypes (n, dim) float32, for hard batches."""
    from retrieval.index import VectorIndex

    index, everything = VectorIndex.build(vectors), np.ones(len(vectors), np.bool_)
    wanted = min(NUM_CONFUSABLE, len(vectors) - 1)
    found = np.full((len(vectors), wanted), -1, np.int64)
    for row, vector in enumerate(vectors):
        rows, _ = index.search(vector, wanted + 1, everything)
        others = rows[rows != row][:wanted]
        found[row, : len(others)] = others
    return found
