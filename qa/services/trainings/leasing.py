"""The lease: one process at a time runs a training, and when it dies another goes on with it."""

import logging
import os
import secrets
import socket
import threading
from datetime import timedelta
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from qa.models import TrainingJob

logger = logging.getLogger(__name__)

State, Event = TrainingJob.State, TrainingJob.Event
BEATS_PER_LEASE = 4
_START = secrets.token_hex(4)


def this_process() -> str:
    """Return what stands for this process: host, process id, and a number of its start."""
    return f"{socket.gethostname()}:{os.getpid()}:{_START}"


def claim_training(*, job_id: int | None = None) -> TrainingJob | None:
    """Take the lease of a training whose process died, else of the next one that waits; None when there is none.

    A dead one that was to be stopped is stopped; one that died at its last attempt is parked.

    Args:
        job_id: Only this one; a dead one is then closed instead of taken over.
    """
    try:
        with transaction.atomic():
            running = _running()
            if running is not None:
                if not _is_dead(running):
                    return None
                if _may_go_on(running) and job_id is None:
                    return _begin(running)
                _close(running)
            waiting = TrainingJob.objects.select_for_update().filter(state=State.QUEUED).order_by("pk")
            chosen = (waiting if job_id is None else waiting.filter(pk=job_id)).first()
            return None if chosen is None else _begin(chosen)
    except IntegrityError:  # the slot is unique: another process was faster
        return None


def adopt_training(*, seed: int, options: dict[str, int]) -> TrainingJob | None:
    """Take over a training that was killed, if it is the one that is asked for again; None when there is none.

    Args:
        seed, options: What is asked for, on whatever snapshot.
    """
    with transaction.atomic():
        running = _running()
        if running is None or not _is_dead(running) or not _may_go_on(running):
            return None
        return _begin(running) if (running.seed, running.options) == (seed, options) else None


def _running() -> TrainingJob | None:
    return TrainingJob.objects.select_for_update().filter(slot=1).first()


def _is_dead(job: TrainingJob) -> bool:
    """Tell whether whoever held a lease is gone: it ran out, or its process is seen to be gone from this host."""
    if job.lease_until is None or job.lease_until <= timezone.now():
        return True
    host, _colon, rest = job.holder.partition(":")
    pid, _colon, _start = rest.partition(":")
    if host != socket.gethostname() or job.holder == this_process():
        return False
    if int(pid) == os.getpid():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False


def _may_go_on(job: TrainingJob) -> bool:
    return job.state == State.RUNNING and job.attempts < TrainingJob.MAX_ATTEMPTS


def _begin(job: TrainingJob) -> TrainingJob:
    now = timezone.now()
    if job.state == State.RUNNING:
        note(job, Event.TAKEN_OVER)
    job.state, job.slot, job.holder = State.RUNNING, 1, this_process()
    job.attempts += 1
    job.started_at = job.started_at or now
    job.lease_until = now + timedelta(seconds=settings.TRAINING_LEASE_S)
    job.save()
    return job


def _close(job: TrainingJob) -> None:
    """End a training whose process died and which nobody goes on with."""
    if job.state == State.CANCELLING:
        state, event = State.CANCELLED, Event.DIED_STOPPING
    elif job.attempts >= TrainingJob.MAX_ATTEMPTS:
        state, event = State.PARKED, Event.DIED_AT_LAST
    else:
        state, event = State.FAILED, Event.REPLACED
    note(job, event)
    end(job, state)
    logger.error("training %s ended as %s: its process died", job.pk, state)


def note(job: TrainingJob, event: TrainingJob.Event, detail: str = "") -> None:
    """Add a line to what is told of a training; the caller saves."""
    at = timezone.now().isoformat(timespec="seconds")
    line = {"at": at, "attempt": job.attempts, "event": event.value, "detail": detail}
    job.history = [*job.history, line]


def end(job: TrainingJob, state: TrainingJob.State) -> None:
    """Give a training its last state and its lease back."""
    job.state, job.slot, job.holder, job.lease_until = state, None, "", None
    job.finished_at = timezone.now()
    job.save()


class Heartbeat:
    """Renews a lease from a thread of its own while the block runs; notices when the lease is lost."""

    def __init__(self, job_id: int) -> None:
        self._job_id = job_id
        self._stop, self._lost = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beat, name="training-heartbeat", daemon=True)

    @property
    def is_lost(self) -> bool:
        """Whether somebody else has the lease now: nothing may be written any more."""
        return self._lost.is_set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._stop.wait(settings.TRAINING_LEASE_S / BEATS_PER_LEASE):
                try:
                    if not renew(self._job_id):
                        self._lost.set()
                        return
                except DatabaseError as error:  # the next beat may succeed before the lease runs out
                    logger.warning("the lease of training %s could not be renewed: %s", self._job_id, error)
        finally:
            connection.close()


def renew(job_id: int) -> bool:
    """Renew this process's lease; return whether it still had it."""
    until = timezone.now() + timedelta(seconds=settings.TRAINING_LEASE_S)
    return bool(TrainingJob.objects.filter(pk=job_id, holder=this_process(), slot=1).update(lease_until=until))
