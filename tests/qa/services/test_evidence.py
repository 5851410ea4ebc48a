"""Evidence: every sign once, on the utterance that it is about, with what it claims; and nothing else changes."""

import uuid

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User

from qa.models import Conversation, Entry, Evidence, KnowledgeBase, Phrasing, Release, Turn
from qa.protocol import Choose, Feedback, Option
from qa.services.answering import answer
from qa.services.conversations import NewTurn, record_turn
from qa.services.evidence import WEIGHTS, note_agent_choice, note_reply
from qa.services.feedback import choose, vote
from qa.services.handoff import request_person
from tests.factories import customer_says, make_conversation, make_question

OPTIONS = (Option("warranty", "How long is the warranty?"), Option("filter", "How do I clean the filter?"))
SIGN = tuple[int, int | None, str, str, str | None, float]


@pytest.fixture
def conversation(knowledge_base: KnowledgeBase) -> Conversation:
    """Give a conversation with a question (1) and its answer from the entry `filter` (2)."""
    conversation = make_conversation()
    say(conversation, "my unit is dirty")
    answered(conversation, "filter")
    return conversation


def entry_of(external_id: str) -> Entry:
    return Entry.objects.get(external_id=external_id)


def say(conversation: Conversation, text: str) -> Turn:
    return record_turn(conversation_id=conversation.pk, turn=customer_says(text))


def answered(conversation: Conversation, entry: str | None, kind: Turn.Kind = Turn.Kind.ANSWER) -> Turn:
    """Record the bot's reply to the last turn, and note what it is a sign of, as answering does."""
    question = conversation.turns.order_by("-seq")[0]
    options = OPTIONS if kind == Turn.Kind.CLARIFY else ()
    new = NewTurn(
        Turn.Role.BOT,
        kind,
        "…",
        language="en",
        options=options,
        entry=entry_of(entry) if entry else None,
        reply_to=question,
    )
    reply = record_turn(conversation_id=conversation.pk, turn=new)
    note_reply(reply=reply)
    return reply


def thumb(conversation: Conversation, turn: int, value: str) -> None:
    vote(conversation_id=conversation.pk, feedback=Feedback(uuid.uuid4(), turn, value, None))  # type: ignore[arg-type]


def signs(conversation: Conversation) -> list[SIGN]:
    """Return utterance, turn that gave it, source, claim, entry and weight of every sign."""
    rows = Evidence.objects.filter(turn__conversation=conversation).values_list(
        "turn__seq", "given_by__seq", "source", "claim", "entry__external_id", "weight"
    )
    return list(rows)


def test_votes_are_signs_for_and_against_the_entry(conversation: Conversation) -> None:
    thumb(conversation, 2, "down")
    thumb(conversation, 2, "down")
    assert signs(conversation) == [(1, 2, "vote_down", "not_entry", "filter", 0.7)]
    thumb(conversation, 2, "up")
    assert signs(conversation) == [(1, 2, "vote_up", "entry", "filter", 0.6)]


def test_a_vote_on_what_names_no_entry_claims_nothing(conversation: Conversation) -> None:
    say(conversation, "and the weather tomorrow")
    answered(conversation, None, Turn.Kind.HANDOFF)
    thumb(conversation, 4, "down")
    assert signs(conversation) == [
        (3, 4, "handoff", "unknown", None, 0.2),
        (3, 4, "vote_down", "unknown", None, 0.7),
    ]


def test_a_choice_is_a_sign_for_the_chosen_entry(conversation: Conversation) -> None:
    say(conversation, "how long does it last")
    answered(conversation, None, Turn.Kind.CLARIFY)
    chosen = Choose(uuid.uuid4(), 4, "warranty")
    for _ in range(2):
        choose(conversation_id=conversation.pk, choice=chosen)
    assert signs(conversation) == [(3, 5, "choice", "entry", "warranty", 0.8)]
    thumb(conversation, 6, "down")  # the answer that followed the choice
    assert signs(conversation)[1:] == [(3, 6, "vote_down", "not_entry", "warranty", 0.7)]


