"""Nothing is lost on the way: offline, cut, refused, or without any socket."""

import json
import re
from functools import partial

from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.browser.host_pages import Shop
from tests.browser.widget.visiting import (
    ANSWERED_MS,
    ask,
    chat,
    expect_state,
    launcher,
    open_chat,
    open_shop,
    tag,
    turns,
    write,
)
from tests.servers import Site
from tests.waiting import wait_for

SOCKET = re.compile("/ws/chat/")


def expect_delivery(page: Page, state: str) -> None:
    """Wait until the customer's last message has got so far."""
    place = turns(page, "customer").last.locator(".delivery")
    expect(place).to_have_attribute("data-state", state, timeout=ANSWERED_MS)


def test_what_is_written_offline_is_sent_once_after_the_return(page: Page, context: BrowserContext) -> None:
    open_chat(page)
    ask(page)
    context.set_offline(True)
    expect(chat(page).get_by_test_id("banner")).to_be_visible()
    write(page, "保修期多久？")
    write(page, "怎么预约上门维修？")
    expect_delivery(page, "queued")
    context.set_offline(False)
    expect_state(page)

    expect_delivery(page, "sent")
    expect(chat(page).get_by_test_id("banner")).to_be_hidden()
    said = turns(page, "customer").locator(".bubble")
    expect(said).to_have_text(["移机收费多少？", "保修期多久？", "怎么预约上门维修？"])


