"""When nobody is there: opening hours, messages that are left, and who visitors say they are."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.host_pages import Shop
from tests.browser.widget.visiting import AFTER_HOLIDAY, ask, chat, open_chat, open_shop, tag, told, turns
from tests.servers import Site


def test_message_is_left_when_nobody_is_there(page: Page) -> None:
    open_chat(page)
    chat(page).get_by_test_id("human").click()
    form = chat(page).get_by_test_id("leave-dialog")
    form.get_by_label("留言内容").fill("请回电")
    form.get_by_role("button", name="提交留言").click()
    expect(form).to_be_visible()  # no way back to the customer was given
    form.get_by_label("电话").fill("13800000000")
    form.get_by_role("button", name="提交留言").click()

    expect(form).to_be_hidden()
    expect(turns(page, "customer").last.locator(".bubble")).to_have_text("请回电")
    expect(chat(page).get_by_test_id("service")).to_contain_text("留言已收到")


def test_form_that_the_server_refuses_comes_back_as_it_was(page: Page) -> None:
    open_chat(page)
    chat(page).get_by_test_id("human").click()
    form = chat(page).get_by_test_id("leave-dialog")
    form.get_by_label("留言内容").fill("请回电")
    form.get_by_label("电话").fill("12")
    form.get_by_role("button", name="提交留言").click()

    expect(chat(page).get_by_test_id("toast")).to_contain_text("电话")
    expect(form).to_be_visible()
    expect(form.get_by_label("留言内容")).to_have_value("请回电")


def test_outside_opening_hours_the_next_are_named(context: BrowserContext, host: Shop, site: Site) -> None:
    page = open_shop(context, host.show("/closed", tag(site, "closed")))
    open_chat(page)
    chat(page).get_by_test_id("human").click()

    told(page, "09:00")
    form = chat(page).get_by_test_id("leave-dialog")
    expect(form).to_be_visible()
    form.get_by_role("button", name="取消").click()
    expect(chat(page).get_by_test_id("service")).to_contain_text("09:00")
    chat(page).get_by_test_id("service").get_by_role("button", name="留言").click()
    expect(form).to_be_visible()


def test_a_holiday_closes_what_is_open_on_its_weekday(context: BrowserContext, host: Shop, site: Site) -> None:
    page = open_shop(context, host.show("/on-holiday", tag(site, "on-holiday")))
    open_chat(page)
    chat(page).get_by_test_id("human").click()

    told(page, AFTER_HOLIDAY)
    expect(chat(page).get_by_test_id("leave-dialog")).to_be_visible()


def test_a_holiday_with_hours_of_its_own_opens_what_is_closed(context: BrowserContext, host: Shop, site: Site) -> None:
    page = open_shop(context, host.show("/open-on-holiday", tag(site, "open-on-holiday")))
    open_chat(page)
    chat(page).get_by_test_id("human").click()

    expect(chat(page).get_by_test_id("leave-dialog")).to_be_visible()  # it is open, but nobody is at the desk
    expect(turns(page, "system").filter(has_text="09:00")).to_have_count(0)


def test_contact_is_asked_first_where_the_widget_wants_it(context: BrowserContext, host: Shop, site: Site) -> None:
    page = open_shop(context, host.show("/asks", tag(site, "asks-first")))
    open_chat(page)
    expect(chat(page).get_by_test_id("composer")).to_be_hidden()
    form = chat(page).get_by_test_id("contact")
    form.get_by_label("姓名").fill("王芳")
    form.get_by_role("button").click()
    expect(form).to_be_visible()  # a name is no way back
    form.get_by_label("电子邮箱").fill("w@example.com")
    form.get_by_role("button").click()

    expect(form).to_be_hidden()
    ask(page)
