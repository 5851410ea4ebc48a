"""The desk's socket: who may, and what is refused in words."""

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session

from qa import desk_consumer
from qa.desk_presence import Sockets
from qa.models import (
    AgentPresence,
    Conversation,
    KnowledgeBase,
    Membership,
    Note,
    Role,
    Transition,
)
from tests import factories
from tests.chat_client import Frame, new_id
from tests.qa.desk.conftest import LEAK, Opening, customer_writes
from tests.qa.desk_socket import DeskSocket, make_agent, sign_in

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("origin", [None, "null", "https://desk.example.evil", "http://desk.example:81", "http://["])
async def test_pages_of_other_origins_are_refused(ann: User, origin: str | None) -> None:
    socket = DeskSocket(await sync_to_async(sign_in)(ann), origin=origin)
    assert (await socket.connect())["type"] == "websocket.close"
    await socket.leave()


@pytest.mark.parametrize("session", [None, "made-up"])
async def test_nobody_signed_in_is_closed_with_4401(base: KnowledgeBase, session: str | None) -> None:
    socket = DeskSocket(session)
    assert (await socket.connect())["type"] == "websocket.accept"
    assert await socket.close_code() == 4401
    await socket.leave()


@pytest.mark.parametrize("role", [None, Role.EDITOR, Role.REVIEWER, Role.OPERATOR])
async def test_staff_without_the_role_are_refused_in_words(base: KnowledgeBase, role: Role | None) -> None:
    user = await sync_to_async(make_agent)("carl", base, role=role)
    socket = DeskSocket(await sync_to_async(sign_in)(user))
    assert (await socket.connect())["type"] == "websocket.accept"
    assert await socket.close_code() == 1008
    assert [frame["code"] for frame in socket.heard] == ["unauthorised"]
    await socket.leave()


async def test_who_signs_out_is_closed_at_the_next_frame(seat: Opening, ann: User) -> None:
    desk = await seat(ann)
    await Session.objects.all().adelete()
    await desk.tell({"v": 1, "type": "ping", "id": new_id()})
    assert await desk.close_code() == 4401
    assert (desk.heard[-1]["type"], desk.heard[-1]["code"]) == ("error", "unauthorised")


async def test_who_loses_the_role_is_closed_at_the_next_look(seat: Opening, ann: User, waiting: Conversation) -> None:
    desk = await seat(ann, waiting)
    await Membership.objects.all().adelete()
    assert await desk.close_code() == 1008
    assert desk.heard[-1]["code"] == "unauthorised"


async def test_open_conversation_is_gone_with_the_right_to_it(
    seat: Opening, ann: User, waiting: Conversation, base: KnowledgeBase
) -> None:
    other = await sync_to_async(factories.make_knowledge_base)("other")
    desk = await seat(ann, waiting)
    await Membership.objects.acreate(user=ann, knowledge_base=other, role=Role.AGENT)
    await Membership.objects.filter(user=ann, knowledge_base=base).adelete()
    assert (await desk.next("gone"))["conversation"] == waiting.pk
    await sync_to_async(customer_writes)(waiting, "are you there")
    await desk.do("list", view="all", base=None, limit=50)
    assert (await desk.next("list"))["rows"] == []


OF_CONVERSATION: dict[str, Frame] = {
    "open": {"after": 0},
    "earlier": {"before": 9},
    "read": {"seq": 1},
    "claim": {},
    "transfer": {"to": None},
    "say": {"text": "hello"},
    "send_entry": {"entry": 1},
    "resolve": {},
    "reopen": {},
    "return_to_bot": {},
    "note": {"text": "secret"},
    "tag": {"name": "secret"},
    "untag": {"name": "secret"},
    "link_entry": {"turn": 1, "entry": None},
    "draft_entry": {"turn": 1},
    "suggest": {},
    "search_entries": {"words": "filter"},
    "canned": {},
    "agents": {},
    "typing": {},
}


def test_matrix_has_every_frame_of_a_conversation() -> None:
    from qa.desk_protocol.client import OfConversation
    from qa.desk_protocol.decoding import _FRAMES

    assert sorted(OF_CONVERSATION) == sorted(k for k, (cls, _) in _FRAMES.items() if issubclass(cls, OfConversation))


