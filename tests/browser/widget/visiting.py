"""What a visitor does with the widget, and what the page around it hears."""

import json
import re
import time
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, ViewportSize, expect

from qa.opening import DAYS
from tests.browser.contexts import watched_page
from tests.servers import PATIENCE_S, Site

ANSWERED_MS = PATIENCE_S * 1000
KEY = "widget-under-test"
BRAND = "#7a1f5c"
SECRET = "a secret of thirty-two characters"
QUESTION = "移机收费多少？"
UNKNOWN = "你们公司的股票代码是多少？"
AMBIGUOUS = "Dyson 风扇 remote 不见了，where to buy"
EVENTS = ["ready", "open", "close", "message:sent", "message:received", "unread", "handoff", "status", "csat", "error"]
LISTEN = """
window.heard = [];
window.Hangjia = (...call) => (window.Hangjia.q ??= []).push(call);
for (const name of %s) window.Hangjia("on", name, (detail) => window.heard.push([name, detail]));
""" % json.dumps(EVENTS)
TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
"""Where the widgets under test are."""
ALWAYS = f"{DAYS[0]}-{DAYS[-1]} 00:30-23:30"
HOLIDAY = f"{TODAY - timedelta(1)}..{TODAY + timedelta(2)}"
AFTER_HOLIDAY = f"{TODAY + timedelta(3)} 00:30"
DESKTOP = {"viewport": ViewportSize(width=1280, height=800)}
PHONE = {
    "viewport": ViewportSize(width=390, height=760),
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
DEVICES = {"desktop": DESKTOP, "phone": PHONE}


def tag(site: Site, key: str = KEY, **attributes: str) -> str:
    """Write the tag of a widget."""
    said = "".join(f' data-{name}="{value}"' for name, value in attributes.items())
    return f'<script async src="{site.url}widget/v1.js" data-widget="{key}"{said}></script>'


def open_shop(context: BrowserContext, url: str) -> Page:
    """Open a page of the shop and wait for the launcher."""
    page = watched_page(context)
    page.goto(url)
    expect(launcher(page)).to_be_visible()
    return page


def launcher(page: Page) -> Locator:
    """Find the round button."""
    return page.locator("hangjia-widget button")


def badge(page: Page) -> Locator:
    """Find the number on the round button."""
    return page.locator("hangjia-widget button span")


def chat(page: Page) -> FrameLocator:
    """Find the conversation."""
    return page.frame_locator("hangjia-widget iframe")


def turns(page: Page, role: str) -> Locator:
    """Find what somebody said."""
    return chat(page).locator(f"article[data-role={role}]")


def call(page: Page, *words: object) -> None:
    """Call the widget as the shop's own script does."""
    page.evaluate("(words) => void window.Hangjia(...words)", list(words))


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


def expect_last(page: Page, name: str, value: object) -> None:
    """Wait until this is what the shop was told last under a name."""
    page.wait_for_function(
        "([name, value]) => window.heard.findLast(([n]) => n === name)?.[1] === value", arg=[name, value]
    )


def expect_heard(page: Page, name: str, key: str, *values: object, only: bool = True, changes: bool = False) -> None:
    """Wait until the shop was told these values under a name, in order: these only, or these at last.

    With `changes`, what is told again counts once.
    """
    first = 0 if only else -len(values)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = [detail.get(key) for detail in heard(page, name)]
        if changes:
            found = [value for value, _again in groupby(found)]
        if found[first:] == list(values):
            return
        assert time.monotonic() < deadline, f"{name} told {key} {found}, not {list(values)}"
        page.wait_for_timeout(20)


def expect_state(page: Page, state: str = "online") -> None:
    """Wait for a state of the connection."""
    place = chat(page).get_by_test_id("connection-state")
    expect(place).to_have_attribute("data-state", state, timeout=ANSWERED_MS)


def open_chat(page: Page) -> FrameLocator:
    """Press the launcher and wait for the connection."""
    launcher(page).click()
    expect_state(page)
    return chat(page)


def close_chat(page: Page) -> None:
    """Close the chat: the launcher on a desktop, the header's button on a phone, which it fills."""
    button = launcher(page)
    if button.evaluate("node => getComputedStyle(node).visibility") == "visible":
        button.click()
    else:
        chat(page).get_by_test_id("close").click()
    expect(page.locator("hangjia-widget iframe")).to_be_hidden()


def write(page: Page, text: str) -> None:
    """Type a message and send it."""
    composer = chat(page).get_by_test_id("composer")
    composer.fill(text)
    composer.press("Enter")


def ask(page: Page, text: str = QUESTION) -> None:
    """Ask and wait for the answer."""
    write(page, text)
    expect(chat(page).locator("[data-kind=answer]").last).to_be_visible(timeout=ANSWERED_MS)


def press_in_menu(page: Page, name: str) -> None:
    """Press something in the header's menu."""
    chat(page).get_by_test_id("menu").click()
    chat(page).get_by_test_id(name).click()


def told(page: Page, text: str | re.Pattern[str], role: str = "system") -> None:
    """Wait until the conversation shows what was said."""
    expect(turns(page, role).filter(has_text=text).last).to_be_visible(timeout=ANSWERED_MS)
