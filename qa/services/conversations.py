"""Conversations: opened, resumed, and told turn by turn, each committed before anyone hears of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from qa.exceptions import Conflict, NotFound, Unauthorised, Unavailable
from qa.models import Conversation, Entry, KnowledgeBase, Turn, Visitor, Widget
from qa.protocol import Option, TurnEvent
from qa.rendering import render_plain
from qa.selectors.people import display_name
from qa.services.identity import IdentityExpired, visitor_of
from qa.services.jobs import FORGET_CONVERSATIONS, ask_worker_once
from qa.services.wording import in_script_of

FORGET_EVERY_S = 86_400
MAX_PAGE = 500
MAX_LOOKED_AT = 12
"""Turns that are looked at for questions without a reply."""


@dataclass(frozen=True)
class Opened:
    """A conversation that is open, and the token that opens it again."""

    conversation: Conversation
    token: str


@dataclass(frozen=True)
class NewTurn:
    """What is to be said next; `html` is made from `text` when it is empty."""

    role: Turn.Role
    kind: Turn.Kind
    text: str
    html: str = ""
    language: str = ""
    entry: Entry | None = None
    options: Sequence[Option] = ()
    confidence: float | None = None
    release: int = 0
    client_id: UUID | None = None
    reply_to: Turn | None = None
    decision: str = ""
    evidence: Mapping[str, object] = field(default_factory=dict)
    latency_ms: float | None = None
    author: User | None = None


def open_conversation(
    *,
    token: str | None,
    widget: str | None,
    identity: str | None = None,
    language: str | None = None,
    page: str | None = None,
) -> Opened:
    """Start a conversation, or resume the one that a token opens, else the visitor's last that is not over.

    Args:
        token: Opens a conversation of the same widget only.
        widget: The key of a widget; None for our own page.
        identity: The widget's site's word for who the visitor is. One that has expired still goes on with their
            conversation by its token, unless the widget is for signed-in visitors only: pages stay open for long.
        language: Of the page; the words around the conversation are in it.
        page: Address of the page around the widget.

    Raises:
        Unauthorised: The token opens none, or not with this identity; or the identity is not to be believed.
        NotFound: There is no such widget, or it was switched off.
        Unavailable: There is no knowledge base yet.
    """
    place = None if widget is None else _active_widget(widget)
    try:
        visitor = None if place is None else visitor_of(widget=place, identity=identity)
    except IdentityExpired as expired:
        visitor = _visitor_still(place, token, expired)
    with transaction.atomic():
        if token is not None:
            opened = _opened_with(token, place, visitor)
        else:
            opened = _last_of(visitor) or _new_conversation(place, visitor)
        _note_surroundings(opened.conversation, visitor, language, page)
    return opened


def _active_widget(key: str) -> Widget:
    widget = Widget.objects.select_related("knowledge_base").filter(key=key).first()
    if widget is None:
        raise NotFound(_("There is no widget with this key."))
    if not widget.is_active:
        raise NotFound(_("This widget was switched off."))
    return widget


def _visitor_still(widget: Widget | None, token: str | None, expired: IdentityExpired) -> Visitor:
    """Return whom an expired identity named, if the token opens a conversation of theirs.

    Raises:
        IdentityExpired: It doesn't.
    """
    if widget is None or token is None or widget.requires_identity:
        raise expired
    theirs = Visitor.objects.filter(
        widget=widget, external_id=expired.external_id, conversations__token_digest=Conversation.digest_of(token)
    )
    if (visitor := theirs.first()) is None:
        raise expired
    return visitor


def _opened_with(token: str, widget: Widget | None, visitor: Visitor | None) -> Opened:
    found = Conversation.objects.filter(token_digest=Conversation.digest_of(token), widget=widget).first()
    if found is None:
        raise Unauthorised(_("This conversation can't be resumed: its key is unknown here. Start a new one."))
    if visitor is not None and found.visitor_id not in {None, visitor.pk}:
        raise Unauthorised(_("This conversation is another visitor's. Start a new one."))
    if visitor is not None and found.visitor_id is None and not found.turns.exists():
        return _last_of(visitor) or Opened(found, token)  # who they are was said a moment after the page connected
    return Opened(found, token)


def _last_of(visitor: Visitor | None) -> Opened | None:
    """Return a visitor's last conversation, on whichever device; what is over is not taken up again."""
    if visitor is None:
        return None
    over = [Conversation.State.RESOLVED, Conversation.State.CLOSED]
    last = visitor.conversations.filter(widget=visitor.widget).exclude(state__in=over).order_by("-pk").first()
    if last is None:
        return None
    token = Conversation.token_of(last.public_id)
    # One from before tokens could be made again: nobody but its own device can open it.
    return Opened(last, token) if last.opens_with(token) else None


def _new_conversation(widget: Widget | None, visitor: Visitor | None) -> Opened:
    conversation = Conversation(
        knowledge_base=chat_knowledge_base() if widget is None else widget.knowledge_base,
        widget=widget,
        visitor=visitor,
    )
    token = Conversation.token_of(conversation.public_id)
    conversation.token_digest = Conversation.digest_of(token)
    conversation.save()
    # Where conversations begin, old ones have to end; no schedule is needed for it.
    transaction.on_commit(partial(ask_worker_once, FORGET_CONVERSATIONS, every_s=FORGET_EVERY_S))
    return Opened(conversation, token)


