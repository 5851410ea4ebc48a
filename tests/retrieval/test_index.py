import numpy as np
import pytest

from retrieval import index as index_module
from retrieval.index import VectorIndex

pytestmark = pytest.mark.unit

RNG = np.random.default_rng(1)
VECTORS = RNG.standard_normal((600, 16)).astype(np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)
QUERY = VECTORS[5]


@pytest.fixture(params=["flat", "graph", "graph without scans"])
def index(request, monkeypatch):
    if request.param != "flat":
        monkeypatch.setattr(index_module, "FLAT_LIMIT", 100)
    if request.param == "graph without scans":
        monkeypatch.setattr(index_module, "SCAN_LIMIT", 0)
    return VectorIndex.build(VECTORS)


def exact(mask, k):
    rows = np.flatnonzero(mask)
    return rows[np.argsort(-(VECTORS[rows] @ QUERY))][:k]


@pytest.mark.parametrize("share", [1.0, 0.5, 0.05])
def test_nearest_rows_under_a_mask(index, share):
    mask = np.random.default_rng(2).random(600) < share
    rows, cosines = index.search(QUERY, 10, mask)
    assert rows.tolist() == exact(mask, 10).tolist()
    np.testing.assert_allclose(cosines, VECTORS[rows] @ QUERY, atol=1e-6)


def test_mask_that_allows_fewer_than_asked_gives_fewer(index):
    mask = np.zeros(600, np.bool_)
    mask[[3, 5, 9]] = True
    assert sorted(index.search(QUERY, 10, mask)[0].tolist()) == [3, 5, 9]


def test_mask_that_allows_nothing_gives_nothing(index):
    rows, cosines = index.search(QUERY, 10, np.zeros(600, np.bool_))
    assert (rows.tolist(), cosines.tolist()) == ([], [])


def test_vectors_are_given_back(index):
    np.testing.assert_array_equal(index.vectors(), VECTORS)
    assert index.cosines(QUERY, np.zeros(0, np.int64)).tolist() == []
    np.testing.assert_allclose(index.cosines(QUERY, np.array([5, 7])), VECTORS[[5, 7]] @ QUERY, atol=1e-6)


def test_empty_index_finds_nothing():
    empty = VectorIndex.build(np.zeros((0, 16), np.float32))
    assert empty.search(QUERY, 5, np.zeros(0, np.bool_))[0].tolist() == []
