"""What the desk shows: lists in their order, times, names, and a number of queries that does not grow."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from qa.models import Conversation, KnowledgeBase, Tag, Turn, Visitor, Vote, Widget
from qa.selectors.desk import Wanted, list_conversations, show_conversation, show_turns, visitor_name
from qa.services.conversations import NewTurn, record_turn
from qa.services.handoff import claim, say
from tests.factories import customer_says, make_conversation
from tests.qa.desk_socket import make_agent

NOW = timezone.now()


@pytest.fixture
def ann(knowledge_base: KnowledgeBase) -> User:
    """Give an agent."""
    return make_agent("ann", knowledge_base)


def make(state: str, *said: str, minutes: int = 0, **fields: object) -> Conversation:
    """Make a conversation in a state, that waits for so many minutes."""
    conversation = make_conversation()
    for text in said or ("hello",):
        record_turn(conversation_id=conversation.pk, turn=customer_says(text))
    since = NOW - timedelta(minutes=minutes)
    Conversation.objects.filter(pk=conversation.pk).update(state=state, waiting_since=since, **fields)
    conversation.refresh_from_db()
    return conversation


def listed(user: User, base: KnowledgeBase, view: str, limit: int = 50) -> list[int]:
    found = list_conversations(user=user, bases=[base], wanted=Wanted(view, None, limit))
    return [row.conversation for row in found.rows]


def test_queue_has_the_urgent_first_then_who_waits_longest_then_messages(
    ann: User, knowledge_base: KnowledgeBase
) -> None:
    late, early = make("waiting", minutes=1), make("waiting", minutes=9)
    message, urgent = make("ticket", minutes=60), make("waiting", minutes=0, is_urgent=True)
    make("bot"), make("resolved"), make("assigned", assignee=ann)
    assert listed(ann, knowledge_base, "queue") == [urgent.pk, early.pk, late.pk, message.pk]


def test_mine_has_whom_i_owe_an_answer_first(ann: User, knowledge_base: KnowledgeBase) -> None:
    answered, owed = make("waiting"), make("waiting", minutes=1)
    for conversation in (answered, owed):
        claim(conversation_id=conversation.pk, agent=ann, client_id=uuid.uuid4())
        say(conversation_id=conversation.pk, agent=ann, text="Hello.", client_id=uuid.uuid4())
    record_turn(conversation_id=owed.pk, turn=customer_says("and now?"))
    make("assigned", assignee=make_agent("bob", knowledge_base))
    found = list_conversations(user=ann, bases=[knowledge_base], wanted=Wanted("mine"))
    assert [(row.conversation, row.num_unanswered) for row in found.rows] == [(owed.pk, 1), (answered.pk, 0)]
    assert (found.counts.mine, found.counts.mine_unanswered, found.counts.all) == (2, 1, 3)


def test_all_has_who_spoke_last_first_and_says_when_there_is_more(ann: User, knowledge_base: KnowledgeBase) -> None:
    first, second, third = make("bot"), make("closed"), make("waiting")
    record_turn(conversation_id=first.pk, turn=customer_says("once more"))
    assert listed(ann, knowledge_base, "all") == [first.pk, third.pk, second.pk]
    found = list_conversations(user=ann, bases=[knowledge_base], wanted=Wanted("all", None, 2))
    assert ([row.conversation for row in found.rows], found.more) == ([first.pk, third.pk], True)
    assert not list_conversations(user=ann, bases=[knowledge_base], wanted=Wanted("all", None, 3)).more


def test_lists_hold_nothing_of_other_knowledge_bases(ann: User, knowledge_base: KnowledgeBase) -> None:
    make("waiting")
    other = KnowledgeBase.objects.create(slug="other", name="Other")
    for view in ("queue", "mine", "all"):
        assert listed(ann, other, view) == []
    found = list_conversations(user=ann, bases=[other], wanted=Wanted("queue"))
    assert (found.counts.queue, found.counts.all) == (0, 0)


def test_number_of_queries_does_not_grow(ann: User, knowledge_base: KnowledgeBase) -> None:
    def num_queries(view: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            listed(ann, knowledge_base, view)
        return len(queries)

    def fill(num: int) -> None:
        for number in range(num):
            conversation = make("waiting", "a", "b", "c")
            conversation.tags.add(Tag.objects.get_or_create(knowledge_base=knowledge_base, name=str(number))[0])
            make("assigned", assignee=ann)

    fill(2)
    few = {view: num_queries(view) for view in ("queue", "mine", "all")}
    fill(10)
    assert {view: num_queries(view) for view in few} == few
    assert max(few.values()) <= 5


def due_in_s(conversation: Conversation, user: User, since: datetime) -> float | None:
    """Return how long after a time an answer is due."""
    shown = show_conversation(conversation_id=conversation.pk, user=user, language="en")
    return None if shown.due_at is None else (datetime.fromisoformat(shown.due_at) - since).total_seconds()


def test_time_runs_from_waiting_then_from_what_is_unanswered(ann: User, knowledge_base: KnowledgeBase) -> None:
    KnowledgeBase.objects.update(reply_within_s=100)
    conversation = make("waiting", minutes=5)
    since = (NOW - timedelta(minutes=5)).replace(microsecond=0)
    assert due_in_s(conversation, ann, since) == 100
    claim(conversation_id=conversation.pk, agent=ann, client_id=uuid.uuid4())
    assert due_in_s(conversation, ann, since) == 100
    say(conversation_id=conversation.pk, agent=ann, text="Hello.", client_id=uuid.uuid4())
    assert due_in_s(conversation, ann, since) is None
    first = record_turn(conversation_id=conversation.pk, turn=customer_says("and?"))
    Turn.objects.filter(pk=first.pk).update(at=NOW.replace(microsecond=0))
    record_turn(conversation_id=conversation.pk, turn=customer_says("hello?"))
    assert due_in_s(conversation, ann, NOW.replace(microsecond=0)) == 100
    for state in ("bot", "ticket", "resolved", "closed"):
        assert due_in_s(make(state, minutes=5), ann, since) is None


def test_names_of_customers(knowledge_base: KnowledgeBase) -> None:
    conversation = make("waiting")
    with translation.override("en"):
        assert visitor_name(conversation) == f"Visitor {conversation.public_id.hex[:4].upper()}"
    widget = Widget.objects.create(knowledge_base=knowledge_base, name="Shop")
    conversation.visitor = Visitor.objects.create(widget=widget, external_id="7", name="Li Lei")
    assert visitor_name(conversation) == "Li Lei"
    conversation.contact_name = "Han Meimei"
    assert visitor_name(conversation) == "Han Meimei"


def test_list_shows_what_people_wrote_and_no_wish_for_a_person(ann: User, knowledge_base: KnowledgeBase) -> None:
    conversation = make("waiting", "my  unit\nleaks " + "x" * 200)
    wish = record_turn(conversation_id=conversation.pk, turn=customer_says("I would like to talk to a person."))
    notice = NewTurn(Turn.Role.SYSTEM, Turn.Kind.HANDOFF, "You are next.", reply_to=wish)
    record_turn(conversation_id=conversation.pk, turn=notice)
    [row] = list_conversations(user=ann, bases=[knowledge_base], wanted=Wanted("queue")).rows
    assert (row.excerpt[:16], len(row.excerpt), row.excerpt_role) == ("my unit leaks xx", 140, "customer")


def test_turns_show_what_was_understood(ann: User, knowledge_base: KnowledgeBase) -> None:
    leak, filter_ = (knowledge_base.entries.get(external_id=name) for name in ("water-leak", "filter"))
    conversation = make("waiting", "it drips")
    question = conversation.turns.get()
    evidence = {
        "text": "it drips",
        "readings": ["it drips", "it leaks"],
        "terms": ["leak"],
        "thresholds": {"answer": 0.6, "clarify": 0.3},
        "hits": [{"entry": leak.pk, "probability": 0.7}, {"entry": filter_.pk, "probability": 0.1}],
    }
    reply = NewTurn(
        Turn.Role.BOT,
        Turn.Kind.ANSWER,
        "Switch it off.",
        entry=leak,
        reply_to=question,
        decision="answer",
        evidence=evidence,
    )
    record_turn(conversation_id=conversation.pk, turn=reply)
    asked, answered = show_turns(conversation_id=conversation.pk, language="zh").turns
    assert (asked.understood, answered.question) == (None, "室内机漏水怎么办？")
    understood = answered.understood
    assert understood is not None
    assert (understood.readings, understood.terms, understood.decision) == (
        ("it drips", "it leaks"),
        ("leak",),
        "answer",
    )
    assert [(hit.entry, hit.question, hit.probability) for hit in understood.hits] == [
        (leak.pk, "室内机漏水怎么办？", 0.7),
        (filter_.pk, "滤网怎么清洗？", 0.1),
    ]
    assert understood.answer_from == 0.6


def test_conversation_shows_who_the_customer_is_and_the_thumbs(ann: User, knowledge_base: KnowledgeBase) -> None:
    widget = Widget.objects.create(knowledge_base=knowledge_base, name="Shop")
    visitor = Visitor.objects.create(
        widget=widget, external_id="7", name="Li Lei", email="li@example.com", attributes={"plan": "gold", "orders": 3}
    )
    past = make("closed", visitor=visitor, widget=widget)
    conversation = make("waiting", visitor=visitor, widget=widget, page="https://shop.example/cart")
    Vote.objects.create(turn=conversation.turns.get(), value="down")
    shown = show_conversation(conversation_id=conversation.pk, user=ann, language="en")
    assert (shown.name, shown.email, shown.is_known, shown.widget) == ("Li Lei", "li@example.com", True, "Shop")
    assert [(a.name, a.value) for a in shown.attributes] == [("plan", "gold"), ("orders", "3")]
    assert [(m.seq, m.vote, m.linked) for m in shown.marks] == [(1, "down", None)]
    assert [p.conversation for p in shown.past] == [past.pk]
    assert shown.page == "https://shop.example/cart"
