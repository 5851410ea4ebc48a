"""What a rewriter is trained on and with, and what its training reports."""

from dataclasses import dataclass

from nlp.pretrained import FloatArray
from nlp.rewriting.canonical import CanonicalQuestions
from nlp.rewriting.network import RewriterShape


@dataclass(frozen=True)
class RewritingPair:
    """One thing to learn: this phrasing (normalised) means the question of this number."""

    phrasing: str
    question: int


@dataclass(frozen=True)
class RewriterSettings:
    """How a rewriter is trained.

    Attributes:
        epochs: Passes over the pairs, at most.
        patience: Epochs without a better held-out loss before training stops.
        batch_size: Pairs of a step.
        learning_rate: Adam's peak; it falls to zero along a cosine.
        clip_norm: Largest global norm of a gradient.
        dropout: Share of the states' channels, word embeddings and readouts dropped, 0 to 1.
        label_smoothing: Share of the target spread over all pieces, 0 to 1.
        held_out: Share of the pairs that decides when to stop, 0 to 1; never the last two of a question.
        variant_share: How often a phrasing is replaced by its variant, 0 to 1.
        num_units: Of the GRU.
        seed: Of weights, batches, variants and dropout.
    """

    epochs: int = 20
    patience: int = 3
    batch_size: int = 64
    learning_rate: float = 2e-3
    clip_norm: float = 1.0
    dropout: float = 0.2
    label_smoothing: float = 0.1
    held_out: float = 0.1
    variant_share: float = 0.5
    num_units: int = 256
    seed: int = 0


@dataclass(frozen=True)
class EpochDone:
    """Said after each epoch; losses are nats a token, held-out without smoothing (NaN with nothing held out)."""

    epoch: int
    loss: float
    held_out_loss: float


@dataclass(frozen=True)
class TrainedRewriter:
    """A rewriter, and how its training went.

    Attributes:
        arrays: What `RewriterNetwork` is built from.
        epochs: Every epoch that was run.
        best_epoch: The one whose weights these are.
    """

    questions: CanonicalQuestions
    shape: RewriterShape
    arrays: dict[str, FloatArray]
    epochs: tuple[EpochDone, ...]
    best_epoch: int
