"""Opening hours: what editors write is read as they mean it or refused, and time is told in the widget's zone."""

import contextlib
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.exceptions import ErrorCode
from qa.opening import (
    DAYS,
    HoursUnreadable,
    OpeningHours,
    parse_holidays,
    parse_hours,
    parse_time_zone,
    read_opening_hours,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING, AFTERNOON = (540, 720), (810, 1080)
WEEK = "mon-fri 09:00-12:00, 13:30-18:00\nsat 9:00-12:00"


def shanghai(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)  # type: ignore[misc, arg-type]


def hours(week: str = WEEK, holidays: str = "", zone: str = "Asia/Shanghai") -> OpeningHours:
    return read_opening_hours(time_zone=zone, hours=week, holidays=holidays)


@pytest.mark.parametrize(
    ("lines", "open_days"),
    [
        ("mon 09:00-12:00", {0: [MORNING]}),
        ("mon,wed 09:00-12:00", {0: [MORNING], 2: [MORNING]}),
        ("mon-fri 09:00-12:00, 13:30-18:00", {day: [MORNING, AFTERNOON] for day in range(5)}),
        ("MON-Tue 09:00–12:00", {0: [MORNING], 1: [MORNING]}),
        ("sat-mon 09:00-12:00", {5: [MORNING], 6: [MORNING], 0: [MORNING]}),
        ("mon 09:00-12:00\n\nmon 13:30-18:00\n", {0: [MORNING, AFTERNOON]}),
        ("sun 00:00-24:00", {6: [(0, 1440)]}),
        ("mon 09:00 - 12:00 13:30 - 18:00", {0: [MORNING, AFTERNOON]}),
    ],
)
def test_hours_are_read(lines: str, open_days: dict[int, list[tuple[int, int]]]) -> None:
    assert parse_hours(lines) == [open_days.get(day, []) for day in range(7)]


@pytest.mark.parametrize("lines", ["", "  \n\n"])
def test_no_hours_mean_always(lines: str) -> None:
    assert parse_hours(lines) is None
    assert hours(lines).is_open(shanghai(2026, 11, 25, 3))


@pytest.mark.parametrize(
    "line",
    [
        *("mon", "mon ", "09:00-12:00", "mo 09:00-12:00", "mon- 09:00-12:00", "-mon 09:00-12:00", "mon, 09:00-12:00"),
        *("mon 12:00-09:00", "mon 09:00-09:00", "mon 09:60-12:00", "mon 09:00-24:01", "mon 22:00-02:00"),
        # Half of each of these can be read; what is meant can't.
        *("mon - fri 09:00-12:00", "mon 09:00-12:00 and later", "mon 9-12", "mon 09:00-12:00 13:30"),
    ],
)
def test_hours_that_can_not_be_read_are_refused_with_their_line(line: str) -> None:
    with pytest.raises(HoursUnreadable) as refused:
        parse_hours(f"tue 09:00-12:00\n{line}")
    assert refused.value.code == ErrorCode.BAD_MESSAGE
    assert line.strip() in refused.value.user_message


def test_holidays_are_read() -> None:
    assert parse_holidays("2026-10-01..2026-10-03 国庆节\n2026-10-10 09:00-12:00 补班\n2026-12-25") == {
        date(2026, 10, 1): [],
        date(2026, 10, 2): [],
        date(2026, 10, 3): [],
        date(2026, 10, 10): [MORNING],
        date(2026, 12, 25): [],
    }
    assert parse_holidays("\n") == {}


@pytest.mark.parametrize(
    "line",
    [
        *("国庆节", "2026-10-1", "2026-13-01", "2026-02-30", "2026-10-011", "2026-10-03..2026-10-01", "2026-10-01.."),
        *("2026-10-01..2028-10-01 too long", "2026-10-01 18:00-09:00"),
    ],
)
def test_holidays_that_can_not_be_read_are_refused(line: str) -> None:
    with pytest.raises(HoursUnreadable, match="2026|国庆节"):
        parse_holidays(line)


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../../etc/passwd", "Asia/Shanghai\0", "x" * 300, "\ud800", "Asia"]
)
def test_unknown_time_zones_are_refused(name: str) -> None:
    with pytest.raises(HoursUnreadable):
        parse_time_zone(name)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (shanghai(2026, 11, 25, 8, 59), False),
        (shanghai(2026, 11, 25, 9, 0), True),
        (shanghai(2026, 11, 25, 11, 59, 59), True),
        (shanghai(2026, 11, 25, 12, 0), False),
        (shanghai(2026, 11, 28, 10, 0), True),
        (shanghai(2026, 11, 29, 10, 0), False),
        (datetime(2026, 11, 25, 1, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 25, 10, 0, tzinfo=UTC), False),
    ],
)
def test_open_from_the_first_minute_to_before_the_last(at: datetime, is_open: bool) -> None:
    assert hours().is_open(at) is is_open


