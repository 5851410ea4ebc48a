"""People and conversations for the tests of hand-offs."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone, translation

from qa.models import AgentPresence, Conversation, KnowledgeBase, Membership, Role, Turn
from qa.services import handoff
from tests.factories import make_conversation


def make_agent(name: str, base: KnowledgeBase | None = None, *, is_online: bool = True) -> User:
    """Make an agent, at the desk unless it is said otherwise."""
    first, _space, last = name.partition(" ")
    agent = User.objects.create(username=first.lower(), first_name=first, last_name=last, is_staff=True)
    Membership.objects.create(user=agent, knowledge_base=base, role=Role.AGENT)
    if is_online:
        AgentPresence.objects.create(user=agent, seen_at=timezone.now() + timedelta(days=1))
    return agent


@pytest.fixture
def ann(knowledge_base: KnowledgeBase) -> User:
    """Give an agent who is at the desk."""
    return make_agent("Ann Lee", knowledge_base)


@pytest.fixture
def bob(knowledge_base: KnowledgeBase) -> User:
    """Give another."""
    return make_agent("Bob")


@pytest.fixture
def conversation(knowledge_base: KnowledgeBase) -> Conversation:
    """Give a conversation in English in which nothing was said."""
    conversation = make_conversation()
    conversation.language = "en"
    conversation.save()
    return conversation


def new_id() -> uuid.UUID:
    """Return a fresh client id."""
    return uuid.uuid4()


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Read refusals in English, as an agent's page in English does."""
    with translation.override("en"):
        yield


def ask(conversation: Conversation, client_id: uuid.UUID | None = None) -> int:
    return handoff.request_person(conversation_id=conversation.pk, client_id=client_id or new_id(), language="en")


def last_words(conversation: Conversation) -> str:
    turn = conversation.turns.order_by("-seq")[0]
    assert turn.role == Turn.Role.SYSTEM
    return turn.text


def state(conversation: Conversation) -> str:
    conversation.refresh_from_db()
    return conversation.state


def steps(conversation: Conversation) -> list[tuple[str, str, str, str]]:
    return list(conversation.transitions.values_list("before", "after", "actor", "reason"))
