"""Confidence from a knowledge base's own phrasings: which of them are asked, and what comes of it."""

from dataclasses import replace

import numpy as np
import pytest

from nlp.exceptions import CalibrationImpossible
from qa.engine.bundle import WEIGHED
from qa.engine.calibrating import (
    HELD_OUT_SHARE,
    LEAST_HELD_OUT,
    LEAST_PHRASINGS,
    calibrate,
    held_out_rows,
    own_evidence,
)
from retrieval.documents import Document
from retrieval.partition import Partition
from tests.retrieval.factories import make_analyzer, make_document, vectors_of


def documents_of(num_entries: int, num_phrasings: int) -> list[Document]:
    return [make_document(entry, n) for entry in range(1, num_entries + 1) for n in range(num_phrasings)]


def partition_of(documents: list[Document]) -> Partition:
    return Partition.build(documents, vectors_of(documents), make_analyzer())


def texts_at(documents: list[Document], rows: "np.typing.NDArray[np.int64]") -> set[str]:
    return {documents[row].text for row in rows}


MANY = documents_of(50, 20)


def test_about_one_phrasing_in_eight_is_held_out() -> None:
    rows = held_out_rows(MANY)
    assert rows.dtype == np.int64
    assert sorted(set(rows.tolist())) == rows.tolist()
    # Binomial: 125 expected of 1,000, deviation 10.5.
    assert abs(len(rows) - len(MANY) / HELD_OUT_SHARE) < 40


def test_held_out_phrasings_follow_from_their_text_alone() -> None:
    held_out = texts_at(MANY, held_out_rows(MANY))
    assert texts_at(MANY, held_out_rows(MANY)) == held_out
    moved = [replace(d, phrasing_id=d.phrasing_id + 7, entry_id=d.entry_id + 1000, language="en") for d in MANY[::-1]]
    assert texts_at(moved, held_out_rows(moved)) == held_out
    # More entries leave the choice as it is: what one training did not see, the next does not either.
    more = documents_of(60, 20)
    assert {t for t in texts_at(more, held_out_rows(more)) if t in {d.text for d in MANY}} == held_out


@pytest.mark.parametrize(("num_phrasings", "gives"), [(LEAST_PHRASINGS - 1, False), (LEAST_PHRASINGS, True)])
def test_small_entries_give_no_phrasing_away(num_phrasings: int, gives: bool) -> None:
    small = [make_document(1000 + entry, n) for entry in range(50) for n in range(num_phrasings)]
    documents = [*small, *MANY]
    held_out = held_out_rows(documents)
    assert bool((held_out < len(small)).any()) is gives
    assert texts_at(MANY, held_out_rows(MANY)) <= texts_at(documents, held_out)


def test_too_few_held_out_phrasings_are_none() -> None:
    rows = held_out_rows(MANY)
    last = int(rows[LEAST_HELD_OUT - 1])
    enough = [d for row, d in enumerate(MANY) if row not in set(rows[LEAST_HELD_OUT:].tolist())]
    assert len(held_out_rows(enough)) == LEAST_HELD_OUT
    too_few = [d for d in enough if d is not MANY[last]]
    assert held_out_rows(too_few).tolist() == []


def test_nothing_is_held_out_of_nothing() -> None:
    assert held_out_rows([]).shape == (0,)


def test_own_evidence_of_a_trained_encoder_asks_held_out_phrasings_only() -> None:
    partition, held_out = partition_of(MANY), held_out_rows(MANY)
    evidence = own_evidence(partition, trained=True)
    assert set(evidence.rows.tolist()) == set(held_out.tolist())
    assert len(evidence.rows) == 2 * len(held_out)  # with its entry and without it
    assert evidence.in_scope.sum() == len(held_out)


def test_own_evidence_of_an_untrained_encoder_asks_every_phrasing() -> None:
    documents = documents_of(15, 12)
    assert set(own_evidence(partition_of(documents)).rows.tolist()) == set(range(len(documents)))


def test_own_evidence_asks_every_phrasing_where_too_few_were_held_out() -> None:
    documents = documents_of(10, 6)
    assert held_out_rows(documents).tolist() == []
    assert set(own_evidence(partition_of(documents), trained=True).rows.tolist()) == set(range(60))


def test_own_evidence_finds_held_out_phrasings_after_edits() -> None:
    edited = documents_of(5, 20)[:-1]
    partition = partition_of(MANY).replace_entries([1, 2, 3, 4, 5], edited, vectors_of(edited))
    asked = own_evidence(partition, trained=True).rows
    assert texts_at(list(partition.documents), asked) == texts_at(
        list(partition.documents), held_out_rows(partition.documents)
    )


@pytest.mark.parametrize(("num_entries", "num_phrasings", "trained"), [(15, 10, False), (45, 20, True)])
def test_calibrate_weighs_the_score_and_promises_what_evidence_shows(
    num_entries: int, num_phrasings: int, trained: bool
) -> None:
    calibration = calibrate(partition_of(documents_of(num_entries, num_phrasings)), trained=trained)
    assert calibration.features == WEIGHED
    assert calibration.weights[0] > 0
    # Entries that lie far apart: answers are right, and strange questions are told from known ones.
    assert calibration.promises[-1].target >= 0.9
    assert all(p.coverage > 0.5 for p in calibration.promises)


def test_calibrate_gives_the_same_again() -> None:
    partition = partition_of(documents_of(15, 10))
    assert calibrate(partition) == calibrate(partition)


def test_calibrate_says_that_nothing_is_published() -> None:
    empty = Partition.build([], np.zeros((0, 16), np.float32), make_analyzer())
    with pytest.raises(CalibrationImpossible, match="Publish an entry"):
        calibrate(empty)
