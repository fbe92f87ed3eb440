"""A browser's session: whose it is, how it locks after idling, and how fresh its last proof of identity is.

The session is a signed cookie. A locked session belongs to nobody until its person unlocks it: no page and
no interface looks further than `find_person`.
"""

from flask import Response, request, session
from flask_login import UserMixin, current_user, login_user

from traceability.store.office import Account
from traceability.store.people import People
from traceability.web.errors import PageError
from traceability.web.parts import parts

PROOF_LASTS = 120
"""Seconds after a password or passkey in which a grave act may be signed."""
_TOUCH = 20
# Pages ask these by themselves: they say nothing about whether somebody is still there, unless with `here`.
_UNATTENDED = frozenset({"accounts.key_state", "locks.session", "locks.lock", "scan.frame", "static"})


class Person(UserMixin):  # type: ignore[misc]
    """The account of whoever is logged in, as Flask-Login wants it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.login = account.login
        self.name = account.name
        self.party = account.party
        self.role = account.role
        self.site = account.site
        self.locale = account.locale

    def get_id(self) -> str:
        return self.login


def _seconds() -> int:
    return int(parts().clock().timestamp())


def begin(account: Account, means: str) -> None:
    """Open a session for an account that was just proven by `means` (password or passkey)."""
    standing = People(parts().office).standing(account.login)
    session.clear()
    session.permanent = True
    session["epoch"] = standing[1] if standing is not None else -1
    prove(means)
    login_user(Person(account))


def prove(means: str) -> None:
    """Remember that its person has just proven who they are, which also unlocks the session."""
    session["seen"] = session["proven"] = _seconds()
    session["means"] = means
    session.pop("locked", None)


def resume(account: Account, means: str) -> bool:
    """Unlock the session of a person who was just proven; False where it is over and has to begin anew."""
    standing = People(parts().office).standing(account.login)
    if owner() != account.login or standing is None or session.get("epoch") != standing[1]:
        return False
    prove(means)
    login_user(Person(account))
    return True


def is_proven() -> bool:
    """Whether the person proved who they are a moment ago."""
    return 0 <= _seconds() - int(session.get("proven", 0)) <= PROOF_LASTS


def means() -> str:
    """What the person last proved themselves with: password or passkey."""
    return str(session.get("means", ""))


def lock() -> None:
    """Let nothing through before the person proves who they are again."""
    session["locked"] = True
    session.pop("proven", None)


def is_locked() -> bool:
    """Whether the session waits for its person: locked, or idle for too long."""
    idle = parts().settings.idle
    return bool(session.get("locked")) or (idle > 0 and _seconds() - int(session.get("seen", 0)) > idle * 60)


def owner() -> str:
    """The login of the session, locked or not; empty where there is none."""
    return str(session.get("_user_id", ""))


def verify_owner(login: str) -> None:
    """Refuse where the session is another person's: what is on the page is not theirs to sign."""
    if current_user.is_authenticated and current_user.login != login:
        raise PageError(
            "Somebody else is logged in here now: %(login)s. Load the page again.", login=current_user.login
        )


def find_person(login: str) -> Person | None:
    """The person of a session: while the account is open, unchanged since, and the session not locked."""
    found = People(parts().office).standing(login)
    if found is None or session.get("epoch") != found[1] or is_locked():
        return None
    return Person(found[0])


def touch(response: Response) -> Response:
    """Remember that somebody was here."""
    attended = request.endpoint not in _UNATTENDED or "here" in request.args
    if attended and "_user_id" in session and not is_locked():
        now = _seconds()
        if now - int(session.get("seen", 0)) >= _TOUCH and current_user.is_authenticated:
            session["seen"] = now
    return response
