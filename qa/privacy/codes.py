"""E-mail addresses, accounts of messengers, and licence plates."""

import re
from collections.abc import Iterator

from qa.privacy.spans import Kind, Span

_EMAIL = re.compile(
    r"[a-z0-9][a-z0-9._%+-]{0,63}(?: ?@ ?| ?[\[(]at[\])] ?| at (?=[a-z0-9-]{1,63} dot ))"
    r"(?:[a-z0-9-]{1,63}(?:[.。]| dot )){1,4}[a-z]{2,24}(?![a-z])",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"(?:微信|wechat|weixin|vx|qq)(?:号码?| id| number)?(?:是|为| is)?[ :]{0,2}([a-z0-9_][a-z0-9_-]{4,19})(?![a-z0-9])",
    re.IGNORECASE,
)
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# GA 36-2018: two letters at most among five; a new-energy plate has six, D or F first or last.
_PLATE = re.compile(
    rf"[{_PROVINCES}][A-Z][ ·.•\-]?(?:(?P<energy>[A-HJK][A-Z0-9]\d{{4}}|\d{{5}}[A-HJK])"
    r"|(?P<usual>[A-Z0-9]{4}[A-Z0-9挂学警港澳]))(?![A-Z0-9])",
    re.IGNORECASE,
)
_MIN_PLATE_DIGITS = 3


def find_emails(folded: str) -> Iterator[Span]:
    """Find e-mail addresses, also `name (at) example.com`."""
    for match in _EMAIL.finditer(folded):
        yield Span(match.start(), match.end(), Kind.EMAIL)


def find_accounts(folded: str) -> Iterator[Span]:
    """Find accounts of messengers behind their name; they hold a digit, unlike the word that may follow."""
    for match in _ACCOUNT.finditer(folded):
        if any(character.isdigit() for character in match[1]):
            yield Span(match.start(1), match.end(1), Kind.ACCOUNT)


def find_plates(folded: str) -> Iterator[Span]:
    """Find licence plates of mainland China."""
    for match in _PLATE.finditer(folded):
        serial = match["energy"] or match["usual"]
        if sum(character.isdigit() for character in serial) >= _MIN_PLATE_DIGITS:
            yield Span(match.start(), match.end(), Kind.PLATE)
