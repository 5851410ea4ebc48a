"""Full training: the encoder learns this installation's knowledge, and goes live only if it is no worse."""

import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from qa.exceptions import NothingToTrainOn
from qa.models import Entry, LiveRelease, Release
from qa.services.judging import judge_candidate
from qa.services.learning import Progress, index_and_release, read_companion, read_domain, read_weights

if TYPE_CHECKING:
    import numpy as np

    from nlp.artifacts import ModelDirectory
    from nlp.lexicon import Lexicon
    from nlp.training.settings import TrainingSettings
    from nlp.training.tuning import Tuned
    from qa.evaluating.verdicts import Reason
    from retrieval.documents import Document

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Comparison:
    """One knowledge base's questions under the live model and under the candidate; shares 0..1.

    Attributes:
        knowledge_base: Its slug.
        num_questions: How many were asked.
        live_top1, candidate_top1: First entry right, of those in scope.
        live_joint, candidate_joint: As decided.
    """

    knowledge_base: str
    num_questions: int
    live_top1: float
    candidate_top1: float
    live_joint: float
    candidate_joint: float


@dataclass(frozen=True)
class TrainingOutcome:
    """What a training came to.

    Attributes:
        model_fingerprint: Of the candidate.
        comparisons: One a knowledge base that is large enough.
        is_live: Whether the candidate went live.
        release: The live release afterwards.
        num_steps, seconds: Of the training.
        trial: Number of the trial that decided.
        reasons: Why the candidate was rejected.
    """

    model_fingerprint: str
    comparisons: tuple[Comparison, ...]
    is_live: bool
    release: Release
    num_steps: int
    seconds: float
    trial: int = 0
    reasons: "tuple[Reason, ...]" = ()


def train_encoder(
    *, training: "TrainingSettings", progress: Progress, log_folder: Path | None = None
) -> TrainingOutcome:
    """Train the encoder on every published phrasing, and release it if the judge finds it no worse.

    Args:
        training: Hyper-parameters, the seed among them.
        progress: Called with a stage, what is done of it, and how much it is.
        log_folder: Where TensorBoard's scalars and the projector's vectors go.

    Raises:
        NothingToTrainOn: Fewer than two entries are published.
        NLPError: The training failed, in words; what is live stays.
    """
    from nlp.artifacts import prepare_model
    from nlp.exceptions import CheckpointForeign
    from nlp.hashing import fingerprint
    from nlp.training.datasets import Example
    from nlp.training.run import TrainingSurroundings
    from nlp.training.tuning import tune
    from qa.engine.building import read_documents
    from qa.engine.calibrating import held_out_rows

    documents = read_documents(Entry.objects.published().values_list("pk", flat=True))
    held_out = set(held_out_rows(documents).tolist())
    examples = [
        Example(d.text, d.entry_id)
        for row, d in enumerate(documents)
        if row not in held_out and not d.is_out_of_scope  # topics to decline have nothing in common
    ]
    if len({example.label for example in examples}) < 2:  # one entry can't be told from another
        raise NothingToTrainOn
    _open_live_model()  # what the candidate will be compared with: better missed now than after the training
    weights, domain = read_weights(), read_domain()
    checkpoints = Path(settings.VAR_DIR) / "checkpoints"

    def learn() -> "Tuned":
        return tune(
            weights,
            examples,
            training,
            texts=domain.texts,
            terms=domain.terms,
            dev=[Example(documents[row].text, documents[row].entry_id) for row in sorted(held_out)],
            surroundings=TrainingSurroundings(
                augment=substituting(domain.lexicons),
                nearest=nearest_by_faiss,
                progress=lambda done: progress("training the encoder", done.step, done.num_steps),
                checkpoint_folder=checkpoints,
                log_folder=log_folder,
            ),
        )

    try:
        tuned = learn()
    except CheckpointForeign as error:
        logger.warning("an earlier training is given up, its knowledge or settings were others: %s", error)
        shutil.rmtree(checkpoints)
        tuned = learn()
    record = {**tuned.record, "data_sha256": fingerprint([[e.text, e.label] for e in examples])}
    progress("exporting the encoder", 0, 1)
    model = prepare_model(
        Path(settings.MODELS_DIR),
        tuned.weights,
        texts=domain.texts,
        terms=domain.terms,
        training=record,
        companion=read_companion(),
    )
    progress("exporting the encoder", 1, 1)
    if log_folder is not None:
        _write_projector(log_folder, model, documents)
    return _release_if_blessed(model, tuned.report.num_steps, tuned.report.seconds, progress)


def _open_live_model() -> None:
    """Make sure that the live model can be read.

    Raises:
        NLPError: It is missing or damaged.
    """
    from nlp.artifacts import open_model

    live = LiveRelease.objects.select_related("release").first()
    if live and live.release and live.release.model_fingerprint:
        open_model(Path(settings.MODELS_DIR) / live.release.model_fingerprint)


def substituting(lexicons: "Sequence[Lexicon]") -> "Callable[[str, np.random.Generator], str]":
    """Return the augmentation: a text with one of its terms said otherwise, itself where it has none."""

    def substitute(text: str, rng: "np.random.Generator") -> str:
        for lexicon in lexicons:
            for variant in lexicon.substitutions(text, rng):
                return variant
        return text

    return substitute


def nearest_by_faiss(vectors: "np.typing.NDArray[np.float32]") -> "np.typing.NDArray[np.int64]":
    """Find each entry's confusable others (n, k) int64 among prototypes (n, dim) float32, for hard batches."""
    import numpy as np

    from retrieval.index import VectorIndex

    index, everything = VectorIndex.build(vectors), np.ones(len(vectors), np.bool_)
    wanted = min(NUM_CONFUSABLE, len(vectors) - 1)
    found = np.full((len(vectors), wanted), -1, np.int64)
    for row, vector in enumerate(vectors):
        rows, _ = index.search(vector, wanted + 1, everything)
        others = rows[rows != row][:wanted]
        found[row, : len(others)] = others
    return found


NUM_CONFUSABLE = 8
"""Entries nearest to each that hard batches are drawn from."""


def _release_if_blessed(model: "ModelDirectory", num_steps: int, seconds: float, progress: Progress) -> TrainingOutcome:
    verdict = judge_candidate(candidate_fingerprint=model.fingerprint, question_set=None, progress=progress)
    live = LiveRelease.objects.select_related("release").get().release
    if verdict.is_blessed or live is None:
        live = index_and_release(
            model_fingerprint=model.fingerprint, reason=Release.Reason.PROMOTION, progress=progress
        )
    comparisons = tuple(
        Comparison(
            base.knowledge_base,
            base.num_questions,
            base.live.top1 or 0.0,
            base.candidate.top1 or 0.0,
            base.live.joint or 0.0,
            base.candidate.joint or 0.0,
        )
        for base in verdict.bases
        if base.live and base.candidate
    )
    return TrainingOutcome(
        model.fingerprint, comparisons, verdict.is_blessed, live, num_steps, seconds, verdict.trial, verdict.reasons
    )


def _write_projector(log_folder: Path, model: "ModelDirectory", documents: "Sequence[Document]") -> None:
    from nlp.encoder import SentenceEncoder
    from nlp.training.monitoring import write_projector

    names = dict(Entry.objects.values_list("pk", "external_id"))
    texts = [d.text for d in documents]
    vectors = SentenceEncoder(model.encoder_folder).encode(texts)
    write_projector(log_folder, vectors, [names[d.entry_id] for d in documents], texts)