def test_a_holiday_holds_instead_of_the_weekday() -> None:
    of_year = hours(holidays="2026-11-25 closed\n2026-11-29 09:00-12:00 补班")
    assert not of_year.is_open(shanghai(2026, 11, 25, 10))
    assert of_year.is_open(shanghai(2026, 11, 29, 10))


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (shanghai(2026, 11, 25, 10, 5), shanghai(2026, 11, 25, 10, 5)),
        (shanghai(2026, 11, 25, 12, 0), shanghai(2026, 11, 25, 13, 30)),
        (shanghai(2026, 11, 28, 12, 0), shanghai(2026, 11, 30, 9, 0)),
        (shanghai(2026, 9, 30, 18, 0), shanghai(2026, 10, 8, 9, 0)),
    ],
)
def test_next_opening(at: datetime, opens: datetime) -> None:
    assert hours(holidays="2026-10-01..2026-10-07 国庆节").next_opening(at) == opens


def test_who_never_opens_says_so() -> None:
    assert (
        hours("mon 09:00-12:00", "2026-01-01..2026-12-31 a\n2027-01-01..2027-12-31 b").next_opening(
            shanghai(2026, 5, 1)
        )
        is None
    )


def test_clocks_that_jump_open_when_it_is_that_time_there() -> None:
    """In New York 02:30 did not exist on 2026-03-08, and 01:30 came twice on 2026-11-01."""
    skipped = hours("sun 02:30-03:00", zone="America/New_York")
    before = datetime(2026, 3, 8, 5, 0, tzinfo=UTC)
    assert skipped.next_opening(before) == datetime(2026, 3, 15, 6, 30, tzinfo=UTC)
    assert hours("sun 02:00-05:00", zone="America/New_York").is_open(datetime(2026, 3, 8, 7, 0, tzinfo=UTC))


SPANS = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda span: span[0] < span[1])
WEEKS = st.lists(st.lists(SPANS, max_size=2), min_size=7, max_size=7)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001
ZONES = st.sampled_from(["Asia/Shanghai", "America/New_York", "Asia/Kolkata", "UTC", "Pacific/Apia"])


def written(week: list[list[tuple[int, int]]]) -> str:
    """Write a week as an editor would."""
    lines = []
    for day, spans in zip(DAYS, week, strict=True):
        text = ", ".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in spans)
        lines += [f"{day} {text}"] if spans else []
    return "\n".join(lines)


@given(WEEKS)
def test_what_was_written_is_what_is_read(week: list[list[tuple[int, int]]]) -> None:
    assert parse_hours(written(week)) == (week if any(week) else None)


@settings(deadline=None)
@given(WEEKS, MOMENTS, ZONES)
def test_the_next_opening_is_open_and_nothing_before_it_is(
    week: list[list[tuple[int, int]]], at: datetime, zone: str
) -> None:
    of_week = hours(written(week), zone=zone)
    opens = of_week.next_opening(at)
    assert opens is not None
    assert opens >= at
    assert of_week.is_open(opens)
    for part in range(1, 8):
        between = at + (opens - at) * part / 8
        assert not of_week.is_open(between) or between == opens == at


@given(st.text(max_size=40))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    for read in (parse_hours, parse_holidays, parse_time_zone):
        with contextlib.suppress(HoursUnreadable):
            read(text)
