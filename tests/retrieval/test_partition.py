import numpy as np
import pytest

from retrieval import classes
from retrieval import index as index_module
from retrieval.documents import Filter, Query
from retrieval.exceptions import VectorsInvalid
from retrieval.index import VectorIndex
from retrieval.partition import Partition
from retrieval.vectors import Centring
from tests.retrieval.factories import (
    DIM,
    as_alone,
    ask,
    make_analyzer,
    make_document,
    make_entry,
    make_partition,
    vectors_of,
)

pytestmark = pytest.mark.unit


def test_entry_is_found_with_its_evidence():
    partition = make_partition()
    hit = ask(partition, 7)[0]
    assert (hit.entry_id, hit.phrasing_id // 100, hit.query_terms, hit.term_agreement) == (7, 7, 1, 1.0)
    assert 0.9 < hit.dense <= 1
    assert 0 < hit.lexical <= 1
    assert 0.5 < hit.dense_class < 1.1
    assert 0.5 < hit.textual_class < 1.1
    assert hit.num_phrasings == 3
    centred, _ = partition.centring.apply(vectors_of([make_document(7, 50)]))
    posterior = partition.snapshot.classes.posteriors(centred).max()
    assert posterior > 0.5
    assert hit.score == pytest.approx(
        hit.dense_class + 0.3 * hit.textual_class + 0.2 * posterior + 0.3 * hit.dense + 0.6 * hit.density, abs=1e-6
    )


def centred_cosines(partition, vector):
    centred, _ = partition.centring.apply(np.asarray(vector, np.float32).reshape(1, -1))
    known = np.concatenate([partition.snapshot.index.vectors()[partition.alive], partition.delta.vectors])
    return np.sort(known @ centred[0])[::-1]


@pytest.mark.parametrize("num_entries", [1, 3, 30], ids=["three phrasings", "nine phrasings", "ninety phrasings"])
def test_density_is_the_mean_cosine_of_the_ten_nearest_phrasings_of_all_entries(num_entries):
    partition = make_partition(num_entries)
    hits = ask(partition, 2)
    vector = vectors_of([make_document(2, 50)])[0]
    expected = float(centred_cosines(partition, vector)[:10].mean())
    assert [hit.density for hit in hits] == pytest.approx([expected] * min(num_entries, 10), abs=1e-6)


def test_density_counts_what_was_published_and_not_what_was_withdrawn():
    documents = make_entry(40, 4)
    partition = make_partition().replace_entries([7, 40], documents, vectors_of(documents))
    vector = vectors_of([make_document(7, 50)])[0]
    hits = ask(partition, 7)
    assert hits[0].density == pytest.approx(float(centred_cosines(partition, vector)[:10].mean()), abs=1e-6)
    assert hits[0].density < ask(make_partition(), 7)[0].density


@pytest.mark.parametrize("flat_limit", [50_000, 10], ids=["flat", "graph"])
@pytest.mark.parametrize("num_queries", [1, 3, 12])
def test_questions_asked_together_are_answered_as_alone(num_queries, flat_limit, monkeypatch):
    monkeypatch.setattr(index_module, "FLAT_LIMIT", flat_limit)
    documents = [make_document(40, 1, "少氟 topic40"), make_document(7, 3, "why", language="en", is_answer=True)]
    partition = make_partition().replace_entries([40, 7], documents, vectors_of(documents))
    texts = [f"topic{number} 少氟" if number % 3 else "e4 ?" for number in range(num_queries)]
    filters = [Filter(), Filter(language="en"), Filter(language="fr"), Filter(product_id=6)]
    queries = [Query(text, filters[number % 4]) for number, text in enumerate(texts)]
    vectors = vectors_of([make_document(number + 1, 50) for number in range(num_queries)])
    together = partition.search_many(queries, vectors, top_k=4)
    for query, vector, hits in zip(queries, vectors, together, strict=True):
        alone = partition.search(query.text, vector, top_k=4, where=query.where)
        assert [(hit.entry_id, hit.phrasing_id) for hit in hits] == [(hit.entry_id, hit.phrasing_id) for hit in alone]
        for hit, single in zip(hits, alone, strict=True):
            assert hit == pytest.approx(single, abs=1e-5)


def test_no_questions_have_no_hits():
    assert make_partition().search_many([], np.zeros((0, DIM))) == []


def test_vectors_must_be_as_many_as_questions():
    with pytest.raises(VectorsInvalid):
        make_partition().search_many([Query("topic1"), Query("topic2")], np.zeros((1, DIM)))


def test_top_k_limits_the_hits():
    assert len(ask(make_partition(), 7, top_k=4)) == 4


def test_empty_partition_finds_nothing():
    empty = Partition.build([], np.zeros((0, DIM), np.float32), make_analyzer())
    assert ask(empty, 1) == []
    assert empty.compacted().documents == ()


@pytest.mark.parametrize("vector", [np.zeros(DIM + 1), np.full(DIM, np.nan)])
def test_query_vector_that_doesnt_fit_is_refused(vector):
    with pytest.raises(VectorsInvalid):
        make_partition().search("topic1", vector)


def test_filters():
    documents = [
        make_document(1, text="e4 怎么办", language="zh"),
        make_document(2, text="what is e4", language="en"),
        make_document(3, text="e4 heat pump", language="en", product_ids=(5,)),
    ]
    partition = Partition.build(documents, vectors_of(documents), make_analyzer())
    vector = vectors_of(documents[:1])[0]

    def found(where):
        return {hit.entry_id for hit in partition.search("e4", vector, where=where)}

    assert found(Filter()) == {1, 2, 3}
    assert found(Filter(language="en")) == {2, 3}
    assert found(Filter(product_id=6)) == {1, 2}
    assert found(Filter(language="en", product_id=5)) == {2, 3}
    assert found(Filter(language="fr")) == set()


def test_term_agreement_is_the_share_of_the_querys_terms():
    documents = [make_document(1, text="空调缺氟"), make_document(2, text="txv 坏了")]
    partition = Partition.build(documents, vectors_of(documents), make_analyzer())
    hits = partition.search("少氟 e4", vectors_of(documents[:1])[0])
    assert {hit.entry_id: hit.term_agreement for hit in hits} == {1: 0.5, 2: 0.0}


def test_alias_finds_the_term():
    documents = [make_document(1, text="空调缺氟"), make_document(2, text="空调噪音")]
    partition = Partition.build(documents, vectors_of(documents), make_analyzer())
    far = vectors_of([make_document(99)])[0]
    assert partition.search("low refrigerant", far)[0].lexical > 0
    assert partition.search("low refrigerant", far)[0].entry_id == 1


def test_filtered_entry_keeps_its_class_scores():
    partition = make_partition()
    documents = [make_document(40, language="en")]
    partition = partition.replace_entries([40], documents, vectors_of(documents)).compacted()
    everywhere = {hit.entry_id: hit for hit in ask(partition, 40, top_k=100)}[40]
    (hit,) = ask(partition, 40, where=Filter(language="en"))
    # The density is of what the filter lets through: here of one phrasing.
    assert hit.density == hit.dense
    score = everywhere.score + 0.6 * (hit.density - everywhere.density)
    assert hit == everywhere._replace(density=hit.density, score=pytest.approx(score, abs=1e-6))


@pytest.mark.parametrize("num_phrasings", [1, 3])
def test_partition_of_one_entry(num_phrasings):
    documents = make_entry(1, num_phrasings)
    partition = Partition.build(documents, vectors_of(documents), make_analyzer())
    for asked in (partition, partition.compacted()):
        (hit,) = asked.search(documents[0].text, vectors_of(documents)[0])
        assert (hit.entry_id, hit.phrasing_id) == (1, 100)
        assert 0.8 < hit.dense_class < 1.01
        assert 0.8 < hit.textual_class < 1.01


def test_entry_that_is_one_text_of_no_word_is_searchable():
    partition = Partition.build([make_document(1, text="?")], np.zeros((1, DIM)), make_analyzer())
    (hit,) = partition.search("?", np.zeros(DIM))
    assert np.isfinite([hit.score, hit.dense_class, hit.textual_class]).all()


def test_of_more_phrasings_than_can_be_fitted_a_sample_has_class_scores_and_all_are_found(monkeypatch):
    monkeypatch.setattr(classes, "MAX_PHRASINGS", 1_200)
    documents = [document for entry_id in range(1, 1_202) for document in make_entry(entry_id, 1)]
    vectors = vectors_of(documents)
    centring = Centring.of(vectors)
    centred, radii = centring.apply(vectors)
    partition = Partition.restore(documents, VectorIndex.build(centred), radii, make_analyzer(), centring)
    fitted = partition.snapshot.classes
    assert (len(fitted.vectors), len(fitted.entry_ids)) == (1_200, 1_200)
    (left_out,) = set(range(1, 1_202)) - set(fitted.entry_ids.tolist())
    hit = partition.search(f"topic{left_out} question0", vectors[left_out - 1])[0]
    assert (hit.entry_id, (hit.dense_class, hit.textual_class)) == (left_out, as_alone(hit))
    assert all(ask(partition, entry_id)[0].entry_id == entry_id for entry_id in (1, 600, 1_000))


def test_given_center_is_used():
    documents = make_entry(1)
    center = np.full(DIM, 0.1, np.float32)
    partition = Partition.build(documents, vectors_of(documents), make_analyzer(), center=center)
    np.testing.assert_array_equal(partition.centring.center, center)
