"""Reading ahead: everything comes in order, a departure is known at once, and a flood waits outside."""

import asyncio
from collections.abc import Sequence

import pytest

from qa.reading_ahead import MAX_AHEAD, Message, ReadAhead

pytestmark = pytest.mark.unit

LEFT: Message = {"type": "websocket.disconnect", "code": 1006}


class Sender:
    """Hands out messages as fast as they are taken, then waits for ever, or fails."""

    def __init__(self, messages: Sequence[Message], error: Exception | None = None) -> None:
        self.left, self.error = list(messages), error

    async def receive(self) -> Message:
        await asyncio.sleep(0)
        if self.left:
            return self.left.pop(0)
        if self.error:
            raise self.error
        await asyncio.Event().wait()
        raise AssertionError


def frames(number: int) -> list[Message]:
    return [{"type": "websocket.receive", "text": str(place)} for place in range(number)]


async def settle() -> None:
    for _ in range(4 * MAX_AHEAD):
        await asyncio.sleep(0)


async def test_messages_come_in_order() -> None:
    sent = [*frames(3 * MAX_AHEAD), LEFT]
    ahead = ReadAhead(Sender(sent).receive)
    assert [await ahead.receive() for _ in sent] == sent
    ahead.close()


async def test_a_departure_is_known_before_it_is_taken_but_not_before_what_was_said() -> None:
    ahead = ReadAhead(Sender([*frames(2), LEFT]).receive)
    assert not ahead.is_deserted
    await settle()
    deserted, types = [], []
    for _ in range(3):
        deserted.append(ahead.is_deserted)
        types.append((await ahead.receive())["type"])
    assert types == ["websocket.receive"] * 2 + [LEFT["type"]]
    assert deserted == [False, False, True]
    assert ahead.is_deserted
    with pytest.raises(TimeoutError):  # after the last there is none
        await asyncio.wait_for(ahead.receive(), 0.05)
    ahead.close()


async def test_a_flood_waits_outside() -> None:
    sender = Sender(frames(100))
    ahead = ReadAhead(sender.receive)
    await settle()
    assert len(sender.left) == 100 - MAX_AHEAD - 1  # one is in the reader's hand
    ahead.close()


async def test_an_error_comes_after_what_came_before_it() -> None:
    ahead = ReadAhead(Sender(frames(2), ConnectionError("gone")).receive)
    await settle()
    assert [(await ahead.receive())["text"] for _ in range(2)] == ["0", "1"]
    with pytest.raises(ConnectionError, match="gone"):
        await ahead.receive()
