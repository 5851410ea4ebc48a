"""The models' page in a real browser: a training is started, seen to wait, to move, and stopped."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.browser.axe import violations
from tests.browser.contexts import new_context, sign_in, watched_page
from tests.servers import PATIENCE_S, STAFF, Site, manage

pytestmark = pytest.mark.browser

WAITS_MS = PATIENCE_S * 1000


def execute(site: Site, sql: str) -> None:
    """Change the database behind the page's back, as the training worker does."""
    with closing(sqlite3.connect(site.var / "hangjia.sqlite3", timeout=20)) as database, database:
        database.execute(sql)


def open_models(context: BrowserContext, site: Site) -> Page:
    """Open the page, signed in."""
    page = watched_page(context)
    sign_in(page, f"{site.url}learning/models/")
    expect(page.get_by_test_id("fresh")).not_to_be_empty(timeout=WAITS_MS)  # its scripts have run
    return page


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """Give the page, signed in."""
    execute(site, "DELETE FROM qa_trainingjob")
    context = new_context(browser, locale="en-US", viewport=ViewportSize(width=1280, height=800))
    yield open_models(context, site)
    context.close()
    execute(site, "DELETE FROM qa_trainingjob")


def test_a_training_is_started_followed_and_stopped(page: Page, site: Site) -> None:
    expect(page.get_by_text("Nothing has been trained yet.")).to_be_visible(timeout=WAITS_MS)
    expect(page.get_by_test_id("releases").locator("li").first).to_contain_text("live", timeout=WAITS_MS)
    page.get_by_role("button", name="Start a training").click()
    job = page.get_by_test_id("jobs").locator("li")
    expect(job).to_contain_text("waits", timeout=WAITS_MS)
    expect(job).to_contain_text(f"by {STAFF}")
    page.get_by_role("button", name="Start a training").click()
    expect(page.get_by_test_id("alert")).to_contain_text("waits already", timeout=WAITS_MS)

    running = "state = 'running', slot = 1, holder = 'elsewhere:1:x', stage = 'training the encoder'"
    execute(site, f"UPDATE qa_trainingjob SET {running}, step = 3, num_steps = 12, loss = 1.5, eta_s = 200")
    expect(job).to_contain_text("step 3 of 12 · loss 1.500 · about 3 min left", timeout=WAITS_MS)
    assert page.get_by_role("progressbar").get_attribute("value") == "3"
    execute(site, "UPDATE qa_trainingjob SET step = 6")
    expect(job).to_contain_text("step 6 of 12", timeout=WAITS_MS)
    page.get_by_role("button", name="Stop").press("Enter")
    expect(job).to_contain_text("is being stopped", timeout=WAITS_MS)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
def test_nothing_is_wider_than_the_screen(page: Page, width: int, height: int) -> None:
    page.set_viewport_size(ViewportSize(width=width, height=height))
    page.get_by_role("button", name="Start a training").click()
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible(timeout=WAITS_MS)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for button in (stop, page.get_by_role("button", name="Start a training")):
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["x"] + box["width"] <= width


def live_number(page: Page) -> int:
    """Return the number of the release that the page calls live."""
    live = page.get_by_test_id("releases").locator("li", has=page.locator(".badge")).first
    return int(live.get_by_role("heading").inner_text(timeout=WAITS_MS).rpartition(" ")[2])


def test_a_release_is_rolled_back_to_and_back_again(page: Page, site: Site) -> None:
    first = live_number(page)
    columns = "model_fingerprint, knowledge_revision, lexicon_revision, created_at"
    execute(
        site,
        f"INSERT INTO qa_release ({columns}, calibrations, reason) "
        f"SELECT {columns}, '{{}}', 'calibration' FROM qa_release WHERE number = {first}",
    )
    page.reload()
    page.get_by_role("button", name="Roll back to this").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert live_number(page) == first
    page.get_by_role("button", name="Roll back to this").first.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text(f"Roll back to what release {first + 1} had?")
    page.get_by_test_id("confirm").click()
    releases = page.get_by_test_id("releases")
    expect(releases.locator("li").first).to_contain_text(f"rolled back · as release {first + 1}", timeout=WAITS_MS)
    assert live_number(page) == first + 2
    page.get_by_role("button", name=f"Roll back to this: Release {first}", exact=True).click()
    page.get_by_test_id("confirm").click()
    expect(releases.locator("li").first).to_contain_text(f"as release {first} ", timeout=WAITS_MS)


