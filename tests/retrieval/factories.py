"""Documents and vectors for tests: small, made by rule, equal at every run."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from retrieval.documents import Document
from retrieval.lexical import LexicalAnalyzer
from retrieval.partition import Partition
from retrieval.vectors import Vectors

DIM = 16
TERMS = {"缺氟": "缺氟", "少氟": "缺氟", "low refrigerant": "缺氟", "txv": "膨胀阀"}


def make_analyzer() -> LexicalAnalyzer:
    return LexicalAnalyzer(TERMS)


def make_document(entry_id: int, number: int = 0, text: str = "", **fields: object) -> Document:
    values: dict[str, object] = {"language": "zh", "product_ids": (), **fields}
    text = text or f"topic{entry_id} question{number}"
    return Document(phrasing_id=entry_id * 100 + number, entry_id=entry_id, text=text, **values)  # type: ignore[arg-type]


def make_entry(entry_id: int, num_phrasings: int = 3, **fields: object) -> list[Document]:
    return [make_document(entry_id, number, **fields) for number in range(num_phrasings)]  # type: ignore[arg-type]


def vectors_of(documents: Sequence[Document], generation: int = 0) -> Vectors:
    """One direction an entry, a little noise a phrasing; (n, DIM) float32, unit length."""
    rows = []
    for document in documents:
        direction = np.random.default_rng((document.entry_id, generation)).standard_normal(DIM)
        noise = np.random.default_rng(document.phrasing_id).standard_normal(DIM)
        rows.append(direction + 0.1 * noise)
    vectors = np.array(rows, np.float32).reshape(-1, DIM)
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit


def make_partition(num_entries: int = 30) -> Partition:
    documents = [document for entry_id in range(1, num_entries + 1) for document in make_entry(entry_id)]
    return Partition.build(documents, vectors_of(documents), make_analyzer())


def ask(partition, entry_id, generation=0, **options):
    document = make_document(entry_id, 50)
    return partition.search(f"topic{entry_id}", vectors_of([document], generation)[0], **options)


def as_alone(hit):
    """The class scores of a regression on one phrasing."""
    return pytest.approx((math.exp(4 * (hit.dense - 1)) / 1.1, hit.lexical / 1.1), abs=1e-6)
