"""Keys that are held or come early, and suggestions that could not be had at once."""

import json
import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.desk.working import WAITS_MS, NewPage, SignIn, ask_for_person, open_last, take
from tests.waiting import wait_for

pytestmark = pytest.mark.browser

LISTEN = """
window.said = [];
const { send } = WebSocket.prototype;
WebSocket.prototype.send = function (text) {
  window.said.push(JSON.parse(text).type);
  send.call(this, text);
};
"""


def test_held_key_does_its_one_thing_once(new_page: NewPage, desk: SignIn, customer: Page) -> None:
    page = new_page(locale="en-US")
    page.add_init_script(LISTEN)
    agent = desk("ann", page)
    take(customer, agent)
    expect(agent.get_by_test_id("suggestion")).to_have_count(3, timeout=WAITS_MS)
    agent.keyboard.down("Alt")
    agent.keyboard.down("Digit1")
    agent.keyboard.down("Digit1")  # as the keyboard repeats it
    agent.keyboard.up("Digit1")
    agent.keyboard.up("Alt")
    expect(agent.get_by_test_id("said").last).to_have_attribute("data-kind", "answer", timeout=WAITS_MS)
    agent.keyboard.down("e")
    expect(agent.get_by_test_id("text")).to_be_disabled(timeout=WAITS_MS)
    agent.keyboard.down("e")
    agent.keyboard.up("e")
    said = agent.evaluate("window.said")
    assert [said.count(type_) for type_ in ("send_entry", "resolve", "reopen")] == [1, 1, 0]


def test_suggestions_are_looked_for_again_after_a_refusal(new_page: NewPage, desk: SignIn, customer: Page) -> None:
    refused: list[str] = []
    is_refusing = True

    def refuse(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(text: str | bytes) -> None:
            frame = json.loads(text)
            if frame["type"] == "suggest" and is_refusing:
                refused.append(frame["id"])
                error = {"v": 1, "type": "error", "id": frame["id"], "code": "unavailable", "message": "x"}
                socket.send(json.dumps(error))
            else:
                server.send(text)

        socket.on_message(pass_on)

    page = new_page()
    page.route_web_socket(re.compile("/ws/desk/"), refuse)
    agent = desk("ann", page)
    ask_for_person(customer, agent)
    open_last(agent)
    wait_for(lambda: refused, "a refused suggestion", pause=lambda: agent.wait_for_timeout(50))
    agent.wait_for_timeout(1000)  # all that comes of opening it has come: nothing changes any more
    is_refusing = False
    expect(agent.get_by_test_id("suggestion")).to_have_count(3, timeout=WAITS_MS)


class HeldConversations:
    """How conversations stand, and that a note is there, kept from a page until they are let go."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.notes: set[str] = set()
        self.late: list[tuple[WebSocketRoute, str | bytes]] = []
        self.is_held = True
        page.route_web_socket(re.compile("/ws/desk/"), self._hold)

    def _hold(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def say(text: str | bytes) -> None:
            frame = json.loads(text)
            if frame["type"] == "note":
                self.notes.add(frame["id"])
            server.send(text)

        def hear(text: str | bytes) -> None:
            frame = json.loads(text)
            if self.is_held and (frame["type"] == "conversation" or frame.get("id") in self.notes):
                self.late.append((socket, text))
            else:
                socket.send(text)

        socket.on_message(say)
        server.on_message(hear)

    def let_go(self) -> None:
        self.is_held = False
        for socket, text in self.late:
            socket.send(text)


@pytest.fixture
def held(new_page: NewPage) -> HeldConversations:
    """Give what keeps from a new page how conversations stand."""
    return HeldConversations(new_page())


@pytest.fixture
def early(held: HeldConversations, desk: SignIn, customer: Page) -> Page:
    """Give an agent's page that has opened a conversation and does not know how it stands."""
    agent = desk("ann", held.page)
    ask_for_person(customer, agent)
    open_last(agent)
    return agent


def test_what_is_typed_before_the_conversation_is_there_is_no_command(early: Page, held: HeldConversations) -> None:
    early.keyboard.press("n")
    early.keyboard.type("Third floor.")
    early.keyboard.press("Enter")
    expect(early.get_by_test_id("parcel")).to_contain_text("Third floor.")
    held.let_go()
    expect(early.get_by_test_id("note")).to_contain_text("Third floor.", timeout=WAITS_MS)


def test_command_before_the_conversation_is_there_is_done_once_it_is(early: Page, held: HeldConversations) -> None:
    early.keyboard.press("c")
    held.let_go()
    expect(early.get_by_test_id("facts").locator(".badge--mine")).to_be_visible(timeout=WAITS_MS)
