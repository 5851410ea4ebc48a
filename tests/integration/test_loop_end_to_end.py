"""From a thumb down to a corrected live model: real web, worker and training worker; one hand, the reviewer's."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chat_client import ChatClient, new_id
from tests.servers import PASSWORD, PATIENCE_S, STAFF, Site, worker
from tests.training_site import TrainingSite
from tests.waiting import wait_for

QUESTION = "quokka zeppelin"
DONE_S = 300.0


@pytest.fixture
def installation(small_site: TrainingSite, tmp_path: Path) -> Iterator[tuple[TrainingSite, Site]]:
    made = small_site.copy(tmp_path / "var")
    made.manage("createsuperuser", "--noinput", "--username", STAFF, "--email", "o@example.com")
    extra = {**made.extra, "TRAIN_AFTER_REVIEWS": "1"}
    with ExitStack() as stack:
        stack.enter_context(worker(made.var, "default", extra))
        stack.enter_context(worker(made.var, "training", extra))
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


async def ask(site: Site, *, is_wrong: bool) -> dict[str, Any]:
    async with ChatClient(site.socket_url) as client:
        reply = await client.ask(QUESTION)
        if is_wrong:
            vote = {"v": 1, "type": "feedback", "id": new_id(), "turn": reply["seq"], "vote": "down", "reason": None}
            await client.send(vote)
            await client.receive_type("ack")
        return reply


def finished_jobs(reviewer: httpx.Client) -> list[dict[str, Any]]:
    return [job for job in reviewer.get("api/v1/training/").json()["jobs"] if job["finished_at"]]


def items(reviewer: httpx.Client) -> list[dict[str, Any]]:
    return list(reviewer.get("api/v1/review/", params={"limit": "100"}).json()["items"])


@pytest.mark.timeout(900)
def test_a_thumb_down_becomes_a_corrected_live_model(installation: tuple[TrainingSite, Site]) -> None:
    made, site = installation
    before, asked = made.live_model(), asyncio.run(ask(site, is_wrong=True))
    assert asked["entry"] != "entry-3"
    with signed_in(site) as reviewer:
        assert reviewer.post("api/v1/review/propose/", json={"knowledge_base": "small"}).status_code == 202
        (item,) = wait_for(lambda: items(reviewer), "the proposal", seconds=DONE_S)
        assert item["text"] == QUESTION
        right = {"verdict": "correct", "label": "entry", "entry": "entry-3"}
        assert reviewer.post(f"api/v1/review/{item['id']}/decision/", json=right).status_code == 200
        assert reviewer.post(f"api/v1/review/{item['id']}/phrasing/", json={}).status_code == 201
        # Nobody starts the training: one review is enough here.
        (job,) = wait_for(lambda: finished_jobs(reviewer), "the end of the training", seconds=DONE_S)
    assert (job["state"], job["trigger"]) == ("done", "enough new reviews"), job
    assert made.live_model() == job["candidate"] != before
    wait_for(
        lambda: httpx.get(f"{site.url}readyz", timeout=PATIENCE_S).json()["release"] == job["release"], "the release"
    )
    assert asyncio.run(ask(site, is_wrong=False))["entry"] == "entry-3"
    (release,) = made.query("SELECT release FROM qa_turn WHERE decision != '' ORDER BY id DESC")
    assert release == job["release"]
