import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval import index as index_module
from retrieval.comparison import FullComparison, GraphComparison, highest
from retrieval.index import VectorIndex

pytestmark = pytest.mark.unit

VECTORS = np.random.default_rng(1).standard_normal((2_000, 16)).astype(np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)
QUERIES = VECTORS[:3]


@pytest.fixture(params=[FullComparison, GraphComparison])
def comparisons(request, monkeypatch):
    """Three queries, compared with a flat index and with a graph."""
    if request.param is FullComparison:
        return [FullComparison(cosines) for cosines in VectorIndex.build(VECTORS).products(QUERIES)]
    monkeypatch.setattr(index_module, "FLAT_LIMIT", 100)
    graph = VectorIndex.build(VECTORS)
    assert not graph.is_exhaustive
    return [GraphComparison(graph, query) for query in QUERIES]


@pytest.mark.parametrize("share", [None, 0.5, 0.01])
def test_nearest_rows_under_a_mask(comparisons, share):
    mask = None if share is None else np.random.default_rng(2).random(len(VECTORS)) < share
    allowed = np.arange(len(VECTORS)) if mask is None else np.flatnonzero(mask)
    for query, comparison in zip(QUERIES, comparisons, strict=True):
        expected = allowed[np.argsort(-(VECTORS[allowed] @ query))][:30]
        assert sorted(comparison.nearest(30, mask).tolist()) == sorted(expected.tolist())


def test_cosines_of_given_rows(comparisons):
    rows = np.array([7, 3, 1_999])
    for query, comparison in zip(QUERIES, comparisons, strict=True):
        np.testing.assert_allclose(comparison.of(rows), VECTORS[rows] @ query, atol=1e-6)


def test_empty_index_is_compared_with():
    empty = VectorIndex.build(np.zeros((0, 16), np.float32))
    assert empty.is_exhaustive
    found = FullComparison(empty.products(QUERIES[:1])[0])
    assert found.nearest(5, None).tolist() == []
    assert found.of(np.zeros(0, np.int64)).tolist() == []


SCORES = st.lists(st.integers(-3, 60).map(float), max_size=120)  # many equals


@given(SCORES, st.integers(1, 7), st.data())
def test_highest_scores_of_any_array(values, num_rows, data):
    scores = np.array(values, np.float32)
    rows = np.array(data.draw(st.lists(st.sampled_from(range(len(values))), unique=True)) if values else [], np.int64)
    for found, allowed in (
        (highest(scores, num_rows), np.arange(len(scores))),
        (highest(scores, num_rows, rows), rows),
    ):
        assert len(set(found.tolist())) == len(found) == min(num_rows, len(allowed))
        assert set(found.tolist()) <= set(allowed.tolist())
        assert sorted(scores[found].tolist()) == sorted(scores[allowed].tolist())[len(allowed) - len(found) :]
