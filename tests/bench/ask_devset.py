"""Asks the demonstration's development set over a real WebSocket, as a customer would.

python -m tests.bench.ask_devset --url ws://127.0.0.1:8000/ws/chat/          one client, one by one
python -m tests.bench.ask_devset --url … --clients 100 --each 3               many at once
"""

import argparse
import asyncio
import json
import time
import uuid
from pathlib import Path

import numpy as np
import websockets

DEV = Path(__file__).resolve().parents[2] / "qa" / "demo" / "dev.tsv"
PER_CONVERSATION = 25
"""Questions of one conversation; below what the service allows in a minute."""


async def open_chat(url: str) -> websockets.ClientConnection:
    """Connect and say hello."""
    socket = await websockets.connect(url, compression=None, open_timeout=30)
    await socket.send(json.dumps({"v": 1, "type": "hello", "widget": None, "token": None, "after": 0}))
    welcome = json.loads(await socket.recv())
    assert welcome["type"] == "welcome", welcome
    return socket


async def ask(socket: websockets.ClientConnection, text: str) -> tuple[dict, float]:
    """Ask one question; return the reply's event and the milliseconds it took."""
    started = time.perf_counter()
    message = {"v": 1, "type": "message", "id": str(uuid.uuid4()), "text": text}
    await socket.send(json.dumps(message, ensure_ascii=False))
    while True:
        event = json.loads(await asyncio.wait_for(socket.recv(), 60))
        if event["type"] == "error":
            raise SystemExit(f"refused: {event}")
        if event["type"] == "turn" and event["role"] != "customer":
            return event, (time.perf_counter() - started) * 1000


async def measure(url: str) -> None:
    """Ask everything, one by one, and print the figures."""
    rows = [line.split("\t") for line in DEV.read_text(encoding="utf-8").splitlines()[1:]]
    answered_right, declined, latencies = [], [], []
    for start in range(0, len(rows), PER_CONVERSATION):
        socket = await open_chat(url)
        for label, text in rows[start : start + PER_CONVERSATION]:
            event, latency = await ask(socket, text)
            latencies.append(latency)
            if label == "__oos__":
                declined.append(event["kind"] != "answer")
            else:
                answered_right.append(event["kind"] == "answer" and event["entry"] == label)
        await socket.close()
    right, kept = np.mean(answered_right), np.mean(declined)
    print(
        f"{len(rows)} questions: answered right {right:.3f}, declined {kept:.3f}, joint {0.8 * right + 0.2 * kept:.3f}"
    )
    print(f"a turn: p50 {np.percentile(latencies, 50):.1f} ms, p95 {np.percentile(latencies, 95):.1f} ms")


async def crowd(url: str, clients: int, each: int) -> None:
    """Let many clients ask at once, and print what went wrong (nothing) and how long it took."""
    texts = [line.split("\t")[1] for line in DEV.read_text(encoding="utf-8").splitlines()[1:]]
    sockets = await asyncio.gather(*(open_chat(url) for _ in range(clients)))
    started = time.perf_counter()

    async def one(number: int) -> list[float]:
        latencies = []
        for turn in range(each):
            event, latency = await ask(sockets[number], texts[(number * each + turn) % len(texts)])
            assert event["kind"] in {"answer", "clarify", "handoff"}, event
            latencies.append(latency)
        return latencies

    latencies = np.concatenate(await asyncio.gather(*(one(number) for number in range(clients))))
    seconds = time.perf_counter() - started
    await asyncio.gather(*(socket.close() for socket in sockets))
    print(
        f"{clients} clients at once, {len(latencies)} questions: no error, {len(latencies) / seconds:.0f} questions/s"
    )
    print(f"a turn: p50 {np.percentile(latencies, 50):.0f} ms, p95 {np.percentile(latencies, 95):.0f} ms")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="ws://127.0.0.1:8000/ws/chat/")
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--each", type=int, default=3)
    options = parser.parse_args()
    if options.clients > 1:
        asyncio.run(crowd(options.url, options.clients, options.each))
    else:
        asyncio.run(measure(options.url))


if __name__ == "__main__":
    main()
