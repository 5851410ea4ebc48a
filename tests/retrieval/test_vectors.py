import numpy as np
import pytest

from retrieval.exceptions import VectorsInvalid
from retrieval.vectors import MANY_QUERIES, Centring, checked_vectors, products

pytestmark = pytest.mark.unit


def unit(count: int, dim: int = 8) -> np.ndarray:
    vectors = np.random.default_rng(3).standard_normal((count, dim)).astype(np.float32) + 2
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("shape", [(2, 8), (3,), (3, 9), (3, 8, 1)])
def test_wrong_shape_is_refused_with_both_shapes(shape):
    with pytest.raises(VectorsInvalid, match=r"expected"):
        checked_vectors(np.zeros(shape), 3, 8)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_number_that_is_not_finite_is_refused(value):
    with pytest.raises(VectorsInvalid, match="NaN or infinity"):
        checked_vectors([[value, 0.0]], 1)


def test_centring_is_undone():
    vectors = unit(50)
    centring = Centring.of(vectors)
    centred, radii = centring.apply(vectors)
    np.testing.assert_allclose(np.linalg.norm(centred, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(centring.undo(centred, radii), vectors, atol=1e-6)


def test_centring_lowers_the_floor_of_the_cosines():
    vectors = unit(200)
    centred, _ = Centring.of(vectors).apply(vectors)
    assert (vectors @ vectors.T).mean() > 0.7
    assert abs((centred @ centred.T).mean()) < 0.05


def test_single_vector_survives_its_own_centre():
    vectors = unit(1)
    centred, _ = Centring.of(vectors).apply(vectors)
    np.testing.assert_allclose(centred, vectors, atol=1e-5)


def test_vector_at_the_centre_becomes_zero():
    center = unit(1)[0]
    assert Centring(center).apply(center[None])[0].tolist() == [[0.0] * 8]


@pytest.mark.parametrize("num_queries", [1, MANY_QUERIES - 1, MANY_QUERIES, 3 * MANY_QUERIES])
def test_products_are_the_same_in_any_company(num_queries):
    matrix, queries = unit(40, 13), unit(num_queries, 13)[::-1]
    found = products(matrix, queries)
    assert (found.shape, found.dtype, found.flags.c_contiguous) == ((num_queries, 40), np.float32, True)
    np.testing.assert_allclose(found, queries @ matrix.T, atol=1e-6)
    np.testing.assert_allclose(found[:1], products(matrix, queries[:1]), atol=1e-6)


def test_products_with_nothing():
    assert products(np.zeros((0, 8), np.float32), unit(2)).shape == (2, 0)
    assert products(unit(3), np.zeros((0, 8), np.float32)).shape == (0, 3)
