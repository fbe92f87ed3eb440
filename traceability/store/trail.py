"""The audit trail: who, when, what, old value, new value, why. It only grows (21 CFR 11.10(e)).

Each line carries the SHA-256 over the hash of the line before it and its own fields, so that a line that was
changed or taken out of the middle shows. Cutting off the end shows only against a copy of its last hash,
which `traceability audit` prints.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from traceability.store import StoreError

if TYPE_CHECKING:
    from traceability.store.office import Office

PAGE = 1000


class TrailRow(NamedTuple):
    """One line of the audit trail: when (UTC), who, of which party, what, on what; what it was before and
    is now, and why."""

    id: int
    at: str
    login: str
    party: str
    act: str
    detail: str
    old: str = ""
    new: str = ""
    why: str = ""


class Search(NamedTuple):
    """What somebody looks for on the trail; an empty member asks for nothing."""

    who: str = ""
    act: str = ""
    since: str = ""
    """First day, YYYY-MM-DD in UTC."""
    until: str = ""
    """Last day, included."""
    text: str = ""


_ROW = ", ".join(TrailRow._fields)
_FOUND = f"""
SELECT {_ROW} FROM trail
WHERE (?1 IS NULL OR party = ?1) AND (?2 IS NULL OR id < ?2)
  AND (?3 = '' OR login = ?3) AND (?4 = '' OR act = ?4)
  AND (?5 = '' OR at >= ?5) AND (?6 = '' OR substr(at, 1, 10) <= ?6)
  AND (?7 = '' OR lower(login || ' ' || act || ' ' || detail || ' ' || old || ' ' || new || ' ' || why) LIKE lower(?7) ESCAPE '\\')
ORDER BY id DESC LIMIT ?8
"""  # noqa: S608
_ALL = f"SELECT {_ROW}, hash FROM trail WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608


def line_hash(before: str, row: TrailRow) -> str:
    """The hash of a line that stands after the line with the hash `before` (empty for the first)."""
    written = json.dumps([before, *row], ensure_ascii=False, separators=(",", ":"))
    return sha256(written.encode()).hexdigest()


def append(db: sqlite3.Connection, row: TrailRow) -> None:
    """Add a line within an open change; its number is its place, whatever `row.id` says."""
    last = db.execute("SELECT id, hash FROM trail ORDER BY id DESC LIMIT 1").fetchone() or (0, "")
    number, before = int(last[0]), str(last[1])
    if number and not before:
        # The first line after the migration: the older lines, which have no hash, are folded in.
        for older, _ in _lines(lambda after: db.execute(_ALL, (after, PAGE)).fetchall()):
            before = line_hash(before, older)
    placed = row._replace(id=number + 1)
    db.execute(
        f"INSERT INTO trail ({_ROW}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (*placed, line_hash(before, placed)),
    )


def _lines(page: Callable[[int], list[tuple[object, ...]]]) -> Iterator[tuple[TrailRow, str]]:
    """Every line with its kept hash, read page by page; `page` gives the lines after a number."""
    after = 0
    while rows := page(after):
        for *fields, known in rows:
            row = TrailRow._make(fields)
            after = row.id
            yield row, str(known)


class Trail:
    """The audit trail of an office, to search and to check."""

    def __init__(self, office: "Office") -> None:
        self._office = office

    def search(
        self, party: str | None, wanted: Search, before: int | None = None, limit: int = 100
    ) -> list[TrailRow]:
        """Lines that fit, newest first, of one party or of all (None); `before` a line's number, to go on."""
        text = wanted.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values = (wanted.who, wanted.act, wanted.since, wanted.until, f"%{text}%" if text else "")
        return [TrailRow._make(row) for row in self._office.rows(_FOUND, party, before, *values, limit)]

    def whole(self, party: str | None, wanted: Search) -> Iterator[TrailRow]:
        """All lines that fit, newest first, read page by page."""
        before: int | None = None
        while rows := self.search(party, wanted, before, PAGE):
            yield from rows
            before = rows[-1].id

    def acts(self, party: str | None) -> list[str]:
        """What was ever done here, to choose from."""
        sql = "SELECT DISTINCT act FROM trail WHERE ?1 IS NULL OR party = ?1 ORDER BY act"
        return [str(act) for (act,) in self._office.rows(sql, party)]

    def verify(self) -> tuple[int, str]:
        """The number of lines and the hash of the last one, when every line follows from the one before.

        Raises StoreError naming the first line that does not.
        """
        before, count, hashed = "", 0, False
        for row, known in _lines(lambda after: self._office.rows(_ALL, after, PAGE)):
            count += 1
            computed = line_hash(before, row)
            # Only the lines of before the hashes have none: after the first hash each line has its own.
            if row.id != count or (known != computed and (known or hashed)):
                raise StoreError("Line %(number)s of the audit trail was changed or removed", number=count)
            before, hashed = computed, bool(known)
        return count, before
