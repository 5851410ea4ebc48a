import tracemalloc
from statistics import median

import numpy as np
import pytest

from retrieval import classes as module
from retrieval.classes import ClassScores, Coefficients, kernel
from retrieval.ridge import penalty_for
from tests.bench.costs import spent
from tests.retrieval.factories import DIM, make_analyzer, make_document, make_entry, vectors_of

pytestmark = pytest.mark.unit

ANALYZER = make_analyzer()


def make_documents(num_entries=8, num_phrasings=4):
    return [document for entry_id in range(1, num_entries + 1) for document in make_entry(entry_id, num_phrasings)]


def fit(documents, **options):
    texts = [document.text for document in documents]
    entry_ids = np.array([document.entry_id for document in documents], np.int64)
    tokens = [ANALYZER.tokens(text) for text in texts]
    return ClassScores.fit(entry_ids, vectors_of(documents), texts, tokens, **options)


def ask(scores, document):
    """Return the dense and the textual class scores of a text as a question."""
    return scores.of_vector(vectors_of([document])[0]), scores.of_text(document.text, ANALYZER.tokens(document.text))


@pytest.fixture
def few_phrasings(monkeypatch):
    """At most 20 phrasings are fitted."""
    monkeypatch.setattr(module, "MAX_PHRASINGS", 20)


def test_kernel_is_1_for_equal_vectors_and_falls_with_their_cosine():
    cosines = np.array([[1.0, 0.5], [0.0, -1.0]], np.float32)
    values = kernel(cosines)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, np.exp(4 * (cosines.astype(np.float64) - 1)), rtol=1e-6)
    assert cosines.tolist() == [[1.0, 0.5], [0.0, -1.0]]


def test_scores_are_the_regressions_of_kernel_and_cosines():
    documents = make_documents()
    scores, question = fit(documents), make_document(3, 50, "topic3 question1")
    vectors, groups = vectors_of(documents), np.repeat(np.arange(8), 4)
    penalty, targets = penalty_for(groups), np.eye(8)[groups]
    grams = kernel(vectors @ vectors.T), scores.ngrams.gram_matrix()
    dense, textual = (np.linalg.solve(gram + penalty * np.eye(32), targets) for gram in grams)
    asked = ask(scores, question)
    np.testing.assert_allclose(asked[0], kernel(vectors @ vectors_of([question])[0]) @ dense, atol=1e-3)
    cosines = scores.ngrams.cosines(question.text, ANALYZER.tokens(question.text))
    np.testing.assert_allclose(asked[1], cosines @ textual, atol=1e-3)
    assert [int(np.argmax(of_kind)) for of_kind in asked] == [2, 2]


@pytest.mark.parametrize("limit", [12_000, 20], ids=["fitted on all", "fitted on a sample"])
def test_questions_together_have_the_scores_that_they_have_alone(limit, monkeypatch):
    monkeypatch.setattr(module, "MAX_PHRASINGS", limit)
    documents, questions = make_documents(), [make_document(entry_id, 50) for entry_id in range(1, 9)]
    scores, queries = fit(documents), vectors_of(questions)
    texts, tokens = [q.text for q in questions], [ANALYZER.tokens(q.text) for q in questions]
    dense = scores.of_all_cosines(queries @ vectors_of(documents).T)
    np.testing.assert_allclose(dense, scores.of_vectors(queries), atol=1e-5)
    for row, question in enumerate(questions):
        alone = ask(scores, question)
        np.testing.assert_allclose(dense[row], alone[0], atol=1e-5)
        np.testing.assert_allclose(scores.of_texts(texts, tokens)[row], alone[1], atol=1e-6)
        np.testing.assert_allclose(scores.posteriors(queries)[row], scores.posteriors(queries[row, None])[0], atol=1e-6)


def test_entries_are_in_the_order_of_their_ids():
    documents = [*make_entry(30), *make_entry(4), *make_entry(9), *make_entry(4, 5)[3:]]
    scores = fit(documents)
    assert scores.entry_ids.tolist() == [4, 9, 30]
    assert scores.groups.tolist() == [2, 2, 2, 0, 0, 0, 1, 1, 1, 0, 0]
    for place, entry_id in enumerate((4, 9, 30)):
        assert [int(np.argmax(of_kind)) for of_kind in ask(scores, make_document(entry_id, 50))] == [place, place]


@pytest.mark.parametrize("text", ["topic3 question1", "topic5", "nothing of it", "空调缺氟", ""])
def test_weights_multiplied_out_say_what_the_sum_says(text, monkeypatch):
    documents, tokens = make_documents(), ANALYZER.tokens(text)
    multiplied = fit(documents)
    monkeypatch.setattr(module, "MAX_WEIGHTS", 0)
    summed = fit(documents)
    assert multiplied.gram_weights is not None
    assert summed.gram_weights is None
    np.testing.assert_allclose(multiplied.of_text(text, tokens), summed.of_text(text, tokens), atol=1e-5)
    assert multiplied.of_text(text, tokens).dtype == summed.of_text(text, tokens).dtype == np.float32


@pytest.mark.parametrize(("too_many", "is_summed"), [(0, False), (1, True)])
def test_weights_are_multiplied_out_up_to_the_limit(too_many, is_summed, monkeypatch):
    documents = make_documents()
    num_weights = fit(documents).ngrams.matrix.shape[1] * 8
    monkeypatch.setattr(module, "MAX_WEIGHTS", num_weights - too_many)
    assert (fit(documents).gram_weights is None) is is_summed


