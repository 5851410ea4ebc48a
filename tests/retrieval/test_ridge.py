import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from retrieval import ridge
from retrieval.ridge import LEAST_PENALTY, MOST_PENALTY, CrossFit, one_hot, penalty_for, solve_ridge

pytestmark = pytest.mark.unit

DIM = 6


def make_gram(num_rows, seed=0):
    """Kernel of random unit vectors, as between phrasings."""
    vectors = np.random.default_rng(seed).standard_normal((num_rows, DIM))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.exp(4 * (vectors @ vectors.T - 1)).astype(np.float32)


def solved_in_full(gram, groups, penalty, num_entries):
    """The textbook's solution, in double precision."""
    targets = np.eye(num_entries)[groups]
    return np.linalg.solve(gram.astype(np.float64) + penalty * np.eye(len(gram)), targets)


@st.composite
def knowledge_bases(draw):
    """Entries of 1 to 5 phrasings in any order, with their kernel."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=6))
    groups = draw(st.permutations(np.repeat(np.arange(len(sizes)), sizes).tolist()))
    return make_gram(len(groups), draw(st.integers(0, 99))), np.array(groups)


@settings(deadline=None)
@given(knowledge_bases(), st.floats(0.1, 1))
def test_coefficients_are_the_solution_of_the_normal_equations(base, penalty):
    gram, groups = base
    expected = solved_in_full(gram, groups, penalty, groups.max() + 1)
    coefficients = solve_ridge(gram.copy(), groups, penalty)
    assert coefficients.dtype == np.float32
    np.testing.assert_allclose(coefficients, expected, atol=1e-3)


@settings(deadline=None)
@given(knowledge_bases(), st.data())
def test_scores_without_some_phrasings_are_those_of_a_fit_without_them(base, data):
    gram, groups = base
    num_rows, num_entries, penalty = len(groups), groups.max() + 1, 0.3
    siblings = np.flatnonzero(groups == data.draw(st.sampled_from(groups.tolist()))).tolist()
    left_out = np.array(data.draw(st.lists(st.sampled_from(siblings), min_size=1, unique=True)))
    row = data.draw(st.sampled_from(left_out.tolist()))
    kept = np.setdiff1d(np.arange(num_rows), left_out)
    refitted = solved_in_full(gram[np.ix_(kept, kept)], groups[kept], penalty, num_entries)
    scores = CrossFit.of(gram.copy(), groups, penalty).without(row, left_out)
    assert scores.shape == (num_entries,)
    np.testing.assert_allclose(scores, gram[row, kept] @ refitted, atol=1e-4)


def test_every_single_phrasing_is_left_out_in_closed_form():
    gram, groups = make_gram(40), np.arange(40) % 7
    fit = CrossFit.of(gram.copy(), groups, 0.1)
    for row in range(40):
        kept = np.delete(np.arange(40), row)
        refitted = solved_in_full(gram[np.ix_(kept, kept)], groups[kept], 0.1, 7)
        np.testing.assert_allclose(fit.without(row, np.array([row])), gram[row, kept] @ refitted, atol=1e-4)


def test_inverse_is_solved_for_by_runs_of_entries(monkeypatch):
    gram, groups = make_gram(40), np.arange(40) % 7
    whole = CrossFit.of(gram.copy(), groups, 0.1)
    monkeypatch.setattr(ridge, "COLUMNS_AT_ONCE", 12)  # two entries at a time, of 5 and 6 phrasings
    parts = CrossFit.of(gram.copy(), groups, 0.1)
    np.testing.assert_allclose(parts.coefficients, whole.coefficients, atol=1e-5)
    for one, other in zip(parts.blocks, whole.blocks, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_cross_fit_knows_the_same_coefficients_as_the_fit():
    gram, groups = make_gram(40), np.arange(40) % 7
    fit = CrossFit.of(gram.copy(), groups, 0.1)
    np.testing.assert_allclose(fit.coefficients, solve_ridge(gram.copy(), groups, 0.1), atol=1e-4)


def test_entry_that_is_wholly_left_out_scores_nothing_for_itself():
    gram, groups = make_gram(12), np.arange(12) // 3
    scores = CrossFit.of(gram, groups, 0.1).without(4, np.array([3, 4, 5]))
    assert scores[1] == pytest.approx(0, abs=1e-5)


def test_equal_phrasings_of_two_entries_share_their_score():
    gram = np.ones((2, 2), np.float32)
    coefficients = solve_ridge(gram.copy(), np.array([0, 1]), 0.1)
    np.testing.assert_allclose(gram @ coefficients, np.full((2, 2), 1 / 2.1), atol=1e-4)


def test_phrasing_without_words_and_characters_is_solved():
    """A text of which nothing is left has a kernel of zeros, its own included."""
    np.testing.assert_allclose(solve_ridge(np.zeros((1, 1), np.float32), np.array([0]), 0.1), [[10.0]])


def test_one_hot():
    assert one_hot(np.array([1, 0, 1])).toarray().tolist() == [[0, 1], [1, 0], [0, 1]]
    assert one_hot(np.zeros(0, np.int64)).shape == (0, 0)


@pytest.mark.parametrize(
    ("sizes", "penalty"),
    [
        ([1], LEAST_PENALTY),
        ([10, 10], LEAST_PENALTY),
        ([11, 11], 0.11),
        ([1, 50, 50], 0.5),
        ([40, 60], 0.5),
        ([100], MOST_PENALTY),
        ([500, 500], MOST_PENALTY),
    ],
)
def test_penalty_is_a_hundredth_of_the_median_entry_within_its_limits(sizes, penalty):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    assert penalty_for(groups) == pytest.approx(penalty)


def test_blas_has_one_thread():
    threads = {pool["filepath"]: pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}
    of_numpy_and_scipy = [number for path, number in threads.items() if "numpy" in path or "scipy" in path]
    assert of_numpy_and_scipy
    assert set(of_numpy_and_scipy) == {1}
