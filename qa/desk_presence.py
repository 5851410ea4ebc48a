"""How many pages of each agent are open in this process."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.contrib.auth.models import User
from django.db import DatabaseError
from django.utils import timezone

from qa.concurrency import in_database_thread
from qa.models import AgentPresence
from qa.services.presence import beat

logger = logging.getLogger(__name__)

BACK_WITHIN_S = 3.0
"""How long a closed page is waited for, in seconds: one that is loaded anew closes before it opens again, and a
customer who asked for a person in between was told that nobody is there."""


class Sockets:
    """Counts sockets by agent.

    Who closes the last one and opens none within a few seconds is away, not gone: customers are given to others only
    when the beats stay out for longer. Another process's page says so again with its next beat.

    Args:
        back_within_s: How long the next one is waited for, in seconds.
    """

    def __init__(self, back_within_s: float = BACK_WITHIN_S) -> None:
        self._open: Counter[int] = Counter()
        self._back_within_s = back_within_s
        self._waiting: set[asyncio.Task[None]] = set()  # the event loop itself keeps no reference to its tasks

    @contextmanager
    def joining(self, user: User) -> Iterator[None]:
        """Count one more, unless what is done meanwhile fails."""
        self._open[user.pk] += 1
        try:
            yield
        except BaseException:
            self._forget_one(user)
            raise

    def leave(self, user: User) -> None:
        """Count one less; who has none a few seconds later has been away since now."""
        self._forget_one(user)
        if user.pk not in self._open:
            task = asyncio.create_task(self._note_unless_back(user.pk, timezone.now()))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    async def settled(self) -> None:
        """Return when nobody's next page is waited for any more."""
        await asyncio.gather(*self._waiting)

    async def _note_unless_back(self, user_id: int, left_at: datetime) -> None:
        await asyncio.sleep(self._back_within_s)
        if user_id in self._open:
            return
        try:
            await in_database_thread(_note_away, user_id, left_at)
        except DatabaseError:
            logger.exception("that an agent is away could not be stored")  # their beats stay out: gone soon

    def _forget_one(self, user: User) -> None:
        self._open[user.pk] -= 1
        if self._open[user.pk] <= 0:
            del self._open[user.pk]


def _note_away(user_id: int, left_at: datetime) -> None:
    user = User.objects.filter(pk=user_id).first()
    if user is not None:  # not deleted while the page was open
        beat(user=user, status=AgentPresence.Status.AWAY, at=left_at)
