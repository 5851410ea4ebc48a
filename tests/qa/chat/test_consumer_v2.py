"""The chat socket in version 2: where the conversation stands, who speaks, what else a customer can do."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.utils import timezone

from qa import engine
from qa.models import AgentPresence, Conversation, KnowledgeBase, Turn, Widget
from qa.opening import DAYS
from qa.services import handoff
from tests.chat_client import Frame, message, new_id
from tests.qa.chat.conftest import LEAK
from tests.qa.chat_socket import Socket
from tests.qa.services.handoff.conftest import make_agent

pytestmark = pytest.mark.usefixtures("engine_loaded")


@pytest_asyncio.fixture
async def socket() -> AsyncIterator[Socket]:
    """Give a socket of version 2 that has said nothing yet."""
    socket = await Socket(version=2).open()
    yield socket
    await socket.leave()


async def in_thread(function: object, *args: object, **fields: object) -> object:
    return await database_sync_to_async(function)(*args, **fields)


def frame(kind: str, **fields: object) -> Frame:
    return {"v": 2, "type": kind, "id": new_id(), **fields}


async def welcome(socket: Socket, **fields: object) -> tuple[Frame, Frame]:
    """Say hello; return the welcome and the status."""
    return await socket.welcome(**fields), await socket.next("status")


async def test_welcome_is_followed_by_the_status(socket: Socket) -> None:
    welcome_, status = await welcome(socket)
    assert sorted(welcome_) == ["conversation", "release", "seq", "token", "type"]
    assert status == {
        "type": "status",
        "state": "bot",
        "position": None,
        "wait_s": None,
        "agent": None,
        "is_open": False,
        "opens_at": None,
        "offers_person": False,
        "asks_contact": False,
        "asks_rating": False,
    }
    assert await socket.receive_nothing()


async def test_turns_name_their_author_and_their_client_id(socket: Socket) -> None:
    await welcome(socket)
    client_id = new_id()
    _ack, own, reply = await socket.ask(LEAK, client_id)
    assert (own["client_id"], own["author"]) == (client_id, None)
    assert (reply["client_id"], reply["author"], reply["entry"]) == (None, None, "water-leak")
    # Nothing of the status has changed.
    assert await socket.receive_nothing(timeout=0.3)


async def test_version_is_the_hellos_and_no_other_is_understood_then(socket: Socket) -> None:
    await welcome(socket)
    assert (await socket.error({**message("hi"), "v": 1}))["message"] == "The field 'v' must be 2."
    first = await Socket(version=1).open()
    await first.welcome()
    assert (await first.error(frame("end")))["message"] == "The field 'v' must be 1."
    assert len(await first.ask(LEAK)) == 3
    await first.leave()


async def test_refused_hello_is_refused_in_its_version(socket: Socket) -> None:
    hello = {"v": 2, "type": "hello", "widget": None, "token": None, "after": 0}
    missing = await socket.error(hello)
    assert (missing["code"], missing["message"]) == ("bad_message", "Missing field: identity, language, page.")
    refused = await socket.error({**hello, "widget": "nobody", "identity": None, "language": "en", "page": None})
    assert refused["code"] == "not_found"


async def test_asking_for_a_person_until_they_have_gone(socket: Socket) -> None:
    """From the bot to the queue, to an agent, to the end and the rating; the customer sees each step."""
    ann = await in_thread(make_agent, "Ann Lee")
    opened, status = await welcome(socket)
    assert status["is_open"] is True
    pk = (await Conversation.objects.aget(public_id=opened["conversation"])).pk
    await socket.tell(frame("human"))
    status = await socket.next("status")
    assert (status["state"], status["position"], status["wait_s"]) == ("waiting", 1, None)

    await in_thread(handoff.claim, conversation_id=pk, agent=ann, client_id=uuid.uuid4())
    told = await socket.next("turn")
    assert (told["role"], told["text"]) == ("system", "Ann Lee has joined the conversation.")
    status = await socket.next("status")
    assert (status["state"], status["agent"], status["position"]) == ("assigned", "Ann Lee", None)

    await in_thread(handoff.say, conversation_id=pk, agent=ann, text="Hello!", client_id=uuid.uuid4())
    turn = await socket.next("turn")
    assert (turn["role"], turn["text"], turn["author"], turn["client_id"]) == ("agent", "Hello!", "Ann Lee", None)

    await in_thread(handoff.resolve, conversation_id=pk, agent=ann, client_id=uuid.uuid4())
    status = await socket.next("status")
    assert (status["state"], status["asks_rating"]) == ("resolved", True)
    rate = frame("rate", score=5, comment="quick")
    await socket.tell(rate)
    assert (await socket.next("ack"))["id"] == rate["id"]
    assert (await socket.next("status"))["asks_rating"] is False
    conversation = await Conversation.objects.aget(pk=pk)
    assert (conversation.satisfaction, conversation.satisfaction_comment) == (5, "quick")


async def test_leaving_a_message_when_nobody_is_there(socket: Socket) -> None:
    await welcome(socket)
    await socket.tell(frame("human"))
    status = await socket.next("status")
    assert (status["state"], status["asks_contact"]) == ("ticket", True)
    empty = frame("leave", name=None, email=None, phone="", text="Call me")
    refusal = await socket.error(empty)
    assert (refusal["code"], refusal["id"]) == ("invalid", empty["id"])
    left = frame("leave", name="Zoë", email="zoe@shop.example", phone=None, text="Call me")
    await socket.tell(left)
    ack = await socket.next("ack")
    assert ack["id"] == left["id"]
    assert (await Turn.objects.aget(seq=ack["seq"])).text == "Call me"
    assert (await socket.next("status"))["asks_contact"] is False


async def test_typing_errors_in_a_form_close_no_socket(socket: Socket) -> None:
    await welcome(socket)
    for _ in range(4):
        assert (await socket.error(frame("contact", name="a", email="a@", phone=None)))["code"] == "invalid"
    contact = frame("contact", name="a", email="a@shop.example", phone="+86 138 0000 0000")
    await socket.tell(contact)
    assert await socket.hear() == {"type": "ack", "id": contact["id"], "seq": 0}


async def test_ending_is_told_and_writing_opens_again(socket: Socket) -> None:
    await welcome(socket)
    await socket.ask(LEAK)
    await socket.tell(frame("end"))
    status = await socket.next("status")
    assert (status["state"], status["asks_rating"]) == ("closed", True)
    await socket.tell({**message(LEAK), "v": 2})
    status = await socket.next("status")
    assert status["state"] == "bot"
    assert (await socket.next("turn"))["entry"] == "water-leak"


async def test_typing_says_in_which_role(socket: Socket) -> None:
    opened, _status = await welcome(socket)
    other = await Socket(version=2).open()
    await other.welcome(token=opened["token"])
    await other.tell({"v": 2, "type": "typing"})
    assert await socket.next("typing") == {"type": "typing", "role": "customer"}
    pk = (await Conversation.objects.aget(public_id=opened["conversation"])).pk
    await get_channel_layer().group_send(f"conversation.{pk}", {"type": "typing.seen", "by": "desk", "role": "agent"})
    assert await socket.next("typing") == {"type": "typing", "role": "agent"}
    await other.leave()


async def test_typing_without_end_is_not_told_without_end(socket: Socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.consumers.TYPING_PER_MINUTE", 3)
    opened, _status = await welcome(socket)
    other = await Socket(version=2).open()
    await other.welcome(token=opened["token"])
    for _ in range(20):
        await other.tell({"v": 2, "type": "typing"})
    await other.tell({**message(LEAK), "v": 2})
    heard = [(await socket.hear())["type"]]
    while heard[-1] != "turn":
        heard.append((await socket.hear())["type"])
    assert heard.count("typing") == 3
    await other.leave()


async def test_suggestions_begin_like_the_text_then_mean_it(socket: Socket) -> None:
    await welcome(socket)
    begun = frame("suggest", text="how ")
    await socket.tell(begun)
    found = await socket.hear()
    assert (found["type"], found["id"]) == ("suggestions", begun["id"])
    assert 1 <= len(found["items"]) <= 5
    assert all(item["text"].lower().startswith("how ") for item in found["items"][:3])
    await socket.tell(frame("suggest", text="unit drips water"))
    found = await socket.hear()
    assert found["items"][0] == {"entry": "water-leak", "text": "Why does the indoor unit drip water?"}


async def test_of_what_is_typed_fast_only_the_last_counts(socket: Socket) -> None:
    await welcome(socket)
    typed = [frame("suggest", text="warranty"[:n]) for n in range(2, 9)]
    for wanted in typed:
        await socket.tell(wanted)
    heard = []
    while not heard or heard[-1]["id"] != typed[-1]["id"]:
        heard.append(await socket.hear())
    assert len(heard) <= 2
    assert heard[-1]["items"][0]["entry"] == "warranty"
    assert await socket.receive_nothing(timeout=0.4)
    # Suggestions are no messages: nothing is kept of them.
    assert not await Turn.objects.aexists()


async def test_suggestions_without_an_engine_are_what_begins_like_it(socket: Socket) -> None:
    await welcome(socket)
    engine.close()
    await socket.tell(frame("suggest", text="warranty per"))
    assert [item["entry"] for item in (await socket.hear())["items"]] == ["warranty"]


async def test_a_widget_has_its_own_hours_and_language(socket: Socket) -> None:
    base = await KnowledgeBase.objects.aget()
    in_three_days = DAYS[(datetime.now(UTC).weekday() + 3) % 7]
    widget = await Widget.objects.acreate(
        name="shop",
        knowledge_base=base,
        hours=f"{in_three_days} 00:00-00:01",
        asks_contact=True,
        holidays="2026-01-01 x",
    )
    await in_thread(make_agent, "Ann")
    opened, status = await welcome(socket, widget=widget.key, language="zh-Hant", page="https://shop.example/a?b=c#d")
    assert (status["is_open"], status["opens_at"] is not None, status["asks_contact"]) == (False, True, True)
    conversation = await Conversation.objects.aget(public_id=opened["conversation"])
    assert (conversation.language, conversation.page) == ("zh-Hant", "https://shop.example/a")
    await socket.tell(frame("human"))
    told = await socket.next("turn")
    assert told["text"] == "我想找人工客服。" or told["role"] == "customer"
    assert (await socket.next("turn"))["text"].startswith("現在不是人工服務時間。")
    refusal = await (other := await Socket(version=2).open()).error(
        {"v": 2, "type": "hello", "widget": None, "token": opened["token"], "after": 0}
        | {"identity": None, "language": None, "page": None}
    )
    assert refusal["code"] == "unauthorised"
    await other.leave()


async def test_those_behind_move_up_when_one_is_taken(socket: Socket) -> None:
    ann = await in_thread(make_agent, "Ann")
    await AgentPresence.objects.aupdate(seen_at=timezone.now() + timedelta(days=1))
    first = await Socket(version=2).open()
    opened, _status = await welcome(first)
    await first.tell(frame("human"))
    await first.next("status")
    await welcome(socket)
    await socket.tell(frame("human"))
    assert (await socket.next("status"))["position"] == 2
    pk = (await Conversation.objects.aget(public_id=opened["conversation"])).pk
    await in_thread(handoff.claim, conversation_id=pk, agent=ann, client_id=uuid.uuid4())
    assert (await socket.next("status"))["position"] == 1
    await first.leave()


async def test_rate_is_the_conversations_over_all_its_sockets(socket: Socket, settings: object) -> None:
    settings.MESSAGES_PER_MINUTE = 2  # type: ignore[attr-defined]
    opened, _status = await welcome(socket)
    await socket.ask(LEAK)
    other = await Socket(version=2).open()
    await other.welcome(token=opened["token"], after=9)
    await other.next("status")
    await other.tell({**message(LEAK), "v": 2})
    await other.next("ack")
    refused = {**message(LEAK), "v": 2}
    await socket.next("turn")
    await socket.next("turn")
    assert (await socket.error(refused))["code"] == "rate_limited"
    await other.leave()
