"""The widget and the page around it: policies, origins, layout, the main thread; doubled, removed, shut down, begun again."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.host_pages import Shop, shop
from tests.browser.main_thread import traced
from tests.browser.widget.visiting import (
    ANSWERED_MS,
    KEY,
    ask,
    call,
    chat,
    close_chat,
    heard,
    launcher,
    open_chat,
    open_shop,
    tag,
    wait_for,
)
from tests.servers import Site, manage

INCLUDE = """
(tag) => new Promise((loaded, failed) => {
  const parsed = new DOMParser().parseFromString(trustedTypes.createPolicy("shop", { createHTML: (html) => html }).createHTML(tag), "text/html");
  const { src, dataset } = parsed.querySelector("script");
  const script = document.createElement("script");
  script.src = trustedTypes.createPolicy("shop2", { createScriptURL: (url) => url }).createScriptURL(src);
  Object.assign(script.dataset, dataset);
  script.onload = () => loaded(); // it has run
  script.onerror = () => failed(new Error("the script did not come"));
  document.head.append(script);
})
"""


def bottom(place: Locator) -> float:
    """Return how far down the page something reaches, in pixels."""
    box = place.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


@pytest.fixture(scope="module")
def pinned(site: Site, host: Shop) -> str:
    """Give the tag that names a build and its hash."""
    assert host.origin  # the widget is there
    return manage(site.var, "widget_snippet", KEY, "--sri", "--url", site.url.rstrip("/")).strip().splitlines()[-1]


def test_conversation_under_a_strict_policy(page: Page, context: BrowserContext, host: Shop, site: Site) -> None:
    requested: set[str] = set()
    page.on("request", lambda request: requested.add("/".join(request.url.split("/")[:3])))
    open_chat(page)
    ask(page)

    expect(chat(page).locator("[data-kind=answer] .bubble")).to_contain_text("元")
    assert requested <= {host.origin, host.chat, host.chat.replace("http", "ws")}
    assert context.cookies([site.url, host.origin]) == []


def test_page_does_not_shift(context: BrowserContext, host: Shop, site: Site) -> None:
    context.add_init_script(
        "window.shifts = 0; new PerformanceObserver((list) => { for (const e of list.getEntries()) window.shifts += e.value })"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    page = open_shop(context, host.show("/", tag(site)))
    open_chat(page)
    close_chat(page)

    assert page.evaluate("window.shifts") == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_phone_is_filled_and_desktop_is_not(page: Page, device: str) -> None:
    open_chat(page)
    box = page.locator("hangjia-widget iframe").bounding_box()

    assert box is not None
    if device == "phone":
        assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 760)
    else:
        assert (box["width"], box["height"]) == (400, 680)
    close_chat(page)
    expect(launcher(page)).to_be_focused()


def test_notch_and_home_bar_are_kept_free(page: Page, context: BrowserContext, device: str) -> None:
    insets = {"top": 47, "right": 0, "bottom": 34, "left": 0}
    context.new_cdp_session(page).send("Emulation.setSafeAreaInsetsOverride", {"insets": insets})
    assert bottom(launcher(page)) == page.evaluate("innerHeight") - 34
    open_chat(page)
    box = page.locator("hangjia-widget iframe").bounding_box()

    assert box is not None
    # A phone is filled but for them.
    assert (box["y"], box["height"]) == ((47, 760 - 47 - 34) if device == "phone" else (32, 680))


def test_keyboard_of_a_phone_leaves_the_composer_in_sight(page: Page) -> None:
    open_chat(page)
    ask(page)
    page.set_viewport_size({"width": 390, "height": 340})  # as it resizes the page
    composer = chat(page).get_by_test_id("composer")
    composer.click()

    expect(composer).to_be_in_viewport(ratio=1)
    assert bottom(composer) <= 340
    expect(chat(page).get_by_test_id("send")).to_be_in_viewport(ratio=1)


def test_host_page_is_never_kept_for_long(context: BrowserContext, browser: Browser, host: Shop, site: Site) -> None:
    page = context.new_page()
    url = host.show("/", tag(site))
    with traced(browser, page, "/widget/v1.js") as loader:
        page.goto(url)
        expect(launcher(page)).to_be_visible()
        open_chat(page)
        ask(page)
        call(page, "close")
        call(page, "open")

    assert loader.pieces_ms  # the trace has seen the script at all
    assert loader.longest_ms < 10


def test_pinned_build_is_taken(context: BrowserContext, host: Shop, pinned: str) -> None:
    assert 'integrity="sha384-' in pinned
    page = open_shop(context, host.show("/pinned", pinned))
    open_chat(page)
    ask(page)


def test_build_with_other_bytes_is_refused_by_the_browser(context: BrowserContext, host: Shop, pinned: str) -> None:
    other = re.sub(r"sha384-.{4}", "sha384-AAAA", pinned)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(host.show("/forged", other), wait_until="load")

    assert any("integrity" in line for line in said), said
    assert launcher(page).count() == 0


def test_foreign_origin_is_refused(context: BrowserContext, host: Shop, other_shop: Shop, site: Site) -> None:
    assert host.origin  # the widget is there, for another origin
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(other_shop.show("/", tag(site)))
    launcher(page).click()

    assert wait_for(page, "error") == [{"code": "blocked"}]
    assert any("frame-ancestors" in line for line in said), said
    assert "chat/" not in page.frames[-1].url


def test_another_port_is_another_origin(context: BrowserContext, host: Shop, site: Site) -> None:
    assert host.origin
    with shop(site.url.rstrip("/")) as stranger:
        page = context.new_page()
        page.clock.install()
        page.goto(stranger.show("/", tag(site)))
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            launcher(page).click()
        page.clock.fast_forward(11_000)

        assert wait_for(page, "error") == [{"code": "blocked"}]


def test_unknown_widget_says_so(context: BrowserContext, host: Shop, site: Site) -> None:
    page = open_shop(context, host.show("/unknown", tag(site, "no-such-key")))
    launcher(page).click()

    expect(chat(page).get_by_role("heading", name="此对话不可用")).to_be_visible()


def test_second_tag_changes_nothing(context: BrowserContext, host: Shop, site: Site) -> None:
    page = open_shop(context, host.show("/twice", tag(site), tag(site)))
    page.wait_for_load_state()

    assert page.locator("hangjia-widget").count() == 1
    assert len(heard(page, "ready")) == 1


def test_tag_that_comes_again_changes_nothing(page: Page, site: Site) -> None:
    open_chat(page)
    ask(page)
    page.evaluate(INCLUDE, tag(site))

    assert page.locator("script[data-widget]").count() == 2
    assert page.locator("hangjia-widget").count() == 1
    expect(chat(page).locator("[data-kind=answer]")).to_be_visible()
    assert heard(page, "close") == []


def test_removed_widget_comes_back_with_its_conversation(page: Page) -> None:
    open_chat(page)
    ask(page)
    page.evaluate("document.querySelector('hangjia-widget').remove()")

    expect(launcher(page)).to_have_count(1)
    expect(chat(page).locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)
    page.evaluate("document.body = document.createElement('body')")
    expect(chat(page).locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)


def test_route_change_keeps_the_conversation_open(page: Page) -> None:
    open_chat(page)
    ask(page)
    page.evaluate(
        "history.pushState(null, '', '/products'); document.querySelector('main').replaceChildren('Products')"
    )

    expect(chat(page).locator("[data-kind=answer]")).to_be_visible()
    assert heard(page, "close") == []
    assert page.url.endswith("/products")


def test_shutdown_leaves_nothing_and_another_tag_begins_anew(page: Page, site: Site) -> None:
    open_chat(page)
    ask(page)
    call(page, "shutdown")
    assert page.locator("hangjia-widget").count() == 0
    assert page.evaluate("typeof window.Hangjia") == "undefined"
    page.evaluate("document.body.append('a change that nobody may take for a removal')")
    assert page.locator("hangjia-widget").count() == 0
    page.evaluate(INCLUDE, tag(site))

    expect(launcher(page)).to_have_count(1)
    open_chat(page)
    expect(chat(page).locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)
