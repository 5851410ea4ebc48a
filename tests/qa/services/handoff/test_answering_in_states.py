"""What the bot says, and whom it calls, as a conversation stands: misses, danger, anger, wishes, people."""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User

from qa import engine
from qa.models import AgentPresence, Conversation, Entry, Release, Turn
from qa.services import handoff
from qa.services.answering import answer
from qa.services.proposing.reading import decided_questions
from tests.factories import make_conversation
from tests.qa.services.handoff.conftest import make_agent, new_id
from tests.qa.services.test_answering import LEAK, tell
from tests.qa.thresholds import with_thresholds

State = Conversation.State
GAS = "there is a smell of gas in the room"
UNKNOWN = "qwertz uiop"


@pytest.fixture
def conversation(engine_loaded: Release) -> Conversation:
    """Give a conversation in English whose questions are answered."""
    conversation = make_conversation()
    conversation.language = "en"
    conversation.save()
    return conversation


@pytest.fixture
def ann(engine_loaded: Release) -> User:
    """Give an agent who is at the desk."""
    return make_agent("Ann Lee")


def say(conversation: Conversation, text: str) -> list[Turn]:
    """Say something and have it answered; return what followed."""
    received = handoff.receive_message(conversation_id=conversation.pk, client_id=new_id(), text=text, language="en")
    async_to_sync(answer)(turn=received.turn, earlier=received.earlier)
    conversation.refresh_from_db()
    return list(conversation.turns.filter(seq__gt=received.turn.seq).order_by("seq"))


def test_second_miss_in_a_row_offers_a_person_and_an_answer_begins_anew(conversation: Conversation) -> None:
    (first,) = say(conversation, UNKNOWN)
    assert "Would you like a person" not in first.text
    assert not handoff.status_of(conversation).offers_person
    (second,) = say(conversation, "zxcvb nmlkj")
    assert "Would you like a person to take over?" in second.text
    assert (conversation.state, conversation.num_misses) == (State.BOT, 2)
    assert handoff.status_of(conversation).offers_person
    (third,) = say(conversation, LEAK)
    assert (third.kind, conversation.num_misses) == ("answer", 0)
    assert not handoff.status_of(conversation).offers_person


def test_question_back_is_no_miss(conversation: Conversation) -> None:
    Conversation.objects.update(num_misses=1)
    with_thresholds(1.01, 0.0)
    (reply,) = say(conversation, LEAK)
    assert (reply.kind, conversation.num_misses) == ("clarify", 1)


def test_danger_is_answered_first_then_people_are_called(conversation: Conversation, ann: User) -> None:
    other = make_conversation()
    handoff.request_person(conversation_id=other.pk, client_id=new_id(), language="en")
    reply, told = say(conversation, GAS)
    assert (reply.role, reply.kind) == ("bot", "answer")
    assert reply.entry is not None
    assert (reply.entry.external_id, reply.entry.is_emergency) == ("gas-smell", True)
    assert (told.role, told.kind) == ("system", "handoff")
    assert told.text == "Our staff have been called; this conversation comes first. You are next."
    assert (conversation.state, conversation.is_urgent, conversation.reason) == (State.WAITING, True, "danger")
    assert handoff.fresh_status(conversation_id=other.pk).position == 2


def test_danger_that_no_entry_is_about_gets_words_of_its_own(conversation: Conversation, ann: User) -> None:
    tell((Entry.objects.get(external_id="gas-smell"), 0.19))
    reply, _told = say(conversation, "sparks fly out of the plug")
    assert (reply.role, reply.kind) == ("system", "notice")
    assert "do not touch the unit" in reply.text
    assert conversation.is_urgent


def test_danger_without_an_engine_and_without_people_is_honest(conversation: Conversation) -> None:
    engine.close()
    reply, told = say(conversation, "the unit is on fire")
    assert "leave with everybody at once and call 119" in reply.text
    assert told.text.startswith("Nobody is at the desk just now, so do not wait here for help.")
    assert (conversation.state, conversation.is_urgent) == (State.WAITING, True)


