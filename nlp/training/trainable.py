"""The network under training: its variables, optimisers, and traced steps, under any tf.distribute strategy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nlp.pretrained import FloatArray
from nlp.training.objectives import Objective, Places
from nlp.training.packing import IntArray
from nlp.training.schedules import WarmupLinearDecay

EMBED_BATCH = 64
"""Sentences embedded together outside the steps."""


class NetworkUnderTraining(Protocol):
    """A sentence encoder whose layers can be moved.

    Attributes:
        dim: Of the vectors.
        specs: Of the tensors that `batch` makes.
        moved: The variables that are trained.
        state: Name → variable, of all that a step changes in it: what is moved, and what dropout draws from.
    """

    dim: int
    specs: tuple[tf.TensorSpec, ...]
    moved: list[keras.Variable]
    state: dict[str, keras.Variable]

    def batch(self, token_ids: Sequence[IntArray]) -> tuple[tf.Tensor, ...]:
        """Lay tokenised sentences out."""
        ...

    def embed(self, *batch: tf.Tensor, training: bool) -> tf.Tensor:
        """Return (sentences, dim) float32, L2-normalised."""
        ...

    def drained(self) -> dict[str, FloatArray]:
        """Return the trained tensors under the names of the weights that they came from."""
        ...


@dataclass(frozen=True)
class Optimisation:
    """How the layers move; see `TrainingSettings` for the fields."""

    num_steps: int
    learning_rate: float
    weight_decay: float
    warm_up: float
    clip_norm: float


class TrainableEncoder:
    """An encoder with what moves its weights. Build it inside `nlp.training.devices.computing_in`.

    Args:
        build_network: Makes the network, inside the strategy's scope.
        build_objective: Makes the objective, likewise.
        optimisation: How the layers move.
        strategy: Every batch is shared among its replicas.
    """

    def __init__(
        self,
        build_network: Callable[[], NetworkUnderTraining],
        build_objective: Callable[[], Objective],
        optimisation: Optimisation,
        strategy: tf.distribute.Strategy,
    ) -> None:
        self._strategy = strategy
        with strategy.scope():
            self.network = build_network()
            self.objective = build_objective()
            self._optimizers = _build_optimizers(self.network.moved, self.objective, optimisation, strategy)
        self._embed = tf.function(self._embed_batch, input_signature=self.network.specs)
        specs = (*self.network.specs, *self.objective.target_specs, tf.TensorSpec([None], tf.int32))
        # A signature can't say PerReplica: with several replicas TensorFlow finds the shapes itself.
        signature = [specs, tf.TensorSpec([], tf.int32)] if strategy.num_replicas_in_sync == 1 else None
        self._step = tf.function(self._step_of_all, input_signature=signature, reduce_retracing=True)

    def embed(self, token_ids: Sequence[IntArray]) -> FloatArray:
        """Embed tokenised sentences without dropout: (n, dim) float32, L2-normalised."""
        vectors = np.empty((len(token_ids), self.network.dim), np.float32)
        # Alike lengths together: full rows.
        order = np.argsort([len(ids) for ids in token_ids], kind="stable")
        for start in range(0, len(order), EMBED_BATCH):
            rows = order[start : start + EMBED_BATCH]
            vectors[rows] = self._embed(*self.network.batch([token_ids[r] for r in rows])).numpy()
        return vectors

    def _embed_batch(self, *batch: tf.Tensor) -> tf.Tensor:
        return self.network.embed(*batch, training=False)

    def step(self, token_ids: Sequence[IntArray], *targets: npt.NDArray[np.generic]) -> float:
        """Do one optimiser step on a batch, shared among the replicas.

        Args:
            targets: As the objective wants them; the first axis runs over the sentences.

        Returns:
            The mean loss over the batch.
        """
        shares = np.array_split(np.arange(len(token_ids), dtype=np.int32), self._strategy.num_replicas_in_sync)

        def share_of(context: tf.distribute.InputContext) -> tuple[tf.Tensor, ...]:
            rows = shares[context.replica_id_in_sync_group]
            batch = self.network.batch([token_ids[r] for r in rows])
            return (*batch, *(tf.constant(target[rows]) for target in targets), tf.constant(rows))

        values = self._strategy.experimental_distribute_values_from_function(share_of)
        return float(self._step(values, tf.constant(len(token_ids))))

    def _step_of_all(self, values: tuple[tf.Tensor, ...], batch_size: tf.Tensor) -> tf.Tensor:
        shares = self._strategy.run(self._step_of_replica, args=(values, batch_size))
        return self._strategy.reduce(tf.distribute.ReduceOp.SUM, shares, axis=None)

    def _step_of_replica(self, values: tuple[tf.Tensor, ...], batch_size: tf.Tensor) -> tf.Tensor:
        num_inputs, moved = len(self.network.specs), self.network.moved
        batch, targets, rows = values[:num_inputs], values[num_inputs:-1], values[-1]
        layers, others = self._optimizers
        scale = layers.scale_loss(tf.ones(()))  # 1 but in float16
        with tf.GradientTape() as tape:
            passes = [self.network.embed(*batch, training=True) for _ in range(self.objective.num_passes)]
            loss = tf.reduce_sum(self.objective(passes, targets, Places(rows, batch_size))) / tf.cast(
                batch_size, tf.float32
            )
            scaled = loss * scale
        variables = [*moved, *self.objective.variables]
        gradients = self._part_of_sum(tape.gradient(scaled, [v.value for v in variables]))
        layers.apply(gradients[: len(moved)], moved)
        if self.objective.variables:
            unscaled = [g / scale for g in gradients[len(moved) :]]
            others.apply(unscaled, self.objective.variables)
        return loss

    def _part_of_sum(self, gradients: list[tf.Tensor]) -> list[tf.Tensor]:
        """Sum gradients over replicas, so that all clip alike, and hand back an equal part of the sum to each."""
        context = tf.distribute.get_replica_context()
        if context.num_replicas_in_sync == 1:
            return gradients
        summed = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        return [g / float(context.num_replicas_in_sync) for g in summed]

    def variables(self) -> dict[str, keras.Variable]:
        """Name everything that a step changes, for checkpoints."""
        network = {f"network/{name}": v for name, v in self.network.state.items()}
        optimizers = {
            f"optimizer/{i}/{j}": v for i, each in enumerate(self._optimizers) for j, v in enumerate(each.variables)
        }
        return network | optimizers | {f"objective/{i}": v for i, v in enumerate(self.objective.variables)}


def _build_optimizers(
    layer_variables: list[keras.Variable],
    objective: Objective,
    optimisation: Optimisation,
    strategy: tf.distribute.Strategy,
) -> tuple[keras.optimizers.Optimizer, keras.optimizers.Optimizer]:
    """Build AdamW for the layers and Adam for the objective's own variables."""
    # Keras sums over replicas what `_part_of_sum` hands it; each clips its part.
    clip = optimisation.clip_norm / strategy.num_replicas_in_sync
    num_steps, warm_up = optimisation.num_steps, optimisation.warm_up
    layers: keras.optimizers.Optimizer = keras.optimizers.AdamW(
        WarmupLinearDecay(optimisation.learning_rate, num_steps, warm_up),
        weight_decay=optimisation.weight_decay,
        global_clipnorm=clip,
    )
    layers.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    if keras.mixed_precision.dtype_policy().compute_dtype == "float16":
        layers = keras.optimizers.LossScaleOptimizer(layers)
    layers.build(layer_variables)
    others = keras.optimizers.Adam(WarmupLinearDecay(objective.learning_rate, num_steps, warm_up), global_clipnorm=clip)
    others.build(objective.variables)
    return layers, others
