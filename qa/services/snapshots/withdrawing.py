"""Snapshots that hold what a customer wants forgotten: never used again, their rows deleted."""

import logging
from collections.abc import Collection
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from qa.models import Snapshot

logger = logging.getLogger(__name__)


def withdraw_snapshots(*, conversations: Collection[str]) -> int:
    """Mark every snapshot that holds a row of these conversations, and delete its rows on commit; return how many.

    A snapshot whose rows can't be read is marked too: nobody can say that it doesn't hold them.

    Args:
        conversations: Keyed digests (`Occurrence.digest_of`).
    """
    held = [s for s in Snapshot.objects.filter(withdrawn_at__isnull=True) if _may_hold(s, set(conversations))]
    Snapshot.objects.filter(pk__in=[s.pk for s in held]).update(withdrawn_at=timezone.now())
    for snapshot in held:
        logger.warning("snapshot %s is withdrawn: a conversation in it was deleted", snapshot)
        transaction.on_commit(partial(_rows_of(snapshot).unlink, missing_ok=True))
    return len(held)


def _rows_of(snapshot: Snapshot) -> Path:
    return Path(settings.VAR_DIR) / "snapshots" / snapshot.sha256 / "rows.parquet"


def _may_hold(snapshot: Snapshot, conversations: set[str]) -> bool:
    import pyarrow as pa  # 100 ms: only where somebody is forgotten
    import pyarrow.parquet as pq

    try:
        column = pq.read_table(_rows_of(snapshot), columns=["conversations"])["conversations"]
    except (OSError, pa.ArrowException):
        return True
    return not conversations.isdisjoint(pa.compute.list_flatten(column).to_pylist())
