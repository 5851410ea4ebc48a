"""The clock of a web process: every few seconds one process takes the steps of hand-offs that time brings."""

import asyncio
import logging

from django.utils import timezone

from qa.concurrency import in_database_thread
from qa.services.handoff import pass_time
from qa.services.leases import take_lease

logger = logging.getLogger(__name__)

TICK_S = 5.0
"""How often time passes, in seconds; the shortest limit that an editor can set makes sense in minutes."""


async def tick_for_ever() -> None:
    """Let time pass until cancelled; what goes wrong is logged, and tried again."""
    while True:
        await asyncio.sleep(TICK_S)
        try:
            await in_database_thread(tick)
        except Exception:
            logger.exception("time did not pass; trying again in %.0f s", TICK_S)


def tick() -> int:
    """Let time pass once, unless another process does; return the number of steps that were taken."""
    now = timezone.now()
    return pass_time(now=now) if take_lease(name="clock", now=now, for_s=TICK_S * 0.9) else 0
