"""The bundle: hits of several readings in one ranking, and edited knowledge bases fitted anew."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from nlp.interpretation import Interpretation, Interpreter, Reading
from nlp.lexicon import Lexicon
from qa.engine import bundle as bundles
from qa.engine.bundle import (
    DEFAULT_CALIBRATION,
    FEATURES,
    FOREIGN_PENALTY,
    TOP_K,
    WEIGHED,
    WEIGHED_FOR_PROMISES,
    WEIGHED_ON_QUESTIONS,
    Bundle,
    Question,
    evidence_of,
    merge_hits,
)
from retrieval.documents import Hit
from retrieval.partition import Partition
from retrieval.searcher import Searcher
from tests.retrieval.factories import make_analyzer, make_document, make_entry, make_partition, vectors_of


def hit(entry_id: int, score: float, phrasing_id: int = 0) -> Hit:
    return Hit(
        entry_id,
        phrasing_id,
        score,
        dense=0.5,
        lexical=0.4,
        dense_class=0.3,
        textual_class=0.2,
        density=0.6,
        num_phrasings=4,
        query_terms=2,
        shared_terms=1,
    )


def test_hits_of_one_reading_stay_as_they_are() -> None:
    hits = [hit(3, 0.9), hit(1, 0.9), hit(2, 0.1)]
    assert merge_hits([hits]) == hits


def test_each_entry_stands_under_the_reading_that_it_fits_best() -> None:
    own = [hit(1, 0.9, 10), hit(2, 0.5, 20), hit(3, 0.2, 30)]
    reread = [hit(2, 0.8, 21), hit(4, 0.6, 41), hit(1, 0.3, 11)]
    assert merge_hits([own, reread]) == [hit(1, 0.9, 10), hit(2, 0.8, 21), hit(4, 0.6, 41), hit(3, 0.2, 30)]


def test_equal_scores_come_in_the_order_of_entries_and_of_readings() -> None:
    assert merge_hits([[hit(9, 0.5, 1)], [hit(2, 0.5, 2), hit(9, 0.5, 3)]]) == [hit(2, 0.5, 2), hit(9, 0.5, 1)]


def test_merged_hits_are_no_more_than_are_searched_for() -> None:
    halves = [[hit(n, n / 10) for n in range(start, start + TOP_K)] for start in (0, TOP_K)]
    assert [h.entry_id for h in merge_hits(halves)] == list(range(2 * TOP_K - 1, TOP_K - 1, -1))


@pytest.mark.parametrize("found", [[], [[]], [[], []]])
def test_no_hits_are_no_hits(found: list[list[Hit]]) -> None:
    assert merge_hits(found) == []
    assert evidence_of([], 9) == []


def test_every_hit_has_its_evidence() -> None:
    hits = [
        hit(1, 0.9),
        hit(2, 0.8)._replace(dense_class=0.7, num_phrasings=1),
        hit(3, 0.5)._replace(dense_class=0.1, textual_class=0.5, shared_terms=2),
    ]
    evidence = evidence_of(hits, 7)
    assert [tuple(of_hit) for of_hit in evidence] == [FEATURES] * 3
    # A margin is to the best of the others: ahead of it above 0, behind it below.
    four, eight = math.log(4), math.log(8)
    assert [list(of_hit.values()) for of_hit in evidence] == [
        pytest.approx([0.9, 0.1, 0.3, -0.4, 0.2, -0.3, 0.5, 0.4, 0.6, four, eight, 0.5]),
        pytest.approx([0.8, -0.1, 0.7, 0.4, 0.2, -0.3, 0.5, 0.4, 0.6, 0.0, eight, 0.5]),
        pytest.approx([0.5, -0.4, 0.1, -0.6, 0.5, 0.3, 0.5, 0.4, 0.6, four, eight, 1.0]),
    ]


def test_what_is_weighed_is_evidence() -> None:
    assert len(set(FEATURES)) == len(FEATURES)
    for weighed in ((*WEIGHED, *WEIGHED_ON_QUESTIONS), (*WEIGHED_FOR_PROMISES, *WEIGHED_ON_QUESTIONS)):
        assert sorted(set(weighed)) == sorted(weighed)
        assert set(weighed) <= set(FEATURES)


def test_margins_of_a_single_hit_are_its_scores() -> None:
    (evidence,) = evidence_of([hit(1, 0.9)], 7)
    assert evidence["margin"] == evidence["score"] == 0.9
    assert evidence["dense_class_margin"] == evidence["dense_class"] == 0.3
    assert evidence["textual_class_margin"] == evidence["textual_class"] == 0.2


def test_equally_good_hits_have_no_margin() -> None:
    evidence = evidence_of([hit(1, 0.9), hit(2, 0.9), hit(3, 0.4)], 7)
    assert [of_hit["margin"] for of_hit in evidence] == pytest.approx([0.0, 0.0, -0.5])
    assert [of_hit["dense_class_margin"] for of_hit in evidence] == [0.0, 0.0, 0.0]


def test_penalty_is_taken_from_every_score_and_from_nothing_else() -> None:
    evidence = evidence_of([hit(1, 0.9), hit(2, 0.8)], 7, penalty=0.25)
    assert [(of_hit["score"], of_hit["margin"]) for of_hit in evidence] == [
        pytest.approx((0.65, 0.1)),
        pytest.approx((0.55, -0.1)),
    ]
    untouched = [name for name in FEATURES if name not in {"score", "margin"}]
    free = evidence_of([hit(1, 0.9), hit(2, 0.8)], 7)
    assert [[of[name] for name in untouched] for of in evidence] == [[of[name] for name in untouched] for of in free]
    assert evidence_of([hit(1, 0.9)], 7, penalty=0.25)[0]["margin"] == pytest.approx(0.65)


def bundle_of(partitions: dict[int, Partition]) -> Bundle:
    return Bundle(
        release=7,
        model_fingerprint="m",
        knowledge_revision=1,
        lexicon_revision=1,
        interpreter=cast("Interpreter", None),  # nobody is asked anything
        searcher=Searcher(partitions),
        lexicons={pk: Lexicon() for pk in partitions},
        calibrations=dict.fromkeys(partitions, DEFAULT_CALIBRATION),
    )


class ScriptedInterpreter:
    """Understands what it was told to, whatever the lexicon."""

    def __init__(self, meanings: dict[str, Interpretation]) -> None:
        self._meanings = meanings
        self.briefly: list[bool] = []

    def interpret(
        self, utterances: Sequence[str], _lexicons: Sequence[Lexicon], *, briefly: Sequence[bool]
    ) -> list[Interpretation]:
        self.briefly += briefly
        return [self._meanings[utterance] for utterance in utterances]


def meaning_of(text: str, *entry_ids: int, foreign: tuple[str, ...] = ()) -> Interpretation:
    """A text whose readings are each about an entry."""
    readings = (Reading(f"topic{pk}", vectors_of([make_document(pk, 50)])[0]) for pk in entry_ids)
    return Interpretation(text, "zh", ("term",), foreign, tuple(readings))


def test_what_is_still_typed_is_read_briefly() -> None:
    interpreter = ScriptedInterpreter({"one": meaning_of("one", 1)})
    bundle = replace(bundle_of({1: make_partition(5)}), interpreter=cast("Interpreter", interpreter))
    bundle.consider([Question(1, "one"), Question(1, "one", is_unfinished=True)])
    assert interpreter.briefly == [False, True]


def test_questions_of_a_batch_are_considered_as_alone() -> None:
    meanings = {
        "one": meaning_of("one", 1),
        "two readings": meaning_of("two readings", 2, 3),
        "nothing": meaning_of("", 1),
        "theirs": meaning_of("theirs", 4, foreign=("other maker",)),
    }
    bundle = bundle_of({1: make_partition(5), 2: make_partition(3)})
    bundle = replace(bundle, interpreter=cast("Interpreter", ScriptedInterpreter(meanings)))
    asked = [(1, "one"), (2, "two readings"), (1, "nothing"), (1, "two readings"), (1, "theirs"), (2, "one")]
    questions = [Question(base_id, text) for base_id, text in asked]
    together = bundle.consider(questions)
    assert [[r.entry_id for r in finding.ranked[:1]] for finding in together] == [[1], [2], [], [2], [4], [1]]
    assert [r.entry_id for r in together[1].ranked[:2]] == [2, 3]
    for question, finding in zip(questions, together, strict=True):
        (alone,) = bundle.consider([question])
        assert replace(finding, ranked=()) == replace(alone, ranked=())
        for one, other in zip(finding.ranked, alone.ranked, strict=True):
            assert (one.entry_id, one.phrasing_id) == (other.entry_id, other.phrasing_id)
            assert one.evidence == pytest.approx(other.evidence, abs=1e-5)
            assert one.probability == pytest.approx(other.probability, abs=1e-5)


def test_foreign_question_is_scored_lower() -> None:
    meanings = {"ours": meaning_of("ours", 4), "theirs": meaning_of("theirs", 4, foreign=("other maker",))}
    bundle = bundle_of({1: make_partition(5)})
    bundle = replace(bundle, interpreter=cast("Interpreter", ScriptedInterpreter(meanings)))
    ours, theirs = bundle.consider([Question(1, "ours"), Question(1, "theirs")])
    assert theirs.ranked[0].evidence["score"] == pytest.approx(ours.ranked[0].evidence["score"] - FOREIGN_PENALTY)
    assert theirs.ranked[0].evidence["margin"] == pytest.approx(ours.ranked[0].evidence["margin"])
    assert theirs.ranked[0].probability < ours.ranked[0].probability


def edited(partition: Partition) -> Partition:
    """Partition 1's entry 1 gets other phrasings, entry 99 is new."""
    documents = [*make_entry(99), make_document(1, 7)]
    return partition.replace_entries([1, 99], documents, vectors_of(documents))


