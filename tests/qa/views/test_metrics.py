"""`/metrics`: who gets the figures, and that they count what happens."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from qa import metrics
from qa.models import Conversation, KnowledgeBase, Release, TrainingJob
from qa.services.answering import answer
from tests.factories import make_question

pytestmark = pytest.mark.django_db


def figures() -> dict[str, float]:
    """Return every figure by its name, with the labels that it has."""
    answer = Client().get("/metrics")
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (200, "text/plain")
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.1", {}, 403),
        ("", {}, 403),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 403),
        ("127.0.0.1", {"forwarded": "for=192.0.2.1"}, 403),
    ],
)
def test_without_a_token_this_machine_alone_is_answered(address: str, headers: dict[str, str], status: int) -> None:
    assert Client(REMOTE_ADDR=address, headers=headers).get("/metrics").status_code == status


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("Bearer right", 200),
        ("bearer right", 200),
        ("Bearer wrong", 401),
        ("right", 401),
        ("", 401),
        ("Basic right", 401),
    ],
)
def test_with_a_token_whoever_holds_it_is_answered(settings: Settings, sent: str, status: int) -> None:
    settings.METRICS_TOKEN = "right"
    assert Client(REMOTE_ADDR="192.0.2.1").get("/metrics", headers={"authorization": sent}).status_code == status
    assert Client().get("/metrics").status_code == 401


def test_questions_are_counted_with_their_time(engine_loaded: Release) -> None:
    before = figures()
    async_to_sync(answer)(turn=make_question("water is dripping from the indoor unit"))
    async_to_sync(answer)(turn=make_question("who won the football match yesterday"))
    after = figures()
    grown = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
    assert (grown["hangjia_questions_total answer"], grown["hangjia_questions_total handoff"]) == (1, 1)
    assert grown["hangjia_answer_seconds_count"] == 2
    assert (after["hangjia_engine_release"], after["hangjia_engine_ready"]) == (engine_loaded.number, 1)


@pytest.mark.django_db(transaction=True)
def test_a_question_that_could_not_be_considered_is_counted(knowledge_base: KnowledgeBase) -> None:
    before = figures().get("hangjia_questions_total failed", 0)
    async_to_sync(answer)(turn=make_question("is anybody there"))
    assert figures()["hangjia_questions_total failed"] == before + 1
    assert (figures()["hangjia_engine_release"], figures()["hangjia_engine_ready"]) == (0, 0)


def test_what_waits_is_read_when_asked(knowledge_base: KnowledgeBase) -> None:
    Conversation.objects.create(
        knowledge_base=knowledge_base, token_digest="x", state="waiting", waiting_since=timezone.now()
    )
    TrainingJob.objects.create(trigger="button")
    found = figures()
    assert (found["hangjia_conversations_waiting"], found["hangjia_trainings_unfinished"]) == (1, 1)
    assert {name for name in found if name.startswith("hangjia_jobs_queued")} == {
        "hangjia_jobs_queued default",
        "hangjia_jobs_queued training",
    }


def test_open_sockets_are_counted() -> None:
    before = figures()["hangjia_sockets_open"]
    metrics.socket_opened()
    metrics.socket_opened()
    metrics.socket_closed()
    assert figures()["hangjia_sockets_open"] == before + 1


def test_labels_are_a_closed_list() -> None:
    page = Client().get("/metrics").text
    assert set(re.findall(r'[{,](\w+)="', page)) <= {"decision", "le", "queue"}


def test_several_processes_add_up(tmp_path: Path) -> None:
    """The library reads the folder's name when it is imported, so each process is a real one."""
    count = "from qa import metrics; metrics.note_question(decision='answer', latency_ms=5.0)"
    show = "from qa import metrics; print(metrics.exposition(()).decode())"
    environment = {
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "figures"),
        "HANGJIA_VAR": str(tmp_path / "var"),
        "DJANGO_SETTINGS_MODULE": "qa.settings",
        "PATH": "/usr/bin:/bin",
    }
    for program in (count, count, show):
        done = subprocess.run(
            [sys.executable, "-c", f"import django; django.setup(); {program}"],
            cwd=configured.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    assert 'hangjia_questions_total{decision="answer"} 2.0' in done.stdout
    assert "hangjia_answer_seconds_count 2.0" in done.stdout