def test_cut_connection_comes_back_by_itself_after_the_jitter(context: BrowserContext, host: Shop, site: Site) -> None:
    sockets: list[WebSocketRoute] = []

    def forward(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    context.route_web_socket(SOCKET, forward)
    context.add_init_script("Math.random = () => 0.5")  # of the 4 s that a restart is given, so 2 s
    context.clock.install()
    page = open_shop(context, host.show("/", tag(site)))
    open_chat(page)
    ask(page)
    context.clock.pause_at(page.evaluate("Date.now()") / 1000 + 20)  # never in the past, and before the next ping
    sockets[0].close(code=1012)  # as a server does that restarts
    expect_state(page, "waiting")
    write(page, "保修期多久？")
    context.clock.run_for(1_900)
    expect_state(page, "waiting")
    assert len(sockets) == 1
    context.clock.run_for(200)
    expect_state(page)
    context.clock.resume()

    expect(chat(page).locator("[data-kind=answer]")).to_have_count(2, timeout=ANSWERED_MS)
    assert len(sockets) == 2


def test_refused_message_is_kept_and_sent_again_by_hand(context: BrowserContext, host: Shop, site: Site) -> None:
    refused: list[str] = []

    def refuse_first(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(text: str | bytes) -> None:
            frame = json.loads(text)
            if frame["type"] == "message" and not refused:
                refused.append(frame["id"])
                error = {"v": 2, "type": "error", "code": "rate_limited", "message": "x", "id": frame["id"]}
                socket.send(json.dumps(error))
            else:
                server.send(text)

        socket.on_message(pass_on)

    context.route_web_socket(SOCKET, refuse_first)
    page = open_shop(context, host.show("/", tag(site)))
    open_chat(page)
    write(page, "移机收费多少？")
    expect_delivery(page, "failed")
    turns(page, "customer").get_by_role("button", name="重试").click()

    expect_delivery(page, "sent")
    expect(chat(page).locator("[data-kind=answer]")).to_be_visible(timeout=ANSWERED_MS)
    expect(turns(page, "customer")).to_have_count(1)
    expect(turns(page, "customer").get_by_role("button", name="重试")).to_have_count(0)


def test_long_polls_carry_the_conversation_where_sockets_are_blocked(
    context: BrowserContext, host: Shop, site: Site
) -> None:
    context.route_web_socket(SOCKET, lambda socket: socket.close(code=1011))
    page = open_shop(context, host.show("/", tag(site)))
    open_chat(page)
    page.reload()  # there is nothing new to be told, and yet the chat is there at once
    open_chat(page)
    ask(page)
    expect_delivery(page, "sent")
    write(page, "保修期多久？")
    write(page, "怎么预约上门维修？")
    expect_delivery(page, "sent")
    said = turns(page, "customer").locator(".bubble")
    expect(said).to_have_text(["移机收费多少？", "保修期多久？", "怎么预约上门维修？"])


def test_socket_is_taken_again_where_one_opens(context: BrowserContext, host: Shop, site: Site) -> None:
    sockets: list[WebSocketRoute] = []
    is_blocked = True

    def forward(socket: WebSocketRoute) -> None:
        if is_blocked:
            socket.close(code=1011)
            return
        sockets.append(socket)
        socket.connect_to_server()

    context.route_web_socket(SOCKET, forward)
    context.clock.install()
    page = open_shop(context, host.show("/", tag(site)))
    launcher(page).click()
    state = chat(page).get_by_test_id("connection-state")
    pause = partial(context.clock.run_for, 500)
    wait_for(lambda: state.get_attribute("data-state") == "online", "the welcome of a poll", pause=pause)
    assert not sockets
    is_blocked = False
    context.clock.run_for(30_000)  # the next look whether sockets are still blocked
    wait_for(lambda: len(sockets) == 2, "the second socket", pause=partial(page.wait_for_timeout, 20))
    expect_state(page)
    ask(page)

    assert len(sockets) == 2  # the one that was only opened, and the one that speaks


def test_sockets_that_carry_nothing_are_not_taken(context: BrowserContext, host: Shop, site: Site) -> None:
    sockets: list[WebSocketRoute] = []

    def swallow(socket: WebSocketRoute) -> None:
        sockets.append(socket)  # it opens, and what is said on it goes nowhere

    context.route_web_socket(SOCKET, swallow)
    context.clock.install()
    page = open_shop(context, host.show("/", tag(site)))
    launcher(page).click()
    state = chat(page).get_by_test_id("connection-state")

    def pause() -> None:
        context.clock.run_for(500)
        page.wait_for_timeout(100)

    wait_for(lambda: state.get_attribute("data-state") == "online", "the welcome of a poll", pause=pause)
    tried = len(sockets)
    chat(page).locator("body").evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    context.clock.run_for(12_000)  # longer than an answer to a ping may take
    expect_state(page)
    context.clock.run_for(14_000)  # the next look whether sockets are still blocked
    wait_for(lambda: len(sockets) > tried, "a socket that is tried", pause=partial(page.wait_for_timeout, 20))
    page.wait_for_timeout(300)
    assert len(sockets) == tried + 1
    expect_state(page)
    ask(page)


class BadLine:
    """A line that swallows, doubles and delays frames, by their numbers: the same every time."""

    def __init__(self) -> None:
        self.num_said = self.num_heard = 0
        self.swallowed: list[str] = []

    def __call__(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def say(text: str | bytes) -> None:
            frame = json.loads(text)
            if frame["type"] == "message":
                self.num_said += 1
                if self.num_said == 2:
                    self.swallowed.append(frame["text"])
                    return
            server.send(text)
            if frame["type"] == "message" and self.num_said % 3 == 0:
                server.send(text)

        def hear(text: str | bytes) -> None:
            self.num_heard += 1
            socket.send(text)
            if self.num_heard % 2:
                socket.send(text)

        socket.on_message(say)
        server.on_message(hear)


def test_bad_line_loses_doubles_and_reorders_nothing(context: BrowserContext, host: Shop, site: Site) -> None:
    line, questions = BadLine(), [f"{number} 号机移机收费多少？" for number in range(1, 6)]
    context.route_web_socket(SOCKET, line)
    page = open_shop(context, host.show("/", tag(site)))
    open_chat(page)
    for question in questions:
        write(page, question)
    expect(turns(page, "customer").locator(".delivery[data-state=sent]")).to_have_count(5, timeout=ANSWERED_MS)
    page.reload()
    open_chat(page)

    # As it is stored.
    expect(turns(page, "customer").locator(".bubble")).to_have_text(questions, timeout=ANSWERED_MS)
    assert line.swallowed == [questions[1]]
