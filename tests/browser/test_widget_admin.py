"""The operators' page of a widget in a real browser: the preview follows the form, the tag is copied."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, ViewportSize, expect

from tests.browser.contexts import new_context, sign_in, watched_page
from tests.servers import Site, manage

pytestmark = pytest.mark.browser

SECOND = """
from qa.models import KnowledgeBase
KnowledgeBase.objects.get_or_create(slug="second", name="第二家", name_en="The Second")
"""
WITHOUT_SECOND = """
from qa.models import KnowledgeBase, Widget
Widget.objects.filter(name="made in a browser").delete()
KnowledgeBase.objects.filter(slug="second").delete()
"""


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """Give an operator of two knowledge bases, whose browser may copy; none of it stays on the server."""
    manage(site.var, "shell", "-v0", "-c", SECOND)
    context = new_context(browser, locale="en-US", viewport=ViewportSize(width=1440, height=900))
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    context.close()
    manage(site.var, "shell", "-v0", "-c", WITHOUT_SECOND)


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    """Give the form of a new widget."""
    page = watched_page(context)
    sign_in(page, f"{site.url}admin/qa/widget/add/")
    expect(preview(page).get_by_role("heading", level=1)).not_to_be_empty()
    return page


def preview(page: Page) -> FrameLocator:
    """Find the chat in the preview."""
    return page.frame_locator(".widget-preview iframe")


def expect_accent(page: Page, color: str) -> None:
    """Wait until the chat in the preview, and the button under it, have a colour (six digits)."""
    expect(preview(page).locator("html")).to_have_css("--accent", f"#{color}")
    red, green, blue = bytes.fromhex(color)
    expect(page.locator(".widget-preview__launcher")).to_have_css("background-color", f"rgb({red}, {green}, {blue})")


def test_preview_follows_the_form_and_the_tag_is_copied(page: Page, site: Site) -> None:
    expect(preview(page).get_by_role("heading", level=1)).not_to_have_text("The Second")
    page.locator("#id_knowledge_base").select_option(label="第二家")
    expect(preview(page).get_by_role("heading", level=1)).to_have_text("The Second")
    page.locator("#id_brand_color").fill("#7a1f5c")
    expect_accent(page, "7a1f5c")
    page.locator("#id_greeting_en").fill("What is broken?")
    expect(preview(page).get_by_text("What is broken?")).to_be_visible()
    launcher, frame = page.locator(".widget-preview__launcher"), page.locator(".widget-preview iframe")
    page.locator("#id_side").select_option("left")
    expect(page.locator(".widget-preview")).to_have_attribute("data-side", "left")
    corner, chat = launcher.bounding_box(), frame.bounding_box()
    assert corner is not None
    assert chat is not None
    assert corner["x"] == chat["x"]

    page.locator("#id_name").fill("made in a browser")
    page.locator("#id_origins").fill("https://shop.example")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page).to_have_url(re.compile(r"/admin/qa/widget/\d+/change/$"))
    expect(preview(page).get_by_text("What is broken?")).to_be_visible()
    expect_accent(page, "7a1f5c")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })")
    page.locator("[data-copy]").click()  # as on plain http: it is selected, and nothing is claimed
    assert page.evaluate("getSelection().toString()").startswith("<script async")
    expect(page.locator("[data-copy]")).to_have_text("Copy")
    page.evaluate("delete navigator.clipboard")
    page.locator("[data-copy]").click()
    expect(page.locator("[data-copy]")).to_have_text("Copied")
    key = page.locator(".field-snippet textarea").input_value().split('data-widget="')[1].split('"')[0]
    look = 'data-color="#7a1f5c" data-side="left"'
    tag = f'<script async src="{site.url}widget/v1.js" data-widget="{key}" {look}></script>'
    assert page.evaluate("navigator.clipboard.readText()") == tag
