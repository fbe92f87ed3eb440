"""Choosing a password: a new one of one's own, or the first one with a link that works once."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.store import StoreError
from traceability.store.office import SHORTEST_PASSWORD
from traceability.store.people import People
from traceability.web import sessions
from traceability.web.access import logged_in
from traceability.web.babel import gettext
from traceability.web.errors import PageError
from traceability.web.language import tell
from traceability.web.parts import parts
from traceability.web.record import record
from traceability.web.security import login_tries

blueprint = Blueprint("passwords", __name__)


def _chosen() -> str:
    """The new password, typed twice alike."""
    password = request.form.get("new", "")[:1000]
    if password != request.form.get("again", "")[:1000]:
        raise PageError("The two new passwords differ. Type the same one twice.")
    return password


@blueprint.route("/password", methods=["GET", "POST"])
@logged_in
@login_tries
def change() -> ResponseReturnValue:
    """Change one's own password; every other session of one's own ends."""
    if request.method == "GET":
        return _page()
    office = parts().office
    try:
        account = office.verify_password(current_user.login, request.form.get("old", "")[:1000])
        office.change_password(account.login, _chosen())
    except (StoreError, PageError) as error:
        return _page(tell(error)), 409
    record("password changed", account.login)
    sessions.begin(account, "password")
    flash(gettext("Your password is changed. Your other sessions are over."), "clear")
    return redirect(url_for("accounts.devices"))


def _page(problem: str = "") -> str:
    return render_template("password.html", problem=problem, shortest=SHORTEST_PASSWORD)


@blueprint.route("/invited/<link>", methods=["GET", "POST"])
@login_tries
def invited(link: str) -> ResponseReturnValue:
    """Choose the password of the account that an administrator's link is for."""
    people = People(parts().office)
    account = people.invited(link, parts().now())
    problem = ""
    if request.method == "POST":
        try:
            people.accept(link, _chosen(), parts().now())
        except (StoreError, PageError) as error:
            problem = tell(error)
        else:
            record("password chosen", account.login, by=account)
            sessions.begin(account, "password")
            return redirect(url_for("accounts.devices"))
    page = render_template("invited.html", account=account, problem=problem, shortest=SHORTEST_PASSWORD)
    return page, 409 if problem else 200
