"""Who wants to hear of exceptions, alerts and recalls, and the durable queue of what is on its way to them."""

from collections.abc import Iterable
from sqlite3 import Connection
from typing import NamedTuple

from traceability.store import StoreError
from traceability.store.office import Office

BACKOFF = (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds after each failed try until the next, about three days in all; then it has failed."""
KEPT_SECONDS = 30 * 86_400
"""How long it is remembered what became of a notice."""


class PersonWish(NamedTuple):
    """What one person hears of by e-mail."""

    login: str
    email: str
    kinds: frozenset[str]


class PartyWish(NamedTuple):
    """Where a party's own system hears of its cases."""

    party: str
    url: str
    secret: str
    kinds: frozenset[str]


class Notice(NamedTuple):
    """One e-mail or webhook call, on its way or done."""

    id: str
    made: str
    party: str
    login: str
    """Empty for the party's webhook."""
    target: str
    content: str
    """JSON: subject and text of an e-mail, or the body of a webhook call."""
    tries: int
    due: float
    state: str
    trouble: str


_NOTICE = ", ".join(Notice._fields)


class Notices:
    """The desk of wishes and of the queue."""

    def __init__(self, office: Office) -> None:
        self._office = office

    # Wishes

    def person(self, login: str) -> PersonWish | None:
        rows = self._office.rows("SELECT login, email, kinds FROM notice_person WHERE login = ?", login)
        return _person(rows[0]) if rows else None

    def people(self, party: str) -> list[PersonWish]:
        """Those of a party who hear of anything and whose account is open."""
        sql = (
            "SELECT n.login, n.email, n.kinds FROM notice_person n JOIN account a ON a.login = n.login"
            " WHERE a.party = ? AND NOT a.disabled AND n.kinds <> '' ORDER BY n.login"
        )
        return [_person(row) for row in self._office.rows(sql, party)]

    def set_person(self, wish: PersonWish) -> None:
        """Remember a person's wish; no address ends it."""
        with self._office.change() as db:
            db.execute("DELETE FROM notice_person WHERE login = ?", (wish.login,))
            if wish.email:
                db.execute(
                    "INSERT INTO notice_person VALUES (?, ?, ?)", (wish.login, wish.email, _text(wish.kinds))
                )

    def party(self, party: str) -> PartyWish | None:
        sql = "SELECT party, url, secret, kinds FROM notice_party WHERE party = ?"
        rows = self._office.rows(sql, party)
        return _party(rows[0]) if rows else None

    def set_party(self, wish: PartyWish) -> None:
        """Remember where a party's system listens; no address ends it."""
        with self._office.change() as db:
            db.execute("DELETE FROM notice_party WHERE party = ?", (wish.party,))
            if wish.url:
                db.execute(
                    "INSERT INTO notice_party VALUES (?, ?, ?, ?)",
                    (wish.party, wish.url, wish.secret, _text(wish.kinds)),
                )

    # The queue

    def queue(self, notices: list[Notice], cursor: tuple[str, int]) -> None:
        """Keep notices, and in the same change how far the threads were read: none is lost or made twice."""
        with self._office.change() as db:
            keep(db, notices)
            db.execute(
                "INSERT INTO cursor (name, at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at",
                cursor,
            )

    def due(self, now: float, limit: int = 50) -> list[Notice]:
        """What is to be sent by now, longest waiting first."""
        sql = f"SELECT {_NOTICE} FROM notice WHERE state = 'waiting' AND due <= ? ORDER BY due LIMIT ?"  # noqa: S608
        return [Notice._make(row) for row in self._office.rows(sql, now, limit)]

    def sent(self, notice: Notice) -> None:
        self._finish(notice, "sent", "")

    def failed(self, notice: Notice, trouble: str) -> None:
        """It cannot be delivered, now or ever."""
        self._finish(notice, "failed", trouble)

    def put_off(self, notice: Notice, now: float, trouble: str) -> None:
        """It could not be delivered now: try again later, or give up after the last time."""
        if notice.tries >= len(BACKOFF):
            self.failed(notice, trouble)
            return
        with self._office.change() as db:
            db.execute(
                "UPDATE notice SET tries = tries + 1, due = ?, trouble = ? WHERE id = ?",
                (now + BACKOFF[notice.tries], trouble, notice.id),
            )

    def _finish(self, notice: Notice, state: str, trouble: str) -> None:
        with self._office.change() as db:
            db.execute(
                "UPDATE notice SET state = ?, trouble = ?, tries = tries + 1 WHERE id = ?",
                (state, trouble, notice.id),
            )
            db.execute(
                "DELETE FROM notice WHERE state <> 'waiting' AND due < ?", (notice.due - KEPT_SECONDS,)
            )

    def recent(self, party: str, login: str, limit: int = 20) -> list[Notice]:
        """What became of the latest notices to a person, or with an empty login to the party's webhook."""
        sql = f"SELECT {_NOTICE} FROM notice WHERE party = ? AND login = ? ORDER BY made DESC, id LIMIT ?"  # noqa: S608
        return [Notice._make(row) for row in self._office.rows(sql, party, login, limit)]

    def again(self, notice: str, party: str, now: float) -> None:
        """Try a failed notice of a party once more. Raises StoreError where there is none."""
        with self._office.change() as db:
            done = db.execute(
                "UPDATE notice SET state = 'waiting', tries = 0, due = ? WHERE id = ? AND party = ?"
                " AND state = 'failed'",
                (now, notice, party),
            )
            if done.rowcount == 0:
                raise StoreError("There is no failed notice of this number")


def keep(db: Connection, notices: Iterable[Notice]) -> None:
    """Put notices in the queue within a change that also keeps why they are sent."""
    marks = ", ".join("?" * len(Notice._fields))
    db.executemany(f"INSERT INTO notice ({_NOTICE}) VALUES ({marks})", notices)  # noqa: S608


def _text(kinds: frozenset[str]) -> str:
    return " ".join(sorted(kinds))


def _person(row: tuple[object, ...]) -> PersonWish:
    login, email, kinds = map(str, row)
    return PersonWish(login, email, frozenset(kinds.split()))


def _party(row: tuple[object, ...]) -> PartyWish:
    party, url, secret, kinds = map(str, row)
    return PartyWish(party, url, secret, frozenset(kinds.split()))