def test_anger_is_answered_and_people_are_called(conversation: Conversation, ann: User) -> None:
    reply, told = say(conversation, f"this is ridiculous! {LEAK}")
    assert (reply.role, told.kind) == ("bot", "handoff")
    assert (conversation.state, conversation.is_urgent, conversation.reason) == (State.WAITING, True, "anger")


def test_anger_with_nobody_there_is_kept_as_an_urgent_message(conversation: Conversation) -> None:
    *_reply, told = say(conversation, "you are useless")
    assert told.text.startswith("Nobody is at the desk just now.")
    assert (conversation.state, conversation.is_urgent) == (State.TICKET, True)


def test_wish_in_words_calls_people_instead_of_an_answer(conversation: Conversation, ann: User) -> None:
    (told,) = say(conversation, "转人工")
    assert (told.role, told.kind, conversation.state) == ("system", "handoff", State.WAITING)
    assert told.reply_to is not None
    assert told.reply_to.text == "转人工"


def test_wish_in_words_beside_a_question_gets_its_answer_first(conversation: Conversation, ann: User) -> None:
    reply, told = say(conversation, f"talk to a person! {LEAK}")
    assert (reply.role, reply.kind) == ("bot", "answer")
    assert (told.role, told.kind, conversation.state) == ("system", "handoff", State.WAITING)


def test_who_waits_is_still_helped_and_else_told_where_they_are(conversation: Conversation, ann: User) -> None:
    say(conversation, "human")
    (reply,) = say(conversation, LEAK)
    assert (reply.role, reply.kind) == ("bot", "answer")
    (told,) = say(conversation, UNKNOWN)
    assert (told.role, told.kind, told.decision) == ("bot", "handoff", "handoff")
    assert told.evidence["hits"]  # kept as any other: it can be replayed and reviewed
    assert told.text.endswith("our staff will read it. You are next.")
    assert conversation.num_misses == 0


def test_who_waits_for_nobody_is_told_no_place(conversation: Conversation, ann: User) -> None:
    say(conversation, "human")
    AgentPresence.objects.all().delete()
    (told,) = say(conversation, UNKNOWN)
    assert told.text.endswith("our staff will read it.")


def test_message_to_a_ticket_stays_one(conversation: Conversation) -> None:
    say(conversation, "human")
    (told,) = say(conversation, UNKNOWN)
    assert told.text.endswith("our staff will read it.")
    assert conversation.state == State.TICKET


def test_bot_is_silent_while_a_person_answers_but_not_in_danger(conversation: Conversation, ann: User) -> None:
    handoff.claim(conversation_id=conversation.pk, agent=ann, client_id=new_id())
    assert say(conversation, LEAK) == []
    assert say(conversation, "转人工") == []
    assert say(conversation, "you are useless") == []
    reply, told = say(conversation, GAS)
    assert reply.entry is not None
    assert (reply.entry.external_id, told.text) == ("gas-smell", "Ann Lee is with you and will answer here.")
    assert (conversation.state, conversation.assignee, conversation.is_urgent) == (State.ASSIGNED, ann, True)


def test_person_who_took_over_while_it_was_considered_is_not_interrupted(conversation: Conversation, ann: User) -> None:
    received = handoff.receive_message(conversation_id=conversation.pk, client_id=new_id(), text=LEAK, language="en")
    handoff.claim(conversation_id=conversation.pk, agent=ann, client_id=new_id())
    assert async_to_sync(answer)(turn=received.turn) is None


def test_calling_people_is_not_repeated_with_the_answer(conversation: Conversation, ann: User) -> None:
    received = handoff.receive_message(conversation_id=conversation.pk, client_id=new_id(), text=GAS, language="en")
    replies = [async_to_sync(answer)(turn=received.turn) for _ in range(2)]
    assert replies[0] == replies[1]
    assert conversation.turns.count() == 3
    assert conversation.transitions.count() == 1


