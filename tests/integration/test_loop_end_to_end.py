"""From a thumb down to a corrected live model: real web, worker and training worker; one hand, the reviewer's."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chat_client import ChatClient, new_id
from tests.servers import PASSWORD, PATIENCE_S, ROOT, STAFF, Site, environment
from tests.training_site import TrainingSite

QUESTION = "quokka zeppelin"
DONE_S = 150.0


@contextmanager
def worker(site: TrainingSite, queue: str, extra: dict[str, str]) -> Iterator[None]:
    for name in ("messages", "processed", "control"):
        (site.var / "queue" / name).mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "celery", "-q", "-A", "qa", "worker", "--pool", "solo", "-Q", queue]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with (site.var / f"{queue}.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(site.var, **extra), stdout=log, stderr=log)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def installation(small_site: TrainingSite, tmp_path: Path) -> Iterator[tuple[TrainingSite, Site]]:
    made = small_site.copy(tmp_path / "var")
    made.manage("createsuperuser", "--noinput", "--username", STAFF, "--email", "o@example.com")
    extra = {**made.extra, "TRAIN_AFTER_REVIEWS": "1"}
    with ExitStack() as stack:
        stack.enter_context(worker(made, "default", extra))
        stack.enter_context(worker(made, "training", extra))
        yield made, stack.enter_context(Site(made.var, extra))


@contextmanager
def signed_in(site: Site) -> Iterator[httpx.Client]:
    headers = {"Accept-Language": "en", "Referer": site.url}
    with httpx.Client(base_url=site.url, follow_redirects=True, headers=headers, timeout=PATIENCE_S) as client:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("learning/").text)
        assert token is not None
        form = {"username": STAFF, "password": PASSWORD, "csrfmiddlewaretoken": token[1], "next": "/learning/"}
        client.post("admin/login/?next=/learning/", data=form)
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        yield client


def wait_for(look: Callable[[], Any], seconds: float = DONE_S) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.3)
    assert found
    return found


async def ask(site: Site, *, is_wrong: bool) -> dict[str, Any]:
    async with ChatClient(site.socket_url) as client:
        reply = await client.ask(QUESTION)
        if is_wrong:
            vote = {"v": 1, "type": "feedback", "id": new_id(), "turn": reply["seq"], "vote": "down", "reason": None}
            await client.send(vote)
            await client.receive_type("ack")
        return reply


def items(reviewer: httpx.Client) -> list[dict[str, Any]]:
    return list(reviewer.get("api/v1/review/", params={"limit": "100"}).json()["items"])


@pytest.mark.timeout(400)
def test_a_thumb_down_becomes_a_corrected_live_model(installation: tuple[TrainingSite, Site]) -> None:
    made, site = installation
    before, asked = made.live_model(), asyncio.run(ask(site, is_wrong=True))
    assert asked["entry"] != "entry-3"
    with signed_in(site) as reviewer:
        assert reviewer.post("api/v1/review/propose/", json={"knowledge_base": "small"}).status_code == 202
        (item,) = wait_for(lambda: items(reviewer))
        assert item["text"] == QUESTION
        right = {"verdict": "correct", "label": "entry", "entry": "entry-3"}
        assert reviewer.post(f"api/v1/review/{item['id']}/decision/", json=right).status_code == 200
        assert reviewer.post(f"api/v1/review/{item['id']}/phrasing/", json={}).status_code == 201
        # Nobody starts the training: one review is enough here.
        (job,) = wait_for(lambda: [j for j in reviewer.get("api/v1/training/").json()["jobs"] if j["finished_at"]])
    assert (job["state"], job["trigger"]) == ("done", "enough new reviews"), job
    assert made.live_model() == job["candidate"] != before
    wait_for(lambda: httpx.get(f"{site.url}readyz", timeout=PATIENCE_S).json()["release"] == job["release"])
    assert asyncio.run(ask(site, is_wrong=False))["entry"] == "entry-3"
    (release,) = made.query("SELECT release FROM qa_turn WHERE decision != '' ORDER BY id DESC")
    assert release == job["release"]
