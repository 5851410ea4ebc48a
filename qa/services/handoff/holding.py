"""Whether who has a conversation still answers it: agents leave, lose the role, or stay away."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When

from qa.models import AgentPresence, Conversation, KnowledgeBase, Role
from qa.selectors.access import reach_of
from qa.selectors.desk.waiting import with_unanswered
from qa.services.presence import GONE_AFTER_S

GONE, NO_AGENT, AWAY = "agent_gone", "no_agent_any_more", "agent_away"
"""Reasons of the step that puts a conversation back into the queue."""


def left_by_agents(conversations: QuerySet[Conversation], *, now: datetime) -> QuerySet[Conversation, tuple[int, str]]:
    """Find the conversations whose customer waits for the word of an agent who won't give it.

    That is one whose pages are closed, who may not act for this knowledge base any more, or who is away and lets the
    customer wait for longer than anybody waits in the queue.

    Args:
        conversations: Among which.
        now: When.

    Returns:
        Number and reason of each, the oldest conversation first.
    """
    held = with_unanswered(conversations.filter(state=Conversation.State.ASSIGNED))
    waiting = held.filter(Q(num_unanswered__gt=0))  # an annotation, which mypy does not know
    reasons = Case(
        When(_not_agents(waiting), then=Value(NO_AGENT)),
        When(_gone(now), then=Value(GONE)),
        When(_away(now), then=Value(AWAY)),
        default=Value(""),
        output_field=CharField(),
    )
    found = waiting.annotate(why_left=reasons).exclude(Q(why_left=""))
    return found.order_by("pk").values_list("pk", "why_left")


def _not_agents(waiting: QuerySet[Conversation]) -> Q:
    held = set(waiting.order_by().values_list("assignee", "knowledge_base").distinct())
    users = User.objects.in_bulk([user_id for user_id, _base in held if user_id is not None])
    reaches = {user_id: reach_of(user) for user_id, user in users.items()}
    lost = Q(pk__in=[])
    for user_id, base_id in held:
        if user_id is not None and not reaches[user_id].covers(Role.AGENT, base_id=base_id):
            lost |= Q(assignee=user_id, knowledge_base=base_id)
    return lost


def _gone(now: datetime) -> Q:
    limit = now - timedelta(seconds=GONE_AFTER_S)
    present = AgentPresence.objects.filter(user=OuterRef("assignee"), seen_at__gte=limit)
    return _had_since(limit) & ~Q(Exists(present))


def _away(now: datetime) -> Q:
    waits_too_long = Q(pk__in=[])
    for base in KnowledgeBase.objects.all():
        limit = now - timedelta(seconds=base.waiting_limit_s)
        waits_too_long |= Q(knowledge_base=base, unanswered_since__lte=limit) & _had_since(limit)
    away = AgentPresence.objects.filter(user=OuterRef("assignee"), status=AgentPresence.Status.AWAY)
    return waits_too_long & Q(Exists(away))


def _had_since(limit: datetime) -> Q:
    """Return the condition that the agent got the conversation before then: who just took it is given time."""
    return Q(assigned_at__isnull=True) | Q(assigned_at__lte=limit)
