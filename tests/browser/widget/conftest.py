"""A shop with the widget on it, and its visitors."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from qa.opening import DAYS
from tests.browser.host_pages import Shop, shop
from tests.browser.widget.visiting import BRAND, DEVICES, KEY, LISTEN, SECRET, open_shop, tag
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

    One is like any other, one asks who the visitor is, one opens in three days, one is another shop's too.
    """
    with shop(site.url.rstrip("/")) as running:
        in_three_days = DAYS[(datetime.now(UTC).weekday() + 3) % 7]
        widgets = {
            KEY: {"origins": running.origin, "brand_color": BRAND},
            "asks-first": {"origins": running.origin, "asks_contact": True},
            "closed": {"origins": running.origin, "hours": f"{in_three_days} 09:00-10:00"},
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
    context = browser.new_context(locale="zh-CN", color_scheme="light", **DEVICES[device])  # type: ignore[arg-type]
    context.add_init_script(LISTEN)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, host: Shop, site: Site) -> Page:
    """Give the shop's page with the widget on it."""
    return open_shop(context, host.show("/", tag(site)))
