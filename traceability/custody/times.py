"""Times of the rules, in one place: how far clocks may differ, and what counts as late."""

from datetime import datetime
from functools import lru_cache

from traceability.custody import CustodyError

CLOCK_TOLERANCE = 300
"""Seconds that a claimed time may be ahead of the log's (DESIGN section 4, "Time")."""

LATE_AFTER = 900
"""Seconds between claimed and admitted time from which a statement counts as delivered late."""

UNDO_WITHIN = 240 * 3600
"""Seconds within which a dispensing may be undone (Delegated Regulation (EU) 2016/161, article 13: 10 days)."""

REUSE_AFTER = 366 * 24 * 3600
"""Seconds before an SSCC may be used again: twelve months (GS1 General Specifications, SSCC reuse)."""


@lru_cache(maxsize=65536)
def seconds(text: str) -> float:
    """A time with its zone as seconds since 1970. Raises CustodyError where there is no such time."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise CustodyError("There is no such time: %(text)s", text=text) from error
