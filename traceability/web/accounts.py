"""People and their devices: login, language, and device keys with their administrator's approval."""

from urllib.parse import urlsplit

from flask import (
    Blueprint,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from traceability.store import StoreError
from traceability.store.office import Account
from traceability.store.passkeys import Passkeys
from traceability.web import directory, enrolment, sessions
from traceability.web.access import SIGNERS, logged_in, permitted
from traceability.web.babel import gettext, lazy_gettext
from traceability.web.errors import PageError
from traceability.web.language import COOKIE, LANGUAGES, tell
from traceability.web.locks import refused
from traceability.web.parts import parts
from traceability.web.record import record
from traceability.web.security import login_tries, secure_cookie

blueprint = Blueprint("accounts", __name__)


class LoginForm(FlaskForm):  # type: ignore[misc]
    """A login and its password."""

    login = StringField(lazy_gettext("Login"), [InputRequired(), Length(max=100)])
    password = PasswordField(lazy_gettext("Password"), [InputRequired(), Length(max=1000)])


def here(target: str | None) -> str:
    """A page of this server to go on to; anything else becomes the start page."""
    if target:
        parsed = urlsplit(target)
        plain = not parsed.scheme and not parsed.netloc and "\\" not in target
        if plain and target.startswith("/") and not target.startswith("//"):
            return target
    return url_for("public.start")


@blueprint.route("/login", methods=["GET", "POST"])
@login_tries
def login() -> ResponseReturnValue:
    """Open a session, or unlock the one that is here."""
    form = LoginForm(login=sessions.owner())
    if not form.validate_on_submit():
        return _login_page(form)
    login = form.login.data.strip()[:100]
    try:
        account = parts().office.verify_password(login, form.password.data)
    except StoreError as error:
        refused(login)
        flash(tell(error), "stop")
        return _login_page(form), 401
    sessions.begin(account, "password")
    record("login", request.remote_addr or "", new="password", by=account)
    return redirect(here(request.args.get("next")))


def _login_page(form: LoginForm) -> str:
    locked = sessions.owner() if sessions.is_locked() and not current_user.is_authenticated else ""
    published, colleagues = _published()
    return render_template("login.html", form=form, published=published, colleagues=colleagues, locked=locked)


def _published() -> tuple[list[Account], list[Account]]:
    """Demo accounts, to choose one from the login page: the first of each party, and their colleagues."""
    known = parts().office.accounts() if parts().settings.demo else []
    shown = [account for account in known if account.published and not account.disabled]
    first = {account.party: account for account in reversed(shown)}
    colleagues = [account for account in shown if first[account.party] is not account]
    return [account for account in shown if first[account.party] is account], colleagues


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """End the session."""
    if current_user.is_authenticated:
        record("logout")
    logout_user()
    session.clear()
    return redirect(url_for("public.landing"))


@blueprint.post("/language")
def switch_language() -> ResponseReturnValue:
    """Show everything in another language from now on."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise PageError("Expected a language out of %(known)s", known=", ".join(LANGUAGES))
    if current_user.is_authenticated:
        parts().office.set_locale(current_user.login, chosen)
        record("language changed", current_user.login, old=current_user.locale or "", new=chosen)
    response = make_response(redirect(here(request.form.get("next"))))
    response.set_cookie(
        COOKIE, chosen, max_age=365 * 86400, httponly=True, samesite="Lax", secure=secure_cookie()
    )
    return response


# Devices


@blueprint.get("/devices")
@logged_in
def devices() -> ResponseReturnValue:
    """You and this device: its key, your other devices, where you work, how you log in."""
    office, login = parts().office, current_user.login
    return render_template(
        "devices.html",
        enrolments=[enrolment.current(one) for one in office.enrolments(login=login)],
        standing=enrolment.standing,
        passkeys=Passkeys(office).of(login),
        sites=directory.sites(current_user.party),
        signs=current_user.role in SIGNERS,
    )


@blueprint.post("/devices/site")
@logged_in
def choose_site() -> ResponseReturnValue:
    """Set where this person works."""
    site = request.form.get("site") or None
    if site is not None and site not in directory.sites(current_user.party):
        raise PageError("Expected one of your own sites")
    parts().office.set_site(current_user.login, site)
    record("site changed", current_user.login, old=current_user.site or "", new=site or "")
    flash(gettext("Saved."), "clear")
    return redirect(url_for("accounts.devices"))


@blueprint.post("/devices/keys")
@logged_in
def request_key() -> ResponseReturnValue:
    """Ask for a device key's registration; in the demo it is granted at once."""
    wanted = request.get_json()
    asked = enrolment.request_key(current_user.account, wanted)
    return jsonify(kid=asked.kid, state=asked.state), 201


@blueprint.get("/devices/keys/<kid>")
@logged_in
def key_state(kid: str) -> ResponseReturnValue:
    """How far the registration of a key of one's own has come, and until when it signs."""
    asked = parts().office.enrolment(kid)
    if asked is None or asked.login != current_user.login:
        return jsonify(kid=kid, state="unknown")
    known = enrolment.current(asked)
    return jsonify(
        kid=kid, state=enrolment.standing(known), expires=known.expires, soon=enrolment.ends_soon(known)
    )


@blueprint.post("/devices/keys/<kid>/lost")
@logged_in
def lose_key(kid: str) -> ResponseReturnValue:
    """Report a device of one's own as lost: no page signs with it from now on."""
    enrolment.report_lost(current_user.account, kid, request.form.get("since", ""))
    flash(
        gettext(
            "Reported lost. Nothing here signs with it any more; the log learns it when its end is signed."
        ),
        "again",
    )
    return redirect(url_for("accounts.devices"))


@blueprint.get("/devices/requests")
@permitted("accounts.requests")
def requests() -> ResponseReturnValue:
    """Device keys of an administrator's party: those that wait, and those that sign."""
    office, party = parts().office, current_user.party
    known = [enrolment.current(one) for one in office.enrolments(party)]
    asked = [one for one in known if one.state == "requested"]
    return render_template(
        "requests.html",
        requests=[(one, enrolment.act_of(one).decode()) for one in asked if one.role != "administrator"],
        elsewhere=[one for one in asked if one.role == "administrator"],
        lost=[(one, enrolment.end_of(one).decode()) for one in known if enrolment.standing(one) == "lost"],
        enrolled=[
            (one, enrolment.end_of(one).decode()) for one in known if one.state == "approved" and not one.lost
        ],
        standing=enrolment.standing,
        names={account.login: account.name for account in office.accounts(party)},
    )


@blueprint.post("/devices/requests/<kid>/refuse")
@permitted("accounts.requests")
def refuse_key(kid: str) -> ResponseReturnValue:
    """Turn a request down."""
    enrolment.refuse(current_user.account, kid)
    flash(gettext("Refused. The device may ask again with a new key."), "unknown")
    return redirect(url_for("accounts.requests"))
