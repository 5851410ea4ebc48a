"""Opening hours: lines that a person writes, read once; pure.

Hours are lines of days and spans, such as `mon-fri 09:00-12:00, 13:30-18:00`; a span may end at `24:00`. Holidays
are lines of a date or two and, where people do answer on that day, other spans: `2026-10-01..2026-10-07 国庆节`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from qa.exceptions import ErrorCode, QAError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_HOLIDAY_DAYS = 366
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—]\s*(\d{1,2}):(\d{2})")
_BETWEEN = re.compile(r"[\s,，、;；]*")
_DATES = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s*\.\.\s*(\d{4}-\d{2}-\d{2}))?(?:\s+(.*))?")
Span = tuple[int, int]
"""From and to, in minutes after midnight; the end is not in it."""


class HoursUnreadable(QAError):
    """Raised when a line of opening hours or holidays can't be read."""

    code = ErrorCode.BAD_MESSAGE


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When people answer.

    Attributes:
        zone: Whose clock.
        week: Spans of each weekday, Monday first; None for always.
        holidays: Spans of single days, which hold instead of the weekday's.
    """

    zone: ZoneInfo
    week: Sequence[Sequence[Span]] | None
    holidays: Mapping[date, Sequence[Span]]

    def is_open(self, at: datetime) -> bool:
        """Tell whether people answer at an aware time."""
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self._spans(local.date()))

    def next_opening(self, at: datetime) -> datetime | None:
        """Return when people answer next, `at` itself if they do; None if not within a year."""
        if self.is_open(at):
            return at
        today = at.astimezone(self.zone).date()
        for day in (today + timedelta(days=ahead) for ahead in range(MAX_HOLIDAY_DAYS + 1)):
            for start in sorted(start for start, _end in self._spans(day)):
                opening = datetime(day.year, day.month, day.day, *divmod(start, 60), tzinfo=self.zone)
                # In UTC: clocks that are put forward or back skip a time of opening, or come to it twice.
                moment = opening.astimezone(UTC)
                if moment > at and self.is_open(moment):
                    return moment.astimezone(self.zone)
        return None

    def _spans(self, day: date) -> Sequence[Span]:
        if day in self.holidays:
            return self.holidays[day]
        return [(0, 24 * 60)] if self.week is None else self.week[day.weekday()]


def read_opening_hours(*, time_zone: str, hours: str, holidays: str) -> OpeningHours:
    """Read all three texts of a widget.

    Raises:
        HoursUnreadable: One of them can't be read.
    """
    return OpeningHours(parse_time_zone(time_zone), parse_hours(hours), parse_holidays(holidays))


def parse_time_zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises:
        HoursUnreadable: There is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise HoursUnreadable(
            _("There is no time zone “%(name)s”. Write one such as Asia/Shanghai.") % {"name": name}
        ) from error


def parse_hours(lines: str) -> list[list[Span]] | None:
    """Return the spans of each weekday, Monday first; None for no line, which means always.

    Raises:
        HoursUnreadable: A line can't be read.
    """
    week: list[list[Span]] = [[] for _day in DAYS]
    given = [line.strip() for line in lines.splitlines() if line.strip()]
    for line in given:
        days, _space, spans = line.partition(" ")
        if not _BETWEEN.fullmatch(_SPAN.sub("", spans)):
            raise _unreadable(line)
        for day in _days(days, line):
            week[day] += _spans(spans, line)
    return week if given else None


def parse_holidays(lines: str) -> dict[date, list[Span]]:
    """Return the spans of single days; no spans for a day on which nobody answers.

    Raises:
        HoursUnreadable: A line can't be read.
    """
    holidays: dict[date, list[Span]] = {}
    for line in (line.strip() for line in lines.splitlines()):
        if not line:
            continue
        if (found := _DATES.fullmatch(line)) is None:
            raise _unreadable(line)
        first, last = _date(found[1], line), _date(found[2] or found[1], line)
        if not 0 <= (last - first).days < MAX_HOLIDAY_DAYS:
            raise _unreadable(line)
        spans = _spans(found[3], line) if _SPAN.search(found[3] or "") else []
        for ahead in range((last - first).days + 1):
            holidays[first + timedelta(days=ahead)] = spans
    return holidays


def _days(words: str, line: str) -> list[int]:
    days: list[int] = []
    for part in words.lower().split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise _unreadable(line)
        start, end = DAYS.index(first), DAYS.index(last or first)
        days += [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]
    return days


def _spans(words: str, line: str) -> list[Span]:
    found = list(_SPAN.finditer(words))
    if not found:
        raise _unreadable(line)
    spans = []
    for match in found:
        start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
        if int(match[2]) > 59 or int(match[4]) > 59 or not 0 <= start < end <= 24 * 60:
            raise _unreadable(line)
        spans.append((start, end))
    return spans


def _date(text: str, line: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _unreadable(line) from error


def _unreadable(line: str) -> HoursUnreadable:
    return HoursUnreadable(
        _("“%(line)s” can't be read. Write mon-fri 09:00-12:00, 13:30-18:00, or 2026-10-01..2026-10-07 and a name.")
        % {"line": line[:80]}
    )
