"""What the encoder trains on: examples, their tokens, and the batches of an epoch."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import sentencepiece as spm

from nlp.exceptions import TrainingImpossible
from nlp.pretrained import FloatArray
from nlp.training.packing import IntArray
from nlp.vocabulary import BOS_ID, EOS_ID, Vocabulary

Augment = Callable[[str, np.random.Generator], str]
"""Text → a variant that means the same (an alias for a term, a typo), drawn with the generator."""
Nearest = Callable[[FloatArray], npt.NDArray[np.int64]]
"""Vectors (n, dim) → (n, k) row numbers of each one's nearest others, nearest first, -1 where there are fewer."""


@dataclass(frozen=True)
class Example:
    """A normalised phrasing and the entry that it asks for."""

    text: str
    label: int


@dataclass(frozen=True)
class LabelledTexts:
    """Examples with labels counted from 0.

    Attributes:
        texts: In the order given, texts repeated within an entry left out.
        labels: (len(texts),) int32, row numbers of `names`.
        names: The labels as they were given, ascending.
    """

    texts: tuple[str, ...]
    labels: IntArray
    names: tuple[int, ...]


def label_texts(examples: Sequence[Example]) -> LabelledTexts:
    """Count the labels from 0 and drop repeated phrasings.

    A text that two entries share stays in both: the encoder can't tell them apart, and no harm comes of it.

    Raises:
        TrainingImpossible: There are fewer than two entries.
    """
    unique = list(dict.fromkeys(e for e in examples if e.text))
    names = tuple(sorted({e.label for e in unique}))
    if len(names) < 2:
        raise TrainingImpossible(
            f"An encoder learns to tell entries apart; given were {len(names)} with a phrasing, expected at least 2. "
            "Publish more entries; until then the pretrained encoder serves."
        )
    numbers = {name: number for number, name in enumerate(names)}
    labels = np.array([numbers[e.label] for e in unique], np.int32)
    return LabelledTexts(tuple(e.text for e in unique), labels, names)


class Tokenizer(Protocol):
    """Texts → token ids."""

    def tokenize(self, texts: Sequence[str]) -> list[IntArray]:
        """Return one (tokens,) int32 array a text."""
        ...


class TextTokenizer:
    """Texts → token ids, the same that the exported encoder gives (`nlp.saved_model.EncoderModule.tokenize`).

    Args:
        prefix: What the model wants in front of a text (`PretrainedWeights.prefix`).
        max_tokens: Longer texts are cut here, their closing mark kept.
    """

    def __init__(self, vocabulary: Vocabulary, prefix: str, max_tokens: int) -> None:
        self._processor = spm.SentencePieceProcessor(model_proto=vocabulary.to_proto())
        self._prefix, self._max_tokens = prefix, max_tokens

    def tokenize(self, texts: Sequence[str]) -> list[IntArray]:
        """Return one (tokens,) int32 array a text."""
        listed = self._processor.encode([self._prefix + text for text in texts])
        room = self._max_tokens - 2
        return [np.array([BOS_ID, *ids[:room], EOS_ID], np.int32) for ids in listed]


@dataclass(frozen=True)
class BatchPlan:
    """How an epoch is cut into batches.

    Attributes:
        batch_size: Phrasings a batch; the last of an epoch may be smaller.
        phrasings_per_label: At most so many of one entry stand together.
        balance: 1 = an entry is drawn as often as it has phrasings, 0 = every entry alike.
        confusable_share: Share of the places that go to neighbours of an entry already in the batch.
        pair_singles: Whether an entry with one phrasing stands twice in a batch (as two variants of it).
    """

    batch_size: int = 64
    phrasings_per_label: int = 4
    balance: float = 0.5
    confusable_share: float = 0.25
    pair_singles: bool = False


def num_batches(labels: IntArray, plan: BatchPlan) -> int:
    """Return how many batches every epoch of `plan_epoch` has."""
    return max(1, round(sum(_quotas(labels, plan)) / plan.batch_size))


