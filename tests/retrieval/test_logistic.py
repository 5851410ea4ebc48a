import numpy as np
import pytest
from sklearn import linear_model

from retrieval import logistic as module
from retrieval.logistic import HeldOutPosteriors, LogisticRegression

pytestmark = pytest.mark.unit

DIM = 12


def make_phrasings(sizes, *, noise=0.5, seed=0):
    """Return unit vectors (n, DIM) around a direction for each entry, and the entry of each."""
    random = np.random.default_rng(seed)
    groups = np.repeat(np.arange(len(sizes)), sizes)
    directions = np.eye(DIM)[: len(sizes)]
    vectors = directions[groups] + noise * random.standard_normal((len(groups), DIM)) / np.sqrt(DIM)
    return unit(vectors), groups


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("sizes", [[5, 5], [4, 6, 9, 2], [3] * 10], ids=["two entries", "four entries", "ten entries"])
def test_posteriors_are_those_of_a_balanced_regression(sizes):
    vectors, groups = make_phrasings(sizes)
    queries = make_phrasings(sizes, noise=2, seed=1)[0]
    found = LogisticRegression.fit(vectors, groups).posteriors(queries)
    # Of two entries scikit-learn regresses on one, with all of the weight that we divide between both.
    penalised = 20 if len(sizes) > 2 else 40
    expected = linear_model.LogisticRegression(C=penalised, class_weight="balanced", max_iter=1_000).fit(
        vectors, groups
    )
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected.predict_proba(queries), atol=5e-3)


def test_directions_of_most_variance_are_regressed_on(monkeypatch):
    monkeypatch.setattr(module, "RANK", 3)
    vectors, groups = make_phrasings([6, 6, 6], noise=0.1)
    fitted = LogisticRegression.fit(vectors, groups)
    assert (fitted.basis.shape, fitted.weights.shape) == ((DIM, 3), (4, 3))
    np.testing.assert_allclose(fitted.basis.T @ fitted.basis, np.eye(3), atol=1e-5)
    assert fitted.posteriors(vectors).argmax(axis=1).tolist() == groups.tolist()


def test_entry_with_many_phrasings_is_no_likelier_for_that():
    vectors, groups = make_phrasings([40, 4], noise=0.05)
    between = unit(vectors[:40].mean(axis=0, keepdims=True) + vectors[40:].mean(axis=0, keepdims=True))
    assert LogisticRegression.fit(vectors, groups).posteriors(between)[0] == pytest.approx([0.5, 0.5], abs=0.1)


@pytest.mark.parametrize("sizes", [[1], [7], [1, 1, 1], [1, 1, 1, 9]], ids=str)
def test_where_most_entries_have_one_phrasing_or_there_is_one_entry_all_are_as_likely(sizes):
    vectors, groups = make_phrasings(sizes)
    fitted, held_out = LogisticRegression.fit(vectors, groups), HeldOutPosteriors.of(vectors, groups)
    even = np.full((len(groups), len(sizes)), 1 / len(sizes))
    np.testing.assert_allclose(fitted.posteriors(vectors), even, rtol=1e-5)
    np.testing.assert_allclose(held_out.without_phrasing, even, rtol=1e-5)


@pytest.mark.parametrize(("too_many", "is_fitted"), [(0, True), (1, False)])
def test_as_much_is_fitted_as_the_limit_allows(too_many, is_fitted, monkeypatch):
    vectors, groups = make_phrasings([5, 5, 5])
    monkeypatch.setattr(module, "MAX_PROBABILITIES", 45 - too_many)
    assert (LogisticRegression.fit(vectors, groups).basis.shape[1] > 0) is is_fitted


def test_vector_at_the_centre_is_of_any_entry():
    vectors, groups = make_phrasings([5, 5, 5], noise=0.05)
    (posteriors,) = LogisticRegression.fit(vectors, groups).posteriors(np.zeros((1, DIM), np.float32))
    assert posteriors.sum() == pytest.approx(1)
    assert posteriors.max() < 0.5


def test_phrasing_under_the_wrong_entry_is_told_when_held_out():
    vectors, groups = make_phrasings([8, 8, 8], noise=0.3)
    groups[3] = 2
    known = LogisticRegression.fit(vectors, groups).posteriors(vectors[3:4])[0]
    held_out = HeldOutPosteriors.of(vectors, groups).without_phrasing[3]
    assert held_out[2] < known[2]
    assert held_out.argmax() == 0


@pytest.mark.parametrize("sizes", [[4, 4], [3, 2, 5], [5, 1, 2, 9, 3, 2, 7]], ids=str)
def test_held_out_entries_have_nothing_and_the_others_all(sizes):
    vectors, groups = make_phrasings(sizes)
    held_out = HeldOutPosteriors.of(vectors, groups)
    own = held_out.without_entry[np.arange(len(groups)), groups]
    assert own.tolist() == [0] * len(groups)
    for posteriors in (held_out.without_phrasing, held_out.without_entry):
        assert (posteriors.shape, posteriors.dtype) == ((len(groups), len(sizes)), np.float32)
        np.testing.assert_allclose(posteriors.sum(axis=1), np.ones(len(groups)), rtol=1e-5)


def test_held_out_posteriors_are_less_sure_but_mostly_right():
    vectors, groups = make_phrasings([6] * 8, noise=0.6)
    known = LogisticRegression.fit(vectors, groups).posteriors(vectors)
    held_out = HeldOutPosteriors.of(vectors, groups).without_phrasing
    rows = np.arange(len(groups))
    assert held_out[rows, groups].mean() < known[rows, groups].mean()
    assert (held_out.argmax(axis=1) == groups).mean() > 0.8


def test_parts_follow_the_seed():
    vectors, groups = make_phrasings([6] * 4)
    first, again, other = (HeldOutPosteriors.of(vectors, groups, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.without_phrasing, again.without_phrasing)
    np.testing.assert_array_equal(first.without_entry, again.without_entry)
    assert not np.array_equal(first.without_phrasing, other.without_phrasing)


@pytest.mark.parametrize(("basis", "weights"), [((DIM, 3), (4, 5)), ((DIM - 1, 3), (4, 6)), ((DIM, 3), (3, 6))])
def test_fit_to_others_doesnt_suit(basis, weights):
    assert not LogisticRegression(np.zeros(basis, np.float32), np.zeros(weights, np.float32)).suits(DIM, 6)
    assert LogisticRegression(np.zeros((DIM, 3), np.float32), np.zeros((4, 6), np.float32)).suits(DIM, 6)
