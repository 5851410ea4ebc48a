"""Editing a partition: what is replaced, withdrawn and compacted, at any moment, and what the old one keeps."""

import time

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from retrieval.documents import Filter
from retrieval.exceptions import DocumentsInvalid, VectorsInvalid
from retrieval.partition import Partition
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


def test_phrasings_are_counted_in_snapshot_and_delta():
    documents = [*make_entry(40, 2), make_document(7, 80)]
    partition = make_partition(8).replace_entries([7, 40], documents, vectors_of(documents))
    counts = {hit.entry_id: hit.num_phrasings for hit in ask(partition, 7, top_k=100)}
    assert counts == dict.fromkeys(range(1, 9), 3) | {7: 1, 40: 2}


def test_first_edit_of_an_empty_partition_makes_a_snapshot():
    empty = Partition.build([], np.zeros((0, DIM), np.float32), make_analyzer())
    documents = make_entry(1)
    filled = empty.replace_entries([1], documents, vectors_of(documents))
    assert (filled.delta_size, filled.documents) == (0, tuple(documents))
    assert ask(filled, 1)[0].entry_id == 1


def test_filters_hold_in_the_delta():
    edited = [make_document(40, language="en", product_ids=(5,))]
    partition = make_partition().replace_entries([40], edited, vectors_of(edited))
    assert ask(partition, 40, where=Filter(language="en", product_id=5))[0].entry_id == 40
    assert ask(partition, 40, where=Filter(language="en", product_id=6)) == []


def test_replaced_entry_has_its_new_phrasings_and_no_others():
    partition = make_partition()
    edited = [make_document(7, 80, "completely rewritten")]
    newer = partition.replace_entries([7], edited, vectors_of(edited, generation=1))
    hit = newer.search("completely rewritten", vectors_of(edited, generation=1)[0])[0]
    assert (hit.entry_id, hit.phrasing_id, hit.lexical) == (7, 780, 1.0)
    assert {d.phrasing_id for d in newer.documents if d.entry_id == 7} == {780}
    assert (newer.delta_size, newer.num_tombstones) == (1, 3)


def test_old_partition_stays_as_it_was():
    partition = make_partition()
    before = ask(partition, 7)
    partition.replace_entries([7], [], np.zeros((0, DIM)))
    assert ask(partition, 7) == before
    assert partition.num_tombstones == 0


def test_withdrawn_entry_is_gone():
    newer = make_partition().replace_entries([7], [], np.zeros((0, DIM)))
    assert 7 not in {hit.entry_id for hit in ask(newer, 7, top_k=100)}
    assert 7 in newer.snapshot.classes.entry_ids, "its class score must not bring it back"
    assert 7 not in {hit.entry_id for hit in ask(newer.compacted(), 7, top_k=100)}


def test_newcomer_is_found_with_a_stand_in_until_it_has_class_scores():
    documents = make_entry(40)
    partition = make_partition().replace_entries([40], documents, vectors_of(documents))
    first, second = ask(partition, 40)[:2]
    assert (first.entry_id, (first.dense_class, first.textual_class)) == (40, as_alone(first))
    assert (second.dense_class, second.textual_class) != as_alone(second)
    compact = partition.compacted()
    assert 40 in compact.snapshot.classes.entry_ids
    fitted = ask(compact, 40)[0]
    assert fitted.entry_id == 40
    assert (fitted.dense_class, fitted.textual_class) != as_alone(fitted)


def test_edited_entry_is_not_judged_by_its_old_phrasings():
    edited = [make_document(7, 80, "completely rewritten")]
    newer = make_partition().replace_entries([7], edited, vectors_of(edited, generation=1))
    hits = {hit.entry_id: hit for hit in ask(newer, 7, top_k=100)}
    assert (hits[7].dense_class, hits[7].textual_class) == as_alone(hits[7])
    assert hits[7].score < 0.5


def test_document_of_an_entry_that_isnt_replaced_is_refused():
    with pytest.raises(DocumentsInvalid, match=r"entries \[8\]"):
        make_partition().replace_entries([7], make_entry(8), vectors_of(make_entry(8)))


def test_vectors_of_another_dimension_are_refused():
    with pytest.raises(VectorsInvalid, match="expected"):
        make_partition().replace_entries([7], make_entry(7), np.zeros((3, DIM + 1)))


def test_compacting_changes_no_document_and_no_vector():
    edited = make_entry(7, 2) + make_entry(90, 2)
    partition = make_partition().replace_entries([7, 8, 90], edited, vectors_of(edited, 1))
    compact = partition.compacted()
    assert (compact.delta_size, compact.num_tombstones) == (0, 0)
    assert compact.documents == partition.documents
    np.testing.assert_allclose(compact.vectors(), partition.vectors(), atol=1e-5)
    built = Partition.build(partition.documents, partition.vectors(), make_analyzer())
    assert ask(compact, 90, 1)[0].score == pytest.approx(ask(built, 90, 1)[0].score, abs=1e-5)


@pytest.mark.parametrize(("num_edited", "due"), [(63, False), (64, True)])
def test_compaction_is_due_at_256_edited_phrasings_of_a_small_snapshot(num_edited, due):
    partition = make_partition(10)
    edited = [d for entry_id in range(100, 100 + num_edited) for d in make_entry(entry_id, 4)]
    partition = partition.replace_entries(range(100, 100 + num_edited), edited, vectors_of(edited))
    assert partition.is_compaction_due is due


def test_edit_of_3000_phrasings_takes_less_than_20_ms():
    partition = make_partition(1_000)
    documents = make_entry(7, 10)
    vectors = vectors_of(documents)
    durations_s = []
    for _ in range(5):
        start = time.thread_time()
        partition.replace_entries([7], documents, vectors)
        durations_s.append(time.thread_time() - start)
    assert min(durations_s) < 0.020


class Edits(RuleBasedStateMachine):
    """Any series of edits and compactions holds exactly the documents that a dictionary holds."""

    def __init__(self) -> None:
        super().__init__()
        self.partition = Partition.build([], np.zeros((0, DIM), np.float32), make_analyzer())
        self.entries: dict[int, list] = {}

    @rule(
        entry_ids=st.sets(st.integers(1, 6), min_size=1, max_size=3),
        num_phrasings=st.integers(0, 3),
        is_outside=st.booleans(),
    )
    def publish(self, entry_ids, num_phrasings, is_outside):
        new = {e: make_entry(e, num_phrasings, is_out_of_scope=is_outside) for e in sorted(entry_ids)}
        documents = [d for of_entry in new.values() for d in of_entry]
        self.partition = self.partition.replace_entries(entry_ids, documents, vectors_of(documents))
        self.entries |= new

    @rule()
    def compact(self):
        self.partition = self.partition.compacted()

    @invariant()
    def documents_are_those_published(self):
        expected = sorted(d.phrasing_id for documents in self.entries.values() for d in documents)
        assert sorted(d.phrasing_id for d in self.partition.documents) == expected

    @invariant()
    def every_published_entry_is_found_and_no_other(self):
        found = {hit.entry_id for hit in ask(self.partition, 3, top_k=100)}
        published = {d.entry_id for of_entry in self.entries.values() for d in of_entry if not d.is_out_of_scope}
        assert found == published


TestEdits = Edits.TestCase
TestEdits.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)
