"""Every turn that a hand-off can take, as the customer is told of it: words, danger, waiting, agents who go, messages."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.host_pages import Shop
from tests.browser.widget.serving import leave_desk, open_waiting, run_sql, say, sit_down
from tests.browser.widget.visiting import (
    ANSWERED_MS,
    UNKNOWN,
    ask,
    chat,
    expect_heard,
    launcher,
    open_chat,
    open_shop,
    tag,
    told,
    turns,
    wait_for,
    write,
)
from tests.servers import Site, manage

WAITED_S = 240
TAKEN_LATELY = f"""
from datetime import timedelta
from django.utils import timezone
from qa.models import Conversation, KnowledgeBase, Transition
since = timezone.now() - timedelta(seconds={WAITED_S})
earlier, _is_new = Conversation.objects.update_or_create(
    token_digest="nobody's", defaults=dict(knowledge_base=KnowledgeBase.objects.first(), state="closed", waiting_since=since)
)
for _ in range(20):  # as many as are looked at
    Transition.objects.create(conversation=earlier, before="waiting", after="assigned", actor="agent")
Transition.objects.filter(conversation=earlier).update(at=since + timedelta(seconds={WAITED_S}))
"""
"""Others waited for four minutes before they were taken."""
SMOKE, SHOCK = "外机冒黑烟了", "摸到外壳被电了一下"
SAFETY = {SMOKE: "马上离开机器", SHOCK: "不要再碰机器"}


def spoken(page: Page, number: int) -> list[str]:
    """Return all that was said, which is so many turns."""
    said = chat(page).get_by_role("article")
    expect(said).to_have_count(number, timeout=ANSWERED_MS)
    return said.all_inner_texts()


def wait_for_agent(page: Page, agent: Page) -> None:
    """Ask for a person, and be taken by the agent."""
    chat(page).get_by_test_id("human").click()
    open_waiting(agent)
    agent.keyboard.press("c")
    expect(agent.get_by_test_id("facts")).to_contain_text("您接待中", timeout=ANSWERED_MS)
    told(page, "Wen 已加入对话")
    expect(chat(page).get_by_test_id("service")).to_contain_text("Wen 正在为您服务", timeout=ANSWERED_MS)


@pytest.mark.parametrize(
    ("locale", "words", "between", "next_one", "place"),
    [
        # The demonstration has an entry on these very words, and what the bot is sure of is given first.
        ("zh-Hans", "转人工", ["400-000-7755"], "下一位就是您", "第 1 位"),
        ("en", "I want to talk to a human", ["400-000-7755"], "You are next.", "number 1 in the queue"),
        ("en", "Get me a real person please", [], "You are next.", "number 1 in the queue"),
    ],
)
def test_words_alone_bring_a_person(
    agent: Page,
    context: BrowserContext,
    host: Shop,
    site: Site,
    locale: str,
    words: str,
    between: list[str],
    next_one: str,
    place: str,
) -> None:
    page = open_shop(context, host.show("/asks-in-words", tag(site, locale=locale)))
    open_chat(page)
    write(page, words)
    told(page, next_one)

    expect(chat(page).get_by_test_id("service")).to_contain_text(place, timeout=ANSWERED_MS)
    said = spoken(page, len(between) + 2)
    assert [part in text for part, text in zip([words, *between, next_one], said, strict=True)] == [True] * len(said)
    expect_heard(page, "handoff", "state", "waiting")
    expect(agent.locator("[data-count=queue]")).to_have_text("1", timeout=ANSWERED_MS)


@pytest.mark.parametrize("danger", SAFETY)
def test_smoke_and_shock_get_their_safety_words_before_a_person(agent: Page, page: Page, danger: str) -> None:
    open_chat(page)
    write(page, danger)
    told(page, "已呼叫客服，您的对话优先处理。")
    said = spoken(page, 3)

    assert SAFETY[danger] in said[1]
    assert "下一位就是您" in said[2]
    assert wait_for(page, "handoff")[0]["state"] == "waiting"
    expect(agent.locator(".entry--urgent")).to_have_count(1, timeout=ANSWERED_MS)


def test_danger_with_nobody_there_is_told_the_truth_however_often(desk: Page, page: Page, site: Site) -> None:
    leave_desk(desk, site)
    open_chat(page)
    for turn in range(2):
        write(page, SMOKE)
        said = spoken(page, 3 * turn + 3)
        assert SAFETY[SMOKE] in said[-2]
        assert "目前没有客服在线，请不要在此等待救助" in said[-1]
    write(page, UNKNOWN)
    said = spoken(page, 8)
    assert "客服会看到" in said[-1]
    service = chat(page).get_by_test_id("service")
    expect(service).to_contain_text("人工客服暂时不在")

    assert "位" not in service.inner_text()
    assert not [words for words in said if re.search("下一位|第 .* 位", words)]


def test_wait_is_estimated_by_what_others_waited(agent: Page, page: Page, site: Site) -> None:
    manage(site.var, "shell", "-v0", "-c", TAKEN_LATELY)
    open_chat(page)
    chat(page).get_by_test_id("human").click()

    service = chat(page).get_by_test_id("service")
    expect(service).to_contain_text("第 1 位。预计 4 分钟。", timeout=ANSWERED_MS)


def wait_too_long(page: Page, site: Site) -> Locator:
    """Ask for a person whom nobody is free to be, until a message is asked for; the form of it."""
    open_chat(page)
    chat(page).get_by_test_id("human").click()
    told(page, "下一位就是您")
    run_sql(
        site,
        "UPDATE qa_conversation SET waiting_since = datetime(waiting_since, '-11 minutes') WHERE state = 'waiting'",
    )
    told(page, "很抱歉，暂时没有客服能接待您。您的对话已作为留言保存。")
    form = chat(page).get_by_test_id("leave-dialog")
    expect(form).to_be_visible(timeout=ANSWERED_MS)
    return form


def test_who_waits_too_long_is_told_and_leaves_a_message(agent: Page, page: Page, site: Site) -> None:
    form = wait_too_long(page, site)
    form.get_by_label("留言内容").fill("请回电")
    form.get_by_label("电话").fill("13800000000")
    form.get_by_role("button", name="提交留言").click()

    expect(chat(page).get_by_test_id("service")).to_contain_text("留言已收到", timeout=ANSWERED_MS)
    expect_heard(page, "status", "state", "ticket", "ticket", only=False)  # without an address, then with one
    open_waiting(agent)
    expect(agent.get_by_test_id("said").last).to_contain_text("留言已保存", timeout=ANSWERED_MS)


def test_form_of_a_message_goes_when_somebody_comes(agent: Page, page: Page, site: Site) -> None:
    form = wait_too_long(page, site)
    open_waiting(agent)
    agent.keyboard.press("c")

    expect(chat(page).get_by_test_id("service")).to_contain_text("Wen 正在为您服务", timeout=ANSWERED_MS)
    expect(form).to_be_hidden()


def test_message_that_is_being_written_stays_when_somebody_comes(agent: Page, page: Page, site: Site) -> None:
    form = wait_too_long(page, site)
    form.get_by_label("留言内容").fill("请回电")
    open_waiting(agent)
    agent.keyboard.press("c")
    expect(chat(page).get_by_test_id("service")).to_contain_text("Wen 正在为您服务", timeout=ANSWERED_MS)
    form.get_by_label("电话").fill("13800000000")
    form.get_by_role("button", name="提交留言").click()

    expect(agent.get_by_test_id("said").filter(has_text="请回电")).to_be_visible(timeout=ANSWERED_MS)


def test_who_was_left_by_their_agent_is_told_and_waits_again(agent: Page, page: Page, site: Site) -> None:
    open_chat(page)
    wait_for_agent(page, agent)
    write(page, "还在吗？")
    expect(agent.get_by_test_id("said").last).to_contain_text("还在吗？", timeout=ANSWERED_MS)
    leave_desk(agent, site)
    run_sql(
        site, "UPDATE qa_conversation SET assigned_at = datetime(assigned_at, '-5 minutes') WHERE state = 'assigned'"
    )
    run_sql(site, "UPDATE qa_agentpresence SET seen_at = datetime(seen_at, '-5 minutes')")
    told(page, "Wen 暂时无法继续接待。")

    expect_heard(page, "handoff", "state", "waiting", "assigned", "waiting")
    expect(turns(page, "system").last).to_contain_text("目前没有客服在线")
    sit_down(agent, site)
    open_waiting(agent)
    expect(agent.get_by_test_id("said").filter(has_text="还在吗？")).to_be_visible(timeout=ANSWERED_MS)
    agent.keyboard.press("c")
    expect(chat(page).get_by_test_id("service")).to_contain_text("Wen 正在为您服务", timeout=ANSWERED_MS)


def test_agent_hands_back_to_the_bot_which_answers_again(agent: Page, page: Page) -> None:
    open_chat(page)
    wait_for_agent(page, agent)
    agent.keyboard.press("b")
    told(page, "现在由智能助手继续回答")
    expect(chat(page).get_by_test_id("service")).to_be_hidden(timeout=ANSWERED_MS)
    ask(page)

    expect(turns(page, "bot")).to_have_count(1)
    expect_heard(page, "status", "state", "bot", only=False)


def test_agent_puts_the_customer_back_into_the_queue(agent: Page, page: Page) -> None:
    open_chat(page)
    wait_for_agent(page, agent)
    agent.keyboard.press("t")
    agent.locator("#transfer button[value=queue]").click()
    told(page, re.compile("Wen 暂时无法继续接待。.*下一位就是您"))

    expect(chat(page).get_by_test_id("service")).to_contain_text("第 1 位", timeout=ANSWERED_MS)
    expect_heard(page, "handoff", "state", "waiting", "assigned", "waiting")
    expect(agent.locator("[data-count=queue]")).to_have_text("1", timeout=ANSWERED_MS)


def test_message_that_an_agent_takes_up_becomes_a_talk(
    agent: Page, context: BrowserContext, host: Shop, site: Site
) -> None:
    page = open_shop(context, host.show("/closed", tag(site, "closed")))
    open_chat(page)
    chat(page).get_by_test_id("human").click()
    form = chat(page).get_by_test_id("leave-dialog")
    form.get_by_label("留言内容").fill("请回电")
    form.get_by_label("电话").fill("13800000000")
    form.get_by_role("button", name="提交留言").click()
    expect(chat(page).get_by_test_id("service")).to_contain_text("留言已收到", timeout=ANSWERED_MS)
    page.goto("about:blank")
    open_waiting(agent)
    agent.keyboard.press("c")
    expect(agent.get_by_test_id("facts")).to_contain_text("您接待中", timeout=ANSWERED_MS)
    say(agent, "您好，收到留言了。")
    page.goto(f"{host.origin}/closed")
    launcher(page).click()

    told(page, "Wen 已加入对话")
    told(page, "您好，收到留言了。", "agent")
    expect(chat(page).get_by_test_id("service")).to_contain_text("Wen 正在为您服务", timeout=ANSWERED_MS)
    write(page, "移机收费多少？")
    expect(agent.get_by_test_id("said").last).to_contain_text("移机收费多少？", timeout=ANSWERED_MS)
    say(agent, "三百元。")
    told(page, "三百元。", "agent")
    expect(turns(page, "bot")).to_have_count(0)
