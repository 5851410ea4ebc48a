"""A customer's end of the chat socket, over a real connection."""

import json
import uuid
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect

Frame = dict[str, Any]
WAIT_S = 60.0


def new_id() -> str:
    """Return a fresh client id."""
    return str(uuid.uuid4())


def hello(token: str | None = None, after: int = 0, widget: str | None = None) -> Frame:
    """Make the first frame."""
    return {"v": 1, "type": "hello", "widget": widget, "token": token, "after": after}


def message(text: str, client_id: str | None = None) -> Frame:
    """Make an utterance."""
    return {"v": 1, "type": "message", "id": client_id or new_id(), "text": text}


class ChatClient:
    """One socket. `seen` holds every turn in the order of arrival."""

    def __init__(self, url: str, *, token: str | None = None, after: int = 0, language: str = "en") -> None:
        self._url, self._language = url, language
        self.token, self.after = token, after
        self.seen: list[Frame] = []
        self.welcome: Frame = {}
        self.socket: ClientConnection

    async def __aenter__(self) -> Self:
        headers = {"Accept-Language": self._language}
        patience = {"open_timeout": WAIT_S, "ping_timeout": WAIT_S}
        self.socket = await connect(self._url, additional_headers=headers, max_size=None, compression=None, **patience)
        await self.send(hello(self.token, self.after))
        self.welcome = await self.receive()
        assert self.welcome["type"] == "welcome", self.welcome
        self.token = self.welcome["token"]
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.socket.close()

    async def send(self, frame: Frame) -> None:
        """Send a frame."""
        await self.socket.send(json.dumps(frame))

    async def receive(self) -> Frame:
        """Return the next frame, whatever it is."""
        import asyncio

        frame: Frame = json.loads(await asyncio.wait_for(self.socket.recv(), WAIT_S))
        if frame["type"] == "turn":
            self.seen.append(frame)
        return frame

    async def receive_type(self, kind: str) -> Frame:
        """Return the next frame of a type; other types are passed over, errors fail."""
        while True:
            frame = await self.receive()
            if frame["type"] == kind:
                return frame
            assert frame["type"] != "error", frame

    async def reply(self) -> Frame:
        """Return the next turn that is not the customer's own."""
        while True:
            turn = await self.receive_type("turn")
            if turn["role"] != "customer":
                return turn

    async def ask(self, text: str) -> Frame:
        """Say something and return the reply."""
        await self.send(message(text))
        return await self.reply()
