"""Searches while knowledge is published: no crash, and every answer is of one published state."""

import threading

import numpy as np
import pytest

from retrieval.searcher import Searcher
from tests.retrieval.factories import DIM, make_document, make_entry, make_partition, vectors_of

pytestmark = pytest.mark.faults

NUM_EDITS = 1_000
NUM_THREADS = 8
EDITED = range(1, 11)


class Live:
    """The one mutable thing: a reference, as the engine holds it."""

    def __init__(self) -> None:
        self.searcher = Searcher({1: make_partition(300)})
        # The state that was last swapped in: entry → the phrasing number that its generation has.
        self.published: dict[int, int | None] = {}

    def publish(self, edit: int) -> None:
        """Withdraw an entry at each third edit, else give it one new phrasing; compact now and then."""
        entry_id = EDITED[edit % len(EDITED)]
        number = None if edit % 3 == 0 else 1 + edit % 90
        documents = [] if number is None else [make_document(entry_id, number)]
        vectors = vectors_of(documents) if documents else np.zeros((0, DIM), np.float32)
        partition = self.searcher.partition(1).replace_entries([entry_id], documents, vectors)
        if edit % 40 == 39:
            partition = partition.compacted()
        self.searcher = self.searcher.with_partition(1, partition)
        self.published = {**self.published, entry_id: number}


def check_one(searcher: Searcher, entry_id: int, vector: np.ndarray) -> None:
    """Assert that hits are of this searcher's documents only, each once, and repeat bit for bit."""
    hits = searcher.search(1, f"topic{entry_id}", vector)
    phrasings = {d.phrasing_id: d.entry_id for d in searcher.partition(1).documents}
    assert all(phrasings[hit.phrasing_id] == hit.entry_id for hit in hits)
    assert len({hit.entry_id for hit in hits}) == len(hits)
    alive = entry_id in phrasings.values()
    assert (hits[0].entry_id == entry_id) == alive
    assert searcher.search(1, f"topic{entry_id}", vector) == hits


def test_eight_threads_search_while_a_thousand_edits_are_published():
    live, done, failures = Live(), threading.Event(), []
    counts = [0] * NUM_THREADS
    vectors = {i: vectors_of([make_document(i, 95)])[0] for i in EDITED}

    def search(thread: int) -> None:
        try:
            while not done.is_set():
                entry_id = EDITED[(counts[thread] + thread) % len(EDITED)]
                check_one(live.searcher, entry_id, vectors[entry_id])
                counts[thread] += 1
        except BaseException as error:  # noqa: BLE001 (reported by the main thread)
            failures.append(error)

    threads = [threading.Thread(target=search, args=(i,)) for i in range(NUM_THREADS)]
    for thread in threads:
        thread.start()
    try:
        for edit in range(NUM_EDITS):
            live.publish(edit)
            entry_id = EDITED[edit % len(EDITED)]
            hits = live.searcher.search(1, f"topic{entry_id}", vectors[entry_id])
            found = {hit.entry_id: hit.phrasing_id for hit in hits}
            number = live.published[entry_id]
            assert found.get(entry_id) == (None if number is None else entry_id * 100 + number)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert min(counts) > 0
    expected = {entry_id * 100 + number for entry_id, number in live.published.items() if number is not None}
    final = {d.phrasing_id for d in live.searcher.partition(1).documents if d.entry_id in EDITED}
    assert final == expected
    untouched = [d for d in live.searcher.partition(1).documents if d.entry_id == 299]
    assert untouched == make_entry(299)
