"""The chat over plain HTTP, where sockets are blocked: one request drives the socket's own consumer for a while."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from qa.consumers import ChatConsumer

logger = logging.getLogger(__name__)

Frame = dict[str, Any]
WAIT_S = 25.0
"""How long a request waits when there is nothing to say: less than what proxies allow, in seconds."""
QUIET_S = 0.1
"""What is said goes out when nothing followed for this long, in seconds: an answer takes a tenth of it."""
SUGGESTED_S = 1.0
"""Suggestions are waited for so long; they may not come at all."""
_leaving: set[asyncio.Task[None]] = set()


@dataclass
class Polled:
    """What a request brought: frames in order, and the code that the server closed with, if it did."""

    frames: list[Frame] = field(default_factory=list)
    close: int | None = None


async def poll(frames: Sequence[Frame], headers: Sequence[tuple[bytes, bytes]]) -> Polled:
    """Say frames, and return what the server says; at once when there is something, else when there is or time is up.

    What was begun, such as an answer, is finished and kept when this returns; the next request gets it.

    Args:
        frames: A hello first, as on a socket.
        headers: Of the request; the language of the page is in them.
    """
    said: asyncio.Queue[Frame] = asyncio.Queue()
    heard: asyncio.Queue[Frame] = asyncio.Queue()
    scope = {"type": "websocket", "path": "/ws/chat/", "query_string": b"", "headers": headers, "subprotocols": []}
    task = asyncio.create_task(ChatConsumer.as_asgi()(scope, said.get, heard.put))
    _leaving.add(task)
    task.add_done_callback(_left)
    said.put_nowait({"type": "websocket.connect"})
    for frame in frames:
        said.put_nowait({"type": "websocket.receive", "text": orjson.dumps(frame).decode()})
    try:
        return await _listen(heard, _starts_anew(frames), _acknowledged(frames), _wants_suggestions(frames))
    finally:
        said.put_nowait({"type": "websocket.disconnect", "code": 1000})


async def _listen(
    heard: "asyncio.Queue[Frame]", starts_anew: bool, awaited: set[str], wants_suggestions: bool
) -> Polled:
    polled = Polled()
    has_news, num_statuses = False, 0
    until = asyncio.get_running_loop().time() + WAIT_S
    while polled.close is None:
        left = until - asyncio.get_running_loop().time()
        is_done = has_news and not awaited  # turns that were missed come first, and storing what was said takes a while
        try:
            quiet = SUGGESTED_S if wants_suggestions else QUIET_S
            event = await asyncio.wait_for(heard.get(), min(quiet, left) if is_done else left)
        except TimeoutError:
            break
        if event["type"] == "websocket.close":
            polled.close = event.get("code", 1000)
        elif event["type"] == "websocket.send":
            frame = orjson.loads(event["text"])
            polled.frames.append(frame)
            if frame["type"] in {"ack", "error"} and frame.get("id"):
                awaited.discard(frame["id"])
            elif frame["type"] == "error":
                awaited.clear()  # it may be of any of them
            if frame["type"] in {"suggestions", "error"}:
                wants_suggestions = False
            num_statuses += frame["type"] == "status"
            # Every request is welcomed and told the status once; that is no news to who has a conversation.
            is_greeting = frame["type"] == "welcome" and not starts_anew
            has_news |= not is_greeting and (frame["type"] != "status" or num_statuses > 1)
    return polled


def _starts_anew(frames: Sequence[Frame]) -> bool:
    return any(frame.get("type") == "hello" and frame.get("token") is None for frame in frames)


def _acknowledged(frames: Sequence[Frame]) -> set[str]:
    """Return the ids of frames that are answered with an `ack` or an `error`."""
    stored = (frame.get("id") for frame in frames if frame.get("type") not in ("hello", "suggest"))
    return {frame_id.lower() for frame_id in stored if isinstance(frame_id, str)}


def _wants_suggestions(frames: Sequence[Frame]) -> bool:
    return any(frame.get("type") == "suggest" for frame in frames)


def _left(task: asyncio.Task[None]) -> None:
    _leaving.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("a chat over HTTP ended with an error", exc_info=error)
