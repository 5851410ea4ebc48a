"""What a customer does besides asking: leave a message, say who they are, rate."""

from uuid import UUID

import pytest
from django.contrib.auth.models import User

from qa.exceptions import Conflict, Invalid
from qa.models import Conversation, Widget
from qa.services import handoff
from tests.qa.services.handoff.conftest import ask, last_words, new_id, state, steps

State = Conversation.State


def test_a_message_is_left_with_how_to_reach_its_writer(conversation: Conversation) -> None:
    leave = {"conversation_id": conversation.pk, "name": "Zoë", "email": "", "phone": "", "text": "Call me"}
    with pytest.raises(Invalid, match="Give an e-mail address"):
        handoff.leave_message(client_id=new_id(), **leave)
    with pytest.raises(Invalid, match="no e-mail address"):
        handoff.leave_message(client_id=new_id(), **{**leave, "email": "zoe@"})
    with pytest.raises(Invalid, match="no telephone number"):
        handoff.leave_message(client_id=new_id(), **{**leave, "phone": "no"})
    assert not conversation.turns.exists()
    client_id = new_id()
    for _ in range(2):
        assert handoff.leave_message(client_id=client_id, **{**leave, "phone": "138 0000 0000"}) == 1
    assert (state(conversation), conversation.contact_name) == (State.TICKET, "Zoë")
    assert (conversation.contact_phone, conversation.contact_email) == ("138 0000 0000", "")
    assert last_words(conversation).startswith("Thank you. Your message has been kept")
    assert handoff.leave_message(client_id=new_id(), **leave) == 3
    assert steps(conversation) == [("bot", "ticket", "customer", "message")]


def test_a_message_left_with_an_agent_is_one_to_the_agent(conversation: Conversation, ann: User) -> None:
    handoff.claim(conversation_id=conversation.pk, agent=ann, client_id=new_id())
    handoff.leave_message(
        conversation_id=conversation.pk, client_id=new_id(), name="", email="z@shop.example", phone="", text="Hm"
    )
    assert (state(conversation), conversation.assignee) == (State.ASSIGNED, ann)
    assert last_words(conversation) == "Ann Lee is with you and will answer here."


def test_contact_given_to_a_message_is_thanked_for_once(conversation: Conversation) -> None:
    ask(conversation)
    assert handoff.status_of(conversation_of(conversation)).asks_contact
    for _ in range(2):
        handoff.give_contact(
            conversation_id=conversation.pk, client_id=new_id(), name="", email="z@shop.example", phone=""
        )
    assert not handoff.status_of(conversation_of(conversation)).asks_contact
    assert conversation.turns.filter(text="Thank you. Somebody will get back to you.").count() == 1


@pytest.mark.parametrize("given", [{"name": "Zoë"}, {"email": "z@shop.example"}, {"phone": "138 0000 0000"}])
def test_contact_given_on_the_first_screen_is_not_asked_for_again(
    conversation: Conversation, given: dict[str, str]
) -> None:
    place = Widget.objects.create(name="shop", knowledge_base=conversation.knowledge_base, asks_contact=True)
    Conversation.objects.filter(pk=conversation.pk).update(widget=place)
    assert handoff.status_of(conversation_of(conversation)).asks_contact
    contact = {"name": "", "email": "", "phone": "", **given}
    handoff.give_contact(conversation_id=conversation.pk, client_id=new_id(), **contact)
    assert not handoff.status_of(conversation_of(conversation)).asks_contact


def conversation_of(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


def test_rating_comes_after_the_end_and_is_changeable(conversation: Conversation) -> None:
    pk = conversation.pk
    with pytest.raises(Conflict):
        handoff.rate(conversation_id=pk, client_id=new_id(), score=5, comment=None)
    client_id = new_id()
    assert [handoff.end(conversation_id=pk, client_id=client_id) for _ in range(2)] == [1, 1]
    assert last_words(conversation) == "You have ended the conversation. To go on, just write again."
    assert handoff.rate(conversation_id=pk, client_id=new_id(), score=5, comment=None) == 1
    handoff.rate(conversation_id=pk, client_id=new_id(), score=1, comment=" slow ")
    assert state(conversation) == State.CLOSED
    assert (conversation.satisfaction, conversation.satisfaction_comment) == (1, "slow")


def test_contact_and_rating_that_come_twice_do_not_undo_later_ones(conversation: Conversation) -> None:
    def contact(client_id: UUID, name: str) -> None:
        handoff.give_contact(conversation_id=conversation.pk, client_id=client_id, name=name, email="", phone="")

    def rating(client_id: UUID, score: int) -> None:
        handoff.rate(conversation_id=conversation.pk, client_id=client_id, score=score, comment=None)

    first, second = new_id(), new_id()
    contact(first, "An")
    contact(new_id(), "Anna")
    contact(first, "An")
    handoff.end(conversation_id=conversation.pk, client_id=new_id())
    rating(second, 1)
    rating(new_id(), 5)
    rating(second, 1)
    conversation.refresh_from_db()
    assert (conversation.contact_name, conversation.satisfaction) == ("Anna", 5)
    handoff.receive_message(conversation_id=conversation.pk, client_id=new_id(), text="again", language="en")
    rating(second, 1)  # acknowledged, though the conversation is not over any longer
    with pytest.raises(Conflict):
        rating(new_id(), 1)
