"""The agents' page and the customer's, side by side in a real browser: by keyboard, on a phone, and for everybody."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.browser.axe import violations
from tests.servers import PASSWORD, Site, manage

pytestmark = pytest.mark.browser

WAITS_MS = 60_000
LEAK = "空调室内机一直往下滴水"
AGENTS = f"""
from django.contrib.auth.models import User
from qa.models import *
for name in ("ann", "bob"):
    user = User.objects.create_user(name, password={PASSWORD!r}, is_staff=True, first_name=name.title())
    Membership.objects.create(user=user, role="agent")
base = KnowledgeBase.objects.first()
CannedReply.objects.create(knowledge_base=base, shortcut="wait", text_zh="请稍等，我去查一下。", text_en="One moment please.")
"""
NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
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

    def open_page(width: int = 1280, height: int = 800, **options: str) -> Page:
        viewport = ViewportSize(width=width, height=height)
        context = browser.new_context(**{"locale": "zh-CN", "viewport": viewport, **options})  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"Script error on the page: {error}"))
        page.on("console", lambda message: pytest.fail(message.text) if "Content Security" in message.text else None)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def desk(new_page: NewPage, staffed: Site) -> Callable[..., Page]:
    """Give what signs an agent in at the desk."""

    def sign_in(name: str, **options: object) -> Page:
        page = new_page(**options)
        page.goto(f"{staffed.url}desk/")
        page.locator("#id_username").fill(name)
        page.locator("#id_password").fill(PASSWORD)
        page.locator("#id_password").press("Enter")
        expect(page.get_by_test_id("line")).to_have_attribute("data-state", "online", timeout=WAITS_MS)
        return page

    return sign_in


@pytest.fixture
def customer(new_page: NewPage, staffed: Site) -> Page:
    """Give a customer's page that asked something."""
    page = new_page()
    page.goto(staffed.url)
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online", timeout=WAITS_MS)
    write(page, LEAK)
    expect(page.get_by_role("log").locator("[data-role=bot]")).to_have_count(1, timeout=WAITS_MS)
    return page


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


def test_customer_and_agent_talk_by_keyboard(desk: Callable[..., Page], customer: Page) -> None:
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
    agent.keyboard.type("您好，")
    expect(customer.get_by_test_id("typing")).to_be_visible(timeout=WAITS_MS)
    agent.keyboard.type("我来帮您。")
    agent.keyboard.press("Enter")
    heard(customer, "您好，我来帮您。")
    expect(agent.locator("[data-testid=parcel]")).to_have_count(0, timeout=WAITS_MS)

    customer.get_by_test_id("composer").press_sequentially("还在滴", delay=1_700)  # told every 3 s at most
    expect(agent.get_by_test_id("typing")).to_be_visible(timeout=WAITS_MS)
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
    new_page: NewPage, staffed: Site, desk: Callable[..., Page], customer: Page
) -> None:
    elsewhere = desk("ann")  # another browser of the same agent
    agent = new_page(locale="en-US")
    agent.add_init_script(NO_POINTER)
    agent.goto(f"{staffed.url}desk/")
    agent.keyboard.type("ann")  # the first field has the focus
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


def test_notes_labels_canned_replies_and_drafts(desk: Callable[..., Page], customer: Page) -> None:
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
    assert "Third floor." not in customer.content()


def test_colleagues_see_one_another_and_hand_over(desk: Callable[..., Page], customer: Page) -> None:
    ann, bob = desk("ann", locale="en-US"), desk("bob", locale="en-US")
    ask_for_person(customer, ann)
    open_last(ann)
    open_last(bob)
    expect(ann.get_by_test_id("viewers")).to_have_text("Bob has this conversation open too.", timeout=WAITS_MS)
    ann.keyboard.press("c")
    expect(bob.get_by_test_id("facts")).to_contain_text("with Ann", timeout=WAITS_MS)
    expect(bob.get_by_test_id("text")).to_be_disabled()
    ann.keyboard.press("r")
    ann.keyboard.type("Let me")
    expect(bob.get_by_test_id("viewers")).to_have_text("Ann is writing in this conversation.", timeout=WAITS_MS)
    ann.keyboard.press("Escape")
    ann.keyboard.press("t")
    expect(ann.get_by_role("button", name="Bob")).to_be_focused(timeout=WAITS_MS)
    ann.keyboard.press("Enter")
    expect(bob.get_by_test_id("facts")).to_contain_text("yours", timeout=WAITS_MS)
    heard(customer, "Bob", "system")


def test_what_is_written_without_a_connection_is_sent_later_once(desk: Callable[..., Page], customer: Page) -> None:
    agent = desk("ann", locale="en-US")
    ask_for_person(customer, agent)
    open_last(agent)
    agent.keyboard.press("c")
    expect(agent.get_by_test_id("facts")).to_contain_text("yours", timeout=WAITS_MS)
    agent.context.set_offline(True)
    expect(agent.get_by_test_id("line")).to_have_attribute("data-state", "offline", timeout=WAITS_MS)
    agent.keyboard.press("r")
    agent.keyboard.type("Written in a tunnel.")
    agent.keyboard.press("Enter")
    expect(agent.get_by_test_id("parcel")).to_contain_text("sending")
    write(customer, "are you there?")
    agent.context.set_offline(False)
    heard(customer, "Written in a tunnel.")
    expect(agent.get_by_test_id("parcel")).to_have_count(0, timeout=WAITS_MS)
    expect(agent.get_by_test_id("said").filter(has_text="Written in a tunnel.")).to_have_count(1)
    expect(agent.get_by_test_id("said").filter(has_text="are you there?")).to_have_count(1)


def test_presence_and_sound_are_remembered(desk: Callable[..., Page]) -> None:
    agent = desk("bob", locale="en-US")
    switch, sound = agent.get_by_test_id("presence"), agent.get_by_role("button", name="Sound")
    expect(sound).to_have_attribute("aria-pressed", "false")
    sound.click()
    switch.click()
    expect(switch).to_have_text("Away")
    agent.reload()
    expect(agent.get_by_test_id("line")).to_have_attribute("data-state", "online", timeout=WAITS_MS)
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(sound).to_have_attribute("aria-pressed", "true")
    switch.click()
    expect(switch).to_have_text("Online")


def test_phone_shows_one_column_and_goes_back(desk: Callable[..., Page], customer: Page) -> None:
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
def test_axe_finds_nothing(desk: Callable[..., Page], customer: Page, scheme: str, locale: str, width: int) -> None:
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
