"""Conversations: opened by token, told in `seq` without gaps, nothing said twice."""

import hashlib
import hmac
import threading
import uuid

import pytest
from django.contrib.auth.models import User
from django.db import connections

from qa.exceptions import Conflict, NotFound, Unauthorised, Unavailable
from qa.models import Conversation, KnowledgeBase, Turn, Widget
from qa.protocol import Option
from qa.services.conversations import (
    NewTurn,
    open_conversation,
    open_questions,
    record_turn,
    turn_events,
    unanswered_question,
)
from tests.factories import customer_says, make_conversation

BOT, SYSTEM = Turn.Role.BOT, Turn.Role.SYSTEM


def test_open_conversation_resumes_by_token_only(knowledge_base: KnowledgeBase) -> None:
    opened = open_conversation(token=None, widget=None)
    again = open_conversation(token=opened.token, widget=None)
    assert (again.conversation, again.token) == (opened.conversation, opened.token)
    assert opened.token not in str(Conversation.objects.values().get())
    assert opened.conversation.opens_with(opened.token)
    assert not opened.conversation.opens_with(Conversation.new_token())
    assert open_conversation(token=None, widget=None).conversation != opened.conversation


@pytest.mark.parametrize("token", ["", "x", "0" * 128, "汉字"])
def test_open_conversation_refuses_a_foreign_token(knowledge_base: KnowledgeBase, token: str) -> None:
    make_conversation()
    with pytest.raises(Unauthorised):
        open_conversation(token=token, widget=None)


@pytest.fixture
def widget(knowledge_base: KnowledgeBase) -> Widget:
    """Give a widget of another knowledge base than our own page's."""
    other = KnowledgeBase.objects.create(slug="other", name="other")
    return Widget.objects.create(name="shop", knowledge_base=other)


def test_open_conversation_of_a_widget_answers_from_its_knowledge(widget: Widget) -> None:
    opened = open_conversation(
        token=None, widget=widget.key, language="zh-Hant", page="https://shop.example/aircon"
    ).conversation
    assert (opened.widget, opened.knowledge_base, opened.visitor) == (widget, widget.knowledge_base, None)
    assert (opened.language, opened.page) == ("zh-Hant", "https://shop.example/aircon")


def test_open_conversation_refuses_unknown_widgets_and_those_switched_off(widget: Widget) -> None:
    with pytest.raises(NotFound):
        open_conversation(token=None, widget="key")
    Widget.objects.update(is_active=False)
    with pytest.raises(NotFound):
        open_conversation(token=None, widget=widget.key)
    assert not Conversation.objects.exists()


def test_a_token_opens_nothing_elsewhere(widget: Widget, knowledge_base: KnowledgeBase) -> None:
    elsewhere = Widget.objects.create(name="blog", knowledge_base=widget.knowledge_base)
    token = open_conversation(token=None, widget=widget.key).token
    for key in (None, elsewhere.key):
        with pytest.raises(Unauthorised):
            open_conversation(token=token, widget=key)
    assert open_conversation(token=token, widget=widget.key).conversation.widget == widget
    own = open_conversation(token=None, widget=None).token
    with pytest.raises(Unauthorised):
        open_conversation(token=own, widget=widget.key)


def test_a_widget_for_signed_in_visitors_refuses_others(widget: Widget) -> None:
    token = open_conversation(token=None, widget=widget.key).token
    Widget.objects.update(requires_identity=True)
    for known in (None, token):
        with pytest.raises(Unauthorised):
            open_conversation(token=known, widget=widget.key)
    with pytest.raises(Unauthorised):
        open_conversation(token=None, widget=widget.key, identity="forged")


def identity(widget: Widget, external_id: str) -> str:
    """Sign who a visitor is, as the widget's site does."""
    digest = hmac.new(widget.identity_secret.encode(), external_id.encode(), hashlib.sha256).hexdigest()
    return f"{external_id}.{digest}"


def test_a_token_opens_nothing_for_another_visitor(widget: Widget) -> None:
    opened = open_conversation(
        token=None, widget=widget.key, identity=identity(widget, "ann"), page="https://a.example/"
    )
    with pytest.raises(Unauthorised):
        open_conversation(
            token=opened.token, widget=widget.key, identity=identity(widget, "bob"), page="https://b.example/"
        )
    opened.conversation.refresh_from_db()
    assert opened.conversation.visitor is not None
    assert (opened.conversation.visitor.external_id, opened.conversation.page) == ("ann", "https://a.example/")
    # Without the token they get one of their own.
    of_bob = open_conversation(token=None, widget=widget.key, identity=identity(widget, "bob"))
    assert of_bob.conversation != opened.conversation
    again = open_conversation(token=opened.token, widget=widget.key, identity=identity(widget, "ann"))
    assert again.conversation == opened.conversation


