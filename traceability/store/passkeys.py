"""Passkeys (WebAuthn credentials) of the people of an office: public keys only, nothing to steal."""

import sqlite3
from typing import NamedTuple

from traceability.store import StoreError
from traceability.store.office import Office

MOST = 20
"""Passkeys one person may have."""


class Passkey(NamedTuple):
    """A passkey: its credential id (base64url), whose it is and what they call it, the site it is for
    (WebAuthn's relying party id), its public key (COSE), its signature counter, and when it was used."""

    id: str
    login: str
    name: str
    site: str
    key: bytes
    counter: int
    made: str
    used: str | None = None


_PASSKEY = ", ".join(Passkey._fields)


class Passkeys:
    """The passkeys of an office."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, passkey: Passkey) -> None:
        """Keep a new passkey. Raises StoreError for one that is known, and where there are too many."""
        if len(self.of(passkey.login)) >= MOST:
            raise StoreError("Expected at most %(most)s passkeys. Remove one first.", most=MOST)
        marks = ", ".join("?" * len(passkey))
        try:
            with self._office.change() as db:
                db.execute(f"INSERT INTO passkey ({_PASSKEY}) VALUES ({marks})", passkey)  # noqa: S608
        except sqlite3.IntegrityError as error:
            raise StoreError("This passkey is registered already") from error

    def of(self, login: str) -> list[Passkey]:
        """A person's passkeys, oldest first."""
        sql = f"SELECT {_PASSKEY} FROM passkey WHERE login = ? ORDER BY made, id"  # noqa: S608
        return [Passkey._make(row) for row in self._office.rows(sql, login)]

    def find(self, key_id: str) -> Passkey | None:
        """The passkey with a credential id."""
        rows = self._office.rows(f"SELECT {_PASSKEY} FROM passkey WHERE id = ?", key_id)  # noqa: S608
        return Passkey._make(rows[0]) if rows else None

    def note_used(self, key_id: str, counter: int, at: str) -> None:
        """Remember the counter of a passkey and when it was used."""
        with self._office.change() as db:
            db.execute("UPDATE passkey SET counter = ?, used = ? WHERE id = ?", (counter, at, key_id))

    def remove(self, key_id: str, login: str) -> Passkey:
        """Forget a passkey of one's own. Raises StoreError where there is none."""
        passkey = self.find(key_id)
        if passkey is None or passkey.login != login:
            raise StoreError("You have no such passkey")
        with self._office.change() as db:
            db.execute("DELETE FROM passkey WHERE id = ?", (key_id,))
        return passkey
