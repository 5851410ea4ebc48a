"""A person takes over inside of the widget's frame: told at every step, on both sides."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.host_pages import Shop
from tests.browser.widget.visiting import (
    AMBIGUOUS,
    ANSWERED_MS,
    ask,
    badge,
    chat,
    close_chat,
    heard,
    launcher,
    open_chat,
    open_shop,
    tag,
    told,
    turns,
    wait_for,
    write,
)
from tests.servers import PASSWORD, Site, manage

AGENT = f"""
from django.contrib.auth.models import User
from qa.models import Membership
user = User.objects.create_user("wen", password={PASSWORD!r}, is_staff=True, first_name="Wen")
Membership.objects.create(user=user, role="agent")
"""
UNKNOWN = "你们公司的股票代码是多少？"


@pytest.fixture(scope="module")
def desk(browser: Browser, site: Site) -> Iterator[Page]:
    """Sign an agent in at the desk, for all of these tests."""
    manage(site.var, "shell", "-v0", "-c", AGENT)
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(f"{site.url}desk/")
    page.locator("#id_username").fill("wen")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password").press("Enter")
    expect(page.get_by_test_id("line")).to_have_attribute("data-state", "online", timeout=ANSWERED_MS)
    yield page
    context.close()


@pytest.fixture
def agent(desk: Page, site: Site) -> Page:
    """Give the agent, before whom nobody stands in the queue."""
    with closing(sqlite3.connect(site.var / "hangjia.sqlite3", timeout=20)) as database, database:
        database.execute("UPDATE qa_conversation SET state = 'closed', assignee_id = NULL WHERE state <> 'bot'")
    desk.reload()
    expect(desk.get_by_test_id("line")).to_have_attribute("data-state", "online", timeout=ANSWERED_MS)
    expect(desk.locator("[data-count=queue]")).to_have_text("0", timeout=ANSWERED_MS)
    return desk


def open_waiting(agent: Page) -> None:
    """Open who waits, by keyboard."""
    expect(agent.locator("[data-count=queue]")).to_have_text("1", timeout=ANSWERED_MS)
    agent.keyboard.press("1")
    agent.keyboard.press("k")
    expect(agent.get_by_test_id("said").first).to_be_visible(timeout=ANSWERED_MS)


def say(agent: Page, text: str) -> None:
    """Say something as the agent."""
    agent.keyboard.press("r")
    agent.keyboard.type(text)
    agent.keyboard.press("Enter")
    expect(agent.get_by_test_id("parcel")).to_have_count(0, timeout=ANSWERED_MS)
    agent.get_by_test_id("name").focus()


def states(page: Page, event: str) -> list[str]:
    """Return the states that the page was told, in order."""
    return [detail["state"] for detail in heard(page, event)]


def test_person_takes_over_answers_and_settles(agent: Page, page: Page) -> None:
    open_chat(page)
    ask(page)
    chat(page).get_by_test_id("human").click()
    told(page, "下一位就是您")
    expect(chat(page).get_by_test_id("service")).to_contain_text("第 1 位")
    open_waiting(agent)
    # The customer need not say it again.
    expect(agent.get_by_test_id("said").first).to_contain_text("移机收费多少")
    expect(agent.get_by_test_id("tried").locator("li")).to_have_count(1)
    agent.keyboard.press("c")
    expect(chat(page).get_by_test_id("service")).to_contain_text("Wen 正在为您服务", timeout=ANSWERED_MS)
    told(page, "Wen")
    assert states(page, "handoff") == ["waiting", "assigned"]
    assert heard(page, "handoff")[-1]["agent"] == "Wen"

    agent.keyboard.press("r")
    agent.keyboard.type("您好，")
    expect(chat(page).get_by_test_id("typing")).to_contain_text("对方正在输入", timeout=ANSWERED_MS)
    agent.keyboard.type("请说。")
    agent.keyboard.press("Enter")
    agent.get_by_test_id("name").focus()
    told(page, "您好，请说。", "agent")
    expect(turns(page, "agent").locator(".turn__who")).to_have_text("Wen")
    chat(page).get_by_test_id("composer").press_sequentially("在四楼")
    expect(agent.get_by_test_id("typing")).to_be_visible(timeout=ANSWERED_MS)
    chat(page).get_by_test_id("composer").press("Enter")
    expect(agent.get_by_test_id("said").last).to_contain_text("在四楼", timeout=ANSWERED_MS)

    close_chat(page)
    say(agent, "四楼另加高空费。")
    expect(badge(page)).to_have_text("1", timeout=ANSWERED_MS)
    assert heard(page, "unread")[-1] == 1
    launcher(page).click()
    expect(badge(page)).to_be_hidden()
    told(page, "四楼另加高空费。", "agent")
    expect(turns(page, "bot")).to_have_count(1)  # it keeps silent while a person is there

    agent.keyboard.press("e")
    told(page, "解决")
    rating = chat(page).get_by_test_id("rating")
    expect(rating).to_be_in_viewport(timeout=ANSWERED_MS)
    rating.get_by_label("5 / 5").check(force=True)
    rating.get_by_label("补充说明").fill("很快")
    rating.get_by_role("button", name="提交评价").click()
    assert wait_for(page, "csat") == [{"score": 5}]
    expect(rating).to_be_hidden()
    write(page, "移机收费多少？")
    expect(turns(page, "bot")).to_have_count(2, timeout=ANSWERED_MS)
    assert states(page, "status")[-1] == "bot"


def test_place_in_the_queue_is_told_and_moves(
    agent: Page, page: Page, context: BrowserContext, browser: Browser, host: Shop
) -> None:
    first = browser.new_context(locale="zh-CN")
    before = open_shop(first, f"{host.origin}/")
    open_chat(before)
    chat(before).get_by_test_id("human").click()
    told(before, "下一位就是您")
    open_chat(page)
    chat(page).get_by_test_id("human").click()
    told(page, "第 2 位")
    expect(chat(page).get_by_test_id("service")).to_contain_text("第 2 位")
    chat(before).get_by_test_id("menu").click()
    chat(before).get_by_test_id("end").click()
    chat(before).get_by_test_id("end-confirm").click()

    expect(chat(page).get_by_test_id("service")).to_contain_text("第 1 位", timeout=ANSWERED_MS)
    assert [detail["position"] for detail in heard(page, "status") if detail["state"] == "waiting"] == [2, 1]
    first.close()


def test_person_is_offered_after_two_misses(agent: Page, page: Page) -> None:
    open_chat(page)
    write(page, UNKNOWN)
    expect(turns(page, "bot")).to_have_count(1, timeout=ANSWERED_MS)
    expect(chat(page).get_by_test_id("service")).to_be_hidden()
    write(page, AMBIGUOUS)
    chat(page).get_by_role("button", name="都不是").click(timeout=ANSWERED_MS)
    expect(turns(page, "bot")).to_have_count(3, timeout=ANSWERED_MS)
    offer = chat(page).get_by_test_id("service")
    expect(offer).to_contain_text("需要人工帮助吗？", timeout=ANSWERED_MS)
    offer.get_by_role("button", name="转人工").click()

    assert wait_for(page, "handoff")[0]["state"] == "waiting"
    told(page, "下一位就是您")


def test_danger_gets_its_safety_words_before_a_person(agent: Page, page: Page) -> None:
    open_chat(page)
    write(page, "厨房有很重的煤气味")
    assert wait_for(page, "handoff")[0]["state"] == "waiting"
    expect(turns(page, "system").last).to_contain_text("优先", timeout=ANSWERED_MS)
    spoken = chat(page).get_by_role("article").all_inner_texts()

    assert len(spoken) == 3
    assert re.search("打开门窗", spoken[1]), spoken
    agent.keyboard.press("1")
    expect(agent.get_by_test_id("row")).to_have_count(1, timeout=ANSWERED_MS)


def test_anger_brings_a_person(agent: Page, page: Page) -> None:
    open_chat(page)
    write(page, "你们这个垃圾机器人，我要投诉！")

    assert wait_for(page, "handoff")[0]["state"] == "waiting"
    expect(turns(page, "system").last).to_be_visible(timeout=ANSWERED_MS)


def test_words_are_in_the_characters_of_the_page(agent: Page, context: BrowserContext, host: Shop, site: Site) -> None:
    page = open_shop(context, host.show("/traditional", tag(site, locale="zh-Hant")))
    open_chat(page)
    chat(page).get_by_test_id("human").click()

    told(page, "我想轉人工客服。", "customer")
    told(page, "下一位就是您")
    expect(chat(page).get_by_test_id("service")).to_contain_text("正在排隊")
