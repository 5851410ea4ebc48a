"""Topics that are to be declined, in a whole partition: never found, and what they take from every score."""

from dataclasses import replace

import numpy as np
import pytest

from retrieval import classes, collecting
from retrieval import index as index_module
from retrieval.documents import NO_FILTER, Document, Filter, Hit, Query
from retrieval.partition import Partition
from retrieval.vectors import Vectors
from tests.retrieval.factories import DIM, make_analyzer, make_document, make_entry, vectors_of

pytestmark = pytest.mark.unit

TOPIC = 50
"""The entry that is to be declined, beside 30 others."""
DECLINED = make_entry(TOPIC, is_out_of_scope=True)
KNOWN = [document for entry_id in range(1, 31) for document in make_entry(entry_id)]
NEAR = vectors_of([make_document(TOPIC, 50)])[0]


def build(documents: list[Document], vectors: Vectors | None = None, center: Vectors | None = None) -> Partition:
    return Partition.build(
        documents, vectors_of(documents) if vectors is None else vectors, make_analyzer(), center=center
    )


def with_topic(**fields: object) -> Partition:
    return build([*KNOWN, *(replace(d, **fields) for d in DECLINED)])  # type: ignore[arg-type]  # dataclass fields


def as_entries(partition: Partition) -> Partition:
    """The same documents, all of which may be found."""
    documents = [replace(d, is_out_of_scope=False) for d in partition.documents]
    return build(documents, partition.vectors())


def ask(partition: Partition, text: str = "topic50", vector: Vectors = NEAR, where: Filter = NO_FILTER) -> list[Hit]:
    return partition.search(text, vector, top_k=100, where=where)


def lowered(hits: list[Hit], topic: int = TOPIC) -> dict[int, float]:
    """What the scores of entries must be once one of them is a topic to decline."""
    scores = {hit.entry_id: hit.score for hit in hits}
    own = scores.pop(topic) - 0.6 * hits[0].density  # the density is of the question, not of the topic
    assert own > 0
    return {entry_id: pytest.approx(score - 0.5 * own, abs=1e-5) for entry_id, score in scores.items()}


def scores_of(hits: list[Hit]) -> dict[int, float]:
    return {hit.entry_id: hit.score for hit in hits}


@pytest.mark.parametrize("flat_limit", [50_000, 10], ids=["flat", "graph"])
def test_topic_is_never_found_and_takes_half_of_its_score_from_every_other(
    flat_limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "FLAT_LIMIT", flat_limit)
    partition = with_topic()
    free = ask(as_entries(partition))
    assert free[0].entry_id == TOPIC
    found = ask(partition)
    assert scores_of(found) == lowered(free)
    # All other evidence is as it was.
    before = {hit.entry_id: hit for hit in free}
    assert [hit._replace(score=0.0) for hit in found] == [
        pytest.approx(before[hit.entry_id]._replace(score=0.0), abs=1e-5) for hit in found
    ]


def test_topic_far_from_the_question_counts_by_its_score() -> None:
    partition = with_topic()
    for entry_id in range(1, 31):
        vector = vectors_of([make_document(entry_id, 50)])[0]
        free = {h.entry_id: h for h in ask(as_entries(partition), f"topic{entry_id}", vector)}
        found = scores_of(ask(partition, f"topic{entry_id}", vector))
        if TOPIC in free:
            own = max(0.0, free[TOPIC].score - 0.6 * free[TOPIC].density)
            assert found[entry_id] == pytest.approx(free[entry_id].score - 0.5 * own, abs=1e-5)


