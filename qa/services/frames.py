"""From a customer's frame to the service that it means: one call each, whichever way the frame came."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from qa import protocol
from qa.exceptions import BadMessage
from qa.services import feedback, handoff


@dataclass(frozen=True, slots=True)
class Stored:
    """What was committed: the `seq` to acknowledge, and what is to be answered, if anything."""

    seq: int
    received: handoff.Received | None = None


def store_frame(*, frame: protocol.ClientFrame, conversation_id: int, language: str) -> Stored:
    """Commit what a frame says.

    Raises:
        QAError: What the service raises; BadMessage for a frame that says nothing to store.
    """
    match frame:
        case protocol.Message(id=client_id, text=text):
            received = handoff.receive_message(
                conversation_id=conversation_id, client_id=client_id, text=text, language=language
            )
            return Stored(received.turn.seq, received if received.is_new else None)
        case protocol.Choose():
            return Stored(feedback.choose(conversation_id=conversation_id, choice=frame))
        case protocol.Feedback():
            return Stored(feedback.vote(conversation_id=conversation_id, feedback=frame))
        case protocol.Human(id=client_id):
            seq = handoff.request_person(conversation_id=conversation_id, client_id=client_id, language=language)
            return Stored(seq)
        case _:
            return Stored(_store_second(frame, conversation_id))


def _store_second(frame: protocol.ClientFrame, conversation_id: int) -> int:
    """Commit what only version 2 can say."""
    match frame:
        case protocol.Contact(id=client_id, name=name, email=email, phone=phone):
            return handoff.give_contact(
                conversation_id=conversation_id, client_id=client_id, name=name, email=email, phone=phone
            )
        case protocol.Leave(id=client_id, name=name, email=email, phone=phone, text=text):
            return handoff.leave_message(
                conversation_id=conversation_id, client_id=client_id, name=name, email=email, phone=phone, text=text
            )
        case protocol.Rate(id=client_id, score=score, comment=comment):
            return handoff.rate(conversation_id=conversation_id, client_id=client_id, score=score, comment=comment)
        case protocol.End(id=client_id):
            return handoff.end(conversation_id=conversation_id, client_id=client_id)
        case _:
            raise BadMessage(_("This frame is not expected here."))
