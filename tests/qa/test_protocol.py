"""The strict decoder: any text is a frame or a known refusal; server frames are protocol.md's, field by field."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa import protocol
from qa.exceptions import BadMessage, QAError, TooLong
from qa.protocol import (
    Ack,
    Choose,
    ClientFrame,
    ErrorEvent,
    Feedback,
    Hello,
    Human,
    Message,
    Option,
    Ping,
    Pong,
    ServerFrame,
    TurnEvent,
    Typing,
    TypingEvent,
    Welcome,
    decode,
    encode,
)

ID = "123e4567-e89b-42d3-a456-426614174000"
UID = UUID(ID)
Fields = dict[str, Any]

VALID: dict[str, tuple[Fields, ClientFrame]] = {
    "hello": (
        {"v": 1, "type": "hello", "widget": "k", "token": "t", "after": 3},
        Hello("k", "t", 3),
    ),
    "message": ({"v": 1, "type": "message", "id": ID, "text": " 移机？ "}, Message(UID, "移机？")),
    "choose": ({"v": 1, "type": "choose", "id": ID, "turn": 2, "option": "none"}, Choose(UID, 2, "none")),
    "feedback": (
        {"v": 1, "type": "feedback", "id": ID, "turn": 2, "vote": "up", "reason": "r"},
        Feedback(UID, 2, "up", "r"),
    ),
    "human": ({"v": 1, "type": "human", "id": ID}, Human(UID)),
    "typing": ({"v": 1, "type": "typing"}, Typing()),
    "ping": ({"v": 1, "type": "ping"}, Ping()),
}
"""One valid frame of each type, with what it decodes to."""

WRONG: dict[str, list[object]] = {
    "v": [0, 2, 1.0, "1", True, None, [], -1, 10**400],
    "type": ["", "Hello", "welcome", "turn", None, 1, True, [], {}],
    "widget": [0, True, [], {}, "\0", "k\0"],
    "token": [0, True, [], {}, "\0"],
    "after": [-1, 2**31, 1.0, 1.5, "0", True, False, None, [], 10**400],
    "id": ["", "x", ID[:-1], ID + "0", ID.replace("-", ""), "{" + ID[:-2] + "}", "g" + ID[1:], None, 1, True, [], {}],
    "text": ["", " ", "\n\t\u3000", None, 1, True, [], {}, "a\0b"],
    "turn": [-1, 2**31, 2.0, "2", True, None, [], {}],
    "option": [None, 1, True, [], {}, "\0"],
    "vote": ["", "UP", "sideways", None, True, 1, [], {}],
    "reason": [1, True, [], {}, "\0"],
}
LONGEST = {"widget": 64, "token": 128, "text": 4_000, "option": 128, "reason": 200}


def refusal(frame: str) -> type[QAError]:
    with pytest.raises(QAError) as refused:
        decode(frame)
    assert refused.value.user_message
    return type(refused.value)


def changed(kind: str, **fields: object) -> str:
    return json.dumps({**VALID[kind][0], **fields})


@pytest.mark.parametrize("kind", VALID)
def test_decode_each_type(kind: str) -> None:
    fields, expected = VALID[kind]
    assert decode(json.dumps(fields)) == expected
    assert decode(json.dumps(fields, ensure_ascii=False, indent=2)) == expected


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ({"v": 1, "type": "hello", "widget": None, "token": None, "after": 0}, Hello(None, None, 0)),
        (
            {"v": 1, "type": "feedback", "id": ID, "turn": 0, "vote": "down", "reason": None},
            Feedback(UID, 0, "down", None),
        ),
        ({"v": 1, "type": "message", "id": ID.upper(), "text": "a"}, Message(UID, "a")),
    ],
)
def test_decode_nulls_and_upper_case_ids(frame: Fields, expected: ClientFrame) -> None:
    assert decode(json.dumps(frame)) == expected


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [(kind, name, value) for kind, (fields, _) in VALID.items() for name in fields for value in WRONG[name]],
)
def test_decode_each_field_wrong_once(kind: str, name: str, value: object) -> None:
    assert refusal(changed(kind, **{name: value})) is BadMessage


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, (fields, _) in VALID.items() for name in fields])
def test_decode_each_field_missing_once(kind: str, name: str) -> None:
    fields = {k: v for k, v in VALID[kind][0].items() if k != name}
    assert refusal(json.dumps(fields)) is BadMessage


@pytest.mark.parametrize("kind", VALID)
def test_decode_unknown_field(kind: str) -> None:
    assert refusal(changed(kind, extra=1)) is BadMessage


def test_decode_duplicate_field_takes_the_last_like_every_browser() -> None:
    frame = '{"v":1,"type":"ping","type":"typing"}'
    assert decode(frame) == Typing()
    assert json.loads(frame)["type"] == "typing"


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, (fields, _) in VALID.items() for name in fields if name in LONGEST]
)
@pytest.mark.parametrize("character", ["a", "热", "😀"])
def test_decode_lengths_at_and_above_their_limit(kind: str, name: str, character: str) -> None:
    longest = LONGEST[name]
    decode(changed(kind, **{name: character * longest}))
    assert refusal(changed(kind, **{name: character * (longest + 1)})) is TooLong


def test_decode_frame_sizes_at_and_above_the_limit() -> None:
    frame = json.dumps(VALID["ping"][0])
    assert decode(frame + " " * (protocol.MAX_FRAME_BYTES - len(frame))) == Ping()
    assert refusal(frame + " " * (protocol.MAX_FRAME_BYTES - len(frame) + 1)) is TooLong


@pytest.mark.parametrize(
    "frame",
    [
        *("", " ", "null", "true", "1", '"ping"', "[]", "[{}]", "{}", "{", '{"v":1', "\0", "\ufeff{}"),
        *("[" * 30_000, '{"a":' * 10_000, "[" * 30_000 + "]" * 30_000),
        *('{"v":NaN,"type":"ping"}', '{"v":Infinity,"type":"ping"}', '{"v":1e999,"type":"ping"}'),
        '{"v":1,"type":"ping"}{"v":1,"type":"ping"}',
        '{"v":1,"type":"ping",}',
        "{'v':1,'type':'ping'}",
        '{"v":1,"type":"message","id":"%s","text":"\\ud800"}' % ID,
        '{"v":1,"type":"message","id":"%s","text":"\\udc00\\ud800"}' % ID,
        '{"v":1,"type":"message","id":"%s","text":"a\x01b"}' % ID,
        '{"v":1,"type":"hello","widget":null,"token":null,"after":%s}' % ("9" * 5_000),
    ],
    ids=lambda frame: repr(frame[:30]),
)
def test_decode_what_is_no_frame(frame: str) -> None:
    assert refusal(frame) is BadMessage


def test_decode_hundred_thousand_nested_brackets() -> None:
    assert refusal("[" * 100_000 + "]" * 100_000) is TooLong


def test_decode_unencodable_lone_surrogates_are_stored_as_question_marks() -> None:
    frame = '{"v":1,"type":"message","id":"%s","text":"a\ud800b"}' % ID
    assert decode(frame) == Message(UID, "a?b")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
NEARLY = st.builds(
    lambda kind, name, value: changed(kind, **{name: value}),
    st.sampled_from(sorted(VALID)),
    st.sampled_from(sorted(WRONG)) | st.text(max_size=8),
    JSON,
)
ANYTHING = st.text() | st.text(alphabet=st.characters()) | JSON.map(json.dumps) | NEARLY


@given(ANYTHING)
@example("\ud800")
@example('{"v":1,"type":"ping","\ud800":1}')
def test_decode_any_text_is_a_frame_or_refused(frame: str) -> None:
    try:
        decoded = decode(frame)
    except (BadMessage, TooLong) as refused:
        # Whatever goes back to a browser can be encoded.
        encode(ErrorEvent(refused.code, refused.user_message, protocol.frame_id(frame)))
    else:
        assert isinstance(decoded, ClientFrame)


@given(st.binary())
def test_decode_any_bytes_as_text_is_a_frame_or_refused(content: bytes) -> None:
    for frame in (content.decode("latin-1"), content.decode("utf-8", "surrogateescape")):
        try:
            decoded = decode(frame)
        except (BadMessage, TooLong):
            continue
        assert isinstance(decoded, ClientFrame)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (json.dumps({"id": ID, "type": "nonsense"}), UID),
        (json.dumps({"id": "no"}), None),
        (json.dumps({"id": 1}), None),
        (json.dumps([ID]), None),
        ("{", None),
        ("[" * 100_000, None),
        ("\ud800", None),
    ],
    ids=range(7),
)
def test_frame_id_of_what_could_not_be_decoded(frame: str, expected: UUID | None) -> None:
    assert protocol.frame_id(frame) == expected


TURN = TurnEvent(
    7, "bot", "clarify", "a", "<p>a</p>", "e", (Option("x", "X"),), 0.5, 3, "2026-01-01T00:00:00.000+00:00"
)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (
            Welcome("c", "t", 4, 2),
            {"v": 1, "type": "welcome", "conversation": "c", "token": "t", "seq": 4, "release": 2},
        ),
        (Ack(UID, 4), {"v": 1, "type": "ack", "id": ID, "seq": 4}),
        (
            TURN,
            {
                "v": 1,
                "type": "turn",
                "seq": 7,
                "role": "bot",
                "kind": "clarify",
                "text": "a",
                "html": "<p>a</p>",
                "entry": "e",
                "options": [{"id": "x", "text": "X"}],
                "confidence": 0.5,
                "release": 3,
                "at": "2026-01-01T00:00:00.000+00:00",
            },
        ),
        (TypingEvent(), {"v": 1, "type": "typing"}),
        (Pong(), {"v": 1, "type": "pong"}),
        (
            ErrorEvent("conflict", "m", UID),
            {"v": 1, "type": "error", "code": "conflict", "message": "m", "id": ID},
        ),
        (
            ErrorEvent("bad_message", "m", None),
            {"v": 1, "type": "error", "code": "bad_message", "message": "m", "id": None},
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_encode_is_protocol_md(frame: ServerFrame, expected: Fields) -> None:
    assert json.loads(encode(frame)) == expected
