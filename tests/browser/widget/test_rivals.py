"""What a page pays for the widget, beside two public ones as published, measured in the same way."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from qa.widget_build import build
from tests.browser.host_pages import Shop
from tests.browser.rivals import RIVALS, Price, Rival, gzipped, page_times, price_of_rival
from tests.browser.widget.visiting import tag
from tests.servers import Site


@pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.package)
def test_page_pays_less_than_for_a_public_widget(
    browser: Browser, host: Shop, site: Site, rival: Rival, tmp_path: Path
) -> None:
    files = (build().files[name] for name in ("v1.js", "boot.js", "chat.js", "chat.css"))
    ours = Price(gzipped(files), *page_times(browser, host.show("/", tag(site))))
    theirs = price_of_rival(rival, browser, tmp_path)
    print(f"ours {ours}, {rival.package} {theirs}")

    assert 0 < ours.script_ms < theirs.script_ms
    assert ours.num_bytes < theirs.num_bytes / 2
