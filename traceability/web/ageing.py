"""How long goods have been on the road, in words, and when that is too long."""

from datetime import datetime
from typing import NamedTuple

from traceability.web.babel import gettext, ngettext
from traceability.web.deadlines import working_days

DEADLINE = 3
"""Working days within which a handoff is confirmed, or somebody asks."""


class Age(NamedTuple):
    """Time on the road: in words, and whether the deadline has passed."""

    words: str
    late: bool


def age(since: str, now: datetime, country: str) -> Age:
    """The age at `now` of a handoff of a moment of the log, "2026-11-23T14:32:00+01:00", which somebody in a
    country must confirm."""
    sent = datetime.fromisoformat(since)
    here = now.astimezone(sent.tzinfo)
    days = (here.date() - sent.date()).days
    if days < 1:
        return Age(gettext("today"), late=False)
    words = ngettext("%(num)s day on the road", "%(num)s days on the road", days)
    if working_days(sent.date(), here.date(), country) <= DEADLINE:
        return Age(words, late=False)
    return Age(gettext("%(age)s, not confirmed in time", age=words), late=True)
