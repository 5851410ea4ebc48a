"""Sizes and main-thread time of the widget beside two public ones: `python -m tests.bench.bench_widget [--url URL]`.

The rivals are what their makers publish to npm, fetched with `npm pack` into a folder that goes away. All are measured
in the same way: gzip -9 of the files that a page loads to show the chat, and what Chromium counts of the
page's main thread until it is idle. `--url` is a running Hangjia (`make run`).
"""

import argparse
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from qa.widget_build import build
from tests.browser.rivals import RIVALS, Price, gzipped, page_times, price_of_rival

CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
OURS = ("v1.js", "boot.js", "chat.js", "chat.css")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    url = parser.parse_args().url.rstrip("/")
    ours = gzipped(build().files[name] for name in OURS)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        times = page_times(browser, f"{url}/widget/demo/")
        prices = {"hangjia (loader, chat, styles)": Price(ours, *times)}
        prices |= {rival.package: price_of_rival(rival, browser, Path(folder)) for rival in RIVALS}
        browser.close()
    print(f"{'widget':32} {'gzip -9':>9} {'script':>9} {'all work':>11}")
    for name, price in prices.items():
        print(f"{name:32} {price.num_bytes:7} B {price.script_ms:6.1f} ms {price.work_ms:8.1f} ms")


if __name__ == "__main__":
    main()
