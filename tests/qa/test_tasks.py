"""Occasions on which the worker looks whether a training is due, and what it starts with."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import User

from qa import tasks
from qa.models import KnowledgeBase, ReviewItem
from qa.services.jobs import CONSIDER_TRAINING, RUN_TRAININGS, ask_worker
from qa.services.reviewing import NewJudgement, review_item
from tests.qa.services.review_fakes import proposed_item
from tests.qa.services.test_jobs import queued

__all__ = ["queued"]
Queued = Callable[[], list[tuple[str, list[int], bool]]]


def test_other_jobs_are_occasions_now_and_then(queued: Queued) -> None:
    for task in (tasks.run_trainings, tasks.consider_training, tasks.refresh_snapshots, tasks.propose_reviews):
        tasks.consider_after(task=task)
    assert queued() == [(CONSIDER_TRAINING, [], False)]


def test_a_review_is_an_occasion(
    knowledge_base: KnowledgeBase, queued: Queued, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    item, reviewer = proposed_item(knowledge_base), User.objects.create(username="reviewer")
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            review_item(item_id=item.pk, reviewer=reviewer, judgement=NewJudgement(ReviewItem.State.CONFIRMED))
    assert queued() == [(CONSIDER_TRAINING, [], False)]


@pytest.mark.parametrize(("queue", "task"), [("training", RUN_TRAININGS), ("default", CONSIDER_TRAINING)])
def test_workers_look_when_they_start(queued: Queued, queue: str, task: str) -> None:
    consumer = SimpleNamespace(queues=[SimpleNamespace(name=queue)])
    with current_app.connection_for_read() as connection:
        training = connection.SimpleQueue("training")
        training.clear()
        tasks.look_at_start(sender=SimpleNamespace(task_consumer=consumer))
        assert [name for name, *_ in queued()] == [name for name in (task,) if name == CONSIDER_TRAINING]
        assert training.qsize() == (1 if task == RUN_TRAININGS else 0)
        ask_worker(RUN_TRAININGS)
        assert training.qsize() == (2 if task == RUN_TRAININGS else 1)
        training.clear()
        training.close()
