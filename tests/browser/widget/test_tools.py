"""What the header offers: the transcript, the end with its rating, a window of its own."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.widget.visiting import (
    ANSWERED_MS,
    QUESTION,
    ask,
    call,
    chat,
    expect_heard,
    expect_state,
    open_chat,
    press_in_menu,
    turns,
    wait_for,
    write,
)


def end(page: Page) -> None:
    """End the conversation."""
    press_in_menu(page, "end")
    chat(page).get_by_test_id("end-confirm").click()


@pytest.mark.parametrize("locale", ["zh-Hans", "zh-Hant", "en"])
def test_menu_is_as_wide_as_its_words(page: Page, locale: str) -> None:
    call(page, "setLocale", locale)
    open_chat(page)
    chat(page).get_by_test_id("menu").click()
    buttons = chat(page).locator("#tools button:visible")

    expect(buttons).to_have_count(5)
    assert buttons.evaluate_all("nodes => nodes.every((n) => n.scrollWidth <= n.clientWidth)")


def test_transcript_is_downloaded(page: Page) -> None:
    open_chat(page)
    ask(page)
    chat(page).get_by_test_id("menu").click()
    with page.expect_download() as download:
        chat(page).get_by_test_id("transcript").click()

    assert QUESTION in download.value.path().read_text(encoding="utf-8")


def test_transcript_waits_for_the_network(page: Page, context: BrowserContext) -> None:
    open_chat(page)
    ask(page)
    context.set_offline(True)
    expect_state(page, "offline")
    chat(page).get_by_test_id("menu").click()
    chat(page).get_by_test_id("transcript").click()

    expect(chat(page).get_by_test_id("toast")).to_contain_text("离线")
    expect(chat(page).locator("[data-kind=answer]")).to_be_visible()


def test_satisfaction_is_asked_after_the_end(page: Page) -> None:
    open_chat(page)
    ask(page)
    end(page)
    rating = chat(page).get_by_test_id("rating")
    expect(rating).to_be_in_viewport(ratio=1)
    rating.get_by_label("4 / 5").check(force=True)
    rating.get_by_role("button", name="提交评价").click()

    expect(rating).to_be_hidden()
    assert wait_for(page, "csat") == [{"score": 4}]
    expect_heard(page, "status", "state", "closed", only=False)


def test_ended_conversation_goes_on_when_something_is_written(page: Page) -> None:
    open_chat(page)
    ask(page)
    end(page)
    chat(page).get_by_test_id("rating").get_by_role("button", name="不评价").click()
    expect(chat(page).get_by_test_id("rating")).to_be_hidden()
    write(page, "保修期多久？")

    expect(chat(page).locator("[data-kind=answer]")).to_have_count(2, timeout=ANSWERED_MS)
    expect(turns(page, "customer")).to_have_count(2)
    expect(chat(page).get_by_test_id("service")).to_be_hidden()


def test_pop_out_takes_the_conversation_along(page: Page, context: BrowserContext) -> None:
    open_chat(page)
    ask(page)
    chat(page).get_by_test_id("menu").click()
    with context.expect_page() as opened:
        chat(page).get_by_test_id("pop-out").click()
    window = opened.value

    expect(window.locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)
    assert "#" not in window.url
    expect(page.locator("hangjia-widget iframe")).to_be_hidden()
