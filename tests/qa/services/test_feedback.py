"""Votes, choices and the wish for a person: each once, each in its own conversation."""

import uuid

import pytest

from qa.exceptions import Conflict, NotFound
from qa.models import Conversation, Entry, KnowledgeBase, Turn, Vote
from qa.protocol import Choose, Feedback, Option
from qa.services.conversations import NewTurn, record_turn
from qa.services.feedback import choose, vote
from qa.services.knowledge import set_status
from tests.factories import CONTACT_EN, customer_says, make_conversation

OPTIONS = (Option("warranty", "How long is the warranty?"), Option("filter", "How do I clean the filter?"))


@pytest.fixture
def conversation(knowledge_base: KnowledgeBase) -> Conversation:
    """Give a conversation whose second turn asks back."""
    conversation = make_conversation()
    asked = record_turn(conversation_id=conversation.pk, turn=customer_says("how long"))
    record_turn(
        conversation_id=conversation.pk,
        turn=NewTurn(
            Turn.Role.BOT, Turn.Kind.CLARIFY, "Which?", language="en", options=OPTIONS, reply_to=asked, release=3
        ),
    )
    return conversation


def said(conversation: Conversation) -> list[tuple[int, str, str, str]]:
    return list(conversation.turns.order_by("seq").values_list("seq", "role", "kind", "text"))


def choice(option: str, turn: int = 2, client_id: uuid.UUID | None = None) -> Choose:
    return Choose(client_id or uuid.uuid4(), turn, option)


def thumb(value: str, turn: int = 2, reason: str | None = None) -> Feedback:
    return Feedback(uuid.uuid4(), turn, value, reason)  # type: ignore[arg-type]


def test_vote_is_changeable(conversation: Conversation) -> None:
    assert vote(conversation_id=conversation.pk, feedback=thumb("up")) == 2
    assert vote(conversation_id=conversation.pk, feedback=thumb("down", reason="wrong")) == 2
    assert [(v.turn.seq, v.value, v.reason) for v in Vote.objects.all()] == [(2, "down", "wrong")]
    vote(conversation_id=conversation.pk, feedback=thumb("up"))
    assert [(v.value, v.reason) for v in Vote.objects.all()] == [("up", "")]


def test_vote_that_comes_twice_does_not_undo_a_later_one(conversation: Conversation) -> None:
    first = thumb("up")
    vote(conversation_id=conversation.pk, feedback=first)
    vote(conversation_id=conversation.pk, feedback=thumb("down"))
    assert vote(conversation_id=conversation.pk, feedback=first) == 2
    assert Vote.objects.get().value == "down"


@pytest.mark.parametrize("turn", [0, 1, 3])
def test_vote_needs_an_answer_of_this_conversation(conversation: Conversation, turn: int) -> None:
    with pytest.raises(NotFound):
        vote(conversation_id=conversation.pk, feedback=thumb("up", turn))
    with pytest.raises(NotFound):
        vote(conversation_id=make_conversation().pk, feedback=thumb("up"))
    assert not Vote.objects.exists()


def test_choose_gives_the_chosen_answer(conversation: Conversation) -> None:
    assert choose(conversation_id=conversation.pk, choice=choice("warranty")) == 3
    assert said(conversation)[2:] == [
        (3, "customer", "text", "How long is the warranty?"),
        (4, "bot", "answer", "Six years for the whole unit."),
    ]
    reply = conversation.turns.get(seq=4)
    assert reply.entry is not None
    assert (reply.entry.external_id, reply.release, reply.html) == (
        "warranty",
        3,
        "<p>Six years for the whole unit.</p>\n",
    )
    assert conversation.turns.get(seq=3).evidence == {"option": "warranty"}


def test_choose_none_of_these_hands_over(conversation: Conversation) -> None:
    choose(conversation_id=conversation.pk, choice=choice("none"))
    assert [turn[1:3] for turn in said(conversation)[2:]] == [("customer", "text"), ("bot", "handoff")]
    assert said(conversation)[3][3].endswith(CONTACT_EN)
    assert "Would you like a person" not in said(conversation)[3][3]
    conversation.refresh_from_db()
    assert (conversation.state, conversation.num_misses) == (Conversation.State.BOT, 1)


def test_choose_none_of_these_offers_a_person_when_it_is_the_second_miss(conversation: Conversation) -> None:
    Conversation.objects.update(num_misses=1)
    choice_id = uuid.uuid4()
    for _ in range(2):
        choose(conversation_id=conversation.pk, choice=choice("none", client_id=choice_id))
    assert "Would you like a person" in said(conversation)[3][3]
    conversation.refresh_from_db()
    assert conversation.num_misses == 2


def test_choose_an_answer_begins_the_count_of_misses_anew(conversation: Conversation) -> None:
    Conversation.objects.update(num_misses=1)
    choose(conversation_id=conversation.pk, choice=choice("filter"))
    conversation.refresh_from_db()
    assert conversation.num_misses == 0


def test_choose_counts_once(conversation: Conversation) -> None:
    client_id = uuid.uuid4()
    first = choose(conversation_id=conversation.pk, choice=choice("filter", client_id=client_id))
    before = said(conversation)
    assert choose(conversation_id=conversation.pk, choice=choice("filter", client_id=client_id)) == first
    for again in (choice("filter"), choice("warranty"), choice("warranty", client_id=client_id), choice("none")):
        with pytest.raises(Conflict):
            choose(conversation_id=conversation.pk, choice=again)
    assert said(conversation) == before


@pytest.mark.parametrize(
    "refused",
    [choice("invoice"), choice(""), choice("warranty", turn=1), choice("warranty", turn=9)],
    ids=["not offered", "empty", "not a question", "no such turn"],  # ids with UUIDs differ between processes
)
def test_choose_what_was_not_offered_is_not_found(conversation: Conversation, refused: Choose) -> None:
    before = said(conversation)
    with pytest.raises(NotFound):
        choose(conversation_id=conversation.pk, choice=refused)
    with pytest.raises(NotFound):
        choose(conversation_id=make_conversation().pk, choice=choice("warranty"))
    assert said(conversation) == before


def test_choose_what_was_archived_meanwhile_hands_over(conversation: Conversation) -> None:
    set_status(entries=list(Entry.objects.filter(external_id="warranty")), status=Entry.Status.ARCHIVED)
    choose(conversation_id=conversation.pk, choice=choice("warranty"))
    assert said(conversation)[3][1:3] == ("bot", "handoff")
