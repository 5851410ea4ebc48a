"""How long suggestions take while questions are typed: `python -m tests.bench.bench_suggestions [--url ws://…/ws/chat/]`.

The demonstration's development questions are typed at a running Hangjia (`make run`), at the pauses after which the page
asks. Measured is one request at the socket, from its frame to the server's; exits with 1 above the aim.
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
NUM_QUESTIONS = 60
PAUSE_S = 0.2
"""The page's own pause before it asks; longer than the server's least time between two looks (`qa.consumers`)."""
AIM_MS = 50.0
HELLO = {"v": 2, "type": "hello", "widget": None, "token": None, "after": 0, "identity": None, "page": None}


def beginnings(text: str) -> list[str]:
    """Return what stands in the box at three pauses: a third of a question, two thirds, and all of it."""
    return [text[: max(2, len(text) * part // 3)] for part in (1, 2, 3)]


async def measure(url: str) -> list[float]:
    """Type the questions, and return the milliseconds that each request took."""
    texts = [line.split("\t")[1] for line in DEV.read_text(encoding="utf-8").splitlines()[1:]]
    latencies: list[float] = []
    async with websockets.connect(url, compression=None) as socket:
        await socket.send(json.dumps({**HELLO, "language": "zh-Hans"}))
        for text in texts[:: len(texts) // NUM_QUESTIONS][:NUM_QUESTIONS]:
            for typed in beginnings(text):
                await asyncio.sleep(PAUSE_S)
                latencies.append(await ask(socket, typed))
    return latencies


async def ask(socket: websockets.ClientConnection, text: str) -> float:
    """Ask for suggestions once; return the milliseconds until they are there."""
    wanted = str(uuid.uuid4())
    started = time.perf_counter()
    await socket.send(json.dumps({"v": 2, "type": "suggest", "id": wanted, "text": text}))
    while True:
        event = json.loads(await asyncio.wait_for(socket.recv(), 30))
        if event["type"] == "error":
            raise SystemExit(f"refused: {event}")
        if event["type"] == "suggestions" and event["id"] == wanted:
            return (time.perf_counter() - started) * 1000


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="ws://127.0.0.1:8000/ws/chat/")
    latencies = asyncio.run(measure(parser.parse_args().url))
    p50, p95 = np.percentile(latencies, (50, 95))
    print(f"suggestions, {len(latencies)} requests: p50 {p50:.1f} ms, p95 {p95:.1f} ms (aim: p95 ≤ {AIM_MS:.0f} ms)")
    return int(p95 > AIM_MS)


if __name__ == "__main__":
    raise SystemExit(main())
