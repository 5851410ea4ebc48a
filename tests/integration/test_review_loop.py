"""From a customer's thumb to the review queue, through a real web process and a real worker."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chat_client import ChatClient, new_id
from tests.servers import PASSWORD, PATIENCE_S, STAFF, Site, worker
from tests.waiting import wait_for

QUESTION = "小区物业说外机架子生锈掉渣，要我换，电话13812345678"
FOUND_S = 120.0


@pytest.fixture
def at_work(site: Site, site_var: Path) -> Iterator[None]:
    """Let a worker do what the web process leaves to it."""
    with worker(site_var, "default"):
        yield


@pytest.fixture
def reviewer(site: Site) -> Iterator[httpx.Client]:
    """Give a reviewer's session."""
    headers = {"Accept-Language": "en"}
    with httpx.Client(base_url=site.url, follow_redirects=True, headers=headers, timeout=PATIENCE_S) as client:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("learning/").text)
        assert token is not None
        signing_in = {"username": STAFF, "password": PASSWORD, "csrfmiddlewaretoken": token[1], "next": "/learning/"}
        page = client.post("admin/login/?next=/learning/", data=signing_in, headers={"Referer": site.url})
        assert "<title>Review</title>" in page.text
        client.headers.update({"X-CSRFToken": client.cookies["csrftoken"], "Referer": site.url})
        yield client


async def ask_and_vote_down(site: Site) -> None:
    async with ChatClient(site.socket_url, language="zh") as client:
        reply = await client.ask(QUESTION)
        vote = {"v": 1, "type": "feedback", "id": new_id(), "turn": reply["seq"], "vote": "down", "reason": None}
        await client.send(vote)
        await client.receive_type("ack")


def test_a_thumb_down_is_in_the_queue_when_the_worker_has_looked(
    site: Site, at_work: None, reviewer: httpx.Client
) -> None:
    asyncio.run(ask_and_vote_down(site))
    assert reviewer.post("api/v1/review/propose/", json={"knowledge_base": "lanchuan"}).status_code == 202

    def found() -> list[dict[str, Any]]:
        items = reviewer.get("api/v1/review/", params={"limit": "100"}).json()["items"]
        return [item for item in items if "外机架子" in item["text"]]

    (item,) = wait_for(found, "the proposal", seconds=FOUND_S)
    assert item["text"] == "小区物业说外机架子生锈掉渣，要我换，电话<phone>"
    assert "A customer voted the answer down." in item["reasons"]
    decided = reviewer.post(f"api/v1/review/{item['id']}/decision/", json={"verdict": "discard"})
    assert (decided.status_code, decided.json()["item"]["state"]) == (200, "discarded")
