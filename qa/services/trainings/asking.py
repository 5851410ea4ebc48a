"""Trainings asked for, and asked to stop."""

from functools import partial

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qa.exceptions import Conflict, NotFound
from qa.models import Snapshot, TrainingJob
from qa.services.jobs import RUN_TRAININGS, ask_worker
from qa.services.trainings.fingerprint import code_fingerprint

State = TrainingJob.State


def request_training(
    *,
    trigger: TrainingJob.Trigger,
    asked_by: User | None = None,
    snapshot: Snapshot | None = None,
    seed: int = 0,
    options: dict[str, int] | None = None,
    is_queued: bool = True,
) -> TrainingJob:
    """Record a training, and ask the training worker for it.

    Args:
        trigger: What made it.
        asked_by: Who, if somebody did.
        snapshot: What to train on; None makes one when it starts.
        seed: Of everything random.
        options: `epochs`, `max_steps`, `checkpoint_every`, `quick`, where they are not the default.
        is_queued: Whether a worker is to run it; whoever runs it itself says no.

    Raises:
        Conflict: One waits already that nobody has begun; it will train on the newest data anyway.
    """
    with transaction.atomic():
        if is_queued and snapshot is None and TrainingJob.objects.filter(state=State.QUEUED, snapshot=None).exists():
            raise Conflict(_("A training waits already; it will learn all that is reviewed by then."))
        job = TrainingJob.objects.create(
            trigger=trigger,
            asked_by=asked_by,
            snapshot=snapshot,
            seed=seed,
            options=options or {},
            code_fingerprint=code_fingerprint(),
        )
        if is_queued:
            transaction.on_commit(partial(ask_worker, RUN_TRAININGS))
    return job


def cancel_training(*, job_id: int) -> TrainingJob:
    """Stop a training: at once while it waits, before its next step while it runs. Asked twice, it is the same.

    Raises:
        NotFound: There is no such training.
        Conflict: It has ended already.
    """
    with transaction.atomic():
        job = TrainingJob.objects.select_for_update().filter(pk=job_id).first()
        if job is None:
            raise NotFound(_("There is no such training."))
        if job.state not in TrainingJob.UNFINISHED:
            raise Conflict(_("This training has ended already."))
        if job.state == State.QUEUED:
            job.state, job.finished_at = State.CANCELLED, timezone.now()
        else:
            job.state = State.CANCELLING
        job.save(update_fields=["state", "finished_at"])
    return job
