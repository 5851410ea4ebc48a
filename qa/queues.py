"""The queues of jobs, seen from outside: how much waits in them, and whether they can be reached at all."""

from typing import Any

from celery import current_app
from django.conf import settings
from kombu.exceptions import KombuError, OperationalError

QUEUES = ("default", "training")
TIMEOUT_S = 2
"""How long Redis may take to answer."""


class QueueUnreachable(Exception):
    """Raised when the broker does not answer; says why."""


def num_queued(queue: str) -> int:
    """Return how many jobs wait in a queue.

    Raises:
        QueueUnreachable: Redis does not answer, or the queue's folder can't be read.
    """
    options = {"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S} if settings.REDIS_URL else {}
    try:
        with current_app.connection(transport_options=options) as connection:
            connection.ensure_connection(max_retries=1, timeout=TIMEOUT_S)
            channel: Any = connection.default_channel  # each transport has its own, without a common type
            return int(channel.queue_declare(queue=queue, passive=True).message_count)
    except FileNotFoundError:
        return 0  # the folder is made with the first job
    except (KombuError, OperationalError, OSError) as error:
        raise QueueUnreachable(str(error)) from error
    except connection.channel_errors:
        return 0  # nothing was ever put in it
