"""New utterances compared with what the queue has, and with each other; nothing is written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qa import selecting
from qa.exceptions import Unavailable
from qa.models import KnowledgeBase, LiveRelease, ReviewItem
from qa.privacy import without_placeholders
from qa.services.proposing.reading import FoundUtterance, normaliser

MAX_COMPARED = 2_000
"""Items that a new utterance may turn out to repeat, the newest; encoding them takes 3 ms each."""


class Encoder(Protocol):
    """What makes vectors of texts."""

    def encode(self, texts: Sequence[str]) -> selecting.FloatArray:
        """Return (num_texts, dim) float32, L2-normalised."""


def live_encoder() -> Encoder:
    """Load the live release's encoder.

    Raises:
        Unavailable: No model is live, so texts can't be compared.
    """
    from qa.engine.building import load_interpreter  # LiteRT: not in every process that imports services

    live = LiveRelease.objects.select_related("release").first()
    if live is None or live.release is None or not live.release.model_fingerprint:
        raise Unavailable("No model is live, so texts can't be compared. Run `manage.py prepare_model` first.")
    return load_interpreter(live.release.model_fingerprint).encoder


@dataclass(frozen=True)
class Comparison:
    """New utterances in groups of those alike.

    Attributes:
        repeating: Item's primary key → utterances that say what it says.
        groups: The rest.
        vectors: (num_groups, dim), one for each group.
        held: (num_items, dim), of the queue's items.
    """

    repeating: dict[int, list[FoundUtterance]]
    groups: list[list[FoundUtterance]]
    vectors: selecting.FloatArray
    held: selecting.FloatArray


def compare(base: KnowledgeBase, fresh: Sequence[FoundUtterance], encoder: Encoder) -> Comparison:
    """Group new utterances that say the same as an item, or as each other."""
    if not fresh:
        return Comparison({}, [], np.zeros((0, 1), np.float32), np.zeros((0, 1), np.float32))
    normalise = normaliser()
    items = list(ReviewItem.objects.filter(knowledge_base=base).order_by("-pk")[:MAX_COMPARED])
    texts = [normalise(without_placeholders(item.text)) for item in items] + [found.plain for found in fresh]
    vectors = encoder.encode(texts)
    first_of = selecting.group_near_duplicates(texts, vectors)
    alike: dict[int, list[FoundUtterance]] = {}
    for found, first in zip(fresh, first_of[len(items) :], strict=True):
        alike.setdefault(first, []).append(found)
    places = [place for place in alike if place >= len(items)]
    repeating = {items[place].pk: members for place, members in alike.items() if place < len(items)}
    return Comparison(repeating, [alike[place] for place in places], vectors[places], vectors[: len(items)])