def _note_surroundings(
    conversation: Conversation, visitor: Visitor | None, language: str | None, page: str | None
) -> None:
    known = (conversation.visitor, conversation.language, conversation.page)
    conversation.visitor = conversation.visitor or visitor
    conversation.language = language or conversation.language
    conversation.page = (page or conversation.page)[:MAX_PAGE]
    if known != (conversation.visitor, conversation.language, conversation.page):
        conversation.save(update_fields=["visitor", "language", "page", "updated_at"])


def chat_knowledge_base() -> KnowledgeBase:
    """Return the knowledge base that the page at `/` answers from.

    Raises:
        Unavailable: There is none, or not the one that is configured.
    """
    bases = KnowledgeBase.objects.order_by("pk")
    if slug := settings.CHAT_KNOWLEDGE_BASE:
        bases = bases.filter(slug=slug)
    base = bases.first()
    if base is None:
        raise Unavailable(_("There is no knowledge base yet. Import one first."))
    return base


def record_turn(*, conversation_id: int, turn: NewTurn) -> Turn:
    """Commit the next turn of a conversation.

    A turn with the `client_id` or the `reply_to` of an earlier one is not said twice: the earlier
    one is returned.

    Raises:
        Conflict: The client's id was used for something else.
    """
    with transaction.atomic():
        return add_turn(lock_conversation(conversation_id), turn)


def lock_conversation(conversation_id: int) -> Conversation:
    """Return a conversation that nobody else speaks in, or takes a step of, until the transaction ends.

    Raises:
        NotFound: There is none.
    """
    # Of the row alone: nobody waits for who speaks elsewhere in the same knowledge base.
    rows = Conversation.objects.select_for_update(of=("self",)).select_related("knowledge_base")
    conversation = rows.filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound(_("There is no such conversation."))
    return conversation


def add_turn(conversation: Conversation, turn: NewTurn, *, is_new: bool = False) -> Turn:
    """Say what is next in a locked conversation; `record_turn` says when nothing is new.

    Args:
        conversation: Locked.
        turn: What is said.
        is_new: `said_before` was asked already.

    Raises:
        Conflict: The client's id was used for something else.
    """
    if not is_new and (earlier := said_before(conversation, turn)) is not None:
        return earlier
    conversation.last_seq += 1
    Conversation.objects.filter(pk=conversation.pk).update(last_seq=conversation.last_seq)
    fields = {name: getattr(turn, name) for name in NewTurn.__dataclass_fields__}
    if turn.role in {Turn.Role.BOT, Turn.Role.SYSTEM} and turn.kind != Turn.Kind.ANSWER:
        fields["text"] = in_script_of(conversation, turn.text)
    fields["options"] = [{"id": o.id, "text": o.text} for o in turn.options]
    fields["html"] = turn.html or render_plain(fields["text"])
    return Turn.objects.create(conversation=conversation, seq=conversation.last_seq, **fields)


def said_before(conversation: Conversation, turn: NewTurn) -> Turn | None:
    """Return the turn that this one repeats, by its `client_id` or its `reply_to`.

    Raises:
        Conflict: The client's id was used for something else.
    """
    if turn.client_id is not None:
        earlier = conversation.turns.filter(client_id=turn.client_id).first()
        if earlier is not None and (earlier.role, earlier.text) != (turn.role, turn.text):
            raise Conflict(_("This message id was already used for something else."))
        return earlier
    if turn.reply_to is not None:
        return conversation.turns.filter(reply_to=turn.reply_to).first()
    return None


def turn_events(*, conversation_id: int, after: int) -> list[TurnEvent]:
    """Return the turns after a `seq`, in order."""
    turns = Turn.objects.filter(conversation_id=conversation_id, seq__gt=after).select_related("entry", "author")
    return [_event(turn) for turn in turns.defer("evidence").order_by("seq")]  # half of what a row costs, and not told


def _event(turn: Turn) -> TurnEvent:
    return TurnEvent(
        seq=turn.seq,
        role=turn.role,
        kind=turn.kind,
        text=turn.text,
        html=turn.html,
        entry=turn.entry.external_id if turn.entry else None,
        options=tuple(Option(o["id"], o["text"]) for o in turn.options),
        confidence=turn.confidence,
        release=turn.release,
        at=turn.at.isoformat(timespec="milliseconds"),
        author=display_name(turn.author) or None,
        client_id=turn.client_id if turn.role == Turn.Role.CUSTOMER else None,
    )


def unanswered_question(*, conversation_id: int) -> Turn | None:
    """Return the customer's last question if nobody has replied to it, as after a crash."""
    questions = open_questions(conversation_id=conversation_id)
    return questions[-1] if questions else None


def open_questions(*, conversation_id: int, until: int | None = None) -> list[Turn]:
    """Return what the customer said since somebody replied last, in order; the latest MAX_LOOKED_AT turns count.

    Choices and wishes for a person are answered where they are recorded. A notice that replies to nothing, such as
    that a conversation is open again, is no reply.

    Args:
        conversation_id: Whose.
        until: The last `seq` that counts.
    """
    turns = Turn.objects.filter(conversation_id=conversation_id).order_by("-seq")
    if until is not None:
        turns = turns.filter(seq__lte=until)
    found: list[int] = []
    # Mostly there is none, and every message and every hello asks.
    for pk, role, kind, reply_to in turns.values_list("pk", "role", "kind", "reply_to")[:MAX_LOOKED_AT]:
        if role == Turn.Role.CUSTOMER and reply_to is None:
            found.append(pk)
        elif role != Turn.Role.SYSTEM or kind != Turn.Kind.NOTICE or reply_to is not None:
            break
    if not found:
        return []
    return list(Turn.objects.filter(pk__in=found).select_related("conversation__knowledge_base").order_by("seq"))
