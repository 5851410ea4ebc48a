"""Conversations: opened by token, told in `seq` without gaps, nothing said twice."""

import threading
import uuid

import pytest
from django.db import connections

from qa.exceptions import Conflict, NotFound, Unauthorised, Unavailable
from qa.models import Conversation, KnowledgeBase, Turn
from qa.protocol import Option
from qa.services.conversations import (
    NewTurn,
    open_conversation,
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


def test_open_conversation_knows_no_widgets(knowledge_base: KnowledgeBase) -> None:
    with pytest.raises(NotFound):
        open_conversation(token=None, widget="key")
    assert not Conversation.objects.exists()


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


def test_hand_over_leaves_the_conversation_waiting(knowledge_base: KnowledgeBase) -> None:
    conversation = make_conversation()
    assert conversation.state == Conversation.State.BOT
    record_turn(conversation_id=conversation.pk, turn=NewTurn(SYSTEM, Turn.Kind.HANDOFF, "wait"))
    record_turn(conversation_id=conversation.pk, turn=customer_says("still there?"))
    conversation.refresh_from_db()
    assert conversation.state == Conversation.State.WAITING


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
