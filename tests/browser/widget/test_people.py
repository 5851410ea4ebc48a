"""A person takes over inside of the widget's frame: told at every step, on both sides."""

import re
from datetime import UTC, datetime

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.contexts import new_context
from tests.browser.host_pages import Shop
from tests.browser.passing import shows
from tests.browser.widget.serving import open_waiting, say
from tests.browser.widget.visiting import (
    AMBIGUOUS,
    ANSWERED_MS,
    UNKNOWN,
    ask,
    badge,
    chat,
    close_chat,
    expect_heard,
    expect_last,
    launcher,
    open_chat,
    open_shop,
    tag,
    told,
    turns,
    wait_for,
    write,
)
from tests.servers import Site


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
    expect_heard(page, "handoff", "state", "waiting", "assigned")
    expect_heard(page, "handoff", "agent", "Wen", only=False)

    agent.keyboard.press("r")
    with shows(chat(page).get_by_test_id("typing"), "对方正在输入"):
        agent.keyboard.type("您好，")
    agent.keyboard.type("请说。")
    agent.keyboard.press("Enter")
    agent.get_by_test_id("name").focus()
    told(page, "您好，请说。", "agent")
    expect(turns(page, "agent").locator(".turn__who")).to_have_text("Wen")
    with shows(agent.get_by_test_id("typing")):
        chat(page).get_by_test_id("composer").press_sequentially("在四楼")
    chat(page).get_by_test_id("composer").press("Enter")
    expect(agent.get_by_test_id("said").last).to_contain_text("在四楼", timeout=ANSWERED_MS)

    close_chat(page)
    say(agent, "四楼另加高空费。")
    expect(badge(page)).to_have_text("1", timeout=ANSWERED_MS)
    expect_last(page, "unread", 1)
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
    expect_heard(page, "status", "state", "bot", only=False)


def test_typing_is_told_however_soon_the_person_came(agent: Page, page: Page) -> None:
    open_chat(page)
    page.clock.set_fixed_time(datetime.now(UTC))  # so that all of this takes less than the pause between two such words
    ask(page)
    chat(page).get_by_test_id("human").click()
    open_waiting(agent)
    agent.keyboard.press("c")
    told(page, "Wen")
    with shows(agent.get_by_test_id("typing")):
        chat(page).get_by_test_id("composer").press_sequentially("在四楼")


def test_place_in_the_queue_is_told_and_moves(
    agent: Page, page: Page, context: BrowserContext, browser: Browser, host: Shop
) -> None:
    first = new_context(browser, locale="zh-CN")
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
    expect_heard(page, "status", "position", 2, 1, only=False, changes=True)  # the wait may change meanwhile
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
