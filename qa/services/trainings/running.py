"""A training run as a job: claimed, followed, and brought to an end that somebody can read."""

import logging
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from qa.disk import DiskRefused, disk_refusals_in_words
from qa.exceptions import QAError
from qa.models import Snapshot, TrainingJob
from qa.progress import Progress
from qa.services.jobs import RUN_TRAININGS, ask_worker, ask_worker_once
from qa.services.trainings.leasing import Heartbeat, claim_training, end, note, this_process

if TYPE_CHECKING:
    from nlp.training.progress import StepDone
    from nlp.training.settings import TrainingSettings
    from qa.services.training import TrainingOutcome

logger = logging.getLogger(__name__)

State, Event = TrainingJob.State, TrainingJob.Event
CLOCK_S = 1.0
"""How far a file's time may be behind the clock."""
TOLD_EVERY_S = 0.5
"""A step's figures are written at most so often; steps of a small encoder take milliseconds."""


def run_trainings() -> int:
    """Run what waits and what was left by dead processes, one after another; return how many were run.

    Where another process is training, look again when its lease could have run out.
    """
    num_run = 0
    while (job := claim_training()) is not None:
        num_run += 1
        run_claimed(job=job)
    if TrainingJob.objects.unfinished().exists():
        lease_s = settings.TRAINING_LEASE_S
        ask_worker_once(RUN_TRAININGS, every_s=max(1, lease_s // 2), delay_s=lease_s)
    return num_run


def run_claimed(
    *, job: TrainingJob, progress: Progress | None = None, log_folder: Path | None = None, debug_numerics: bool = False
) -> "TrainingOutcome | None":
    """Run a training whose lease this process has; return what came of it, None when nothing did.

    Whatever happens stands in the job afterwards, in words. An error that nobody foresaw is tried again, three times
    in all.

    Args:
        job: Claimed.
        progress: Hears of stages too, for a terminal.
        log_folder: Of TensorBoard's logs; None for one named after the job.
        debug_numerics: As `train_encoder`.
    """
    from nlp.exceptions import NLPError, TrainingCancelled  # TensorFlow: only in a worker that runs this

    _sweep(job)
    with Heartbeat(job.pk) as heartbeat:
        following = _Following(job, heartbeat, progress)
        try:
            with disk_refusals_in_words():
                outcome = _train(job, following, log_folder or _log_folder(job), debug_numerics)
        except TrainingCancelled as error:
            _settle(heartbeat, job, State.CANCELLED, Event.STOPPED, str(error))
        except DiskRefused as error:
            _settle(heartbeat, job, State.FAILED, Event.REFUSED, f"{error} A training that was done is kept.")
        except (QAError, NLPError) as error:
            _settle(heartbeat, job, State.FAILED, Event.REFUSED, str(error))
        except KeyboardInterrupt:
            _settle(heartbeat, job, State.CANCELLED, Event.STOPPED)
            raise
        except Exception as error:
            logger.exception("training %s failed at attempt %s", job.pk, job.attempts)
            is_last = job.attempts >= TrainingJob.MAX_ATTEMPTS
            state = State.PARKED if is_last else State.QUEUED
            _settle(heartbeat, job, state, Event.UNEXPECTED, type(error).__name__)
        else:
            state = State.DONE if outcome.is_live else State.REJECTED
            _settle(heartbeat, job, state, outcome=outcome)
            return outcome
    return None


def settings_of(job: TrainingJob) -> "TrainingSettings":
    """Return the hyper-parameters of a training."""
    from nlp.training.settings import TrainingSettings

    return TrainingSettings(seed=job.seed, **job.options)


class _Following:
    """Writes what a training tells into its row, and tells it when to stop."""

    def __init__(self, job: TrainingJob, heartbeat: Heartbeat, progress: Progress | None) -> None:
        self._job, self._heartbeat, self._progress = job, heartbeat, progress
        self._told_at = 0.0
        self._stage = ""

    def stage(self, name: str, done: int, of: int) -> None:
        """Hear of a stage."""
        if name != self._stage:
            self._stage = name
            self._write(stage=name)
        if self._progress is not None:
            self._progress(name, done, of)

    def step_done(self, done: "StepDone") -> None:
        """Hear of a step."""
        now = time.monotonic()
        if done.step == done.num_steps or now - self._told_at >= TOLD_EVERY_S:
            self._told_at = now
            self._write(step=done.step, num_steps=done.num_steps, loss=done.loss, eta_s=done.eta_s)

    def snapshot_chosen(self, snapshot: Snapshot) -> None:
        """Hear what is trained on."""
        self._job.snapshot = snapshot
        self._write(snapshot=snapshot)

    def candidate_ready(self, fingerprint: str) -> None:
        """Hear of the trained model."""
        self._job.candidate = fingerprint
        self._write(candidate=fingerprint)

    def is_cancelled(self) -> bool:
        """Tell whether somebody wants it stopped, or another process has taken it over."""
        running = TrainingJob.objects.filter(pk=self._job.pk, holder=this_process(), state=State.RUNNING)
        return self._heartbeat.is_lost or not running.exists()

    def _write(self, **fields: object) -> None:
        # Only with the lease: another process may have taken over.
        TrainingJob.objects.filter(pk=self._job.pk, holder=this_process()).update(**fields)


def _train(job: TrainingJob, following: _Following, log_folder: Path, debug_numerics: bool) -> "TrainingOutcome":
    from qa.services.training import TrainingWatch, release_trained, train_encoder

    watch = TrainingWatch(
        following.snapshot_chosen, following.step_done, following.is_cancelled, following.candidate_ready
    )
    if job.candidate and (Path(settings.MODELS_DIR) / job.candidate).exists():
        # The process before this one died between training and going live: what it trained is there.
        return release_trained(
            model_fingerprint=job.candidate,
            num_steps=job.step,
            seconds=_seconds(job),
            progress=following.stage,
            watch=watch,
        )
    usable = job.snapshot is not None and job.snapshot.withdrawn_at is None
    return train_encoder(
        training=settings_of(job),
        progress=following.stage,
        log_folder=log_folder,
        snapshot=job.snapshot.sha256 if job.snapshot is not None and usable else None,
        watch=watch,
        debug_numerics=debug_numerics,
    )


def _settle(
    heartbeat: Heartbeat,
    job: TrainingJob,
    state: TrainingJob.State,
    event: TrainingJob.Event | None = None,
    detail: str = "",
    *,
    outcome: "TrainingOutcome | None" = None,
) -> None:
    """Write how an attempt ended, unless the lease is another process's by now."""
    if heartbeat.is_lost or not TrainingJob.objects.filter(pk=job.pk, holder=this_process()).exists():
        logger.warning("training %s was taken over by another process; this one leaves it alone", job.pk)
        return
    job.refresh_from_db()
    if event is not None:
        note(job, event, detail)
    if outcome is not None:
        job.candidate, job.release = outcome.model_fingerprint, outcome.release
        job.report_path = f"trial-{outcome.trial}/report.html" if outcome.trial else ""
        job.report = {"comparisons": [asdict(c) for c in outcome.comparisons], "seconds": round(outcome.seconds, 1)}
    if job.state == State.CANCELLING and state == State.QUEUED:
        state = State.CANCELLED
    end(job, state)
    if state == State.QUEUED:
        TrainingJob.objects.filter(pk=job.pk).update(finished_at=None)
        ask_worker(RUN_TRAININGS)


def _sweep(job: TrainingJob) -> None:
    """Delete what a process that died in this training was writing, under names that nothing reads."""
    if job.attempts < 2 or job.started_at is None:
        return
    folders = (Path(settings.MODELS_DIR), Path(settings.VAR_DIR) / "snapshots", Path(settings.VAR_DIR) / "checkpoints")
    partial = [path for folder in folders for path in folder.glob(".*")]
    partial += list(Path(settings.INDEX_DIR).rglob(".*"))
    for path in partial:
        if path.exists() and path.stat().st_mtime >= job.started_at.timestamp() - CLOCK_S:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _log_folder(job: TrainingJob) -> Path:
    return Path(settings.VAR_DIR) / "tensorboard" / f"training-{job.pk}"


def _seconds(job: TrainingJob) -> float:
    return (timezone.now() - job.started_at).total_seconds() if job.started_at else 0.0
