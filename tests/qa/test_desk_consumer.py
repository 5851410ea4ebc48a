"""The desk's socket, frame by frame: what is promised in docs/desk.md, what is refused and how."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from qa.models import CannedReply, Conversation, Entry, Evidence, KnowledgeBase, Membership, Note, Role, Turn
from qa.services import handoff
from qa.services.conversations import record_turn
from qa.services.handoff import receive_message
from tests import factories
from tests.qa.desk_socket import DeskSocket, make_agent, sign_in

LEAK = "water is dripping from the indoor unit"
Opening = Callable[..., Awaitable[DeskSocket]]
pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def base(transactional_db: None) -> KnowledgeBase:
    return factories.make_knowledge_base()


@pytest.fixture
def ann(base: KnowledgeBase) -> User:
    return make_agent("ann", base)


@pytest.fixture
def bob(base: KnowledgeBase) -> User:
    return make_agent("bob", base)


@pytest.fixture
def waiting(ann: User) -> Conversation:
    """Give a conversation that waits for a person."""
    conversation = factories.make_conversation()
    Conversation.objects.filter(pk=conversation.pk).update(language="en")
    receive_message(conversation_id=conversation.pk, client_id=uuid.uuid4(), text=LEAK, language="en")
    Conversation.objects.filter(pk=conversation.pk).update(state="waiting", waiting_since=conversation.created_at)
    conversation.refresh_from_db()
    return conversation


@pytest_asyncio.fixture
async def seat() -> AsyncIterator[Opening]:
    """Give what opens a desk for an agent."""
    async with AsyncExitStack() as stack:

        async def open_desk(user: User, **options: str) -> DeskSocket:
            socket = await DeskSocket(await sync_to_async(sign_in)(user)).open(**options)
            stack.push_async_callback(socket.leave)
            return socket

        yield open_desk


async def test_claim_and_say(seat: Opening, ann: User, waiting: Conversation) -> None:
    desk = await seat(ann)
    await desk.do("list", view="queue", base=None, limit=50)
    listed = await desk.next("list")
    assert [row["conversation"] for row in listed["rows"]] == [waiting.pk]
    await desk.do("open", conversation=waiting.pk, after=0)
    turns = await desk.next("turns")
    shown = await desk.next("conversation")
    assert [t["text"] for t in turns["turns"]] == [LEAK]
    assert (shown["state"], shown["is_mine"]) == ("waiting", False)
    await desk.do("claim", conversation=waiting.pk)
    shown = await desk.next("conversation", state="assigned")
    assert shown["is_mine"]
    ack = await desk.do("say", conversation=waiting.pk, text="I am here.")
    turns = await desk.next("turns")
    assert [(t["seq"], t["role"], t["text"]) for t in turns["turns"]] == [(ack["seq"], "agent", "I am here.")]
