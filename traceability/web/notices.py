"""Who hears of exceptions, alerts and recalls: each person by e-mail, each party's own system by a signed webhook."""

from datetime import UTC, datetime
from typing import NamedTuple

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.store.notices import Notice, Notices, PartyWish, PersonWish
from traceability.web import sending
from traceability.web.access import permitted
from traceability.web.babel import gettext
from traceability.web.parts import parts
from traceability.web.record import record
from traceability.web.security import limiter
from traceability.web.words import moment

blueprint = Blueprint("notices", __name__, url_prefix="/notices")

KINDS = ("alert", "exception", "recall")
KEEPERS = frozenset({"administrator", "quality", "regulator"})
"""People who decide where their party's system listens."""


class Delivery(NamedTuple):
    """What became of a notice, in a list."""

    id: str
    when: str
    tone: str
    word: str
    detail: str
    again: bool


@blueprint.get("")
@permitted("notices.home")
def home() -> ResponseReturnValue:
    """What I hear of, and what my party's system hears of."""
    desk, party, login = Notices(parts().office), current_user.party, current_user.login
    keeper = current_user.role in KEEPERS
    return render_template(
        "notices.html",
        person=desk.person(login),
        party=desk.party(party) if keeper else None,
        keeper=keeper,
        mail=parts().settings.mail is not None,
        mine=[_delivery(one) for one in desk.recent(party, login)],
        calls=[_delivery(one) for one in desk.recent(party, "")] if keeper else [],
    )


def _delivery(notice: Notice) -> Delivery:
    tone, word = {
        "waiting": ("again", gettext("on its way")),
        "sent": ("clear", gettext("delivered")),
        "failed": ("stop", gettext("not delivered")),
    }[notice.state]
    detail = notice.trouble
    if notice.state == "waiting" and notice.tries:
        due = datetime.fromtimestamp(notice.due, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        detail = gettext("%(trouble)s · tried again %(when)s", trouble=notice.trouble, when=moment(due))
    return Delivery(notice.id, moment(notice.made), tone, word, detail, notice.state == "failed")


def _kinds() -> frozenset[str]:
    return frozenset(request.form.getlist("kinds")) & frozenset(KINDS)


@blueprint.post("/person")
@permitted("notices.home")
def save_person() -> ResponseReturnValue:
    """Remember my address and what I want to hear of; no address ends it."""
    text = request.form.get("email", "").strip()
    wish = PersonWish(current_user.login, sending.parse_address(text) if text else "", _kinds())
    Notices(parts().office).set_person(wish)
    record("e-mail notices", ", ".join(sorted(wish.kinds)) if wish.email else "none")
    flash(gettext("Saved."), "clear")
    return redirect(url_for("notices.home"))


@blueprint.post("/party")
@permitted("notices.home")
@limiter.limit("30 per hour", key_func=lambda: str(current_user.get_id()))
def save_party() -> ResponseReturnValue:
    """Remember where my party's system listens; another address gets another secret."""
    if current_user.role not in KEEPERS:
        abort(403)
    text, party = request.form.get("url", "").strip(), current_user.party
    desk = Notices(parts().office)
    url = sending.parse_url(text, demo=parts().settings.demo) if text else ""
    known = desk.party(party)
    fresh = known is None or known.url != url or "renew" in request.form
    secret = sending.new_secret() if known is None or fresh else known.secret
    desk.set_party(PartyWish(party, url, secret, _kinds()))
    record("webhook", url or "none")
    flash(gettext("Saved."), "clear")
    return redirect(url_for("notices.home"))


@blueprint.post("/<notice>/again")
@permitted("notices.home")
def again(notice: str) -> ResponseReturnValue:
    """Try a failed delivery once more."""
    Notices(parts().office).again(notice, current_user.party, parts().clock().timestamp())
    flash(gettext("It is tried again."), "clear")
    return redirect(url_for("notices.home"))
