"""Everybody can use it: by keyboard alone, with a screen reader, from right to left."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.axe import violations
from tests.browser.host_pages import Shop
from tests.browser.widget.visiting import (
    ANSWERED_MS,
    DESKTOP,
    KEY,
    QUESTION,
    ask,
    chat,
    expect_state,
    launcher,
    open_chat,
    open_shop,
    tag,
)
from tests.servers import Site


def test_whole_conversation_by_keyboard(page: Page, device: str) -> None:
    if device == "phone":
        page.set_viewport_size(DESKTOP["viewport"])
    page.get_by_role("button", name="Buy").focus()
    page.keyboard.press("Tab")
    expect(launcher(page)).to_be_focused()
    page.keyboard.press("Enter")
    composer = chat(page).get_by_test_id("composer")
    expect_state(page)
    if device == "phone":
        composer.focus()  # a touch screen's keyboard must not jump up by itself
    expect(composer).to_be_focused()
    page.keyboard.type("移机收费")
    expect(chat(page).get_by_role("option").first).to_be_visible(timeout=ANSWERED_MS)
    page.keyboard.press("ArrowDown")
    chosen = chat(page).locator("[aria-selected=true]").inner_text()
    page.keyboard.press("Enter")
    expect(chat(page).locator("[data-role=customer] .bubble")).to_have_text(chosen)
    expect(chat(page).locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)
    page.keyboard.press("Escape")
    expect(page.locator("hangjia-widget iframe")).to_be_hidden()
    expect(launcher(page)).to_be_focused()


def test_right_to_left_layout_mirrors_and_fits(context: BrowserContext, host: Shop, site: Site) -> None:
    assert host.origin  # the widget is there
    page = context.new_page()
    page.goto(f"{site.url}chat/{KEY}/?dir=rtl")
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online", timeout=ANSWERED_MS)
    composer = page.get_by_test_id("composer")
    composer.fill(QUESTION)
    composer.press("Enter")
    expect(page.locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)
    own, avatar = (
        page.locator("[data-role=customer] .bubble").bounding_box(),
        page.locator(".log .avatar").bounding_box(),
    )

    assert own is not None
    assert avatar is not None
    assert own["x"] < avatar["x"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-Hans", "zh-Hant", "en"])
def test_axe_finds_nothing(context: BrowserContext, host: Shop, site: Site, theme: str, locale: str) -> None:
    page = open_shop(context, host.show(f"/{theme}-{locale}", tag(site, theme=theme, locale=locale)))
    assert violations(page) == []
    open_chat(page)
    ask(page)
    frame = page.frames[-1]
    assert violations(frame) == []
    chat(page).get_by_test_id("menu").click()
    assert violations(frame) == []
    chat(page).get_by_test_id("end").click()
    chat(page).get_by_test_id("end-confirm").click()
    expect(chat(page).get_by_test_id("rating")).to_be_visible()
    assert violations(frame) == []
    chat(page).get_by_test_id("human").click()
    expect(chat(page).get_by_test_id("leave-dialog")).to_be_visible()
    assert violations(frame) == []
