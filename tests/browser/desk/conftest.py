"""A server with two agents, and pages of theirs and of customers."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.browser.contexts import new_context, sign_in, watched_page
from tests.browser.desk.working import LEAK, WAITS_MS, NewPage, SignIn, write
from tests.servers import PASSWORD, Site, manage

AGENTS = f"""
from django.contrib.auth.models import User
from qa.models import *
for name in ("ann", "bob"):
    user, is_new = User.objects.get_or_create(username=name, is_staff=True, first_name=name.title())
    user.set_password({PASSWORD!r})
    user.save()
    Membership.objects.get_or_create(user=user, role="agent")  # a worker may come back to these tests
texts = dict(text_zh="请稍等，我去查一下。", text_en="One moment please.")
CannedReply.objects.get_or_create(knowledge_base=KnowledgeBase.objects.first(), shortcut="wait", defaults=texts)
"""


@pytest.fixture(scope="package")
def staffed(site: Site) -> Site:
    """Give the server with two agents and a canned reply."""
    manage(site.var, "shell", "-v0", "-c", AGENTS)
    return site


@pytest.fixture
def new_page(browser: Browser, staffed: Site) -> Iterator[NewPage]:
    """Give what opens a page of its own browser; a script error or a complaint about the policy fails the test."""
    with closing(sqlite3.connect(staffed.var / "hangjia.sqlite3", timeout=20)) as database, database:
        # The server is every browser test's: nobody of theirs stands in this queue.
        database.execute("UPDATE qa_conversation SET state = 'closed', assignee_id = NULL WHERE state <> 'bot'")
    contexts: list[BrowserContext] = []

    def open_page(
        width: int = 1280,
        height: int = 800,
        locale: str = "zh-CN",
        color_scheme: Literal["light", "dark"] | None = None,
    ) -> Page:
        viewport = ViewportSize(width=width, height=height)
        context = new_context(browser, locale=locale, viewport=viewport, color_scheme=color_scheme)
        contexts.append(context)
        return watched_page(context)

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def desk(new_page: NewPage, staffed: Site) -> SignIn:
    """Give what signs an agent in at the desk, on a page that is given or a new one."""

    def sit_down(name: str, page: Page | None = None, **options: object) -> Page:
        page = page or new_page(**options)
        sign_in(page, f"{staffed.url}desk/", name)
        expect(page.get_by_test_id("line")).to_have_attribute("data-state", "online", timeout=WAITS_MS)
        return page

    return sit_down


@pytest.fixture
def customer(new_page: NewPage, staffed: Site) -> Page:
    """Give a customer's page that asked something."""
    page = new_page()
    page.goto(staffed.url)
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online", timeout=WAITS_MS)
    write(page, LEAK)
    expect(page.get_by_role("log").locator("[data-role=bot]")).to_have_count(1, timeout=WAITS_MS)
    return page
