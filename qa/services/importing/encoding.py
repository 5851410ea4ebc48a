"""Bytes of a file → text: UTF-8, UTF-16 with a byte-order mark, or GB18030, and never a guess that may be wrong."""

import codecs
import re
from functools import cache

import charset_normalizer

from qa.services.importing.problems import Problems

# UTF-32's little-endian mark begins with UTF-16's, so it is looked at first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAVE_AS = "UTF-8, UTF-16 with a byte-order mark or GB18030: save the file as UTF-8"
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_RUN = re.compile(r"[\x80-\u07ff]{2,}")

MIN_COMMON_SHARE = 0.7
"""Share of common characters above which a text is Chinese in GB18030 and no mojibake. Measured on the
demonstration phrasings: right decodings have at least 0.75 alone and 0.88 from two lines on, Big5 read
as GB18030 at most 0.57 from four lines on."""
MIN_COMMON_SHARE_LINE = 0.5
"""The same for one line of at least `MIN_LINE` characters: one rare name must not refuse a file."""
MIN_LINE = 4


def decode_text(raw: bytes, problems: Problems) -> str:
    """Decode a text file; its line ends become line feeds.

    Args:
        raw: The whole file.
        problems: Where a refusal is noted.

    Raises:
        ImportRefused: It is in no accepted encoding, or in two at once; names the byte offset.
    """
    text = _decode_marked(raw, problems) if _mark_of(raw) else _decode_unmarked(raw, problems)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _mark_of(raw: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS if raw.startswith(mark)), None)


def _decode_marked(raw: bytes, problems: Problems) -> str:
    encoding = _mark_of(raw) or "utf-8"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        # The codecs count from behind the mark that they consumed.
        offset = error.start + (len(codecs.BOM_UTF8) if encoding == "utf-8-sig" else 0)
        raise problems.refuse(
            f"byte {offset:,}",
            f"bytes that are no {encoding.removesuffix('-sig').upper()}, which the file's first bytes promise",
            "one encoding from beginning to end: save the file as UTF-8",
        ) from error


def _decode_unmarked(raw: bytes, problems: Problems) -> str:
    if raw.count(0) > len(raw) // 8:
        raise problems.refuse(
            f"byte {raw.index(0):,}", "many NUL bytes (UTF-16 without its mark, or no text)", _SAVE_AS
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return _decode_gb18030(raw, first_fault=error.start, problems=problems)
    return raw.decode("gb18030") if _is_rather_gb18030(raw, text) else text


def _decode_gb18030(raw: bytes, *, first_fault: int, problems: Problems) -> str:
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError as error:
        raise _refuse_encoding(raw, max(first_fault, error.start), problems) from error
    offset = 0
    for line in raw.split(b"\n"):
        if not _is_plausible_line(line):
            raise problems.refuse(
                f"byte {offset:,}",
                f"a line in another encoding than the rest, or one like {_guess(raw)} "
                f"(byte {first_fault:,} is no UTF-8)",
                _SAVE_AS,
            )
        offset += len(line) + 1
    if _common_share(text) < MIN_COMMON_SHARE:
        raise _refuse_encoding(raw, first_fault, problems)
    return text


def _is_plausible_line(line: bytes) -> bool:
    text = line.decode("gb18030", errors="replace")
    if len(_NOT_ASCII.findall(text)) < MIN_LINE:
        return True
    return _common_share(text) >= MIN_COMMON_SHARE_LINE and not _is_chinese_utf8(line)


def _is_chinese_utf8(line: bytes) -> bool:
    """Whether a line is valid UTF-8 with Chinese in it, which GB18030 text is only by great chance."""
    try:
        return any("\u4e00" <= c <= "\u9fff" for c in line.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _is_rather_gb18030(raw: bytes, text: str) -> bool:
    """Tell short GB18030 text that happens to be valid UTF-8 as well.

    Such bytes read as UTF-8 are runs of Latin, Greek or Arabic letters below U+0800; real Chinese UTF-8
    lies above it, and accents of European words stand alone among ASCII letters.
    """
    letters = _NOT_ASCII.findall(text)
    if not letters or max(letters) >= "\u0800" or sum(map(len, _RUN.findall(text))) < len(letters):
        return False
    try:
        return _common_share(raw.decode("gb18030")) == 1.0
    except UnicodeDecodeError:
        return False


def _refuse_encoding(raw: bytes, offset: int, problems: Problems) -> Exception:
    return problems.refuse(f"byte {offset:,}", f"bytes that look like {_guess(raw)}", _SAVE_AS)


def _guess(raw: bytes) -> str:
    best = charset_normalizer.from_bytes(raw[:100_000]).best()
    return best.encoding if best else "no known encoding, or like two in one file"


def _common_share(text: str) -> float:
    """Return the share of common Chinese characters and punctuation among what is not ASCII; 1 when all is ASCII."""
    letters = _NOT_ASCII.findall(text)
    return sum(map(_is_common, letters)) / len(letters) if letters else 1.0


@cache
def _is_common(character: str) -> bool:
    """Whether it is in the first, frequent level of GB 2312 (simplified) or Big5 (traditional), or a symbol."""
    for encoding, first, last in (("gb2312", 0xB0, 0xD7), ("gb2312", 0xA1, 0xA3), ("big5", 0xA4, 0xC6)):
        try:
            code = character.encode(encoding)
        except UnicodeEncodeError:
            continue
        if first <= code[0] <= last:
            return True
    return False
