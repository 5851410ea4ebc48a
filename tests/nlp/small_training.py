"""A knowledge base of few words that a tiny network learns in a second, and its training."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nlp.pretrained import Architecture, FloatArray, PretrainedWeights, random_weights
from nlp.training.datasets import BatchPlan, Example
from nlp.training.full import train_encoder
from nlp.training.run import TrainingSurroundings
from nlp.training.settings import TrainingReport, TrainingSettings
from nlp.vocabulary import METASPACE, SPECIAL_PIECES, Vocabulary, trim

EXAMPLES = [
    Example("空调不制冷", 10),
    Example("不制冷怎么办", 10),
    Example("no cold air", 10),
    Example("外机不转", 20),
    Example("转不转", 20),
    Example("外机怎么不转了", 20),
    Example("四通阀漏水", 30),
    Example("漏水了怎么办", 30),
    Example("e1", 40),
]
DEV = [Example("空调怎么不制冷了", 10), Example("外机转不了", 20), Example("阀漏水", 30), Example("其它", 99)]
SETTINGS = TrainingSettings(
    plan=BatchPlan(batch_size=6, phrasings_per_label=2),
    epochs=6,
    learning_rate=1e-2,
    precision="float32",
    deterministic=False,
    checkpoint_every=2,
)


def tiny_start() -> PretrainedWeights:
    """Weights of a network of 1 layer and 8 dimensions; livelier than BERT's start, so that it learns at once."""
    characters = "abcdefghijklmnopqrstuvwxyz0123456789空调不制冷外机转漏四通阀了怎么办水"
    pieces = (*SPECIAL_PIECES, METASPACE, *characters)
    architecture = Architecture(8, 1, 2, 16, 128)
    weights = random_weights(architecture, pieces, -np.arange(len(pieces), dtype=np.float32) / 8 - 1)
    rng = np.random.default_rng(5)
    tensors = {
        name: (t + rng.normal(0, 0.3, t.shape)).astype(np.float32) if t.ndim == 2 else t
        for name, t in weights.tensors.items()
    }
    return replace(weights, tensors=tensors)


def trimmed(weights: PretrainedWeights) -> tuple[FloatArray, Vocabulary]:
    """All pieces, two terms on top."""
    vocabulary, table = trim(weights, range(len(weights.pieces)), ("四通阀", "外机"))
    return table, vocabulary


def train(
    settings: TrainingSettings = SETTINGS,
    *,
    examples: Sequence[Example] = EXAMPLES,
    dev: Sequence[Example] = (),
    **surroundings: object,
) -> tuple[PretrainedWeights, TrainingReport]:
    """Train the tiny network."""
    weights = tiny_start()
    around = TrainingSurroundings(**surroundings)  # type: ignore[arg-type]
    return train_encoder(weights, *trimmed(weights), examples, settings, dev=dev, surroundings=around)


def largest_difference(first: PretrainedWeights, second: PretrainedWeights) -> float:
    """Largest absolute difference between two weights' tensors."""
    assert first.tensors.keys() == second.tensors.keys()
    return max(float(np.abs(first.tensors[n] - second.tensors[n]).max()) for n in first.tensors)
