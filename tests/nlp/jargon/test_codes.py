"""Codes: what is shaped like an error code or a model number."""

import pytest

from nlp.jargon.codes import Code, find_codes

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("显示e4停机", [Code("e4", 2, 4, "code")]),
        ("al12, p006", [Code("al12", 0, 4, "code"), Code("p006", 6, 10, "code")]),
        ("kfr-35gw/lc1", [Code("kfr-35gw/lc1", 0, 12, "model")]),
        ("r410a r-32", [Code("r410a", 0, 5, "model"), Code("r-32", 6, 10, "model")]),
        ("220v 3pm 24/7 16a 4-way", []),
        ("wi-fi on/off reversing", []),
        ("x" * 30 + "1", []),
        ("", []),
    ],
)
def test_find_codes(text: str, found: list[Code]) -> None:
    assert list(find_codes(text)) == found
