"""Sessions that lock: the page asks here whose session it has, locks it, and opens it again in place."""

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from traceability.store import StoreError
from traceability.store.office import Account
from traceability.web import sessions
from traceability.web.parts import parts
from traceability.web.record import record
from traceability.web.security import login_tries

blueprint = Blueprint("locks", __name__)


@blueprint.get("/session")
def session() -> ResponseReturnValue:
    """Whose session this is, whether it is open, and a form token that fits it."""
    return jsonify(login=sessions.owner(), open=current_user.is_authenticated, token=generate_csrf())


@blueprint.post("/lock")
def lock() -> ResponseReturnValue:
    """Lock one's own session."""
    if current_user.is_authenticated:
        record("locked")
        sessions.lock()
    return "", 204


@blueprint.post("/unlock")
@login_tries
def unlock() -> ResponseReturnValue:
    """Prove with a password who one is: {"login", "password", "why"}; the session goes on, or begins anew."""
    asked = request.get_json()
    login = str(asked.get("login", ""))[:100]
    sessions.verify_owner(login)
    office = parts().office
    try:
        account = office.verify_password(login, str(asked.get("password", ""))[:1000])
    except StoreError:
        refused(login)
        raise
    return proven(account, "password", asked)


def refused(login: str) -> None:
    """Put a failed proof on the trail of the party whose account was tried."""
    account = parts().office.account(login)
    party = account.party if account is not None else ""
    parts().office.note(parts().now(), login, party, "login refused", request.remote_addr or "")


def proven(account: Account, means: str, asked: dict[str, Any]) -> ResponseReturnValue:
    """Let a proven person go on where they were, and say so on the trail."""
    why = str(asked.get("why", ""))[:100]
    if current_user.is_authenticated:
        sessions.prove(means)
        record("proved again", new=means, why=why)
    elif sessions.resume(account, means):
        record("unlocked", new=means, by=account)
    else:
        sessions.begin(account, means)
        record("login", request.remote_addr or "", new=means, by=account)
    return jsonify(login=account.login, token=generate_csrf())
