"""From pretrained weights and a company's phrasings to weights of its own: trained, then blended back."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from nlp.pretrained import PretrainedWeights
from nlp.training.datasets import Example
from nlp.training.full import train_encoder
from nlp.training.run import TrainingSurroundings
from nlp.training.settings import TrainingReport, TrainingSettings
from nlp.training.tuned_weights import retuned
from nlp.vocabulary import choose_pieces, general_words, trim

TRAINED_SHARE = 0.7
"""Share of the trained layers in the blend, the rest is what they were before. Training wins top-1 and loses
out-of-scope detection; in between both are better than at either end (docs/decisions/0008-training.md)."""


@dataclass(frozen=True)
class Tuned:
    """What came of a tuning.

    Attributes:
        weights: For `nlp.artifacts.prepare_model`.
        report: Of the training.
        settings: It was trained with these.
    """

    weights: PretrainedWeights
    report: TrainingReport
    settings: TrainingSettings

    @property
    def record(self) -> dict[str, object]:
        """What the model's manifest says of it: plain JSON."""
        return {"settings": asdict(self.settings), "report": asdict(self.report), "trained_share": TRAINED_SHARE}


def tune(
    weights: PretrainedWeights,
    examples: Sequence[Example],
    settings: TrainingSettings,
    *,
    texts: Iterable[str],
    terms: Collection[str] = (),
    dev: Sequence[Example] = (),
    surroundings: TrainingSurroundings | None = None,
) -> Tuned:
    """Train the encoder on labelled phrasings and blend the result with what it was.

    Args:
        weights: Pretrained.
        examples: Normalised phrasings with their entries.
        settings: Hyper-parameters, the seed among them.
        texts: The domain's texts, for the vocabulary; the same as for `prepare_model`.
        terms: Normalised jargon with tokens of its own; the same as for `prepare_model`.
        dev: Held-out phrasings, for early stopping.
        surroundings: Callbacks, folders, devices.

    Raises:
        TrainingImpossible, TrainingDiverged, TrainingCancelled: In words; nothing was written.

    References:
        Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022.
    """
    vocabulary, table = trim(weights, choose_pieces(weights, texts, general_words()), list(terms))
    trained, report = train_encoder(weights, table, vocabulary, examples, settings, dev=dev, surroundings=surroundings)
    return Tuned(blend(weights, trained, TRAINED_SHARE), report, settings)


def blend(before: PretrainedWeights, after: PretrainedWeights, share: float) -> PretrainedWeights:
    """Average the layers of weights before and after a training.

    Args:
        share: Of `after`, 0 to 1.
    """
    layers = {
        name: np.asarray((1 - share) * before.tensors[name] + share * tensor, np.float32)
        for name, tensor in after.tensors.items()
        if name.startswith("encoder.layer.")
    }
    return replace(retuned(before, layers, source=after.source), prefix=before.prefix)