def test_bundle_without_edits_is_itself() -> None:
    bundle = bundle_of({1: make_partition(5), 2: make_partition(4)})
    assert bundle.renewed() is bundle


def test_edited_knowledge_base_gets_class_scores() -> None:
    partition = edited(make_partition(5))
    bundle = bundle_of({1: partition, 2: make_partition(4)})
    renewed = bundle.renewed()
    fresh, old = renewed.searcher.partition(1), partition.snapshot.classes
    assert (fresh.delta_size, fresh.num_tombstones) == (0, 0)
    assert fresh.documents == partition.documents
    assert fresh.vectors() == pytest.approx(partition.vectors(), abs=1e-5)
    assert old is not None
    assert fresh.snapshot.classes is not None
    assert old.entry_ids.tolist() == [1, 2, 3, 4, 5]
    assert fresh.snapshot.classes.entry_ids.tolist() == [1, 2, 3, 4, 5, 99]


def test_renewing_leaves_everything_else_alone() -> None:
    untouched = make_partition(4)
    bundle = bundle_of({1: edited(make_partition(5)), 2: untouched})
    renewed = bundle.renewed()
    assert renewed.searcher.partition(2) is untouched
    assert replace(renewed, searcher=bundle.searcher) == bundle
    assert renewed.renewed() is renewed
    assert bundle.searcher.partition(1).delta_size == 4  # what is being asked meanwhile stays as it was


