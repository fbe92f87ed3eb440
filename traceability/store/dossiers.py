"""What the office knows of a subject: cases, checks, recall notices, reports and lines of the audit trail.

Each answer is a page of rows beyond a number, newest first or oldest first.
"""

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from traceability.store.case_rows import Case, Line
from traceability.store.office import Office
from traceability.store.sightings import SightingRow
from traceability.store.trail import TrailRow


class Page(NamedTuple):
    """Which rows: those beyond the number `start` (None: from the beginning), at most `limit`, which way."""

    start: int | None
    limit: int
    newest: bool

    @property
    def edge(self) -> int:
        """The number beyond which rows are wanted."""
        if self.start is not None:
            return self.start
        return 2**62 if self.newest else -1

    @property
    def order(self) -> str:
        return "DESC" if self.newest else "ASC"

    @property
    def beyond(self) -> str:
        return "<" if self.newest else ">"


class CheckRow(NamedTuple):
    """A check with its number."""

    id: int
    seen: SightingRow


class CallRow(NamedTuple):
    """A party was told of a recall, was reminded, or was looked up."""

    id: int
    recall: str
    party: str
    kind: str
    at: str
    login: str
    note: str


class ReportRow(NamedTuple):
    """A line of a report of illegitimate product."""

    line: int
    id: int
    party: str
    at: str
    login: str
    act: str
    text: str


_SEEN = ", ".join(SightingRow._fields)
_TRAIL = ", ".join(TrailRow._fields)
# Reading changes nothing: a dossier that says who read it would never be the same twice.
_READING = " AND ".join(
    f"act NOT LIKE '{word}%'"
    for word in (
        "read ",
        "exported",
        "printed",
        "downloaded",
        "login",
        "logout",
        "locked",
        "unlocked",
        "proved",
    )
)


