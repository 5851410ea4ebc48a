"""Frames of a socket, read ahead of who handles them: that the other end has left is known while one is handled.

Channels hands out one message after the other. A server that is behind would open conversations and read turns for
sockets that were given up long ago, while those that took their place wait behind them and give up too.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]

MAX_AHEAD = 16
"""Messages that are read before they are wanted; the network holds the rest back."""


class ReadAhead:
    """An ASGI `receive` around another; close it when it is no longer asked."""

    def __init__(self, receive: Receive) -> None:
        self._has_left = False
        self._receive = receive
        self._messages: asyncio.Queue[Message] = asyncio.Queue(MAX_AHEAD)
        self._reader = asyncio.create_task(self._read())

    @property
    def is_deserted(self) -> bool:
        """Whether the other end has closed the socket, and said nothing before that still waits. Any thread may ask."""
        return self._has_left and self._messages.qsize() <= 1  # the closing itself

    async def receive(self) -> Message:
        """Return the next message; what the reader failed with is raised where it was met."""
        taking = asyncio.create_task(self._messages.get())
        try:
            await asyncio.wait({taking, self._reader}, return_when=asyncio.FIRST_COMPLETED)
            if taking.done():
                return taking.result()
            if self._messages.empty():
                self._reader.result()  # raises what it failed with
            return await taking
        finally:
            taking.cancel()

    def close(self) -> None:
        """Stop reading."""
        self._reader.cancel()

    async def _read(self) -> None:
        while not self._has_left:
            message = await self._receive()
            await self._messages.put(message)
            self._has_left = message["type"] == "websocket.disconnect"
