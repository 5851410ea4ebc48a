"""How common words are in general, outside any trade: the reference that jargon stands out against.

The figures are wordfreq's Zipf frequencies: log10 of occurrences in 10^9 words (3 is once in a million).
"""

from collections.abc import Mapping
from functools import lru_cache


@lru_cache(maxsize=8)
def frequent_english(zipf: float) -> frozenset[str]:
    """Return the English words of at least a Zipf frequency, 1.01 to 8; about 29,000 at 3.0."""
    return frozenset(word for bucket in _buckets("en")[: _index(zipf)] for word in bucket)


@lru_cache(maxsize=1)
def character_zipf() -> Mapping[str, float]:
    """Return how common each Chinese character is as a word of its own; rare ones are missing."""
    return {word: 9 - i / 100 for i, bucket in enumerate(_buckets("zh")) for word in bucket if len(word) == 1}


def zipf_frequencies(language: str) -> Mapping[str, float]:
    """Return every listed word's Zipf frequency: some 330,000 words, 40 MB; not for serving.

    Args:
        language: `zh` (simplified, words as jieba cuts them) or `en`.
    """
    return {word: 9 - i / 100 for i, bucket in enumerate(_buckets(language)) for word in bucket}


def _buckets(language: str) -> list[list[str]]:
    """Return the words by frequency: the bucket at index i holds those of Zipf frequency 9 - i / 100."""
    import wordfreq  # reads its own settings on import; not needed where there is no lexicon

    buckets: list[list[str]] = wordfreq.get_frequency_list(language, wordlist="best")
    return buckets


def _index(zipf: float) -> int:
    return round((9 - zipf) * 100) + 1
