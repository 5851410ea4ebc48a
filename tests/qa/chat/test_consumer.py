"""The chat socket, frame by frame: what is promised in protocol.md."""

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from pytest_django import Settings

from qa import engine
from qa.concurrency import NUM_POSTGRESQL_THREADS, in_database_thread
from qa.engine.bundle import Bundle, Finding, Question
from qa.models import Release, Turn, Vote
from qa.services.conversations import NewTurn, record_turn
from tests.chat_client import Frame, hello, message, new_id
from tests.qa.chat.conftest import LEAK
from tests.qa.chat_socket import WAIT_S, Socket
from tests.qa.thresholds import with_thresholds

pytestmark = pytest.mark.usefixtures("engine_loaded")


async def test_welcome_names_the_conversation_and_the_release(socket: Socket, engine_loaded: Release) -> None:
    frame = await socket.welcome()
    assert sorted(frame) == ["conversation", "release", "seq", "token", "type"]
    assert (frame["seq"], frame["release"]) == (0, engine_loaded.number)
    assert str(uuid.UUID(frame["conversation"])) == frame["conversation"]
    assert await socket.receive_nothing()


async def test_message_is_acknowledged_then_shown_then_answered(socket: Socket) -> None:
    await socket.welcome()
    client_id = new_id()
    ack, own, reply = await socket.ask(LEAK, client_id)
    assert ack == {"type": "ack", "id": client_id, "seq": 1}
    assert (own["type"], own["seq"], own["role"], own["text"]) == ("turn", 1, "customer", LEAK)
    assert (reply["seq"], reply["role"], reply["kind"], reply["entry"]) == (2, "bot", "answer", "water-leak")
    keys = ["at", "confidence", "entry", "html", "kind", "options", "release", "role", "seq", "text", "type"]
    assert sorted(own) == sorted(reply) == keys
    assert 0 <= reply["confidence"] <= 1


async def hear_turns(socket: Socket, num_said: int) -> tuple[list[Frame], list[int]]:
    """Return the turns until so many messages were said and the last was replied to, and what was acknowledged."""
    turns: list[Frame] = []
    acknowledged: list[int] = []
    while sum(t["role"] == "customer" for t in turns) < num_said or turns[-1]["role"] == "customer":
        frame = await socket.hear()
        if frame["type"] == "ack":
            acknowledged.append(frame["seq"])
        else:
            turns.append(frame)
    return turns, acknowledged


async def test_turns_come_in_order_whatever_is_said_at_once(socket: Socket) -> None:
    await socket.welcome()
    said = [f"{LEAK} {n}" for n in range(6)]
    for text in said:
        await socket.tell(message(text))
    turns, acknowledged = await hear_turns(socket, 6)
    assert [turn["seq"] for turn in turns] == list(range(1, len(turns) + 1))
    own = [turn for turn in turns if turn["role"] == "customer"]
    assert ([turn["text"] for turn in own], [turn["seq"] for turn in own]) == (said, acknowledged)
    assert turns[-1]["entry"] == "water-leak"


class SlowBundle(Bundle):
    """The bundle, but that it considers nothing until it is let."""

    let = threading.Event()

    def consider(self, questions: Sequence[Question]) -> list[Finding]:
        """Consider them once it is let."""
        assert self.let.wait(WAIT_S)
        return super().consider(questions)


async def test_what_is_said_before_the_reply_is_one_question(socket: Socket) -> None:
    bundle = engine.current()
    SlowBundle.let.clear()
    engine.swap(SlowBundle(**{name: getattr(bundle, name) for name in Bundle.__dataclass_fields__}))
    await socket.welcome()
    said = ["water is dripping", "from the indoor unit", "since yesterday"]
    for text in said:
        await socket.tell(message(text))
        assert [frame["type"] for frame in await socket.hear_all(2)] == ["ack", "turn"]
    SlowBundle.let.set()
    reply = await socket.hear()
    assert (reply["seq"], reply["entry"]) == (4, "water-leak")
    assert await socket.receive_nothing(timeout=0.5)
    turn = await Turn.objects.select_related("reply_to").aget(seq=4)
    assert turn.reply_to is not None
    assert (turn.reply_to.seq, turn.evidence["merged"], turn.evidence["text"]) == (3, [1, 2], " ".join(said))


