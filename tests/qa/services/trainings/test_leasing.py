"""The lease: one training at a time, taken over from the dead, given up after the third attempt."""

import socket
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from qa.models import TrainingJob
from qa.services.trainings.leasing import Heartbeat, adopt_training, claim_training, renew, this_process
from tests.waiting import wait_for

State, Event, Trigger = TrainingJob.State, TrainingJob.Event, TrainingJob.Trigger
ELSEWHERE = "another-host:1:abc"


def make_job(**fields: object) -> TrainingJob:
    return TrainingJob.objects.create(**{"trigger": Trigger.BUTTON, **fields})


def running(
    *, seconds_left: float, holder: str = ELSEWHERE, attempts: int = 1, state: str = State.RUNNING
) -> TrainingJob:
    now = timezone.now()
    until = now + timedelta(seconds=seconds_left)
    fields = {"state": state, "slot": 1, "holder": holder, "attempts": attempts, "started_at": now}
    return make_job(**fields, lease_until=until)


@pytest.mark.django_db
def test_the_first_that_waits_is_claimed_and_then_no_other() -> None:
    first, second = make_job(), make_job()
    claimed = claim_training()
    assert claimed is not None
    assert (claimed, claimed.state, claimed.attempts, claimed.holder) == (first, State.RUNNING, 1, this_process())
    assert claim_training() is None
    assert claim_training(job_id=second.pk) is None
    assert TrainingJob.objects.get(pk=second.pk).state == State.QUEUED


@pytest.mark.django_db
def test_nothing_waits() -> None:
    make_job(state=State.DONE)
    assert claim_training() is None


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds_left", "is_taken"), [(30, False), (0, True), (-1, True)])
def test_a_lease_that_ran_out_is_taken_over(seconds_left: float, is_taken: bool) -> None:
    job = running(seconds_left=seconds_left)
    claimed = claim_training()
    assert claimed == (job if is_taken else None)
    if claimed is not None:
        assert (claimed.attempts, claimed.holder) == (2, this_process())
        assert [line["event"] for line in claimed.history] == [Event.TAKEN_OVER]


@pytest.mark.django_db
def test_a_process_that_is_seen_to_be_gone_is_not_waited_for() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    job = running(seconds_left=500, holder=f"{socket.gethostname()}:{gone.pid}:abc")
    assert claim_training() == job


@pytest.mark.django_db
def test_a_process_that_lives_on_this_host_is_waited_for() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as living:
        running(seconds_left=500, holder=f"{socket.gethostname()}:{living.pid}:abc")
        assert claim_training() is None
        living.communicate(b"\n")


@pytest.mark.django_db
@pytest.mark.parametrize(("attempts", "state"), [(2, State.RUNNING), (3, State.PARKED)])
def test_what_died_three_times_is_parked(attempts: int, state: str) -> None:
    job, after = running(seconds_left=-1, attempts=attempts), make_job()
    claimed = claim_training()
    job.refresh_from_db()
    assert (job.state, claimed) == (state, job if state == State.RUNNING else after)
    if state == State.PARKED:
        assert ([line["event"] for line in job.history], job.slot) == ([Event.DIED_AT_LAST], None)
        assert job.finished_at is not None


@pytest.mark.django_db
def test_what_died_while_it_was_being_stopped_is_stopped() -> None:
    job = running(seconds_left=-1, state=State.CANCELLING)
    assert claim_training() is None
    job.refresh_from_db()
    assert (job.state, job.slot) == (State.CANCELLED, None)


@pytest.mark.django_db
def test_a_training_by_hand_closes_a_dead_one() -> None:
    dead, own = running(seconds_left=-1), make_job()
    assert claim_training(job_id=own.pk) == own
    dead.refresh_from_db()
    assert (dead.state, dead.history[-1]["event"]) == (State.FAILED, Event.REPLACED)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds_left", "seed", "is_adopted"),
    [(-1, 0, True), (-1, 1, False), (30, 0, False)],
    ids=["dead", "other", "alive"],
)
def test_the_same_training_asked_for_again_is_gone_on_with(seconds_left: float, seed: int, is_adopted: bool) -> None:
    job = running(seconds_left=seconds_left)
    assert adopt_training(seed=seed, options={}) == (job if is_adopted else None)
    assert adopt_training(seed=0, options={"epochs": 2}) is None


@pytest.mark.django_db
def test_the_database_lets_one_run() -> None:
    running(seconds_left=30)
    with pytest.raises(IntegrityError), transaction.atomic():
        running(seconds_left=30)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_job(state=State.RUNNING)


@pytest.mark.django_db(transaction=True)
def test_the_heart_beats_until_the_lease_is_lost(settings: Settings) -> None:
    settings.TRAINING_LEASE_S = 1
    job = running(seconds_left=0.1, holder=this_process())
    with Heartbeat(job.pk) as heartbeat:
        until = timezone.now() + timedelta(seconds=2)  # later than any lease that is taken now
        wait_for(TrainingJob.objects.filter(pk=job.pk, lease_until__gt=until).exists, "a second beat")
        assert not heartbeat.is_lost
        TrainingJob.objects.update(holder=ELSEWHERE)
        wait_for(lambda: heartbeat.is_lost, "the loss")
    assert not renew(job.pk)