@pytest.mark.parametrize("kind", OF_CONVERSATION)
async def test_agent_of_another_knowledge_base_is_told_there_is_none(
    seat: Opening, waiting: Conversation, kind: str
) -> None:
    other = await sync_to_async(factories.make_knowledge_base)("other")
    stranger = await sync_to_async(make_agent)("eve", other)
    desk = await seat(stranger)
    refusal = await desk.ask(kind, conversation=waiting.pk, **OF_CONVERSATION[kind])
    unknown = await desk.ask(kind, conversation=10**6, **OF_CONVERSATION[kind])
    assert (refusal["type"], refusal["code"]) == ("error", "not_found")
    assert {**refusal, "id": None} == {**unknown, "id": None}
    for view in ("queue", "mine", "all"):
        await desk.do("list", view=view, base=None, limit=500)
        listed = await desk.next("list", view=view)
        assert (listed["rows"], listed["counts"]["all"]) == ([], 0)
    assert not any(LEAK in str(frame) or str(waiting.public_id.hex[:8]) in str(frame) for frame in desk.heard)
    await waiting.arefresh_from_db()
    assert (waiting.state, waiting.last_seq) == ("waiting", 1)
    assert not await Note.objects.aexists()
    assert not await Transition.objects.aexists()


async def test_foreign_knowledge_base_can_not_be_listed(seat: Opening, ann: User, waiting: Conversation) -> None:
    other = await sync_to_async(factories.make_knowledge_base)("other")
    desk = await seat(ann)
    refusal = await desk.ask("list", view="all", base=other.pk, limit=50)
    assert refusal["code"] == "not_found"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("no json", "bad_message"),
        ("[]", "bad_message"),
        ('{"v":1,"type":"hello"}', "bad_message"),
        ('{"v":2,"type":"ping","id":"123e4567-e89b-42d3-a456-426614174000"}', "bad_message"),
        ('{"v":1,"type":"fly","id":"123e4567-e89b-42d3-a456-426614174000"}', "bad_message"),
        ('{"v":1,"type":"ping","id":"123e4567-e89b-42d3-a456-426614174000","more":1}', "bad_message"),
        ('{"v":1,"type":"claim","id":"123e4567-e89b-42d3-a456-426614174000","conversation":"1"}', "bad_message"),
        ('{"v":1,"type":"claim","id":"123e4567-e89b-42d3-a456-426614174000","conversation":true}', "bad_message"),
        ('{"v":1,"type":"say","id":"123e4567-e89b-42d3-a456-426614174000","conversation":1,"text":" "}', "bad_message"),
        ('{"v":1,"type":"presence","id":"123e4567-e89b-42d3-a456-426614174000","status":"gone"}', "bad_message"),
    ],
)
async def test_bad_frames_are_refused_in_words(seat: Opening, ann: User, frame: str, code: str) -> None:
    desk = await seat(ann)
    await desk.tell(frame)
    assert (await desk.next("error"))["code"] == code
    assert (await desk.ask("ping"))["type"] == "pong"


async def test_three_bad_frames_in_a_row_close(seat: Opening, ann: User) -> None:
    desk = await seat(ann)
    for _ in range(3):
        await desk.tell("no json")
    assert await desk.close_code() == 1008


async def test_hello_comes_first_and_once(ann: User) -> None:
    desk = DeskSocket(await sync_to_async(sign_in)(ann))
    await desk.connect()
    assert (await desk.ask("ping"))["code"] == "unauthorised"
    welcome = await desk.ask("hello", language="en", status="online")
    assert welcome["user"] == {"id": ann.pk, "name": "Ann"}
    assert (await desk.ask("hello", language="en", status="online"))["code"] == "conflict"
    await desk.leave()


async def test_presence_follows_the_socket(seat: Opening, ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    sockets = Sockets(back_within_s=0)
    monkeypatch.setattr(desk_consumer, "_sockets", sockets)
    first, second = await seat(ann), await seat(ann)
    assert (await AgentPresence.objects.aget(user=ann)).status == "online"
    await first.do("presence", status="away")
    assert (await AgentPresence.objects.aget(user=ann)).status == "away"
    await second.do("presence", status="online")
    await first.leave()
    assert (await AgentPresence.objects.aget(user=ann)).status == "online"
    await second.leave()
    await sockets.settled()
    assert (await AgentPresence.objects.aget(user=ann)).status == "away"
