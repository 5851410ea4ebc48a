"""Runs of characters or words that recur in texts, and how firmly each hangs together."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Units = str | tuple[str, ...]
"""A stretch of text: its characters (Chinese) or its words (English)."""


@dataclass(frozen=True, slots=True)
class NgramStatistics:
    """What the texts say of one n-gram.

    Attributes:
        frequency: Occurrences.
        cohesion: Pointwise mutual information of its weakest split, in bits, discounted for rare n-grams
            (P. Pantel, D. Lin, 2002); 0 for a single unit.
        left_entropy, right_entropy: Of the neighbour on that side, in bits; the edge of a stretch is a new
            neighbour each time.
        aligned: Share of its occurrences that begin and end where words do, 0 to 1.
    """

    frequency: int
    cohesion: float
    left_entropy: float
    right_entropy: float
    aligned: float

    @property
    def entropy(self) -> float:
        """The lesser of both entropies: what follows or precedes always is a part of the term."""
        return min(self.left_entropy, self.right_entropy)


def count_ngrams(stretches: Sequence[Units], max_length: int, min_frequency: int) -> dict[Units, int]:
    """Count the n-grams of 1 to `max_length` units that occur `min_frequency` times or more.

    Length by length: an n-gram is counted only if both its shorter ones are frequent, so that memory
    stays with what recurs.
    """
    found: dict[Units, int] = {}
    for length in range(1, max_length + 1):
        counts: Counter[Units] = Counter()
        for units in stretches:
            for start in range(len(units) - length + 1):
                if length == 1 or (
                    units[start : start + length - 1] in found and units[start + 1 : start + length] in found
                ):
                    counts[units[start : start + length]] += 1
        frequent = {ngram: count for ngram, count in counts.items() if count >= min_frequency}
        if not frequent:
            break
        found |= frequent
    return found


def describe_ngrams(
    stretches: Iterable[Units],
    counts: Mapping[Units, int],
    candidates: Iterable[Units],
    boundaries: Callable[[Units], frozenset[int] | None] = lambda units: None,
) -> dict[Units, NgramStatistics]:
    """Measure candidates among counted n-grams.

    Args:
        stretches: What was counted.
        counts: From `count_ngrams`.
        candidates: N-grams to be measured.
        boundaries: Gives the offsets of a stretch at which words begin or end; None when every unit is a word.
    """
    left: dict[Units, Counter[str]] = {candidate: Counter() for candidate in candidates}
    right: dict[Units, Counter[str]] = defaultdict(Counter)
    aligned: Counter[Units] = Counter()
    total = 0
    for units in stretches:
        total += len(units)
        edges = boundaries(units)
        for start in range(len(units)):
            for end in range(start + 1, len(units) + 1):
                ngram = units[start:end]
                if ngram not in counts:
                    break
                if ngram in left:
                    left[ngram][units[start - 1] if start else ""] += 1
                    right[ngram][units[end] if end < len(units) else ""] += 1
                    aligned[ngram] += edges is None or (start in edges and end in edges)
    return {
        ngram: NgramStatistics(
            counts[ngram],
            _cohesion(ngram, counts, total),
            _entropy(neighbours),
            _entropy(right[ngram]),
            aligned[ngram] / counts[ngram],
        )
        for ngram, neighbours in left.items()
    }


def _cohesion(ngram: Units, counts: Mapping[Units, int], total: int) -> float:
    if len(ngram) == 1:
        return 0.0
    frequency = counts[ngram]
    splits = [(counts[ngram[:at]], counts[ngram[at:]]) for at in range(1, len(ngram))]
    information = min(math.log2(frequency * total / (a * b)) for a, b in splits)
    rarest = min(min(split) for split in splits)
    return information * frequency / (frequency + 1) * rarest / (rarest + 1)


def _entropy(neighbours: Counter[str]) -> float:
    total = neighbours.total()
    edges = neighbours[""]
    known = -sum(count / total * math.log2(count / total) for unit, count in neighbours.items() if unit and count)
    return known + edges / total * math.log2(total)
