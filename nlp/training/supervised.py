"""What every training on labelled phrasings has in common, whatever the network: devices, seed, schedule, report."""

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from nlp.pretrained import FloatArray
from nlp.training.datasets import Example, LabelledTexts, Tokenizer, num_batches
from nlp.training.debugging import checking_numerics
from nlp.training.devices import Precision, choose_strategy, computing_in, training_devices
from nlp.training.objectives import build_objective
from nlp.training.packing import IntArray
from nlp.training.run import TrainingRun, TrainingSurroundings
from nlp.training.settings import TrainingReport, TrainingSettings
from nlp.training.trainable import NetworkUnderTraining, Optimisation, TrainableEncoder


def train_supervised(
    build_network: Callable[[], NetworkUnderTraining],
    dim: int,
    tokenizer: Tokenizer,
    labelled: LabelledTexts,
    dev: Sequence[Example],
    settings: TrainingSettings,
    around: TrainingSurroundings,
    *,
    identity: str,
) -> tuple[dict[str, FloatArray], TrainingReport]:
    """Bring phrasings of one entry together and entries apart.

    The finished training stays in the checkpoint folder until whoever gave it has no more use for it: a training that
    is begun again because its result could not be written does no step.

    Args:
        build_network: Makes the network, inside the strategy's scope.
        dim: Of its vectors.
        tokenizer: The network's.
        labelled: Phrasings and their entries.
        dev: Held-out phrasings, for early stopping; those of other entries are left out.
        settings: Hyper-parameters, checked.
        around: Callbacks, folders, devices.
        identity: Fingerprint of all that decides the result.

    Returns:
        The trained tensors by name, and what was done.

    Raises:
        TrainingDiverged, TrainingCancelled, CheckpointForeign, CheckpointUnwritable: In words.
    """
    devices = training_devices()
    precision: Precision = devices.precision if settings.precision == "auto" else settings.precision
    strategy = around.strategy or choose_strategy(devices)
    keras.utils.set_random_seed(settings.seed)
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()
    started = time.monotonic()
    steps = planned_steps(labelled, settings)
    with computing_in(precision):
        encoder = TrainableEncoder(
            build_network,
            partial(build_objective, settings, len(labelled.names), dim),
            Optimisation(steps, settings.learning_rate, settings.weight_decay, settings.warm_up, settings.clip_norm),
            strategy,
        )
        run = TrainingRun(encoder, tokenizer, labelled, _known(dev, labelled), settings, around, identity, steps)
        with checking_numerics() if around.check_numerics else nullcontext():
            tensors = run.train()
        run.save()
    progress = run.progress
    report = TrainingReport(
        losses=progress.losses,
        dev_accuracies=progress.dev_accuracies,
        best_epoch=progress.best_epoch,
        num_steps=progress.step,
        seconds=time.monotonic() - started,
        strategy=type(strategy).__name__,
        num_replicas=strategy.num_replicas_in_sync,
        precision=precision,
        stopped_early=progress.step < steps,
    )
    return tensors, report


def planned_steps(labelled: LabelledTexts, settings: TrainingSettings) -> int:
    """Return how many steps a training has, unless it stops early."""
    return min(settings.max_steps, settings.epochs * num_batches(labelled.labels, settings.plan))


def _known(dev: Sequence[Example], labelled: LabelledTexts) -> tuple[list[str], IntArray]:
    numbers = {name: number for number, name in enumerate(labelled.names)}
    kept = [e for e in dev if e.label in numbers and e.text]
    return [e.text for e in kept], np.array([numbers[e.label] for e in kept], np.int32)
