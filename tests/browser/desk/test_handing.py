"""From hand to hand: the queue, the bot, another day; and the lists in which each conversation is found."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk.working import WAITS_MS, SignIn, heard, take, write

pytestmark = pytest.mark.browser


def expect_listed(agent: Page, key: str, num_rows: int) -> None:
    """Choose a list by its key, and wait until it holds so many."""
    agent.keyboard.press(key)
    expect(agent.locator(f".tab:nth-of-type({key})[data-view]")).to_have_attribute("aria-pressed", "true")
    expect(agent.get_by_test_id("row")).to_have_count(num_rows, timeout=WAITS_MS)


def test_conversation_goes_to_the_queue_and_to_the_bot_by_keyboard(desk: SignIn, customer: Page) -> None:
    agent = desk("ann", locale="en-US")
    facts = agent.get_by_test_id("facts")
    take(customer, agent)
    expect_listed(agent, "1", 0)
    expect_listed(agent, "2", 1)
    agent.keyboard.press("t")
    # Whoever is at the desk gets the focus when they are known: Enter before that could be theirs.
    expect(agent.locator("#colleagues button, #no-colleagues:not([hidden])").first).to_be_visible(timeout=WAITS_MS)
    agent.get_by_role("button", name="Back to the queue").press("Enter")
    expect(facts).to_contain_text("waiting", timeout=WAITS_MS)
    expect_listed(agent, "2", 0)
    expect_listed(agent, "1", 1)

    agent.keyboard.press("b")
    expect(facts).to_contain_text("with the bot", timeout=WAITS_MS)
    heard(customer, "现在由智能助手继续回答", "system")
    expect_listed(agent, "1", 0)
    write(customer, "移机收费多少？")
    expect(customer.get_by_role("log").locator("[data-role=bot]")).to_have_count(2, timeout=WAITS_MS)


def test_resolved_conversation_is_opened_again_by_keyboard(desk: SignIn, customer: Page) -> None:
    agent = desk("ann", locale="en-US")
    facts = agent.get_by_test_id("facts")
    take(customer, agent)
    agent.keyboard.press("e")
    expect(agent.get_by_test_id("facts").get_by_test_id("state")).to_have_text("resolved", timeout=WAITS_MS)
    expect_listed(agent, "2", 0)
    agent.keyboard.press("3")
    row = agent.locator(f"[data-conversation='{agent.evaluate('location.hash.slice(1)')}']")
    expect(row).to_be_visible(timeout=WAITS_MS)
    agent.keyboard.press("e")
    expect(facts).to_contain_text("yours", timeout=WAITS_MS)
    expect_listed(agent, "2", 1)
    agent.keyboard.press("r")
    agent.keyboard.type("Welcome back.")
    agent.keyboard.press("Enter")
    heard(customer, "Welcome back.")
