"""Who a visitor is: the site's word for it, and what strangers see."""

import hashlib
import hmac
import time
from collections.abc import Iterator

import jwt
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.host_pages import Shop
from tests.browser.widget.visiting import (
    ANSWERED_MS,
    LISTEN,
    SECRET,
    ask,
    call,
    chat,
    expect_state,
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
    context = browser.new_context(locale="zh-CN")
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


@pytest.mark.parametrize(
    "token",
    [
        identity(exp=1),
        identity(exp=2_000_000_000),
        identity(aud="another"),
        identity("another secret of thirty-two chars"),
        "u-7.0000",
    ],
    ids=["expired", "lives-too-long", "another-widget", "forged", "forged-hmac"],
)
def test_bad_identity_is_refused_in_words(page: Page, token: str) -> None:
    call(page, "identify", {"token": token})
    launcher(page).click()

    assert wait_for(page, "error")[0]["code"] == "unauthorised"
    expect(chat(page).get_by_test_id("toast")).to_be_visible()
    expect_state(page, "stopped")


def test_conversation_stays_on_its_site(context: BrowserContext, host: Shop, other_shop: Shop, site: Site) -> None:
    page = open_shop(context, host.show("/shared", tag(site, "on-two-sites")))
    open_chat(page)
    ask(page)
    other = open_shop(context, other_shop.show("/shared", tag(site, "on-two-sites")))
    open_chat(other)

    expect(chat(other).get_by_test_id("first-screen")).to_be_visible()
    expect(chat(other).get_by_role("article")).to_have_count(0)
