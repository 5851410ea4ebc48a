"""What time does to conversations: who waits too long, whom an agent left, and who went away without a word."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import translation
from django.utils.translation import gettext as _

from qa.handing import Step
from qa.models import Conversation, KnowledgeBase, Turn
from qa.services.conversations import lock_conversation
from qa.services.handoff import notices
from qa.services.handoff.claiming import requeue
from qa.services.handoff.holding import left_by_agents
from qa.services.handoff.stepping import Actor, take_step
from qa.services.wording import language_of

State = Conversation.State
BATCH = 100
"""Conversations that are looked at in one pass; the next pass is seconds away."""
_PEOPLE = [Turn.Role.CUSTOMER, Turn.Role.AGENT]
"""Whose words count for who waits for an agent: what the bot says in danger is none of theirs."""
_LAST_ROLE = Turn.objects.filter(conversation=OuterRef("pk"), role__in=_PEOPLE).order_by("-seq").values("role")[:1]


def pass_time(*, now: datetime) -> int:
    """Take the steps that are due: waited too long, left by their agent, silent for too long.

    It may run in several processes at once: each conversation is looked at again under its lock.

    Returns:
        The number of steps taken.
    """
    due: list[tuple[Iterable[int], Callable[[Conversation, datetime], bool]]] = [
        (_waiting_too_long(now), _give_up),
        (_left_by_agent(now), _put_back),
        (_silent(now), _close),
    ]
    return sum(_settle(pk, step, now) for pks, step in due for pk in list(pks))


def _settle(conversation_id: int, step: Callable[[Conversation, datetime], bool], now: datetime) -> bool:
    with transaction.atomic():
        conversation = lock_conversation(conversation_id)
        with translation.override(language_of(conversation)):
            return step(conversation, now)


def _waiting_too_long(now: datetime) -> list[int]:
    found: list[int] = []
    for base in KnowledgeBase.objects.all():
        limit = now - timedelta(seconds=base.waiting_limit_s)
        waiting = base.conversations.filter(state=State.WAITING, waiting_since__lte=limit)
        found += waiting.order_by("waiting_since").values_list("pk", flat=True)[:BATCH]
    return found


def _give_up(conversation: Conversation, now: datetime) -> bool:
    limit = now - timedelta(seconds=conversation.knowledge_base.waiting_limit_s)
    since = conversation.waiting_since
    if conversation.state != State.WAITING or since is None or since > limit:
        return False
    words = notices.waited_too_long(conversation)
    take_step(conversation, Step.GIVE_UP, actor=Actor.CLOCK, words=words, why="waited_too_long")
    return True


def _left_by_agent(now: datetime) -> list[int]:
    return [pk for pk, _why in left_by_agents(Conversation.objects.all(), now=now)[:BATCH]]


def _put_back(conversation: Conversation, now: datetime) -> bool:
    left = left_by_agents(Conversation.objects.filter(pk=conversation.pk), now=now).first()
    if left is None:
        return False
    requeue(conversation, actor=Actor.CLOCK, why=left[1])
    return True


def _is_unanswered(conversation: Conversation) -> bool:
    people = conversation.turns.filter(role__in=_PEOPLE).order_by("-seq").values_list("role", flat=True)
    return people.first() == Turn.Role.CUSTOMER


def _silent(now: datetime) -> QuerySet[Conversation, int]:
    last = Turn.objects.filter(conversation=OuterRef("pk")).order_by("-seq").values("at")[:1]
    open_ones = Conversation.objects.filter(state__in=[State.BOT, State.ASSIGNED, State.RESOLVED], last_seq__gt=0)
    silent = open_ones.annotate(last_at=Subquery(last), last_role=Subquery(_LAST_ROLE)).filter(_limits(now))
    done = silent.exclude(state=State.ASSIGNED, last_role=Turn.Role.CUSTOMER)
    return done.order_by("pk").values_list("pk", flat=True)[:BATCH]


def _limits(now: datetime) -> Q:
    limits = Q(pk__in=[])
    for base in KnowledgeBase.objects.all():
        limits |= Q(knowledge_base=base, last_at__lte=now - timedelta(seconds=base.idle_limit_s))
    return limits


def _close(conversation: Conversation, now: datetime) -> bool:
    last = conversation.turns.order_by("-seq").first()
    limit = now - timedelta(seconds=conversation.knowledge_base.idle_limit_s)
    if conversation.state not in {State.BOT, State.ASSIGNED, State.RESOLVED} or last is None or last.at > limit:
        return False
    # A customer who still waits for an agent's word is not told that nobody said anything.
    if conversation.state == State.ASSIGNED and _is_unanswered(conversation):
        return False
    words = _("The conversation was closed because nothing was said for a while. To go on, just write again.")
    take_step(conversation, Step.IDLE, actor=Actor.CLOCK, words=words, kind=Turn.Kind.NOTICE, why="idle")
    return True
