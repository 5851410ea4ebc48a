"""Batches: every label is in the epoch, groups stay together, confusable labels meet, seeds repeat."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from nlp.exceptions import TrainingImpossible
from nlp.pretrained import PretrainedWeights
from nlp.saved_model import EncoderModule
from nlp.training.datasets import (
    BatchPlan,
    Example,
    TextTokenizer,
    label_texts,
    nearest_by_cosine,
    num_batches,
    plan_epoch,
)
from nlp.training.packing import IntArray
from nlp.vocabulary import trim
from tests.nlp.conftest import TINY_TERMS, TINY_TEXTS

pytestmark = pytest.mark.unit


def of_counts(*counts: int) -> IntArray:
    return np.repeat(np.arange(len(counts), dtype=np.int32), counts)


def epoch(labels: IntArray, plan: BatchPlan, seed: int = 0, **more: object) -> list[IntArray]:
    return plan_epoch(labels, plan, np.random.default_rng(seed), **more)  # type: ignore[arg-type]


def test_label_texts_counts_labels_and_drops_repetitions() -> None:
    examples = [Example("b", 9), Example("a", 4), Example("b", 9), Example("a", 9), Example("", 1)]
    labelled = label_texts(examples)
    assert (labelled.texts, labelled.labels.tolist(), labelled.names) == (("b", "a", "a"), [1, 0, 1], (4, 9))


@pytest.mark.parametrize("examples", [[], [Example("a", 1), Example("b", 1)], [Example("a", 1), Example("", 2)]])
def test_label_texts_refuses_fewer_than_two_entries(examples: list[Example]) -> None:
    with pytest.raises(TrainingImpossible, match="expected at least 2"):
        label_texts(examples)


@given(
    st.lists(st.integers(1, 40), min_size=2, max_size=30),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.booleans(),
    st.integers(0, 9),
)
def test_every_label_is_in_every_epoch(counts: list[int], balance: float, pair: bool, seed: int) -> None:
    labels = of_counts(*counts)
    plan = BatchPlan(batch_size=8, phrasings_per_label=4, balance=balance, pair_singles=pair)
    batches = epoch(labels, plan, seed)
    rows = np.concatenate(batches)
    assert len(batches) == num_batches(labels, plan)
    assert set(labels[rows].tolist()) == set(range(len(counts)))
    assert max(len(b) for b in batches) <= 8 + 4 + 4


def test_balance_one_takes_every_phrasing_once() -> None:
    labels = of_counts(1, 7, 30, 2)
    rows = np.concatenate(epoch(labels, BatchPlan(batch_size=8, balance=1.0)))
    assert sorted(rows.tolist()) == list(range(40))


def test_balance_nothing_takes_every_label_alike() -> None:
    labels = of_counts(4, 36)
    rows = np.concatenate(epoch(labels, BatchPlan(batch_size=8, balance=0.0)))
    assert np.bincount(labels[rows]).tolist() == [20, 20]


def test_phrasings_of_a_label_stand_together() -> None:
    labels = of_counts(*[8] * 50)
    for batch in epoch(labels, BatchPlan(batch_size=64, balance=1.0, confusable_share=0.0)):
        counts = np.bincount(labels[batch])
        assert set((counts[counts > 0] % 4).tolist()) == {0}


def test_single_phrasings_stand_in_pairs_when_asked() -> None:
    labels = of_counts(1, 1, 1, 1)
    (batch,) = epoch(labels, BatchPlan(batch_size=8, pair_singles=True))
    assert sorted(batch.tolist()) == [0, 0, 1, 1, 2, 2, 3, 3]


def test_confusable_labels_meet() -> None:
    labels = of_counts(*[4] * 64)
    partner = np.arange(64).reshape(-1, 2)[:, ::-1].reshape(-1, 1)  # 0 with 1, 2 with 3 …
    plan = BatchPlan(batch_size=16, balance=1.0, confusable_share=0.9)

    def num_met(neighbours: object) -> int:
        batches = epoch(labels, plan, neighbours=neighbours)
        return sum(int(partner[label, 0]) in labels[b] for b in batches for label in labels[b])

    assert num_met(partner) > 2 * num_met(None)


def test_missing_neighbours_are_no_trouble() -> None:
    labels = of_counts(3, 3, 3)
    neighbours = np.array([[-1, -1], [0, -1], [-1, 1]])
    rows = np.concatenate(epoch(labels, BatchPlan(8, 4, 1.0, 0.9), neighbours=neighbours))
    assert sorted(rows.tolist()) == list(range(9))


def test_equal_seeds_give_equal_epochs() -> None:
    labels = of_counts(5, 9, 1, 30)
    first, again, other = (epoch(labels, BatchPlan(batch_size=8), seed) for seed in (1, 1, 2))
    assert [b.tolist() for b in first] == [b.tolist() for b in again]
    assert [b.tolist() for b in first] != [b.tolist() for b in other]


def test_nearest_by_cosine_leaves_itself_out() -> None:
    angles = np.array([0.0, 0.1, 0.3, 2.0])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert nearest_by_cosine(vectors, num_neighbours=2).tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]
    assert nearest_by_cosine(vectors).shape == (4, 3)


def test_tokenizer_gives_the_ids_of_the_exported_graph(tiny_weights: PretrainedWeights) -> None:
    vocabulary, table = trim(tiny_weights, range(len(tiny_weights.pieces)), TINY_TERMS)
    texts = [*TINY_TEXTS, "x" * 4000]
    ids = TextTokenizer(vocabulary, tiny_weights.prefix, 128).tokenize(texts)
    module = EncoderModule(tiny_weights, vocabulary, table)
    assert [each.tolist() for each in ids] == module.tokenize(tf.constant(texts)).to_list()


def test_tokenizer_cuts_but_keeps_the_end_mark(tiny_weights: PretrainedWeights) -> None:
    vocabulary, _ = trim(tiny_weights, range(len(tiny_weights.pieces)), ())
    (ids,) = TextTokenizer(vocabulary, "", 5).tokenize(["abcdefghij"])
    assert (len(ids), int(ids[0]), int(ids[-1])) == (5, 0, 2)
