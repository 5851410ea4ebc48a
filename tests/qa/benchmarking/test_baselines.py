"""Baselines: each ranks entries, the right one first where it can be told, with two entries or with many."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from nlp.pretrained import FloatArray
from qa.benchmarking.baselines import (
    DEPTH,
    Baseline,
    Bm25Baseline,
    EncoderBaseline,
    Ranking,
    StackBaseline,
    SvmBaseline,
    TfidfBaseline,
    ranking_of,
    ranking_of_classes,
)

SUBJECTS = {
    30: "water leak drain hose",
    10: "loud noise humming fan",
    70: "invoice tax order receipt",
    50: "warranty years repair free",
}


def knowledge(entries: Sequence[int]) -> tuple[list[str], list[int]]:
    """Give four phrasings an entry; their ids are neither in order nor without gaps."""
    texts, ids = [], []
    for entry in entries:
        words = SUBJECTS[entry].split()
        texts += [
            f"{words[0]} {words[1]}",
            f"my {words[1]}",
            f"the {words[2]} and {words[3]}",
            f"{words[0]} {words[3]}",
        ]
        ids += [entry] * 4
    return texts, ids


class BagOfWords:
    """A rule instead of a network: one direction a word."""

    dim = 64

    def encode(self, texts: Sequence[str]) -> FloatArray:
        vectors = np.array([self._sum(text) for text in texts], np.float32).reshape(-1, self.dim)
        unit: FloatArray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def _sum(self, text: str) -> FloatArray:
        words = [np.random.default_rng(list(w.encode())).standard_normal(self.dim) for w in text.split()]
        return np.asarray(np.sum(words, axis=0), np.float32)


def svm(texts: list[str], entries: list[int]) -> Baseline:
    return SvmBaseline(texts, entries)


def stack(texts: list[str], entries: list[int]) -> Baseline:
    return StackBaseline(texts, BagOfWords().encode(texts), entries, BagOfWords())


def encoder(texts: list[str], entries: list[int]) -> Baseline:
    return EncoderBaseline(BagOfWords().encode(texts), entries, BagOfWords())


BASELINES: dict[str, Callable[[list[str], list[int]], Baseline]] = {
    "bm25": Bm25Baseline,
    "tfidf": TfidfBaseline,
    "svm": svm,
    "encoder": encoder,
    "stack": stack,
}


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("entries", [tuple(SUBJECTS), (70, 10)], ids=["four entries", "two entries"])
def test_right_entry_comes_first(name: str, entries: tuple[int, ...]) -> None:
    texts, ids = knowledge(entries)
    baseline = BASELINES[name](texts, ids)
    for entry in entries:
        words = SUBJECTS[entry].split()
        rankings = baseline.rank([f"the {words[1]} of {words[0]}", " ".join(words)])
        assert [r.entry_ids[0] for r in rankings] == [entry, entry]
        assert all(len(set(r.entry_ids)) == len(r.entry_ids) <= len(entries) for r in rankings)


@pytest.mark.parametrize("name", BASELINES)
def test_ranks_many_as_one_by_one(name: str) -> None:
    texts, ids = knowledge(tuple(SUBJECTS))
    baseline = BASELINES[name](texts, ids)
    asked = [f"{text} please" for text in texts] * 10  # more than one block of 128
    together = baseline.rank(asked)
    assert together[: len(texts)] == together[-len(texts) :]
    alone = [baseline.rank([text])[0] for text in asked[:4]]
    assert [r.entry_ids for r in together[:4]] == [r.entry_ids for r in alone]
    assert [r.score for r in together[:4]] == pytest.approx([r.score for r in alone], abs=1e-5)


@pytest.mark.parametrize("name", ["svm", "stack"])
def test_classifiers_rank_every_entry(name: str) -> None:
    texts, ids = knowledge(tuple(SUBJECTS))
    (ranking,) = BASELINES[name](texts, ids).rank(["zeppelin"])
    assert set(ranking.entry_ids) == set(SUBJECTS)


@pytest.mark.parametrize("name", ["svm", "stack"])
def test_classifiers_are_surer_of_what_they_know(name: str) -> None:
    texts, ids = knowledge(tuple(SUBJECTS))
    known, strange = BASELINES[name](texts, ids).rank(["water leak drain hose", "quokka zeppelin mast"])
    assert known.score > strange.score


def test_decisions_of_two_classes_are_two_columns() -> None:
    texts, ids = knowledge((70, 10))
    machine = SvmBaseline(texts, ids)
    decisions = machine.decisions(["tax invoice", "loud fan"])
    assert machine.classes.tolist() == [10, 70]
    assert decisions.shape == (2, 2)
    assert decisions[:, 0].tolist() == (-decisions[:, 1]).tolist()
    assert decisions[0, 1] > 0 > decisions[1, 1]


def test_decisions_of_many_classes_are_a_column_each() -> None:
    texts, ids = knowledge(tuple(SUBJECTS))
    machine = SvmBaseline(texts, ids)
    decisions = machine.decisions(["tax invoice", "water leak", "years of warranty"])
    assert decisions.shape == (3, 4)
    assert machine.classes[decisions.argmax(axis=1)].tolist() == [70, 30, 50]


def test_stack_adds_its_three_parts_by_hand() -> None:
    texts, ids = knowledge((70, 10))
    vectors = BagOfWords().encode(texts)
    stacked = StackBaseline(texts, vectors, ids, BagOfWords())
    (ranking,) = stacked.rank([texts[0]])
    # Its own phrasing is known: cosine 1; probability and softmax are at most 1 each, at least a half for the first.
    assert ranking.entry_ids == (70, 10)
    assert 2.0 < ranking.score < 3.0


def test_ranking_of_documents_that_score_nothing() -> None:
    entries = np.array([1, 2, 1], np.int64)
    assert ranking_of(np.zeros(3, np.float32), entries) == Ranking((), 0.0)
    assert ranking_of(np.array([0.1, 0.5, 0.7], np.float32), entries) == Ranking((1, 2), pytest.approx(0.7))
    assert ranking_of(np.array([0.0, 0.5, 0.0], np.float32), entries) == Ranking((2,), 0.5)


def test_rankings_end_at_their_depth() -> None:
    scores, entries = np.linspace(1, 0.1, 30), np.arange(30)
    assert ranking_of_classes(scores, entries) == Ranking(tuple(range(DEPTH)), 1.0)
    assert ranking_of(scores.astype(np.float32), entries).entry_ids == tuple(range(DEPTH))
    assert ranking_of_classes(np.array([0.5, 0.5, 0.7]), np.array([7, 8, 9])) == Ranking((9, 7, 8), 0.7)
