"""The chat socket: what is refused, and how."""

from typing import Any

import pytest

from qa.models import Turn
from tests.chat_client import Frame, hello, message, new_id
from tests.qa.chat.conftest import LEAK
from tests.qa.chat_socket import Socket

pytestmark = pytest.mark.usefixtures("engine_loaded")


async def test_foreign_token_opens_nothing(socket: Socket, other: Socket) -> None:
    await other.welcome()
    await other.ask(LEAK)
    refusal = await socket.error(hello(token="x" * 43))
    assert refusal["code"] == "unauthorised"
    # The socket stays, and may start a conversation of its own.
    assert (await socket.welcome())["seq"] == 0


async def test_widget_that_is_not_there_is_not_found(socket: Socket) -> None:
    assert (await socket.error(hello(widget="nobody")))["code"] == "not_found"


@pytest.mark.parametrize(
    "frame",
    [
        message("hi"),
        {"v": 1, "type": "choose", "id": new_id(), "turn": 1, "option": "none"},
        {"v": 1, "type": "feedback", "id": new_id(), "turn": 1, "vote": "up", "reason": None},
        {"v": 1, "type": "human", "id": new_id()},
        {"v": 1, "type": "typing"},
    ],
    ids=lambda frame: str(frame["type"]),
)
async def test_frames_before_hello_are_refused(socket: Socket, frame: Frame) -> None:
    refusal = await socket.error(frame)
    assert (refusal["code"], refusal["id"]) == ("unauthorised", frame.get("id"))
    assert not await Turn.objects.aexists()


async def test_ping_needs_no_hello(socket: Socket) -> None:
    await socket.tell({"v": 1, "type": "ping"})
    assert await socket.hear() == {"type": "pong"}


async def test_second_hello_is_a_conflict(socket: Socket) -> None:
    await socket.welcome()
    assert (await socket.error(hello()))["code"] == "conflict"
    assert len(await socket.ask(LEAK)) == 3


async def test_binary_frame_is_refused_and_the_socket_stays(socket: Socket) -> None:
    await socket.welcome()
    await socket.send_input({"type": "websocket.receive", "bytes": b"\x00\xff"})
    refusal = await socket.hear()
    assert (refusal["type"], refusal["code"], refusal["id"]) == ("error", "bad_message", None)
    assert len(await socket.ask(LEAK)) == 3


BAD = ["", "{", "[" * 60_000, '{"v":1,"type":"message","id":"x","text":"a"}', '{"v":NaN}', '"\\ud800"', "1e999"]


@pytest.mark.parametrize("bad", BAD, ids=lambda text: text[:12])
async def test_two_bad_frames_in_a_row_are_borne_and_three_close(socket: Socket, bad: str) -> None:
    await socket.welcome()
    for _ in range(2):
        for _ in range(2):
            assert (await socket.error(bad))["code"] == "bad_message"
        await socket.tell({"v": 1, "type": "ping"})
        assert await socket.hear() == {"type": "pong"}
    for _ in range(3):
        assert (await socket.error(bad))["code"] == "bad_message"
    assert await socket.close_code() == 1008


async def test_long_message_is_refused_with_its_id_and_does_not_count_as_bad(socket: Socket) -> None:
    await socket.welcome()
    for _ in range(4):
        client_id = new_id()
        refusal = await socket.error(message("字" * 4_001, client_id))
        assert (refusal["code"], refusal["id"]) == ("too_long", client_id)
    ack, own, _reply = await socket.ask("字" * 4_000)
    assert (ack["seq"], len(own["text"])) == (1, 4_000)


@pytest.mark.parametrize("text", ["", "   ", "a\0b"])
async def test_text_that_can_not_be_kept_is_refused(socket: Socket, text: str) -> None:
    await socket.welcome()
    client_id = new_id()
    refusal = await socket.error(message(text, client_id))
    assert (refusal["code"], refusal["id"]) == ("bad_message", client_id)
    assert not await Turn.objects.aexists()


async def test_too_many_frames_are_told_to_wait(settings: Any) -> None:
    settings.MESSAGES_PER_MINUTE = 2
    socket = await Socket().open()
    await socket.welcome()
    for _ in range(2):
        await socket.ask(LEAK)
    client_id = new_id()
    refusal = await socket.error(message(LEAK, client_id))
    assert (refusal["code"], refusal["id"]) == ("rate_limited", client_id)
    await socket.tell({"v": 1, "type": "ping"})
    assert await socket.hear() == {"type": "pong"}
    assert await Turn.objects.acount() == 4
    await socket.leave()
