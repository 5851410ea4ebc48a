"""What `/metrics` reads when it is asked: the live release, and who and what waits."""

from collections.abc import Iterator

from qa import engine
from qa.metrics import Level
from qa.models import Conversation, TrainingJob
from qa.queues import QUEUES, QueueUnreachable, num_queued


def levels() -> tuple[Level, ...]:
    """Read every level; queues that can't be reached have none."""
    ready = engine.readiness()
    waiting = Conversation.objects.filter(state=Conversation.State.WAITING).count()
    trainings = TrainingJob.objects.unfinished().count()
    queued = dict(_queued())
    return (
        Level("hangjia_engine_release", "Release that answers here; 0 for none.", {"": ready.release or 0}),
        Level("hangjia_engine_ready", "1 when this process can answer.", {"": float(ready.is_ready)}),
        Level("hangjia_conversations_waiting", "Conversations that wait for a person.", {"": waiting}),
        Level("hangjia_trainings_unfinished", "Trainings that wait or run.", {"": trainings}),
        Level("hangjia_jobs_queued", "Jobs that wait for a worker.", queued, label="queue"),
        Level("hangjia_queue_reachable", "1 when jobs can be asked for.", {"": float(len(queued) == len(QUEUES))}),
    )


def _queued() -> Iterator[tuple[str, float]]:
    for queue in QUEUES:
        try:
            yield queue, num_queued(queue)
        except QueueUnreachable:
            return
