"""The customer's chat page in a real browser, against a real server with the demonstration knowledge."""

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, WebSocketRoute, expect

from tests.browser.axe import violations
from tests.browser.contexts import new_context, watched_page
from tests.browser.widget.visiting import AMBIGUOUS

pytestmark = pytest.mark.browser

ANSWERED_MS = 60_000
QUESTION = "移机收费多少？"
SENT = re.compile("已发送|Sent")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Give a Chinese visitor who has never been here."""
    context = new_context(browser, locale="zh-CN", color_scheme="light")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, site_url: str) -> Page:
    """Give the chat page, connected; a script error or a violated policy fails the test."""
    return open_chat(context, site_url)


def open_chat(context: BrowserContext, site_url: str) -> Page:
    """Open the chat page and wait until it is connected."""
    page = watched_page(context)
    page.goto(site_url)
    expect_online(page)
    return page


def expect_online(page: Page) -> None:
    """Wait for the welcome of the server."""
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online", timeout=ANSWERED_MS)


def say(page: Page, text: str) -> None:
    """Type a message and send it with Enter."""
    composer = page.get_by_role("textbox")
    composer.fill(text)
    composer.press("Enter")


def turns(page: Page, role: str) -> Locator:
    """Find the turns of one role."""
    return page.get_by_role("log").locator(f"[data-role={role}]")


def clarify(page: Page) -> Locator:
    """Ask an ambiguous question and wait for the choices."""
    say(page, AMBIGUOUS)
    turn = page.get_by_role("log").locator("[data-kind=clarify]").last
    expect(turn).to_be_visible(timeout=ANSWERED_MS)
    return turn


def answer(page: Page) -> Locator:
    """Ask a question of the knowledge base and wait for its answer."""
    say(page, QUESTION)
    turn = page.get_by_role("log").locator("[data-kind=answer]").last
    expect(turn).to_be_visible(timeout=ANSWERED_MS)
    return turn


def test_question_is_answered_in_the_log(page: Page) -> None:
    turn = answer(page)

    expect(turns(page, "customer")).to_have_count(1)
    expect(turns(page, "customer").locator(".bubble")).to_have_text(QUESTION)
    expect(turn.locator(".bubble")).to_contain_text("元")
    expect(page.get_by_test_id("first-screen")).to_be_hidden()
    expect(page.get_by_test_id("composer")).to_have_value("")


def test_page_keeps_a_strict_content_policy(context: BrowserContext, site_url: str) -> None:
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(site_url)
    expect_online(page)
    answer(page)

    assert complaints == []
    assert page.locator("[style]").count() == 0
    assert page.locator("script:not([src])").count() == 0


def test_enter_of_an_input_method_does_not_send(page: Page) -> None:
    composer = page.get_by_role("textbox")
    composer.fill("移机")
    composer.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True})
    composer.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True, "cancelable": True})
    expect(turns(page, "customer")).to_have_count(0)
    expect(composer).to_have_value("移机")

    composer.press("Shift+Enter")
    expect(composer).to_have_value("移机\n")
    composer.press("Enter")
    expect(turns(page, "customer")).to_have_count(1)


def test_text_above_the_limit_is_counted_and_kept(page: Page) -> None:
    composer = page.get_by_role("textbox")
    composer.fill("热" * 3601)
    expect(page.get_by_test_id("counter")).to_contain_text("399")
    composer.fill("热" * 4001)
    expect(page.get_by_test_id("send")).to_be_disabled()
    composer.press("Enter")

    expect(composer).to_have_value("热" * 4001)
    expect(turns(page, "customer")).to_have_count(0)


def test_reload_keeps_the_conversation_in_order(page: Page) -> None:
    answer(page)
    before = page.get_by_role("article").evaluate_all("nodes => nodes.map(n => n.dataset.seq + n.dataset.role)")
    page.reload()
    expect_online(page)

    expect(page.get_by_role("article")).to_have_count(len(before))
    after = page.get_by_role("article").evaluate_all("nodes => nodes.map(n => n.dataset.seq + n.dataset.role)")
    assert after == before


def test_draft_survives_a_reload(page: Page) -> None:
    page.get_by_role("textbox").fill("还没写完")
    page.reload()

    expect(page.get_by_role("textbox")).to_have_value("还没写完")


def test_message_written_offline_is_sent_once_after_the_return(page: Page, context: BrowserContext) -> None:
    answer(page)
    context.set_offline(True)
    expect(page.get_by_test_id("banner")).to_be_visible()
    say(page, "保修期多久")
    expect(turns(page, "customer").last.locator(".delivery")).to_have_attribute("data-state", "queued")
    context.set_offline(False)
    expect_online(page)

    expect(turns(page, "customer").last.locator(".delivery")).to_have_attribute("data-state", "sent")
    expect(page.get_by_test_id("banner")).to_be_hidden()
    page.reload()
    expect_online(page)
    expect(turns(page, "customer")).to_have_count(2)


def test_unconfirmed_message_is_sent_again_under_its_id(context: BrowserContext, site_url: str) -> None:
    sent: list[str] = []
    page = context.new_page()
    page.route_web_socket(re.compile("/ws/chat/"), lambda socket: lose_first_message(socket, sent))
    page.goto(site_url)
    expect_online(page)
    say(page, QUESTION)
    expect(page.get_by_role("log").locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)

    assert len(sent) == 2
    assert sent[0] == sent[1]
    expect(turns(page, "customer")).to_have_count(1)


def lose_first_message(socket: WebSocketRoute, sent: list[str]) -> None:
    """Swallow the first message of the customer and break its connection."""
    server = socket.connect_to_server()

    def on_frame(frame: str | bytes) -> None:
        if '"type":"message"' in str(frame):
            sent.append(str(frame))
            if len(sent) == 1:
                socket.close(code=1012)
                return
        server.send(frame)

    socket.on_message(on_frame)


def test_choice_is_made_by_digit_and_then_closed(page: Page) -> None:
    turn = clarify(page)
    chosen = turn.get_by_role("button").first
    words = chosen.locator("span").inner_text()
    page.get_by_role("textbox").press("ArrowUp")
    expect(chosen).to_be_focused()
    page.keyboard.press("1")

    expect(chosen).to_be_disabled()
    expect(chosen).to_have_attribute("aria-pressed", "true")
    expect(turns(page, "customer").last.locator(".bubble")).to_have_text(words)
    expect(page.get_by_role("article").last).to_have_attribute("data-role", "bot", timeout=ANSWERED_MS)


def test_digit_in_the_text_is_only_a_digit(page: Page) -> None:
    turn = clarify(page)
    page.get_by_role("textbox").press("1")

    expect(page.get_by_role("textbox")).to_have_value("1")
    expect(turn.get_by_role("button").first).to_be_enabled()


def test_vote_is_shown_changed_and_remembered(page: Page) -> None:
    turn = answer(page)
    turn.get_by_role("button", name="有帮助").click()
    expect(turn.get_by_role("button", name="有帮助")).to_have_attribute("aria-pressed", "true")
    turn.get_by_role("button", name="没帮助").click()
    turn.get_by_role("button", name="没说全").click()
    expect(turn.get_by_role("button", name="有帮助")).to_have_attribute("aria-pressed", "false")
    page.reload()
    expect_online(page)

    again = page.get_by_role("log").locator("[data-kind=answer]").last
    expect(again.get_by_role("button", name="没帮助")).to_have_attribute("aria-pressed", "true")
    expect(again.get_by_role("button", name="没说全")).to_have_attribute("aria-pressed", "true")


def test_language_switch_is_remembered(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.get_by_test_id("language").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("textbox", name="Your question")).to_be_visible()
    page.reload()

    expect(page.get_by_test_id("human")).to_contain_text("Talk to a human")


def test_theme_switch_is_remembered(page: Page) -> None:
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("radio", name="深色").check(force=True)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_human_can_always_be_asked_for(page: Page) -> None:
    page.get_by_test_id("human").click()

    expect(page.get_by_role("log").locator("[data-kind=handoff]")).to_be_visible(timeout=ANSWERED_MS)


def test_start_over_begins_a_new_conversation(page: Page) -> None:
    answer(page)
    page.get_by_test_id("restart").click()
    page.get_by_test_id("restart-confirm").click()
    expect(page.get_by_test_id("first-screen")).to_be_visible()
    expect_online(page)
    page.reload()
    expect_online(page)

    expect(page.get_by_role("article")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_phone_never_scrolls_sideways(browser: Browser, site_url: str, width: int, locale: str) -> None:
    size = ViewportSize(width=width, height=700)
    context = new_context(browser, locale=locale, viewport=size, has_touch=True, is_mobile=True)
    page = open_chat(context, site_url)
    answer(page)

    for selector in ("html", "#scroller"):
        excess = page.locator(selector).evaluate("node => node.scrollWidth - node.clientWidth")
        assert excess == 0, selector
    small = page.locator("header button:visible").evaluate_all(
        "nodes => nodes.map(n => n.getBoundingClientRect()).filter(b => b.width < 44 || b.height < 44).length",
    )
    assert small == 0
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("locale", "width"), [("zh-CN", 1280), ("en-US", 1280), ("zh-CN", 390), ("en-US", 390)])
def test_axe_finds_nothing(
    browser: Browser, site_url: str, locale: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    context = new_context(
        browser,
        locale=locale,
        color_scheme=scheme,
        reduced_motion="reduce",
        viewport=ViewportSize(width=width, height=800),
    )
    page = open_chat(context, site_url)
    assert violations(page) == []
    answer(page)
    expect(turns(page, "customer").locator(".delivery")).to_have_text(SENT)
    clarify(page)
    assert violations(page) == []
    context.close()
