"""Deadlines in working days, by the calendar of a country."""

from datetime import date

import pytest

from traceability.web.deadlines import working_day_after, working_days


@pytest.mark.parametrize(
    ("day", "country", "due"),
    [
        ("2026-11-23", "DE", "2026-11-26"),  # a Monday
        ("2026-11-26", "DE", "2026-12-01"),  # over a weekend
        ("2026-11-28", "DE", "2026-12-02"),  # raised on a Saturday
        ("2026-12-23", "DE", "2026-12-29"),  # 25 and 26 December
        ("2026-12-23", "US", "2026-12-29"),
        ("2026-12-23", "CN", "2026-12-28"),
        ("2026-09-30", "CN", "2026-10-10"),  # the first week of October, and a Saturday that is worked
        ("2026-11-26", "SA", "2026-12-01"),  # Friday and Saturday
        ("2026-11-26", "??", "2026-12-01"),  # no such country: Saturdays and Sundays only
    ],
)
def test_three_working_days(day: str, country: str, due: str) -> None:
    assert working_day_after(date.fromisoformat(day), 3, country).isoformat() == due


@pytest.mark.parametrize("country", ["DE", "US", "CN", "SA", "??"])
def test_working_days_are_counted_as_deadlines_are_set(country: str) -> None:
    first = date(2026, 9, 25)
    for count in range(1, 20):
        last = working_day_after(first, count, country)
        assert working_days(first, last, country) == count
    assert working_days(first, first, country) == 0
