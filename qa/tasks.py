"""Background jobs: ids in, one service call, nothing else."""

from celery import shared_task


@shared_task(name="qa.refresh_snapshots")
def refresh_snapshots() -> None:
    """Write index snapshots that have fallen far behind the knowledge, so that a restart stays short."""
    from qa.services.learning import refresh_stale_snapshots  # FAISS: only in a worker that runs this

    refresh_stale_snapshots()


@shared_task(name="qa.propose_reviews")
def propose_reviews(knowledge_base_id: int) -> None:
    """Put what was wrong, unsure or new into a knowledge base's review queue."""
    from qa.services import proposing  # the encoder: only in a worker that runs this

    proposing.propose_reviews(knowledge_base_id=knowledge_base_id)


@shared_task(name="qa.forget_conversations")
def forget_conversations() -> None:
    """Delete conversations that are older than CONVERSATION_DAYS."""
    from qa.services.forgetting import forget_old_conversations

    forget_old_conversations()
