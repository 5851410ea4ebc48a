import pytest

from retrieval.documents import Hit
from retrieval.exceptions import KnowledgeBaseUnknown
from retrieval.searcher import Searcher
from tests.retrieval.factories import make_document, make_partition, vectors_of

pytestmark = pytest.mark.unit
VECTOR = vectors_of([make_document(2, 50)])[0]


def test_search_asks_the_named_knowledge_base():
    searcher = Searcher({1: make_partition(5), 2: make_partition(1)})
    assert searcher.search(1, "topic2", VECTOR, top_k=1)[0].entry_id == 2
    assert [hit.entry_id for hit in searcher.search(2, "topic2", VECTOR)] == [1]


def test_unknown_knowledge_base_is_refused_with_those_that_are_loaded():
    with pytest.raises(KnowledgeBaseUnknown, match=r"Knowledge base 3 .* \[1, 2\]"):
        Searcher({1: make_partition(1), 2: make_partition(1)}).search(3, "topic2", VECTOR)


def test_with_partition_leaves_the_old_searcher_as_it_was():
    old = Searcher({1: make_partition(1)})
    new = old.with_partition(2, make_partition(2))
    assert (sorted(old.partitions), sorted(new.partitions)) == ([1], [1, 2])


def test_term_agreement_without_terms_is_full():
    hit = Hit(1, 1, 0.0, 0.0, 0.0, 0.0, 0.0, density=0.0, num_phrasings=1, query_terms=0, shared_terms=0)
    assert hit.term_agreement == 1.0
