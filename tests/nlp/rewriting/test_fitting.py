"""Training of the rewriter: learns, stops, repeats itself, refuses."""

from collections import Counter

import numpy as np
import pytest

from nlp.exceptions import TrainingDiverged, TrainingImpossible
from nlp.pretrained import PretrainedWeights
from nlp.rewriter import Rewriter
from nlp.rewriting.fitting import _hold_out
from nlp.rewriting.settings import RewritingPair, TrainedRewriter
from tests.nlp.rewriter_samples import PAIRS, PHRASINGS, TEXTS, encode, train

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def trained(tiny_weights: PretrainedWeights) -> TrainedRewriter:
    return train(tiny_weights, held_out=0.0)


def _rewritten(trained: TrainedRewriter, texts: list[str]) -> list[int]:
    rewriter = Rewriter(trained.questions, trained.shape, trained.arrays)
    return [r.question for r in rewriter.rewrite(encode(texts), free=True)]


def test_phrasings_are_rewritten_as_their_questions(trained: TrainedRewriter) -> None:
    assert _rewritten(trained, TEXTS) == [pair.question for pair in PAIRS]


def test_losses_fall(trained: TrainedRewriter) -> None:
    assert len(trained.epochs) == 40
    assert trained.epochs[-1].loss < trained.epochs[0].loss / 2


def test_nothing_held_out_takes_the_last_epoch(trained: TrainedRewriter) -> None:
    assert trained.best_epoch == 39
    assert {np.isnan(e.held_out_loss) for e in trained.epochs} == {True}


def test_equal_seeds_give_equal_weights(tiny_weights: PretrainedWeights) -> None:
    first, second, other = (train(tiny_weights, epochs=3, seed=seed) for seed in (5, 5, 6))
    assert first.epochs == second.epochs
    assert all(np.array_equal(first.arrays[name], second.arrays[name]) for name in first.arrays)
    assert not np.array_equal(first.arrays["output"], other.arrays["output"])


def test_training_stops_when_held_out_pairs_get_no_better(tiny_weights: PretrainedWeights) -> None:
    trained = train(tiny_weights, held_out=0.25, patience=2, epochs=60, learning_rate=0.05)
    losses = [e.held_out_loss for e in trained.epochs]
    assert trained.best_epoch == int(np.argmin(losses))
    assert len(losses) == trained.best_epoch + 3 < 60


def test_the_weights_are_those_of_the_best_epoch(tiny_weights: PretrainedWeights) -> None:
    stopped = train(tiny_weights, held_out=0.25, patience=2, learning_rate=0.1)
    assert len(stopped.epochs) == stopped.best_epoch + 3
    targets = np.array([pair.question for pair in PAIRS])
    held = _hold_out(targets, 0.25, np.random.default_rng(0))
    texts = [text for text, is_held in zip(TEXTS, held, strict=True) if is_held]
    rewriter = Rewriter(stopped.questions, stopped.shape, stopped.arrays)
    scores = rewriter.score(encode(texts), targets[held, None].astype(np.int32))
    assert -scores.mean() == pytest.approx(stopped.epochs[stopped.best_epoch].held_out_loss, rel=1e-2)


def test_variants_are_learned(tiny_weights: PretrainedWeights) -> None:
    def in_greek(text: str, rng: np.random.Generator) -> str:
        greek = "φψ" if text in PHRASINGS[2] else "ωξ" if text in PHRASINGS[3] else text
        return greek if rng.random() < 0.9 else text

    trained = train(tiny_weights, vary=in_greek, held_out=0.0)
    assert _rewritten(trained, ["φψ", "ωξ", "外机不转", "e1"]) == [2, 3, 2, 3]


@pytest.mark.parametrize(
    ("questions", "share", "expected"),
    [
        ([0, 0, 1, 1], 0.5, {}),
        ([0, 0, 0, 1, 1], 0.5, {0: 1}),
        ([0] * 10, 0.5, {0: 1}),
        ([0] * 3 + [1] * 3 + [2] * 3, 0.9, {0: 1, 1: 1, 2: 1}),
        ([0, 0, 0], 0.0, {}),
    ],
)
def test_hold_out_leaves_two_of_a_question(questions: list[int], share: float, expected: dict[int, int]) -> None:
    held = _hold_out(np.array(questions), share, np.random.default_rng(0))
    assert Counter(np.array(questions)[held].tolist()) == expected


def test_hold_out_takes_no_more_than_its_share() -> None:
    held = _hold_out(np.repeat(np.arange(9), 3), 0.12, np.random.default_rng(0))
    assert held.sum() == 3


def test_one_pair_is_enough(tiny_weights: PretrainedWeights) -> None:
    trained = train(tiny_weights, pairs=PAIRS[:1], questions=["空调"])
    assert _rewritten(trained, ["空调不冷"]) == [0]


def test_no_pairs_are_refused(tiny_weights: PretrainedWeights) -> None:
    with pytest.raises(TrainingImpossible, match="0 pairs and 4 questions"):
        train(tiny_weights, pairs=[])


@pytest.mark.parametrize("number", [-1, 4])
def test_a_foreign_question_is_refused(tiny_weights: PretrainedWeights, number: int) -> None:
    with pytest.raises(TrainingImpossible, match=f"names question {number}, but there are 4"):
        train(tiny_weights, pairs=[RewritingPair("x", number)])


def test_nan_is_refused_in_words(tiny_weights: PretrainedWeights) -> None:
    with pytest.raises(TrainingDiverged, match="loss became nan at a learning rate of 1e"):
        train(tiny_weights, learning_rate=1e38, epochs=3)
