"""Who is at the desk while pages come and go at once."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from qa.concurrency import in_database_thread
from qa.desk_presence import Sockets
from qa.desk_watching import Watched, look
from qa.models import AgentPresence, KnowledgeBase
from qa.services.presence import beat
from tests.qa.desk_socket import make_agent, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
ONLINE, AWAY = AgentPresence.Status.ONLINE, AgentPresence.Status.AWAY


def say(user: User, status: str) -> None:
    beat(user=user, status=status)


def status_of(user: User) -> str:
    return AgentPresence.objects.get(user=user).status


@pytest.fixture
def user() -> User:
    return User.objects.create(username="ann")


async def test_page_that_is_loaded_anew_is_never_away(user: User) -> None:
    sockets = Sockets(back_within_s=0)
    with sockets.joining(user):
        await in_database_thread(say, user, ONLINE)
    with sockets.joining(user):
        await in_database_thread(say, user, ONLINE)
        sockets.leave(user)  # the page as it was before
    await sockets.settled()
    assert await in_database_thread(status_of, user) == ONLINE
    sockets.leave(user)
    await sockets.settled()
    assert await in_database_thread(status_of, user) == AWAY


async def test_page_that_closes_before_it_opens_again_is_waited_for(user: User) -> None:
    sockets = Sockets(back_within_s=0.2)
    with sockets.joining(user):
        await in_database_thread(say, user, ONLINE)
    sockets.leave(user)
    assert await in_database_thread(status_of, user) == ONLINE
    with sockets.joining(user):  # open again, and has not beaten yet
        await sockets.settled()
    assert await in_database_thread(status_of, user) == ONLINE


async def test_page_that_never_came_to_be_is_not_counted(user: User) -> None:
    sockets = Sockets(back_within_s=0)
    with sockets.joining(user):
        await in_database_thread(say, user, ONLINE)
    with pytest.raises(ZeroDivisionError), sockets.joining(user):
        _ = 1 / 0
    sockets.leave(user)
    await sockets.settled()
    assert await in_database_thread(status_of, user) == AWAY


def test_what_was_said_since_stands(user: User) -> None:
    before = timezone.now() - timedelta(seconds=1)
    say(user, ONLINE)
    beat(user=user, status=AWAY, at=before)
    assert status_of(user) == ONLINE
    beat(user=user, status=AWAY, at=timezone.now())
    assert status_of(user) == AWAY


def test_look_that_comes_late_does_not_bring_back_who_left(knowledge_base: KnowledgeBase) -> None:
    agent = make_agent("ann", knowledge_base)
    session, wanted_at = sign_in(agent), timezone.now()
    beat(user=agent, status=AWAY, at=timezone.now())
    look(Watched(None, None, 0, ONLINE, at=wanted_at), session)
    assert status_of(agent) == AWAY
    look(Watched(None, None, 0, ONLINE, at=timezone.now()), session)
    assert status_of(agent) == ONLINE
