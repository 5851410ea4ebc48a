"""The chat over plain HTTP: the same conversation, frame by frame, and its transcript."""

import asyncio
import json
import time
from typing import Any

import pytest
from django.test import AsyncClient, Client

from qa import long_polling
from qa.models import Conversation, Release, Turn
from qa.protocol import MAX_FRAME_BYTES
from qa.services import handoff
from qa.services.frames import store_frame
from tests.chat_client import Frame, hello, message, new_id
from tests.factories import make_conversation

LEAK = "water is dripping from the indoor unit"
URL = "/api/v1/chat/"
SHORT_WAIT_S = 2.0
Body = dict[str, Any]


async def say(*frames: Frame, expected: int = 200, **headers: str) -> Body:
    """Say frames, and return the answer."""
    client = AsyncClient()
    response = await client.post(
        URL,
        json.dumps({"frames": frames}),
        content_type="application/json",
        headers={"accept-language": "en", **headers},
    )
    assert response.status_code == expected, response.content
    assert response["Cache-Control"] == "no-store"
    body: Body = json.loads(response.content)
    return body


def turns(body: Body) -> list[tuple[int, str]]:
    return [(f["seq"], f["role"]) for f in body["frames"] if f["type"] == "turn"]


@pytest.fixture
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a little only, when there is nothing to say; long enough to be welcomed on a busy machine."""
    monkeypatch.setattr(long_polling, "WAIT_S", SHORT_WAIT_S)


async def test_a_conversation_is_led_without_a_socket(engine_loaded: Release) -> None:
    opened = await say(hello())
    assert [frame["type"] for frame in opened["frames"]] == ["welcome"]
    token, client_id = opened["frames"][0]["token"], new_id()
    asked = await say(hello(token=token), message(LEAK, client_id))
    assert [frame["type"] for frame in asked["frames"]][:2] == ["welcome", "ack"]
    while len(turns(asked)) < 2:  # a slow machine says the rest in the next requests
        last = max((seq for seq, _ in turns(asked)), default=0)
        asked["frames"] += (await say(hello(token=token, after=last)))["frames"]
    assert turns(asked) == [(1, "customer"), (2, "bot")]
    again = await say(hello(token=token, after=2), message(LEAK, client_id))
    assert again["frames"][1] == {"v": 1, "type": "ack", "id": client_id, "seq": 1}
    assert await Turn.objects.acount() == 2


async def test_suggestions_that_take_a_while_are_waited_for(
    engine_loaded: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def suggest_slowly(**_given: Any) -> list[Any]:
        await asyncio.sleep(4 * long_polling.QUIET_S)
        return []

    monkeypatch.setattr("qa.consumers.suggest", suggest_slowly)
    monkeypatch.setattr(long_polling, "SUGGESTED_S", 20.0)
    begun = {"v": 2, "identity": None, "language": None, "page": None}
    token = (await say(hello() | begun))["frames"][0]["token"]
    typed = {"v": 2, "type": "suggest", "id": new_id(), "text": "how "}
    heard = await say(hello(token=token) | begun, typed, {"v": 2, "type": "ping"})
    assert heard["frames"][-1] == {"v": 2, "type": "suggestions", "id": typed["id"], "items": []}


async def test_frame_whose_type_is_no_word_is_refused_in_words(engine_loaded: Release) -> None:
    heard = await say(hello(), {"v": 1, "type": []})
    assert [frame["code"] for frame in heard["frames"] if frame["type"] == "error"] == ["bad_message"]


async def test_missed_turns_do_not_end_the_wait_for_what_was_said(
    engine_loaded: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = (await say(hello()))["frames"][0]["token"]
    await say(hello(token=token), message(LEAK))

    def store_slowly(**given: Any) -> Any:
        time.sleep(4 * long_polling.QUIET_S)
        return store_frame(**given)

    monkeypatch.setattr("qa.consumers.store_frame", store_slowly)
    client_id = new_id()
    heard = await say(hello(token=token, after=0), message("thank you", client_id))
    assert turns(heard)[0] == (1, "customer")
    assert [frame["id"] for frame in heard["frames"] if frame["type"] == "ack"] == [client_id]


async def test_what_is_said_meanwhile_ends_the_wait(engine_loaded: Release) -> None:
    token = (await say(hello()))["frames"][0]["token"]
    waiting = asyncio.create_task(say(hello(token=token)))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    started = time.monotonic()
    await say(hello(token=token), message(LEAK))
    assert turns(await waiting)[0] == (1, "customer")
    assert time.monotonic() - started < 10


async def test_nothing_to_say_is_said_after_a_while(engine_loaded: Release, short_wait: None) -> None:
    token = (await say(hello()))["frames"][0]["token"]
    body: Body = {"frames": []}
    while not body["frames"]:  # on a slow machine the welcome itself may take longer than that
        started = time.monotonic()
        body = await say(hello(token=token))
    assert [frame["type"] for frame in body["frames"]] == ["welcome"]
    assert SHORT_WAIT_S <= time.monotonic() - started < 20  # far from how long it would wait else


async def test_status_is_news_only_when_it_changes(engine_loaded: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    second = {**hello(), "v": 2, "identity": None, "language": "en", "page": None}
    token = (await say(second))["frames"][0]["token"]
    with monkeypatch.context() as short:
        short.setattr(long_polling, "WAIT_S", SHORT_WAIT_S)
        body = {"frames": []}
        while len(body["frames"]) < 2:
            body = await say({**second, "token": token})
    assert [frame["type"] for frame in body["frames"]] == ["welcome", "status"]
    body = await say({**second, "token": token}, {"v": 2, "type": "human", "id": new_id()})
    states = [f["state"] for f in body["frames"] if f["type"] == "status"]
    if (
        len(states) < 2
    ):  # a slow machine's change came later than what else there was to say: it greets the next request
        body = await say({**second, "token": token, "after": 1})
        states += [f["state"] for f in body["frames"] if f["type"] == "status"]
    assert list(dict.fromkeys(states)) == ["bot", "ticket"]


async def test_leaving_at_once_loses_neither_question_nor_answer(
    engine_loaded: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = (await say(hello()))["frames"][0]["token"]
    monkeypatch.setattr(long_polling, "WAIT_S", 0.0)
    body = await say(hello(token=token), message(LEAK))
    assert turns(body) == []
    monkeypatch.undo()
    heard = turns(await say(hello(token=token)))
    if len(heard) < 2:
        heard += turns(await say(hello(token=token, after=1)))
    assert heard == [(1, "customer"), (2, "bot")]


async def test_what_is_wrong_is_said_as_on_the_socket(engine_loaded: Release) -> None:
    body = await say(message("hi"))
    assert (body["frames"][0]["code"], body["close"]) == ("unauthorised", None)
    assert (await say(hello(token="x" * 43)))["frames"][0]["code"] == "unauthorised"
    bad = {"v": 1, "type": "hello"}
    body = await say(bad, bad, bad)
    assert ([frame["code"] for frame in body["frames"]], body["close"]) == (["bad_message"] * 3, 1008)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://[", "http://testserver:8080"])
async def test_pages_of_other_origins_are_refused(db: None, origin: str) -> None:
    assert (await say(hello(), expected=401, origin=origin))["code"] == "unauthorised"


async def test_our_own_page_may_speak(engine_loaded: Release) -> None:
    assert (await say(hello(), origin="http://testserver"))["frames"][0]["type"] == "welcome"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("[]", 400),
        ("{", 400),
        ('{"frames":[]}', 400),
        ('{"frames":[1]}', 400),
        ('{"frames":{}}', 400),
        ('{"frames":[{}],"more":1}', 400),
        (json.dumps({"frames": [{}] * 51}), 400),
        (json.dumps({"frames": ["x" * MAX_FRAME_BYTES]}), 413),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_bodies_that_are_no_frames_are_refused(db: None, body: str, status: int) -> None:
    response = await AsyncClient().post(URL, body, content_type="application/json")
    assert response.status_code == status
    assert json.loads(response.content)["message"]


async def test_only_post(db: None) -> None:
    assert (await AsyncClient().get(URL)).status_code == 405


def transcript(client: Client, token: object) -> Any:
    return client.post(f"{URL}transcript/", json.dumps({"token": token}), content_type="application/json")


def test_a_transcript_is_given_to_who_has_the_token(knowledge_base: object, client: Client) -> None:
    conversation = make_conversation()
    Conversation.objects.update(language="en")
    token = Conversation.token_of(conversation.public_id)
    handoff.receive_message(conversation_id=conversation.pk, client_id=new_id(), text="保修多久？\n急", language="en")
    handoff.end(conversation_id=conversation.pk, client_id=new_id())
    response = transcript(client, token)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="chat-20')
    head, said, ended = response.content.decode().rstrip("\n").split("\n\n")
    assert head == "Small"
    assert said.partition("] ")[2] == "You\n保修多久？\n急"
    assert ended.partition("] ")[2].startswith("Notice\nYou have ended the conversation.")
    by_form = client.post(f"{URL}transcript/", {"token": token})
    assert by_form.content == response.content


@pytest.mark.parametrize("token", ["x" * 64, "", None, 1])
def test_a_transcript_is_given_to_nobody_else(knowledge_base: object, client: Client, token: object) -> None:
    make_conversation()
    assert transcript(client, token).status_code == 401
    assert client.get(f"{URL}transcript/").status_code == 405
    assert (
        client.post(f"{URL}transcript/", {"token": "x"}, headers={"origin": "https://evil.example"}).status_code == 401
    )
