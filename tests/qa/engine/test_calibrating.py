"""Confidence from a knowledge base's own phrasings: which of them are asked, and what comes of it."""

from dataclasses import replace

import numpy as np
import pytest

from nlp.calibration import MIN_QUESTIONS, Calibration
from nlp.exceptions import CalibrationImpossible
from nlp.recalibration import fit_on_questions
from qa.decision import Thresholds
from qa.engine.bundle import (
    DEFAULT_CALIBRATION,
    FEATURES,
    WEIGHED,
    WEIGHED_FOR_PROMISES,
    WEIGHED_ON_QUESTIONS,
    Finding,
    RankedEntry,
)
from qa.engine.calibrating import (
    HELD_OUT_SHARE,
    LEAST_HELD_OUT,
    LEAST_PHRASINGS,
    calibrate,
    calibrate_on_findings,
    confidences,
    first_evidence,
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


def test_topics_to_decline_are_not_held_out() -> None:
    declined = [replace(d, is_out_of_scope=d.entry_id <= 10) for d in MANY]
    rows = held_out_rows(declined)
    assert texts_at(declined, rows) == {d.text for row, d in enumerate(MANY) if d.entry_id > 10} & texts_at(
        MANY, held_out_rows(MANY)
    )
    assert held_out_rows([replace(d, is_out_of_scope=True) for d in MANY]).tolist() == []


def test_own_evidence_asks_topics_to_decline_as_questions_without_an_answer() -> None:
    documents = [replace(d, is_out_of_scope=d.entry_id == 3) for d in documents_of(8, 6)]
    evidence = own_evidence(partition_of(documents))
    declined = [row for row, d in enumerate(documents) if d.is_out_of_scope]
    of_topic = np.isin(evidence.rows, declined)
    assert sorted(evidence.rows[of_topic].tolist()) == declined
    assert not (evidence.in_scope | evidence.right)[of_topic].any()
    assert evidence.in_scope.sum() == len(documents) - len(declined)
    # In the encoder's sight they lie apart, and what is theirs counts against the entries.
    free = own_evidence(partition_of(documents_of(8, 6)))
    assert evidence.score[of_topic].max() < free.score[free.in_scope].min() - 0.5


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


def test_own_evidence_of_a_trained_encoder_asks_topics_to_decline_too() -> None:
    # Training never sees them.
    topics = [replace(make_document(90, n), is_out_of_scope=True) for n in range(30)]
    partition = partition_of([*MANY, *topics])
    evidence = own_evidence(partition, trained=True)
    declined = {row for row, document in enumerate(partition.documents) if document.is_out_of_scope}
    held_out = set(held_out_rows(partition.documents).tolist())
    assert set(evidence.rows.tolist()) == held_out | declined
    assert not evidence.in_scope[np.isin(evidence.rows, list(declined))].any()


def test_own_evidence_of_an_untrained_encoder_asks_every_phrasing() -> None:
    documents = documents_of(15, 12)
    assert set(own_evidence(partition_of(documents)).rows.tolist()) == set(range(len(documents)))


def test_own_evidence_leaves_out_what_was_chosen_for_being_hard_but_not_topics_to_decline() -> None:
    documents = [replace(d, is_out_of_scope=d.entry_id == 1) for d in documents_of(15, 12)]
    chosen = {d.phrasing_id for d in documents if d.entry_id in {1, 2, 3}}
    asked = set(own_evidence(partition_of(documents), chosen=chosen).rows.tolist())
    assert asked == {row for row, d in enumerate(documents) if d.entry_id not in {2, 3}}


def test_own_evidence_asks_what_was_chosen_where_too_little_else_is_known() -> None:
    documents = documents_of(15, 12)
    others = documents[: LEAST_HELD_OUT - 1]
    chosen = {d.phrasing_id for d in documents} - {d.phrasing_id for d in others}
    assert len(set(own_evidence(partition_of(documents), chosen=chosen).rows.tolist())) == len(documents)


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


def finding(evidence: dict[str, float] | None) -> Finding:
    """One question's: a first entry with this evidence and a second without any; nothing for None."""
    second = RankedEntry(2, 20, 0.0, dict.fromkeys(FEATURES, -9.0))
    ranked = () if evidence is None else (RankedEntry(1, 10, 0.0, evidence), second)
    return Finding(1, "text", "en", (), ranked, Thresholds(0.5, 0.2))


def labelled(num: int) -> tuple[list[Finding], "np.typing.NDArray[np.bool_]", "np.typing.NDArray[np.bool_]"]:
    """Findings whose score tells right from wrong and whose length tells what is out of scope; every tenth is empty."""
    random = np.random.default_rng(5)
    in_scope = random.random(num) < 0.75
    right = in_scope & (random.random(num) < 0.8)
    findings = []
    for number in range(num):
        evidence = {name: float(random.normal()) for name in FEATURES}
        evidence["score"] = float(random.normal(1.0 if right[number] else 0.5, 0.3))
        evidence["length"] = float(random.normal(3.0 if in_scope[number] else 4.0, 0.5))
        is_empty = number % 10 == 0
        findings.append(finding(None if is_empty else evidence))
        right[number] &= not is_empty
    return findings, right, in_scope


def test_evidence_of_a_finding_is_its_first_entrys_and_zeros_without_one() -> None:
    numbered = {name: float(number) for number, name in enumerate(FEATURES)}
    findings = [finding(numbered), finding(None), finding(numbered | {"score": 7.0})]
    assert first_evidence(findings, ("score", "margin", "terms")).tolist() == [
        [0.0, 1.0, 11.0],
        [0.0, 0.0, 0.0],
        [7.0, 1.0, 11.0],
    ]
    assert first_evidence(findings, FEATURES).shape == (3, len(FEATURES))
    assert first_evidence([finding(None)], FEATURES).tolist() == [[0.0] * len(FEATURES)]
    assert first_evidence([], ("score", "margin")).shape == (0, 2)


def test_confidence_is_that_of_the_first_entry_and_0_without_one() -> None:
    calibration = replace(DEFAULT_CALIBRATION, features=("score",), mean=(0.5,), scale=(0.5,), weights=(2.0,), bias=0.0)
    sure = dict.fromkeys(FEATURES, 9.0) | {"score": 0.5}
    found = confidences([finding(sure), finding(None), finding(sure | {"score": 1.0})], calibration)
    assert found.tolist() == pytest.approx([0.5, 0.0, 1 / (1 + np.exp(-2.0))])
    assert confidences([], calibration).tolist() == []


def test_calibration_on_findings_weighs_all_their_evidence() -> None:
    findings, right, in_scope = labelled(600)
    calibration = calibrate_on_findings(findings, right, in_scope)
    assert calibration.features == (*WEIGHED, *WEIGHED_ON_QUESTIONS)
    assert calibration.sure is not None
    assert calibration.sure.features == (*WEIGHED_FOR_PROMISES, *WEIGHED_ON_QUESTIONS)
    for fitted, num_leading, tells_scope in ((replace(calibration, sure=None), 1, True), (calibration.sure, 2, False)):
        rows = [
            [f.ranked[0].evidence[n] for n in fitted.features] if f.ranked else [0.0] * len(fitted.features)
            for f in findings
        ]
        assert fitted == fit_on_questions(
            np.array(rows), right, in_scope, features=fitted.features, num_leading=num_leading, tells_scope=tells_scope
        )
    by_name = dict(zip(calibration.features, calibration.weights, strict=True))
    assert by_name["score"] > 0 > by_name["length"]  # long questions are out of scope here
    confidence = confidences(findings, calibration)
    assert confidence[right].mean() > confidence[~right].mean() + 0.3
    assert Calibration.from_json(calibration.to_json()) == calibration


@pytest.mark.parametrize(("num_right", "num_wrong"), [(MIN_QUESTIONS - 1, 40), (40, MIN_QUESTIONS - 1)])
def test_too_few_findings_give_no_calibration(num_right: int, num_wrong: int) -> None:
    findings, _, _ = labelled(num_right + num_wrong)
    right = np.arange(len(findings)) < num_right
    with pytest.raises(CalibrationImpossible, match="At least 8 right and as many wrong"):
        calibrate_on_findings(findings, right, right)


def test_just_enough_findings_give_a_calibration() -> None:
    findings, _, _ = labelled(2 * MIN_QUESTIONS)
    right = np.arange(len(findings)) < MIN_QUESTIONS
    assert calibrate_on_findings(findings, right, right).sure is not None
