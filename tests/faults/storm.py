"""Many customers over a bad network to a server that is killed again and again: is anything lost?

    python -m tests.faults.storm                                     50 customers, 200 messages each, 10 restarts
    python -m tests.faults.storm --clients 4 --messages 10 --restarts 1

Frames are dropped, delayed and doubled, connections cut and half closed; the web process is killed with SIGKILL or
SIGTERM and started again. At the end what each customer sent, what was acknowledged, what they saw and what the
database holds must be one and the same; the exit status is 1 when it is not.
"""

import argparse
import asyncio
import random
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.faults.chat_proxy import ChatProxy, Faults
from tests.faults.history import History, Said, complaints
from tests.faults.stubborn_client import StubbornClient
from tests.servers import Site, install_demonstration

QUESTIONS = ("移机收费多少", "报E1外机不转", "split blows warm air", "遥控器失灵", "Do you sell bicycles")
SETTLE_S = 60.0


async def weather(site: Site, *, num_clients: int, num_messages: int, num_restarts: int, seed: int) -> list[History]:
    """Let customers talk through a storm; return what each did and saw, and what is stored."""
    async with ChatProxy(site.socket_url, Faults(), seed) as proxy:
        clients = [StubbornClient(proxy.url, f"customer {number}", seed + number) for number in range(num_clients)]
        talks = [
            asyncio.create_task(client.say_all([_text(number, place) for place in range(num_messages)]))
            for number, client in enumerate(clients)
        ]
        await _restart(site, talks, num_restarts, random.Random(seed))
        await asyncio.gather(*talks)
        await _until_answered(site)
        stored = _stored(site)
        async with asyncio.timeout(SETTLE_S):
            await asyncio.gather(*(client.hear_out(len(_own(stored, client))) for client in clients))
        for client in clients:
            client.history.stored = _own(stored, client)
    print(f"connections: {sum(client.num_connections for client in clients)}; frames: {dict(proxy.done)}")
    return [client.history for client in clients]


def _text(number: int, place: int) -> str:
    return f"{QUESTIONS[(number + place) % len(QUESTIONS)]} ({number}-{place})"


async def _restart(site: Site, talks: list["asyncio.Task[None]"], num: int, rng: random.Random) -> None:
    """Kill the server at random moments while anybody still talks."""
    for _ in range(num):
        await asyncio.sleep(rng.uniform(1.0, 4.0))
        if all(talk.done() for talk in talks):
            break
        end = site.kill if rng.random() < 0.5 else site.stop
        await asyncio.to_thread(end)
        await asyncio.to_thread(site.start)


async def _until_answered(site: Site) -> None:
    """Wait until the last message of every conversation has its reply."""
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline:
        if all(turns[-1].role != "customer" for turns in _stored(site).values()):
            return
        await asyncio.sleep(0.5)


def _stored(site: Site) -> dict[int, list[Said]]:
    """Read every conversation as it is on the disk."""
    conversations: dict[int, list[Said]] = {}
    with closing(sqlite3.connect(site.var / "hangjia.sqlite3", timeout=20)) as database:
        rows = database.execute("SELECT conversation_id, seq, role, text FROM qa_turn ORDER BY conversation_id, seq")
        for conversation, *turn in rows:
            conversations.setdefault(conversation, []).append(Said(*turn))
    return conversations


def _own(stored: dict[int, list[Said]], client: StubbornClient) -> list[Said]:
    """Return the conversation that a customer's first message is in."""
    first = client.history.sent[0]
    return next((turns for turns in stored.values() if any(turn.text == first for turn in turns)), [])


def main() -> int:
    """Run the storm on an installation of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hangjia-storm-") as folder:
        install_demonstration(Path(folder) / "var")
        with Site(Path(folder) / "var", extra={"MESSAGES_PER_MINUTE": "100000"}) as site:
            started = time.monotonic()
            histories = asyncio.run(
                weather(
                    site,
                    num_clients=options.clients,
                    num_messages=options.messages,
                    num_restarts=options.restarts,
                    seed=options.seed,
                )
            )
            took = time.monotonic() - started
    wrong = [line for history in histories for line in complaints(history)]
    num = sum(len(history.sent) for history in histories)
    print(f"{num} messages in {took:.0f} s: " + ("0 lost, 0 doubled, 0 out of order" if not wrong else "NOT all well"))
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
