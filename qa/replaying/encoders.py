"""The encoder of an experiment: prepared once, or trained anew each week."""

from collections.abc import Sequence
from pathlib import Path

from nlp.artifacts import prepare_model
from nlp.encoder import SentenceEncoder
from nlp.pretrained import PretrainedWeights
from nlp.universal import UniversalWeights
from qa.benchmarking.files import LabelledText
from qa.benchmarking.throw_away import documents_of, tune_on
from qa.progress import Progress
from qa.replaying.learner import Learner, RememberingEncoder, number_entries
from qa.replaying.running import Retrain


def prepare_encoder(
    rows: Sequence[LabelledText], weights: PretrainedWeights, companion: UniversalWeights | None, models: Path
) -> SentenceEncoder:
    """Prepare the pretrained encoder on the words of a knowledge base, as `prepare_model` does."""
    model = prepare_model(models, weights, texts=[row.text for row in rows], terms=(), companion=companion)
    return SentenceEncoder(model.encoder_folder)


def retraining(
    weights: PretrainedWeights, companion: UniversalWeights | None, models: Path, *, seed: int, progress: Progress
) -> Retrain:
    """Return what trains the pretrained encoder on all that a learner knows, and lets it answer with that."""

    def retrain(learner: Learner) -> Learner:
        documents = documents_of(learner.rows, number_entries(learner.rows))
        tuned = tune_on(documents, weights, companion, seed, progress)
        if tuned is None:
            return learner
        texts = [d.text for d in documents]
        model = prepare_model(
            models, tuned.weights, texts=texts, terms=(), training=tuned.record, companion=tuned.companion
        )
        return learner.under(RememberingEncoder(SentenceEncoder(model.encoder_folder)), is_trained=True)

    return retrain
