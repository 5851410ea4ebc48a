"""Hyper-parameters of the full training and what it reports, frozen for the manifest."""

from dataclasses import dataclass, field, replace
from typing import Literal

from nlp.exceptions import TrainingImpossible
from nlp.training.datasets import BatchPlan

Objective = Literal["proxy", "nca", "contrastive", "multiple_negatives"]


@dataclass(frozen=True)
class TrainingSettings:
    """How an encoder is trained; the defaults are the recipe measured best (findings: all layers, proxy head).

    Attributes:
        objective: `proxy` needs no second phrasing of an entry and was best; `nca` next.
        plan: How batches are composed.
        epochs: Passes over the examples, at most.
        max_steps: Bound on the steps of all epochs together; the schedule ends there.
        learning_rate: AdamW's peak for the layers.
        proxy_learning_rate: Adam's peak for the proxies.
        quick: Whether the companion alone is trained, in a tenth of the time; the transformer stays as pretrained.
        companion_epochs: Passes of the companion's training, never more than `epochs`.
        companion_learning_rate: AdamW's peak in it.
        weight_decay: AdamW's, on all but what is named bias, gamma or beta.
        warm_up: Share of the steps, 0 to 1.
        clip_norm: Largest global norm of a gradient.
        temperature: Divides cosines, > 0.
        margin: CosFace's, of the proxy objective.
        dropout: Of the layers, 0 to 1.
        r_drop: Weight of the divergence between two passes; 0 = one pass. Needs dropout and `proxy`.
        augment_share: Share of the phrasings of a batch that are replaced by a variant, 0 to 1.
        typo_share: Share that gets a typo, 0 to 1.
        max_tokens: Longer phrasings are cut while training.
        patience: Epochs without a better dev figure before training stops; 0 = never.
        checkpoint_every: Steps between checkpoints, where a folder is given.
        precision: `auto` takes what the device is fastest in.
        deterministic: Whether TensorFlow is told to be; it stays so for the process.
        seed: Of batches, variants and dropout.
    """

    objective: Objective = "proxy"
    plan: BatchPlan = field(default_factory=BatchPlan)
    epochs: int = 6
    max_steps: int = 1000
    learning_rate: float = 5e-5
    proxy_learning_rate: float = 1e-2
    quick: bool = False
    companion_epochs: int = 4
    companion_learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warm_up: float = 0.1
    clip_norm: float = 1.0
    temperature: float = 0.05
    margin: float = 0.1
    dropout: float = 0.0
    r_drop: float = 0.0
    augment_share: float = 0.3
    typo_share: float = 0.05
    max_tokens: int = 64
    patience: int = 2
    checkpoint_every: int = 100
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    deterministic: bool = True
    seed: int = 0

    def check(self) -> None:
        """Refuse values that can't be trained with.

        Raises:
            TrainingImpossible: A value is out of its range, or two contradict each other.
        """
        if self.r_drop and (self.objective != "proxy" or not self.dropout):
            raise TrainingImpossible(
                f"R-Drop compares two passes with dropout under the proxy objective; given were objective "
                f"'{self.objective}' and dropout {self.dropout}. Set dropout above 0, or r_drop to 0."
            )
        positive = (
            *("epochs", "max_steps", "learning_rate", "temperature", "clip_norm"),
            *("companion_epochs", "companion_learning_rate"),
        )
        if wrong := [name for name in positive if getattr(self, name) <= 0]:
            raise TrainingImpossible(f"Expected above 0: {', '.join(wrong)}.")
        size, together = self.plan.batch_size, self.plan.phrasings_per_label
        if self.max_tokens < 4 or together < 1 or size < 2 * together:
            raise TrainingImpossible(
                f"Expected max_tokens ≥ 4, phrasings_per_label ≥ 1 and batch_size ≥ twice that; given were "
                f"{self.max_tokens}, {together} and {size}."
            )

    def for_companion(self) -> "TrainingSettings":
        """Return the settings that the companion is trained with; it has no dropout."""
        epochs, rate = min(self.companion_epochs, self.epochs), self.companion_learning_rate
        return replace(self, epochs=epochs, learning_rate=rate, dropout=0.0, r_drop=0.0)


@dataclass(frozen=True)
class TrainingReport:
    """What a training did.

    Attributes:
        losses: Mean loss of each epoch.
        dev_accuracies: Share of dev phrasings whose nearest prototype is their entry's, after each epoch; 0 to 1.
        best_epoch: Number of the epoch, from 0, whose weights were kept.
        num_steps: Optimiser steps done.
        seconds: Wall-clock time, of this process alone when it was resumed.
        strategy: Class of the tf.distribute strategy.
        num_replicas: Devices that shared each batch.
        precision: What was computed in.
        stopped_early: Whether dev stopped it.
    """

    losses: tuple[float, ...]
    dev_accuracies: tuple[float, ...]
    best_epoch: int
    num_steps: int
    seconds: float
    strategy: str
    num_replicas: int
    precision: str
    stopped_early: bool
