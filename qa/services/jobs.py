"""Asking the worker for something; what was asked for may be done late, and no request fails on it."""

import logging
from pathlib import Path

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from kombu.exceptions import KombuError

logger = logging.getLogger(__name__)

# By name: tasks stand above services.
REFRESH_SNAPSHOTS = "qa.refresh_snapshots"
PROPOSE_REVIEWS = "qa.propose_reviews"
FORGET_CONVERSATIONS = "qa.forget_conversations"
CONSIDER_TRAINING = "qa.consider_training"
RUN_TRAININGS = "qa.run_trainings"
ASK_SHADOW = "qa.ask_shadow"


def ask_worker(task: str, *ids: int, delay_s: float = 0) -> None:
    """Put a task in the queue; a queue that can't be reached is a warning in the log."""
    try:
        if not settings.REDIS_URL:
            for name in ("messages", "processed", "control"):
                Path(settings.QUEUE_DIR, name).mkdir(parents=True, exist_ok=True)
        current_app.send_task(task, args=ids, countdown=delay_s or None, retry=False)
    except (KombuError, OSError) as error:
        logger.warning("the worker could not be asked for %s: %s", task, error)


def ask_worker_once(task: str, *ids: int, every_s: int, delay_s: float = 0) -> None:
    """Put a task in the queue unless this process did so within `every_s` seconds."""
    if cache.add(f"{task}:{ids}", True, every_s):
        ask_worker(task, *ids, delay_s=delay_s)
