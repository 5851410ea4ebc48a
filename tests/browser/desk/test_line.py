"""The line to the desk: what is lost with it and what is not, and when it is over for good."""

import json
import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.desk.working import (
    TYPING,
    WAITS_MS,
    NewPage,
    SignIn,
    ask_for_person,
    expect_line,
    heard,
    open_last,
    take,
    write,
)
from tests.browser.passing import shows

pytestmark = pytest.mark.browser

SOCKET = re.compile("/ws/desk/")
POLICY = 1008
BROKEN = 1011
RESTART = 1012


def test_what_is_written_without_a_connection_is_sent_later_once(desk: SignIn, customer: Page) -> None:
    agent = desk("ann", locale="en-US")
    take(customer, agent)
    agent.context.set_offline(True)
    expect_line(agent, "offline")
    agent.keyboard.press("r")
    agent.keyboard.type("Written in a tunnel.")
    agent.keyboard.press("Enter")
    expect(agent.get_by_test_id("parcel")).to_contain_text("sending")
    write(customer, "are you there?")
    agent.context.set_offline(False)
    heard(customer, "Written in a tunnel.")
    expect(agent.get_by_test_id("parcel")).to_have_count(0, timeout=WAITS_MS)
    expect(agent.get_by_test_id("said").filter(has_text="Written in a tunnel.")).to_have_count(1)
    expect(agent.get_by_test_id("said").filter(has_text="are you there?")).to_have_count(1)


def refuse(socket: WebSocketRoute, words: str, code: int) -> None:
    """Answer the hello with an error, and close."""

    def on_hello(_frame: str | bytes) -> None:
        socket.send(json.dumps({"v": 1, "type": "error", "id": None, "code": "unavailable", "message": words}))
        socket.close(code=code)

    socket.on_message(on_hello)


def test_page_comes_back_until_it_is_sent_away(new_page: NewPage, desk: SignIn) -> None:
    sockets: list[WebSocketRoute] = []

    def route(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        if len(sockets) in {2, 3}:
            socket.close(code=BROKEN if len(sockets) == 2 else POLICY)
        elif len(sockets) == 4:
            refuse(socket, "Try again.", RESTART)
        elif len(sockets) == 6:
            refuse(socket, "You can't work here.", POLICY)
        else:
            socket.connect_to_server()

    page = new_page(locale="en-US")
    page.route_web_socket(SOCKET, route)
    page.add_init_script("Math.random = () => 0.1")  # of the 2 s that a restart is given, so 200 ms
    page.clock.install()
    agent = desk("ann", page)
    agent.evaluate("location.hash = '#999999'")  # there is none; the server says so
    expect(agent.get_by_test_id("alert")).to_be_visible(timeout=WAITS_MS)
    agent.clock.pause_at(agent.evaluate("Date.now()") / 1000 + 20)  # never in the past
    sockets[0].close(code=RESTART)
    expect_line(agent, "waiting")
    agent.clock.run_for(150)
    expect_line(agent, "waiting")
    assert len(sockets) == 1
    agent.clock.resume()
    expect_line(agent, "online")
    assert len(sockets) == 5

    sockets[4].close(code=RESTART)
    expect_line(agent, "stopped")
    expect(agent.get_by_test_id("alert")).to_have_text("You can't work here.")
    assert len(sockets) == 6


def test_typing_counts_as_told_only_when_it_was_told(desk: SignIn, customer: Page) -> None:
    agent = desk("ann", locale="en-US")
    take(customer, agent)
    agent.evaluate("const now = Date.now(); Date.now = () => now")  # all of it within the interval of telling
    agent.context.set_offline(True)
    expect_line(agent, "offline")
    agent.keyboard.press("r")
    agent.keyboard.type("a")
    agent.context.set_offline(False)
    expect_line(agent, "online")
    with shows(customer.get_by_test_id("typing"), TYPING):
        agent.keyboard.type("b")


def test_colleague_who_left_meanwhile_is_not_shown_after_a_return(desk: SignIn, customer: Page) -> None:
    ann, bob = desk("ann", locale="en-US"), desk("bob", locale="en-US")
    ask_for_person(customer, ann)
    open_last(ann)
    open_last(bob)
    expect(ann.get_by_test_id("viewers")).to_contain_text("Bob", timeout=WAITS_MS)
    ann.context.set_offline(True)
    expect_line(ann, "offline")
    bob.context.close()
    ann.context.set_offline(False)
    expect_line(ann, "online")
    expect(ann.get_by_test_id("viewers")).to_be_hidden(timeout=WAITS_MS)
