"""Version 2 of the wire format: each field of its frames, wrong once and missing once; version 1 knows none of it."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import protocol
from qa.exceptions import BadMessage, QAError, TooLong
from qa.protocol import (
    ClientFrame,
    Contact,
    End,
    Hello,
    Leave,
    Message,
    Option,
    Rate,
    StatusEvent,
    Suggest,
    Suggestion,
    SuggestionsEvent,
    TurnEvent,
    TypingEvent,
    decode,
    encode,
)

ID = "123e4567-e89b-42d3-a456-426614174000"
UID = UUID(ID)
Fields = dict[str, Any]
WHO: Fields = {"name": " Zoë  Li ", "email": "z@shop.example", "phone": None}
HELLO: Fields = {"v": 2, "type": "hello", "widget": "k", "token": None, "after": 3}

VALID: dict[str, tuple[Fields, ClientFrame]] = {
    "hello": (
        {**HELLO, "identity": "a.b.c", "language": "zh-Hant", "page": "https://u:p@shop.example:8443/a/b?token=x#y"},
        Hello("k", None, 3, "a.b.c", "zh-Hant", "https://shop.example:8443/a/b", 2),
    ),
    "message": ({"v": 2, "type": "message", "id": ID, "text": "hi"}, Message(UID, "hi")),
    "contact": ({"v": 2, "type": "contact", "id": ID, **WHO}, Contact(UID, "Zoë Li", "z@shop.example", "")),
    "leave": (
        {"v": 2, "type": "leave", "id": ID, **WHO, "text": " Call "},
        Leave(UID, "Zoë Li", "z@shop.example", "", "Call"),
    ),
    "rate": ({"v": 2, "type": "rate", "id": ID, "score": 5, "comment": "good"}, Rate(UID, 5, "good")),
    "end": ({"v": 2, "type": "end", "id": ID}, End(UID)),
    "suggest": ({"v": 2, "type": "suggest", "id": ID, "text": "war"}, Suggest(UID, "war")),
}
WRONG: dict[str, list[object]] = {
    "v": [0, 3, 2.0, "2", True, None, [], {}],
    "type": ["", "Leave", "status", None, 1, [], {}],
    "widget": [0, True, [], "\0"],
    "token": [0, True, {}, "\0"],
    "after": [-1, 2**31, "0", None],
    "identity": [0, True, [], {}, "\0"],
    "language": ["", "zh", "fr", "EN", 1, True, [], {}],
    "page": [
        "",
        "shop.example",
        "javascript:alert(1)",
        "ftp://a/b",
        "http://[",
        "https://",
        "http://a:b/",
        1,
        [],
        "\0",
    ],
    "id": ["", "x", ID[:-1], None, 1, [], {}],
    "name": [1, True, [], {}, "\0"],
    "email": [1, True, [], {}, "a\0b"],
    "phone": [1, True, [], {}, "\0"],
    "text": ["", " ", None, 1, [], "a\0b"],
    "score": [0, 6, 2.5, "5", True, None, []],
    "comment": [1, True, [], {}, "\0"],
}
LONGEST = {"identity": 4_096, "page": 2_000, "name": 200, "email": 254, "phone": 40, "comment": 500}


def read(fields: Fields | str) -> ClientFrame:
    return decode(fields if isinstance(fields, str) else json.dumps(fields), versions=(1, 2))


def refusal(fields: Fields) -> type[QAError]:
    with pytest.raises(QAError) as refused:
        read(fields)
    assert refused.value.user_message
    return type(refused.value)


@pytest.mark.parametrize("kind", VALID)
def test_decode_each_type(kind: str) -> None:
    fields, expected = VALID[kind]
    assert read(fields) == expected


def test_decode_nulls() -> None:
    nothing = {"identity": None, "language": None, "page": None}
    assert read({**HELLO, "widget": None, **nothing}) == Hello(None, None, 3, version=2)
    nobody = {"name": None, "email": None, "phone": None}
    assert read({"v": 2, "type": "contact", "id": ID, **nobody}) == Contact(UID, "", "", "")
    assert read({"v": 2, "type": "rate", "id": ID, "score": 1, "comment": None}) == Rate(UID, 1, None)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [(kind, name, value) for kind, (fields, _) in VALID.items() for name in fields for value in WRONG[name]],
)
def test_decode_each_field_wrong_once(kind: str, name: str, value: object) -> None:
    assert refusal({**VALID[kind][0], name: value}) is BadMessage


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, (fields, _) in VALID.items() for name in fields])
def test_decode_each_field_missing_once(kind: str, name: str) -> None:
    assert refusal({key: value for key, value in VALID[kind][0].items() if key != name}) is BadMessage


@pytest.mark.parametrize("kind", VALID)
def test_decode_unknown_field(kind: str) -> None:
    assert refusal({**VALID[kind][0], "extra": 1}) is BadMessage


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, (fields, _) in VALID.items() for name in fields if name in LONGEST]
)
def test_decode_longest(kind: str, name: str) -> None:
    start = "https://a/" if name == "page" else ""
    longest = start + "x" * (LONGEST[name] - len(start))
    assert isinstance(read({**VALID[kind][0], name: longest}), ClientFrame)
    assert refusal({**VALID[kind][0], name: longest + "x"}) is TooLong


def test_decode_longest_typed_text() -> None:
    suggest = VALID["suggest"][0]
    assert isinstance(read({**suggest, "text": "字" * 200}), Suggest)
    assert refusal({**suggest, "text": "字" * 201}) is TooLong


@pytest.mark.parametrize("kind", ["contact", "leave", "rate", "end", "suggest"])
def test_version_1_knows_nothing_of_it(kind: str) -> None:
    assert refusal({**VALID[kind][0], "v": 1}) is BadMessage
    with pytest.raises(BadMessage):
        decode(json.dumps(VALID[kind][0]))


@given(st.text() | st.binary().map(lambda content: content.decode("latin-1")))
def test_version_of_what_could_not_be_decoded_is_guessed(text: str) -> None:
    assert protocol.frame_version(text) in {1, 2}


@pytest.mark.parametrize(
    ("text", "version"),
    [('{"v":2}', 2), ('{"v":1}', 1), ('{"v":3}', 1), ('{"v":true}', 1), ("[]", 1), ("{", 1), ('{"v":2.0}', 1)],
)
def test_frame_version(text: str, version: int) -> None:
    assert protocol.frame_version(text) == version


TURN = TurnEvent(
    *(7, "agent", "text", "a", "a", None, (Option("x", "X"),), None, 0, "2026-01-01T00:00:00.000+00:00"), "Ann", UID
)
STATUS = StatusEvent("waiting", 2, 60, None, True, None, False, False, False)


def test_encode_turn_in_both_versions() -> None:
    second = json.loads(encode(TURN, version=2))
    assert (second["v"], second["author"], second["client_id"]) == (2, "Ann", ID)
    first = json.loads(encode(TURN))
    assert first["v"] == 1
    assert set(second) - set(first) == {"author", "client_id"}


def test_encode_typing_in_both_versions() -> None:
    assert json.loads(encode(TypingEvent("agent"), version=2)) == {"v": 2, "type": "typing", "role": "agent"}
    assert json.loads(encode(TypingEvent("agent"))) == {"v": 1, "type": "typing"}


def test_encode_status_and_suggestions_in_version_2_only() -> None:
    assert json.loads(encode(STATUS, version=2)) == {
        "v": 2,
        "type": "status",
        "state": "waiting",
        "position": 2,
        "wait_s": 60,
        "agent": None,
        "is_open": True,
        "opens_at": None,
        "offers_person": False,
        "asks_contact": False,
        "asks_rating": False,
    }
    found = SuggestionsEvent(UID, (Suggestion("warranty", "How long?"),))
    assert json.loads(encode(found, version=2)) == {
        "v": 2,
        "type": "suggestions",
        "id": ID,
        "items": [{"entry": "warranty", "text": "How long?"}],
    }
    for frame in (STATUS, found):
        with pytest.raises(ValueError, match="expected version 2"):
            encode(frame)
