"""How many pages of each agent are open in this process."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from qa.concurrency import in_database_thread
from qa.models import AgentPresence
from qa.services.presence import beat


class Sockets:
    """Counts sockets by agent.

    Who closes the last one is away, not gone: a page that is loaded anew comes back at once, and customers are given
    to others only when the beats stay out for longer. Another process's page says so again with its next beat.
    """

    def __init__(self) -> None:
        self._open: Counter[int] = Counter()

    @contextmanager
    def joining(self, user: User) -> Iterator[None]:
        """Count one more, unless what is done meanwhile fails."""
        self._open[user.pk] += 1
        try:
            yield
        except BaseException:
            self._forget_one(user)
            raise

    async def leave(self, user: User) -> None:
        """Count one less."""
        self._forget_one(user)
        if user.pk not in self._open:
            await in_database_thread(_note_away, user.pk, timezone.now())

    def _forget_one(self, user: User) -> None:
        self._open[user.pk] -= 1
        if self._open[user.pk] <= 0:
            del self._open[user.pk]


def _note_away(user_id: int, left_at: datetime) -> None:
    user = User.objects.filter(pk=user_id).first()
    if user is not None:  # not deleted while the page was open
        beat(user=user, status=AgentPresence.Status.AWAY, at=left_at)
