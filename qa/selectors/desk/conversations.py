"""One conversation as an agent sees it: who the customer is, where it stands, notes, what came to be known of turns."""

from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from qa.desk_protocol.parts import Attribute, Base, Mark, NoteShown, Past, Person
from qa.desk_protocol.server import ConversationEvent
from qa.models import Answer, Conversation, Evidence, Note, Vote
from qa.selectors.desk.waiting import due_at, with_unanswered
from qa.selectors.people import display_name

State = Conversation.State
MAX_ATTRIBUTES = 30
MAX_ATTRIBUTE = 300
MAX_NOTES = 200
MAX_PAST = 5
_TO_SHOW = ("knowledge_base", "visitor", "assignee", "widget")


def visitor_name(conversation: Conversation) -> str:
    """Return the customer's name: as they gave it, as their site did, or one of our own."""
    visitor = conversation.visitor
    name = conversation.contact_name or (visitor.name if visitor else "")
    return name or _("Visitor %(code)s") % {"code": conversation.public_id.hex[:4].upper()}


def show_conversation(*, conversation_id: int, user: User, language: str) -> ConversationEvent:
    """Read all that is known of a conversation but its turns.

    Args:
        conversation_id: Which; the user's right to it is checked.
        user: Who looks.
        language: Of the conversation.
    """
    rows = with_unanswered(Conversation.objects.filter(pk=conversation_id))
    found = rows.select_related(*_TO_SHOW).get()
    is_over = found.state in {State.BOT, State.RESOLVED, State.CLOSED}
    visitor = found.visitor
    return ConversationEvent(
        conversation=found.pk,
        code=found.public_id.hex[:8],
        base=Base(found.knowledge_base_id, found.knowledge_base.display_name),
        name=visitor_name(found),
        state=found.state,
        assignee=Person(found.assignee.pk, display_name(found.assignee)) if found.assignee else None,
        is_mine=found.assignee_id == user.pk and found.state == State.ASSIGNED,
        reason=found.reason,
        is_urgent=found.is_urgent and not is_over,
        waiting_since=None if is_over else _told(found.waiting_since),
        due_at=_told(due_at(found)),
        language=language,
        labels=tuple(found.tags.values_list("name", flat=True)),
        email=found.contact_email or (visitor.email if visitor else ""),
        phone=found.contact_phone,
        is_known=visitor is not None,
        attributes=_attributes(visitor.attributes if visitor else {}),
        widget=found.widget.name if found.widget else "",
        page=found.page,
        satisfaction=found.satisfaction,
        satisfaction_comment=found.satisfaction_comment,
        created_at=found.created_at.isoformat(timespec="seconds"),
        last_seq=found.last_seq,
        notes=_notes(found),
        marks=_marks(found, language),
        past=_past(found),
    )


def _told(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _attributes(given: Mapping[str, object]) -> tuple[Attribute, ...]:
    shown = list(given.items())[:MAX_ATTRIBUTES]
    return tuple(Attribute(str(name)[:MAX_ATTRIBUTE], str(value)[:MAX_ATTRIBUTE]) for name, value in shown)


def _notes(found: Conversation) -> tuple[NoteShown, ...]:
    latest = Note.objects.filter(conversation=found).select_related("author").order_by("-pk")[:MAX_NOTES]
    return tuple(
        NoteShown(note.pk, display_name(note.author), note.text, note.at.isoformat(timespec="milliseconds"))
        for note in reversed(latest)
    )


def _marks(found: Conversation, language: str) -> tuple[Mark, ...]:
    votes = dict(Vote.objects.filter(turn__conversation=found).values_list("turn__seq", "value"))
    linked = _linked(found, language)
    return tuple(Mark(seq, votes.get(seq), linked.get(seq)) for seq in sorted({*votes, *linked}))


def _linked(found: Conversation, language: str) -> dict[int, str]:
    """Return by `seq` the question of the entry that an agent linked; empty where it was said that none answers."""
    chosen = Evidence.objects.filter(turn__conversation=found, source=Evidence.Source.AGENT, agent__isnull=False)
    entries = dict(chosen.order_by("pk").values_list("turn__seq", "entry_id"))
    answers = Answer.objects.filter(entry__in={pk for pk in entries.values() if pk is not None})
    questions: dict[int, str] = {}
    for answer in answers:
        if answer.entry_id not in questions or answer.language == language:
            questions[answer.entry_id] = answer.question
    return {seq: questions.get(entry or 0, "") for seq, entry in entries.items()}


def _past(found: Conversation) -> tuple[Past, ...]:
    if found.visitor_id is None:
        return ()
    # Of the same knowledge base only: the right to see it was checked for that one.
    same = Conversation.objects.filter(visitor=found.visitor_id, knowledge_base=found.knowledge_base_id)
    earlier = same.exclude(pk=found.pk).filter(last_seq__gt=0).order_by("-pk")[:MAX_PAST]
    return tuple(Past(c.pk, c.state, c.created_at.isoformat(timespec="seconds")) for c in earlier)
