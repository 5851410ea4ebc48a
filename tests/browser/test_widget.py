"""The widget on foreign pages with a strict policy, in a real browser, on a desktop and on a phone."""

import json
import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, ViewportSize, expect

from tests.browser.axe import violations
from tests.browser.host_pages import Shop, shop
from tests.browser.main_thread import traced
from tests.servers import Site, manage

pytestmark = pytest.mark.browser

ANSWERED_MS = 15_000
KEY = "widget-under-test"
SECRET = "a secret of thirty-two characters"
QUESTION = "移机收费多少？"
EVENTS = ["ready", "open", "close", "message:sent", "message:received", "unread", "handoff", "status", "csat", "error"]
LISTEN = """
window.heard = [];
window.Hangjia = (...call) => (window.Hangjia.q ??= []).push(call);
for (const name of %s) window.Hangjia("on", name, (detail) => window.heard.push([name, detail]));
""" % json.dumps(EVENTS)
DESKTOP = {"viewport": ViewportSize(width=1280, height=800)}
PHONE = {
    "viewport": ViewportSize(width=390, height=760),
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
DEVICES = {"desktop": DESKTOP, "phone": PHONE}


@pytest.fixture(scope="module")
def host(site: Site) -> Iterator[Shop]:
    """Serve a shop whose origin is on the widget's list."""
    with shop(site.url.rstrip("/")) as running:
        make_widget(site, KEY, running.origin)
        yield running


def make_widget(site: Site, key: str, origins: str, **fields: object) -> None:
    """Make a widget of the demonstration's knowledge base."""
    said = {"name": key, "key": key, "origins": origins, "identity_secret": SECRET, **fields}
    code = f"from qa.models import *; Widget.objects.create(knowledge_base=KnowledgeBase.objects.first(), **{said!r})"
    manage(site.var, "shell", "-v0", "-c", code)


def tag(site: Site, key: str = KEY, **attributes: str) -> str:
    """Write the tag of a widget."""
    said = "".join(f' data-{name}="{value}"' for name, value in attributes.items())
    return f'<script async src="{site.url}widget/v1.js" data-widget="{key}"{said}></script>'


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> str:
    """Name a device."""
    name: str = request.param
    return name


@pytest.fixture
def context(browser: Browser, device: str) -> Iterator[BrowserContext]:
    """Give a Chinese visitor with that device."""
    context = browser.new_context(locale="zh-CN", color_scheme="light", **DEVICES[device])  # type: ignore[arg-type]
    context.add_init_script(LISTEN)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, host: Shop, site: Site) -> Page:
    """Give the shop's page with the widget on it; a script error or a violated policy fails the test."""
    return open_shop(context, host.show("/", tag(site)))


def open_shop(context: BrowserContext, url: str) -> Page:
    """Open a page of the shop and wait for the launcher."""
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"Script error on the page: {error}"))
    page.on("console", lambda said: pytest.fail(f"The console says: {said.text}") if is_complaint(said.text) else None)
    page.goto(url)
    expect(launcher(page)).to_be_visible()
    return page


def is_complaint(text: str) -> bool:
    """Tell whether a line of the console is about a policy."""
    return "Content Security Policy" in text or "Content-Security-Policy" in text


def launcher(page: Page) -> Any:
    """Find the round button."""
    return page.locator("hangjia-widget button")


def chat(page: Page) -> FrameLocator:
    """Find the conversation."""
    return page.frame_locator("hangjia-widget iframe")


def call(page: Page, *words: object) -> Any:
    """Call the widget as the shop's own script does."""
    return page.evaluate("(words) => void window.Hangjia(...words)", list(words))


def heard(page: Page, name: str) -> list[Any]:
    """Return what was said to the shop under a name."""
    found: list[Any] = page.evaluate("(name) => window.heard.filter(([n]) => n === name).map(([, d]) => d)", name)
    return found


def wait_for(page: Page, name: str, number: int = 1) -> list[Any]:
    """Wait until an event came so many times."""
    page.wait_for_function(
        "([name, number]) => window.heard.filter(([n]) => n === name).length >= number", arg=[name, number]
    )
    return heard(page, name)


def open_chat(page: Page) -> FrameLocator:
    """Press the launcher and wait for the connection."""
    launcher(page).click()
    expect(chat(page).get_by_test_id("connection-state")).to_have_attribute("data-state", "online", timeout=ANSWERED_MS)
    return chat(page)


def ask(page: Page, text: str = QUESTION) -> None:
    """Ask and wait for the answer."""
    composer = chat(page).get_by_test_id("composer")
    composer.fill(text)
    composer.press("Enter")
    expect(chat(page).locator("[data-kind=answer]").last).to_be_visible(timeout=ANSWERED_MS)


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
    launcher_or_close(page)

    assert page.evaluate("window.shifts") == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def launcher_or_close(page: Page) -> None:
    """Close the chat: the launcher on a desktop, the header's button on a phone, which it fills."""
    button = launcher(page)
    if button.evaluate("node => getComputedStyle(node).visibility") == "visible":
        button.click()
    else:
        chat(page).get_by_test_id("close").click()
    expect(page.locator("hangjia-widget iframe")).to_be_hidden()


