"""Reports of illegitimate product: their clock, their state, and everything that was saved or sent.

A draft is *notified* once its initial notification was sent, *terminating* once its termination was asked for, and
*terminated* when that was agreed to. Lines keep the fields as they stood, and are never changed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import Literal, NamedTuple

from traceability.store import StoreError
from traceability.store.office import Office

HOURS = 24
"""From the determination to the notification (FD&C Act section 582(b)(4)(B), (c)(4)(B), (d)(4)(B), (e)(4)(B))."""

State = Literal["draft", "notified", "terminating", "terminated"]
Sending = Literal["initial", "follow_up", "termination"]

# What may be sent in which state, and the state after it.
_SENT: dict[tuple[str, str], State] = {
    ("draft", "initial"): "notified",
    ("notified", "follow_up"): "notified",
    ("notified", "termination"): "terminating",
    ("terminating", "follow_up"): "terminating",
}


class Report(NamedTuple):
    """A report as it stands; times are UTC."""

    id: int
    party: str
    source: str
    """What it was made from: "alert/12", "exception/3", "investigation/4", a subject's URI, or empty."""
    state: State
    opened: str
    determined: str
    due: str
    notified: str | None


class Saved(NamedTuple):
    """A line of a report: its fields as they were saved or sent."""

    line: int
    id: int
    at: str
    login: str
    act: str
    fields: str
    """JSON, written and read by `web`."""
    text: str


_REPORT = ", ".join(Report._fields)
_LINE = ", ".join(Saved._fields)


class Illegitimate:
    """The desk of reports of illegitimate product."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def open(
        self, party: str, source: str, determined: str, items: Sequence[str], fields: str, at: str, login: str
    ) -> int:
        """Begin a report with its first fields."""
        values = (party, source, at, determined, _due(determined))
        sql = (
            "INSERT INTO illegitimate (party, source, state, opened, determined, due)"
            " VALUES (?, ?, 'draft', ?, ?, ?) RETURNING id"
        )
        with self._office.change() as db:
            number = int(db.execute(sql, values).fetchone()[0])
            _put_items(db, number, items)
            _write(db, number, at, login, "saved", fields)
        return number

    def find(self, report: int, party: str, *, regulator: bool = False) -> Report | None:
        """A report of a party; a regulator finds those that were sent."""
        sql = (
            f"SELECT {_REPORT} FROM illegitimate"  # noqa: S608
            " WHERE id = ?1 AND (party = ?2 OR (?3 AND notified IS NOT NULL))"
        )
        rows = self._office.rows(sql, report, party, regulator)
        return Report._make(rows[0]) if rows else None

    def listing(self, party: str, *, regulator: bool = False, limit: int = 200) -> list[Report]:
        """Reports of a party, or for a regulator all those sent too: those that wait first, by deadline."""
        sql = (
            f"SELECT {_REPORT} FROM illegitimate WHERE party = ?1 OR (?2 AND notified IS NOT NULL)"  # noqa: S608
            " ORDER BY state <> 'draft', state = 'terminated', CASE WHEN state = 'draft' THEN due END, id DESC LIMIT ?3"
        )
        return [Report._make(row) for row in self._office.rows(sql, party, regulator, limit)]

    def made_from(self, sources: Sequence[str], party: str) -> list[Report]:
        """The reports of a party that were made from one of these."""
        marks = ", ".join("?" * len(sources))
        sql = f"SELECT {_REPORT} FROM illegitimate WHERE party = ? AND source IN ({marks}) ORDER BY id"  # noqa: S608
        return [Report._make(row) for row in self._office.rows(sql, party, *sources)]

    def lines(self, report: int) -> list[Saved]:
        """Everything that was saved or sent, oldest first."""
        sql = f"SELECT {_LINE} FROM illegitimate_line WHERE id = ? ORDER BY line"  # noqa: S608
        return [Saved._make(row) for row in self._office.rows(sql, report)]

    def save(
        self, report: int, determined: str, items: Sequence[str], fields: str, at: str, login: str
    ) -> None:
        """Save other fields. The time of determination counts until the initial notification was sent."""
        with self._office.change() as db:
            state = _state(db, report)
            if state == "terminated":
                raise StoreError("This report has ended. Begin a new one.")
            if state == "draft":
                db.execute(
                    "UPDATE illegitimate SET determined = ?, due = ? WHERE id = ?",
                    (determined, _due(determined), report),
                )
            _put_items(db, report, items)
            _write(db, report, at, login, "saved", fields)

    def send(self, report: int, what: str, fields: str, at: str, login: str) -> None:
        """Note that a notification was sent, with the fields that it had."""
        with self._office.change() as db:
            after = _SENT.get((_state(db, report), what))
            if after is None:
                raise StoreError(
                    "An initial notification is sent first and once; follow-ups and the request for termination come after it"
                )
            db.execute(
                "UPDATE illegitimate SET state = ?, notified = coalesce(notified, ?) WHERE id = ?",
                (after, at, report),
            )
            _write(db, report, at, login, "sent", fields, what)

    def terminate(self, report: int, fields: str, text: str, at: str, login: str) -> None:
        """Note that the notification was terminated."""
        with self._office.change() as db:
            if _state(db, report) != "terminating":
                raise StoreError("A report ends after its termination was asked for")
            db.execute("UPDATE illegitimate SET state = 'terminated' WHERE id = ?", (report,))
            _write(db, report, at, login, "terminated", fields, text)


def _due(determined: str) -> str:
    due = datetime.fromisoformat(determined) + timedelta(hours=HOURS)
    return due.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _state(db: Connection, report: int) -> str:
    row = db.execute("SELECT state FROM illegitimate WHERE id = ?", (report,)).fetchone()
    if row is None:
        raise StoreError("There is no such report")
    return str(row[0])


def _put_items(db: Connection, report: int, items: Sequence[str]) -> None:
    db.execute("DELETE FROM illegitimate_item WHERE id = ?", (report,))
    db.executemany(
        "INSERT INTO illegitimate_item (id, epc) VALUES (?, ?)",
        [(report, epc) for epc in dict.fromkeys(items)],
    )


def _write(db: Connection, report: int, at: str, login: str, act: str, fields: str, text: str = "") -> None:
    db.execute(
        "INSERT INTO illegitimate_line (id, at, login, act, fields, text) VALUES (?, ?, ?, ?, ?, ?)",
        (report, at, login, act, fields, text),
    )
