"""Numbers that name a person: telephones, identity cards, bank cards, and long ones of unknown kind.

A number is read group by group (`138 1234 5678`), because people part them in many ways; at each group the
longest run of groups that makes a known kind is taken. Groups and runs are bounded, so the time is linear.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from stdnum import luhn
from stdnum.cn import ric

from qa.privacy.folding import fold_chinese_digits
from qa.privacy.spans import Kind, Span

_GROUP = re.compile(r"\d+")
_GAP = re.compile(r"(?:[ .\-·_]| ?- ?|\) ?-?|\)? ?\()\Z")
_EXTENSION = re.compile(r" ?(?:转|轉|分机|ext\.?|x) ?\d{1,6}(?!\d)|-\d{2,5}(?!\d)", re.IGNORECASE)
_LOCAL_NUMBER_AHEAD = re.compile(r"(?:电话|座机|固话|手机|tel|phone|call me (?:at|on))[^\d\n]{0,6}\Z", re.IGNORECASE)
_MAX_GROUPS = 7
_MAX_DIGITS = 24
_CARD_STARTS = ("62", "60", "35", "37", "4", "5")
_MIN_UNKNOWN = 11
"""Unbroken digits from which a number is masked though its kind is unknown: no error code or model number is that
long, and order numbers, accounts and mistyped cards are."""
_TOLL_FREE = re.compile(r"[48]00")
_MOBILE = re.compile(r"(?:0{0,2}86)?1[3-9]\d{9}")
_COUNTRY = "0{0,2}86"
_LANDLINE = re.compile(
    rf"(?:(?:{_COUNTRY})?0|{_COUNTRY})(?:10|2\d)\d{{8}}|(?:(?:{_COUNTRY})?0|{_COUNTRY})[3-9]\d{{2}}\d{{7,8}}"
)
_AMERICAN = frozenset({(3, 3, 4), (1, 3, 3, 4)})

Groups = Sequence["re.Match[str]"]


def find_numbers(folded: str) -> Iterator[Span]:
    """Find telephone, identity card, bank card and other long numbers.

    Args:
        folded: As `fold` returns it.
    """
    text = fold_chinese_digits(folded)
    groups = list(_GROUP.finditer(text))
    first = 0
    while first < len(groups):
        length, span = _longest(text, groups, first)
        if span is not None:
            yield span
        first += max(length, 1)


def _longest(text: str, groups: Groups, first: int) -> tuple[int, Span | None]:
    """Return how many groups from `first` on make a known number, or else an unknown long one, and where it stands."""
    longest_first = range(_num_joined(text, groups, first), 0, -1)
    kinds = {length: _kind_of(text, groups[first : first + length]) for length in longest_first}
    # (0755)2698 3355-802 is a telephone before it is a long number; of a mistyped card nothing may be left over.
    sure = [length for length in longest_first if kinds[length] in {Kind.PHONE, Kind.ID}]
    for length in sure or longest_first:
        if (kind := kinds[length]) is not None:
            return length, _span(text, groups[first : first + length], kind)
    return 0, None


def _num_joined(text: str, groups: Groups, first: int) -> int:
    # Digit by digit (1 3 8 …) a mobile number is eleven groups; all other kinds have few.
    most = 11 if len(groups[first].group()) == 1 else _MAX_GROUPS
    number = 1
    while number < most and first + number < len(groups):
        gap = text[groups[first + number - 1].end() : groups[first + number].start()]
        if not _GAP.match(gap):
            break
        number += 1
    return number


def _kind_of(text: str, run: Groups) -> Kind | None:
    digits = "".join(group.group() for group in run)
    if not 7 <= len(digits) <= _MAX_DIGITS:
        return Kind.NUMBER if len(digits) > _MAX_DIGITS and len(run) == 1 else None
    sizes = tuple(len(group.group()) for group in run)
    is_digit_by_digit = len(run) == 11 and max(sizes) == 1
    is_loose = min(sizes[:-1], default=2) < 2 and sizes not in _AMERICAN
    if is_loose and not is_digit_by_digit and not _has_plus(text, run):
        return None
    if _is_identity_card(text, run, digits):
        return Kind.ID
    if _is_telephone(text, run, digits, sizes):
        return Kind.PHONE
    if 13 <= len(digits) <= 19 and _is_grouped_like_a_card(sizes) and luhn.is_valid(digits):
        return Kind.CARD
    return Kind.NUMBER if _is_long(digits, sizes) else None


def _is_identity_card(text: str, run: Groups, digits: str) -> bool:
    """Whether it has an identity card's form.

    A wrong check digit is a slip of the finger, unless the number is a bank card's.
    """
    number = digits + ("X" if len(digits) == 17 and text[run[-1].end() : run[-1].end() + 1] in {"X", "x"} else "")
    if len(number) != 18 or number[0] not in "12345689":
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    if not 1900 <= born.year <= 2099:
        return False
    return number[-1] == ric.calc_check_digit(number) or not luhn.is_valid(digits)


def _is_telephone(text: str, run: Groups, digits: str, sizes: tuple[int, ...]) -> bool:
    if _MOBILE.fullmatch(digits) or (_has_plus(text, run) and 8 <= len(digits) <= 15):
        return True
    if _LANDLINE.fullmatch(digits) or (sizes in _AMERICAN and not _TOLL_FREE.match(digits[-10:])):
        return True
    before = text[max(0, run[0].start() - 24) : run[0].start()]
    return len(digits) in {7, 8} and len(run) <= 2 and _LOCAL_NUMBER_AHEAD.search(before) is not None


def _has_plus(text: str, run: Groups) -> bool:
    return text[: run[0].start()].endswith(("+", "+("))


def _is_grouped_like_a_card(sizes: tuple[int, ...]) -> bool:
    return len(sizes) == 1 or set(sizes[:-1]) == {4} or sizes[0] == 6 or sizes == (4, 6, 5)


def _is_long(digits: str, sizes: tuple[int, ...]) -> bool:
    if len(sizes) == 1:
        return len(digits) >= _MIN_UNKNOWN
    # Rows of four digits are also speeds and ratings; a mistyped card begins as cards do.
    return len(digits) >= 15 and set(sizes[:-1]) == {4} and digits.startswith(_CARD_STARTS)


def _span(text: str, run: Groups, kind: Kind) -> Span:
    start, end = run[0].start(), run[-1].end()
    if kind is Kind.ID and end - start < 40 and text[end : end + 1] in {"X", "x"}:
        end += 1
    if kind is Kind.PHONE:
        while start and text[start - 1] in "+(":
            start -= 1
        if extension := _EXTENSION.match(text, end):
            end = extension.end()
    return Span(start, end, kind)
