"""A browser's context for one visitor, agent or editor."""

from typing import Any

from playwright.sync_api import Browser, BrowserContext

from tests.servers import PATIENCE_S


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """Open a context in which what is done waits as long as what is expected does.

    Args:
        options: As `Browser.new_context` takes them.
    """
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_S * 1000)
    return context
