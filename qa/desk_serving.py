"""From an agent's frame to the service that it means; who may is decided here, in `admit`, and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from qa.desk_protocol import client
from qa.desk_protocol.parts import Person
from qa.desk_protocol.server import AgentsEvent, Answer, CannedEvent, DraftEvent, EntriesEvent, Pong, Welcome
from qa.exceptions import BadMessage, NotFound, Unauthorised
from qa.models import Conversation, KnowledgeBase, Role, Tag
from qa.protocol import Ack, Identified
from qa.selectors import desk as selectors
from qa.selectors.access import bases_for, may
from qa.selectors.people import display_name
from qa.services import desk, handoff
from qa.services.presence import agents_online, beat
from qa.services.wording import language_of


class SignedOut(Unauthorised):
    """Raised when the session of a socket has ended."""


class NoAgent(Unauthorised):
    """Raised when somebody is an agent of no knowledge base."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Who sits at the desk just now, and for which knowledge bases."""

    user: User
    bases: Sequence[KnowledgeBase]


@dataclass(frozen=True, slots=True)
class Served:
    """The answer to a frame, by whom it was said, and about which conversation."""

    answer: Answer
    user: User
    conversation: Conversation | None


def take_seat(session_key: str | None) -> Seat:
    """Return who is signed in.

    Raises:
        SignedOut: Nobody.
        NoAgent: Somebody without the role of an agent.
    """
    user = desk.signed_in(session_key=session_key)
    if user is None:
        raise SignedOut(_("You are not signed in any more. Sign in again."))
    bases = list(bases_for(user, Role.AGENT))
    if not bases:
        raise NoAgent(
            _("Your account has the role “agent” with no knowledge base. An operator can give it to you in the admin.")
        )
    return Seat(user, bases)


def admit(user: User, conversation_id: int) -> Conversation:
    """Return a conversation that somebody may see and speak in: the one place that decides it.

    Raises:
        NotFound: There is none, or it is of a knowledge base of others; which of the two is not told.
    """
    rows = Conversation.objects.select_related("knowledge_base").filter(pk=conversation_id)
    conversation = rows.first()
    if conversation is None or not may(user, Role.AGENT, conversation.knowledge_base):
        raise NotFound(_("There is no such conversation."))
    return conversation


def serve(frame: Identified, session_key: str | None) -> Served:
    """Do what a frame says, in the name of who is signed in now.

    Raises:
        QAError: What the right or the service refuses.
    """
    seat = take_seat(session_key)
    if isinstance(frame, client.OfConversation):
        conversation = admit(seat.user, frame.conversation)
        return Served(_serve(frame, conversation, seat.user), seat.user, conversation)
    return Served(_serve_desk(frame, seat), seat.user, None)


def _serve_desk(frame: Identified, seat: Seat) -> Answer:
    """Serve what is about no conversation."""
    match frame:
        case client.Hello(id=frame_id, status=status):
            beat(user=seat.user, status=status)
            person = Person(seat.user.pk, display_name(seat.user))
            return Welcome(frame_id, person, timezone.now().isoformat(timespec="milliseconds"))
        case client.Presence(status=status):
            beat(user=seat.user, status=status)
        case client.List(base=base) if base is not None and base not in {b.pk for b in seat.bases}:
            raise NotFound(_("There is no knowledge base of this name."))
        case client.Ping(id=frame_id):
            return Pong(frame_id)
    return Ack(frame.id)


def _serve(frame: client.OfConversation, conversation: Conversation, user: User) -> Answer:
    """Serve what is about a conversation that is the agent's to see."""
    match frame:
        case client.Say() | client.SendEntry():
            return _speak(frame, user)
        case client.Claim() | client.Transfer() | client.Resolve() | client.Reopen() | client.ReturnToBot():
            _step(frame, conversation, user)
        case client.Read(seq=seq):
            desk.note_read(conversation_id=conversation.pk, agent=user, seq=min(seq, conversation.last_seq))
        case client.WriteNote(text=text):
            desk.write_note(conversation_id=conversation.pk, agent=user, text=text, client_id=frame.id)
        case client.PutTag(name=name):
            desk.put_tag(conversation_id=conversation.pk, name=name)
        case client.TakeTag(name=name):
            desk.take_tag(conversation_id=conversation.pk, name=name)
        case client.LinkEntry():
            _link(frame, conversation, user)
        case client.Open() | client.Typing() | client.Suggest():
            pass  # the socket does the rest
        case _:
            return _read(frame, conversation, user)
    return Ack(frame.id)


def _speak(frame: client.Say | client.SendEntry, user: User) -> Answer:
    said: dict[str, Any] = {"conversation_id": frame.conversation, "agent": user, "client_id": frame.id}
    if isinstance(frame, client.Say):
        return Ack(frame.id, handoff.say(text=frame.text, **said).seq)
    return Ack(frame.id, handoff.send_entry(entry_id=frame.entry, **said).seq)


def _step(frame: client.OfConversation, conversation: Conversation, user: User) -> None:
    step: dict[str, Any] = {"conversation_id": conversation.pk, "agent": user, "client_id": frame.id}
    match frame:
        case client.Claim():
            handoff.claim(**step)
        case client.Transfer(to=to):
            handoff.transfer(to=None if to is None else _colleague(to, conversation), **step)
        case client.Resolve():
            handoff.resolve(**step)
        case client.Reopen():
            handoff.reopen(**step)
        case client.ReturnToBot():
            handoff.return_to_bot(**step)


def _colleague(user_id: int, conversation: Conversation) -> User:
    user = User.objects.filter(pk=user_id).first()
    if user is None or not may(user, Role.AGENT, conversation.knowledge_base):
        raise NotFound(_("This person is not an agent of this knowledge base."))
    return user


def _link(frame: client.LinkEntry, conversation: Conversation, user: User) -> None:
    turn = conversation.turns.filter(seq=frame.turn).first()
    if turn is None:
        raise NotFound(_("There is no such turn in this conversation."))
    handoff.link_entry(turn_id=turn.pk, agent=user, entry_id=frame.entry)


def _read(frame: client.OfConversation, conversation: Conversation, user: User) -> Answer:
    base, language = conversation.knowledge_base, language_of(conversation)
    match frame:
        case client.Earlier(before=before):
            return selectors.show_turns(
                conversation_id=conversation.pk, language=language, before=before, asked=frame.id
            )
        case client.SearchEntries(words=words):
            found = selectors.search_for_agent(base, words=words, language=language)
            return EntriesEvent(frame.id, conversation.pk, found)
        case client.Canned():
            labels = Tag.objects.filter(knowledge_base=base).values_list("name", flat=True)
            replies = selectors.canned_replies(base, language)
            return CannedEvent(frame.id, conversation.pk, replies, tuple(labels))
        case client.Agents():
            others = [a for a in agents_online(base) if a.pk != user.pk]
            people = tuple(Person(a.pk, display_name(a)) for a in others)
            return AgentsEvent(frame.id, conversation.pk, people)
        case client.DraftEntry(turn=seq):
            entry = desk.draft_entry(conversation_id=conversation.pk, seq=seq)
            return DraftEvent(frame.id, reverse("admin:qa_entry_change", args=[entry.pk]))
    raise BadMessage(_("This frame is not expected here."))