async def test_greeting_waits_for_its_question(socket: Socket, settings: Settings) -> None:
    settings.BURST_MS = 3000  # the reply to the question does not wait for it
    await socket.welcome()
    await socket.tell(message("hello,"))
    await socket.tell(message(LEAK))
    turns, acknowledged = await hear_turns(socket, 2)
    assert ([turn["role"] for turn in turns], acknowledged) == (["customer", "customer", "bot"], [1, 2])
    assert turns[2]["entry"] == "water-leak"
    await socket.leave()  # which waits for answers that are being made
    assert await Turn.objects.acount() == 3


async def test_same_id_again_is_acknowledged_again_and_makes_nothing_new(socket: Socket) -> None:
    await socket.welcome()
    client_id = new_id()
    first = (await socket.ask(LEAK, client_id))[0]
    await socket.tell(message(LEAK, client_id))
    assert await socket.hear() == first
    assert await socket.receive_nothing(timeout=0.5)
    assert await Turn.objects.acount() == 2
    refusal = await socket.error(message("something else", client_id))
    assert (refusal["code"], refusal["id"]) == ("conflict", client_id)


async def test_resume_replays_what_came_after(socket: Socket, other: Socket) -> None:
    opened = await socket.welcome()
    _ack, own, reply = await socket.ask(LEAK)
    resumed = await other.welcome(token=opened["token"], after=1)
    assert (resumed["conversation"], resumed["token"], resumed["seq"]) == (opened["conversation"], opened["token"], 2)
    assert await other.hear() == reply
    assert await other.receive_nothing()
    third = await Socket().open()
    await third.welcome(token=opened["token"])
    assert await third.hear_all(2) == [own, reply]
    await third.leave()


async def test_after_of_a_new_conversation_hides_nothing(socket: Socket) -> None:
    await socket.welcome(after=99)
    assert [frame["seq"] for frame in await socket.ask(LEAK)] == [1, 1, 2]


async def test_question_that_nobody_answered_is_answered_on_resume(socket: Socket, other: Socket) -> None:
    from channels.db import database_sync_to_async

    opened = await socket.welcome()
    from qa.models import Conversation

    pk = (await Conversation.objects.aget(public_id=opened["conversation"])).pk
    turn = NewTurn(Turn.Role.CUSTOMER, Turn.Kind.TEXT, LEAK, language="en", client_id=uuid.uuid4())
    await database_sync_to_async(record_turn)(conversation_id=pk, turn=turn)
    await other.welcome(token=opened["token"])
    own, reply = await other.hear_all(2)
    assert (own["text"], reply["entry"]) == (LEAK, "water-leak")


async def test_two_sockets_of_a_conversation_see_the_same(socket: Socket, other: Socket) -> None:
    opened = await socket.welcome()
    await other.welcome(token=opened["token"])
    _ack, *turns = await socket.ask(LEAK)
    assert await other.hear_all(2) == turns


async def test_typing_is_relayed_to_the_others_only(socket: Socket, other: Socket) -> None:
    opened = await socket.welcome()
    await other.welcome(token=opened["token"])
    await socket.tell({"v": 1, "type": "typing"})
    assert await other.hear() == {"type": "typing"}
    assert await socket.receive_nothing()


async def test_choose_is_acknowledged_shown_and_answered(socket: Socket) -> None:
    with_thresholds(1.01, 0.0)
    await socket.welcome()
    _ack, _own, asked = await socket.ask(LEAK)
    assert (asked["kind"], asked["options"][0]["id"]) == ("clarify", "water-leak")
    choose = {"v": 1, "type": "choose", "id": new_id(), "turn": asked["seq"], "option": "water-leak"}
    await socket.tell(choose)
    ack, own, reply = await socket.hear_all(3)
    assert ack == {"type": "ack", "id": choose["id"], "seq": 3}
    assert (own["role"], own["text"]) == ("customer", asked["options"][0]["text"])
    assert (reply["seq"], reply["kind"], reply["entry"]) == (4, "answer", "water-leak")
    refusal = await socket.error({**choose, "id": new_id(), "option": "none"})
    assert refusal["code"] == "conflict"


