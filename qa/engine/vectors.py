"""The vectors of phrasings: each is made once for a model, and kept."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from nlp.pretrained import FloatArray
from qa.models import Phrasing, PhrasingVector
from retrieval.documents import Document

Progress = Callable[[int, int], None]
MAX_NAMED_PHRASINGS = 5_000
"""More are read with the whole table: SQLite takes 32,766 parameters at the most."""
ENCODE_BATCH = 256
"""Phrasings that are encoded and stored together; a progress bar moves in these steps."""


class Encoder(Protocol):
    """What turns normalised texts into vectors `(len(texts), dim)` float32."""

    dim: int

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Encode texts, in order."""


def vectors_of(
    documents: Sequence[Document], fingerprint: str, encoder: Encoder, *, progress: Progress | None = None
) -> FloatArray:
    """Return the documents' vectors, `(len(documents), dim)` float32; missing ones are made and stored."""
    vectors = np.zeros((len(documents), encoder.dim), np.float32)
    stored = _stored_vectors(documents, fingerprint)
    for row, vector in stored.items():
        vectors[row] = vector
    todo = [row for row in range(len(documents)) if row not in stored]
    for start in range(0, len(todo), ENCODE_BATCH):
        batch = todo[start : start + ENCODE_BATCH]
        vectors[batch] = encoder.encode([documents[row].text for row in batch])
        _store([documents[row] for row in batch], vectors[batch], fingerprint)
        if progress is not None:
            progress(start + len(batch), len(todo))
    return vectors


def stored_vectors_of(documents: Sequence[Document], fingerprint: str) -> FloatArray | None:
    """Return the documents' vectors, `(len(documents), dim)` float32; None when one is missing."""
    stored = _stored_vectors(documents, fingerprint)
    if not documents or len(stored) < len(documents):
        return None
    return np.stack([stored[row] for row in range(len(documents))])


def _stored_vectors(documents: Sequence[Document], fingerprint: str) -> dict[int, FloatArray]:
    """Read the vectors that are stored for exactly these texts, by row of `documents`."""
    rows = {document.phrasing_id: row for row, document in enumerate(documents)}
    found: dict[int, FloatArray] = {}
    stored = PhrasingVector.objects.filter(fingerprint=fingerprint)
    if len(rows) <= MAX_NAMED_PHRASINGS:
        stored = stored.filter(phrasing__in=list(rows))
    for phrasing_id, text, vector in stored.values_list("phrasing_id", "text", "vector").iterator():
        row = rows.get(phrasing_id)
        if row is not None and documents[row].text == text:
            found[row] = np.frombuffer(vector, "<f4")
    return found


def _store(documents: Sequence[Document], vectors: FloatArray, fingerprint: str) -> None:
    # Two processes may encode the same phrasing at once; both get the same vector. A phrasing that
    # was deleted meanwhile must not stop the others.
    alive = set(Phrasing.objects.filter(pk__in=[d.phrasing_id for d in documents]).values_list("pk", flat=True))
    PhrasingVector.objects.bulk_create(
        [
            PhrasingVector(
                phrasing_id=d.phrasing_id, fingerprint=fingerprint, text=d.text, vector=v.astype("<f4").tobytes()
            )
            for d, v in zip(documents, vectors, strict=True)
            if d.phrasing_id in alive
        ],
        update_conflicts=True,
        unique_fields=["phrasing", "fingerprint"],
        update_fields=["text", "vector"],
    )