@pytest.mark.usefixtures("few_phrasings")
def test_up_to_the_limit_all_phrasings_are_fitted():
    assert fit(make_documents(5, 4)).coefficients.rows.tolist() == list(range(20))


@pytest.mark.usefixtures("few_phrasings")
def test_sample_keeps_every_entry_as_evenly_as_can_be():
    sizes = {1: 1, 2: 2, 3: 40, 4: 9, 5: 17}
    documents = [document for entry_id, size in sizes.items() for document in make_entry(entry_id, size)]
    scores = fit(documents)
    rows = scores.coefficients.rows
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert np.bincount(scores.groups).tolist() == [1, 2, 6, 6, 5]
    assert [documents[row].entry_id for row in rows] == scores.entry_ids[scores.groups].tolist()
    np.testing.assert_array_equal(scores.vectors, vectors_of(documents)[rows])
    assert ask(scores, make_document(5, 50))[0].argmax() == 4


@pytest.mark.usefixtures("few_phrasings")
def test_sample_is_the_same_every_time_and_not_just_the_first_phrasings():
    first, second = (fit(make_documents(4, 20)).coefficients.rows for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert np.bincount(first // 20).tolist() == [5, 5, 5, 5]
    assert (first % 20 >= 5).any()


@pytest.mark.usefixtures("few_phrasings")
def test_of_more_entries_than_can_be_fitted_some_have_class_scores():
    scores = fit(make_documents(50, 2))
    assert len(scores.entry_ids) == 20
    assert np.bincount(scores.groups).tolist() == [1] * 20


def test_given_coefficients_are_used():
    documents = make_documents()
    found = fit(documents).coefficients
    marked = Coefficients(found.rows, found.dense * 2, found.textual * 3, found.logistic)
    question = make_document(3, 50)
    once, again = ask(fit(documents), question), ask(fit(documents, coefficients=marked), question)
    np.testing.assert_allclose(again[0], once[0] * 2, rtol=1e-5)
    np.testing.assert_allclose(again[1], once[1] * 3, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "other", [make_documents(8, 3), make_documents(4, 8)], ids=["other phrasings", "other number of entries"]
)
def test_coefficients_of_another_fit_are_ignored(other):
    documents, question = make_documents(), make_document(3, 50)
    again = fit(documents, coefficients=fit(other).coefficients)
    for expected, found in zip(ask(fit(documents), question), ask(again, question), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_one_phrasing_only():
    scores = fit(make_entry(7, 1))
    dense, textual = ask(scores, make_entry(7, 1)[0])
    np.testing.assert_allclose([*dense, *textual], [1 / 1.1, 1 / 1.1], rtol=1e-5)
    assert ask(scores, make_document(8, text="别的"))[1].tolist() == [0.0]


def test_one_entry_only():
    dense, textual = ask(fit(make_entry(7, 5)), make_entry(7, 5)[2])
    assert (dense.shape, textual.shape) == ((1,), (1,))
    assert 0.9 < dense[0] <= 1.01
    assert 0.9 < textual[0] <= 1.01


def test_vector_at_the_centre_of_a_single_phrasing_is_like_nothing():
    scores = ClassScores.fit(np.array([1]), np.zeros((1, DIM), np.float32), [""], [[]])
    assert np.isfinite(scores.of_vector(np.zeros(DIM, np.float32))).all()
    assert scores.of_text("topic", ["topic"]).tolist() == [0.0]


def test_two_entries_with_the_same_phrasing_share_its_score():
    documents = [make_document(1, 0, "空调漏水"), make_document(2, 0, "空调漏水"), *make_entry(3)]
    texts = [document.text for document in documents]
    vectors = vectors_of(documents)
    vectors[1] = vectors[0]
    scores = ClassScores.fit(
        np.array([document.entry_id for document in documents]), vectors, texts, [ANALYZER.tokens(t) for t in texts]
    )
    dense, textual = scores.of_vector(vectors[0]), scores.of_text(texts[0], ANALYZER.tokens(texts[0]))
    for of_kind in (dense, textual):
        assert of_kind[0] == pytest.approx(of_kind[1], abs=1e-4)
        assert 0.4 < of_kind[0] < 0.6
        assert of_kind[2] < 0.2


def test_5000_entries_of_one_phrasing_are_fitted_in_the_time_of_80_products_and_400_mb():
    documents = [make_document(entry_id, text=f"how do i fix topic {entry_id * 7919}") for entry_id in range(5_000)]
    texts = [document.text for document in documents]
    tokens = [ANALYZER.tokens(text) for text in texts]
    entry_ids, vectors = np.arange(5_000), vectors_of(documents)
    factors = np.ones((2, 2_400, 2_400), np.float32)
    product_s = median(spent(lambda: factors[0] @ factors[1]).cpu for _ in range(5))
    tracemalloc.start()
    fitted = []
    # Processor time: what other processes do on the cores is not this fit's fault.
    fit_s = spent(lambda: fitted.append(ClassScores.fit(entry_ids, vectors, texts, tokens))).cpu
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (scores,) = fitted
    assert fit_s < 80 * product_s  # 36 to 57 of them, measured
    assert peak < 400e6
    assert scores.gram_weights is None
    assert scores.of_vector(vectors[4_321]).argmax() == 4_321
    assert scores.of_text(texts[4_321], tokens[4_321]).argmax() == 4_321
