"""Conversations: opened, resumed, and told turn by turn, each committed before anyone hears of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from qa.exceptions import Conflict, NotFound, Unauthorised, Unavailable
from qa.models import Conversation, Entry, KnowledgeBase, Turn
from qa.protocol import Option, TurnEvent
from qa.rendering import render_plain
from qa.services.jobs import FORGET_CONVERSATIONS, ask_worker_once

FORGET_EVERY_S = 86_400


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


def open_conversation(*, token: str | None, widget: str | None) -> Opened:
    """Start a conversation, or resume the one that a token opens.

    Raises:
        Unauthorised: The token opens none.
        NotFound: There is no such widget.
        Unavailable: There is no knowledge base yet.
    """
    if token is not None:
        conversation = Conversation.objects.filter(token_digest=Conversation.digest_of(token)).first()
        if conversation is None:
            raise Unauthorised(_("This conversation can't be resumed: its key is unknown here. Start a new one."))
        return Opened(conversation, token)
    if widget is not None:
        raise NotFound(_("There is no widget with this key."))
    token = Conversation.new_token()
    conversation = Conversation.objects.create(
        knowledge_base=chat_knowledge_base(), token_digest=Conversation.digest_of(token)
    )
    # Where conversations begin, old ones have to end; no schedule is needed for it.
    transaction.on_commit(partial(ask_worker_once, FORGET_CONVERSATIONS, every_s=FORGET_EVERY_S))
    return Opened(conversation, token)


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
        conversation = Conversation.objects.select_for_update().get(pk=conversation_id)
        if (earlier := _said_before(conversation, turn)) is not None:
            return earlier
        Conversation.objects.filter(pk=conversation.pk).update(
            last_seq=F("last_seq") + 1,
            state=Conversation.State.WAITING if turn.kind == Turn.Kind.HANDOFF else conversation.state,
        )
        fields = {name: getattr(turn, name) for name in NewTurn.__dataclass_fields__}
        fields["options"] = [{"id": o.id, "text": o.text} for o in turn.options]
        fields["html"] = turn.html or render_plain(turn.text)
        return Turn.objects.create(conversation=conversation, seq=conversation.last_seq + 1, **fields)


def _said_before(conversation: Conversation, turn: NewTurn) -> Turn | None:
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
    turns = Turn.objects.filter(conversation_id=conversation_id, seq__gt=after).select_related("entry")
    return [_event(turn) for turn in turns.order_by("seq")]


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
    )


def unanswered_question(*, conversation_id: int) -> Turn | None:
    """Return the last turn if it is a customer's and nobody has replied, as after a crash."""
    turns = Turn.objects.filter(conversation_id=conversation_id).select_related("conversation__knowledge_base")
    last = turns.order_by("-seq").first()
    return last if last is not None and last.role == Turn.Role.CUSTOMER else None