async def test_none_of_these_hands_over(socket: Socket) -> None:
    with_thresholds(1.01, 0.0)
    await socket.welcome()
    _ack, _own, asked = await socket.ask(LEAK)
    await socket.tell({"v": 1, "type": "choose", "id": new_id(), "turn": asked["seq"], "option": "none"})
    _ack, own, reply = await socket.hear_all(3)
    assert (own["text"], reply["kind"]) == ("None of these", "handoff")


async def test_feedback_is_acknowledged_and_changeable(socket: Socket) -> None:
    await socket.welcome()
    _ack, _own, reply = await socket.ask(LEAK)
    for vote in ("up", "down"):
        frame = {"v": 1, "type": "feedback", "id": new_id(), "turn": reply["seq"], "vote": vote, "reason": None}
        await socket.tell(frame)
        assert await socket.hear() == {"type": "ack", "id": frame["id"], "seq": reply["seq"]}
    assert [v.value async for v in Vote.objects.all()] == ["down"]
    assert (await socket.error({**frame, "turn": 1}))["code"] == "not_found"


async def test_human_is_always_allowed(socket: Socket) -> None:
    await socket.welcome()
    frame = {"v": 1, "type": "human", "id": new_id()}
    await socket.tell(frame)
    ack, own, reply = await socket.hear_all(3)
    assert ack == {"type": "ack", "id": frame["id"], "seq": 1}
    assert (own["role"], reply["role"], reply["kind"]) == ("customer", "system", "handoff")
    assert "Nobody is at the desk just now" in reply["text"]


@pytest.mark.parametrize(
    ("header", "language"),
    [("en", "en"), ("en-GB,en;q=0.9", "en"), ("fr, en;q=0.5", "en"), ("zh-CN,en", "zh"), ("fr", "zh"), ("", "zh")],
)
async def test_language_of_the_page_is_the_handshakes(header: str, language: str) -> None:
    socket = await Socket(header).open()
    await socket.welcome()
    await socket.ask("123")
    assert (await Turn.objects.aget(seq=1)).language == language
    await socket.leave()


async def test_error_is_in_english_when_the_browser_is(socket: Socket) -> None:
    assert (await socket.error(message("hi")))["message"] == "Say hello first."


async def test_leaving_at_once_loses_neither_question_nor_answer(socket: Socket, other: Socket) -> None:
    opened = await socket.welcome()
    await socket.tell(message(LEAK))
    assert (await socket.hear())["type"] == "ack"
    await socket.leave()
    await other.welcome(token=opened["token"])
    own, reply = await other.hear_all(2)
    assert (own["text"], reply["entry"]) == (LEAK, "water-leak")
    assert await Turn.objects.acount() == 2


async def test_without_an_engine_the_chat_says_so(socket: Socket) -> None:
    engine.close()
    assert (await socket.welcome())["release"] == 0
    _ack, own, reply = await socket.ask(LEAK)
    assert (own["text"], reply["role"], reply["kind"]) == (LEAK, "system", "notice")


async def steps_of_the_loop() -> None:
    """Let what is ready run; no time need pass for it."""
    for _ in range(100):
        await asyncio.sleep(0)


@asynccontextmanager
async def database_busy() -> AsyncIterator[None]:
    """Let whatever comes wait until the block ends: for the one thread before SQLite, or for one of many."""
    is_free = threading.Event()
    waits = [asyncio.create_task(in_database_thread(is_free.wait, WAIT_S)) for _ in range(NUM_POSTGRESQL_THREADS)]
    await steps_of_the_loop()
    try:
        yield
        await steps_of_the_loop()
    finally:
        is_free.set()
        await asyncio.gather(*waits)


async def test_nothing_is_done_for_a_socket_that_left_while_it_waited(
    socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[object] = []
    monkeypatch.setattr("qa.services.conversations.open_conversation", lambda **given: done.append(given))
    monkeypatch.setattr("qa.consumers.read_news", lambda **given: done.append(given))
    async with database_busy():
        await socket.tell(hello())
        leaving = asyncio.create_task(socket.leave())
    await leaving
    assert done == []


async def test_what_was_said_before_leaving_is_stored(socket: Socket, other: Socket) -> None:
    token = (await other.welcome())["token"]
    async with database_busy():
        await socket.tell(hello(token))
        await socket.tell(message(LEAK))
        leaving = asyncio.create_task(socket.leave())
    await leaving
    assert (await other.next("turn"))["text"] == LEAK
