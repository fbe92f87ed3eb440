"""Dates and times in AI values (GS1 General Specifications 7.12), and the linters of that name."""

import calendar

from traceability.gs1 import Gs1Error
from traceability.gs1.place import Place


def full_year(two_digits: int, year: int) -> int:
    """The year of a two-digit year, from 49 years ago to 50 years ahead of `year` (7.12.1)."""
    full = year - year % 100 + two_digits
    if full - year >= 51:
        return full - 100
    return full + 100 if full - year <= -50 else full


def yymmd0(text: str, at: Place) -> None:
    """Date YYMMDD; day 00 stands for an unstated day (7.12)."""
    if text[4:] != "00":
        yymmdd(text, at)
    else:
        _month(text[2:4], at.at(2))


def yymmdd(text: str, at: Place) -> None:
    """Date YYMMDD."""
    _date(full_year(int(text[:2]), at.year), text, 2, at)


def yyyymmdd(text: str, at: Place) -> None:
    """Date YYYYMMDD."""
    _date(int(text[:4]), text, 4, at)


def _date(year: int, text: str, start: int, at: Place) -> None:
    month = _month(text[start : start + 2], at.at(start))
    last = (
        29
        if month == 2 and calendar.isleap(year)
        else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
    )
    if not 1 <= int(text[start + 2 :]) <= last:
        raise Gs1Error(
            "%(label)s: expected a day from 01 to %(want)d at character %(character)d, got %(got)s",
            **at.at(start + 2), want=last, got=text[start + 2 :],
        )  # fmt: skip


def _month(text: str, where: dict[str, object]) -> int:
    if not 1 <= int(text) <= 12:
        raise Gs1Error(
            "%(label)s: expected a month from 01 to 12 at character %(character)d, got %(got)s",
            **where,
            got=text,
        )
    return int(text)


def hh(text: str, at: Place) -> None:
    """Hour of the day."""
    if text > "23":
        raise Gs1Error(
            "%(label)s: expected an hour from 00 to 23 at character %(character)d, got %(got)s",
            **at.at(0), got=text,
        )  # fmt: skip


def mi(text: str, at: Place) -> None:
    """Minute of the hour."""
    _sixty(text, at.at(0))


def ss(text: str, at: Place) -> None:
    """Second of the minute."""
    _sixty(text, at.at(0))


def hhmi(text: str, at: Place) -> None:
    """Time HHMM."""
    hh(text[:2], at)
    _sixty(text[2:], at.at(2))


def _sixty(text: str, where: dict[str, object]) -> None:
    if text > "59":
        raise Gs1Error(
            "%(label)s: expected 00 to 59 at character %(character)d, got %(got)s", **where, got=text
        )