SHADOW = """
from qa.models import Disagreement, Entry, Shadow, Turn
from qa.services.conversations import NewTurn, record_turn
from tests.factories import customer_says, make_conversation
talk = make_conversation()
asked = record_turn(conversation_id=talk.pk, turn=customer_says("室外机滴水，电话13812345678", language="zh"))
reply = NewTurn(Turn.Role.BOT, Turn.Kind.HANDOFF, "…", confidence=0.1, reply_to=asked, decision="handoff")
reply = record_turn(conversation_id=talk.pk, turn=reply)
shadow = Shadow.objects.create(model_fingerprint="3f2a9c0d11e2f3a4", num_compared=412, num_skipped=3)
Disagreement.objects.create(shadow=shadow, reply=reply, decision="answer", entry=Entry.objects.first(), confidence=0.8)
"""


def test_where_a_shadow_disagrees_is_listed(page: Page, site: Site) -> None:
    expect(page.get_by_role("heading", name="Beside the live model")).to_be_hidden(timeout=WAITS_MS)
    manage(site.var, "shell", "-v0", "-c", SHADOW)
    page.reload()
    expect(page.get_by_test_id("shadow")).to_contain_text("412 replies compared, 1 differ", timeout=WAITS_MS)
    row = page.get_by_test_id("disagreements").locator("li")
    expect(row).to_contain_text("室外机滴水，电话<phone>")
    expect(row).to_contain_text("live: hands over (10 %) · shadow: answers ")
    expect(page.get_by_test_id("trouble")).to_be_hidden()
    page.set_viewport_size(ViewportSize(width=390, height=844))
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    execute(site, "DELETE FROM qa_disagreement")
    execute(site, "DELETE FROM qa_shadow")


TWIN = "7w1n0f7he11ve000"
BLESSED = f"""
from qa.models import LiveRelease, Trial
live = LiveRelease.objects.get().release
Trial.objects.create(candidate_fingerprint="{TWIN}", live_release=live, is_blessed=True)
"""


@pytest.fixture
def candidate(site: Site) -> Iterator[Path]:
    """Give a model directory that the judge blessed and that is not live."""
    models = site.var / "models"
    live = next(path for path in sorted(models.iterdir()) if path.is_dir() and not path.name.startswith("."))
    shutil.copytree(live, models / TWIN, copy_function=os.link)
    manage(site.var, "shell", "-v0", "-c", BLESSED)
    yield models / TWIN
    shutil.rmtree(models / TWIN, ignore_errors=True)
    for table in ("qa_trial", "qa_disagreement", "qa_shadow"):
        execute(site, f"DELETE FROM {table}")


def test_a_blessed_model_runs_beside_the_live_one_and_is_stopped(page: Page, candidate: Path) -> None:
    page.reload()
    row = page.get_by_test_id("candidates").locator("li")
    expect(row).to_contain_text("blessed by the judge", timeout=WAITS_MS)
    run = page.get_by_role("button", name=f"Run beside the live one: model {TWIN}")
    run.press("Enter")
    dialog = page.get_by_role("dialog", name=f"Run model {TWIN} beside the live one?")
    expect(dialog).to_contain_text("they never see what it says")
    dialog.get_by_role("button", name="Cancel").press("Enter")
    expect(row).to_have_count(1)
    run.press("Enter")
    page.get_by_test_id("confirm").press("Enter")
    shadow = page.get_by_test_id("shadow")
    expect(shadow).to_contain_text(f"model {TWIN} · runs as a shadow", timeout=WAITS_MS)
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Stop the shadow").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("What was compared stays listed here.")
    page.get_by_test_id("confirm").press("Enter")
    expect(shadow).to_contain_text(f"model {TWIN} · stopped", timeout=WAITS_MS)
    expect(run).to_be_visible()

    (candidate / "manifest.json").unlink()  # the link, not the live model's file
    run.click()
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("alert")).to_have_text("The model is damaged; nothing was started.", timeout=WAITS_MS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("locale", "width"), [("zh-CN", 390), ("en-US", 390), ("en-US", 1280)])
def test_axe_finds_nothing(
    browser: Browser, site: Site, candidate: Path, scheme: Literal["light", "dark"], locale: str, width: int
) -> None:
    viewport = ViewportSize(width=width, height=844)
    context = new_context(browser, locale=locale, viewport=viewport, color_scheme=scheme)
    page = open_models(context, site)
    button = page.get_by_test_id("candidates").get_by_role("button")
    expect(button).to_be_visible(timeout=WAITS_MS)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    button.press("Enter")
    expect(page.get_by_test_id("confirm")).to_be_visible()
    assert violations(page) == []
    context.close()
