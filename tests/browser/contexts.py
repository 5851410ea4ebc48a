"""A browser's context for one visitor, agent or editor, and pages in it."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.servers import PASSWORD, PATIENCE_S, STAFF


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """Open a context in which what is done waits as long as what is expected does.

    Args:
        options: As `Browser.new_context` takes them.
    """
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_S * 1000)
    return context


def watched_page(context: BrowserContext) -> Page:
    """Open a page on which a script error or a violated content policy fails the test."""
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"Script error on the page: {error}"))
    page.on("console", lambda said: pytest.fail(f"The console says: {said.text}") if is_complaint(said.text) else None)
    return page


def is_complaint(text: str) -> bool:
    """Tell whether a line of the console is about a policy."""
    return "Content Security Policy" in text or "Content-Security-Policy" in text


def sign_in(page: Page, url: str, name: str = STAFF) -> None:
    """Go to a page that asks who one is, and say so."""
    page.goto(url)
    page.locator("#id_username").fill(name)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password").press("Enter")