def test_an_anonymous_conversation_becomes_that_of_who_signs_in_and_of_nobody_else_later(widget: Widget) -> None:
    token = open_conversation(token=None, widget=widget.key).token
    signed_in = open_conversation(token=token, widget=widget.key, identity=identity(widget, "ann")).conversation
    assert signed_in.visitor is not None
    assert signed_in.visitor.external_id == "ann"
    with pytest.raises(Unauthorised):
        open_conversation(token=token, widget=widget.key, identity=identity(widget, "bob"))


def test_a_token_alone_goes_on_and_the_conversation_stays_the_visitors(widget: Widget) -> None:
    """In the window that popped out, and until the site has said who it is; `reset` takes the token away."""
    opened = open_conversation(token=None, widget=widget.key, identity=identity(widget, "ann"))
    again = open_conversation(token=opened.token, widget=widget.key)
    assert (again.conversation, again.conversation.visitor) == (opened.conversation, opened.conversation.visitor)
    # Who has neither token nor identity gets nothing of it.
    assert open_conversation(token=None, widget=widget.key).conversation != opened.conversation


def test_a_token_can_be_made_again_but_not_without_the_secret_key(
    knowledge_base: KnowledgeBase, settings: object
) -> None:
    opened = open_conversation(token=None, widget=None)
    assert Conversation.token_of(opened.conversation.public_id) == opened.token
    settings.SECRET_KEY = "another"  # type: ignore[attr-defined]
    assert Conversation.token_of(opened.conversation.public_id) != opened.token


def test_open_conversation_without_knowledge_says_so(db: None) -> None:
    with pytest.raises(Unavailable):
        open_conversation(token=None, widget=None)


def test_configured_knowledge_base_is_the_one(knowledge_base: KnowledgeBase, settings: object) -> None:
    other = KnowledgeBase.objects.create(slug="other", name="other")
    assert make_conversation().knowledge_base == knowledge_base
    settings.CHAT_KNOWLEDGE_BASE = "other"  # type: ignore[attr-defined]
    assert make_conversation().knowledge_base == other


def test_record_turn_numbers_from_one_without_gaps(knowledge_base: KnowledgeBase) -> None:
    conversation = make_conversation()
    turns = [record_turn(conversation_id=conversation.pk, turn=customer_says(f"q{n}")) for n in range(5)]
    assert [turn.seq for turn in turns] == [1, 2, 3, 4, 5]
    conversation.refresh_from_db()
    assert conversation.last_seq == 5


def test_record_turn_with_the_same_id_says_nothing_new(knowledge_base: KnowledgeBase) -> None:
    pk, client_id = make_conversation().pk, uuid.uuid4()
    first = record_turn(conversation_id=pk, turn=customer_says("hi", client_id=client_id))
    record_turn(conversation_id=pk, turn=customer_says("other"))
    assert record_turn(conversation_id=pk, turn=customer_says("hi", client_id=client_id)) == first
    with pytest.raises(Conflict):
        record_turn(conversation_id=pk, turn=customer_says("changed", client_id=client_id))
    assert list(Turn.objects.values_list("text", flat=True)) == ["hi", "other"]
    # Ids are a conversation's own: nobody can find out what others said.
    elsewhere = record_turn(conversation_id=make_conversation().pk, turn=customer_says("hi", client_id=client_id))
    assert elsewhere != first


def test_record_turn_replies_once(knowledge_base: KnowledgeBase) -> None:
    pk = make_conversation().pk
    asked = record_turn(conversation_id=pk, turn=customer_says("hi"))
    first = record_turn(conversation_id=pk, turn=NewTurn(BOT, Turn.Kind.ANSWER, "one", reply_to=asked))
    second = record_turn(conversation_id=pk, turn=NewTurn(BOT, Turn.Kind.ANSWER, "two", reply_to=asked))
    assert second == first
    assert Turn.objects.filter(conversation=pk).count() == 2


def test_saying_something_takes_no_step(knowledge_base: KnowledgeBase) -> None:
    conversation = make_conversation()
    record_turn(conversation_id=conversation.pk, turn=NewTurn(SYSTEM, Turn.Kind.HANDOFF, "wait"))
    record_turn(conversation_id=conversation.pk, turn=NewTurn(BOT, Turn.Kind.HANDOFF, "don't know"))
    conversation.refresh_from_db()
    assert (conversation.state, conversation.last_seq) == (Conversation.State.BOT, 2)


