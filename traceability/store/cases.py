"""Exceptions, alerts and investigations: cases that somebody must resolve, with their threads (DESIGN section 4).

An *exception* is between two parties: goods and papers differ. It is open while the other side must
answer, answered while its raiser must judge the answer, and resolved with a signed statement as outcome.
An *alert* is a suspicion: new, acknowledged, investigating, then resolved, or escalated to the regulator.
An *investigation* is one party's own: investigating until it is resolved (`store/investigations.py`).
"""

from sqlite3 import Connection

from traceability.store import StoreError
from traceability.store.case_rows import NEXT, Case, CaseKind, Entry, Line, Opened, Opening, Side, State
from traceability.store.office import Office

_CASE = ", ".join(f"f.{name}" for name in Case._fields)
_SEEN = (
    "(EXISTS (SELECT 1 FROM case_party p WHERE p.id = f.id AND p.party = ?1)"
    " OR (?2 AND (f.kind = 'exception' OR f.escalated IS NOT NULL)))"
)
_WAITS = (
    "EXISTS (SELECT 1 FROM case_party p WHERE p.id = f.id AND p.party = ?1 AND ("
    "(f.state = 'open' AND p.part = 'other') OR (f.state = 'answered' AND p.part = 'raiser')"
    " OR (f.state IN ('new', 'acknowledged', 'investigating') AND p.part = 'raiser')))"
    " OR (?2 AND f.state = 'escalated')"
)