def crowded(*, is_out_of_scope: bool) -> Partition:
    """Seventy phrasings of ten entries with a cosine of 0.9 to the first axis, and a topic with 0.5."""
    documents = [*(d for entry_id in range(1, 11) for d in make_entry(entry_id, 7))]
    documents += make_entry(TOPIC, 2, is_out_of_scope=is_out_of_scope)
    vectors = np.zeros((72, DIM), np.float32)
    vectors[:70, 0], vectors[70:, 0] = 0.9, 0.5
    vectors[np.arange(70), 1 + np.arange(70) // 7] = np.sqrt(1 - 0.9**2)
    vectors[70, 14] = vectors[71, 15] = np.sqrt(1 - 0.5**2)
    return build(documents, vectors, center=np.zeros(DIM, np.float32))


def test_topic_counts_though_64_phrasings_are_nearer(monkeypatch: pytest.MonkeyPatch) -> None:
    axis = np.eye(DIM, dtype=np.float32)[0]
    found = ask(crowded(is_out_of_scope=True), "nothing of this", axis)
    assert TOPIC not in scores_of(ask(crowded(is_out_of_scope=False), "nothing of this", axis))
    monkeypatch.setattr(collecting, "NUM_NEIGHBOURS", 1_000)
    free = ask(crowded(is_out_of_scope=False), "nothing of this", axis)
    assert len(found) == 10
    expected = lowered(free)
    assert scores_of(found) == {entry_id: expected[entry_id] for entry_id in scores_of(found)}
    assert found[0].density == pytest.approx(0.9)


def test_topic_in_the_delta_counts() -> None:
    edit = [TOPIC], vectors_of(DECLINED)
    partition = build(KNOWN).replace_entries(edit[0], DECLINED, edit[1])
    free = build(KNOWN).replace_entries(edit[0], [replace(d, is_out_of_scope=False) for d in DECLINED], edit[1])
    assert partition.delta_size == 3
    assert scores_of(ask(partition)) == lowered(ask(free))


def test_topic_in_the_snapshot_counts_beside_a_delta() -> None:
    newest = make_entry(40)
    partition = with_topic().replace_entries([40, 7], newest, vectors_of(newest))
    free = as_entries(with_topic()).replace_entries([40, 7], newest, vectors_of(newest))
    assert scores_of(ask(partition)) == lowered(ask(free))


def test_withdrawn_topic_takes_nothing_away() -> None:
    empty = np.zeros((0, DIM), np.float32)
    withdrawn = with_topic().replace_entries([TOPIC], [], empty)
    free = as_entries(with_topic()).replace_entries([TOPIC], [], empty)
    assert scores_of(ask(withdrawn)) == pytest.approx(scores_of(ask(free)), abs=1e-5)


def test_entry_becomes_a_topic_to_decline_and_an_entry_again() -> None:
    entry = make_entry(7)
    vectors, vector = vectors_of(entry), vectors_of([make_document(7, 50)])[0]
    normal = build(KNOWN).replace_entries([7], entry, vectors)
    declined = normal.replace_entries([7], [replace(d, is_out_of_scope=True) for d in entry], vectors)
    again = declined.replace_entries([7], entry, vectors)
    before = ask(normal, "topic7", vector)
    assert before[0].entry_id == 7
    assert scores_of(ask(declined, "topic7", vector)) == lowered(before, 7)
    assert ask(again, "topic7", vector) == before
    # The same through snapshots: what the fit knows of the entry doesn't depend on what it is.
    compacted = normal.compacted()
    free = ask(compacted, "topic7", vector)
    assert scores_of(ask(declined.compacted(), "topic7", vector)) == lowered(free, 7)
    assert ask(again.compacted(), "topic7", vector) == free


@pytest.mark.parametrize("is_edited", [False, True], ids=["snapshot", "delta"])
@pytest.mark.parametrize(
    ("fields", "where", "counts"),
    [
        ({"language": "en"}, Filter(language="zh"), False),
        ({"language": "en"}, Filter(), True),
        ({"language": "zh"}, Filter(language="zh"), True),
        ({"product_ids": (5,)}, Filter(product_id=6), False),
        ({"product_ids": (5,)}, Filter(product_id=5), True),
        ({"product_ids": ()}, Filter(product_id=6), True),
    ],
)
def test_filters_hold_for_topics_to_decline(
    fields: dict[str, object], where: Filter, counts: bool, is_edited: bool
) -> None:
    topic = [replace(d, **fields) for d in DECLINED]  # type: ignore[arg-type]  # dataclass fields
    entry = [replace(d, is_out_of_scope=False) for d in topic]
    if is_edited:
        partition, free = (build(KNOWN).replace_entries([TOPIC], d, vectors_of(d)) for d in (topic, entry))
    else:
        partition, free = (build([*KNOWN, *d]) for d in (topic, entry))
    of_entries = ask(free, where=where)
    assert (TOPIC in scores_of(of_entries)) is counts
    assert scores_of(ask(partition, where=where)) == (lowered(of_entries) if counts else scores_of(of_entries))


@pytest.mark.parametrize("is_edited", [False, True], ids=["snapshot", "delta"])
def test_jargon_doesnt_speak_for_a_topic_to_decline(is_edited: bool) -> None:
    inside, topic = make_document(1, 9, "缺氟 topic1"), make_document(TOPIC, 9, "缺氟 topic50", is_out_of_scope=True)
    free = replace(topic, is_out_of_scope=False)
    if is_edited:
        partition, before = (
            build([*KNOWN, inside]).replace_entries([TOPIC], [d], vectors_of([d])) for d in (topic, free)
        )
    else:
        partition, before = (build([*KNOWN, inside, d]) for d in (topic, free))
    hits = ask(before, "少氟")
    own = scores_of(hits)[TOPIC] - 0.6 * hits[0].density - 0.2  # without what the shared term gave
    found = scores_of(ask(partition, "少氟"))
    assert found == {e: pytest.approx(s - 0.5 * own, abs=1e-5) for e, s in scores_of(hits).items() if e != TOPIC}
    # Its own share of the jargon the entry keeps.
    assert {hit.entry_id: hit.shared_terms for hit in ask(partition, "少氟")}[1] == 1


@pytest.mark.parametrize("is_edited", [False, True], ids=["snapshot", "delta"])
def test_topics_to_decline_alone_give_no_hits(is_edited: bool) -> None:
    partition = build(DECLINED)
    if is_edited:
        others = make_entry(51, is_out_of_scope=True)
        partition = partition.replace_entries([51], others, vectors_of(others))
    assert ask(partition) == []
    assert [len(hits) for hits in partition.search_many([Query("topic50"), Query("")], np.array([NEAR, NEAR]))] == [
        0,
        0,
    ]


@pytest.mark.parametrize("flat_limit", [50_000, 10], ids=["flat", "graph"])
@pytest.mark.parametrize("num_queries", [1, 3, 12])
def test_questions_asked_together_are_answered_as_alone(
    num_queries: int, flat_limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "FLAT_LIMIT", flat_limit)
    edits = [make_document(40, 1, "少氟 topic40"), make_document(3, 1, "缺氟 topic3", is_out_of_scope=True)]
    partition = with_topic(language="en").replace_entries([40, 3], edits, vectors_of(edits))
    filters = [Filter(), Filter(language="en"), Filter(language="zh"), Filter(product_id=6)]
    queries = [Query(f"topic{number} 少氟", filters[number % 4]) for number in range(num_queries)]
    vectors = vectors_of([make_document((number + 1) if number % 2 else TOPIC, 50) for number in range(num_queries)])
    together = partition.search_many(queries, vectors, top_k=4)
    for query, vector, hits in zip(queries, vectors, together, strict=True):
        alone = partition.search(query.text, vector, top_k=4, where=query.where)
        assert [(hit.entry_id, hit.phrasing_id) for hit in hits] == [(hit.entry_id, hit.phrasing_id) for hit in alone]
        for hit, single in zip(hits, alone, strict=True):
            assert hit == pytest.approx(single, abs=1e-5)


def test_entries_with_class_scores_are_told_from_topics_though_only_a_sample_was_fitted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(classes, "MAX_PHRASINGS", 1_200)
    documents = [d for entry_id in range(1, 1_206) for d in make_entry(entry_id, 1, is_out_of_scope=entry_id % 7 == 0)]
    snapshot = build(documents).snapshot
    assert snapshot.classes is not None
    fitted = snapshot.classes.entry_ids
    assert len(fitted) == 1_200
    np.testing.assert_array_equal(snapshot.is_outside_class, fitted % 7 == 0)
