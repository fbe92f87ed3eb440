"""Who checked which item where and when, kept for some days, and how many checks there were each day.

Nobody signed a sighting: it proves nothing, and finds clones that are only ever checked. It is written
without waiting for the disk, since a counter asks hundreds of checks a second: a power cut may lose the
last of it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import NamedTuple

from traceability.store.office import Office

KEPT_DAYS = 7
MOST = 1_000_000
"""Sightings at most; the oldest go first."""
MOST_OF_ONE = 100
"""Sightings of one item, or one party, that are looked at: who scans a thousand times makes no check slower."""
_TIDY_EVERY = 1000


class SightingRow(NamedTuple):
    """One check of one item; `time` is the server's, UTC with milliseconds."""

    epc: str
    party: str
    site: str | None
    time: str
    kind: str = ""
    """Of the verdict that was given, with its reason."""
    reason: str = ""


_SIGHTING = ", ".join(SightingRow._fields)


class Sightings:
    """The desk that remembers checks."""

    def __init__(self, office: Office, most: int = MOST) -> None:
        self._office = office
        self._most = most

    def add(self, seen: SightingRow) -> None:
        """Remember a check and count it."""
        with self._office.jot() as db:
            sql = f"INSERT INTO sighting ({_SIGHTING}) VALUES (?, ?, ?, ?, ?, ?) RETURNING id"  # noqa: S608
            number = int(db.execute(sql, seen).fetchone()[0])
            _count(db, seen.time, seen.party)
            if number % _TIDY_EVERY == 0:
                db.execute(
                    "DELETE FROM sighting WHERE time < ? OR id <= ?",
                    (_days_before(seen.time, KEPT_DAYS), number - self._most),
                )

    def count(self, time: str, party: str) -> None:
        """Count a check that named no item."""
        with self._office.jot() as db:
            _count(db, time, party)

    def of(self, epc: str, since: str) -> list[SightingRow]:
        """The latest sightings of an item since a time, oldest first."""
        sql = (
            f"SELECT {_SIGHTING} FROM sighting WHERE epc = ? AND time >= ?"  # noqa: S608
            " ORDER BY id DESC LIMIT ?"
        )
        rows = self._office.rows(sql, epc, since, MOST_OF_ONE)
        return [SightingRow._make(row) for row in reversed(rows)]

    def of_kind(self, party: str, kind: str, since: str) -> list[SightingRow]:
        """A party's latest sightings with one kind of verdict since a time, oldest first."""
        sql = (
            f"SELECT {_SIGHTING} FROM sighting WHERE party = ? AND kind = ? AND time >= ?"  # noqa: S608
            " ORDER BY time DESC LIMIT ?"
        )
        rows = self._office.rows(sql, party, kind, since, MOST_OF_ONE)
        return [SightingRow._make(row) for row in reversed(rows)]

    def checks(self, since: str, party: str | None = None) -> Mapping[str, int]:
        """How many checks there were on each day (UTC) from a date on, of one party or of all."""
        sql = (
            "SELECT day, sum(checks) FROM check_count WHERE day >= ?1 AND (?2 IS NULL OR party = ?2)"
            " GROUP BY day ORDER BY day"
        )
        return {str(day): int(str(checks)) for day, checks in self._office.rows(sql, since[:10], party)}


def _count(db: Connection, time: str, party: str) -> None:
    db.execute(
        "INSERT INTO check_count (day, party, checks) VALUES (?, ?, 1)"
        " ON CONFLICT (day, party) DO UPDATE SET checks = checks + 1",
        (time[:10], party),
    )


def _days_before(time: str, days: int) -> str:
    return (datetime.fromisoformat(time) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
