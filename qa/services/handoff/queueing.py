"""The queue before the desk: who stands where, how long it takes, and how a conversation gets into it."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone, translation

from qa.handing import Step
from qa.models import Conversation, Transition, Turn
from qa.services.handoff import notices
from qa.services.handoff.reaching import Reach, reach_of
from qa.services.handoff.stepping import Actor, take_step, tell
from qa.services.wording import language_of

State, Reason = Conversation.State, Conversation.Reason
NUM_RECENT_CLAIMS = 20
MIN_RECENT_CLAIMS = 3
"""Fewer say nothing about how long the next customer waits."""
RECENT = timedelta(hours=24)
WAIT_STEP_S = 30
"""Estimates are rounded up to so many seconds: more precise they would not be true."""


def seek_person(
    conversation: Conversation,
    *,
    said: Turn | None,
    reason: Conversation.Reason,
    actor: Transition.Actor = Actor.CUSTOMER,
    is_urgent: bool = False,
) -> Turn:
    """Put a locked conversation before a person, or make a message of it when none is there; tell the customer.

    Danger waits at the front of the queue also when nobody is there: whoever comes to the desk first sees it.

    Args:
        conversation: Locked.
        said: The customer's turn that the words answer; None when another turn answers it.
        reason: Why a person.
        actor: Whose doing it is.
        is_urgent: Before all who are not.

    Returns:
        The turn that tells the customer.
    """
    if is_urgent and not conversation.is_urgent:
        conversation.is_urgent, conversation.reason = True, reason
        conversation.save(update_fields=["is_urgent", "reason", "updated_at"])
    with translation.override(language_of(conversation)):
        if conversation.state == State.ASSIGNED:
            return tell(conversation, notices.with_agent(conversation), reply_to=said)
        if conversation.state == State.WAITING:
            return tell(conversation, words_in_queue(conversation), reply_to=said)
        reach = reach_of(conversation)
        if reach.is_open or reason == Reason.DANGER:
            return _queue(conversation, said=said, reason=reason, actor=actor)
        return _note(conversation, reach, said=said, reason=reason, actor=actor)


def words_in_queue(conversation: Conversation) -> str:
    """Return what a customer in the queue is told: their place, or that nobody is there who could come."""
    reach = reach_of(conversation)
    if reach.is_open:
        return notices.in_queue(conversation, num_ahead(conversation) + 1)
    if conversation.is_urgent:
        return notices.nobody_yet(conversation, reach)
    return notices.nobody_there(conversation, reach)


def _queue(conversation: Conversation, *, said: Turn | None, reason: str, actor: Transition.Actor) -> Turn:
    conversation.waiting_since = timezone.now()
    return take_step(
        conversation,
        Step.WANT,
        actor=actor,
        words=words_in_queue(conversation),
        why=reason,
        reply_to=said,
        waiting_since=conversation.waiting_since,
        **reason_of(conversation, reason),
    )


def _note(conversation: Conversation, reach: Reach, *, said: Turn | None, reason: str, actor: Transition.Actor) -> Turn:
    words = notices.nobody_there(conversation, reach)
    if conversation.state == State.TICKET:
        return tell(conversation, words, reply_to=said)
    return take_step(
        conversation,
        Step.NOTE,
        actor=actor,
        words=words,
        why=reason,
        reply_to=said,
        waiting_since=timezone.now(),
        **reason_of(conversation, reason),
    )


def reason_of(conversation: Conversation, reason: str) -> dict[str, Any]:
    """Return the fields of a conversation that is put before whoever comes; the graver reason stays."""
    kept = conversation.reason if conversation.is_urgent and conversation.reason else reason
    return {"reason": kept, "assignee": None}


def position_of(conversation: Conversation) -> int | None:
    """Return the place in the queue, from 1; None for who doesn't wait."""
    return num_ahead(conversation) + 1 if conversation.state == State.WAITING else None


def num_ahead(conversation: Conversation) -> int:
    """Return how many wait before a conversation: the urgent first, then who came first."""
    waiting = Conversation.objects.filter(knowledge_base=conversation.knowledge_base_id, state=State.WAITING)
    since = conversation.waiting_since
    earlier = Q(is_urgent=conversation.is_urgent) & (
        Q(waiting_since__lt=since) | Q(waiting_since=since, pk__lt=conversation.pk)
    )
    if not conversation.is_urgent:
        earlier |= Q(is_urgent=True)
    return waiting.filter(earlier).exclude(pk=conversation.pk).count()


def estimated_wait_s(conversation: Conversation, *, now: datetime) -> int | None:
    """Return how much longer a waiting customer probably waits; None when nobody can tell.

    It is what those waited who were taken last, less what this one has waited already.
    """
    if conversation.state != State.WAITING or conversation.waiting_since is None:
        return None
    claims = Transition.objects.filter(
        conversation__knowledge_base=conversation.knowledge_base_id,
        conversation__waiting_since__isnull=False,
        before=State.WAITING,
        after=State.ASSIGNED,
        at__gte=now - RECENT,
    )
    recent = claims.order_by("-pk").values_list("at", "conversation__waiting_since")[:NUM_RECENT_CLAIMS]
    waits = [(at - since).total_seconds() for at, since in recent if since is not None and at >= since]
    if len(waits) < MIN_RECENT_CLAIMS:
        return None
    left = sum(waits) / len(waits) - (now - conversation.waiting_since).total_seconds()
    return -int(-left // WAIT_STEP_S) * WAIT_STEP_S if left > 0 else None
