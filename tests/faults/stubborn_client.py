"""A customer's program that keeps to the protocol and never gives up: what the widget does, in Python."""

import asyncio
import json
import random
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from tests.chat_client import hello, message, new_id
from tests.faults.history import History, Said

ACK_S = 2.0
"""Without an acknowledgement for so long, the connection is given up and the message sent again over a new one."""


class StubbornClient:
    """Sends one message after another, each under one id until it is acknowledged; resumes with `after`."""

    def __init__(self, url: str, name: str, seed: int) -> None:
        self.history = History(name)
        self.num_connections = 0
        self._url, self._random = url, random.Random(seed)
        self._token: str | None = None
        self._complete = 0

    async def say_all(self, texts: list[str]) -> None:
        """Send every text; return when each is acknowledged."""
        waiting = [(new_id(), text) for text in texts]
        self.history.sent += texts
        await self._until(waiting, lambda: not waiting)

    async def hear_out(self, seq: int) -> None:
        """Stay until every turn up to `seq` was seen."""
        await self._until([], lambda: self._complete >= seq)

    async def _until(self, waiting: list[tuple[str, str]], is_done: Any) -> None:
        pause = 0.05
        while not is_done():
            try:
                before = self._complete, len(waiting)
                await self._one_connection(waiting, is_done)
            except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake, InvalidMessage):
                pass
            moved = (self._complete, len(waiting)) != before
            pause = 0.05 if moved else min(2 * pause, 1.0)
            if not is_done():
                await asyncio.sleep(pause * self._random.uniform(0.5, 1.5))

    async def _one_connection(self, waiting: list[tuple[str, str]], is_done: Any) -> None:
        self.num_connections += 1
        async with connect(self._url, compression=None, max_size=None, open_timeout=5, close_timeout=0.1) as socket:
            await socket.send(json.dumps(hello(self._token, self._complete)))
            while not is_done():
                frame = json.loads(await asyncio.wait_for(socket.recv(), ACK_S))
                if frame["type"] == "welcome":
                    self._token = frame["token"]
                    # Not before: a message without a token would begin a conversation that nobody could resume.
                    await self._send_next(socket, waiting)
                elif frame["type"] == "ack" and waiting and frame["id"] == waiting[0][0]:
                    self.history.acknowledged[waiting.pop(0)[1]] = frame["seq"]
                    await self._send_next(socket, waiting)
                elif frame["type"] == "turn" and not self._take_in(frame):
                    return  # something in between was lost: ask for it
                elif frame["type"] == "error":
                    raise ConnectionError(frame["code"])

    async def _send_next(self, socket: ClientConnection, waiting: list[tuple[str, str]]) -> None:
        if waiting:
            await socket.send(json.dumps(message(waiting[0][1], waiting[0][0])))

    def _take_in(self, turn: dict[str, Any]) -> bool:
        """Take in the next turn; old ones are passed over; tell whether there is no hole before this one."""
        if turn["seq"] > self._complete + 1:
            return False
        if turn["seq"] == self._complete + 1:
            self._complete += 1
            self.history.seen.append(Said(turn["seq"], turn["role"], turn["text"]))
        return True
