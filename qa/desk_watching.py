"""What a desk socket shows without being asked: its list and its open conversation, as they are now."""

from dataclasses import dataclass
from datetime import datetime

from qa.desk_protocol.server import ConversationEvent, ListEvent, TurnsEvent
from qa.desk_serving import Seat, admit, take_seat
from qa.exceptions import NotFound
from qa.selectors import desk as selectors
from qa.services.presence import beat
from qa.services.wording import language_of


@dataclass(frozen=True, slots=True)
class Watched:
    """What a socket wants to be kept supplied with.

    Attributes:
        wanted: The list; None before it was asked for.
        conversation: That is open.
        after: The last turn of it that was sent; 0 for none.
        beats: As what the agent's presence is noted; None when it was of late.
        at: When this was wanted. A look that comes late says nothing of who closed the page meanwhile.
    """

    wanted: selectors.Wanted | None
    conversation: int | None
    after: int
    beats: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to be shown; `is_gone` when the open conversation is not the agent's to see any more."""

    seat: Seat
    listed: ListEvent | None
    shown: ConversationEvent | None
    turns: TurnsEvent | None
    is_gone: bool


def look(watched: Watched, session_key: str | None) -> Seen:
    """Read what a socket watches, with the rights of now.

    Raises:
        SignedOut, NoAgent: Nobody sits here any more.
    """
    seat = take_seat(session_key)
    if watched.beats is not None:
        beat(user=seat.user, status=watched.beats, at=watched.at)
    wanted = watched.wanted
    if wanted is not None and wanted.base not in {None, *(b.pk for b in seat.bases)}:
        wanted = selectors.Wanted(wanted.view, None, wanted.limit)  # the right to this one was taken back
    listed = None
    if wanted is not None:
        listed = selectors.list_conversations(user=seat.user, bases=seat.bases, wanted=wanted)
    if watched.conversation is None:
        return Seen(seat, listed, None, None, is_gone=False)
    try:
        conversation = admit(seat.user, watched.conversation)
    except NotFound:
        return Seen(seat, listed, None, None, is_gone=True)
    language = language_of(conversation)
    return Seen(
        seat,
        listed,
        selectors.show_conversation(conversation_id=conversation.pk, user=seat.user, language=language),
        selectors.show_turns(conversation_id=conversation.pk, language=language, after=watched.after),
        is_gone=False,
    )
