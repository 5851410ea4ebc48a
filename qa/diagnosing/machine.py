"""The machine: the folder of everything that is written, its space, the queue and who takes jobs from it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from celery import current_app
from django.conf import settings
from kombu.exceptions import KombuError

from qa.diagnosing.problems import Problem
from qa.queues import QUEUES, QueueUnreachable, num_queued

LEAST_FREE_BYTES = 2 * 2**30
"""A training writes a candidate and its checkpoints: about 1.5 GB at the default size."""
ANSWER_WITHIN_S = 2.0
"""How long a worker may take to answer a ping."""


def check_folder() -> Iterator[Problem]:
    """Write a file where this installation writes."""
    folders = [Path(settings.VAR_DIR), Path(settings.MODELS_DIR), Path(settings.INDEX_DIR)]
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            yield Problem(
                f"Nothing can be written in {folder}: {error.strerror}.",
                "Give the user of this process the right to, or set HANGJIA_VAR to a folder of its own.",
            )


def check_space() -> Iterator[Problem]:
    """See that there is room."""
    free = shutil.disk_usage(settings.VAR_DIR).free
    if free < LEAST_FREE_BYTES:
        yield Problem(
            f"{free / 2**30:.1f} GB are free where {settings.VAR_DIR} lies; "
            f"a training needs up to {LEAST_FREE_BYTES / 2**30:.0f} GB.",
            "Make room, or set HANGJIA_VAR to a larger disk and move the folder there.",
        )


def check_queue() -> Iterator[Problem]:
    """Reach the queue of jobs."""
    try:
        for queue in QUEUES:
            num_queued(queue)
    except QueueUnreachable as error:
        mend = "Start Redis, or mend REDIS_URL." if settings.REDIS_URL else f"Make {settings.QUEUE_DIR} a folder again."
        yield Problem(f"The queue of jobs can't be reached: {error}.", mend)


def check_worker() -> Iterator[Problem]:
    """See that somebody takes what waits; a worker in the middle of a job answers nobody, so an empty queue is well."""
    waiting = num_queued("default")
    if not waiting:
        return
    try:
        answers = current_app.control.ping(timeout=ANSWER_WITHIN_S)
    except (KombuError, OSError):
        answers = []
    if not answers:
        yield Problem(
            f"{waiting} jobs wait and no worker answered within {ANSWER_WITHIN_S:.0f} s.",
            "Start the worker (`make run` starts it too); its log is HANGJIA_VAR/log/worker.log.",
        )
