"""A web process that is killed outright between its acknowledgement and its answer."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.chat_client import ChatClient, message
from tests.servers import Site, copy_installation

QUESTION = "移机收费多少，"
"""It ends in a comma: the server waits for more of it after the acknowledgement (`qa.bursts`), and is killed then."""
NUM_ATTEMPTS = 5
"""On a busy machine the kill may come later than that, after the answer."""


def roles(site: Site) -> list[str]:
    """Return who said what, as it is on the disk."""
    with closing(sqlite3.connect(site.var / "hangjia.sqlite3")) as database:
        return [role for (role,) in database.execute("SELECT role FROM qa_turn ORDER BY id")]


async def kill_after_the_ack(site: Site) -> tuple[str, int]:
    """Ask, wait for the acknowledgement, kill the server; return the token and the question's seq."""
    client = ChatClient(site.socket_url)
    await client.__aenter__()
    await client.send(message(QUESTION))
    ack = await client.receive_type("ack")
    site.kill()
    assert client.token is not None
    return client.token, ack["seq"]


async def test_question_is_answered_exactly_once_after_kill_and_resume(site_var: Path, tmp_path: Path) -> None:
    site = Site(copy_installation(site_var, tmp_path / "copy"))
    with closing(sqlite3.connect(site.var / "hangjia.sqlite3")) as database, database:
        database.execute("DELETE FROM qa_vote")
        database.execute("DELETE FROM qa_turn")
    for attempt in range(NUM_ATTEMPTS):
        with site:
            token, seq = await kill_after_the_ack(site)
        before = roles(site)
        assert before.count("customer") == attempt + 1, "an acknowledged question was lost"
        if before[-1] == "customer":
            break
    else:
        raise AssertionError(f"the server was faster than the kill, {NUM_ATTEMPTS} times")

    with site:
        # Two tabs come back at once: each finds the question unanswered.
        async with (
            ChatClient(site.socket_url, token=token, after=seq) as first,
            ChatClient(site.socket_url, token=token, after=seq) as second,
        ):
            replies = await asyncio.gather(first.reply(), second.reply())
        assert replies[0] == replies[1]
        assert (replies[0]["kind"], replies[0]["seq"]) == ("answer", seq + 1)
        async with ChatClient(site.socket_url, token=token) as again:
            assert again.welcome["seq"] == seq + 1
    assert roles(site) == [*before, "bot"]
