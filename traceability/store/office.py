"""The office file: accounts, device keys on their way into the registry, and the audit trail.

None of it is truth about medicines and none of it is an index of the log, so it lives in a file of its
own (`office.db`), migrated and never rebuilt, away from the sequencer's write lock (DESIGN section 4).
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from traceability.store import StoreError
from traceability.store.migrations import migrate
from traceability.store.trail import Search, Trail, TrailRow, append

__all__ = ["ROLES", "Account", "AccountRole", "Enrolment", "EnrolmentState", "Office", "TrailRow"]

AccountRole = Literal["administrator", "auditor", "operator", "pharmacist", "quality", "regulator"]
EnrolmentState = Literal["requested", "approved", "refused", "revoked"]

ROLES: tuple[AccountRole, ...] = (
    "administrator", "auditor", "operator", "pharmacist", "quality", "regulator",
)  # fmt: skip
SHORTEST_PASSWORD = 10


_MOST_PAGES = 20_000
"""Pages of the write-ahead log at which a writer empties it itself, should nobody have called `fold`."""


class Account(NamedTuple):
    """A person who may log in. `party` is a GLN; `site` the GLN where this person usually works."""

    login: str
    name: str
    party: str
    role: AccountRole
    site: str | None = None
    locale: str | None = None
    published: bool = False
    """True for a demo account, whose password everybody can read in the documentation."""
    disabled: bool = False


class Enrolment(NamedTuple):
    """A device key, from the day a browser made it to its registration in the log and its end."""

    kid: str
    jwk: str
    proof: str
    """Base64url signature by the new key over party, role and log, as the registry asks."""
    party: str
    role: str
    login: str
    device: str
    """What its owner calls the device, such as "Bay 3 scanner"."""
    state: EnrolmentState
    requested: str
    decided: str | None = None
    decider: str | None = None
    expires: str | None = None
    """Last day (UTC) on which this office lets the device sign; then it is enrolled again."""
    used: str | None = None
    """When a statement of it was last taken here."""
    lost: str | None = None
    """Since when its owner misses it: what it signed after is not the owner's."""


_ACCOUNT = ", ".join(Account._fields)
_ENROLMENT = ", ".join(Enrolment._fields)


