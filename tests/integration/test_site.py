"""The real server: asked over real sockets, edited through the admin's own pages."""

import asyncio
import json
import re
import time
from collections.abc import Iterator

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from qa.protocol import MAX_FRAME_BYTES
from tests.chat_client import ChatClient, hello, message
from tests.servers import PASSWORD, PATIENCE_S, STAFF, Site

QUESTIONS = ("空调漏水怎么办", "E4 是什么故障", "how long is the warranty")
EFFECTIVE_S = 1.0
"""An edit answers within this time (issue 1, point 6)."""


@pytest.fixture(scope="module")
def staff(site: Site) -> Iterator[httpx.Client]:
    """Give a browser that is signed in as the operator."""
    headers = {"Accept-Language": "en"}
    with httpx.Client(base_url=site.url, follow_redirects=True, headers=headers, timeout=PATIENCE_S) as client:
        post(client, "admin/login/?next=/admin/", username=STAFF, password=PASSWORD)
        assert client.get("admin/").status_code == 200
        yield client


def post(client: httpx.Client, path: str, **fields: str | list[str]) -> httpx.Response:
    """Open a page with a form and send it; a form that comes back with errors fails."""
    page = client.get(path)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None, page.text[:500]
    answer = client.post(
        path,
        data={**fields, "csrfmiddlewaretoken": token[1]},
        headers={"Referer": str(page.url), "Origin": str(client.base_url).rstrip("/")},
    )
    assert answer.status_code == 200
    assert "errornote" not in answer.text, re.findall(r"errorlist[^<]*>.*?</ul>", answer.text, re.DOTALL)[:3]
    return answer


def entry_form(answer: str, *, answer_id: str = "", entry_id: str = "", status: str = "published") -> dict[str, str]:
    """Fill in the admin's form of one entry in English."""
    management = {"TOTAL_FORMS": "1", "INITIAL_FORMS": "1" if answer_id else "0", "MIN_NUM_FORMS": "0"}
    answers = {f"answers-{name}": value for name, value in {**management, "MAX_NUM_FORMS": "1000"}.items()}
    phrasings = {"phrasings-TOTAL_FORMS": "0", "phrasings-INITIAL_FORMS": "0", "phrasings-MIN_NUM_FORMS": "0"}
    return {
        "knowledge_base": "1",
        "external_id": "zeppelin",
        "status": status,
        **answers,
        "answers-0-id": answer_id,
        "answers-0-entry": entry_id,
        "answers-0-language": "en",
        "answers-0-question": "Which zeppelin mooring mast fits the quokka sanctuary?",
        "answers-0-text": answer,
        **phrasings,
        "phrasings-MAX_NUM_FORMS": "1000",
    }


def ask_once(site: Site, text: str) -> dict[str, object]:
    """Ask in a conversation of its own; return the reply."""

    async def ask() -> dict[str, object]:
        async with ChatClient(site.socket_url) as client:
            return await client.ask(text)

    return asyncio.run(ask())


def seconds_until(site: Site, text: str, is_so: object) -> float:
    """Ask until the reply is as expected; return how long it took since the call."""
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE_S:
        asked = time.monotonic() - started
        if is_so(ask_once(site, text)):  # type: ignore[operator]
            return asked
    raise AssertionError(f"{text!r} is not answered as expected after {PATIENCE_S} s")


def test_question_is_answered_over_a_real_socket(site: Site) -> None:
    reply = ask_once(site, "空调漏水怎么办")
    assert reply["role"] == "bot"
    assert reply["kind"] in {"answer", "clarify"}
    assert reply["seq"] == 2


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://[", "https://127.0.0.1"])
def test_foreign_origin_is_refused_with_403(site: Site, origin: str) -> None:
    async def knock() -> None:
        async with connect(site.socket_url, additional_headers={"Origin": origin}, open_timeout=PATIENCE_S):
            pass

    with pytest.raises(InvalidStatus) as refused:
        asyncio.run(knock())
    assert refused.value.response.status_code == 403


def test_own_origin_is_let_in(site: Site) -> None:
    headers = {"Origin": site.url.rstrip("/")}

    async def knock() -> str:
        async with connect(site.socket_url, additional_headers=headers, open_timeout=PATIENCE_S) as socket:
            await socket.send(json.dumps(hello()))
            return str(json.loads(await socket.recv())["type"])

    assert asyncio.run(knock()) == "welcome"


