"""An agent's work with one customer: by keyboard, on a phone, and for everybody."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.desk.working import (
    LEAK,
    TYPING,
    WAITS_MS,
    NewPage,
    SignIn,
    ask_for_person,
    heard,
    open_last,
    write,
)
from tests.browser.passing import shows
from tests.servers import PASSWORD, Site

pytestmark = pytest.mark.browser


def test_customer_and_agent_talk_by_keyboard(desk: SignIn, customer: Page) -> None:
    agent = desk("ann")
    ask_for_person(customer, agent)
    expect(customer.get_by_role("log").locator("[data-role=system]")).to_have_count(1, timeout=WAITS_MS)
    open_last(agent)
    expect(agent.get_by_test_id("understood")).to_contain_text(LEAK, timeout=WAITS_MS)
    expect(agent.get_by_test_id("tried").locator("li")).to_have_count(1)
    expect(agent.get_by_test_id("suggestion")).to_have_count(3, timeout=WAITS_MS)

    agent.keyboard.press("c")
    expect(agent.get_by_test_id("facts")).to_contain_text("您接待中", timeout=WAITS_MS)
    heard(customer, "Ann", "system")
    agent.keyboard.press("r")
    with shows(customer.get_by_test_id("typing"), TYPING):
        agent.keyboard.type("您好，")
    agent.keyboard.type("我来帮您。")
    agent.keyboard.press("Enter")
    heard(customer, "您好，我来帮您。")
    expect(agent.locator("[data-testid=parcel]")).to_have_count(0, timeout=WAITS_MS)

    with shows(agent.get_by_test_id("typing")):
        customer.get_by_test_id("composer").press_sequentially("还在滴", delay=1_700)  # told every 3 s at most
    customer.get_by_test_id("composer").press("Enter")
    expect(agent.get_by_test_id("said").last).to_contain_text("还在滴", timeout=WAITS_MS)
    expect(agent.get_by_test_id("facts").locator(".due")).to_have_text(re.compile(r"[123]:\d\d"))

    question = agent.get_by_test_id("suggestion").first.locator("summary").inner_text(timeout=WAITS_MS)
    agent.keyboard.press("Alt+Digit1")
    expect(customer.get_by_role("log").locator("[data-role=agent][data-kind=answer]")).to_be_visible(timeout=WAITS_MS)
    given = agent.get_by_test_id("said").last
    expect(given).to_have_attribute("data-kind", "answer", timeout=WAITS_MS)
    given.get_by_role("button", name="这条解决了问题").press("Enter")
    expect(agent.get_by_test_id("linked")).to_contain_text(question, timeout=WAITS_MS)

    agent.get_by_test_id("name").focus()
    agent.keyboard.press("e")
    heard(customer, "解决", "system")
    expect(agent.get_by_test_id("text")).to_be_disabled()
    write(customer, "谢谢，还有一个问题")
    expect(agent.get_by_test_id("facts")).to_contain_text("机器人", timeout=WAITS_MS)


NO_POINTER = """
for (const type of ["pointerdown", "mousedown", "touchstart"])
  addEventListener(type, () => { throw new Error("somebody pointed") }, true);