def test_withdrawn_entry_is_forgotten() -> None:
    partition = make_partition(5).replace_entries([3], [], np.zeros((0, 16), np.float32))
    classes = bundle_of({1: partition}).renewed().searcher.partition(1).snapshot.classes
    assert classes is not None
    assert classes.entry_ids.tolist() == [1, 2, 4, 5]


def test_knowledge_base_whose_entries_are_all_withdrawn_is_renewed_once() -> None:
    partition = make_partition(2).replace_entries([1, 2], [], np.zeros((0, 16), np.float32))
    renewed = bundle_of({1: partition}).renewed()
    assert renewed.searcher.partition(1).documents == ()
    assert renewed.renewed() is renewed


def test_edited_entry_without_jargon_is_searched_by_a_question_in_jargon() -> None:
    # Entry 99 is new, entry 1 spoke of 缺氟 before it was edited: both know no term now.
    before = [make_document(1, 0, "缺氟 topic1"), *make_entry(2)]
    partition = Partition.build(before, vectors_of(before), make_analyzer())
    bundle = bundle_of({1: edited(partition)})
    for searcher in (bundle.searcher, bundle.renewed().searcher):
        hits = searcher.search(1, "缺氟", vectors_of([make_document(1)])[0])
        assert {h.entry_id: h.shared_terms for h in hits} == {1: 0, 2: 0, 99: 0}


@pytest.mark.parametrize(("limit", "is_renewed"), [(16, True), (15, False)])
def test_large_knowledge_bases_wait_for_compacting(
    monkeypatch: pytest.MonkeyPatch, limit: int, is_renewed: bool
) -> None:
    partition = edited(make_partition(5))
    assert len(partition.documents) == 16
    monkeypatch.setattr(bundles, "MAX_RENEWED", limit)
    bundle = bundle_of({1: partition})
    assert (bundle.renewed() is not bundle) is is_renewed
