"""`window.Hangjia(method, …)`: what a page asks of the widget, and what it is told."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.host_pages import Shop
from tests.browser.widget.visiting import (
    BRAND,
    ask,
    call,
    chat,
    close_chat,
    heard,
    launcher,
    open_chat,
    tag,
    wait_for,
)
from tests.servers import Site

LIGHTNESS_OF_ICON = """
() => {
  const { color } = getComputedStyle(document.querySelector("hangjia-widget").shadowRoot.querySelector("button"));
  return Number(/^oklch\\(([\\d.]+)/.exec(color)[1]);
}
"""


def test_methods_and_events(page: Page) -> None:
    call(page, "open")
    wait_for(page, "status")
    ask(page)
    call(page, "close")
    call(page, "toggle")
    call(page, "hide")
    expect(launcher(page)).to_be_hidden()
    call(page, "show")
    expect(launcher(page)).to_be_visible()

    assert len(heard(page, "ready")) == 1
    assert (len(heard(page, "open")), len(heard(page, "close"))) == (2, 2)
    assert [(d["seq"], d["role"], d["kind"]) for d in wait_for(page, "message:sent")] == [(1, "customer", "text")]
    assert [(d["seq"], d["role"], d["kind"]) for d in wait_for(page, "message:received")] == [(2, "bot", "answer")]


def test_listener_can_be_taken_off(page: Page) -> None:
    count = page.evaluate(
        """async () => {
          let count = 0;
          const off = window.Hangjia("on", "open", () => (count += 1));
          const pause = () => new Promise((then) => setTimeout(then, 50));
          window.Hangjia("open"); await pause(); window.Hangjia("close");
          off();
          window.Hangjia("open"); await pause();
          return count;
        }"""
    )
    assert count == 1


def test_calls_from_before_the_script_are_not_lost(context: BrowserContext, host: Shop, site: Site) -> None:
    context.add_init_script("window.Hangjia('setLocale', 'en'); window.Hangjia('open');")
    page = context.new_page()
    page.goto(host.show("/", tag(site)))

    expect(chat(page).get_by_test_id("human")).to_contain_text("Talk to a human")
    assert len(heard(page, "open")) == 1


def test_unknown_method_is_named(page: Page) -> None:
    with page.expect_console_message(lambda said: 'no method "opne"' in said.text):
        call(page, "opne")


def test_locale_and_theme_follow_the_page(page: Page) -> None:
    open_chat(page)
    ask(page)
    call(page, "setLocale", "zh-Hant")
    expect(chat(page).get_by_test_id("human")).to_contain_text("客服人員")
    expect(launcher(page)).to_have_attribute("aria-label", "關閉客服對話")
    call(page, "setLocale", "en")
    expect(chat(page).locator("html")).to_have_attribute("lang", "en")
    expect(chat(page).get_by_role("group", name="Was this helpful?")).to_be_visible()
    call(page, "setTheme", "dark")
    expect(chat(page).locator("html")).to_have_attribute("data-theme", "dark")
    call(page, "setTheme", "auto")
    page.emulate_media(color_scheme="dark")
    expect(chat(page).locator("body")).to_have_css("background-color", "rgb(14, 21, 25)")


def test_several_things_are_changed_at_once(page: Page) -> None:
    open_chat(page)
    close_chat(page)
    call(page, "update", {"locale": "en", "theme": "dark", "side": "left", "color": "#225522"})

    expect(launcher(page)).to_have_attribute("aria-label", "Open chat")
    expect(launcher(page)).to_have_css("left", "20px")
    expect(launcher(page)).to_have_css("background-color", "rgb(34, 85, 34)")
    expect(chat(page).locator("html")).to_have_attribute("data-theme", "dark")


def test_what_was_changed_before_the_chat_came_stays(page: Page) -> None:
    call(page, "update", {"side": "left", "color": "#ffe14d"})
    open_chat(page)
    close_chat(page)

    expect(launcher(page)).to_have_css("left", "20px")
    expect(launcher(page)).to_have_css("background-color", "rgb(255, 225, 77)")
    # White would not be seen on it.
    assert page.evaluate(LIGHTNESS_OF_ICON) == 0
    call(page, "update", {"color": "#225522"})
    assert page.evaluate(LIGHTNESS_OF_ICON) == 1
    call(page, "reset")
    expect(launcher(page)).to_have_css("left", "20px")
    expect(launcher(page)).to_have_css("background-color", "rgb(34, 85, 34)")


def test_regions_are_spoken_to_in_their_script(page: Page) -> None:
    open_chat(page)
    call(page, "setLocale", "zh-TW")
    expect(chat(page).get_by_test_id("human")).to_contain_text("客服人員")
    call(page, "setLocale", "zh-CN")
    expect(chat(page).locator("html")).to_have_attribute("lang", "zh-Hans")


def test_brand_is_on_launcher_and_chat(page: Page) -> None:
    frame = open_chat(page)
    close_chat(page)
    color = f"rgb({int(BRAND[1:3], 16)}, {int(BRAND[3:5], 16)}, {int(BRAND[5:], 16)})"

    expect(launcher(page)).to_have_css("background-color", color)
    expect(frame.locator(".mark")).to_have_css("background-color", color)


def test_reset_forgets_the_conversation(page: Page) -> None:
    open_chat(page)
    ask(page)
    call(page, "reset")

    expect(chat(page).get_by_test_id("first-screen")).to_be_visible()
    page.reload()
    open_chat(page)
    expect(chat(page).get_by_role("article")).to_have_count(0)