def test_phone_is_filled_and_desktop_is_not(page: Page, device: str) -> None:
    open_chat(page)
    box = page.locator("hangjia-widget iframe").bounding_box()

    assert box is not None
    if device == "phone":
        assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 760)
    else:
        assert (box["width"], box["height"]) == (400, 680)
    launcher_or_close(page)
    expect(launcher(page)).to_be_focused()


def test_foreign_origin_is_refused(context: BrowserContext, host: Shop, site: Site) -> None:
    assert host.origin  # the widget is there, for another origin
    with shop(site.url.rstrip("/"), host="localhost") as stranger:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(stranger.show("/", tag(site)))
        launcher(page).click()

        assert wait_for(page, "error") == [{"code": "blocked"}]
        assert any("frame-ancestors" in line for line in said), said
        assert "chat/" not in page.frames[-1].url


def test_unknown_widget_says_so(context: BrowserContext, host: Shop, site: Site) -> None:
    page = open_shop(context, host.show("/unknown", tag(site, "no-such-key")))
    launcher(page).click()

    expect(chat(page).get_by_role("heading", name="此对话不可用")).to_be_visible()


def test_second_tag_changes_nothing(context: BrowserContext, host: Shop, site: Site) -> None:
    page = open_shop(context, host.show("/twice", tag(site), tag(site)))
    page.wait_for_load_state()

    assert page.locator("hangjia-widget").count() == 1
    assert len(heard(page, "ready")) == 1


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


def test_reload_resumes_the_conversation(page: Page) -> None:
    open_chat(page)
    ask(page)
    page.reload()
    open_chat(page)

    expect(chat(page).locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)
    expect(chat(page).locator("[data-role=customer]")).to_have_count(1)


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
    assert [(d["seq"], d["role"], d["kind"]) for d in heard(page, "message:sent")] == [(1, "customer", "text")]
    assert [(d["seq"], d["role"], d["kind"]) for d in heard(page, "message:received")] == [(2, "bot", "answer")]


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


def test_locale_and_theme_follow_the_page(page: Page) -> None:
    open_chat(page)
    call(page, "setLocale", "zh-Hant")
    expect(chat(page).get_by_test_id("human")).to_contain_text("客服人員")
    expect(launcher(page)).to_have_attribute("aria-label", "關閉客服對話")
    call(page, "setLocale", "en")
    expect(chat(page).locator("html")).to_have_attribute("lang", "en")
    call(page, "setTheme", "dark")
    expect(chat(page).locator("html")).to_have_attribute("data-theme", "dark")


def test_unread_is_counted_while_closed(page: Page, context: BrowserContext, site: Site) -> None:
    open_chat(page)
    ask(page)
    token = page.frames[-1].evaluate(f"localStorage.getItem('hangjia.token:{KEY}')")
    launcher_or_close(page)
    say_elsewhere(context, site, token, "保修期多久？")

    expect(page.locator("hangjia-widget button span")).to_have_text("1", timeout=ANSWERED_MS)
    assert heard(page, "unread")[-1] == 1
    expect(launcher(page)).to_have_attribute("aria-label", re.compile("1 条未读"))
    page.reload()
    expect(page.locator("hangjia-widget button span")).to_have_text("1", timeout=ANSWERED_MS)
    launcher(page).click()
    expect(page.locator("hangjia-widget button span")).to_be_hidden()
    expect(chat(page).locator("[data-kind=answer]")).to_have_count(2)


def say_elsewhere(context: BrowserContext, site: Site, token: str, text: str) -> None:
    """Say something in a conversation over plain HTTP, as another device would."""
    hello = {"v": 2, "type": "hello", "widget": KEY, "token": token, "after": 0}
    hello |= {"identity": None, "language": None, "page": None}
    message = {"v": 2, "type": "message", "id": str(uuid.uuid4()), "text": text}
    response = context.request.post(f"{site.url}api/v1/chat/", data={"frames": [hello, message]})
    assert response.ok


def test_tabs_share_a_conversation(page: Page, context: BrowserContext, host: Shop) -> None:
    other = open_shop(context, f"{host.origin}/")
    open_chat(page)
    open_chat(other)
    ask(page)

    expect(chat(other).locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)


def identity(**claims: object) -> str:
    """Sign as the shop's server does."""
    return jwt.encode(
        {"sub": "u-7", "name": "王芳", "exp": int(time.time()) + 600, **claims}, SECRET, algorithm="HS256"
    )


def test_identified_visitor_finds_their_conversation_elsewhere(
    page: Page, browser: Browser, host: Shop, device: str
) -> None:
    token = identity(sub=f"{device}-7")
    call(page, "identify", {"token": token})
    open_chat(page)
    ask(page)
    elsewhere = browser.new_context(locale="zh-CN")
    elsewhere.add_init_script(LISTEN)
    other = open_shop(elsewhere, f"{host.origin}/")
    call(other, "identify", {"token": token})
    open_chat(other)

    expect(chat(other).locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)
    elsewhere.close()


