"""Training of the companion: the convolutional encoder learns the same phrasings, at a tenth of the work."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from nlp.hashing import fingerprint
from nlp.training.convolutional import ConvolutionsUnderTraining, UniversalTokenizer
from nlp.training.datasets import Example, label_texts
from nlp.training.run import TrainingSurroundings
from nlp.training.settings import TrainingReport, TrainingSettings
from nlp.training.supervised import train_supervised
from nlp.training.tuned_weights import averaged, hash_tensors
from nlp.universal import UniversalWeights


def train_companion(
    weights: UniversalWeights,
    examples: Sequence[Example],
    settings: TrainingSettings,
    *,
    dev: Sequence[Example] = (),
    surroundings: TrainingSurroundings | None = None,
) -> tuple[UniversalWeights, TrainingReport]:
    """Train the convolutions and dense layers on labelled phrasings; the words' vectors stay as they are.

    Arguments, result and errors as `nlp.training.full.train_encoder`.
    """
    settings.check()
    labelled = label_texts(examples)
    tensors, report = train_supervised(
        lambda: ConvolutionsUnderTraining(weights),
        weights.dim,
        UniversalTokenizer(weights, settings.max_tokens),
        labelled,
        dev,
        settings,
        surroundings or TrainingSurroundings(),
        identity=fingerprint([weights.sha256, [asdict(e) for e in (*examples, *dev)], asdict(settings)]),
    )
    trained = {**weights.tensors, **tensors}
    return replace(weights, tensors=trained, sha256=hash_tensors(weights.sha256, tensors)), report


def blend_companions(before: UniversalWeights, after: UniversalWeights, share: float) -> UniversalWeights:
    """Average the weights before and after a training.

    Args:
        share: Of `after`, 0 to 1.
    """
    trained = {name: tensor for name, tensor in after.tensors.items() if tensor is not before.tensors[name]}
    moved = averaged(before.tensors, trained, share)
    return replace(before, tensors={**before.tensors, **moved}, sha256=hash_tensors(before.sha256, moved))