class Office:
    """The open office file. Safe to share between threads; every change is durable on return."""

    def __init__(self, path: Path, hasher: PasswordHasher | None = None) -> None:
        migrate(path, "office")
        path.chmod(0o600)
        self._hasher = hasher or PasswordHasher()
        # Compared against when no such login exists, so that a guess costs the same time either way.
        self._nobody = self._hasher.hash("nobody has this password")
        self._lock = threading.Lock()
        self._path = path
        self._db = self._connect()
        self._readers: list[sqlite3.Connection] = []
        """Connections that nobody reads through at the moment."""
        # Whoever fills the write-ahead log would wait for the disk: `fold` empties it beside the requests.
        pragmas = (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"wal_autocheckpoint={_MOST_PAGES}",
        )
        for pragma in pragmas:
            self._db.execute(f"PRAGMA {pragma}")

    def close(self) -> None:
        with self._lock:
            self._db.close()
            while self._readers:
                self._readers.pop().close()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=30.0, isolation_level=None, check_same_thread=False)

    def _reader(self) -> sqlite3.Connection:
        """An idle connection for questions, or one more: as many are open as ever asked at once."""
        with suppress(IndexError):
            return self._readers.pop()
        reader = self._connect()
        reader.execute("PRAGMA query_only=ON")
        return reader

    def fold(self) -> None:
        """Fold what the write-ahead log holds into the file, while others go on reading and writing."""
        with closing(sqlite3.connect(self._path, timeout=30.0, isolation_level=None)) as beside:
            beside.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """One durable change, for this room's other desks as well: all of it happens, or none."""
        with self._lock, self._transaction():
            yield self._db

    @contextmanager
    def jot(self) -> Iterator[sqlite3.Connection]:
        """A change that does not wait for the disk: a power cut may lose it, and it cannot harm what is kept."""
        with self._lock:
            self._db.execute("PRAGMA synchronous=NORMAL")
            try:
                with self._transaction():
                    yield self._db
            finally:
                self._db.execute("PRAGMA synchronous=FULL")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """What a question finds, for this room's other desks as well.

        Beside the writer: a question never waits until somebody's change is on the disk.
        """
        reader = self._reader()
        try:
            return reader.execute(sql, values).fetchall()
        finally:
            self._readers.append(reader)

    # Accounts

    def add_account(self, account: Account, password: str) -> None:
        """Let a person log in. The password is kept as an argon2id hash only.

        Raises StoreError for a login that is taken, an unknown role or a short password.
        """
        if account.role not in ROLES:
            raise StoreError("Expected a role out of %(known)s, got %(role)s",
                             known=", ".join(ROLES), role=account.role)  # fmt: skip
        values = (*account, self.hash_password(password, published=account.published))
        sql = f"INSERT INTO account ({_ACCOUNT}, password) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        try:
            with self.change() as db:
                db.execute(sql, values)
        except sqlite3.IntegrityError as error:
            raise StoreError("The login %(login)s is taken", login=account.login) from error

    def hash_password(self, password: str, *, published: bool = False) -> str:
        """What is kept of a password. Raises StoreError for one that is too short."""
        if len(password) < SHORTEST_PASSWORD and not published:
            raise StoreError(
                "Expected a password of at least %(length)s characters", length=SHORTEST_PASSWORD
            )
        return self._hasher.hash(password)

    def account(self, login: str) -> Account | None:
        """The account of a login, disabled or not."""
        rows = self.rows(f"SELECT {_ACCOUNT} FROM account WHERE login = ?", login)  # noqa: S608
        return _account(rows[0]) if rows else None

    def accounts(self, party: str | None = None) -> list[Account]:
        """Every account, or those of one party, by party and login."""
        sql = f"SELECT {_ACCOUNT} FROM account WHERE ?1 IS NULL OR party = ?1 ORDER BY party, login"  # noqa: S608
        return [_account(row) for row in self.rows(sql, party)]

    def verify_password(self, login: str, password: str) -> Account:
        """The account that this login and password open.

        Raises StoreError, with one sentence and in the same time for every cause.
        """
        rows = self.rows(f"SELECT {_ACCOUNT}, password FROM account WHERE login = ?", login)  # noqa: S608
        known = str(rows[0][-1]) if rows else self._nobody
        try:
            self._hasher.verify(known, password)
        except (VerificationError, InvalidHashError) as error:
            raise _wrong_password() from error
        if not rows or rows[0][len(Account._fields) - 1]:
            raise _wrong_password()
        account = _account(rows[0][:-1])
        if self._hasher.check_needs_rehash(known):
            self._store_password(login, self._hasher.hash(password))
        return account

    def change_password(self, login: str, password: str) -> None:
        """Give an account a new password, which is no longer a published one; its open sessions end."""
        hashed = self.hash_password(password)
        sql = "UPDATE account SET password = ?, published = 0, epoch = epoch + 1 WHERE login = ?"
        with self.change() as db:
            db.execute(sql, (hashed, login))

    def _store_password(self, login: str, password: str) -> None:
        with self.change() as db:
            db.execute("UPDATE account SET password = ? WHERE login = ?", (password, login))

    def set_locale(self, login: str, locale: str) -> None:
        with self.change() as db:
            db.execute("UPDATE account SET locale = ? WHERE login = ?", (locale, login))

    def set_site(self, login: str, site: str | None) -> None:
        """Where a person works from now on."""
        with self.change() as db:
            db.execute("UPDATE account SET site = ? WHERE login = ?", (site, login))

    def disable(self, login: str) -> None:
        """Let nobody log in as this account any more; what it did stays on the trail."""
        with self.change() as db:
            db.execute("UPDATE account SET disabled = 1, epoch = epoch + 1 WHERE login = ?", (login,))

    def has_published_passwords(self) -> bool:
        """Whether any account can be opened with a password out of the documentation."""
        return bool(self.rows("SELECT 1 FROM account WHERE published AND NOT disabled LIMIT 1"))

    # Device keys

    def request_key(self, enrolment: Enrolment) -> None:
        """Keep a device key for its administrator. The same request again changes nothing.

        Raises StoreError where the key was decided on before: a key registers once.
        """
        marks = ", ".join("?" * len(Enrolment._fields))
        sql = f"INSERT INTO enrolment ({_ENROLMENT}) VALUES ({marks}) ON CONFLICT (kid) DO NOTHING"  # noqa: S608
        with self.change() as db:
            db.execute(sql, enrolment)
        known = self.enrolment(enrolment.kid)
        if known is None or known.state in {"refused", "revoked"} or known.login != enrolment.login:
            raise StoreError("This device key was decided on before. Make a new one.")

    def enrolment(self, kid: str) -> Enrolment | None:
        rows = self.rows(f"SELECT {_ENROLMENT} FROM enrolment WHERE kid = ?", kid)  # noqa: S608
        return _enrolment(rows[0]) if rows else None

    def enrolments(
        self, party: str | None = None, state: EnrolmentState | None = None, login: str | None = None
    ) -> list[Enrolment]:
        """Device keys, oldest request first, of a party, in a state, of an account."""
        sql = (
            f"SELECT {_ENROLMENT} FROM enrolment WHERE (?1 IS NULL OR party = ?1)"  # noqa: S608
            " AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR login = ?3) ORDER BY requested, kid"
        )
        return [_enrolment(row) for row in self.rows(sql, party, state, login)]

    def note_key_used(self, kid: str, at: str) -> None:
        """Remember when a device last signed something that was taken here."""
        with self.change() as db:
            db.execute("UPDATE enrolment SET used = ? WHERE kid = ?", (at, kid))

    def report_key_lost(self, kid: str, since: str) -> None:
        """Remember since when a device is missed; from now on no page of this office signs with its key."""
        with self.change() as db:
            db.execute("UPDATE enrolment SET lost = ? WHERE kid = ?", (since, kid))

    def decide_key(self, kid: str, state: EnrolmentState, decider: str, decided: str) -> None:
        """Note what became of a device key, by whom and when (UTC)."""
        with self.change() as db:
            db.execute(
                "UPDATE enrolment SET state = ?, decider = ?, decided = ? WHERE kid = ?",
                (state, decider, decided, kid),
            )

    # The audit trail

    def note(
        self, at: str, login: str, party: str, act: str, detail: str,
        *, old: str = "", new: str = "", why: str = "",
    ) -> None:  # fmt: skip
        """Add a line to the audit trail; nothing can change or remove it."""
        with self.change() as db:
            append(db, TrailRow(0, at, login, party, act, detail, old, new, why))

    def trail(self, party: str | None = None, before: int | None = None, limit: int = 100) -> list[TrailRow]:
        """Lines of the audit trail, newest first, of everyone or of one party."""
        return Trail(self).search(party, Search(), before, limit)


def _wrong_password() -> StoreError:
    return StoreError("This login and password do not go together. Check both and try again.")


def _account(row: tuple[object, ...]) -> Account:
    account = Account._make(row)
    return account._replace(published=bool(account.published), disabled=bool(account.disabled))


def _enrolment(row: tuple[object, ...]) -> Enrolment:
    return Enrolment._make(row)
