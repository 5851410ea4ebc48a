"""A shop with the widget on it, its visitors, and who serves them."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from qa.opening import DAYS
from tests.browser.contexts import new_context, sign_in
from tests.browser.host_pages import Shop, shop
from tests.browser.widget.serving import AGENT, leave_desk, run_sql, sit_down
from tests.browser.widget.visiting import (
    ALWAYS,
    ANSWERED_MS,
    BRAND,
    DEVICES,
    HOLIDAY,
    KEY,
    LISTEN,
    SECRET,
    open_shop,
    tag,
)
from tests.servers import Site, manage

WIDGETS = """
from qa.models import KnowledgeBase, Widget
for key, fields in {widgets!r}.items():
    fields |= dict(knowledge_base=KnowledgeBase.objects.first(), name=key, identity_secret={secret!r})
    Widget.objects.update_or_create(key=key, defaults=fields)  # a worker may come back to these tests
"""


@pytest.fixture(scope="package")
def other_shop(site: Site) -> Iterator[Shop]:
    """Serve another shop, on another site in the sense of browsers."""
    with shop(site.url.rstrip("/"), host="localhost") as running:
        yield running


@pytest.fixture(scope="package")
def host(site: Site, other_shop: Shop) -> Iterator[Shop]:
    """Serve a shop whose origin is on its widgets' lists.

    One is like any other, one asks who the visitor is, one opens in three days, one is another shop's too; one is on
    holiday today though it is always open, and one is open today though it never is.
    """
    with shop(site.url.rstrip("/")) as running:
        in_three_days = DAYS[(datetime.now(UTC).weekday() + 3) % 7]
        widgets = {
            KEY: {"origins": running.origin, "brand_color": BRAND},
            "asks-first": {"origins": running.origin, "asks_contact": True},
            "closed": {"origins": running.origin, "hours": f"{in_three_days} 09:00-10:00"},
            "on-holiday": {"origins": running.origin, "hours": ALWAYS, "holidays": HOLIDAY},
            "open-on-holiday": {
                "origins": running.origin,
                "hours": f"{in_three_days} 09:00-10:00",
                "holidays": f"{HOLIDAY} 00:00-24:00",
            },
            "on-two-sites": {"origins": f"{running.origin}\n{other_shop.origin}"},
        }
        manage(site.var, "shell", "-v0", "-c", WIDGETS.format(widgets=widgets, secret=SECRET))
        yield running


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> str:
    """Name a device."""
    name: str = request.param
    return name


@pytest.fixture
def context(browser: Browser, device: str) -> Iterator[BrowserContext]:
    """Give a Chinese visitor with that device."""
    context = new_context(browser, locale="zh-CN", color_scheme="light", **DEVICES[device])
    context.add_init_script(LISTEN)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, host: Shop, site: Site) -> Page:
    """Give the shop's page with the widget on it."""
    return open_shop(context, host.show("/", tag(site)))


@pytest.fixture(scope="module")
def desk(browser: Browser, site: Site) -> Iterator[Page]:
    """Sign an agent in at the desk, for all tests of a file; afterwards nobody is there."""
    manage(site.var, "shell", "-v0", "-c", AGENT)
    context = new_context(browser, locale="zh-CN")
    page = context.new_page()
    sign_in(page, f"{site.url}desk/", "wen")
    expect(page.get_by_test_id("line")).to_have_attribute("data-state", "online", timeout=ANSWERED_MS)
    yield page
    leave_desk(page, site)
    context.close()


@pytest.fixture
def agent(desk: Page, site: Site) -> Page:
    """Give the agent, before whom nobody stands in the queue."""
    run_sql(site, "UPDATE qa_conversation SET state = 'closed', assignee_id = NULL WHERE state <> 'bot'")
    sit_down(desk, site)
    expect(desk.locator("[data-count=queue]")).to_have_text("0", timeout=ANSWERED_MS)
    return desk
