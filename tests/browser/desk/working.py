"""What agents and customers do."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.servers import PATIENCE_S

WAITS_MS = PATIENCE_S * 1000
LEAK = "空调室内机一直往下滴水"
TYPING = "对方正在输入"
NewPage = Callable[..., Page]
SignIn = Callable[..., Page]


def write(page: Page, text: str) -> None:
    """Say something as a customer."""
    page.get_by_test_id("composer").fill(text)
    page.get_by_test_id("composer").press("Enter")


def heard(page: Page, text: str, role: str = "agent") -> None:
    """Wait until a customer's page shows what was said."""
    expect(page.get_by_role("log").locator(f"[data-role={role}]", has_text=text)).to_be_visible(timeout=WAITS_MS)


def ask_for_person(customer: Page, agent: Page) -> None:
    """Ask for a person, and wait until the desk shows it."""
    count = agent.locator("[data-count=queue]")
    expect(count).to_have_text(re.compile(r"\d"), timeout=WAITS_MS)
    waiting = int(count.inner_text())
    customer.get_by_test_id("human").click()
    expect(count).to_have_text(str(waiting + 1), timeout=WAITS_MS)


def open_last(agent: Page) -> None:
    """Open who came to the queue last, by keyboard: from the end of the list."""
    agent.keyboard.press("1")
    agent.keyboard.press("k")
    expect(agent.get_by_test_id("said").first).to_be_visible(timeout=WAITS_MS)


def take(customer: Page, agent: Page) -> None:
    """Let the customer ask for a person, and the agent open the conversation and take it."""
    ask_for_person(customer, agent)
    open_last(agent)
    agent.keyboard.press("c")
    expect(agent.get_by_test_id("facts").locator(".badge--mine")).to_be_visible(timeout=WAITS_MS)


def expect_line(agent: Page, state: str) -> None:
    """Wait for a state of the agent's connection."""
    expect(agent.get_by_test_id("line")).to_have_attribute("data-state", state, timeout=WAITS_MS)
