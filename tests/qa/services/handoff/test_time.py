"""What time does: presence, places and waits, limits, and who lets time pass."""

import asyncio
import time
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from qa import clockwork
from qa.models import AgentPresence, Conversation, KnowledgeBase, Lease, Membership, Role, Transition, Turn
from qa.services import handoff
from qa.services.conversations import NewTurn, record_turn
from qa.services.handoff import pass_time
from qa.services.leases import take_lease
from qa.services.presence import agents_online, beat, leave
from tests.factories import customer_says, make_conversation
from tests.qa.services.handoff.conftest import last_words, make_agent, new_id
from tests.servers import PATIENCE_S

State = Conversation.State


def waiting(since: datetime | None = None, **fields: object) -> Conversation:
    """Make a conversation that waits."""
    conversation = make_conversation()
    changed = {"state": State.WAITING, "waiting_since": since or timezone.now(), "language": "en", **fields}
    Conversation.objects.filter(pk=conversation.pk).update(**changed)
    return fresh(conversation)


def fresh(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


def seen(agent: User, ago_s: float, **fields: object) -> None:
    at = timezone.now() - timedelta(seconds=ago_s)
    AgentPresence.objects.update_or_create(user=agent, defaults={"seen_at": at, **fields})


@pytest.mark.parametrize(("ago_s", "is_online"), [(0, True), (44, True), (46, False)])
def test_who_stopped_beating_is_gone(knowledge_base: KnowledgeBase, ago_s: float, is_online: bool) -> None:
    ann = make_agent("Ann", is_online=False)
    seen(ann, ago_s)
    assert agents_online(knowledge_base) == ([ann] if is_online else [])


def test_beating_and_leaving(knowledge_base: KnowledgeBase) -> None:
    ann = make_agent("Ann", is_online=False)
    beat(user=ann, status="online")
    assert agents_online(knowledge_base) == [ann]
    beat(user=ann, status="away")
    assert agents_online(knowledge_base) == []
    beat(user=ann, status="online")
    leave(user=ann)
    leave(user=ann)
    assert agents_online(knowledge_base) == []


def test_the_urgent_come_first_then_who_came_first(knowledge_base: KnowledgeBase) -> None:
    now = timezone.now()
    second, first = waiting(now), waiting(now - timedelta(minutes=1))
    third, urgent = waiting(now + timedelta(seconds=1)), waiting(now, is_urgent=True)
    elsewhere = KnowledgeBase.objects.create(slug="other", name="other")
    waiting(now - timedelta(hours=1), knowledge_base=elsewhere)
    assert [handoff.status_of(c).position for c in (urgent, first, second, third)] == [1, 2, 3, 4]


def test_waits_are_estimated_by_what_others_waited(knowledge_base: KnowledgeBase, ann: User) -> None:
    now = timezone.now()
    mine = waiting(now - timedelta(seconds=10))
    for waited_s in (60, 120, 180):
        taken = waiting(now - timedelta(seconds=waited_s))
        assert handoff.status_of(mine, now=now).wait_s is None
        handoff.claim(conversation_id=taken.pk, agent=ann, client_id=new_id())
    # 120 s on average, of which 10 are over; rounded up to half minutes.
    assert handoff.status_of(mine, now=now).wait_s == 120
    assert handoff.status_of(mine, now=now + timedelta(seconds=30)).wait_s == 90
    assert handoff.status_of(mine, now=now + timedelta(seconds=200)).wait_s is None
    assert handoff.status_of(fresh(taken), now=now).wait_s is None


@pytest.mark.parametrize(("after_s", "is_given_up"), [(599, False), (600, True)])
def test_who_waits_too_long_is_asked_for_a_message(
    knowledge_base: KnowledgeBase, after_s: float, is_given_up: bool
) -> None:
    conversation = waiting()
    assert conversation.waiting_since is not None
    assert pass_time(now=conversation.waiting_since + timedelta(seconds=after_s)) == is_given_up
    assert fresh(conversation).state == (State.TICKET if is_given_up else State.WAITING)
    if is_given_up:
        assert last_words(conversation).startswith("We are sorry: nobody could take over in time.")
        assert handoff.status_of(fresh(conversation)).asks_contact
        assert list(Transition.objects.values_list("actor", "reason")) == [("clock", "waited_too_long")]
        assert pass_time(now=conversation.waiting_since + timedelta(seconds=after_s + 1)) == 0


@pytest.mark.parametrize(
    ("gone_s", "last", "is_put_back"),
    [(119, "customer", False), (121, "customer", True), (121, "agent", False), (None, "customer", True)],
)
def test_who_was_left_by_their_agent_waits_again(
    conversation: Conversation, ann: User, gone_s: float | None, last: str, is_put_back: bool
) -> None:
    handoff.claim(conversation_id=conversation.pk, agent=ann, client_id=new_id())
    Conversation.objects.update(assigned_at=timezone.now() - timedelta(minutes=5))
    role = Turn.Role.CUSTOMER if last == "customer" else Turn.Role.AGENT
    record_turn(conversation_id=conversation.pk, turn=NewTurn(role, Turn.Kind.TEXT, "hm"))
    AgentPresence.objects.all().delete()
    if gone_s is not None:
        seen(ann, gone_s)
    assert pass_time(now=timezone.now()) == is_put_back
    after = fresh(conversation)
    assert (after.state, after.assignee) == ((State.WAITING, None) if is_put_back else (State.ASSIGNED, ann))
    if is_put_back:
        assert last_words(conversation).startswith("Ann Lee can't go on here.")


def held(agent: User, conversation: Conversation, *, since_s: float = 0, asked_s: float = 0) -> None:
    """Give an agent a conversation, and let the customer ask something; both so long ago."""
    handoff.claim(conversation_id=conversation.pk, agent=agent, client_id=new_id())
    said = record_turn(conversation_id=conversation.pk, turn=customer_says("hm"))
    Conversation.objects.update(assigned_at=timezone.now() - timedelta(seconds=since_s))
    Turn.objects.filter(pk=said.pk).update(at=timezone.now() - timedelta(seconds=asked_s))


@pytest.mark.parametrize(
    ("status", "asked_s", "since_s", "is_put_back"),
    [
        ("away", 601, 601, True),
        ("away", 599, 601, False),
        ("away", 601, 599, False),  # a colleague handed it over: this agent is given time
        ("online", 601, 601, False),
    ],
)
def test_who_is_away_for_longer_than_anybody_waits_loses_it(
    conversation: Conversation, ann: User, bob: User, status: str, asked_s: float, since_s: float, is_put_back: bool
) -> None:
    held(ann, conversation, since_s=since_s, asked_s=asked_s)
    seen(ann, 0, status=status)
    assert pass_time(now=timezone.now()) == is_put_back
    after = fresh(conversation)
    assert (after.state, after.assignee) == ((State.WAITING, None) if is_put_back else (State.ASSIGNED, ann))
    if is_put_back:
        words = "Ann Lee can't go on here. A person will take over here, with all that was said. You are next."
        assert last_words(conversation) == words
        assert [step.reason for step in Transition.objects.filter(actor="clock")] == ["agent_away"]


def test_who_is_away_and_has_answered_keeps_it(conversation: Conversation, ann: User) -> None:
    held(ann, conversation, since_s=900, asked_s=900)
    handoff.say(conversation_id=conversation.pk, agent=ann, text="Back in a minute", client_id=new_id())
    seen(ann, 0, status="away")
    assert pass_time(now=timezone.now()) == 0


@pytest.mark.parametrize("lost", ["role", "role for this knowledge base", "account"])
def test_who_may_not_act_here_any_more_loses_it(conversation: Conversation, ann: User, bob: User, lost: str) -> None:
    held(ann, conversation)
    assert pass_time(now=timezone.now()) == 0
    if lost == "account":
        User.objects.filter(pk=ann.pk).update(is_active=False)
    else:
        elsewhere = KnowledgeBase.objects.create(slug="other", name="other")
        ann.memberships.all().delete()
        Membership.objects.filter(user=bob).update(knowledge_base=conversation.knowledge_base)
        if lost != "role":
            Membership.objects.create(user=ann, knowledge_base=elsewhere, role=Role.AGENT)
    assert pass_time(now=timezone.now()) == 1
    assert (fresh(conversation).state, fresh(conversation).assignee) == (State.WAITING, None)
    assert last_words(conversation).startswith("Ann Lee can't go on here. A person will take over here")
    assert [step.reason for step in Transition.objects.filter(actor="clock")] == ["no_agent_any_more"]
    handoff.claim(conversation_id=conversation.pk, agent=bob, client_id=new_id())


def test_what_the_bot_said_in_danger_does_not_count_as_the_agents_word(conversation: Conversation, ann: User) -> None:
    held(ann, conversation, since_s=300)
    said = NewTurn(Turn.Role.BOT, Turn.Kind.ANSWER, "Leave the house.")
    record_turn(conversation_id=conversation.pk, turn=said)
    AgentPresence.objects.all().delete()
    assert pass_time(now=timezone.now()) == 1
    assert fresh(conversation).state == State.WAITING


def test_an_agent_who_just_took_it_is_given_time(conversation: Conversation, ann: User) -> None:
    record_turn(conversation_id=conversation.pk, turn=customer_says("hm"))
    handoff.claim(conversation_id=conversation.pk, agent=ann, client_id=new_id())
    AgentPresence.objects.all().delete()
    assert pass_time(now=timezone.now()) == 0


@pytest.mark.parametrize(
    ("state", "last", "closes"),
    [
        ("bot", "customer", True),
        ("assigned", "agent", True),
        ("assigned", "customer", False),
        ("resolved", "customer", True),
        ("ticket", "customer", False),
        ("closed", "customer", False),
    ],
)
def test_silence_closes_what_nobody_waits_in(
    conversation: Conversation, ann: User, state: str, last: str, closes: bool
) -> None:
    Conversation.objects.update(state=state, assignee=ann, assigned_at=timezone.now(), waiting_since=timezone.now())
    role = Turn.Role.CUSTOMER if last == "customer" else Turn.Role.AGENT
    said = record_turn(conversation_id=conversation.pk, turn=NewTurn(role, Turn.Kind.TEXT, "hm"))
    assert pass_time(now=said.at + timedelta(seconds=3_599)) == 0
    seen(ann, -4_000)
    assert pass_time(now=said.at + timedelta(seconds=3_600)) == closes
    assert fresh(conversation).state == (State.CLOSED if closes else state)
    if closes:
        assert last_words(conversation).startswith("The conversation was closed because nothing was said")


def test_conversations_in_which_nothing_was_said_are_left_alone(conversation: Conversation) -> None:
    assert pass_time(now=timezone.now() + timedelta(days=30)) == 0
    assert not conversation.turns.exists()


def test_a_lease_is_had_by_one_at_a_time(db: None) -> None:
    now = timezone.now()
    assert [take_lease(name="clock", now=now, for_s=5) for _ in range(2)] == [True, False]
    assert take_lease(name="other", now=now, for_s=5)
    assert not take_lease(name="clock", now=now + timedelta(seconds=4.9), for_s=5)
    assert take_lease(name="clock", now=now + timedelta(seconds=5), for_s=5)
    assert Lease.objects.count() == 2


async def test_the_clock_of_a_process_ticks_and_survives_trouble(
    transactional_db: None, knowledge_base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    from channels.db import database_sync_to_async

    monkeypatch.setattr(clockwork, "TICK_S", 0.01)
    long_ago = timezone.now() - timedelta(hours=1)
    conversation = await database_sync_to_async(waiting)(long_ago)
    ticking = asyncio.create_task(clockwork.tick_for_ever())
    deadline = time.monotonic() + PATIENCE_S
    while (await Conversation.objects.aget(pk=conversation.pk)).state != State.TICKET and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    ticking.cancel()
    assert (await Conversation.objects.aget(pk=conversation.pk)).state == State.TICKET
