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


KEYBOARD = """
(rest) => {
  for (const [name, pixels] of Object.entries(rest))
    Object.defineProperty(VisualViewport.prototype, name, { configurable: true, get: () => pixels });
  visualViewport.dispatchEvent(new Event("resize"));
}
"""
"""No browser shows a keyboard under test: the viewport is told what one leaves of it."""


def test_a_phones_keyboard_covers_neither_composer_nor_conversation(page: Page, device: str) -> None:
    open_chat(page)
    ask(page)
    panel = page.locator("hangjia-widget iframe")
    before = panel.bounding_box()
    assert before is not None
    page.evaluate(KEYBOARD, {"height": 420, "offsetTop": 60})
    with_keyboard, composer = panel.bounding_box(), chat(page).get_by_test_id("composer").bounding_box()
    assert with_keyboard is not None
    assert composer is not None
    if device == "desktop":
        assert with_keyboard == before
        return
    assert (with_keyboard["y"], with_keyboard["height"]) == pytest.approx((60, 420), abs=1)
    assert 60 <= composer["y"] < composer["y"] + composer["height"] <= 480
    expect(chat(page).locator("[data-kind=answer]").last).to_be_in_viewport()
    page.evaluate(KEYBOARD, {"height": 760, "offsetTop": 0})
    assert panel.bounding_box() == pytest.approx(before, abs=1)


def test_page_from_right_to_left_has_a_chat_like_it(context: BrowserContext, host: Shop, site: Site) -> None:
    context.add_init_script("if (top === self) document.onreadystatechange = () => (document.dir = 'rtl')")
    page = open_shop(context, host.show("/", tag(site)))
    open_chat(page)

    expect(chat(page).locator("html")).to_have_attribute("dir", "rtl")


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
