"""A proxy between customers and the chat socket that loses, delays and doubles frames and cuts connections."""

import asyncio
import contextlib
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidHandshake

Pipe = ClientConnection | ServerConnection


@dataclass(frozen=True)
class Faults:
    """How often what happens to a frame, 0..1 each; seconds for delays."""

    drop: float = 0.01
    duplicate: float = 0.02
    delay: float = 0.05
    cut: float = 0.005
    half_close: float = 0.003
    most_delay_s: float = 0.3
    half_open_s: float = 1.0


@dataclass
class ChatProxy:
    """Listens on a port of its own; `done` counts what it did to frames."""

    target: str
    faults: Faults
    seed: int
    done: Counter[str] = field(default_factory=Counter)

    async def __aenter__(self) -> Self:
        self._random = random.Random(self.seed)
        self._server: Server = await serve(self._serve, "127.0.0.1", 0, compression=None, max_size=None)
        self.port: int = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}/ws/chat/"
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._server.close(close_connections=True)
        await self._server.wait_closed()

    async def _serve(self, customer: ServerConnection) -> None:
        try:
            server = await connect(self.target, compression=None, max_size=None, open_timeout=5)
        except (OSError, TimeoutError, InvalidHandshake):  # it is being restarted
            self.done["refused"] += 1
            await customer.close(1012)
            return
        pumps = {asyncio.create_task(self._pump(*pair)) for pair in ((customer, server), (server, customer))}
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for pipe in (customer, server):
                pipe.transport.abort()  # without a closing handshake, as a lost network does

    async def _pump(self, source: Pipe, sink: Pipe) -> None:
        """Pass frames on in one direction until something ends it."""
        with contextlib.suppress(ConnectionClosed):
            async for frame in source:
                fate = self._fate()
                self.done[fate] += 1
                if fate == "cut":
                    return
                if fate == "half-closed":
                    # One direction is dead while the other still works, then all of it.
                    await asyncio.sleep(self.faults.half_open_s)
                    return
                if fate == "dropped":
                    continue
                if fate == "delayed":
                    await asyncio.sleep(self._random.uniform(0, self.faults.most_delay_s))
                await sink.send(frame)
                if fate == "duplicated":
                    await sink.send(frame)

    def _fate(self) -> str:
        draw, faults = self._random.random(), self.faults
        for name, share in (
            ("cut", faults.cut),
            ("half-closed", faults.half_close),
            ("dropped", faults.drop),
            ("duplicated", faults.duplicate),
            ("delayed", faults.delay),
        ):
            if draw < share:
                return name
            draw -= share
        return "passed"
