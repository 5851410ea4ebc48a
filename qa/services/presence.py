"""Which agents are at the desk: open pages beat every few seconds, and one that stops beating is gone."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from qa.models import AgentPresence, KnowledgeBase, Role
from qa.selectors.access import bases_for, may
from qa.services.waking import wake_desk

ONLINE_WITHIN_S = 45
"""An agent who beat within this many seconds is at the desk: three beats may get lost."""
GONE_AFTER_S = 120
"""An agent who did not beat for this long has left those who talk to them."""


def beat(*, user: User, status: str, at: datetime | None = None) -> None:
    """Note that an agent's page is open, and what they say of themselves; desks hear of changes only.

    Args:
        at: When that was; None takes the time of the call. A time before the last beat changes nothing.
    """
    now = at or timezone.now()
    with transaction.atomic():
        before = AgentPresence.objects.select_for_update().filter(user=user).first()
        if at is not None and before is not None and before.seen_at > at:
            return
        was = before.status if before is not None and _is_fresh(before, now) else None
        AgentPresence.objects.update_or_create(user=user, defaults={"status": status, "seen_at": now})
        if was != status:
            transaction.on_commit(lambda: _tell_desks(user))


def leave(*, user: User) -> None:
    """Note that an agent's last page was closed."""
    with transaction.atomic():
        if AgentPresence.objects.filter(user=user).delete()[0]:
            transaction.on_commit(lambda: _tell_desks(user))


def agents_online(knowledge_base: KnowledgeBase) -> list[User]:
    """Return the agents of a knowledge base who are at the desk now and not away."""
    seen = AgentPresence.objects.filter(
        status=AgentPresence.Status.ONLINE, seen_at__gte=timezone.now() - timedelta(seconds=ONLINE_WITHIN_S)
    )
    present = [presence.user for presence in seen.select_related("user").order_by("user__pk")]
    return [user for user in present if may(user, Role.AGENT, knowledge_base)]


def _is_fresh(presence: AgentPresence, now: datetime) -> bool:
    return presence.seen_at >= now - timedelta(seconds=ONLINE_WITHIN_S)


def _tell_desks(user: User) -> None:
    for base in bases_for(user, Role.AGENT):
        wake_desk(base.pk)
