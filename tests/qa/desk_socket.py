"""An agent's end of the desk socket, in this process."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from qa.models import KnowledgeBase, Membership, Role
from qa.routing import websocket_urlpatterns
from tests.chat_client import Frame, new_id
from tests.servers import PATIENCE_S

WAIT_S = PATIENCE_S
HOST = "desk.example"


def make_agent(name: str, base: KnowledgeBase | None, *, role: Role | None = Role.AGENT) -> User:
    """Make a member of staff who is an agent of one knowledge base, or of all; without a role if None is given."""
    user = User.objects.create_user(name, is_staff=True, first_name=name.title())
    if role is not None:
        Membership.objects.create(user=user, knowledge_base=base, role=role)
    return user


def sign_in(user: User) -> str:
    """Return the key of a new session."""
    browser = Client()
    browser.force_login(user)
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


class DeskSocket(ApplicationCommunicator):
    """An agent's end of the desk socket. `heard` holds every frame in the order of arrival."""

    def __init__(self, session: str | None, *, origin: str | None = f"http://{HOST}") -> None:
        headers = [(b"host", HOST.encode())]
        if session:
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode()))
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        scope = {"type": "websocket", "path": "/ws/desk/", "query_string": b"", "headers": headers, "subprotocols": []}
        super().__init__(URLRouter(websocket_urlpatterns), scope)
        self.heard: list[Frame] = []

    async def connect(self) -> dict[str, Any]:
        """Connect; return what the server says to it."""
        await self.send_input({"type": "websocket.connect"})
        event: dict[str, Any] = await self.receive_output(WAIT_S)
        return event

    async def open(self, status: str = "online") -> "DeskSocket":
        """Connect and say hello."""
        assert (await self.connect())["type"] == "websocket.accept"
        assert (await self.ask("hello", language="en", status=status))["type"] == "welcome"
        return self

    async def leave(self) -> None:
        """Go away; the consumer has finished when this returns."""
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(WAIT_S)

    async def tell(self, frame: Frame | str) -> None:
        """Send a frame."""
        await self.send_input(
            {"type": "websocket.receive", "text": frame if isinstance(frame, str) else json.dumps(frame)}
        )

    async def hear(self) -> Frame:
        """Return the next frame."""
        event = await self.receive_output(WAIT_S)
        assert event["type"] == "websocket.send", event
        frame: Frame = json.loads(event["text"])
        assert frame.pop("v") == 1
        self.heard.append(frame)
        return frame

    async def next(self, kind: str, **fields: Any) -> Frame:
        """Return the next frame of a type that has some values; others are passed over, errors fail."""
        while True:
            frame = await self.hear()
            assert frame["type"] != "error" or kind == "error", frame
            if frame["type"] == kind and all(frame[name] == value for name, value in fields.items()):
                return frame

    async def last(self, kind: str) -> Frame:
        """Return the last frame of a type that was heard, else the next one."""
        heard = [frame for frame in self.heard if frame["type"] == kind]
        return heard[-1] if heard else await self.next(kind)

    async def ask(self, kind: str, *, client_id: str | None = None, **fields: Any) -> Frame:
        """Say something; return the answer to it."""
        said = {"v": 1, "type": kind, "id": client_id or new_id(), **fields}
        await self.tell(said)
        while True:
            frame = await self.hear()
            if frame.get("id") == said["id"]:
                return frame

    async def do(self, kind: str, **fields: Any) -> Frame:
        """Say something that is acknowledged; return the acknowledgement."""
        answer = await self.ask(kind, **fields)
        assert answer["type"] == "ack", answer
        return answer

    async def close_code(self) -> int:
        """Return the code that the server closes with; what it says before is in `heard`."""
        while (event := await self.receive_output(WAIT_S))["type"] == "websocket.send":
            self.heard.append(json.loads(event["text"]))
        assert event["type"] == "websocket.close", event
        return int(event["code"])
