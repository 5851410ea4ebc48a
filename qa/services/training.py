"""Full training: the encoder learns this installation's knowledge, and goes live only if it is no worse."""

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from nlp.hashing import fingerprint as fingerprint_of
from qa.models import LiveRelease, Release, Snapshot
from qa.progress import Progress
from qa.services.judging import judge_candidate
from qa.services.learning import index_and_release, read_companion, read_weights
from qa.services.snapshots.material import Material, material_of
from qa.services.training_batches import nearest_by_faiss, substituting

if TYPE_CHECKING:
    from nlp.artifacts import ModelDirectory
    from nlp.training.progress import StepDone
    from nlp.training.settings import TrainingSettings
    from nlp.training.tuning import Tuned
    from qa.evaluating.verdicts import Reason

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


@dataclass(frozen=True)
class TrainingWatch:
    """Who follows a training and may stop it.

    Attributes:
        snapshot_chosen: Hears which snapshot it is trained on, before the first step.
        step_done: Hears of each step.
        is_cancelled: Asked before each step and before anything goes live.
        candidate_ready: Hears the fingerprint of the model that was trained, before it is compared.
    """

    snapshot_chosen: "Callable[[Snapshot], None]" = lambda _snapshot: None
    step_done: "Callable[[StepDone], None]" = lambda _done: None
    is_cancelled: "Callable[[], bool]" = lambda: False
    candidate_ready: "Callable[[str], None]" = lambda _fingerprint: None


NOBODY = TrainingWatch()


def train_encoder(
    *,
    training: "TrainingSettings",
    progress: Progress,
    log_folder: Path | None = None,
    snapshot: str | None = None,
    watch: TrainingWatch = NOBODY,
    debug_numerics: bool = False,
) -> TrainingOutcome:
    """Train the encoder on a dataset snapshot, and release it if the judge finds it no worse.

    Always on all of the snapshot, so that nothing is forgotten. The same snapshot and settings give the same weights.

    Args:
        training: Hyper-parameters, the seed among them.
        progress: Called with a stage, what is done of it, and how much it is.
        log_folder: Where TensorBoard's scalars and the projector's vectors go.
        snapshot: Its hash; None makes one of what is published and reviewed now.
        watch: Who follows it and may stop it.
        debug_numerics: Whether every operation is checked for NaN and infinity. Slow.

    Raises:
        NothingToTrainOn: The snapshot has fewer than two entries.
        NotFound, SnapshotWithdrawn, SnapshotDamaged: The snapshot can't be used.
        NLPError: The training failed or was cancelled, in words; what is live stays.
    """
    from nlp.exceptions import TrainingCancelled
    from qa.services.snapshots.workflow import make_snapshot, open_snapshot

    chosen, dataset = make_snapshot() if snapshot is None else open_snapshot(sha256=snapshot)
    material = material_of(dataset)
    _open_live_model()  # what the candidate will be compared with: better missed now than after the training
    watch.snapshot_chosen(chosen)
    model, num_steps, seconds = _model_of(material, chosen, training, progress, log_folder, watch, debug_numerics)
    if watch.is_cancelled():
        raise TrainingCancelled("Training was stopped when it was done; its model is not compared and not released.")
    watch.candidate_ready(model.fingerprint)
    if log_folder is not None:
        _write_projector(log_folder, model, material)
    return _release_if_blessed(model, num_steps, seconds, progress, watch)


def _model_of(
    material: Material,
    snapshot: Snapshot,
    training: "TrainingSettings",
    progress: Progress,
    log_folder: Path | None,
    watch: TrainingWatch,
    debug_numerics: bool,
) -> "tuple[ModelDirectory, int, float]":
    """Train and write the model; return it with the training's steps and seconds.

    The weights, more than half a gigabyte, are let go of: what compares the model needs the room.
    """
    tuned = _tune(material, training, progress, log_folder, watch, debug_numerics)
    record = {
        **tuned.record,
        "snapshot": snapshot.sha256,
        "data_sha256": fingerprint_of([[e.text, e.label] for e in material.examples]),
    }
    return _export(tuned, material, record, progress), tuned.num_steps, tuned.seconds


