"""What an agent does at the desk, and what tests do to the database behind both."""

import sqlite3
from contextlib import closing

from playwright.sync_api import Page, expect

from tests.browser.widget.visiting import ANSWERED_MS
from tests.servers import PASSWORD, Site
from tests.waiting import wait_for

AGENT = f"""
from django.contrib.auth.models import User
from qa.models import Membership
user, is_new = User.objects.get_or_create(username="wen", is_staff=True, first_name="Wen")
if is_new:  # a worker may come back to these tests
    user.set_password({PASSWORD!r})
    user.save()
    Membership.objects.create(user=user, role="agent")
"""


def run_sql(site: Site, words: str) -> list[tuple[object, ...]]:
    """Read or change the site's database, as time or a crash would; the server goes on meanwhile."""
    with closing(sqlite3.connect(site.var / "hangjia.sqlite3", timeout=20)) as database, database:
        return database.execute(words).fetchall()


def sit_down(desk: Page, site: Site) -> None:
    """Open the desk as its agent, who is online then."""
    desk.goto(f"{site.url}desk/")
    expect(desk.get_by_test_id("line")).to_have_attribute("data-state", "online", timeout=ANSWERED_MS)


def leave_desk(desk: Page, site: Site) -> None:
    """Close the agent's page, and wait until the server knows that nobody is there."""
    desk.goto("about:blank")
    sql = "SELECT 1 FROM qa_agentpresence WHERE status = 'online'"
    wait_for(lambda: not run_sql(site, sql), "the agent's leaving")


def open_waiting(agent: Page) -> None:
    """Open who waits, by keyboard."""
    expect(agent.locator("[data-count=queue]")).to_have_text("1", timeout=ANSWERED_MS)
    agent.keyboard.press("1")
    agent.keyboard.press("k")
    expect(agent.get_by_test_id("said").first).to_be_visible(timeout=ANSWERED_MS)


def say(agent: Page, text: str) -> None:
    """Say something as the agent."""
    agent.keyboard.press("r")
    agent.keyboard.type(text)
    agent.keyboard.press("Enter")
    expect(agent.get_by_test_id("parcel")).to_have_count(0, timeout=ANSWERED_MS)
    agent.get_by_test_id("name").focus()
