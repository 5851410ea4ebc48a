"""Two agents, a conversation that waits for them, and what opens a desk."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from qa.models import (
    Conversation,
    KnowledgeBase,
)
from qa.services.handoff import receive_message
from tests import factories
from tests.qa.desk_socket import DeskSocket, make_agent, sign_in

LEAK = "water is dripping from the indoor unit"
Opening = Callable[..., Awaitable[DeskSocket]]


@pytest.fixture
def base(transactional_db: None) -> KnowledgeBase:
    """Give the knowledge base of the desk."""
    return factories.make_knowledge_base()


@pytest.fixture
def ann(base: KnowledgeBase) -> User:
    """Give an agent of it."""
    return make_agent("ann", base)


@pytest.fixture
def bob(base: KnowledgeBase) -> User:
    """Give another."""
    return make_agent("bob", base)


def make_waiting(base: KnowledgeBase) -> Conversation:
    """Make a conversation in English that waits for a person."""
    conversation = factories.make_conversation()
    Conversation.objects.filter(pk=conversation.pk).update(
        knowledge_base=base, language="en", state="waiting", waiting_since=conversation.created_at, reason="request"
    )
    customer_writes(conversation, LEAK)
    conversation.refresh_from_db()
    return conversation


def customer_writes(conversation: Conversation, text: str) -> None:
    receive_message(conversation_id=conversation.pk, client_id=uuid.uuid4(), text=text, language="en")


@pytest.fixture
def waiting(ann: User, base: KnowledgeBase) -> Conversation:
    """Give a conversation that waits for a person."""
    return make_waiting(base)


@pytest_asyncio.fixture
async def seat() -> AsyncIterator[Opening]:
    """Give what opens a desk for an agent."""
    async with AsyncExitStack() as stack:

        async def open_desk(user: User, conversation: Conversation | None = None) -> DeskSocket:
            socket = await DeskSocket(await sync_to_async(sign_in)(user)).open()
            stack.push_async_callback(socket.leave)
            if conversation is not None:
                await socket.do("open", conversation=conversation.pk, after=0)
                await socket.next("conversation")
            return socket

        yield open_desk
