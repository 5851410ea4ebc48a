"""One step of a hand-off: the state, its row in the history, and what the customer is told of it, in one commit."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from qa import handing
from qa.exceptions import Conflict
from qa.handing import Step
from qa.models import Conversation, Transition, Turn
from qa.selectors.people import display_name
from qa.services.conversations import NewTurn, add_turn
from qa.services.waking import wake_conversation, wake_desk, wake_queue
from qa.services.wording import language_of

Actor = Transition.Actor
NOTHING_TO_DO = "nothing_to_do"
"""Reason of a row that stands for no step."""


def take_step(
    conversation: Conversation,
    step: Step,
    *,
    actor: Transition.Actor,
    words: str,
    user: User | None = None,
    client_id: UUID | None = None,
    why: str = "",
    reply_to: Turn | None = None,
    kind: Turn.Kind = Turn.Kind.HANDOFF,
    **changes: Any,
) -> Turn:
    """Take a step in a locked conversation, and tell the customer.

    Args:
        conversation: Locked.
        step: Which.
        actor: Who takes it; `user` which agent.
        words: What the customer is told, in the language of the conversation.
        user: The agent.
        client_id: Makes the step once; see `was_taken`.
        why: A word for the history; else the conversation's new reason.
        reply_to: The customer's turn that the words answer.
        kind: Of the turn that tells the customer.
        changes: Other fields of the conversation.

    Returns:
        The turn that tells the customer.

    Raises:
        Conflict: The step can't be taken from the conversation's state.
    """
    before = conversation.state
    conversation.state = _after(conversation, step)
    for name, value in changes.items():
        setattr(conversation, name, value)
    conversation.save(update_fields=["state", *changes, "updated_at"])
    Transition.objects.create(
        conversation=conversation,
        client_id=client_id,
        before=before,
        after=conversation.state,
        actor=actor,
        user=user,
        reason=why or changes.get("reason", ""),
    )
    if Conversation.State.WAITING in {before, conversation.state}:
        transaction.on_commit(partial(wake_queue, conversation.knowledge_base_id))
    return tell(conversation, words, kind=kind, reply_to=reply_to)


def tell(
    conversation: Conversation, words: str, *, kind: Turn.Kind = Turn.Kind.HANDOFF, reply_to: Turn | None = None
) -> Turn:
    """Tell the customer something in a locked conversation, without a step."""
    language = language_of(conversation)
    turn = add_turn(conversation, NewTurn(Turn.Role.SYSTEM, kind, words, language=language, reply_to=reply_to))
    wake(conversation)
    return turn


def wake(conversation: Conversation) -> None:
    """Wake up the conversation's sockets and its desk once this is committed."""
    transaction.on_commit(partial(wake_conversation, conversation.pk))
    transaction.on_commit(partial(wake_desk, conversation.knowledge_base_id, conversation.pk))


def was_taken(conversation: Conversation, client_id: UUID) -> bool:
    """Tell whether a step, or what `note_done` keeps, came with this id before."""
    return conversation.transitions.filter(client_id=client_id).exists()


def note_done(
    conversation: Conversation, client_id: UUID, *, actor: Transition.Actor, user: User | None = None
) -> None:
    """Note what led to no other state (its end was reached already, or it needs none), so that its id counts once."""
    state = conversation.state
    Transition.objects.create(
        conversation=conversation,
        client_id=client_id,
        before=state,
        after=state,
        actor=actor,
        user=user,
        reason=NOTHING_TO_DO,
    )


def check_holder(conversation: Conversation, agent: User) -> None:
    """Refuse an agent in whose hands a conversation is not.

    Raises:
        Conflict: Another has it, or nobody.
    """
    if conversation.state != Conversation.State.ASSIGNED:
        raise not_now(conversation)
    if conversation.assignee_id not in {None, agent.pk}:
        raise taken(conversation)


def taken(conversation: Conversation) -> Conflict:
    """Return the refusal that names who has a conversation."""
    name = display_name(conversation.assignee)
    return Conflict(_("%(name)s has this conversation.") % {"name": name})


def not_now(conversation: Conversation) -> Conflict:
    """Return the refusal that names the state which a conversation is in."""
    state = conversation.get_state_display()
    return Conflict(_("This can't be done now: the state of the conversation is “%(state)s”.") % {"state": state})


def _after(conversation: Conversation, step: Step) -> Conversation.State:
    try:
        return Conversation.State(handing.after(conversation.state, step))
    except handing.IllegalStep as error:
        raise not_now(conversation) from error
