"""Which pages may open the socket: scheme, host and port count, and malformed is foreign."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.origins import is_allowed, parse_origin

HOST = "chat.example"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://a.example", ("https", "a.example", 443)),
        ("http://a.example", ("http", "a.example", 80)),
        ("HTTPS://A.Example", ("https", "a.example", 443)),
        ("http://a.example:8000", ("http", "a.example", 8000)),
        ("http://[::1]:8000", ("http", "::1", 8000)),
        ("http://127.0.0.1", ("http", "127.0.0.1", 80)),
        *(
            (value, None)
            for value in ("", "null", "http://[", "http://[::1", "http://a:b", "http://a:99999", "http://")
        ),
        *(
            (value, None)
            for value in ("a.example", "//a.example", "file://", "ftp://a.example", "chrome-extension://abc")
        ),
        *(
            (value, None)
            for value in ("http://a.example/", "http://a.example?x", "http://u@a.example", "http://u:p@a.example")
        ),
        *(
            (value, None)
            for value in ("http://a.example#x", "http://@a.example", "http://:p@a.example", "http://a.example:0")
        ),
    ],
)
def test_parse_origin(value: str, expected: tuple[str, str, int] | None) -> None:
    assert parse_origin(value) == expected


@pytest.mark.parametrize(
    ("origin", "host", "is_secure", "allowed"),
    [
        (None, HOST, False, True),
        ("http://chat.example", HOST, False, True),
        ("https://chat.example", HOST, True, True),
        ("https://chat.example", HOST, False, True),
        ("http://chat.example", HOST, True, False),
        ("http://chat.example:8000", "chat.example:8000", False, True),
        ("http://chat.example:8001", "chat.example:8000", False, False),
        ("http://chat.example", "chat.example:8000", False, False),
        ("http://chat.example:8000", HOST, False, False),
        ("http://evil.example", HOST, False, False),
        ("http://chat.example.evil.example", HOST, False, False),
        ("http://evilchat.example", HOST, False, False),
        ("http://sub.chat.example", HOST, False, False),
        ("http://chat.example@evil.example", HOST, False, False),
        ("http://user@chat.example", HOST, False, False),
        ("http://chat.example/", HOST, False, False),
        *((origin, HOST, False, False) for origin in ("null", "", "http://[", "http://chat.example:x", "*", "file://")),
        ("http://[", "[", False, False),
        ("null", "null", False, False),
        ("http://chat.example", "", False, False),
        ("https://shop.example:8443", HOST, True, True),
        ("https://shop.example", HOST, True, False),
        ("http://shop.example:8443", HOST, True, False),
    ],
)
def test_is_allowed(origin: str | None, host: str, is_secure: bool, allowed: bool) -> None:
    assert is_allowed(origin, host, is_secure=is_secure, extra=["https://shop.example:8443", "http://["]) is allowed


@given(st.text() | st.text().map(lambda rest: f"http://{rest}"))
def test_any_origin_is_decided_without_an_error(value: str) -> None:
    assert isinstance(is_allowed(value, HOST, is_secure=False, extra=[]), bool)
    assert isinstance(is_allowed("http://chat.example", value, is_secure=False, extra=[value]), bool)
