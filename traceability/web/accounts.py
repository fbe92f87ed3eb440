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
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from traceability.store import StoreError
from traceability.web import directory, enrolment
from traceability.web.access import Person, logged_in
from traceability.web.babel import gettext, lazy_gettext
from traceability.web.errors import PageError
from traceability.web.language import COOKIE, LANGUAGES, tell
from traceability.web.parts import parts
from traceability.web.security import limiter, secure_cookie

blueprint = Blueprint("accounts", __name__)

LOGIN_TRIES = "10 per minute; 60 per hour"


class LoginForm(FlaskForm):  # type: ignore[misc]
    """A login and its password."""

    login = StringField(lazy_gettext("Login"), [InputRequired(), Length(max=100)])
    password = PasswordField(lazy_gettext("Password"), [InputRequired(), Length(max=1000)])


def _here(target: str | None) -> str:
    """A page of this server to go on to; anything else becomes the start page."""
    if target:
        parsed = urlsplit(target)
        plain = not parsed.scheme and not parsed.netloc and "\\" not in target
        if plain and target.startswith("/") and not target.startswith("//"):
            return target
    return url_for("public.start")


@blueprint.route("/login", methods=["GET", "POST"])
@limiter.limit(LOGIN_TRIES, methods=["POST"], deduct_when=lambda response: response.status_code != 302)
def login() -> ResponseReturnValue:
    """Open a session."""
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("login.html", form=form, published=_published())
    office, now = parts().office, parts().now()
    try:
        account = office.verify_password(form.login.data.strip(), form.password.data)
    except StoreError as error:
        office.note(now, form.login.data.strip()[:100], "", "login refused", request.remote_addr or "")
        flash(tell(error), "stop")
        return render_template("login.html", form=form, published=_published()), 401
    session.clear()
    session.permanent = True
    login_user(Person(account))
    office.note(now, account.login, account.party, "login", request.remote_addr or "")
    return redirect(_here(request.args.get("next")))


def _published() -> list[object]:
    """Demo accounts, to choose one from the login page."""
    if not parts().settings.demo:
        return []
    return [account for account in parts().office.accounts() if account.published and not account.disabled]


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """End the session."""
    if current_user.is_authenticated:
        parts().office.note(parts().now(), current_user.login, current_user.party, "logout", "")
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
    response = make_response(redirect(_here(request.form.get("next"))))
    response.set_cookie(
        COOKIE, chosen, max_age=365 * 86400, httponly=True, samesite="Lax", secure=secure_cookie()
    )
    return response


# Devices


@blueprint.get("/devices")
@logged_in
def devices() -> ResponseReturnValue:
    """You and this device: its key, your other devices, where you work."""
    return render_template(
        "devices.html",
        enrolments=parts().office.enrolments(login=current_user.login),
        sites=directory.sites(current_user.party),
        automatic=enrolment.is_automatic(current_user.account),
        log=parts().trust.origin,
    )


@blueprint.post("/devices/site")
@logged_in
def choose_site() -> ResponseReturnValue:
    """Set where this person works."""
    site = request.form.get("site") or None
    if site is not None and site not in directory.sites(current_user.party):
        raise PageError("Expected one of your own sites")
    parts().office.set_site(current_user.login, site)
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
    """How far the registration of a key of one's own has come."""
    asked = parts().office.enrolment(kid)
    if asked is None or asked.login != current_user.login:
        return jsonify(kid=kid, state="unknown")
    return jsonify(kid=kid, state=enrolment.current(asked).state)


@blueprint.get("/devices/requests")
@logged_in
def requests() -> ResponseReturnValue:
    """Device keys that wait for the administrator of their party."""
    enrolment.verify_administrator(current_user.account)
    here, party = parts(), current_user.party
    asked = [
        one
        for one in here.office.enrolments(party, "requested")
        if enrolment.current(one).state == "requested"
    ]
    enrolled = [
        one for one in here.office.enrolments(party, "approved") if enrolment.current(one).state == "approved"
    ]
    since = here.clock().strftime("%Y-%m-%dT%H:%M:%S+00:00")
    return render_template(
        "requests.html",
        requests=[(one, enrolment.act_of(one).decode()) for one in asked if one.role != "administrator"],
        elsewhere=[one for one in asked if one.role == "administrator"],
        enrolled=[(one, enrolment.revocation(one, "retired", since).decode()) for one in enrolled],
        names={account.login: account.name for account in here.office.accounts(party)},
    )


@blueprint.post("/devices/requests/<kid>/refuse")
@logged_in
def refuse_key(kid: str) -> ResponseReturnValue:
    """Turn a request down."""
    enrolment.refuse(current_user.account, kid)
    flash(gettext("Refused. The device may ask again with a new key."), "unknown")
    return redirect(url_for("accounts.requests"))
