"""Nothing is lost on the way: offline, cut, refused, or without any socket."""

import json
import re

from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.browser.host_pages import Shop
from tests.browser.widget.visiting import (
    ANSWERED_MS,
    ask,
    chat,
    expect_state,
    open_chat,
    open_shop,
    tag,
    turns,
    write,
)
from tests.servers import Site

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


def test_cut_connection_comes_back_by_itself(context: BrowserContext, host: Shop, site: Site) -> None:
    sockets: list[WebSocketRoute] = []

    def forward(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    context.route_web_socket(SOCKET, forward)
    page = open_shop(context, host.show("/", tag(site)))
    open_chat(page)
    ask(page)
    sockets[0].close(code=1012)  # as a server does that restarts
    expect_state(page, "waiting")
    write(page, "保修期多久？")
    expect_state(page)

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
    ask(page)

    expect_delivery(page, "sent")
