"""Figures of this process for Prometheus; none of them holds anything that a customer wrote, or who they are.

Each web process counts for itself. Several behind one address share a folder (`PROMETHEUS_MULTIPROC_DIR`), and
whichever is asked answers for all of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

FAILED = "failed"
"""The decision of a question that could not be considered."""
BUCKETS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0)
"""From a cached interpretation to the engine's own time-out, in seconds."""

_registry = CollectorRegistry()
_questions = Counter("hangjia_questions", "Questions, by what was decided on them.", ["decision"], registry=_registry)
_latency = Histogram(
    "hangjia_answer_seconds",
    "Time from a question to its decision, in seconds.",
    buckets=BUCKETS_S,
    registry=_registry,
)
_sockets = Gauge("hangjia_sockets_open", "Chat sockets open just now.", multiprocess_mode="livesum", registry=_registry)
ProcessCollector(registry=_registry)


class _Collecting(Protocol):
    def collect(self) -> Iterable[Metric]: ...


@dataclass(frozen=True)
class Level:
    """A figure that is read when somebody asks for it.

    Attributes:
        values: By the value of `label`; under "" without one.
    """

    name: str
    meaning: str
    values: Mapping[str, float] = field(default_factory=dict)
    label: str = ""


def note_question(*, decision: str, latency_ms: float | None) -> None:
    """Count one question, and how long it took when it was decided."""
    _questions.labels(decision=decision).inc()
    if latency_ms is not None:
        _latency.observe(latency_ms / 1000)


def socket_opened() -> None:
    """Count a chat socket in."""
    _sockets.inc()


def socket_closed() -> None:
    """Count a chat socket out."""
    _sockets.dec()


def exposition(levels: Iterable[Level]) -> bytes:
    """Return all figures in Prometheus' text format, those that are read now among them."""
    registry = CollectorRegistry()
    registry.register(_Levels(tuple(levels)))
    if settings.METRICS_DIR:
        MultiProcessCollector(registry, path=settings.METRICS_DIR)  # type: ignore[no-untyped-call]
    else:
        registry.register(_registry)
    return generate_latest(registry)


class _Levels:
    """Levels as the library wants to collect them."""

    def __init__(self, levels: tuple[Level, ...]) -> None:
        self._levels = levels

    def collect(self) -> Iterator[Metric]:
        """Yield one family a level."""
        for level in self._levels:
            family = GaugeMetricFamily(level.name, level.meaning, labels=[level.label] if level.label else [])
            for value, number in level.values.items():
                family.add_metric([value] if level.label else [], number)
            yield family
