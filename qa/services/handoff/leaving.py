"""What a customer does besides asking: leave a message, say who they are, rate, end."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from qa.exceptions import Conflict, Invalid
from qa.handing import OVER, Step
from qa.models import Conversation, Turn
from qa.services.conversations import NewTurn, add_turn, lock_conversation, said_before
from qa.services.handoff import notices
from qa.services.handoff.stepping import Actor, note_done, take_step, tell, wake, was_taken
from qa.services.wording import language_of

State = Conversation.State
MIN_PHONE_DIGITS = 5


def leave_message(*, conversation_id: int, client_id: UUID, name: str, email: str, phone: str, text: str) -> int:
    """Keep a message for when somebody is there, with how to reach the customer.

    With an agent at the other end it is a message like any other.

    Returns:
        The `seq` of the customer's turn.

    Raises:
        Invalid: Nobody could be reached by what is given.
        Conflict: The client's id was used for something else.
    """
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        language = language_of(conversation)
        new = NewTurn(Turn.Role.CUSTOMER, Turn.Kind.TEXT, text, language=language, client_id=client_id)
        if (earlier := said_before(conversation, new)) is not None:
            return earlier.seq
        _keep_contact(conversation, name, email, phone)
        if not notices.can_be_reached(conversation):
            raise Invalid(_("Give an e-mail address or a telephone number, so that somebody can get back to you."))
        said = add_turn(conversation, new)
        with translation.override(language):
            _note_message(conversation, said)
        return said.seq


def _note_message(conversation: Conversation, said: Turn) -> None:
    if conversation.state == State.ASSIGNED:
        tell(conversation, notices.with_agent(conversation), reply_to=said)
        return
    words = _("Thank you. Your message has been kept, and somebody will get back to you.")
    if conversation.state == State.TICKET:
        tell(conversation, words, reply_to=said)
        return
    take_step(
        conversation,
        Step.NOTE,
        actor=Actor.CUSTOMER,
        words=words,
        why="message",
        reply_to=said,
        waiting_since=conversation.waiting_since or timezone.now(),
        assignee=None,
        reason=conversation.reason or Conversation.Reason.REQUEST,
    )


def give_contact(*, conversation_id: int, client_id: UUID, name: str, email: str, phone: str) -> int:
    """Keep who a customer is and how to reach them; what they leave empty stays as it was.

    The same id again changes nothing, also after a later contact.

    Returns:
        The `seq` of the last turn.

    Raises:
        Invalid: The e-mail address or the telephone number can't be one.
    """
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        if was_taken(conversation, client_id):
            return conversation.last_seq
        could = notices.can_be_reached(conversation)
        _keep_contact(conversation, name, email, phone)
        note_done(conversation, client_id, actor=Actor.CUSTOMER)
        wake(conversation)
        if conversation.state == State.TICKET and not could and notices.can_be_reached(conversation):
            with translation.override(language_of(conversation)):
                tell(conversation, _("Thank you. Somebody will get back to you."), kind=Turn.Kind.NOTICE)
        return conversation.last_seq


def _keep_contact(conversation: Conversation, name: str, email: str, phone: str) -> None:
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise Invalid(_("This is no e-mail address. Write one such as name@example.com.")) from error
    if phone and sum(character.isdigit() for character in phone) < MIN_PHONE_DIGITS:
        raise Invalid(_("This is no telephone number. Write it with all its digits."))
    conversation.contact_name = name or conversation.contact_name
    conversation.contact_email = email or conversation.contact_email
    conversation.contact_phone = phone or conversation.contact_phone
    conversation.save(update_fields=["contact_name", "contact_email", "contact_phone", "updated_at"])


def rate(*, conversation_id: int, client_id: UUID, score: int, comment: str | None) -> int:
    """Keep how satisfied a customer is; a later rating takes the place of an earlier, the same id again of none.

    Returns:
        The `seq` of the last turn.

    Raises:
        Conflict: The conversation is not over.
    """
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        if was_taken(conversation, client_id):
            return conversation.last_seq
        if conversation.state not in OVER:
            raise Conflict(_("A conversation can be rated when it is over."))
        conversation.satisfaction = score
        conversation.satisfaction_comment = (comment or "").strip()
        conversation.save(update_fields=["satisfaction", "satisfaction_comment", "updated_at"])
        note_done(conversation, client_id, actor=Actor.CUSTOMER)
        wake(conversation)
        return conversation.last_seq


def end(*, conversation_id: int, client_id: UUID) -> int:
    """End a conversation because its customer wants to; what is over already stays so.

    Returns:
        The `seq` of the last turn.
    """
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        if was_taken(conversation, client_id):
            return conversation.last_seq
        if conversation.state == State.CLOSED:
            note_done(conversation, client_id, actor=Actor.CUSTOMER)
            return conversation.last_seq
        with translation.override(language_of(conversation)):
            turn = take_step(
                conversation,
                Step.END,
                actor=Actor.CUSTOMER,
                words=_("You have ended the conversation. To go on, just write again."),
                kind=Turn.Kind.NOTICE,
                client_id=client_id,
                why="ended",
            )
        return turn.seq
