"""Background jobs: ids in, one service call, nothing else."""

from typing import Any

from celery import shared_task
from celery.signals import task_postrun, worker_ready
from django.core.cache import cache

from qa.services.jobs import ASK_SHADOW, CONSIDER_TRAINING, RUN_TRAININGS, ask_worker

CONSIDER_EVERY_S = 600
"""Every job is an occasion to look whether a training is due, but not every one is taken."""


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


@shared_task(name=ASK_SHADOW)
def ask_shadow() -> None:
    """Ask the model that runs beside the live one what customers have asked since."""
    from qa.services import shadowing  # FAISS and an encoder: only in a worker that runs this

    shadowing.ask_shadow()


@shared_task(name=CONSIDER_TRAINING)
def consider_training() -> None:
    """Ask for a training when reviews, schedule or changed code call for one."""
    from qa.services.trainings import triggers

    triggers.consider_training()


@shared_task(name=RUN_TRAININGS)
def run_trainings() -> None:
    """Run the trainings that wait, and those whose process died."""
    from qa.services.trainings import running

    running.run_trainings()


@task_postrun.connect
def consider_after(task: Any = None, **_rest: Any) -> None:  # Any: Celery's signals
    """Take other jobs as occasions: there is no scheduler."""
    is_other = task is not None and task.name not in {CONSIDER_TRAINING, RUN_TRAININGS}
    if is_other and cache.add("consider-training", True, CONSIDER_EVERY_S):
        ask_worker(CONSIDER_TRAINING)


@worker_ready.connect
def look_at_start(sender: Any = None, **_rest: Any) -> None:  # Any: Celery's signals
    """Go on with what a dead worker left, and see whether new code calls for a training.

    A queue of files loses the message of a killed worker; the job's row is the truth.
    """
    queues = {queue.name for queue in sender.task_consumer.queues}
    if "training" in queues:
        ask_worker(RUN_TRAININGS)
    else:
        ask_worker(CONSIDER_TRAINING)
