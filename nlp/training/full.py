"""Full training of the sentence encoder: from pretrained weights and labelled phrasings to better weights."""

from collections.abc import Sequence
from dataclasses import asdict

from nlp.hashing import fingerprint
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.training.datasets import Example, TextTokenizer, label_texts
from nlp.training.run import TrainingSurroundings
from nlp.training.settings import TrainingReport, TrainingSettings
from nlp.training.supervised import train_supervised
from nlp.training.transformer import TransformerUnderTraining
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
    given = [asdict(e) for e in (*examples, *dev)]
    layers, report = train_supervised(
        lambda: TransformerUnderTraining(weights, table, dropout=settings.dropout),
        weights.architecture.hidden_dim,
        TextTokenizer(vocabulary, weights.prefix, settings.max_tokens),
        labelled,
        dev,
        settings,
        surroundings or TrainingSurroundings(),
        identity=fingerprint([weights.sha256, weights.prefix, vocabulary.pieces, given, asdict(settings)]),
    )
    source = f"{weights.source}, trained on {len(labelled.texts)} phrasings of {len(labelled.names)} entries"
    return retuned(weights, layers, source=source), report
