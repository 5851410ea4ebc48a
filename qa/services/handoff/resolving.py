"""Agents settle conversations, and take up again what was settled."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from qa.handing import Step
from qa.models import Conversation
from qa.services.conversations import lock_conversation
from qa.services.handoff.claiming import take
from qa.services.handoff.stepping import Actor, check_holder, take_step, was_taken
from qa.services.wording import language_of


def resolve(*, conversation_id: int, agent: User, client_id: UUID) -> Conversation:
    """Say that a conversation is settled: an agent's own, or one that nobody has.

    Raises:
        Conflict: Another has it, or it is over, or with the bot.
    """
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        if was_taken(conversation, client_id):
            return conversation
        if conversation.state == Conversation.State.ASSIGNED:
            check_holder(conversation, agent)
        with translation.override(language_of(conversation)):
            take_step(
                conversation,
                Step.RESOLVE,
                actor=Actor.AGENT,
                user=agent,
                words=_("This has been marked as settled. If it is not, just write again."),
                client_id=client_id,
                assignee=conversation.assignee or agent,
                resolved_at=timezone.now(),
                is_urgent=False,
            )
    return conversation


def reopen(*, conversation_id: int, agent: User, client_id: UUID) -> Conversation:
    """Take up a conversation that was over; it is the agent's then.

    Raises:
        Conflict: It is not over.
    """
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        if not was_taken(conversation, client_id):
            take(conversation, agent=agent, client_id=client_id, step=Step.REOPEN)
    return conversation
