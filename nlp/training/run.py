"""The loop of a full training: epochs, checkpoints, dev figures, from its start or its checkpoint to its last step."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from nlp.exceptions import TrainingCancelled, TrainingDiverged
from nlp.pretrained import FloatArray
from nlp.training.augmentation import vary
from nlp.training.checkpoints import Checkpoint, TrainingProgress, read_checkpoint, write_checkpoint
from nlp.training.datasets import Augment, LabelledTexts, Nearest, Tokenizer, nearest_by_cosine, plan_epoch
from nlp.training.monitoring import ScalarLog
from nlp.training.packing import IntArray
from nlp.training.progress import Progress, StepDone
from nlp.training.settings import TrainingSettings
from nlp.training.trainable import TrainableEncoder

PROTOTYPE_PHRASINGS = 16
"""A label's prototype is the mean of at most so many of its phrasings."""
_EPOCH, _BATCH = 1, 2
"""Streams of random numbers that are drawn from the seed: batches of an epoch, variants of a step."""


@dataclass(frozen=True)
class TrainingSurroundings:
    """What a training is given from outside; none of it is a hyper-parameter.

    Attributes:
        augment: Text → a variant that means the same.
        nearest: Finds confusable labels among the labels' prototypes, before each epoch.
        progress: Called after each step.
        cancelled: Asked before each step; True stops with a checkpoint.
        checkpoint_folder: Where the training is saved and resumed from.
        log_folder: Where TensorBoard's scalars go.
        check_numerics: Whether every operation is checked for NaN and infinity, to find where they come from. Slow.
        strategy: Overrides `choose_strategy`, for several processes or for tests.
    """

    augment: Augment | None = None
    nearest: Nearest = nearest_by_cosine
    progress: Progress | None = None
    cancelled: Callable[[], bool] | None = None
    checkpoint_folder: Path | None = None
    log_folder: Path | None = None
    check_numerics: bool = False
    strategy: tf.distribute.Strategy | None = None


