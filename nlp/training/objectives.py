"""What a step minimises: the losses of `nlp.training.losses`, their variables, and how they see the whole batch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import keras
import numpy as np
import tensorflow as tf

from nlp.training import losses
from nlp.training.settings import TrainingSettings

_LABELS = (tf.TensorSpec([None], tf.int32),)


@dataclass(frozen=True)
class Places:
    """Where a replica's sentences stand in the whole batch.

    Attributes:
        rows: (sentences,) int32.
        batch_size: () int32, sentences of all replicas.
    """

    rows: tf.Tensor
    batch_size: tf.Tensor

    def gather(self, tensor: tf.Tensor) -> tf.Tensor:
        """Join a tensor's shares from all replicas along the first axis; gradients flow back to each.

        Each replica fills in its rows and the sum is taken: `all_gather` finds no device for its
        result in a MultiWorkerMirroredStrategy with one device a worker (TensorFlow 2.21).

        Args:
            tensor: (sentences, …) float32.
        """
        context = tf.distribute.get_replica_context()
        if context.num_replicas_in_sync == 1:
            return tensor
        shape = tf.concat([self.batch_size[None], tf.shape(tensor)[1:]], axis=0)
        placed = tf.ensure_shape(tf.scatter_nd(self.rows[:, None], tensor, shape), [None, *tensor.shape[1:]])
        return context.all_reduce(tf.distribute.ReduceOp.SUM, placed)

    def gather_labels(self, labels: tf.Tensor) -> tf.Tensor:
        """Join (sentences,) int32 from all replicas; numbers up to 2 ** 24 are exact in float32."""
        return tf.cast(self.gather(tf.cast(labels, tf.float32)), tf.int32)


class Objective(Protocol):
    """A loss of a batch that may be shared among replicas.

    Attributes:
        target_specs: Of the targets, whose first axis runs over the sentences of the batch.
        variables: What is learned besides the layers.
        learning_rate: Adam's peak for `variables`.
        num_passes: How often each batch goes through the network.
    """

    target_specs: tuple[tf.TensorSpec, ...]
    variables: list[keras.Variable]
    learning_rate: float
    num_passes: int

    def __call__(self, passes: list[tf.Tensor], targets: tuple[tf.Tensor, ...], places: Places) -> tf.Tensor:
        """Return the loss of each sentence of a replica.

        Args:
            passes: `num_passes` times (sentences, dim) float32, L2-normalised.
            targets: As `target_specs`, the replica's share.
            places: Where the sentences stand in the whole batch.

        Returns:
            (sentences,) float32.
        """
        ...


class ProxyObjective:
    """One learned vector a label; with two passes, R-Drop between their softmaxes."""

    target_specs = _LABELS

    def __init__(self, num_labels: int, dim: int, settings: TrainingSettings) -> None:
        self.proxies = keras.Variable(np.zeros((num_labels, dim), np.float32), name="proxies")
        self.variables = [self.proxies]
        self.learning_rate = settings.proxy_learning_rate
        self.num_passes = 2 if settings.r_drop else 1
        self._settings = settings

    def __call__(self, passes: list[tf.Tensor], targets: tuple[tf.Tensor, ...], places: Places) -> tf.Tensor:
        """Return the mean cross-entropy of the passes, plus their divergence."""
        (labels,) = targets
        settings = self._settings
        logits = [
            losses.proxy_logits(
                embeddings, self.proxies.value, labels, temperature=settings.temperature, margin=settings.margin
            )
            for embeddings in passes
        ]
        loss = tf.add_n([losses.proxy_loss(each, labels) for each in logits]) / len(logits)
        return loss + settings.r_drop * losses.symmetric_divergence(*logits) if len(logits) == 2 else loss


class BatchObjective:
    """Phrasings of a batch against each other; negatives come from all replicas.

    Args:
        loss: `nca_loss`, `contrastive_loss` or `multiple_negatives_loss`.
    """

    target_specs = _LABELS
    num_passes = 1
    learning_rate = 0.0

    def __init__(self, loss: Callable[..., tf.Tensor], temperature: float) -> None:
        self.variables: list[keras.Variable] = []
        self._loss, self._temperature = loss, temperature

    def __call__(self, passes: list[tf.Tensor], targets: tuple[tf.Tensor, ...], places: Places) -> tf.Tensor:
        """Return each phrasing's loss against all of the batch."""
        (embeddings,), (labels,) = passes, targets
        everyone, all_labels = places.gather(embeddings), places.gather_labels(labels)
        return self._loss(embeddings, labels, everyone, all_labels, places.rows, temperature=self._temperature)


_BATCH_LOSSES = {
    "nca": losses.nca_loss,
    "contrastive": losses.contrastive_loss,
    "multiple_negatives": losses.multiple_negatives_loss,
}


def build_objective(settings: TrainingSettings, num_labels: int, dim: int) -> Objective:
    """Build the objective that the settings name; inside a strategy's scope."""
    if settings.objective == "proxy":
        return ProxyObjective(num_labels, dim, settings)
    return BatchObjective(_BATCH_LOSSES[settings.objective], settings.temperature)
