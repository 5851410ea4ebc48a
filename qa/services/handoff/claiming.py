"""Agents take conversations, and give them to others, back to the queue, or back to the bot."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from qa.handing import Step
from qa.models import Conversation
from qa.selectors.people import display_name
from qa.services.conversations import lock_conversation
from qa.services.handoff import notices
from qa.services.handoff.queueing import words_in_queue
from qa.services.handoff.stepping import Actor, check_holder, note_done, take_step, taken, was_taken
from qa.services.wording import language_of

State = Conversation.State


def claim(*, conversation_id: int, agent: User, client_id: UUID) -> Conversation:
    """Take a conversation from the queue, from the messages, or from the bot.

    Who has it already keeps it.

    Raises:
        Conflict: Another has it, or it is over.
    """
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        if not was_taken(conversation, client_id):
            take(conversation, agent=agent, client_id=client_id)
    return conversation


def take(conversation: Conversation, *, agent: User, client_id: UUID | None, step: Step = Step.CLAIM) -> None:
    """Put a locked conversation into an agent's hands, unless it is there.

    Raises:
        Conflict: Another has it, or the step can't be taken.
    """
    if conversation.state == State.ASSIGNED:
        if conversation.assignee_id != agent.pk:
            raise taken(conversation)
        if client_id is not None:
            note_done(conversation, client_id, actor=Actor.AGENT, user=agent)
        return
    with translation.override(language_of(conversation)):
        words = _("%(name)s has joined the conversation.") % {"name": _name(agent)}
        take_step(
            conversation,
            step,
            actor=Actor.AGENT,
            user=agent,
            words=words,
            client_id=client_id,
            assignee=agent,
            assigned_at=timezone.now(),
            reason=conversation.reason or Conversation.Reason.AGENT,
        )


def transfer(*, conversation_id: int, agent: User, to: User | None, client_id: UUID) -> Conversation:
    """Give a conversation that one has to another agent, or back to the queue.

    Raises:
        Conflict: Another has it, or nobody.
    """
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        if was_taken(conversation, client_id):
            return conversation
        check_holder(conversation, agent)
        if to is None:
            requeue(conversation, actor=Actor.AGENT, agent=agent, client_id=client_id)
        else:
            _hand_to(conversation, agent, to, client_id)
    return conversation


def requeue(
    conversation: Conversation,
    *,
    actor: Actor,
    agent: User | None = None,
    client_id: UUID | None = None,
    why: str = "requeued",
) -> None:
    """Put a locked conversation that somebody has back into the queue, and tell the customer."""
    conversation.waiting_since = timezone.now()
    with translation.override(language_of(conversation)):
        name = notices.agent_name(conversation)
        words = _("%(name)s can't go on here.") % {"name": name}
        take_step(
            conversation,
            Step.REQUEUE,
            actor=actor,
            user=agent,
            words=f"{words} {words_in_queue(conversation)}",
            client_id=client_id,
            why=why,
            assignee=None,
            waiting_since=conversation.waiting_since,
        )


def return_to_bot(*, conversation_id: int, agent: User, client_id: UUID) -> Conversation:
    """Let the bot answer again: an agent's own conversation, or one that nobody has.

    Raises:
        Conflict: Another has it, or it can't be returned.
    """
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        if was_taken(conversation, client_id):
            return conversation
        if conversation.state == State.ASSIGNED:
            check_holder(conversation, agent)
        with translation.override(language_of(conversation)):
            take_step(
                conversation,
                Step.RETURN,
                actor=Actor.AGENT,
                user=agent,
                words=_("The assistant answers again; you can ask for a person at any time."),
                client_id=client_id,
                assignee=None,
                waiting_since=None,
                num_misses=0,
                is_urgent=False,
                reason="",
            )
    return conversation


def _hand_to(conversation: Conversation, agent: User, to: User, client_id: UUID) -> None:
    if to.pk == agent.pk:
        note_done(conversation, client_id, actor=Actor.AGENT, user=agent)
        return
    with translation.override(language_of(conversation)):
        names = {"name": _name(agent), "other": _name(to)}
        take_step(
            conversation,
            Step.TRANSFER,
            actor=Actor.AGENT,
            user=agent,
            words=_("%(name)s has handed over to %(other)s, who sees all that was said.") % names,
            client_id=client_id,
            assignee=to,
            assigned_at=timezone.now(),
        )


def _name(user: User) -> str:
    return display_name(user) or _("A member of staff")
