"""The columns of documents that searches filter and group by."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from retrieval.documents import Document, Filter

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Key = TypeVar("Key", bound=Hashable)

NO_ROWS: Ids = np.zeros(0, np.int64)


class DocumentTable:
    """Immutable columns of a list of documents, with a mask for every filter.

    Args:
        documents: The documents; their position is their row.

    Attributes:
        entry_ids, phrasing_ids: (n,) int64, of each document.
        is_answer: (n,) bool.
        entries: (C,) int64, the entries that the documents are of, ascending.
        groups: (n,) int64, each document's place in `entries`.
        counts: (C,) int64, documents of each entry.
        is_outside: (C,) bool, entries that are topics to be declined.
        outside_rows: (o,) int64, their documents.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = tuple(documents)
        self.entry_ids: Ids = np.array([d.entry_id for d in documents], np.int64)
        self.phrasing_ids: Ids = np.array([d.phrasing_id for d in documents], np.int64)
        self.is_answer: Mask = np.array([d.is_answer for d in documents], np.bool_)
        self.entries, self.groups, self.counts = np.unique(self.entry_ids, return_inverse=True, return_counts=True)
        self.outside_rows: Ids = np.flatnonzero([d.is_out_of_scope for d in documents])
        self.is_outside: Mask = np.zeros(len(self.entries), np.bool_)
        self.is_outside[self.groups[self.outside_rows]] = True
        self._of_every_product: Mask = np.array([not d.product_ids for d in documents], np.bool_)
        self._language_rows = _rows_by((d.language,) for d in documents)
        self._product_rows = _rows_by(d.product_ids for d in documents)

    def __len__(self) -> int:
        return len(self.documents)

    def mask(self, where: Filter) -> Mask:
        """Return (n,) bool, true for the documents that a filter lets through."""
        mask = np.ones(len(self), np.bool_)
        if where.product_id is not None:
            mask = self._of_every_product.copy()
            mask[self._product_rows.get(where.product_id, NO_ROWS)] = True
        if where.language is not None:
            spoken = np.zeros(len(self), np.bool_)
            spoken[self._language_rows.get(where.language, NO_ROWS)] = True
            mask &= spoken
        return mask


def _rows_by(keys: Iterable[Iterable[Key]]) -> dict[Key, Ids]:
    rows: dict[Key, list[int]] = {}
    for row, row_keys in enumerate(keys):
        for key in row_keys:
            rows.setdefault(key, []).append(row)
    return {key: np.array(of_key, np.int64) for key, of_key in rows.items()}
