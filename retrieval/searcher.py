"""The door to retrieval: which knowledge base, then its partition's search."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy.typing as npt

from retrieval.documents import NO_FILTER, Filter, Hit, Query
from retrieval.exceptions import KnowledgeBaseUnknown
from retrieval.partition import Partition

__all__ = ["Partition", "Searcher"]


class Searcher:
    """Immutable set of partitions; publishing makes a new searcher and swaps the reference.

    Args:
        partitions: Knowledge base id to its partition.
    """

    def __init__(self, partitions: Mapping[int, Partition]) -> None:
        self.partitions: Mapping[int, Partition] = MappingProxyType(dict(partitions))

    def with_partition(self, knowledge_base_id: int, partition: Partition) -> "Searcher":
        """Return a searcher with one knowledge base added or replaced."""
        return Searcher({**self.partitions, knowledge_base_id: partition})

    def partition(self, knowledge_base_id: int) -> Partition:
        """Return the partition of a knowledge base.

        Raises:
            KnowledgeBaseUnknown: When none was loaded for it.
        """
        try:
            return self.partitions[knowledge_base_id]
        except KeyError:
            raise KnowledgeBaseUnknown(
                f"Knowledge base {knowledge_base_id} was asked for, loaded are "
                f"{sorted(self.partitions)}: publish it, or load its snapshot first."
            ) from None

    def search(
        self,
        knowledge_base_id: int,
        text: str,
        vector: npt.ArrayLike,
        *,
        top_k: int = 10,
        where: Filter = NO_FILTER,
    ) -> list[Hit]:
        """Search one knowledge base; see `Partition.search`.

        Raises:
            KnowledgeBaseUnknown: When no partition was loaded for it.
            VectorsInvalid: When the vector isn't of the index's dimension, or not finite.
        """
        return self.partition(knowledge_base_id).search(text, vector, top_k=top_k, where=where)

    def search_many(
        self, knowledge_base_id: int, queries: Sequence[Query], vectors: npt.ArrayLike, *, top_k: int = 10
    ) -> list[list[Hit]]:
        """Search one knowledge base for several questions at once; see `Partition.search_many`.

        Raises:
            KnowledgeBaseUnknown: When no partition was loaded for it.
            VectorsInvalid: When the vectors don't fit the queries or the index, or are not finite.
        """
        return self.partition(knowledge_base_id).search_many(queries, vectors, top_k=top_k)
