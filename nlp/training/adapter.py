"""The fast speed of learning: a linear map on frozen vectors, refitted at every change of a knowledge base."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from nlp.exceptions import TrainingDiverged, TrainingImpossible
from nlp.pretrained import FloatArray
from nlp.training.datasets import BatchPlan, plan_epoch
from nlp.training.losses import contrastive_loss, nca_loss
from nlp.training.packing import IntArray
from nlp.training.schedules import WarmupLinearDecay

FEW_PHRASINGS = 2
"""Up to this median of phrasings an entry, NCA was better than the supervised contrastive loss (measured)."""


@dataclass(frozen=True)
class AdapterSettings:
    """How an adapter is fitted; the defaults are the recipe measured best.

    Attributes:
        num_steps: Adam steps.
        learning_rate: Adam's peak.
        warm_up: Share of the steps, 0 to 1.
        temperature: Of the supervised contrastive loss, > 0.
        few_temperature: Of NCA, where entries have few phrasings, > 0.
        dropout: Of the input vectors' coordinates, 0 to 1.
        penalty: Weight of the squared distance to the identity.
        batch_size: Phrasings a step; 512 did as well as all (measured).
        seed: Of batches and dropout.
    """

    num_steps: int = 100
    learning_rate: float = 1e-3
    warm_up: float = 0.1
    temperature: float = 0.1
    few_temperature: float = 0.05
    dropout: float = 0.1
    penalty: float = 0.01
    batch_size: int = 512
    seed: int = 0


def fit_adapter(vectors: FloatArray, labels: IntArray, settings: AdapterSettings | None = None) -> FloatArray:
    """Fit a linear map that brings phrasings of one entry together, from the identity.

    Args:
        vectors: (n, dim) float32, L2-normalised, of the frozen encoder.
        labels: (n,) integers, the phrasings' entries.
        settings: Hyper-parameters.

    Returns:
        (dim, dim) float32, for `adapt`; the identity when no entry has a second phrasing or there is one entry.

    Raises:
        TrainingImpossible: Vectors and labels differ in number, or a vector is not finite.
        TrainingDiverged: The map became NaN or infinite.
    """
    settings = settings or AdapterSettings()
    if len(vectors) != len(labels) or not np.isfinite(vectors).all():
        raise TrainingImpossible(
            f"Given were {len(vectors)} vectors and {len(labels)} labels, expected as many, and finite vectors."
        )
    _, counted, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if len(sizes) < 2 or sizes.max() < 2:
        return np.eye(vectors.shape[1], dtype=np.float32)
    adapter = _descend(
        vectors, counted.astype(np.int32), is_few=bool(np.median(sizes) <= FEW_PHRASINGS), settings=settings
    )
    if not np.isfinite(adapter).all():
        raise TrainingDiverged(
            f"The adapter diverged: it holds numbers that are not finite. Lower its learning rate "
            f"(now {settings.learning_rate}). The last adapter stays."
        )
    return adapter


def adapt(vectors: FloatArray, adapter: FloatArray) -> FloatArray:
    """Map vectors and normalise them again: (n, dim) float32."""
    mapped = vectors @ adapter
    return np.asarray(mapped / np.maximum(np.linalg.norm(mapped, axis=1, keepdims=True), 1e-12), np.float32)


def _descend(vectors: FloatArray, labels: IntArray, *, is_few: bool, settings: AdapterSettings) -> FloatArray:
    identity = tf.eye(vectors.shape[1])
    matrix = keras.Variable(identity, name="adapter")
    optimizer = keras.optimizers.Adam(WarmupLinearDecay(settings.learning_rate, settings.num_steps, settings.warm_up))
    optimizer.build([matrix])
    loss = nca_loss if is_few else contrastive_loss
    temperature = settings.few_temperature if is_few else settings.temperature

    @tf.function(  # type: ignore[untyped-decorator]  # TensorFlow ships no types
        input_signature=[
            tf.TensorSpec([None, vectors.shape[1]], tf.float32),
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([2], tf.int32),
        ]
    )
    def step(batch: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            dropped = tf.nn.experimental.stateless_dropout(batch, settings.dropout, seed)
            mapped = tf.math.l2_normalize(dropped @ matrix.value, axis=1)
            own = tf.range(tf.shape(labels)[0])
            value = tf.reduce_mean(loss(mapped, labels, mapped, labels, own, temperature=temperature))
            value += settings.penalty * tf.reduce_sum(tf.square(matrix.value - identity))
        optimizer.apply([tape.gradient(value, matrix.value)], [matrix])

    for number, rows in enumerate(_batches(labels, settings)):
        step(tf.constant(vectors[rows]), tf.constant(labels[rows]), tf.constant([settings.seed, number]))
    return np.asarray(matrix)


def _batches(labels: IntArray, settings: AdapterSettings) -> list[IntArray]:
    # Groups of up to eight phrasings, so that every anchor has company.
    plan = BatchPlan(settings.batch_size, phrasings_per_label=8, balance=1.0, confusable_share=0.0)
    batches: list[IntArray] = []
    epoch = 0
    while len(batches) < settings.num_steps:
        batches += plan_epoch(labels, plan, np.random.default_rng([settings.seed, epoch]))
        epoch += 1
    return batches[: settings.num_steps]
