"""How long goods have been on the road, in words, and when that is too long."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from traceability.web.babel import gettext, ngettext

DEADLINE = 3
"""Working days within which a handoff is confirmed, or somebody asks."""


class Age(NamedTuple):
    """Time on the road: in words, and whether the deadline has passed."""

    words: str
    late: bool


def age(since: str, now: datetime) -> Age:
    """The age at `now` of a handoff of a moment of the log, "2026-11-23T14:32:00+01:00"."""
    sent = datetime.fromisoformat(since)
    here = now.astimezone(sent.tzinfo)
    days = (here.date() - sent.date()).days
    if days < 1:
        return Age(gettext("today"), late=False)
    words = ngettext("%(num)s day on the road", "%(num)s days on the road", days)
    if working_days(sent.date(), here.date()) <= DEADLINE:
        return Age(words, late=False)
    return Age(gettext("%(age)s, not confirmed in time", age=words), late=True)


def working_days(first: date, last: date) -> int:
    """Mondays to Fridays after `first`, up to and with `last`.

    >>> working_days(date(2026, 11, 27), date(2026, 11, 30))  # Friday to Monday
    1
    """
    days = max(0, (last - first).days)
    weeks, rest = divmod(days, 7)
    return weeks * 5 + sum((first + timedelta(weeks * 7 + day)).weekday() < 5 for day in range(1, rest + 1))
