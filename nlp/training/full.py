"""Full training of the sentence encoder: from pretrained weights and labelled phrasings to better weights."""

import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from nlp.hashing import fingerprint
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.training.datasets import Example, LabelledTexts, TextTokenizer, label_texts, num_batches
from nlp.training.debugging import checking_numerics
from nlp.training.devices import Precision, choose_strategy, computing_in, training_devices
from nlp.training.objectives import build_objective
from nlp.training.packing import IntArray
from nlp.training.run import TrainingRun, TrainingSurroundings
from nlp.training.settings import TrainingReport, TrainingSettings
from nlp.training.trainable import Optimisation, TrainableEncoder
from nlp.training.tuned_weights import retuned
from nlp.vocabulary import Vocabulary


def train_encoder(
    weights: PretrainedWeights,
    table: FloatArray,
    vocabulary: Vocabulary,
    examples: Sequence[Example],
    settings: TrainingSettings,
    *,
    dev: Sequence[Example] = (),
    surroundings: TrainingSurroundings | None = None,
) -> tuple[PretrainedWeights, TrainingReport]:
    """Train all layers so that phrasings of one entry come together and entries apart.

    Word embeddings stay as they are, so that `prepare_model` exports the result like any other weights.
    The same arguments give the same weights on the same machine, resumed or not.

    Args:
        weights: What training starts from.
        table: (len(vocabulary), hidden_dim) float32, the trimmed word embeddings (`nlp.vocabulary.trim`).
        vocabulary: Trimmed to the domain.
        examples: Normalised phrasings with their entries; one of an entry is enough.
        settings: Hyper-parameters.
        dev: Held-out phrasings of the same entries, for early stopping; those of other entries are left out.
        surroundings: Callbacks, folders, devices.

    Returns:
        New weights, and what was done.

    Raises:
        TrainingImpossible: Fewer than two entries, or contradictory settings.
        TrainingDiverged: The loss or a weight became NaN or infinite.
        TrainingCancelled: The callback said so.
        CheckpointForeign: The checkpoint in the folder belongs to another training.
        CheckpointUnwritable: No space, no permission.
    """
    settings.check()
    labelled = label_texts(examples)
    around = surroundings or TrainingSurroundings()
    devices = training_devices()
    precision: Precision = devices.precision if settings.precision == "auto" else settings.precision
    strategy = around.strategy or choose_strategy(devices)
    keras.utils.set_random_seed(settings.seed)
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()
    started = time.monotonic()
    identity = fingerprint(
        [weights.sha256, weights.prefix, vocabulary.pieces, [asdict(e) for e in (*examples, *dev)], asdict(settings)]
    )
    with computing_in(precision):
        steps = min(settings.max_steps, settings.epochs * num_batches(labelled.labels, settings.plan))
        encoder = TrainableEncoder(
            weights,
            table,
            partial(build_objective, settings, len(labelled.names), weights.architecture.hidden_dim),
            Optimisation(
                steps,
                settings.learning_rate,
                settings.weight_decay,
                settings.warm_up,
                settings.clip_norm,
                settings.dropout,
            ),
            strategy,
        )
        tokenizer = TextTokenizer(vocabulary, weights.prefix, settings.max_tokens)
        run = TrainingRun(
            weights, encoder, tokenizer, labelled, _known(dev, labelled), settings, around, identity, steps
        )
        with checking_numerics() if around.check_numerics else nullcontext():
            layers = run.train()
    source = f"{weights.source}, trained on {len(labelled.texts)} phrasings of {len(labelled.names)} entries"
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
    return retuned(weights, layers, source=source), report


def _known(dev: Sequence[Example], labelled: LabelledTexts) -> tuple[list[str], IntArray]:
    numbers = {name: number for number, name in enumerate(labelled.names)}
    kept = [e for e in dev if e.label in numbers and e.text]
    return [e.text for e in kept], np.array([numbers[e.label] for e in kept], np.int32)
