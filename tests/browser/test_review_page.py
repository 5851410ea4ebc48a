"""The reviewers' page in a real browser: by keyboard alone, from what customers said to what customers are told."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.browser.contexts import new_context, sign_in, watched_page
from tests.chat_client import ChatClient, Frame
from tests.servers import PATIENCE_S, STAFF, Site, manage
from tests.waiting import wait_for

pytestmark = pytest.mark.browser

NOISY = "外头主机轰隆轰隆，窗户玻璃都跟着抖，楼下来敲门了"
PERSONAL = "我叫张伟，电话138 1234 5678，家里飞进来一只鸟"
STRANGE = (
    "你们招人吗",
    "can you fix my fridge",
    "今天天气怎么样",
    "do you sell bicycles",
    "哈哈哈哈",
    "苹果多少钱一斤",
)
WAITS_MS = PATIENCE_S * 1000


def ask(site: Site, text: str) -> Frame:
    """Ask in a conversation of its own; in a thread, because Playwright's loop runs in this one."""

    async def asking() -> Frame:
        async with ChatClient(site.socket_url, language="zh") as client:
            return await client.ask(text)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(asking())).result()


def propose(site: Site, *utterances: str) -> None:
    """Let customers ask what the bot is unsure of, and put it into the queue."""
    for text in utterances:
        ask(site, text)
    assert "Review them at /learning/" in manage(site.var, "propose_reviews")


@pytest.fixture(scope="module")
def proposed(site: Site) -> None:
    """Fill the queue."""
    propose(site, *STRANGE)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Give an English reviewer's browser."""
    context = new_context(browser, locale="en-US", viewport=ViewportSize(width=1280, height=800))
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, site: Site, proposed: None) -> Page:
    """Give the queue, signed in."""
    page = watched_page(context)
    sign_in(page, f"{site.url}learning/")
    expect(page.get_by_test_id("utterance")).not_to_be_empty(timeout=WAITS_MS)
    return page


def num_waiting(page: Page) -> int:
    found = re.match(r"(\d+) waiting", page.get_by_test_id("progress").inner_text())
    assert found is not None
    return int(found[1])


def utterance(page: Page) -> str:
    return page.get_by_test_id("utterance").inner_text()


def go_to(page: Page, text: str) -> None:
    """Step down until an utterance is the current one."""
    expect(page.get_by_test_id("utterance")).not_to_be_empty(timeout=WAITS_MS)
    for _ in range(60):
        if utterance(page) == text:
            return
        page.keyboard.press("j")
    pytest.fail(f"{text!r} is not in the queue")


def press(page: Page, key: str, says: str) -> None:
    """Press a key and wait for what the page says of it."""
    page.keyboard.press(key)
    expect(page.get_by_test_id("notice")).to_contain_text(says, timeout=WAITS_MS)


def test_five_are_reviewed_and_one_undone_by_keyboard(page: Page) -> None:
    before, first = num_waiting(page), utterance(page)
    press(page, "o", "Out of scope")
    second = utterance(page)
    assert second != first
    press(page, "x", "Discarded")
    press(page, "1", "orrected" if page.locator(".choice--proposed kbd", has_text="1").count() == 0 else "onfirmed")
    page.keyboard.press("/")
    page.get_by_test_id("search").fill("保修")
    expect(page.get_by_role("option").first).to_be_visible(timeout=WAITS_MS)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("notice")).to_contain_text("orrected", timeout=WAITS_MS)
    last = utterance(page)
    press(page, "x", "Discarded")
    assert num_waiting(page) == before - 5

    press(page, "u", "Undone")
    assert (utterance(page), num_waiting(page)) == (last, before - 4)
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert utterance(page) == last
    page.reload()
    expect(page.get_by_test_id("progress")).to_have_text(f"{before - 4} waiting", timeout=WAITS_MS)
    page.get_by_role("button", name="Reviewed").click()
    expect(page.get_by_test_id("reviewed").locator("li").first).to_contain_text(STAFF)
    assert page.get_by_test_id("reviewed").get_by_text(first, exact=True).count() == 1


def test_a_review_added_as_phrasing_answers_the_next_customer(page: Page, site: Site) -> None:
    assert ask(site, NOISY)["kind"] != "answer"
    propose(site)
    page.reload()
    go_to(page, NOISY)
    page.keyboard.press("/")
    page.get_by_test_id("search").fill("外机 噪音")
    option = page.get_by_role("option").first
    expect(option).to_be_visible(timeout=WAITS_MS)
    entry = option.get_attribute("data-entry")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Add as phrasing")).to_be_visible(timeout=WAITS_MS)
    press(page, "p", "answers customers at once")

    def answer() -> Frame | None:
        reply = ask(site, NOISY)
        return reply if reply["entry"] == entry else None

    assert wait_for(answer, "the answer from the new phrasing")["kind"] == "answer"


def test_no_personal_item_is_shown(page: Page, site: Site) -> None:
    propose(site, PERSONAL)
    page.reload()
    go_to(page, "我叫name，电话phone，家里飞进来一只鸟")
    assert "张伟" not in page.content()
    assert "1234" not in page.content()


def test_keys_can_be_switched_off_and_never_act_while_typing(page: Page) -> None:
    before = num_waiting(page)
    page.keyboard.press("/")
    page.get_by_test_id("search").press_sequentially("xo1u")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_label("Single keys act").uncheck()
    page.get_by_role("button", name="Close").click()
    for key in ("x", "o", "1", "Enter"):
        page.keyboard.press(key)
    assert num_waiting(page) == before
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Single keys act").check()


def test_a_refusal_brings_the_item_back_and_says_why(page: Page, context: BrowserContext) -> None:
    before, text = num_waiting(page), utterance(page)
    refused = {"code": "conflict", "message": "Taken."}
    context.route("**/decision/", lambda route: route.fulfill(status=409, json=refused))
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_test_id("alert")).to_have_text("Taken.", timeout=WAITS_MS)
    assert (utterance(page), num_waiting(page)) == (text, before)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
def test_nothing_is_wider_than_the_screen(page: Page, width: int, height: int) -> None:
    page.set_viewport_size(ViewportSize(width=width, height=height))
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for name in ("Confirm", "Search", "Out of scope", "Discard", "Undo"):
        box = page.get_by_role("button", name=name, exact=False).last.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
