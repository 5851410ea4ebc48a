"""Who a visitor is: the site's word for it, and what strangers see."""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterator

import jwt
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, WebSocketRoute, expect

from tests.browser.contexts import new_context
from tests.browser.host_pages import Shop
from tests.browser.passing import shows
from tests.browser.widget.visiting import (
    ANSWERED_MS,
    LISTEN,
    SECRET,
    ask,
    call,
    chat,
    expect_state,
    heard,
    launcher,
    open_chat,
    open_shop,
    tag,
    wait_for,
)
from tests.servers import Site


def identity(secret: str = SECRET, **claims: object) -> str:
    """Sign as the shop's server does."""
    said = {"sub": "u-7", "name": "王芳", "exp": int(time.time()) + 600, **claims}
    return jwt.encode(said, secret, algorithm="HS256")


@pytest.fixture
def elsewhere(browser: Browser) -> Iterator[BrowserContext]:
    """Give another device, which has never been here."""
    context = new_context(browser, locale="zh-CN")
    context.add_init_script(LISTEN)
    yield context
    context.close()


def test_identified_visitor_finds_their_conversation_on_another_device_and_nobody_else_does(
    page: Page, elsewhere: BrowserContext, host: Shop, device: str
) -> None:
    token = identity(sub=f"{device}-7")
    call(page, "identify", {"token": token})
    open_chat(page)
    ask(page)
    other = open_shop(elsewhere, f"{host.origin}/")
    open_chat(other)
    expect(chat(other).get_by_test_id("first-screen")).to_be_visible()
    expect(chat(other).get_by_role("article")).to_have_count(0)
    call(other, "reset")
    call(other, "identify", {"token": identity(sub=f"{device}-8")})
    expect_state(other)
    expect(chat(other).get_by_role("article")).to_have_count(0)
    call(other, "reset")
    call(other, "identify", {"token": token})

    expect(chat(other).locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)


def test_signature_without_a_jwt_is_taken_too(page: Page, elsewhere: BrowserContext, host: Shop, device: str) -> None:
    who = f"{device}-plain"
    token = f"{who}.{hmac.new(SECRET.encode(), who.encode(), hashlib.sha256).hexdigest()}"
    call(page, "identify", {"token": token})
    open_chat(page)
    ask(page)
    other = open_shop(elsewhere, f"{host.origin}/")
    call(other, "identify", {"token": token})
    open_chat(other)

    expect(chat(other).locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)


class Ageing:
    """A line on which the visitor's token expires when the test says so."""

    def __init__(self) -> None:
        self.expired: str | None = None
        self.was_said = False

    def __call__(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def say(text: str | bytes) -> None:
            frame = json.loads(text)
            if frame["type"] == "hello" and self.expired:
                frame["identity"], self.was_said = self.expired, True
            server.send(json.dumps(frame))

        socket.on_message(say)


def test_conversation_outlives_the_identity(context: BrowserContext, host: Shop, site: Site, device: str) -> None:
    ageing = Ageing()
    context.route_web_socket(re.compile("/ws/chat/"), ageing)
    context.route("**/api/v1/chat/", lambda route: route.abort())  # what has no socket would poll
    page = open_shop(context, host.show("/", tag(site)))
    call(page, "identify", {"token": identity(sub=f"{device}-9")})
    open_chat(page)
    ask(page)
    ageing.expired = identity(sub=f"{device}-9", exp=int(time.time()) - 60)  # more than the leeway
    context.set_offline(True)
    expect_state(page, "offline")
    context.set_offline(False)
    expect_state(page)
    ask(page, "保修期多久？")

    expect(chat(page).locator("[data-kind=answer]")).to_have_count(2)
    assert ageing.was_said


def test_nobody_is_as_good_as_no_identity(page: Page) -> None:
    call(page, "identify", {"token": None})  # as a template writes it for visitors who are not signed in
    open_chat(page)
    ask(page)


@pytest.mark.parametrize(
    "sign",
    [
        lambda: identity(exp=1),
        lambda: identity(exp=2_000_000_000),
        lambda: identity(aud="another"),
        lambda: identity("another secret of thirty-two chars"),
        lambda: "u-7.0000",
    ],
    ids=["expired", "lives-too-long", "another-widget", "forged", "forged-hmac"],
)
def test_bad_identity_is_refused_in_words(page: Page, sign: Callable[[], str]) -> None:
    call(page, "identify", {"token": sign()})
    launcher(page).hover()  # its frame is there, and has not asked anything yet
    with shows(chat(page).get_by_test_id("toast")):
        launcher(page).click()

    assert wait_for(page, "error")[0]["code"] == "unauthorised"
    expect_state(page, "stopped")


def test_nothing_is_asked_before_there_are_words_for_what_comes_back(context: BrowserContext, page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    context.route("**/words-*.json", hold)
    call(page, "identify", {"token": identity(exp=1)})
    launcher(page).click()
    wait_for(page, "ready")
    page.wait_for_timeout(500)
    assert not heard(page, "error")

    with shows(chat(page).get_by_test_id("toast")):
        for route in held:
            route.continue_()


def test_conversation_stays_on_its_site(context: BrowserContext, host: Shop, other_shop: Shop, site: Site) -> None:
    page = open_shop(context, host.show("/shared", tag(site, "on-two-sites")))
    open_chat(page)
    ask(page)
    other = open_shop(context, other_shop.show("/shared", tag(site, "on-two-sites")))
    open_chat(other)

    expect(chat(other).get_by_test_id("first-screen")).to_be_visible()
    expect(chat(other).get_by_role("article")).to_have_count(0)
