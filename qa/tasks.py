"""Background jobs: ids in, one service call, nothing else."""

from celery import shared_task


@shared_task(name="qa.refresh_snapshots")
def refresh_snapshots() -> None:
    """Write index snapshots that have fallen far behind the knowledge, so that a restart stays short."""
    from qa.services.learning import refresh_stale_snapshots  # FAISS: only in a worker that runs this

    refresh_stale_snapshots()