def test_none_of_these_is_a_sign_of_the_unknown(conversation: Conversation) -> None:
    say(conversation, "how long does it last")
    answered(conversation, None, Turn.Kind.CLARIFY)
    choose(conversation_id=conversation.pk, choice=Choose(uuid.uuid4(), 4, "none"))
    assert signs(conversation) == [(3, 5, "none_of_these", "unknown", None, 0.6)]


def test_a_wish_for_a_person_is_a_sign_against_the_last_answer(conversation: Conversation) -> None:
    wish = uuid.uuid4()
    for _ in range(2):
        request_person(conversation_id=conversation.pk, client_id=wish, language="en")
    assert signs(conversation) == [(1, 3, "person", "not_entry", "filter", 0.4)]


def test_a_wish_for_a_person_at_once_is_no_sign(knowledge_base: KnowledgeBase) -> None:
    conversation = make_conversation()
    request_person(conversation_id=conversation.pk, client_id=uuid.uuid4(), language="en")
    assert signs(conversation) == []


def test_nearly_the_same_again_is_a_sign_against_the_answer(conversation: Conversation) -> None:
    say(conversation, "my unit is so dirty")
    reply = answered(conversation, "warranty")
    note_reply(reply=reply)
    assert signs(conversation) == [(1, 3, "reasked", "not_entry", "filter", 0.5)]


def test_the_next_question_is_no_sign_unless_the_answer_was_voted_down(conversation: Conversation) -> None:
    say(conversation, "how do I get an invoice")
    answered(conversation, "invoice")
    assert signs(conversation) == []
    thumb(conversation, 4, "down")
    say(conversation, "where is the manual")
    answered(conversation, "manual")
    assert signs(conversation)[1:] == [(3, 5, "reasked", "not_entry", "invoice", 0.5)]


def test_a_question_that_only_failed_is_not_asked_again(knowledge_base: KnowledgeBase) -> None:
    conversation = make_conversation()
    failed = say(conversation, "my unit is dirty")
    notice = NewTurn(Turn.Role.SYSTEM, Turn.Kind.NOTICE, "starting", reply_to=failed)
    record_turn(conversation_id=conversation.pk, turn=notice)
    say(conversation, "my unit is dirty")
    answered(conversation, "filter")
    assert signs(conversation) == []


def test_an_agents_later_choice_replaces_the_earlier(conversation: Conversation) -> None:
    agent, question = User.objects.create(username="a"), conversation.turns.get(seq=1)
    note_agent_choice(question=question, agent_id=agent.pk, entry=entry_of("warranty"))
    assert signs(conversation) == [(1, None, "agent", "entry", "warranty", 1.0)]
    note_agent_choice(question=question, agent_id=agent.pk, entry=None)
    assert signs(conversation) == [(1, None, "agent", "out_of_scope", None, 1.0)]


def test_every_source_has_a_weight() -> None:
    assert set(WEIGHTS) == set(Evidence.Source)


def test_answering_notes_what_it_hands_over(engine_loaded: Release) -> None:
    reply = async_to_sync(answer)(turn=make_question("qwertz uiop"))
    assert reply.kind == "handoff"
    assert signs(reply.conversation) == [(1, 2, "handoff", "unknown", None, 0.2)]
    assert reply.evidence["readings"] == ["qwertz uiop"]


def test_a_hundred_visitors_change_nothing_without_a_reviewer(knowledge_base: KnowledgeBase) -> None:
    before = list(Phrasing.objects.order_by("pk").values_list("entry_id", "text")), Release.objects.count()
    for _ in range(100):
        conversation = make_conversation()
        say(conversation, "how do I get my money back")
        answered(conversation, "noise")
        thumb(conversation, 2, "up")
    assert Evidence.objects.filter(claim="entry", entry=entry_of("noise")).count() == 100
    assert (list(Phrasing.objects.order_by("pk").values_list("entry_id", "text")), Release.objects.count()) == before
