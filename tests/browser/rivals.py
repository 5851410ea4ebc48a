"""Two public widgets as their makers publish them, and what a page pays for a widget: bytes, and its main thread's time."""

import gzip
import subprocess
import tarfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

RUNS = 5
FETCH_PAUSES_S = (0, 5, 20, 60, 120)
"""Before each attempt to fetch a package, in seconds: a registry may be busy."""


@dataclass(frozen=True)
class Rival:
    """A published widget.

    Attributes:
        package: Name and version, as npm knows them.
        files: What a page loads of it.
        body: A page that shows it.
    """

    package: str
    files: tuple[str, ...]
    body: str


RIVALS = (
    Rival(
        "deep-chat@2.4.2",
        ("dist/deepChat.bundle.js",),
        '<script type="module" src="/dist/deepChat.bundle.js"></script><deep-chat></deep-chat>',
    ),
    Rival(
        "@n8n/chat@1.37.0",
        ("dist/chat.bundle.es.js", "dist/style.css"),
        '<link rel="stylesheet" href="/dist/style.css"><script type="module">'
        'import { createChat } from "/dist/chat.bundle.es.js"; createChat({ webhookUrl: "/hook" });</script>',
    ),
)


@dataclass(frozen=True)
class Price:
    """What a page pays: bytes after `gzip -9`, and script and all work on its main thread, in milliseconds."""

    num_bytes: int
    script_ms: float
    work_ms: float


def price_of_rival(rival: Rival, browser: "Browser", folder: Path) -> Price:
    """Fetch a published widget into a folder, and measure it as ours is measured.

    Raises:
        subprocess.CalledProcessError: npm could not fetch it, however often it was asked.
    """
    root = _fetched(rival, folder)
    (root / "index.html").write_text(f"<!doctype html><title>x</title><body>{rival.body}</body>")
    with _served(root) as url:
        times = page_times(browser, f"{url}/index.html")
    return Price(gzipped((root / name).read_bytes() for name in rival.files), *times)


def gzipped(files: Iterable[bytes]) -> int:
    """Return the bytes of files after `gzip -9`."""
    return sum(len(gzip.compress(content, 9)) for content in files)


def page_times(browser: "Browser", url: str) -> tuple[float, float]:
    """Return a page's script time and all work on its main thread until it is idle, in milliseconds: medians of RUNS.

    As Chromium counts them, in CPU time of the thread.
    """
    runs = []
    for _run in range(RUNS):
        context = browser.new_context()
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(url, wait_until="networkidle")
        metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
        runs.append((metrics["ScriptDuration"] * 1000, metrics["TaskDuration"] * 1000))
        context.close()
    return median(script for script, _work in runs), median(work for _script, work in runs)


def _fetched(rival: Rival, folder: Path) -> Path:
    for pause in FETCH_PAUSES_S:
        time.sleep(pause)
        # The package manager's own client, which knows where packages come from.
        packed = subprocess.run(
            ["npm", "pack", "--silent", rival.package], cwd=folder, check=False, capture_output=True, text=True
        )
        if packed.returncode == 0:
            break
    packed.check_returncode()
    root = folder / rival.package.replace("/", "-")
    with tarfile.open(folder / packed.stdout.strip()) as archive:
        archive.extractall(root, filter="data")
    return root / "package"


@contextmanager
def _served(root: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietHandler, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""