def test_turn_events_are_in_order_after_seq(knowledge_base: KnowledgeBase) -> None:
    pk = make_conversation().pk
    entry = knowledge_base.entries.get(external_id="warranty")
    record_turn(conversation_id=pk, turn=customer_says("<b>a</b>\nb"))
    options = (Option("filter", "Q?"),)
    record_turn(conversation_id=pk, turn=NewTurn(BOT, Turn.Kind.CLARIFY, "which", options=options, confidence=0.25))
    record_turn(
        conversation_id=pk, turn=NewTurn(BOT, Turn.Kind.ANSWER, "six", html="<p>six</p>", entry=entry, release=7)
    )
    first, second, third = turn_events(conversation_id=pk, after=0)
    assert (first.seq, first.role, first.html, first.entry) == (1, "customer", "&lt;b&gt;a&lt;/b&gt;<br>b", None)
    assert (second.kind, second.options, second.confidence) == ("clarify", options, 0.25)
    assert (third.html, third.entry, third.release) == ("<p>six</p>", "warranty", 7)
    assert (first.author, first.client_id) == (None, None)
    assert turn_events(conversation_id=pk, after=2) == [third]
    assert turn_events(conversation_id=pk, after=3) == []
    assert turn_events(conversation_id=make_conversation().pk, after=0) == []


def test_unanswered_question_is_the_last_word_of_a_customer(knowledge_base: KnowledgeBase) -> None:
    pk = make_conversation().pk
    assert unanswered_question(conversation_id=pk) is None
    asked = record_turn(conversation_id=pk, turn=customer_says("hi"))
    assert unanswered_question(conversation_id=pk) == asked
    record_turn(conversation_id=pk, turn=NewTurn(BOT, Turn.Kind.ANSWER, "one", reply_to=asked))
    assert unanswered_question(conversation_id=pk) is None


def test_open_questions_are_those_since_the_last_reply(knowledge_base: KnowledgeBase) -> None:
    pk = make_conversation().pk
    first = record_turn(conversation_id=pk, turn=customer_says("hi"))
    record_turn(conversation_id=pk, turn=NewTurn(BOT, Turn.Kind.ANSWER, "one", reply_to=first))
    second, third = (record_turn(conversation_id=pk, turn=customer_says(text)) for text in ("and", "what now"))
    assert open_questions(conversation_id=pk) == [second, third]
    assert open_questions(conversation_id=pk, until=3) == [second]
    record_turn(conversation_id=pk, turn=NewTurn(SYSTEM, Turn.Kind.NOTICE, "open again"))
    assert open_questions(conversation_id=pk) == [second, third]
    record_turn(conversation_id=pk, turn=NewTurn(SYSTEM, Turn.Kind.NOTICE, "can't say", reply_to=third))
    assert open_questions(conversation_id=pk) == []
    record_turn(conversation_id=pk, turn=customer_says("hm"))
    record_turn(conversation_id=pk, turn=NewTurn(SYSTEM, Turn.Kind.HANDOFF, "Ann has joined"))
    assert open_questions(conversation_id=pk) == []


def test_what_belongs_to_the_page_and_to_agents_is_told(knowledge_base: KnowledgeBase) -> None:
    pk, client_id = make_conversation().pk, uuid.uuid4()
    ann = User.objects.create(username="ann@shop.example", first_name="Ann", last_name="Lee")
    record_turn(conversation_id=pk, turn=customer_says("hi", client_id=client_id))
    record_turn(
        conversation_id=pk, turn=NewTurn(Turn.Role.AGENT, Turn.Kind.TEXT, "hello", client_id=uuid.uuid4(), author=ann)
    )
    own, agents = turn_events(conversation_id=pk, after=0)
    assert (own.client_id, own.author) == (client_id, None)
    assert (agents.client_id, agents.author) == (None, "Ann Lee")
    User.objects.update(first_name="", last_name="")
    assert turn_events(conversation_id=pk, after=1)[0].author == "ann"


def test_eight_speakers_at_once_leave_no_gap(transactional_db: None, knowledge_base: KnowledgeBase) -> None:
    pk, shared = make_conversation().pk, uuid.uuid4()
    errors: list[BaseException] = []
    ready = threading.Barrier(8)

    def speak(speaker: int) -> None:
        try:
            ready.wait(10)
            for n in range(5):
                record_turn(conversation_id=pk, turn=customer_says(f"{speaker}/{n}", client_id=uuid.uuid4()))
            record_turn(conversation_id=pk, turn=customer_says("all say this", client_id=shared))
        except BaseException as error:  # noqa: BLE001  # shown by the assertion below
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=speak, args=(speaker,)) for speaker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert list(Turn.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 42))
    assert Turn.objects.filter(client_id=shared).count() == 1
    assert Conversation.objects.get(pk=pk).last_seq == 41
