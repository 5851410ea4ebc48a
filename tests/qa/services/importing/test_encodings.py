"""Reading: every encoding, and the language of a text. No database."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.exceptions import ImportRefused
from qa.services.importing.encoding import decode_text
from qa.services.importing.languages import detect_language
from qa.services.importing.problems import Problems
from tests.qa.services.importing.reading import problems_of

CHINESE = "问题,答案\n空调不制冷怎么办,请先检查滤网\n移机要多少钱,请致电客服\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings_accepted(encoding: str) -> None:
    assert decode_text(CHINESE.encode(encoding), Problems("f.csv")) == CHINESE


@pytest.mark.parametrize(
    "text",
    ["漏水", "问题,答案\n漏水,报修", "空調不製冷怎麼辦,請先檢查濾網", "排水管咕噜咕噜响", "麻利,毛孔", "E5 报警"],
)
def test_encodings_gb18030_short_text(text: str) -> None:
    assert decode_text(text.encode("gb18030"), Problems("f.csv")) == text


def test_encodings_gb18030_that_is_valid_utf8_too() -> None:
    raw = "膜芒".encode("gb18030")
    assert raw.decode("utf-8") != "膜芒"
    assert decode_text(raw, Problems("f.csv")) == "膜芒"


@pytest.mark.parametrize("text", ["café £5 20 °C naïve", "Ça déjà 20°C", "±5 °C ×2", "Привет", "漏水", "plain"])
def test_encodings_utf8_stays_utf8(text: str) -> None:
    assert decode_text(text.encode(), Problems("f.csv")) == text


@pytest.mark.parametrize(
    ("raw", "begins"),
    [
        (CHINESE.encode() + "漏水,请关机报修\n".encode("gb18030"), "byte 98: "),
        (CHINESE.encode("gb18030") + "漏水怎么办,请关机报修\n".encode(), "byte "),
        ("空調不製冷怎麼辦,請先檢查濾網\n".encode("big5"), "byte 0: found bytes that look like big5"),
        ("Où est l’appareil? naïve\n".encode("cp1252"), "byte 1: "),
        (CHINESE.encode("utf-16-le"), "byte 15: found bytes that look like utf_16_le"),
        ("question,answer\nq,a\n".encode("utf-16-le"), "byte 1: found many NUL bytes"),
        (CHINESE.encode("utf-16")[:-1], "byte "),
        (b"\xef\xbb\xbfquestion\xff", "byte 11: found bytes that are no UTF-8"),
    ],
    ids=["gb-in-utf8", "utf8-in-gb", "big5", "cp1252", "utf16-chinese", "utf16-ascii", "utf16-cut", "utf8-broken"],
)
def test_encodings_refused_with_offset(tmp_path: Path, raw: bytes, begins: str) -> None:
    (problem,) = problems_of(tmp_path, "f.csv", raw)
    assert problem.startswith(begins), problem
    assert problem.endswith("save the file as UTF-8.")


@given(st.binary(max_size=200))
def test_encodings_any_bytes_decode_or_are_refused(raw: bytes) -> None:
    with suppress(ImportRefused):
        decode_text(raw, Problems("f.csv"))


@pytest.mark.parametrize(
    ("text", "language"),
    [("空调 WiFi 连不上", "zh"), ("my 空调 isn't cooling", "en"), ("E4", "en"), ("404?", "zh"), ("", "zh")],
)
def test_language_by_script(text: str, language: str) -> None:
    assert detect_language(text, "zh") == language