def plan_epoch(
    labels: IntArray, plan: BatchPlan, rng: np.random.Generator, neighbours: npt.NDArray[np.int64] | None = None
) -> list[IntArray]:
    """Cut an epoch into label-balanced batches.

    Args:
        labels: (num_examples,) int32, counted from 0 without gaps.
        neighbours: (num_labels, k) confusable labels of each label, nearest first, -1 = none.

    Returns:
        Row numbers of each of `num_batches` batches. About as many rows as examples; every label is among them.
    """
    groups = _groups(labels, plan, rng)
    order = rng.permutation([label for label, listed in enumerate(groups) for _ in listed])
    arranged = list(_arranged(order, groups, plan, rng, neighbours))
    ends = np.cumsum([len(group) for group in arranged])
    # Groups stay whole, so that batches differ by a few rows.
    cuts = np.searchsorted(ends, np.linspace(0, ends[-1], num_batches(labels, plan) + 1)[1:-1])
    rows = np.concatenate([np.array(group, np.int32) for group in arranged])
    return np.split(rows, ends[cuts])


def _quotas(labels: IntArray, plan: BatchPlan) -> list[int]:
    """Return how many rows of each label an epoch has."""
    counts = np.bincount(labels)
    weights = counts**plan.balance
    least = min(plan.phrasings_per_label, 2) if plan.pair_singles else 1
    quotas: list[int] = np.maximum(least, np.rint(len(labels) * weights / weights.sum())).astype(int).tolist()
    return quotas


def _groups(labels: IntArray, plan: BatchPlan, rng: np.random.Generator) -> list[list[list[int]]]:
    """Cut each label's shuffled phrasings into the groups that it has in this epoch."""
    counts = np.bincount(labels)
    rows_of = np.split(np.argsort(labels, kind="stable"), np.cumsum(counts)[:-1])
    listed = []
    for rows, quota in zip(rows_of, _quotas(labels, plan), strict=True):
        size = min(plan.phrasings_per_label, max(len(rows), 2 if plan.pair_singles else 1))
        passes = -(-quota // len(rows))
        stream = np.concatenate([rng.permutation(rows) for _ in range(passes)])[:quota].tolist()
        listed.append([stream[start : start + size] for start in range(0, quota, size)])
    return listed


def _arranged(
    order: npt.NDArray[np.int64],
    groups: list[list[list[int]]],
    plan: BatchPlan,
    rng: np.random.Generator,
    neighbours: npt.NDArray[np.int64] | None,
) -> Iterator[list[int]]:
    """Yield groups in a random order in which a label is often followed by one that is confused with it."""
    left = [list(listed) for listed in groups]
    follow = rng.random(len(order)) < (plan.confusable_share if neighbours is not None else 0.0)
    previous = -1
    ordered = iter(order.tolist())
    for is_follower in follow.tolist():
        label = _confusable(previous, left, neighbours) if is_follower and neighbours is not None else -1
        while label < 0 or not left[label]:
            label = next(ordered)
        yield left[label].pop()
        previous = label


def _confusable(label: int, left: list[list[list[int]]], neighbours: npt.NDArray[np.int64]) -> int:
    if label < 0:
        return -1
    return next((int(n) for n in neighbours[label] if n >= 0 and left[n]), -1)


def nearest_by_cosine(vectors: FloatArray, *, num_neighbours: int = 8) -> npt.NDArray[np.int64]:
    """Find each row's nearest others by brute force, in blocks.

    Args:
        vectors: (n, dim) float32, L2-normalised.

    Returns:
        (n, min(num_neighbours, n - 1)) int64, nearest first.
    """
    wanted = min(num_neighbours, len(vectors) - 1)
    found = np.empty((len(vectors), wanted), np.int64)
    for start in range(0, len(vectors), 1024):
        scores = vectors[start : start + 1024] @ vectors.T
        scores[np.arange(len(scores)), np.arange(start, start + len(scores))] = -np.inf
        found[start : start + 1024] = np.argsort(-scores, axis=1, kind="stable")[:, :wanted]
    return found
