"""Trainings asked for, stopped, and started by reasons of their own."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from qa.exceptions import Conflict, NotFound
from qa.models import KnowledgeBase, ReviewItem, TrainingJob
from qa.services.reviewing import NewJudgement, review_item
from qa.services.snapshots.workflow import make_snapshot
from qa.services.trainings.asking import cancel_training, request_training
from qa.services.trainings.fingerprint import code_fingerprint
from qa.services.trainings.triggers import consider_training
from tests.qa.services.review_fakes import proposed_item
from tests.qa.services.trainings.test_leasing import make_job, running

pytestmark = pytest.mark.django_db
State, Trigger = TrainingJob.State, TrainingJob.Trigger


def test_a_training_is_recorded_with_who_asked() -> None:
    user = User.objects.create(username="operator")
    job = request_training(trigger=Trigger.BUTTON, asked_by=user, seed=3, options={"epochs": 2})
    assert (job.state, job.asked_by, job.seed, job.options) == (State.QUEUED, user, 3, {"epochs": 2})
    assert job.code_fingerprint == code_fingerprint()


def test_one_waits_at_a_time_but_for_snapshots_that_were_named(settings: Settings, tmp_path: object) -> None:
    settings.VAR_DIR = tmp_path
    request_training(trigger=Trigger.BUTTON)
    with pytest.raises(Conflict):
        request_training(trigger=Trigger.BUTTON)
    request_training(trigger=Trigger.COMMAND, snapshot=make_snapshot()[0])
    request_training(trigger=Trigger.COMMAND, is_queued=False)
    assert TrainingJob.objects.count() == 3


def test_what_waits_is_stopped_at_once_and_what_runs_is_asked_to() -> None:
    waiting, active = make_job(), running(seconds_left=30)
    assert cancel_training(job_id=waiting.pk).state == State.CANCELLED
    for _ in range(2):
        assert cancel_training(job_id=active.pk).state == State.CANCELLING
    with pytest.raises(Conflict):
        cancel_training(job_id=waiting.pk)
    with pytest.raises(NotFound):
        cancel_training(job_id=999)


def review(base: KnowledgeBase, *texts: str) -> None:
    reviewer, _is_new = User.objects.get_or_create(username="reviewer")
    for text in texts:
        item = proposed_item(base, text)
        review_item(item_id=item.pk, reviewer=reviewer, judgement=NewJudgement(ReviewItem.State.CONFIRMED))


@pytest.mark.parametrize(("after", "is_due"), [(0, False), (1, True), (2, True), (3, False)])
def test_enough_new_reviews(knowledge_base: KnowledgeBase, settings: Settings, after: int, is_due: bool) -> None:
    review(knowledge_base, "where are the bicycles")
    make_job(state=State.FAILED, code_fingerprint=code_fingerprint())
    settings.TRAIN_AFTER_REVIEWS = after
    assert consider_training() is None or after == 0
    review(knowledge_base, "do you paint houses", "my shoes are wet")
    job = consider_training()
    assert (job is not None) is is_due
    assert job is None or job.trigger == Trigger.REVIEWS


@pytest.mark.parametrize(("days", "age", "is_due"), [(0, 99, False), (7, 6.9, False), (7, 7, True), (7, None, True)])
def test_the_schedule(settings: Settings, days: int, age: float | None, is_due: bool) -> None:
    settings.TRAIN_EVERY_DAYS = days
    now = timezone.now()
    if age is not None:
        job = make_job(state=State.DONE, code_fingerprint=code_fingerprint())
        TrainingJob.objects.filter(pk=job.pk).update(created_at=now - timedelta(days=age))
    due = consider_training(now=now)
    assert (due.trigger if due else None) == (Trigger.SCHEDULE if is_due else None)


@pytest.mark.parametrize(("is_on", "is_due"), [(True, True), (False, False)])
def test_changed_code(settings: Settings, is_on: bool, is_due: bool) -> None:
    settings.TRAIN_ON_CODE_CHANGE = is_on
    assert consider_training() is None  # nothing was ever trained
    make_job(state=State.DONE, code_fingerprint="older")
    job = consider_training()
    assert (job.trigger if job else None) == (Trigger.CODE if is_due else None)


def test_the_configuration_counts_as_code(settings: Settings) -> None:
    before = code_fingerprint()
    assert code_fingerprint() == before
    settings.PRETRAINED = "/elsewhere"
    assert code_fingerprint() != before


@pytest.mark.parametrize("state", [State.QUEUED, State.DONE])
def test_nothing_is_asked_for_while_one_waits(settings: Settings, state: str) -> None:
    settings.TRAIN_EVERY_DAYS = 1
    job = make_job(state=state)
    TrainingJob.objects.update(created_at=timezone.now() - timedelta(days=9))
    assert (consider_training() is None) is (job.state == State.QUEUED)