def test_pieces_of_a_question_are_answered_on_the_last(conversation: Conversation) -> None:
    pieces = [
        handoff.receive_message(conversation_id=conversation.pk, client_id=new_id(), text=text, language="en")
        for text in ("water is dripping", "from the indoor unit")
    ]
    assert async_to_sync(answer)(turn=pieces[0].turn) is None
    reply = async_to_sync(answer)(turn=pieces[1].turn, earlier=pieces[1].earlier)
    assert reply is not None
    assert (reply.reply_to, reply.evidence["merged"]) == (pieces[1].turn, [1])
    assert async_to_sync(answer)(turn=pieces[0].turn) is None
    assert conversation.turns.count() == 3


def test_burst_that_the_bot_does_not_know_is_one_miss(conversation: Conversation) -> None:
    """A greeting waits for the rest; the rest is answered with it, and then there is nothing left to say to it."""
    greeting, rest = [
        handoff.receive_message(conversation_id=conversation.pk, client_id=new_id(), text=text, language="en")
        for text in ("qwertz,", UNKNOWN)
    ]
    reply = async_to_sync(answer)(turn=rest.turn, earlier=rest.earlier)
    assert reply is not None
    assert (reply.role, reply.kind, reply.evidence["merged"]) == ("bot", "handoff", [greeting.turn.seq])
    assert async_to_sync(answer)(turn=greeting.turn) is None
    conversation.refresh_from_db()
    assert (conversation.turns.count(), conversation.num_misses) == (3, 1)


def test_wish_for_a_person_leaves_the_question_before_it_open(conversation: Conversation, ann: User) -> None:
    asked = handoff.receive_message(conversation_id=conversation.pk, client_id=new_id(), text=LEAK, language="en")
    handoff.request_person(conversation_id=conversation.pk, client_id=new_id(), language="en")
    reply = async_to_sync(answer)(turn=asked.turn)
    assert reply is not None
    assert (reply.kind, reply.reply_to) == ("answer", asked.turn)


def test_danger_again_with_nobody_there_promises_nobody(conversation: Conversation) -> None:
    for _ in range(2):
        *_reply, told = say(conversation, GAS)
        assert told.text.startswith("Nobody is at the desk just now, so do not wait here for help.")
        assert (conversation.state, conversation.is_urgent) == (State.WAITING, True)


def test_entry_that_an_agent_links_is_learned_from_on_the_question(conversation: Conversation, ann: User) -> None:
    """The Human button puts words of its own between the question and the agent."""
    say(conversation, UNKNOWN)
    handoff.request_person(conversation_id=conversation.pk, client_id=new_id(), language="en")
    entry = Entry.objects.get(external_id="warranty")
    sent = handoff.send_entry(conversation_id=conversation.pk, agent=ann, entry_id=entry.pk, client_id=new_id())
    wish = conversation.turns.get(text="I would like to talk to a person.")
    for turn in (sent, wish, wish.replies.get()):
        evidence = handoff.link_entry(turn_id=turn.pk, agent=ann, entry_id=entry.pk)
        assert evidence.turn.text == UNKNOWN
    [read] = decided_questions(conversation.knowledge_base)
    assert [sign for sign in read.signs.all() if sign.source == "agent"] == [evidence]


def test_entry_that_an_agent_links_to_what_only_they_were_asked_is_learned_from(
    conversation: Conversation, ann: User
) -> None:
    handoff.claim(conversation_id=conversation.pk, agent=ann, client_id=new_id())
    assert say(conversation, LEAK) == []
    entry = Entry.objects.get(external_id="water-leak")
    sent = handoff.send_entry(conversation_id=conversation.pk, agent=ann, entry_id=entry.pk, client_id=new_id())
    assert not decided_questions(conversation.knowledge_base)
    evidence = handoff.link_entry(turn_id=sent.pk, agent=ann, entry_id=entry.pk)
    assert evidence.turn.text == LEAK
    assert list(decided_questions(conversation.knowledge_base)) == [evidence.turn]
