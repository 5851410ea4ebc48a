"""Sockets of colleagues who look at the same conversation tell one another, so that no two write at once."""

import time
from abc import ABC, abstractmethod
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from qa.desk_protocol.parts import Viewer
from qa.desk_protocol.server import ServerFrame, ViewersEvent
from qa.desk_serving import Seat
from qa.selectors.people import display_name
from qa.viewers import SEEN_EVERY_S, Viewers


class Colleagues(AsyncWebsocketConsumer, ABC):  # type: ignore[misc]  # Channels ships no types
    """The part of the desk's socket that knows who else looks at the open conversation."""

    def _begin(self) -> None:
        self.seat: Seat | None = None
        self.conversation: int | None = None
        self.viewers = Viewers()
        self.viewers_shown: tuple[tuple[str, bool], ...] = ()
        self.seen_at = 0.0

    async def _join_colleagues(self, conversation: int) -> None:
        await self.channel_layer.group_add(_group(conversation), self.channel_name)
        await self._say_seen()

    async def _leave_colleagues(self, conversation: int) -> None:
        self.viewers.clear()
        self.viewers_shown = ()
        await self.channel_layer.group_discard(_group(conversation), self.channel_name)
        await self.channel_layer.group_send(_group(conversation), {"type": "viewer.gone", "by": self.channel_name})

    async def _say_seen(self, *, is_typing: bool = False) -> None:
        if self.conversation is None or self.seat is None:
            return
        self.seen_at = time.monotonic()
        seen = {
            "type": "viewer.seen",
            "by": self.channel_name,
            "user": self.seat.user.pk,
            "name": display_name(self.seat.user),
            "is_typing": is_typing,
            "conversation": self.conversation,
        }
        await self.channel_layer.group_send(_group(self.conversation), seen)

    async def viewer_seen(self, event: dict[str, Any]) -> None:
        """A colleague looks at the open conversation; who is new is told that we do."""
        if event["by"] == self.channel_name or event["conversation"] != self.conversation:
            return
        if self.viewers.note(event["by"], event["user"], event["name"], is_typing=event["is_typing"]):
            await self._say_seen()
        await self._show_viewers()

    async def viewer_gone(self, event: dict[str, Any]) -> None:
        """A colleague looks at something else."""
        self.viewers.drop(event["by"])
        await self._show_viewers()

    async def _show_viewers(self) -> None:
        if self.conversation is None or self.seat is None:
            return
        if time.monotonic() - self.seen_at >= SEEN_EVERY_S:
            await self._say_seen()
        people = self.viewers.people(but=self.seat.user.pk)
        if people != self.viewers_shown:
            self.viewers_shown = people
            shown = tuple(Viewer(name, is_typing) for name, is_typing in people)
            await self._send(ViewersEvent(self.conversation, shown))

    @abstractmethod
    async def _send(self, frame: ServerFrame) -> None:
        """Send a frame, unless the page has gone."""


def _group(conversation: int) -> str:
    """Return the channel layer's name of the agents who look at a conversation; customers are never in it."""
    return f"viewers.{conversation}"
