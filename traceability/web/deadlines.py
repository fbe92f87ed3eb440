"""Deadlines in working days, by the calendar of the country where somebody must work on it."""

from datetime import date, timedelta
from functools import lru_cache

import holidays

EXCEPTION_DAYS = 3
ALERT_DAYS = 1
TRACE_DAYS, DISPENSER_DAYS = 1, 2
"""Working days in which a trace request is answered (DSCSA, FD&C Act 582: one business day; dispensers two)."""


@lru_cache(maxsize=256)
def _calendar(country: str) -> holidays.HolidayBase:
    """Weekends, public holidays and moved working days; of an unknown country only Saturdays and Sundays."""
    try:
        return holidays.country_holidays(country)
    except NotImplementedError:
        return holidays.HolidayBase()


def working_day_after(day: date, count: int, country: str) -> date:
    """The working day that comes `count` working days after a day; the day itself does not count.

    `country` is an ISO 3166-1 alpha-2 code.
    """
    return _calendar(country).get_nth_working_day(day, count)


def working_days(first: date, last: date, country: str) -> int:
    """Working days after a day, up to and with another.

    >>> working_days(date(2026, 11, 27), date(2026, 11, 30), "DE")  # Friday to Monday
    1
    """
    return _calendar(country).get_working_days_count(first + timedelta(days=1), last) if first < last else 0
