"""Whether questions were known before they were asked: word for word, or nearly so."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlp.text import normalise
from qa.engine.bundle import Bundle
from qa.evaluating.questions import LabelledQuestion
from qa.models import KnowledgeBase, ReviewItem
from qa.selecting import NEAR_DUPLICATE

BATCH = 256
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Overlap:
    """Questions that the system had seen.

    Attributes:
        exact: Places of those that say what a phrasing says, or what was reviewed: the same letters and digits.
        near: Places of the others whose nearest phrasing has a cosine of `cosine` or more.
        cosine: From which on two texts are nearly the same.
        num_known: Different texts that they were compared with.
    """

    exact: tuple[int, ...]
    near: tuple[int, ...]
    cosine: float
    num_known: int

    @property
    def rows(self) -> frozenset[int]:
        """All of them."""
        return frozenset(self.exact) | frozenset(self.near)


def find_overlap(bundle: Bundle, knowledge_base: KnowledgeBase, questions: Sequence[LabelledQuestion]) -> Overlap:
    """Compare questions with everything that the system was trained, indexed or calibrated on."""
    partition = bundle.searcher.partition(knowledge_base.pk)
    reviewed = ReviewItem.objects.labelled().filter(knowledge_base=knowledge_base).values_list("text", flat=True)
    known = {_core(document.text) for document in partition.documents} | {_core(normalise(text)) for text in reviewed}
    texts = [normalise(question.text) for question in questions]
    exact = [row for row, text in enumerate(texts) if _core(text) in known]
    vectors, near = partition.vectors(), []
    rest = [row for row, text in enumerate(texts) if _core(text) not in known and text]
    for start in range(0, len(rest), BATCH):
        batch = rest[start : start + BATCH]
        encoded = bundle.interpreter.encoder.encode([texts[row] for row in batch])
        nearest = (encoded @ vectors.T).max(axis=1, initial=-1.0)
        near += [batch[place] for place in np.flatnonzero(nearest >= NEAR_DUPLICATE).tolist()]
    return Overlap(tuple(exact), tuple(near), NEAR_DUPLICATE, len(known))


def _core(text: str) -> str:
    """Leave out what a normalised text may have more or less of without saying anything else."""
    return _NO_LETTER.sub("", text) or text
