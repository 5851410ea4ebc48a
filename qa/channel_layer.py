"""The channel layer on Redis, as a wake-up that may get lost: rows are the truth, and sockets read them anyway.

When Redis has gone, sockets of other processes hear of each other some seconds late; nobody's socket ends for it.
"""

import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

ATTEMPTS = 2
"""A connection that Redis closed is only noticed by using it; the second attempt has a new one."""


class WakeUps(RedisPubSubChannelLayer):  # type: ignore[misc]  # channels-redis ships no types
    """Redis' publish and subscribe, without errors: what could not be sent is logged and left out."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Wake a group up."""
        await _attempt(self._get_layer().group_send, group, message)

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Wake one socket up."""
        await _attempt(self._get_layer().send, channel, message)

    async def group_add(self, group: str, channel: str) -> None:
        """Let a socket hear what a group hears."""
        await _attempt(self._get_layer().group_add, group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """Let it hear that no longer."""
        await _attempt(self._get_layer().group_discard, group, channel)

    async def new_channel(self, prefix: str = "specific.") -> str:
        """Return the name of a new socket."""
        layer = self._get_layer()
        channel = f"{layer.prefix}{prefix}{uuid.uuid4().hex}"
        await _attempt(layer._subscribe_to_channel, channel)  # what its own new_channel calls
        return channel


async def _attempt(call: Callable[..., Awaitable[None]], *arguments: object) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await call(*arguments)
        except (RedisError, OSError) as error:
            if attempt == ATTEMPTS:
                logger.warning("a wake-up was lost: Redis does not answer (%s)", type(error).__name__)
        else:
            return
