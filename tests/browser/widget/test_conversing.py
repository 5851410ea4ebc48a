"""Asking the bot: answers, choices, bursts, thumbs, suggestions; unread, resumed, in two tabs at once."""

import json
import re
import uuid

from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.browser.host_pages import Shop
from tests.browser.widget.visiting import (
    AMBIGUOUS,
    ANSWERED_MS,
    KEY,
    QUESTION,
    ask,
    badge,
    chat,
    close_chat,
    expect_last,
    expect_state,
    launcher,
    open_chat,
    open_shop,
    tag,
    turns,
    write,
)
from tests.servers import Site


def test_popular_question_is_asked_by_a_press(page: Page) -> None:
    open_chat(page)
    popular = chat(page).locator("#popular button").first
    words = popular.inner_text()
    popular.click()

    expect(turns(page, "customer").locator(".bubble")).to_have_text(words)
    expect(chat(page).locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)
    expect(chat(page).get_by_test_id("first-screen")).to_be_hidden()


def test_suggestion_is_asked_by_a_press(page: Page) -> None:
    open_chat(page)
    chat(page).get_by_test_id("composer").press_sequentially("移机收")
    suggestion = chat(page).get_by_role("option").first
    expect(suggestion).to_be_visible(timeout=ANSWERED_MS)
    words = suggestion.inner_text()
    suggestion.click()

    expect(turns(page, "customer").locator(".bubble")).to_have_text(words)
    expect(chat(page).get_by_test_id("composer")).to_have_value("")


def test_suggestions_come_before_the_first_status_does(context: BrowserContext, host: Shop, site: Site) -> None:
    def keep_back(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda text: json.loads(text)["type"] == "status" or socket.send(text))

    context.route_web_socket(re.compile("/ws/chat/"), keep_back)
    page = open_shop(context, host.show("/", tag(site)))
    open_chat(page)
    chat(page).get_by_test_id("composer").press_sequentially("移机收")
    expect(chat(page).get_by_role("option").first).to_be_visible(timeout=ANSWERED_MS)


def test_choice_is_made_by_its_number(page: Page) -> None:
    open_chat(page)
    write(page, AMBIGUOUS)
    options = chat(page).locator("[data-kind=clarify]").get_by_role("button")
    expect(options.first).to_be_visible(timeout=ANSWERED_MS)
    words = options.nth(1).locator("span").inner_text()
    chat(page).get_by_test_id("composer").press("2")
    expect(chat(page).get_by_test_id("composer")).to_have_value("2")  # in the box it is a digit
    chat(page).get_by_test_id("composer").fill("")
    chat(page).get_by_test_id("composer").press("ArrowUp")
    expect(options.first).to_be_focused()
    page.keyboard.press("2")

    expect(turns(page, "customer").last.locator(".bubble")).to_have_text(words)
    expect(options.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(chat(page).locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)


def test_burst_is_one_question(page: Page, context: BrowserContext) -> None:
    open_chat(page)
    context.set_offline(True)  # so that the pieces go out one after the other, however long it takes to write them
    expect_state(page, "offline")
    write(page, "你好")
    write(page, "我想问一下，")
    write(page, QUESTION)
    expect(turns(page, "customer")).to_have_count(3)
    context.set_offline(False)
    expect(chat(page).locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)

    page.wait_for_timeout(4000)  # longer than a burst is waited for there
    expect(turns(page, "customer")).to_have_count(3)
    expect(turns(page, "bot")).to_have_count(1)


def test_thumb_down_asks_why_and_is_remembered(page: Page) -> None:
    open_chat(page)
    ask(page)
    answer = chat(page).locator("[data-kind=answer]")
    answer.get_by_role("button", name="没帮助").click()
    answer.get_by_role("button", name="没说全").click()
    expect(answer.get_by_role("button", name="没说全")).to_have_attribute("aria-pressed", "true")
    page.reload()
    open_chat(page)
    expect(answer.get_by_role("button", name="没说全")).to_have_attribute("aria-pressed", "true")
    answer.get_by_role("button", name="有帮助").click()

    expect(answer.get_by_role("button", name="有帮助")).to_have_attribute("aria-pressed", "true")
    expect(answer.get_by_role("button", name="没说全")).to_have_count(0)


def test_reload_resumes_the_conversation(page: Page) -> None:
    open_chat(page)
    ask(page)
    page.reload()
    open_chat(page)

    expect(chat(page).locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)
    expect(turns(page, "customer")).to_have_count(1)


def test_tabs_keep_in_step(page: Page, context: BrowserContext, host: Shop) -> None:
    open_chat(page)
    ask(page)
    other = open_shop(context, f"{host.origin}/")
    open_chat(other)
    expect(chat(other).locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)
    ask(other, "保修期多久？")
    expect(turns(page, "customer")).to_have_count(2, timeout=ANSWERED_MS)
    expect(chat(page).locator("[data-kind=answer]")).to_have_count(2, timeout=ANSWERED_MS)
    chat(other).get_by_test_id("menu").click()
    chat(other).get_by_test_id("restart").click()
    chat(other).get_by_test_id("restart-confirm").click()
    expect(chat(other).get_by_test_id("first-screen")).to_be_visible()

    # The first goes on to the new conversation too.
    expect(chat(page).get_by_role("article")).to_have_count(0, timeout=ANSWERED_MS)
    ask(page)
    expect(chat(other).locator("[data-kind=answer]")).to_have_count(1, timeout=ANSWERED_MS)


def test_tab_that_was_ready_before_goes_on_with_the_conversation(
    page: Page, context: BrowserContext, host: Shop
) -> None:
    other = open_shop(context, f"{host.origin}/")
    launcher(other).hover()  # its frame is there, and has not asked anything yet
    expect(chat(other).get_by_test_id("composer")).to_be_attached()
    open_chat(page)
    ask(page)
    open_chat(other)

    expect(chat(other).locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)
    expect(chat(page).locator("[data-kind=answer]")).to_be_visible()


def test_unread_is_counted_while_closed(page: Page, context: BrowserContext, site: Site) -> None:
    open_chat(page)
    ask(page)
    token = page.frames[-1].evaluate(f"localStorage.getItem('hangjia.token:{KEY}')")
    close_chat(page)
    say_elsewhere(context, site, token, "保修期多久？")

    expect(badge(page)).to_have_text("1", timeout=ANSWERED_MS)
    expect_last(page, "unread", 1)
    expect(launcher(page)).to_have_attribute("aria-label", re.compile("1 条未读"))
    page.reload()
    expect(badge(page)).to_have_text("1", timeout=ANSWERED_MS)
    launcher(page).click()
    expect(badge(page)).to_be_hidden()
    expect(chat(page).locator("[data-kind=answer]")).to_have_count(2)


def say_elsewhere(context: BrowserContext, site: Site, token: str, text: str) -> None:
    """Say something in a conversation over plain HTTP, as another device would."""
    hello = {"v": 2, "type": "hello", "widget": KEY, "token": token, "after": 0}
    hello |= {"identity": None, "language": None, "page": None}
    message = {"v": 2, "type": "message", "id": str(uuid.uuid4()), "text": text}
    response = context.request.post(f"{site.url}api/v1/chat/", data={"frames": [hello, message]})
    assert response.ok
