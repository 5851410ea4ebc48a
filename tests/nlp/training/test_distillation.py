"""Students: cut layers, and a committee's similarities learned."""

from dataclasses import replace

import numpy as np
import pytest

from nlp.exceptions import TrainingCancelled, TrainingDiverged, TrainingImpossible
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.training.datasets import TextTokenizer
from nlp.training.distillation import DistillationSettings, RelationalObjective, cut, distil
from nlp.training.losses import centred
from nlp.training.progress import StepDone
from nlp.training.trainable import Optimisation, TrainableEncoder
from nlp.training.transformer import TransformerUnderTraining
from tests.nlp.small_training import largest_difference, tiny_start, trimmed

pytestmark = pytest.mark.unit

TEXTS = [a + b for a in ("空调", "外机", "no ", "e1") for b in ("不制冷", "不转", "漏水", "怎么办", "cold", "air")]
SETTINGS = DistillationSettings(batch_size=12, epochs=15, learning_rate=1e-2, precision="float32", max_tokens=32)


def random_vectors(dim: int, seed: int = 0) -> FloatArray:
    x = np.random.default_rng(seed).normal(size=(len(TEXTS), dim))
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True), np.float32)


def encoded(weights: PretrainedWeights) -> FloatArray:
    import tensorflow as tf

    table, vocabulary = trimmed(weights)
    optimisation = Optimisation(1, 0.1, 0.0, 0.0, 1.0)
    encoder = TrainableEncoder(
        lambda: TransformerUnderTraining(weights, table),
        lambda: RelationalObjective(SETTINGS),
        optimisation,
        tf.distribute.get_strategy(),
    )
    return encoder.embed(TextTokenizer(vocabulary, weights.prefix, 32).tokenize(TEXTS))


def test_cut_keeps_layers_in_order(tiny_weights: PretrainedWeights) -> None:
    student = cut(tiny_weights, (1, 0))
    assert student.architecture == tiny_weights.architecture
    for new, old in ((0, 1), (1, 0)):
        name = "encoder.layer.{}.attention.self.query.weight"
        assert np.array_equal(student.tensors[name.format(new)], tiny_weights.tensors[name.format(old)])
    smaller = cut(tiny_weights, (1,))
    assert smaller.architecture.num_layers == 1
    assert "encoder.layer.1.output.dense.weight" not in smaller.tensors
    assert len({tiny_weights.sha256, student.sha256, smaller.sha256}) == 3


@pytest.mark.parametrize("layers", [(), (2,), (-1,)])
def test_cut_refuses_layers_that_are_not_there(tiny_weights: PretrainedWeights, layers: tuple[int, ...]) -> None:
    with pytest.raises(TrainingImpossible, match="expected some of 0 to 1"):
        cut(tiny_weights, layers)


def test_a_student_comes_nearer_to_its_committee() -> None:
    student = tiny_start()
    teachers = [random_vectors(8), random_vectors(5, seed=1)]
    wanted = np.mean([centred(vectors) for vectors in teachers], axis=0)
    taught, report = distil(student, *trimmed(student), TEXTS, teachers, SETTINGS)
    before, after = (np.abs(centred(encoded(w)) - wanted).mean() for w in (student, taught))
    assert after < 0.8 * before
    assert (report.num_steps, len(report.losses), report.num_teachers) == (30, 15, 2)
    assert report.losses[-1] < report.losses[0]
    assert "distilled from 2 teachers on 24 texts" in taught.source


def test_equal_seeds_give_equal_students() -> None:
    student, settings = tiny_start(), replace(SETTINGS, max_steps=4)
    first, again = (distil(student, *trimmed(student), TEXTS, [random_vectors(8)], settings)[0] for _ in range(2))
    assert largest_difference(first, again) <= 1e-5


@pytest.mark.parametrize(
    ("texts", "teachers"),
    [
        (TEXTS[:1], [random_vectors(8)[:1]]),
        (TEXTS, []),
        (TEXTS, [random_vectors(7)]),
        (TEXTS, [random_vectors(8), random_vectors(5)[:-1]]),
    ],
)
def test_vectors_that_do_not_fit_are_refused(texts: list[str], teachers: list[FloatArray]) -> None:
    student = tiny_start()
    with pytest.raises(TrainingImpossible, match="expected"):
        distil(student, *trimmed(student), texts, teachers, SETTINGS)


def test_distillation_can_be_cancelled() -> None:
    student, steps = tiny_start(), list[StepDone]()
    with pytest.raises(TrainingCancelled, match="after 2 of 30 steps"):
        distil(
            student,
            *trimmed(student),
            TEXTS,
            [random_vectors(8)],
            SETTINGS,
            progress=steps.append,
            cancelled=lambda: len(steps) == 2,
        )


def test_divergence_is_refused_in_words() -> None:
    student = tiny_start()
    with pytest.raises(TrainingDiverged, match="Lower the learning rate"):
        distil(student, *trimmed(student), TEXTS, [random_vectors(8)], replace(SETTINGS, learning_rate=1e30))