class OfficeFacts:
    """What the office knows, for dossiers."""

    def __init__(self, office: Office) -> None:
        self._office = office

    # Cases

    def cases_of_items(self, first: str, last: str) -> list[tuple[int, str]]:
        """Number and item of the cases about an item in a range of texts."""
        sql = "SELECT id, epc FROM case_item WHERE epc >= ? AND epc <= ? ORDER BY id"
        return [(int(str(case)), str(epc)) for case, epc in self._office.rows(sql, first, last)]

    def cases_of_party(self, party: str) -> list[int]:
        """Numbers of the cases that a party takes part in."""
        return self._numbers("SELECT id FROM case_party WHERE party = ? ORDER BY id", party)

    def collecting(self, subject: str) -> list[int]:
        """Numbers of the investigations that collect a subject."""
        return self._numbers("SELECT id FROM investigation_subject WHERE subject = ? ORDER BY id", subject)

    def cases(self, numbers: Iterable[int]) -> list[Case]:
        """Cases by number."""
        names = ", ".join(Case._fields)
        sql = f"SELECT {names} FROM case_file WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"  # noqa: S608
        return [Case._make(row) for row in self._office.rows(sql, _json(numbers))]

    def case_lines(self, numbers: Iterable[int], page: Page) -> list[Line]:
        """Lines of the threads of some cases."""
        sql = (
            "SELECT line, id, at, party, login, act, text FROM case_line"  # noqa: S608
            f" WHERE id IN (SELECT value FROM json_each(?)) AND line {page.beyond} ?"
            f" ORDER BY line {page.order} LIMIT ?"
        )
        return [Line._make(row) for row in self._office.rows(sql, _json(numbers), page.edge, page.limit)]

    # Checks

    def checks_of_items(self, first: str, last: str, party: str | None, page: Page) -> list[CheckRow]:
        """Checks of the items in a range of texts, by one party or anybody."""
        return self._checks("epc >= ?1 AND epc <= ?2", (first, last), party, page)

    def checks_by(self, whose: str, gln: str, party: str | None, page: Page) -> list[CheckRow]:
        """Checks by a `party`, or at a `site`, with that GLN."""
        return self._checks(
            {"party": "party = ?1 AND ?2", "site": "site = ?1 AND ?2"}[whose], (gln, 1), party, page
        )

    def _checks(
        self, where: str, values: tuple[object, object], party: str | None, page: Page
    ) -> list[CheckRow]:
        sql = (
            f"SELECT id, {_SEEN} FROM sighting WHERE {where} AND (?3 IS NULL OR party = ?3)"  # noqa: S608
            f" AND id {page.beyond} ?4 ORDER BY id {page.order} LIMIT ?5"
        )
        rows = self._office.rows(sql, *values, party, page.edge, page.limit)
        return [CheckRow(int(str(row[0])), SightingRow._make(row[1:])) for row in rows]

    # Recalls

    def calls(self, recalls: Sequence[str] | None, party: str | None) -> list[CallRow]:
        """Who was told of recalls, reminded and looked up, oldest first: of some recalls, of one party."""
        where = "(?1 IS NULL OR recall IN (SELECT value FROM json_each(?1))) AND (?2 IS NULL OR party = ?2)"
        sql = (
            "SELECT recall, party, 'told', notified, '', '' FROM recall_notice"  # noqa: S608
            f" WHERE {where} UNION ALL"
            f" SELECT recall, party, kind, at, login, note FROM recall_call WHERE {where} ORDER BY 4, 3, 1, 2"
        )
        rows = self._office.rows(sql, None if recalls is None else _json(recalls), party)
        return [CallRow(number, *map(str, row)) for number, row in enumerate(rows)]

    # Reports of illegitimate product

    def reports_of_items(self, first: str, last: str) -> list[tuple[int, str]]:
        """Number and item of the reports about an item in a range of texts."""
        sql = "SELECT id, epc FROM illegitimate_item WHERE epc >= ? AND epc <= ? ORDER BY id"
        return [(int(str(number)), str(epc)) for number, epc in self._office.rows(sql, first, last)]

    def reports_of_party(self, party: str) -> list[int]:
        """Numbers of the reports of a party."""
        return self._numbers("SELECT id FROM illegitimate WHERE party = ? ORDER BY id", party)

    def report_lines(self, numbers: Iterable[int], party: str | None, page: Page) -> list[ReportRow]:
        """Lines of some reports: of one party's, or without one of all that were sent."""
        sql = (
            "SELECT l.line, l.id, r.party, l.at, l.login, l.act, l.text FROM illegitimate_line l"  # noqa: S608
            " JOIN illegitimate r ON r.id = l.id WHERE l.id IN (SELECT value FROM json_each(?1))"
            " AND (r.party = ?2 OR (?2 IS NULL AND r.notified IS NOT NULL))"
            f" AND l.line {page.beyond} ?3 ORDER BY l.line {page.order} LIMIT ?4"
        )
        rows = self._office.rows(sql, _json(numbers), party, page.edge, page.limit)
        return [ReportRow._make(row) for row in rows]

    # The audit trail

    def trail(self, text: str, party: str | None, page: Page, *, reading: bool) -> list[TrailRow]:
        """Lines that name a text, of everyone or of one party's people; with `reading` also who only read."""
        return self._trail(
            "instr(detail || ' ' || old || ' ' || new || ' ' || why, ?1) > 0",
            text,
            party,
            page,
            reading=reading,
        )

    def trail_of(self, gln: str, party: str | None, page: Page, *, reading: bool) -> list[TrailRow]:
        """Lines of the people of a party, and those that name it."""
        where = "(party = ?1 OR instr(detail || ' ' || old || ' ' || new, ?1) > 0)"
        return self._trail(where, gln, party, page, reading=reading)

    def _trail(
        self, where: str, text: str, party: str | None, page: Page, *, reading: bool
    ) -> list[TrailRow]:
        sql = (
            f"SELECT {_TRAIL} FROM trail WHERE (?2 IS NULL OR party = ?2) AND {where}"  # noqa: S608
            f"{'' if reading else f' AND {_READING}'}"
            f" AND id {page.beyond} ?3 ORDER BY id {page.order} LIMIT ?4"
        )
        return [TrailRow._make(row) for row in self._office.rows(sql, text, party, page.edge, page.limit)]

    def _numbers(self, sql: str, *values: object) -> list[int]:
        return [int(str(number)) for (number,) in self._office.rows(sql, *values)]


def _json(values: Iterable[object]) -> str:
    return json.dumps(list(values))
