"""Sizes and main-thread time of the widget beside two public ones: `python -m tests.bench.bench_widget [--url URL]`.

The rivals are what their makers publish to npm, fetched with `npm pack` into a folder that goes away. All are measured
in the same way: gzip -9 of the files that a page loads to show the chat, and what Chromium counts of the host page's
main thread until it is idle. `--url` is a running Hangjia (`make run`).
"""

import argparse
import gzip
import shutil
import subprocess
import tarfile
import tempfile
import threading
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from qa.widget_build import build

RUNS = 5
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass(frozen=True)
class Rival:
    """A published widget: the files that a page loads, and a page that shows it."""

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


def measure_rival(rival: Rival, browser: Browser, folder: Path) -> tuple[int, float, float]:
    """Return gzipped bytes, and the time of script and of all work in milliseconds."""
    # The package manager's own client, which knows where packages come from.
    packed = subprocess.run(
        ["npm", "pack", "--silent", rival.package], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()
    with tarfile.open(folder / packed) as archive:
        archive.extractall(folder, filter="data")
    root = folder / "package"
    (root / "index.html").write_text(f"<!doctype html><title>x</title><body>{rival.body}</body>")
    size = sum(len(gzip.compress((root / name).read_bytes(), 9)) for name in rival.files)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/index.html"
        return size, *time_script(browser, url)
    finally:
        server.shutdown()
        shutil.rmtree(root)


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def time_script(browser: Browser, url: str) -> tuple[float, float]:
    """Return the medians of script time and of all work on the page's main thread until it is idle, in milliseconds."""
    runs = []
    for _run in range(RUNS):
        page = browser.new_page()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(url, wait_until="networkidle")
        metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
        runs.append((metrics["ScriptDuration"] * 1000, metrics["TaskDuration"] * 1000))
        page.close()
    return median(script for script, _all in runs), median(work for _script, work in runs)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    url = parser.parse_args().url.rstrip("/")
    names = ("v1.js", "boot.js", "chat.js", "chat.css")
    ours = sum(len(gzip.compress(build().files[name], 9)) for name in names)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        rows = [("hangjia (loader, chat, styles)", ours, *time_script(browser, f"{url}/widget/demo/"))]
        rows += [(rival.package, *measure_rival(rival, browser, Path(folder))) for rival in RIVALS]
        browser.close()
    print(f"{'widget':32} {'gzip -9':>9} {'script':>9} {'all work':>11}")
    for name, size, script_ms, work_ms in rows:
        print(f"{name:32} {size:7} B {script_ms:6.1f} ms {work_ms:8.1f} ms")


if __name__ == "__main__":
    main()