"""


def test_keys_alone_take_answer_and_settle_a_conversation(
    new_page: NewPage, staffed: Site, desk: SignIn, customer: Page
) -> None:
    elsewhere = desk("ann")  # another browser of the same agent
    agent = new_page(locale="en-US")
    agent.add_init_script(NO_POINTER)
    agent.goto(f"{staffed.url}desk/")
    expect(agent.locator("#id_username")).to_be_focused()
    agent.keyboard.type("ann")
    agent.keyboard.press("Tab")
    agent.keyboard.type(PASSWORD)
    agent.keyboard.press("Enter")
    expect(agent.get_by_test_id("line")).to_have_attribute("data-state", "online", timeout=WAITS_MS)
    ask_for_person(customer, agent)
    unread = elsewhere.locator(".entry--unread")
    expect(unread).to_have_count(1, timeout=WAITS_MS)
    open_last(agent)
    expect(unread).to_have_count(0, timeout=WAITS_MS)
    expect(agent.get_by_test_id("suggestion")).to_have_count(3, timeout=WAITS_MS)
    question = agent.get_by_test_id("suggestion").first.locator("summary").inner_text()
    agent.keyboard.press("c")
    expect(agent.get_by_test_id("facts")).to_contain_text("yours", timeout=WAITS_MS)
    agent.keyboard.press("Alt+Digit1")
    given = agent.get_by_test_id("said").last
    expect(given).to_have_attribute("data-kind", "answer", timeout=WAITS_MS)
    expect(agent.get_by_test_id("parcel")).to_have_count(0, timeout=WAITS_MS)
    agent.keyboard.press("y")
    expect(agent.get_by_test_id("linked")).to_contain_text(question, timeout=WAITS_MS)
    agent.keyboard.press("e")
    heard(customer, "解决", "system")
    expect(agent.get_by_test_id("text")).to_be_disabled(timeout=WAITS_MS)


def test_notes_labels_canned_replies_and_drafts(desk: SignIn, customer: Page) -> None:
    agent = desk("ann", locale="en-US")
    ask_for_person(customer, agent)
    open_last(agent)
    agent.keyboard.press("n")
    agent.keyboard.type("Third floor.")
    agent.keyboard.press("Enter")
    expect(agent.get_by_test_id("note")).to_contain_text("Third floor.", timeout=WAITS_MS)
    agent.keyboard.press("Escape")
    agent.keyboard.press("l")
    agent.keyboard.type("Leaks")
    agent.keyboard.press("Enter")
    expect(agent.get_by_test_id("labels")).to_contain_text("Leaks", timeout=WAITS_MS)
    agent.get_by_test_id("name").focus()
    agent.keyboard.press("r")
    agent.keyboard.type("/wa")
    expect(agent.get_by_role("option")).to_have_count(1, timeout=WAITS_MS)
    agent.keyboard.press("Enter")
    expect(agent.get_by_test_id("text")).to_have_value("请稍等，我去查一下。")
    agent.keyboard.press("Enter")
    heard(customer, "请稍等，我去查一下。")
    agent.get_by_role("button", name="Make an entry of this").press("Enter")
    link = agent.get_by_role("link", name="The draft is made: open it")
    expect(link).to_have_attribute("href", re.compile(r"^/admin/qa/entry/\d+/change/$"), timeout=WAITS_MS)
    expect(link).to_be_focused()
    write(customer, "漏水在左边")  # the log is built anew around it
    expect(agent.get_by_test_id("said").last).to_contain_text("漏水在左边", timeout=WAITS_MS)
    expect(link).to_be_focused()
    assert "Third floor." not in customer.content()


def test_colleagues_see_one_another_and_hand_over(desk: SignIn, customer: Page) -> None:
    ann, bob = desk("ann", locale="en-US"), desk("bob", locale="en-US")
    ask_for_person(customer, ann)
    open_last(ann)
    open_last(bob)
    expect(ann.get_by_test_id("viewers")).to_have_text("Bob has this conversation open too.", timeout=WAITS_MS)
    ann.keyboard.press("c")
    expect(bob.get_by_test_id("facts")).to_contain_text("with Ann", timeout=WAITS_MS)
    expect(bob.get_by_test_id("text")).to_be_disabled()
    ann.keyboard.press("r")
    with shows(bob.get_by_test_id("viewers"), "Ann is writing in this conversation."):
        ann.keyboard.type("Let me")
    ann.keyboard.press("Escape")
    expect(ann.get_by_test_id("facts").locator(".badge--mine")).to_be_visible(timeout=WAITS_MS)
    ann.keyboard.press("t")
    expect(ann.get_by_role("button", name="Bob")).to_be_focused(timeout=WAITS_MS)
    ann.keyboard.press("Enter")
    expect(bob.get_by_test_id("facts")).to_contain_text("yours", timeout=WAITS_MS)
    heard(customer, "Bob", "system")


def test_phone_shows_one_column_and_goes_back(desk: SignIn, customer: Page) -> None:
    agent = desk("ann", width=390, height=844)
    ask_for_person(customer, agent)
    agent.get_by_test_id("row").last.click()
    expect(agent.get_by_test_id("talk")).to_be_visible()
    expect(agent.get_by_test_id("rows")).to_be_hidden()
    agent.get_by_role("button", name="客户信息").click()
    expect(agent.get_by_test_id("context")).to_be_visible()
    expect(agent.get_by_test_id("talk")).to_be_hidden()
    agent.get_by_role("button", name="返回对话").click()
    expect(agent.get_by_test_id("suggestion")).to_have_count(3, timeout=WAITS_MS)
    assert agent.evaluate("document.documentElement.scrollWidth") == 390
    agent.get_by_test_id("text").fill("您好")
    agent.get_by_test_id("send").click()
    heard(customer, "您好")
    agent.go_back()
    expect(agent.get_by_test_id("rows")).to_be_visible()
    expect(agent.get_by_test_id("talk")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("locale", "width"), [("zh-CN", 1280), ("en-US", 1280), ("zh-CN", 390), ("en-US", 390)])
def test_axe_finds_nothing(desk: SignIn, customer: Page, scheme: str, locale: str, width: int) -> None:
    agent = desk("ann", locale=locale, width=width, color_scheme=scheme)
    ask_for_person(customer, agent)
    assert violations(agent) == []
    agent.get_by_test_id("row").last.click()
    expect(agent.get_by_test_id("suggestion")).to_have_count(3, timeout=WAITS_MS)
    agent.keyboard.press("n")
    agent.keyboard.type("A note.")
    agent.keyboard.press("Enter")
    expect(agent.get_by_test_id("note")).to_be_visible(timeout=WAITS_MS)
    agent.get_by_test_id("text").fill("")
    agent.locator("[data-mode=say]").click()
    agent.keyboard.type("/")
    expect(agent.get_by_role("option")).to_have_count(1, timeout=WAITS_MS)
    assert violations(agent) == []
    agent.keyboard.press("Escape")
    if width < 760:
        agent.locator("#to-context").click()
        assert violations(agent) == []
        return
    agent.keyboard.press("Escape")
    agent.keyboard.press("?")
    assert violations(agent) == []
