"""Snapshots made, found again, and exported."""

import json
from pathlib import Path

from django.db import transaction

from qa.exceptions import BadMessage, NotFound, SnapshotWithdrawn, Unavailable
from qa.models import Occurrence, Snapshot
from qa.services.snapshots.reading import Dataset, read_dataset
from qa.services.snapshots.rows import Split, count
from qa.services.snapshots.storage import read_snapshot, write_snapshot
from qa.services.snapshots.withdrawing import withdraw_snapshots

ATTEMPTS = 3
SHORTEST = 8
"""Characters of a hash that are enough to name a snapshot."""


def make_snapshot() -> tuple[Snapshot, Dataset]:
    """Write what is published and reviewed now as a snapshot; the same state gives the same one.

    Raises:
        SnapshotDamaged: What is in the database breaks the schema.
    """
    for _attempt in range(ATTEMPTS):
        dataset = read_dataset()
        sha256 = write_snapshot(dataset)
        with transaction.atomic():
            snapshot = _record(sha256, dataset)
            if not _forgotten_since(dataset):
                return snapshot, dataset
            withdraw_snapshots(conversations=_conversations(dataset))
    raise Unavailable("Conversations are being deleted just now. Make the snapshot again in a minute.")


def _record(sha256: str, dataset: Dataset) -> Snapshot:
    counts = count(dataset.rows)
    sides = counts["split"]
    numbers = {"num_train": sides.get(Split.TRAIN, 0), "num_dev": sides.get(Split.DEV, 0)}
    numbers |= {"num_left_out": sides.get(Split.LEFT_OUT, 0)}
    # Made of what is there now, it holds nothing that was deleted, whatever was thought of it before.
    snapshot, _is_new = Snapshot.objects.update_or_create(
        sha256=sha256, defaults={"withdrawn_at": None}, create_defaults={**numbers, "counts": counts}
    )
    return snapshot


def _conversations(dataset: Dataset) -> set[str]:
    return {conversation for row in dataset.rows for conversation in row.conversations}


def _forgotten_since(dataset: Dataset) -> bool:
    """Tell whether a conversation was deleted while its rows were being written."""
    there = Occurrence.objects.order_by().values_list("conversation_digest", flat=True).distinct()
    return not _conversations(dataset) <= set(there)


def open_snapshot(*, sha256: str) -> tuple[Snapshot, Dataset]:
    """Find a snapshot by the beginning of its hash and read it.

    Raises:
        NotFound: There is none, or more than one.
        SnapshotWithdrawn: A conversation in it was deleted.
        SnapshotDamaged: Its files are missing or were changed.
    """
    found = list(Snapshot.objects.filter(sha256__startswith=sha256.lower())[:2]) if len(sha256) >= SHORTEST else []
    if len(found) != 1:
        raise NotFound(
            f"'{sha256}' names no snapshot. Expected: a hash that `manage.py snapshot` printed, or its first "
            f"{SHORTEST} characters or more."
        )
    (snapshot,) = found
    if snapshot.withdrawn_at is not None:
        raise SnapshotWithdrawn(
            f"Snapshot {snapshot} holds rows of a conversation that was deleted on {snapshot.withdrawn_at:%Y-%m-%d}, "
            "so nothing is trained on it any more. Make a new one with `manage.py snapshot`."
        )
    return snapshot, read_snapshot(snapshot.sha256)


def export_snapshot(*, sha256: str, file: Path) -> int:
    """Write a snapshot's rows as .parquet or .jsonl, all of them or nothing; return how many.

    Raises:
        BadMessage: The file's name ends otherwise, or it can't be written.
        NotFound, SnapshotWithdrawn, SnapshotDamaged: As `open_snapshot`.
    """
    if file.suffix not in {".parquet", ".jsonl"}:
        raise BadMessage(f"'{file.name}' ends with '{file.suffix}'; expected .parquet or .jsonl.")
    snapshot, dataset = open_snapshot(sha256=sha256)
    temporary = file.with_name(f".{file.name}.part")
    try:
        temporary.write_bytes(_exported(snapshot, dataset, file.suffix))
        temporary.replace(file)
    except OSError as error:
        raise BadMessage(f"{file} can't be written: {error.strerror}.") from error
    finally:
        temporary.unlink(missing_ok=True)
    return len(dataset.rows)


def _exported(snapshot: Snapshot, dataset: Dataset, suffix: str) -> bytes:
    from qa.services.snapshots.schema import to_json
    from qa.services.snapshots.storage import ROWS, folder_of

    if suffix == ".parquet":
        return (folder_of(snapshot.sha256) / ROWS).read_bytes()
    return "".join(json.dumps(to_json(row), ensure_ascii=False) + "\n" for row in dataset.rows).encode()