def release_trained(
    *, model_fingerprint: str, num_steps: int, seconds: float, progress: Progress, watch: TrainingWatch = NOBODY
) -> TrainingOutcome:
    """Compare a model that was trained before with the live one, and release it if held-out phrasings don't suffer.

    Args:
        model_fingerprint: Of the candidate; its directory is there.
        num_steps, seconds: What its training took, for the outcome.
        progress, watch: As `train_encoder`.

    Raises:
        NLPError: The candidate is missing or damaged, or somebody stopped it.
    """
    from qa.engine.installed import open_installed

    model = open_installed(model_fingerprint)
    return _release_if_blessed(model, num_steps, seconds, progress, watch)


def _tune(
    material: Material,
    training: "TrainingSettings",
    progress: Progress,
    log_folder: Path | None,
    watch: TrainingWatch,
    debug_numerics: bool,
) -> "Tuned":
    from nlp.exceptions import CheckpointForeign
    from nlp.training.progress import StepDone
    from nlp.training.run import TrainingSurroundings
    from nlp.training.tuning import tune

    checkpoints = _checkpoint_folder()

    def tell(done: StepDone) -> None:
        progress("training the encoder", *done.share)
        watch.step_done(done)

    def learn() -> "Tuned":
        return tune(
            read_weights(),
            material.examples,
            training,
            texts=material.texts,
            terms=material.terms,
            dev=material.dev,
            companion=read_companion(),
            surroundings=TrainingSurroundings(
                augment=substituting(material.lexicon_by_text),
                nearest=nearest_by_faiss,
                progress=tell,
                cancelled=watch.is_cancelled,
                checkpoint_folder=checkpoints,
                log_folder=log_folder,
                check_numerics=debug_numerics,
            ),
        )

    try:
        return learn()
    except CheckpointForeign as error:
        logger.warning("an earlier training is given up, its snapshot or settings were others: %s", error)
        shutil.rmtree(checkpoints)
        return learn()


def _checkpoint_folder() -> Path:
    return Path(settings.VAR_DIR) / "checkpoints"


def _export(tuned: "Tuned", material: Material, record: dict[str, object], progress: Progress) -> "ModelDirectory":
    from nlp.artifacts import prepare_model

    progress("exporting the encoder", 0, 1)
    model = prepare_model(
        Path(settings.MODELS_DIR),
        tuned.weights,
        texts=material.texts,
        terms=material.terms,
        training=record,
        companion=tuned.companion,
        signing_key=settings.MODEL_SIGNING_KEY,
    )
    progress("exporting the encoder", 1, 1)
    return model


def _open_live_model() -> None:
    """Make sure that the live model can be read.

    Raises:
        NLPError: It is missing or damaged.
    """
    from qa.engine.installed import open_installed

    live = LiveRelease.objects.select_related("release").first()
    if live and live.release and live.release.model_fingerprint:
        open_installed(live.release.model_fingerprint)


def _release_if_blessed(
    model: "ModelDirectory", num_steps: int, seconds: float, progress: Progress, watch: TrainingWatch
) -> TrainingOutcome:
    from nlp.exceptions import TrainingCancelled

    verdict = judge_candidate(candidate_fingerprint=model.fingerprint, question_set=None, progress=progress)
    if watch.is_cancelled():
        raise TrainingCancelled("Training was stopped while its model was compared; it is not released.")
    live = LiveRelease.objects.select_related("release").get().release
    if verdict.is_blessed or live is None:
        live = index_and_release(
            model_fingerprint=model.fingerprint, reason=Release.Reason.PROMOTION, progress=progress
        )
    # Only now has the finished training no more use: had there been no room for what follows it, it would go on here.
    shutil.rmtree(_checkpoint_folder(), ignore_errors=True)
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


def _write_projector(log_folder: Path, model: "ModelDirectory", material: Material) -> None:
    from nlp.encoder import SentenceEncoder
    from nlp.training.monitoring import write_projector

    vectors = SentenceEncoder(model.encoder_folder).encode(material.shown_texts)
    write_projector(log_folder, vectors, material.shown_names, material.shown_texts)
