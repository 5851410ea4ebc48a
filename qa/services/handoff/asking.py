"""A customer asks for a person."""

from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from qa.models import Conversation, Turn
from qa.services.conversations import NewTurn, add_turn, lock_conversation, said_before
from qa.services.evidence import note_wish_for_person
from qa.services.handoff.queueing import seek_person
from qa.services.wording import in_script_of


def request_person(*, conversation_id: int, client_id: UUID, language: str) -> int:
    """Record that a person is wanted, call one or say that none is there, and tell the customer what happens now.

    Returns:
        The `seq` of the customer's turn.

    Raises:
        Conflict: The client's id was used for something else.
    """
    with transaction.atomic(), translation.override(language):
        conversation = lock_conversation(conversation_id)
        # In the customer's own mouth, so in the characters that they read.
        words = in_script_of(conversation, _("I would like to talk to a person."))
        wish = NewTurn(Turn.Role.CUSTOMER, Turn.Kind.TEXT, words, language=language, client_id=client_id)
        if (earlier := said_before(conversation, wish)) is not None:
            return earlier.seq
        said = add_turn(conversation, wish)
        seek_person(conversation, said=said, reason=Conversation.Reason.REQUEST)
        note_wish_for_person(said=said)
        return said.seq
