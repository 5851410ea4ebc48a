"""Releases go by while customers ask: nobody gets an error, and each reply names the release that gave it."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.chat_client import ChatClient
from tests.servers import Site, manage
from tests.training_site import TrainingSite

NUM_CLIENTS, NUM_RELEASES = 50, 10
ROLLBACK_S = 2.0
PATIENCE_S = 120
EDITS = f"""
import time
from qa.models import KnowledgeBase, LiveRelease, Turn
from tests.factories import make_entry
deadline = time.monotonic() + {PATIENCE_S}
for number in range({NUM_RELEASES}):
    make_entry(KnowledgeBase.objects.get(), f"new-{{number}}", f"quokka zeppelin {{number}}", f"Answer {{number}}.")
    # Every second one follows at once, as when an editor is quick; the other waits until somebody was answered with it.
    live = LiveRelease.objects.get().release_id
    while number % 2 and not Turn.objects.filter(release=live).exists():
        assert time.monotonic() < deadline, f"nobody is answered with release {{live}}"
        time.sleep(0.05)
"""
BROKEN = """
from qa.services.releases import release_model
print(release_model(model_fingerprint="nowhere").number)
"""
CALIBRATED = """
from qa.services.releases import release_calibrations
print(release_calibrations(calibrations={"small": None}).number)
"""


@pytest.fixture
def sites(small_site: TrainingSite, tmp_path: Path) -> Iterator[tuple[Site, Site]]:
    copy = small_site.copy(tmp_path / "var")
    extra = {**copy.extra, "MESSAGES_PER_MINUTE": "6000"}
    with Site(copy.var, extra) as first, Site(copy.var, extra) as second:
        yield first, second


ROLL_BACK = """
import time
from qa.services.promoting import restore_release
print(restore_release(number=None).release.number, time.time())
"""


async def roll_back(sites: tuple[Site, Site]) -> None:
    number, committed = shell(sites[0], ROLL_BACK).split()[-2:]
    for site in sites:
        looked = time.time()  # what is seen is at least as new as this
        while (report := ready(site))["release"] != int(number):
            assert looked - float(committed) < ROLLBACK_S, report
            await asyncio.sleep(0.02)
            looked = time.time()
        assert report["detail"] == "ok"


def shell(site: Site, code: str) -> str:
    return manage(site.var, "shell", "-v0", "-c", code, **site.extra)


def ready(site: Site) -> dict[str, object]:
    answer = httpx.get(f"{site.url}readyz", timeout=PATIENCE_S)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def keep_asking(site: Site, number: int, answered: asyncio.Event, done: asyncio.Event) -> list[dict[str, object]]:
    replies = []
    async with ChatClient(site.socket_url) as client:
        is_last = False
        while not is_last:
            is_last = done.is_set()  # the last question is asked of the last release
            replies.append(await client.ask(f"quokka zeppelin {number % NUM_RELEASES}"))
            answered.set()
    return replies


async def test_fifty_clients_ask_while_ten_releases_go_by(sites: tuple[Site, Site]) -> None:
    site, before = sites[0], ready(sites[0])["release"]
    first_reply, done = asyncio.Event(), asyncio.Event()
    asking = [asyncio.create_task(keep_asking(site, number, first_reply, done)) for number in range(NUM_CLIENTS)]
    await asyncio.wait_for(first_reply.wait(), PATIENCE_S)
    await asyncio.to_thread(shell, site, EDITS)
    done.set()
    replies = [reply for of_client in await asyncio.gather(*asking) for reply in of_client]
    assert {reply["role"] for reply in replies} == {"bot"}  # an error would be a system's notice
    assert len(replies) >= NUM_CLIENTS
    small = TrainingSite(site.var, site.var)
    answered = "FROM qa_turn WHERE decision != ''"
    (num,) = small.query(f"SELECT COUNT(*) {answered}")
    assert num == len(replies)
    (first, last, num_releases) = small.query(f"SELECT MIN(release), MAX(release), COUNT(DISTINCT release) {answered}")
    assert before == first
    assert last == int(str(before)) + NUM_RELEASES == ready(site)["release"]
    assert int(str(num_releases)) >= 1 + NUM_RELEASES // 2
    # A release never goes back within a conversation.
    (num_back,) = small.query(
        "SELECT COUNT(*) FROM qa_turn a JOIN qa_turn b ON a.conversation_id = b.conversation_id AND a.seq < b.seq "
        "WHERE a.decision != '' AND b.decision != '' AND a.release > b.release"
    )
    assert num_back == 0


async def test_what_cannot_be_loaded_is_said_and_a_rollback_is_there_in_two_seconds(
    sites: tuple[Site, Site],
) -> None:
    before = ready(sites[0])["release"]
    broken = int(shell(sites[0], BROKEN).split()[-1])
    for site in sites:
        deadline = time.monotonic() + PATIENCE_S
        while (report := ready(site))["detail"] == "ok" and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        assert report["release"] == before != broken
        assert "nowhere" in str(report["detail"])
        async with ChatClient(site.socket_url) as client:
            assert (await client.ask("quokka"))["role"] == "bot"
    await roll_back(sites)  # from a release that nobody could load
    shell(sites[0], CALIBRATED)
    await roll_back(sites)  # from one that everybody answered with