class TrainingRun:
    """One training, from its start or its checkpoint to its last step."""

    def __init__(
        self,
        encoder: TrainableEncoder,
        tokenizer: Tokenizer,
        labelled: LabelledTexts,
        dev: tuple[list[str], IntArray],
        settings: TrainingSettings,
        around: TrainingSurroundings,
        identity: str,
        num_steps: int,
    ) -> None:
        self._encoder, self._tokenizer, self._labelled = encoder, tokenizer, labelled
        self._dev_texts, self._dev_labels = dev
        self._settings, self._around = settings, around
        self._identity, self._num_steps = identity, num_steps
        self._neighbours = np.empty((len(labelled.names), 0), np.int64)
        self._best: dict[str, FloatArray] = {}
        self.progress = TrainingProgress()

    def train(self) -> dict[str, FloatArray]:
        """Train, and return the layers' tensors."""
        if not self._resume():
            for proxies in self._encoder.objective.variables:
                proxies.assign(self._means())
        with _logging_to(self._around.log_folder) as log:
            while self._has_more_to_do() and not self._is_out_of_patience():
                self._train_epoch(log)
        layers = self._best or self._encoder.network.drained()
        if not all(np.isfinite(array).all() for array in layers.values()):
            raise self._diverged("a weight")
        return layers

    def _has_more_to_do(self) -> bool:
        # The checkpoint of the last step may have been the last thing that was done: its epoch has not ended.
        return self.progress.step < self._num_steps or bool(self.progress.epoch_losses)

    def _train_epoch(self, log: ScalarLog) -> None:
        settings, progress = self._settings, self.progress
        if not progress.epoch_losses and settings.plan.confusable_share:
            self._neighbours = self._around.nearest(self._prototypes())
        rng = np.random.default_rng([settings.seed, _EPOCH, progress.epoch])
        batches = plan_epoch(self._labelled.labels, settings.plan, rng, self._neighbours)
        started, done_before = time.monotonic(), progress.step
        for rows in batches[len(progress.epoch_losses) : len(batches)]:
            if self.progress.step >= self._num_steps:
                break
            if self._around.cancelled and self._around.cancelled():
                self.save()
                raise TrainingCancelled(f"Training was stopped after {self.progress.step} of {self._num_steps} steps.")
            loss = self._do_step(rows)
            log.write(self.progress.step, {"loss": loss})
            self._tell(loss, (time.monotonic() - started) / (self.progress.step - done_before))
            if self.progress.step % settings.checkpoint_every == 0:
                self.save()
        self._end_epoch(log)

    def _do_step(self, rows: IntArray) -> float:
        settings, progress = self._settings, self.progress
        rng = np.random.default_rng([settings.seed, _BATCH, progress.step])
        texts = [
            vary(
                self._labelled.texts[row],
                rng,
                self._around.augment,
                augment_share=settings.augment_share,
                typo_share=settings.typo_share,
            )
            for row in rows.tolist()
        ]
        loss = self._encoder.step(self._tokenizer.tokenize(texts), self._labelled.labels[rows])
        if not math.isfinite(loss):
            raise self._diverged("the loss")
        self.progress = replace(progress, step=progress.step + 1, epoch_losses=(*progress.epoch_losses, loss))
        return loss

    def _end_epoch(self, log: ScalarLog) -> None:
        progress = self.progress
        mean = float(np.mean(progress.epoch_losses))
        self.progress = replace(progress, epoch=progress.epoch + 1, epoch_losses=(), losses=(*progress.losses, mean))
        log.write(progress.step, {"epoch_loss": mean})
        if not self._dev_texts:
            return
        accuracy = self._dev_accuracy()
        if accuracy > max(progress.dev_accuracies, default=-1.0):
            self._best = self._encoder.network.drained()
            self.progress = replace(self.progress, best_epoch=progress.epoch)
        self.progress = replace(self.progress, dev_accuracies=(*progress.dev_accuracies, accuracy))
        log.write(progress.step, {"dev_accuracy": accuracy})

    def _is_out_of_patience(self) -> bool:
        progress, patience = self.progress, self._settings.patience
        return bool(patience and progress.dev_accuracies and progress.epoch - 1 - progress.best_epoch >= patience)

    def _dev_accuracy(self) -> float:
        vectors = self._encoder.embed(self._tokenizer.tokenize(self._dev_texts))
        return float(np.mean(np.argmax(vectors @ self._prototypes().T, axis=1) == self._dev_labels))

    def _prototypes(self) -> FloatArray:
        """Return one unit vector a label: the proxies where they are learned, else means of phrasings."""
        learned = self._encoder.objective.variables
        return _unit(np.asarray(learned[0])) if learned else self._means()

    def _means(self) -> FloatArray:
        labels = self._labelled.labels
        order = np.argsort(labels, kind="stable")
        place = np.arange(len(order)) - np.searchsorted(labels[order], labels[order])
        rows = order[place < PROTOTYPE_PHRASINGS]
        vectors = self._encoder.embed(self._tokenizer.tokenize([self._labelled.texts[r] for r in rows.tolist()]))
        sums = np.zeros((len(self._labelled.names), vectors.shape[1]), np.float32)
        np.add.at(sums, labels[rows], vectors)
        return _unit(sums)

    def _tell(self, loss: float, step_s: float) -> None:
        if self._around.progress:
            left = (self._num_steps - self.progress.step) * step_s
            self._around.progress(StepDone(self.progress.step, self._num_steps, loss, left))

    def _diverged(self, what: str) -> TrainingDiverged:
        settings = self._settings
        return TrainingDiverged(
            f"Training diverged at step {self.progress.step + 1} of {self._num_steps}: {what} is not a finite number. "
            f"Nothing was kept. Lower the learning rate (now {settings.learning_rate}) or compute in float32."
        )

    def save(self) -> None:
        """Write a checkpoint, where there is a folder for it; a finished training that is resumed does no step."""
        folder = self._around.checkpoint_folder
        if folder is None:
            return
        variables = {name: np.asarray(v) for name, v in self._encoder.variables().items()}
        write_checkpoint(folder, Checkpoint(self._identity, self.progress, variables, self._neighbours, self._best))

    def _resume(self) -> bool:
        folder = self._around.checkpoint_folder
        checkpoint = read_checkpoint(folder, self._identity) if folder else None
        if checkpoint is None:
            return False
        for name, variable in self._encoder.variables().items():
            variable.assign(checkpoint.variables[name])
        self.progress, self._neighbours, self._best = checkpoint.progress, checkpoint.neighbours, checkpoint.best
        return True


@contextmanager
def _logging_to(folder: Path | None) -> Iterator[ScalarLog]:
    log = ScalarLog(folder)
    try:
        yield log
    finally:
        log.close()


def _unit(vectors: FloatArray) -> npt.NDArray[np.float32]:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)
