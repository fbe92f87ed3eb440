"""The campaigns of recalls in the office file: who was told, reminded, and looked up."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from traceability.store.notices import Notice as Letter
from traceability.store.notices import keep
from traceability.store.office import Office

CallKind = Literal["reminder", "check"]


class Notice(NamedTuple):
    """That a party was told of a recall; times are UTC."""

    recall: str
    party: str
    notified: str
    due: str


class Step(NamedTuple):
    """What was sent about a holder by itself: `told`, `reminded`, `overdue`, `escalated` or `lifted`."""

    recall: str
    party: str
    step: str
    at: str


class Call(NamedTuple):
    """A reminder, or an effectiveness check and what it found."""

    recall: str
    party: str
    kind: CallKind
    at: str
    login: str
    note: str


class Campaigns:
    """Notices and calls of recalls; both only grow."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def tell(self, notices: Iterable[Notice]) -> list[Notice]:
        """Keep notices to parties that were not told of that recall before; gives back those."""
        new = []
        with self._office.change() as db:
            for notice in notices:
                sql = "INSERT INTO recall_notice VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
                if db.execute(sql, notice).rowcount:
                    new.append(notice)
        return new

    def told(self, recall: str) -> dict[str, Notice]:
        """The notices of a recall by party."""
        rows = self._office.rows(
            "SELECT recall, party, notified, due FROM recall_notice WHERE recall = ?", recall
        )
        return {notice.party: notice for notice in map(Notice._make, rows)}

    def of_party(self, party: str) -> list[Notice]:
        """What a party was told, newest first."""
        sql = (
            "SELECT recall, party, notified, due FROM recall_notice WHERE party = ?"
            " ORDER BY notified DESC, recall"
        )
        return list(map(Notice._make, self._office.rows(sql, party)))

    def take(self, steps: Iterable[Step], letters: Iterable[Letter]) -> bool:
        """Take steps, and in the same change queue the letters that tell of them: none is lost or made twice.
        Gives whether any was taken now."""
        fresh = False
        with self._office.change() as db:
            for step in steps:
                sql = "INSERT INTO recall_step (recall, party, step, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
                fresh |= bool(db.execute(sql, step).rowcount)
            if fresh:
                keep(db, letters)
        return fresh

    def steps(self, recall: str) -> list[Step]:
        """The steps taken in a recall, oldest first."""
        sql = "SELECT recall, party, step, at FROM recall_step WHERE recall = ? ORDER BY at, party, step"
        return list(map(Step._make, self._office.rows(sql, recall)))

    def call(self, call: Call, letters: Iterable[Letter] = ()) -> None:
        """Add a reminder or a check, and queue the letters that go with it."""
        with self._office.change() as db:
            db.execute(
                "INSERT INTO recall_call (recall, party, kind, at, login, note) VALUES (?, ?, ?, ?, ?, ?)",
                call,
            )
            keep(db, letters)

    def calls(self, recall: str) -> list[Call]:
        """Reminders and checks of a recall, oldest first."""
        sql = "SELECT recall, party, kind, at, login, note FROM recall_call WHERE recall = ? ORDER BY id"
        return list(map(Call._make, self._office.rows(sql, recall)))
