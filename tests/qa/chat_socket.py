"""A browser's end of the chat socket, in this process."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter

from qa.routing import websocket_urlpatterns
from tests.chat_client import Frame, hello, message
from tests.servers import PATIENCE_S

WAIT_S = PATIENCE_S


class Socket(ApplicationCommunicator):
    """A browser's end of the chat socket (Channels' own communicator wants daphne to be installed)."""

    def __init__(self, language: str = "en", version: int = 1) -> None:
        self.version = version
        headers = [(b"accept-language", language.encode())] if language else []
        scope = {"type": "websocket", "path": "/ws/chat/", "query_string": b"", "headers": headers, "subprotocols": []}
        super().__init__(URLRouter(websocket_urlpatterns), scope)

    async def open(self) -> "Socket":
        """Connect without a word."""
        await self.send_input({"type": "websocket.connect"})
        assert (await self.receive_output(WAIT_S))["type"] == "websocket.accept"
        return self

    async def leave(self) -> None:
        """Go away; the consumer has finished when this returns."""
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(WAIT_S)

    async def tell(self, frame: Frame | str) -> None:
        """Send a frame."""
        text = frame if isinstance(frame, str) else json.dumps(frame)
        await self.send_input({"type": "websocket.receive", "text": text})

    async def hear(self) -> Frame:
        """Return the next frame."""
        event = await self.receive_output(WAIT_S)
        assert event["type"] == "websocket.send", event
        frame: Frame = json.loads(event["text"])
        assert frame.pop("v") == self.version
        return frame

    async def hear_all(self, num_frames: int) -> list[Frame]:
        """Return the next frames."""
        return [await self.hear() for _ in range(num_frames)]

    async def welcome(self, **fields: Any) -> Frame:
        """Say hello; return the welcome."""
        further = {"identity": None, "language": None, "page": None} if self.version == 2 else {}
        await self.tell({**hello(), **further, **fields, "v": self.version})
        frame = await self.hear()
        assert frame["type"] == "welcome", frame
        return frame

    async def ask(self, text: str, client_id: str | None = None) -> list[Frame]:
        """Say something; return its ack, its turn and the reply, in the order in which they came."""
        await self.tell({**message(text, client_id), "v": self.version})
        return await self.hear_all(3)

    async def next(self, kind: str) -> Frame:
        """Return the next frame of a type; others are passed over, errors fail."""
        while (frame := await self.hear())["type"] != kind:
            assert frame["type"] != "error", frame
        return frame

    async def error(self, frame: Frame | str) -> Frame:
        """Send what is refused; return the refusal."""
        await self.tell(frame)
        refusal = await self.hear()
        assert refusal["type"] == "error", refusal
        return refusal

    async def close_code(self) -> int:
        """Return the code that the server closes with."""
        event = await self.receive_output(WAIT_S)
        assert event["type"] == "websocket.close", event
        return int(event["code"])
