"""The accounts of a party, as its administrator looks after them, and invitations to choose a password."""

import sqlite3
from hashlib import sha256
from typing import NamedTuple

from traceability.store import StoreError
from traceability.store.office import ROLES, Account, AccountRole, Office

NO_PASSWORD = "!"  # noqa: S105 - no argon2 hash is spelt so: nothing opens it


class Invitation(NamedTuple):
    """A link that was given out: for whom, by whom, and until when (UTC) it works."""

    login: str
    inviter: str
    made: str
    expires: str


class People:
    """What an administrator does with the accounts of an office."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def standing(self, login: str) -> tuple[Account, int] | None:
        """An open account and its epoch: a session of an older epoch is over."""
        columns = ", ".join(Account._fields)
        sql = f"SELECT epoch, {columns} FROM account WHERE login = ? AND NOT disabled"  # noqa: S608
        for epoch, *row in self._office.rows(sql, login):
            account = Account._make(row)
            return account._replace(published=bool(account.published), disabled=False), int(str(epoch))
        return None

    def add(self, accounts: list[Account]) -> None:
        """Add accounts that nobody can open before they have chosen a password: all of them, or none.

        Raises StoreError for a login that is taken or an unknown role.
        """
        columns = ", ".join(Account._fields)
        sql = f"INSERT INTO account ({columns}, password) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        with self._office.change() as db:
            for account in accounts:
                verify_role(account.role)
                try:
                    db.execute(sql, (*account, NO_PASSWORD))
                except sqlite3.IntegrityError as error:
                    raise StoreError("The login %(login)s is taken", login=account.login) from error

    def set_role(self, login: str, role: AccountRole) -> None:
        """Give a person another role. Open sessions end; device keys of the old role sign no more."""
        verify_role(role)
        with self._office.change() as db:
            db.execute("UPDATE account SET role = ?, epoch = epoch + 1 WHERE login = ?", (role, login))

    def enable(self, login: str) -> None:
        """Let a disabled account in again."""
        with self._office.change() as db:
            db.execute("UPDATE account SET disabled = 0 WHERE login = ?", (login,))

    # Invitations

    def invite(self, link: str, invitation: Invitation) -> None:
        """Let whoever has a secret link choose the password of an account; earlier links stop working."""
        with self._office.change() as db:
            db.execute(
                "UPDATE invitation SET used = ? WHERE login = ? AND used IS NULL",
                (invitation.made, invitation.login),
            )
            db.execute(
                "INSERT INTO invitation (digest, login, inviter, made, expires) VALUES (?, ?, ?, ?, ?)",
                (_digest(link), *invitation),
            )

    def invited(self, link: str, now: str) -> Account:
        """The account that a link opens at a moment (UTC). Raises StoreError for one that opens nothing."""
        sql = "SELECT login FROM invitation WHERE digest = ? AND used IS NULL AND expires > ?"
        rows = self._office.rows(sql, _digest(link), now)
        account = self._office.account(str(rows[0][0])) if rows else None
        if account is None or account.disabled:
            raise _dead_link()
        return account

    def accept(self, link: str, password: str, now: str) -> Account:
        """Choose the password of an invited account; the link is spent.

        Raises StoreError for a short password, which spends nothing, and for a link that opens nothing.
        """
        hashed = self._office.hash_password(password)
        account = self.invited(link, now)
        with self._office.change() as db:
            spent = db.execute(
                "UPDATE invitation SET used = ? WHERE digest = ? AND used IS NULL", (now, _digest(link))
            )
            if spent.rowcount != 1:
                raise _dead_link()
            db.execute(
                "UPDATE account SET password = ?, published = 0, epoch = epoch + 1 WHERE login = ?",
                (hashed, account.login),
            )
        return account

    def waiting(self, party: str, now: str) -> dict[str, str]:
        """Logins of a party whose link was not used yet, and until when it works."""
        sql = (
            "SELECT invitation.login, expires FROM invitation JOIN account USING (login)"
            " WHERE party = ? AND used IS NULL AND expires > ?"
        )
        return {str(login): str(expires) for login, expires in self._office.rows(sql, party, now)}


def verify_role(role: str) -> AccountRole:
    """A role that accounts have. Raises StoreError naming them."""
    known = next((one for one in ROLES if one == role), None)
    if known is None:
        raise StoreError("Expected a role out of %(known)s, got %(role)s", known=", ".join(ROLES), role=role)
    return known


def _digest(link: str) -> str:
    return sha256(link.encode()).hexdigest()


def _dead_link() -> StoreError:
    return StoreError("This link was used already or is too old. Ask your administrator for a new one.")
