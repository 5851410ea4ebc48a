"""One browser for all of these tests."""

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.servers import PATIENCE_S

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium. Not for the session: Playwright's loop would run under every later async test."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("There is no Chromium here. Run `sh tests/prepare_machine.sh`, or: apt-get install chromium")
    expect.set_options(timeout=PATIENCE_S * 1000)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(prefix="hangjia-chromium-") as home:
        browser = playwright.chromium.launch(
            executable_path=path, args=CHROMIUM_FLAGS, env={**os.environ, "HOME": home}
        )
        yield browser
        browser.close()
