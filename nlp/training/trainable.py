"""The network under training: its variables, optimisers, and traced steps, under any tf.distribute strategy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nlp.network import build_network, embed_packed, encoder_layers, pour_weights
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.training.objectives import Objective, Places
from nlp.training.packing import IntArray, PackedBatch, pack
from nlp.training.schedules import WarmupLinearDecay

EMBED_BATCH = 64
"""Sentences embedded together outside the steps."""
PACKED_SPECS = (*(tf.TensorSpec([None, None], tf.int32),) * 3, tf.TensorSpec([], tf.int32))


@dataclass(frozen=True)
class Optimisation:
    """How the layers move; see `TrainingSettings` for the fields."""

    num_steps: int
    learning_rate: float
    weight_decay: float
    warm_up: float
    clip_norm: float
    dropout: float = 0.0


class TrainableEncoder:
    """An encoder with what moves its weights. Build it inside `nlp.training.devices.computing_in`.

    Args:
        weights: What the layers start from.
        table: (vocabulary_size, hidden_dim) float32, the trimmed word embeddings; frozen.
        build: Makes the objective, inside the strategy's scope.
        strategy: Every batch is shared among its replicas.
    """

    def __init__(
        self,
        weights: PretrainedWeights,
        table: FloatArray,
        build: Callable[[], Objective],
        optimisation: Optimisation,
        strategy: tf.distribute.Strategy,
    ) -> None:
        self._strategy, self._dim = strategy, weights.architecture.hidden_dim
        with strategy.scope():
            self.network = build_network(weights.architecture, len(table), dropout=optimisation.dropout)
            pour_weights(self.network, weights, table)
            self._layer_variables = [v for layer in encoder_layers(self.network) for v in layer.trainable_variables]
            self.objective = build()
            self._optimizers = _build_optimizers(self._layer_variables, self.objective, optimisation, strategy)
        self._embed = tf.function(self._embed_packed, input_signature=PACKED_SPECS)
        specs = (*PACKED_SPECS, *self.objective.target_specs, tf.TensorSpec([None], tf.int32))
        # A signature can't say PerReplica: with several replicas TensorFlow finds the shapes itself.
        signature = [specs, tf.TensorSpec([], tf.int32)] if strategy.num_replicas_in_sync == 1 else None
        self._step = tf.function(self._step_of_all, input_signature=signature, reduce_retracing=True)

    def embed(self, token_ids: Sequence[IntArray]) -> FloatArray:
        """Embed tokenised sentences without dropout: (n, dim) float32, L2-normalised."""
        vectors = np.empty((len(token_ids), self._dim), np.float32)
        # Alike lengths together: full rows.
        order = np.argsort([len(ids) for ids in token_ids], kind="stable")
        for start in range(0, len(order), EMBED_BATCH):
            rows = order[start : start + EMBED_BATCH]
            vectors[rows] = self._embed(*_tensors(pack([token_ids[r] for r in rows]))).numpy()
        return vectors

    def _embed_packed(self, *packed: tf.Tensor) -> tf.Tensor:
        return embed_packed(self.network, *packed, training=False)

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
            packed = _tensors(pack([token_ids[r] for r in rows]))
            return (*packed, *(tf.constant(target[rows]) for target in targets), tf.constant(rows))

        values = self._strategy.experimental_distribute_values_from_function(share_of)
        return float(self._step(values, tf.constant(len(token_ids))))

    def _step_of_all(self, values: tuple[tf.Tensor, ...], batch_size: tf.Tensor) -> tf.Tensor:
        shares = self._strategy.run(self._step_of_replica, args=(values, batch_size))
        return self._strategy.reduce(tf.distribute.ReduceOp.SUM, shares, axis=None)

    def _step_of_replica(self, values: tuple[tf.Tensor, ...], batch_size: tf.Tensor) -> tf.Tensor:
        packed, targets, rows = values[:4], values[4:-1], values[-1]
        layers, others = self._optimizers
        scale = layers.scale_loss(tf.ones(()))  # 1 but in float16
        with tf.GradientTape() as tape:
            passes = [embed_packed(self.network, *packed, training=True) for _ in range(self.objective.num_passes)]
            loss = tf.reduce_sum(self.objective(passes, targets, Places(rows, batch_size))) / tf.cast(
                batch_size, tf.float32
            )
            scaled = loss * scale
        variables = [*self._layer_variables, *self.objective.variables]
        gradients = self._part_of_sum(tape.gradient(scaled, [v.value for v in variables]))
        num_layers = len(self._layer_variables)
        layers.apply(gradients[:num_layers], self._layer_variables)
        if self.objective.variables:
            unscaled = [g / scale for g in gradients[num_layers:]]
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
        frozen = {v.path for name in ("embeddings", "embeddings_norm") for v in self.network.get_layer(name).variables}
        network = {f"network/{i}": v for i, v in enumerate(self.network.variables) if v.path not in frozen}
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


def _tensors(batch: PackedBatch) -> tuple[tf.Tensor, ...]:
    arrays = (batch.token_ids, batch.positions, batch.sentences)
    return (*(tf.constant(a) for a in arrays), tf.constant(batch.num_sentences))
