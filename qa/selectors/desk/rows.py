"""The lists of the desk: who waits, whom an agent has, everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from qa.desk_protocol.parts import Base, Counts, Row
from qa.desk_protocol.server import ListEvent
from qa.models import Conversation, KnowledgeBase, ReadMark, Turn
from qa.selectors.desk.conversations import visitor_name
from qa.selectors.desk.questions import is_wish
from qa.selectors.desk.waiting import AWAITING, due_at, with_unanswered
from qa.selectors.people import display_name

State = Conversation.State
EXCERPT = 140
TURNS_A_ROW = 20
"""Of the latest turns so many are looked at for each row of everybody: more often than that nobody speaks in turn."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which list: `base` None is all that the agent may see; `limit` rows of it."""

    view: str = "queue"
    base: int | None = None
    limit: int = 50


def list_conversations(*, user: User, bases: Sequence[KnowledgeBase], wanted: Wanted) -> ListEvent:
    """Read a list, in a number of queries that does not depend on its length.

    Args:
        user: Whose.
        bases: Those in which the user is an agent; nothing of others is read.
        wanted: Which.
    """
    of_desk = Conversation.objects.filter(knowledge_base__in=[b for b in bases if wanted.base in {None, b.pk}])
    found = _rows(of_desk, user, wanted)
    return ListEvent(
        view=wanted.view,
        base=wanted.base,
        rows=tuple(_row(c, user) for c in found[: wanted.limit]),
        more=len(found) > wanted.limit,
        counts=_counts(of_desk, user),
        bases=tuple(Base(b.pk, b.display_name) for b in bases),
    )


def _rows(of_desk: QuerySet[Conversation], user: User, wanted: Wanted) -> list[Conversation]:
    if wanted.view == "all":
        latest = _latest(of_desk, wanted.limit + 1)
        found = {c.pk: c for c in _with_last_words(of_desk.filter(pk__in=latest), user)}
        return [found[pk] for pk in latest if pk in found]
    if wanted.view == "mine":
        mine = _with_last_words(of_desk.filter(assignee=user, state=State.ASSIGNED), user)
        first = ("-is_urgent", F("unanswered_since").asc(nulls_last=True), "-assigned_at", "pk")
        return list(mine.order_by(*first)[: wanted.limit + 1])
    # Alphabetically a message left comes before who waits.
    waiting = _with_last_words(of_desk.filter(state__in=[State.WAITING, State.TICKET]), user)
    return list(waiting.order_by("-is_urgent", "-state", "waiting_since", "pk")[: wanted.limit + 1])


def _latest(of_desk: QuerySet[Conversation], num_rows: int) -> list[int]:
    """Return the conversations in which somebody spoke last, the latest first."""
    turns = Turn.objects.filter(conversation__in=of_desk).order_by("-pk").values_list("conversation_id", flat=True)
    return list(dict.fromkeys(turns[: num_rows * TURNS_A_ROW]))[:num_rows]


def _with_last_words(conversations: QuerySet[Conversation], user: User) -> QuerySet[Conversation]:
    # What people wrote: entries are long, and the list is read for what the customer wants.
    said = Turn.objects.filter(
        ~is_wish(), conversation=OuterRef("pk"), kind=Turn.Kind.TEXT, role__in=[Turn.Role.CUSTOMER, Turn.Role.AGENT]
    ).order_by("-seq")
    read = ReadMark.objects.filter(conversation=OuterRef("pk"), user=user).values("seq")
    return (
        with_unanswered(conversations)
        .annotate(
            last_text=Subquery(said.values("text")[:1]),
            last_role=Subquery(said.values("role")[:1]),
            last_at=Subquery(said.values("at")[:1]),
            read_seq=Coalesce(Subquery(read, output_field=IntegerField()), 0),
        )
        .select_related("knowledge_base", "visitor", "assignee")
        .prefetch_related("tags")
    )


def _row(found: Conversation, user: User) -> Row:
    # Annotations, which mypy does not know.
    said: dict[str, str | int | datetime | None] = vars(found)
    num_unanswered = int(str(said["num_unanswered"])) if found.state in AWAITING else 0
    return Row(
        conversation=found.pk,
        base=found.knowledge_base_id,
        name=visitor_name(found),
        excerpt=" ".join(str(said["last_text"] or "").split())[:EXCERPT],
        excerpt_role=str(said["last_role"] or ""),
        state=found.state,
        assignee=display_name(found.assignee) or None,
        is_mine=found.assignee_id == user.pk and found.state == State.ASSIGNED,
        is_urgent=found.is_urgent and found.state in AWAITING,
        reason=found.reason,
        waiting_since=_told(found.waiting_since if found.state != State.BOT else None),
        due_at=_told(due_at(found)),
        last_at=_told(said["last_at"]),
        last_seq=found.last_seq,
        num_unanswered=num_unanswered,
        is_unread=num_unanswered > 0 and found.last_seq > int(str(said["read_seq"])),
        labels=tuple(tag.name for tag in found.tags.all()),
    )


def _told(at: object) -> str | None:
    return at.isoformat(timespec="seconds") if isinstance(at, datetime) else None


def _counts(of_desk: QuerySet[Conversation], user: User) -> Counts:
    waits = Q(state__in=[State.WAITING, State.TICKET])
    counted = of_desk.order_by().aggregate(
        queue=Count("pk", filter=waits),
        mine=Count("pk", filter=Q(assignee=user, state=State.ASSIGNED)),
        all=Count("pk"),
        urgent=Count("pk", filter=waits & Q(is_urgent=True)),
    )
    mine = with_unanswered(of_desk.filter(assignee=user, state=State.ASSIGNED))
    num_unanswered = mine.filter(Q(num_unanswered__gt=0)).count()  # an annotation, which mypy does not know
    return Counts(mine_unanswered=num_unanswered, **counted)
