"""Smaller students: layers cut out of an encoder, then taught by a committee of teachers."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nlp.exceptions import TrainingCancelled, TrainingDiverged, TrainingImpossible
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.training.datasets import TextTokenizer
from nlp.training.devices import Precision, choose_strategy, computing_in, training_devices
from nlp.training.losses import centred, relational_loss
from nlp.training.objectives import Places
from nlp.training.progress import Progress, StepDone
from nlp.training.trainable import Optimisation, TrainableEncoder
from nlp.training.transformer import TransformerUnderTraining
from nlp.training.tuned_weights import retuned
from nlp.vocabulary import Vocabulary


@dataclass(frozen=True)
class DistillationSettings:
    """How a student is taught.

    Attributes:
        batch_size: Texts whose similarities to each other are compared.
        epochs: Passes over the texts, at most.
        max_steps: Bound on the steps of all epochs.
        learning_rate: AdamW's peak.
        weight_decay: AdamW's, on kernels only.
        warm_up: Share of the steps, 0 to 1.
        clip_norm: Largest global norm of a gradient.
        temperature: Divides centred cosines, > 0.
        likeness: Weight of the cosine to the first teacher's vector, next to the relational loss.
        max_tokens: Longer texts are cut.
        precision: `auto` takes what the device is fastest in.
        seed: Of the batches.
    """

    batch_size: int = 128
    epochs: int = 10
    max_steps: int = 1000
    learning_rate: float = 3e-4
    weight_decay: float = 0.01
    warm_up: float = 0.1
    clip_norm: float = 1.0
    temperature: float = 0.05
    likeness: float = 1.0
    max_tokens: int = 64
    precision: Precision | None = None
    seed: int = 0


@dataclass(frozen=True)
class DistillationReport:
    """What a distillation did.

    Attributes:
        losses: Mean loss of each epoch.
        num_steps: Optimiser steps done.
        num_teachers: Size of the committee.
        seconds: Wall-clock time.
        precision: What was computed in.
    """

    losses: tuple[float, ...]
    num_steps: int
    num_teachers: int
    seconds: float
    precision: str


def cut(weights: PretrainedWeights, layers: Sequence[int]) -> PretrainedWeights:
    """Keep some transformer layers of an encoder, in the order given.

    Raises:
        TrainingImpossible: There is no such layer, or none was named.
    """
    num_layers = weights.architecture.num_layers
    if not layers or not all(0 <= layer < num_layers for layer in layers):
        raise TrainingImpossible(f"Given were the layers {tuple(layers)}, expected some of 0 to {num_layers - 1}.")
    kept: dict[str, FloatArray] = {}
    for new, old in enumerate(layers):
        prefix = f"encoder.layer.{old}."
        kept |= {
            f"encoder.layer.{new}.{name.removeprefix(prefix)}": array
            for name, array in weights.tensors.items()
            if name.startswith(prefix)
        }
    source = f"{weights.source}, layers {' '.join(map(str, layers))}"
    return retuned(weights, kept, source=source, num_layers=len(layers))


class RelationalObjective:
    """The student's similarities within a batch follow the committee's, its vectors the first teacher's.

    Targets: the committee's mean centred cosines (sentences, batch), and the first teacher's
    vectors (sentences, dim), L2-normalised.
    """

    target_specs = (tf.TensorSpec([None, None], tf.float32), tf.TensorSpec([None, None], tf.float32))
    learning_rate = 0.0
    num_passes = 1

    def __init__(self, settings: DistillationSettings) -> None:
        self.variables: list[keras.Variable] = []
        self._settings = settings

    def __call__(self, passes: list[tf.Tensor], targets: tuple[tf.Tensor, ...], places: Places) -> tf.Tensor:
        """Return the relational loss of each sentence, plus its weighted distance to the first teacher."""
        (embeddings,), (similarities, first) = passes, targets
        everyone = places.gather(embeddings)
        relational = relational_loss(
            embeddings, everyone, similarities, places.rows, temperature=self._settings.temperature
        )
        return relational + self._settings.likeness * (1.0 - tf.reduce_sum(embeddings * first, axis=1))


def distil(
    student: PretrainedWeights,
    table: FloatArray,
    vocabulary: Vocabulary,
    texts: Sequence[str],
    teacher_vectors: Sequence[FloatArray],
    settings: DistillationSettings,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    strategy: tf.distribute.Strategy | None = None,
) -> tuple[PretrainedWeights, DistillationReport]:
    """Teach a student the similarities that a committee of teachers sees between texts.

    The relational target needs no common space: teachers may have any dimension. It distilled
    better than the first teacher's vectors alone (measured).

    Args:
        student: From `cut`.
        table: (len(vocabulary), hidden_dim) float32, the trimmed word embeddings; frozen.
        texts: Normalised; unlabelled text of the domain helps.
        teacher_vectors: One (len(texts), dim) float32 array a teacher, L2-normalised; the first is of
            the encoder that the student was cut from, and of its dimension.
        settings: Hyper-parameters.
        progress: Called after each step.
        cancelled: Asked before each step.
        strategy: Overrides `choose_strategy`.

    Raises:
        TrainingImpossible: Vectors that do not fit the texts, or fewer than two texts.
        TrainingDiverged: The loss became NaN or infinite.
        TrainingCancelled: The callback said so.

    References:
        Park et al. 2019, Relational Knowledge Distillation (arXiv:1904.05068).
    """
    _check(student, texts, teacher_vectors)
    started = time.monotonic()
    precision = settings.precision or training_devices().precision
    per_epoch = max(1, round(len(texts) / settings.batch_size))
    num_steps = min(settings.max_steps, settings.epochs * per_epoch)
    keras.utils.set_random_seed(settings.seed)
    losses: list[float] = []
    with computing_in(precision):
        encoder = TrainableEncoder(
            lambda: TransformerUnderTraining(student, table),
            lambda: RelationalObjective(settings),
            Optimisation(
                num_steps, settings.learning_rate, settings.weight_decay, settings.warm_up, settings.clip_norm
            ),
            strategy or choose_strategy(training_devices()),
        )
        tokens = TextTokenizer(vocabulary, student.prefix, settings.max_tokens).tokenize(texts)
        for step, rows in enumerate(_batches(len(texts), num_steps, per_epoch, settings.seed)):
            if cancelled and cancelled():
                raise TrainingCancelled(f"Distillation was stopped after {step} of {num_steps} steps.")
            similarities = np.mean([centred(vectors[rows]) for vectors in teacher_vectors], axis=0)
            loss = encoder.step([tokens[r] for r in rows], similarities, teacher_vectors[0][rows])
            if not math.isfinite(loss):
                raise TrainingDiverged(
                    f"Distillation diverged at step {step + 1} of {num_steps}: the loss is {loss}. Nothing was kept. "
                    f"Lower the learning rate (now {settings.learning_rate})."
                )
            losses.append(loss)
            if progress:
                done_s = time.monotonic() - started
                progress(StepDone(step + 1, num_steps, loss, done_s / (step + 1) * (num_steps - step - 1)))
        layers = encoder.network.drained()
    means = [float(np.mean(losses[at : at + per_epoch])) for at in range(0, len(losses), per_epoch)]
    num_teachers = len(teacher_vectors)
    source = f"{student.source}, distilled from {num_teachers} teachers on {len(texts)} texts"
    report = DistillationReport(tuple(means), num_steps, num_teachers, time.monotonic() - started, precision)
    return retuned(student, layers, source=source), report


def _check(student: PretrainedWeights, texts: Sequence[str], teacher_vectors: Sequence[FloatArray]) -> None:
    if len(texts) < 2 or not teacher_vectors:
        raise TrainingImpossible(
            f"Given were {len(texts)} texts and {len(teacher_vectors)} teachers, expected at least 2 and 1."
        )
    wanted = student.architecture.hidden_dim
    shapes = [vectors.shape for vectors in teacher_vectors]
    if any(shape[0] != len(texts) for shape in shapes) or shapes[0][1] != wanted:
        raise TrainingImpossible(
            f"Teachers gave vectors of the shapes {shapes}, expected {len(texts)} rows each, the first {wanted} wide."
        )


def _batches(num_texts: int, num_steps: int, per_epoch: int, seed: int) -> list[npt.NDArray[np.int64]]:
    batches: list[npt.NDArray[np.int64]] = []
    for epoch in range(-(-num_steps // per_epoch)):
        batches += np.array_split(np.random.default_rng([seed, epoch]).permutation(num_texts), per_epoch)
    return batches[:num_steps]
