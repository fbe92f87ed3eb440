"""An administrator's page: the people of one's own party, their roles and places, and their way in."""

import secrets
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.store.office import Account
from traceability.store.people import Invitation, People
from traceability.web import directory, peoplefile
from traceability.web.access import permitted
from traceability.web.babel import gettext
from traceability.web.errors import PageError
from traceability.web.parts import parts
from traceability.web.peoplefile import roles, verify_new
from traceability.web.record import record

blueprint = Blueprint("people", __name__, url_prefix="/people")

INVITED_DAYS = 3


def _people() -> People:
    return People(parts().office)


def _own(login: str) -> Account:
    """An account of one's own party. Nobody learns here whether another party has it."""
    account = parts().office.account(login)
    if account is None or account.party != current_user.party:
        raise PageError("There is no account %(login)s in your organisation", login=login)
    return account


def _other(login: str) -> Account:
    """An account of one's own party that is not one's own: nobody shuts themselves out."""
    if login == current_user.login:
        raise PageError("Ask another administrator to change your own account")
    return _own(login)


def _reason() -> str:
    return request.form.get("why", "").strip()[:200]


def _page(**more: object) -> str:
    office, party = parts().office, current_user.party
    return render_template(
        "people.html",
        people=office.accounts(party),
        waiting=_people().waiting(party, parts().now()),
        sites=directory.sites(party),
        roles=roles(party),
        **more,
    )


@blueprint.get("")
@permitted("people.home")
def home() -> ResponseReturnValue:
    """Everyone of this party who may log in."""
    return _page()


@blueprint.post("")
@permitted("people.home")
def add() -> ResponseReturnValue:
    """Let one more person in, with a link to choose a password."""
    form = request.form
    account = verify_new(
        form.get("login", ""), form.get("name", ""), form.get("role", ""), form.get("site", ""), current_user.party
    )  # fmt: skip
    _people().add([account])
    record("account added", account.login, new=account.role)
    return _page(link=_invite(account), invited=account)


def _invite(account: Account) -> str:
    """A link with which somebody chooses a password, shown once."""
    link, now = secrets.token_urlsafe(24), parts().clock()
    expires = (now + timedelta(days=INVITED_DAYS)).strftime("%Y-%m-%dT%H:%M:%SZ")
    _people().invite(link, Invitation(account.login, current_user.login, parts().now(), expires))
    record("invited", account.login, new=expires, why=_reason())
    return url_for("passwords.invited", link=link, _external=True)


@blueprint.post("/<login>/invite")
@permitted("people.home")
def invite(login: str) -> ResponseReturnValue:
    """A new link for somebody who lost the password or the first link. The old password works until then."""
    account = _own(login)
    if account.disabled:
        raise PageError("This account is closed. Open it first.")
    return _page(link=_invite(account), invited=account)


@blueprint.post("/<login>/role")
@permitted("people.home")
def set_role(login: str) -> ResponseReturnValue:
    """Give somebody another role."""
    account, role = _other(login), request.form.get("role", "")
    if role not in roles(account.party):
        raise PageError("Expected a role out of %(known)s, got %(role)s", known=", ".join(roles(account.party)), role=role)  # fmt: skip
    if role != account.role:
        _people().set_role(login, role)  # type: ignore[arg-type]  # looked up just above
        record("role changed", login, old=account.role, new=role, why=_reason())
        flash(
            gettext("%(name)s has another role now, and enrols each device again.", name=account.name),
            "clear",
        )
    return redirect(url_for("people.home"))


@blueprint.post("/<login>/site")
@permitted("people.home")
def set_site(login: str) -> ResponseReturnValue:
    """Set where somebody works."""
    account, site = _own(login), request.form.get("site", "")
    if site and site not in directory.sites(account.party):
        raise PageError("Expected one of your own sites")
    if site != (account.site or ""):
        parts().office.set_site(login, site or None)
        record("site changed", login, old=account.site or "", new=site, why=_reason())
        flash(gettext("Saved."), "clear")
    return redirect(url_for("people.home"))


@blueprint.post("/<login>/close")
@permitted("people.home")
def close(login: str) -> ResponseReturnValue:
    """Let nobody in as this person any more; open sessions end at once."""
    account = _other(login)
    parts().office.disable(login)
    record("account disabled", login, old="open", new="closed", why=_reason())
    flash(gettext("%(name)s cannot log in any more. End their devices too.", name=account.name), "again")
    return redirect(url_for("people.home"))


@blueprint.post("/<login>/open")
@permitted("people.home")
def reopen(login: str) -> ResponseReturnValue:
    """Let somebody in again, with the password they had."""
    account = _other(login)
    _people().enable(login)
    record("account enabled", login, old="closed", new="open", why=_reason())
    flash(gettext("%(name)s can log in again.", name=account.name), "clear")
    return redirect(url_for("people.home"))


@blueprint.post("/import")
@permitted("people.home")
def import_file() -> ResponseReturnValue:
    """Many people from a CSV file: first what would happen, line by line; then, with `sure`, all of it."""
    text = peoplefile.text_of(request.files.get("file"), request.form.get("text", ""))
    lines = peoplefile.read(text, current_user.party)
    good = [line.account for line in lines if line.account is not None]
    sure = "sure" in request.form and len(good) == len(lines)
    if not sure:
        return _page(lines=lines, text=text, usable=bool(lines) and len(good) == len(lines))
    _people().add(good)
    links = []
    for account in good:
        record("account added", account.login, new=account.role, why="CSV")
        links.append((account, _invite(account)))
    return _page(links=links)
