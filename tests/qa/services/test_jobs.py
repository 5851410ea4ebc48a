"""Asking the worker: what is queued, how often, and that a queue out of reach hurts nobody."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.core.cache import cache

from qa.models import KnowledgeBase
from qa.protocol import Feedback
from qa.services.evidence import note_agent_choice
from qa.services.feedback import vote
from qa.services.jobs import ask_worker, ask_worker_once
from tests.factories import make_conversation
from tests.qa.services.review_fakes import asked

Captures = Callable[..., Any]


@pytest.fixture
def queued() -> Iterator[Callable[[], list[tuple[str, list[int], bool]]]]:
    """Give a function that takes what is queued: task, ids, whether it is for later."""
    cache.clear()
    with current_app.connection_for_read() as connection:
        queue = connection.SimpleQueue("default")
        queue.clear()

        def take() -> list[tuple[str, list[int], bool]]:
            found = []
            while queue.qsize():
                message = queue.get_nowait()
                message.ack()
                found.append((message.headers["task"], message.payload[0], message.headers["eta"] is not None))
            return found

        yield take
        queue.clear()
        queue.close()
    cache.clear()


def test_a_task_is_queued_with_its_ids(queued: Callable[[], object]) -> None:
    ask_worker("qa.propose_reviews", 5)
    ask_worker("qa.forget_conversations", delay_s=60)
    assert queued() == [("qa.propose_reviews", [5], False), ("qa.forget_conversations", [], True)]


def test_once_is_once_for_each_id(queued: Callable[[], object]) -> None:
    for ids in ((5,), (5,), (6,)):
        ask_worker_once("qa.propose_reviews", *ids, every_s=60)
    assert queued() == [("qa.propose_reviews", [5], False), ("qa.propose_reviews", [6], False)]


def test_a_queue_out_of_reach_is_a_warning(settings: Any, tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    settings.QUEUE_DIR = tmp_path / "file"
    ask_worker("qa.propose_reviews", 5)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_signs_ask_for_a_look_a_minute_later(
    knowledge_base: KnowledgeBase,
    queued: Callable[[], object],
    django_capture_on_commit_callbacks: Captures,
) -> None:
    replies = [asked("it is dusty", decision="answer", hits=[("filter", 0.9)]) for _ in range(3)]
    with django_capture_on_commit_callbacks(execute=True):
        for reply in replies:
            vote(conversation_id=reply.conversation_id, feedback=Feedback(uuid.uuid4(), reply.seq, "down", None))
    assert queued() == [("qa.propose_reviews", [knowledge_base.pk], True)]


def test_what_an_agent_links_asks_for_a_look_too(
    knowledge_base: KnowledgeBase,
    queued: Callable[[], object],
    django_capture_on_commit_callbacks: Captures,
) -> None:
    question, agent = asked("it is dusty").reply_to, User.objects.create(username="agent")
    assert question is not None
    with django_capture_on_commit_callbacks(execute=True):
        note_agent_choice(question=question, agent_id=agent.pk, entry=None)
    assert queued() == [("qa.propose_reviews", [knowledge_base.pk], True)]


def test_new_conversations_ask_for_the_old_to_be_forgotten(
    knowledge_base: KnowledgeBase,
    queued: Callable[[], object],
    django_capture_on_commit_callbacks: Captures,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            make_conversation()
    assert queued() == [("qa.forget_conversations", [], False)]