class Cases:
    """The desk of exceptions and alerts."""

    def __init__(self, office: Office) -> None:
        self._office = office

    # Opening

    def open(self, new: Opening, entry: Entry) -> Opened:
        """Open a case with its first line. An alert of a cause and item that is still open is repeated instead."""
        with self._office.change() as db:
            known = self._repeat(db, new, entry.at) if new.kind == "alert" else None
            return Opened(known, fresh=False) if known is not None else self._open(db, new, entry)

    def _repeat(self, db: Connection, new: Opening, at: str) -> int | None:
        sql = (
            "UPDATE case_file SET repeats = repeats + 1, last = ? WHERE kind = 'alert' AND cause = ?"
            " AND item = ? AND state <> 'resolved' RETURNING id"
        )
        found = db.execute(sql, (at, new.cause, new.items[0])).fetchone()
        if found is None:
            return None
        # Another party that meets the same thing joins it.
        _join(db, int(found[0]), ((new.raiser, "concerned"), *new.others))
        return int(found[0])

    def _open(self, db: Connection, new: Opening, entry: Entry) -> Opened:
        state = {"exception": "open", "investigation": "investigating"}.get(new.kind, "new")
        sql = (
            "INSERT INTO case_file (kind, cause, item, state, raised, raiser, due, size, evidence, last)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
        )
        values = (
            new.kind, new.cause, new.items[0] if new.items else "", state, entry.at, new.raiser, new.due,
            new.size, new.evidence, entry.at,
        )  # fmt: skip
        case = int(db.execute(sql, values).fetchone()[0])
        db.executemany(
            "INSERT INTO case_item (id, epc) VALUES (?, ?)", [(case, e) for e in dict.fromkeys(new.items)]
        )
        _join(db, case, ((new.raiser, "raiser"), *new.others))
        if new.kind != "alert":
            _own(db, case, entry.party, entry.login)
        write(db, case, entry)
        return Opened(case, fresh=True)

    # Looking

    def find(self, case: int, party: str, *, regulator: bool = False) -> Case | None:
        """A case that a party takes part in; a regulator finds exceptions, and alerts once escalated."""
        sql = f"SELECT {_CASE} FROM case_file f WHERE f.id = ?3 AND {_SEEN}"  # noqa: S608
        rows = self._office.rows(sql, party, regulator, case)
        return _case(rows[0]) if rows else None

    def listing(
        self, kind: CaseKind, party: str, *, regulator: bool = False, done: bool = False, limit: int = 200
    ) -> list[Case]:
        """Cases of a kind that a party may see: those still to do by deadline, or those done, newest first."""
        order = "f.closed DESC" if done else "f.due, f.id"
        sql = (
            f"SELECT {_CASE} FROM case_file f WHERE f.kind = ?3 AND (f.state = 'resolved') = ?4"  # noqa: S608
            f" AND {_SEEN} ORDER BY {order} LIMIT ?5"
        )
        return [_case(row) for row in self._office.rows(sql, party, regulator, kind, done, limit)]

    def waiting(self, kind: CaseKind, party: str, *, regulator: bool = False) -> list[Case]:
        """The cases in which it is this party's turn, soonest deadline first."""
        sql = f"SELECT {_CASE} FROM case_file f WHERE f.kind = ?3 AND ({_WAITS}) ORDER BY f.due, f.id"  # noqa: S608
        return [_case(row) for row in self._office.rows(sql, party, regulator, kind)]

    def unresolved(self, kind: CaseKind, limit: int = 10_000) -> list[Case]:
        """Cases of a kind that are not done, of whomever, newest first: for the server's own look at them."""
        sql = (
            f"SELECT {_CASE} FROM case_file f WHERE f.kind = ? AND f.state <> 'resolved'"  # noqa: S608
            " ORDER BY f.id DESC LIMIT ?"
        )
        return [_case(row) for row in self._office.rows(sql, kind, limit)]

    def sides(self, case: int) -> list[Side]:
        """The parties of a case, its raiser first."""
        sql = (
            "SELECT party, part, owner FROM case_party WHERE id = ?"
            " ORDER BY part <> 'raiser', part <> 'other', party"
        )
        return [Side._make(row) for row in self._office.rows(sql, case)]

    def items(self, case: int) -> list[str]:
        rows = self._office.rows("SELECT epc FROM case_item WHERE id = ? ORDER BY epc", case)
        return [str(epc) for (epc,) in rows]

    def lines(self, case: int) -> list[Line]:
        """The thread of a case, oldest line first."""
        sql = "SELECT line, id, at, party, login, act, text FROM case_line WHERE id = ? ORDER BY line"
        return [Line._make(row) for row in self._office.rows(sql, case)]

    # Working on it

    def say(self, case: int, entry: Entry) -> None:
        """Add a line. In an exception the turn goes to the other side."""
        with self._office.change() as db:
            verify_open(db, case)
            db.execute(
                "UPDATE case_file SET state = CASE WHEN raiser = ? THEN 'open' ELSE 'answered' END"
                " WHERE id = ? AND kind = 'exception'"
                " AND EXISTS (SELECT 1 FROM case_party p WHERE p.id = case_file.id AND p.party = ?)",
                (entry.party, case, entry.party),
            )
            write(db, case, entry)

    def propose(self, case: int, proposal: str, entry: Entry) -> None:
        """Put forward how an exception may be settled; the turn goes to the other side."""
        with self._office.change() as db:
            verify_open(db, case)
            db.execute(
                "UPDATE case_file SET proposal = ?, state = CASE WHEN raiser = ? THEN 'open' ELSE 'answered' END"
                " WHERE id = ? AND kind = 'exception'",
                (proposal, entry.party, case),
            )
            write(db, case, entry)

    def take(self, case: int, entry: Entry, owner: str = "") -> None:
        """Say who takes care of it at a party: the person of the line, or `owner` (a login)."""
        with self._office.change() as db:
            verify_open(db, case)
            _own(db, case, entry.party, owner or entry.login)
            write(db, case, entry)

    def move(self, case: int, state: State, entry: Entry, *, outcome: str = "") -> None:
        """Go on to another state. Raises StoreError where that does not follow the present one."""
        with self._office.change() as db:
            present = verify_open(db, case)
            if state not in NEXT[present]:
                raise StoreError("This case has gone on meanwhile. Load its page again.")
            db.execute(
                "UPDATE case_file SET state = :state, outcome = :outcome,"
                " closed = CASE WHEN :state = 'resolved' THEN :at END,"
                " escalated = CASE WHEN :state = 'escalated' THEN :at ELSE escalated END WHERE id = :case",
                {"state": state, "outcome": outcome, "at": entry.at, "case": case},
            )
            write(db, case, entry)

    # Deadlines, and what others are told of

    def warn_overdue(self, today: str, at: str) -> list[int]:
        """Write into every case whose last day has passed that it is overdue, once; returns those cases."""
        with self._office.change() as db:
            late = db.execute(
                "SELECT id FROM case_file f WHERE state <> 'resolved' AND due < ?"
                " AND NOT EXISTS (SELECT 1 FROM case_line l WHERE l.id = f.id AND l.act = 'overdue')",
                (today,),
            ).fetchall()
            for (case,) in late:
                write(db, case, Entry(at, "overdue"))
        return [int(case) for (case,) in late]

    def lines_after(self, line: int, limit: int = 500) -> list[tuple[Line, Case]]:
        """Lines of every thread in order, from the one after `line`, each with its case as it is now."""
        sql = (
            f"SELECT l.line, l.id, l.at, l.party, l.login, l.act, l.text, {_CASE} FROM case_line l"  # noqa: S608
            " JOIN case_file f ON f.id = l.id WHERE l.line > ? ORDER BY l.line LIMIT ?"
        )
        width = len(Line._fields)
        return [(Line._make(row[:width]), _case(row[width:])) for row in self._office.rows(sql, line, limit)]

    def cursor(self, name: str) -> int | None:
        """How far something has come; None before it began."""
        rows = self._office.rows("SELECT at FROM cursor WHERE name = ?", name)
        return int(str(rows[0][0])) if rows else None

    def advance(self, name: str, at: int) -> None:
        """Remember how far something has come; it never goes back."""
        with self._office.change() as db:
            db.execute(
                "INSERT INTO cursor (name, at) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET at = max(at, excluded.at)",
                (name, at),
            )

    # Numbers

    def raised_by_cause(self, since: str, party: str | None = None) -> dict[str, int]:
        """How many alerts each cause has raised since a time, at one party or at all."""
        rows = self._office.rows(
            "SELECT cause, count(*) FROM case_file WHERE kind = 'alert' AND raised >= ?1"
            " AND (?2 IS NULL OR raiser = ?2) GROUP BY cause ORDER BY count(*) DESC, cause",
            since,
            party,
        )
        return {str(cause): int(str(count)) for cause, count in rows}


def _case(row: tuple[object, ...]) -> Case:
    return Case._make(row)


def _join(db: Connection, case: int, parties: tuple[tuple[str, str], ...]) -> None:
    db.executemany(
        "INSERT INTO case_party (id, party, part) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(case, party, part) for party, part in parties],
    )


def _own(db: Connection, case: int, party: str, login: str) -> None:
    db.execute("UPDATE case_party SET owner = ? WHERE id = ? AND party = ?", (login, case, party))


def write(db: Connection, case: int, entry: Entry) -> None:
    """Add a line to a thread, within an open change."""
    db.execute(
        "INSERT INTO case_line (id, at, party, login, act, text) VALUES (?, ?, ?, ?, ?, ?)",
        (case, entry.at, entry.party, entry.login, entry.act, entry.text),
    )


def verify_open(db: Connection, case: int) -> str:
    """The state of a case that is not resolved; else StoreError."""
    row = db.execute("SELECT state FROM case_file WHERE id = ?", (case,)).fetchone()
    if row is None:
        raise StoreError("There is no such case")
    if row[0] == "resolved":
        raise StoreError("This case is resolved. Open a new one if there is still something wrong.")
    return str(row[0])
