"""Which of many utterances to ask a reviewer about: those that speak for the most that is wrong or unsure.

A label teaches of every utterance that the class scores' kernel reaches. Each choice is the utterance whose kernel
covers most of the worth that no earlier choice covers: a crowd of alike questions counts once, but with its whole
weight. Measured in `docs/decisions/0017-choosing.md`.

References:
    Wei, Iyer and Bilmes, "Submodularity in data subset selection and active learning", ICML 2015.
    Minoux, "Accelerated greedy algorithms for maximizing submodular set functions", 1978.
"""

import heapq
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from qa.selecting.likeness import FloatArray

SHARPNESS = 4.0
"""Kernel exp(SHARPNESS * (cosine - 1)) between centred vectors, that of `retrieval.classes`."""
SHRINKAGE = 8
"""As many vectors without direction join the mean that is subtracted, so that few utterances don't centre much."""
BLOCK = 256
"""Utterances whose kernel with all others is held at once."""


class Choice(NamedTuple):
    """One utterance that was chosen.

    Attributes:
        place: Its number.
        gain: The worth that it covers and nothing before it did.
    """

    place: int
    gain: float


def choose_covering(worths: Sequence[float], vectors: FloatArray, held: FloatArray, limit: int) -> list[Choice]:
    """Choose up to `limit` utterances, each time the one that covers most worth not covered yet.

    Args:
        worths: One for each vector, 0 or more.
        vectors: (n, dim) float32, L2-normalised.
        held: (m, dim) float32, of utterances that wait for a reviewer or have had one: what is near is covered.
        limit: Most that are chosen.
    """
    if not len(worths):
        return []
    mean = vectors.sum(axis=0) / (len(vectors) + SHRINKAGE)
    centred, theirs = _centred(vectors, mean), _centred(held, mean)
    worth = np.asarray(worths, np.float32)
    covered = np.zeros(len(worth), np.float32)
    for start in range(0, len(theirs), BLOCK):
        np.maximum(covered, _kernel(centred, theirs[start : start + BLOCK]).max(axis=1), out=covered)
    gains = [
        gain
        for start in range(0, len(worth), BLOCK)
        for gain in (np.maximum(_kernel(centred[start : start + BLOCK], centred) - covered, 0) @ worth).tolist()
    ]
    return _greedy(gains, worth, centred, covered, limit)


def _greedy(
    gains: Sequence[float], worth: FloatArray, centred: FloatArray, covered: FloatArray, limit: int
) -> list[Choice]:
    """Choose the highest gain again and again; gains only fall, so most need not be looked at anew."""
    queue = [(-gain, place, 0) for place, gain in enumerate(gains)]
    heapq.heapify(queue)
    chosen: list[Choice] = []
    while queue and len(chosen) < limit:
        negative, place, looked_at = heapq.heappop(queue)
        reach = _kernel(centred[place : place + 1], centred)[0]
        if looked_at == len(chosen):
            chosen.append(Choice(place, -negative))
            covered = np.maximum(covered, reach)
        else:
            gain = float(np.maximum(reach - covered, 0) @ worth)
            heapq.heappush(queue, (-gain, place, len(chosen)))
    return chosen


def _centred(vectors: FloatArray, mean: FloatArray) -> FloatArray:
    moved = vectors - mean
    unit: FloatArray = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-12)
    return unit


def _kernel(some: FloatArray, others: FloatArray) -> FloatArray:
    """Return the kernel (len(some), len(others)) float32 of centred unit vectors, 0 to 1."""
    values: FloatArray = np.exp(SHARPNESS * (some @ others.T - 1))
    return values