def test_frame_that_is_too_big_closes_with_1009_and_the_server_lives_on(site: Site) -> None:
    async def shout() -> int | None:
        async with connect(site.socket_url, compression=None, open_timeout=PATIENCE_S) as socket:
            await socket.send("x" * (MAX_FRAME_BYTES + 1))
            with pytest.raises(ConnectionClosedError):
                await socket.recv()
            return socket.close_code

    assert asyncio.run(shout()) == 1009
    assert ask_once(site, "E4")["role"] == "bot"


def test_hundred_customers_at_once_are_answered_in_order(site: Site) -> None:
    async def talk() -> list[dict[str, object]]:
        async with ChatClient(site.socket_url) as client:
            for text in QUESTIONS:
                await client.ask(text)
            return client.seen

    async def all_talk() -> list[list[dict[str, object]]]:
        return await asyncio.gather(*(talk() for _ in range(100)))

    for seen in asyncio.run(all_talk()):
        assert [turn["seq"] for turn in seen] == [1, 2, 3, 4, 5, 6]
        assert [turn["role"] for turn in seen] == ["customer", "bot"] * 3
        assert [turn["text"] for turn in seen[::2]] == list(QUESTIONS)


def test_edits_in_the_admin_answer_within_a_second(site: Site, staff: httpx.Client) -> None:
    asked = "Which zeppelin mooring mast fits the quokka sanctuary?"
    assert ask_once(site, asked)["entry"] != "zeppelin"
    post(staff, "admin/qa/entry/add/", **entry_form("The **tall** one."))
    assert seconds_until(site, asked, lambda r: r["text"] == "The **tall** one.") < EFFECTIVE_S
    found = re.search(r"/admin/qa/entry/(\d+)/change/", staff.get("admin/qa/entry/?q=zeppelin").text)
    assert found is not None
    path = f"admin/qa/entry/{found[1]}/change/"
    answer_id = re.search(r'name="answers-0-id" value="(\d+)"', staff.get(path).text)
    assert answer_id is not None
    post(staff, path, **entry_form("The short one.", answer_id=answer_id[1], entry_id=found[1]))
    assert seconds_until(site, asked, lambda r: r["text"] == "The short one.") < EFFECTIVE_S
    post(staff, "admin/qa/entry/?q=zeppelin", action="archive", _selected_action=found[1])
    assert seconds_until(site, asked, lambda r: r["entry"] != "zeppelin") < EFFECTIVE_S


def test_admin_keeps_strangers_out(site: Site) -> None:
    answer = httpx.get(f"{site.url}admin/qa/entry/", timeout=PATIENCE_S)
    assert (answer.status_code, answer.headers["location"]) == (302, "/admin/login/?next=/admin/qa/entry/")


def test_health(site: Site) -> None:
    assert httpx.get(f"{site.url}livez", timeout=PATIENCE_S).json() == {"status": "ok"}
    ready = httpx.get(f"{site.url}readyz", timeout=PATIENCE_S)
    assert (ready.status_code, ready.json()["ready"], ready.json()["detail"]) == (200, True, "ok")


def test_pages_carry_their_policy_and_their_modules_are_served(site: Site) -> None:
    page = httpx.get(site.url, timeout=PATIENCE_S)
    assert page.status_code == 200
    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"<script(?![^>]*\b(src|type=\"application/json\"))", page.text)
    linked = re.findall(r'(?:src|href)="(/(?:static|widget)/[^"]+)"', page.text)
    assert any(path.endswith(".js") for path in linked)
    assert any(path.endswith(".css") for path in linked)
    for path in linked:
        served = httpx.get(f"{site.url.rstrip('/')}{path}", timeout=PATIENCE_S)
        assert served.status_code == 200, path
        if path.endswith(".js"):
            assert served.headers["content-type"].startswith("text/javascript")


def test_bad_frames_over_the_wire_do_not_hurt_the_next_customer(site: Site) -> None:
    async def misbehave() -> int | None:
        async with connect(site.socket_url, compression=None, open_timeout=PATIENCE_S) as socket:
            for bad in (b"\x00\xff", "[" * 60_000, json.dumps(message("hi"))[:-1]):
                await socket.send(bad)
                assert json.loads(await socket.recv())["code"] == "bad_message"
            await socket.wait_closed()
            return socket.close_code

    assert asyncio.run(misbehave()) == 1008
    assert ask_once(site, "E4")["role"] == "bot"