@pytest.mark.parametrize("claims", [{"exp": 1}, {"exp": 2_000_000_000}, {"aud": "another"}])
def test_bad_identity_is_refused_in_words(page: Page, claims: dict[str, object]) -> None:
    call(page, "identify", {"token": identity(**claims)})
    launcher(page).click()

    assert wait_for(page, "error")[0]["code"] == "unauthorised"
    expect(chat(page).get_by_test_id("toast")).to_be_visible()
    expect(chat(page).get_by_test_id("connection-state")).to_have_attribute("data-state", "stopped")


def test_reset_forgets_the_conversation(page: Page) -> None:
    open_chat(page)
    ask(page)
    call(page, "reset")

    expect(chat(page).get_by_test_id("first-screen")).to_be_visible()
    page.reload()
    open_chat(page)
    expect(chat(page).get_by_role("article")).to_have_count(0)


def test_shutdown_leaves_nothing_and_can_begin_again(page: Page, site: Site) -> None:
    open_chat(page)
    call(page, "shutdown")

    assert page.locator("hangjia-widget").count() == 0
    assert page.evaluate("typeof window.Hangjia") == "undefined"


def test_whole_conversation_by_keyboard(page: Page, device: str) -> None:
    if device == "phone":
        page.set_viewport_size(DESKTOP["viewport"])
    page.get_by_role("button", name="Buy").focus()
    page.keyboard.press("Tab")
    expect(launcher(page)).to_be_focused()
    page.keyboard.press("Enter")
    composer = chat(page).get_by_test_id("composer")
    expect(chat(page).get_by_test_id("connection-state")).to_have_attribute("data-state", "online", timeout=ANSWERED_MS)
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


def test_message_is_left_when_nobody_is_there(page: Page) -> None:
    open_chat(page)
    chat(page).get_by_test_id("human").click()
    form = chat(page).get_by_test_id("leave-dialog")
    form.get_by_label("留言内容").fill("请回电")
    form.get_by_role("button", name="提交留言").click()
    expect(form).to_be_visible()  # no way back to the customer was given
    form.get_by_label("电话").fill("13800000000")
    form.get_by_role("button", name="提交留言").click()

    expect(form).to_be_hidden()
    expect(chat(page).locator("[data-role=customer] .bubble").last).to_have_text("请回电")
    expect(chat(page).get_by_test_id("service")).to_contain_text("留言已收到")


def test_satisfaction_is_asked_after_the_end(page: Page) -> None:
    open_chat(page)
    ask(page)
    chat(page).get_by_test_id("menu").click()
    chat(page).get_by_test_id("end").click()
    chat(page).get_by_test_id("end-confirm").click()
    rating = chat(page).get_by_test_id("rating")
    expect(rating).to_be_visible()
    rating.get_by_label("4 / 5").check(force=True)
    rating.get_by_role("button", name="提交评价").click()

    expect(rating).to_be_hidden()
    assert wait_for(page, "csat") == [{"score": 4}]


def test_contact_is_asked_first_where_the_widget_wants_it(
    context: BrowserContext, host: Shop, site: Site, device: str
) -> None:
    make_widget(site, f"asks-{device}", host.origin, asks_contact=True)
    page = open_shop(context, host.show("/asks", tag(site, f"asks-{device}")))
    open_chat(page)
    expect(chat(page).get_by_test_id("composer")).to_be_hidden()
    form = chat(page).get_by_test_id("contact")
    form.get_by_label("姓名").fill("王芳")
    form.get_by_label("电子邮箱").fill("w@example.com")
    form.get_by_role("button").click()

    expect(form).to_be_hidden()
    ask(page)


def test_transcript_is_downloaded(page: Page) -> None:
    open_chat(page)
    ask(page)
    chat(page).get_by_test_id("menu").click()
    with page.expect_download() as download:
        chat(page).get_by_test_id("transcript").click()

    assert QUESTION in download.value.path().read_text(encoding="utf-8")


def test_long_polls_carry_the_conversation_where_sockets_are_blocked(
    context: BrowserContext, host: Shop, site: Site
) -> None:
    context.route_web_socket(re.compile("/ws/chat/"), lambda socket: socket.close(code=1011))
    page = open_shop(context, host.show("/", tag(site)))
    open_chat(page)
    ask(page)

    expect(chat(page).locator("[data-role=customer] .delivery")).to_have_attribute("data-state", "sent")


def test_pop_out_takes_the_conversation_along(page: Page, context: BrowserContext) -> None:
    open_chat(page)
    ask(page)
    chat(page).get_by_test_id("menu").click()
    with context.expect_page() as opened:
        chat(page).get_by_test_id("pop-out").click()
    window = opened.value

    expect(window.locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)
    assert "#" not in window.url


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
