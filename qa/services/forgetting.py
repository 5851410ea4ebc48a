"""Forgetting: conversations after their time, or one at once because its customer wants it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from qa.exceptions import NotFound
from qa.models import Conversation, Occurrence, ReviewItem, Turn
from qa.services.reports import drop_reports
from qa.services.reviewing import withdraw_phrasing
from qa.services.snapshots.withdrawing import withdraw_snapshots

BATCH = 200
"""Conversations deleted in one transaction: others write in between."""


@dataclass(frozen=True)
class Forgotten:
    """What was deleted.

    Attributes:
        num_conversations: With their turns, votes and evidence.
        num_items: Review items.
        num_phrasings: Phrasings that had been made of them.
        num_snapshots: Dataset snapshots that held their rows, never to be trained on again.
    """

    num_conversations: int = 0
    num_items: int = 0
    num_phrasings: int = 0
    num_snapshots: int = 0


def forget_conversation(*, public_id: UUID) -> Forgotten:
    """Delete a conversation and all that was derived from it, also when its turns are long gone.

    A review item that other conversations gave rise to as well stays, in one of their wordings. Dataset
    snapshots that hold rows of it are withdrawn.

    Raises:
        NotFound: Nothing here is of this conversation.
    """
    with transaction.atomic():
        digest = Occurrence.digest_of(public_id)
        occurrences = Occurrence.objects.filter(conversation_digest=digest)
        conversation = Conversation.objects.filter(public_id=public_id).first()
        if conversation is None and not occurrences.exists():
            raise NotFound(_("There is no conversation with this id, and nothing that was made of one."))
        items = list(ReviewItem.objects.select_for_update().filter(pk__in=occurrences.values("item")))
        counts = {item.pk: occurrences.filter(item=item).count() for item in items}
        occurrences.delete()
        outcomes = [_forget_in(item, counts[item.pk]) for item in items]
        if conversation is not None:
            conversation.delete()
        num_snapshots = withdraw_snapshots(conversations=[digest])
    if items:
        drop_reports(num_kept=0)  # they may quote it
    return Forgotten(
        int(conversation is not None),
        sum(gone for gone, _p in outcomes),
        sum(withdrawn for _g, withdrawn in outcomes),
        num_snapshots,
    )


def _forget_in(item: ReviewItem, num_forgotten: int) -> tuple[bool, bool]:
    """Take a conversation's part out of an item; return whether the item, and whether its phrasing, went."""
    left = item.occurrences.order_by("pk")
    is_of_others = left.filter(key=item.key).exists()
    had_phrasing = item.phrasing is not None and not is_of_others
    if had_phrasing:
        withdraw_phrasing(item=item)
    if not left.exists():
        item.delete()
        return True, had_phrasing
    if not is_of_others:
        taken = ReviewItem.objects.filter(knowledge_base=item.knowledge_base).values("key")
        other = left.exclude(key__in=taken).first()
        if other is None:  # what is left of it is another item's wording already
            item.delete()
            return True, had_phrasing
        item.text, item.key = other.text, other.key
    item.num_asked = max(1, item.num_asked - num_forgotten)
    item.save(update_fields=["text", "key", "num_asked", "phrasing"])
    return False, had_phrasing


def forget_old_conversations(*, now: datetime | None = None) -> Forgotten:
    """Delete conversations that nobody has said anything in for CONVERSATION_DAYS; 0 keeps them for ever.

    Reviewed items stay: they name nobody. What waits for review and came from deleted conversations only goes too.
    """
    if not settings.CONVERSATION_DAYS:
        return Forgotten()
    before = (now or timezone.now()) - timedelta(days=settings.CONVERSATION_DAYS)
    num_conversations = 0
    for batch in _batches(_silent_since(before)):
        with transaction.atomic():
            Conversation.objects.filter(pk__in=batch).delete()
        num_conversations += len(batch)
    held = Occurrence.objects.filter(item=OuterRef("pk"), turn__isnull=False)
    orphans = ReviewItem.objects.waiting().filter(~Exists(held)).order_by()
    num_items = orphans.count()
    orphans.delete()
    return Forgotten(num_conversations, num_items)


def _silent_since(before: datetime) -> QuerySet[Conversation]:
    later = Turn.objects.filter(conversation=OuterRef("pk"), at__gte=before)
    return Conversation.objects.filter(~Exists(later), created_at__lt=before)


def _batches(conversations: QuerySet[Conversation]) -> Iterator[list[int]]:
    while batch := list(conversations.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        yield batch
