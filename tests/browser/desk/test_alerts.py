"""What calls an agent who looks elsewhere, and what tells others that an agent is there."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk.working import WAITS_MS, NewPage, SignIn, ask_for_person, expect_line, open_last, write

pytestmark = pytest.mark.browser

STUBS = """
window.called = { notifications: [], beeps: 0 };
window.isAway = false;
Object.defineProperty(document, "hidden", { get: () => window.isAway });
window.Notification = class {
  static permission = "granted";
  static requestPermission = async () => "granted";
  constructor(title, { body }) { window.called.notifications.push(body); }
  close() {}
};
window.AudioContext = class { currentTime = 0; resume() {} };
window.OscillatorNode = class { connect(node) { return node; } start() { window.called.beeps += 1; } stop() {} };
window.GainNode = class {
  gain = { setValueAtTime() {}, linearRampToValueAtTime() {} };
  connect(node) { return node; }
};
"""


def test_presence_and_sound_are_remembered(desk: SignIn) -> None:
    agent = desk("bob", locale="en-US")
    switch, sound = agent.get_by_test_id("presence"), agent.get_by_role("button", name="Sound")
    expect(sound).to_have_attribute("aria-pressed", "false")
    sound.click()
    switch.click()
    expect(switch).to_have_text("Away")
    agent.reload()
    expect_line(agent, "online")
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(sound).to_have_attribute("aria-pressed", "true")
    switch.click()
    expect(switch).to_have_text("Online")


@pytest.fixture
def agent(new_page: NewPage, desk: SignIn) -> Page:
    """Give an agent's page whose sounds and notifications are counted."""
    page = new_page(locale="en-US")
    page.add_init_script(STUBS)
    return desk("ann", page)


def look_away(agent: Page) -> None:
    """Look at another window; what was heard so far does not count."""
    agent.evaluate("window.isAway = true; Object.assign(window.called, { notifications: [], beeps: 0 })")


def called(agent: Page) -> tuple[list[str], int]:
    """Return the notifications and the number of beeps."""
    notifications, beeps = agent.evaluate("[window.called.notifications, window.called.beeps]")
    return notifications, beeps


def test_who_waits_and_who_writes_call_an_agent_who_looks_elsewhere(agent: Page, customer: Page) -> None:
    agent.get_by_role("button", name="Sound").press("Enter")
    agent.get_by_role("button", name="Notifications").press("Enter")
    expect(agent.get_by_role("button", name="Notifications")).to_have_attribute("aria-pressed", "true")
    expect(agent).to_have_title("Desk")
    look_away(agent)
    ask_for_person(customer, agent)
    expect(agent).to_have_title("(1) Desk")
    assert called(agent) == (["Somebody waits for a person."], 1)

    agent.evaluate("window.isAway = false")
    open_last(agent)
    agent.keyboard.press("r")
    agent.keyboard.type("I'm here.")
    agent.keyboard.press("Enter")
    expect(agent).to_have_title("Desk", timeout=WAITS_MS)
    look_away(agent)
    write(customer, "还在滴")
    expect(agent).to_have_title("(1) Desk", timeout=WAITS_MS)
    assert called(agent) == (["A customer of yours has written."], 1)


def test_switched_off_nothing_calls_but_the_title(agent: Page, customer: Page) -> None:
    agent.get_by_test_id("presence").focus()
    agent.keyboard.press("Shift")  # the page may sound now
    look_away(agent)
    ask_for_person(customer, agent)
    expect(agent).to_have_title("(1) Desk")
    assert called(agent) == ([], 0)
