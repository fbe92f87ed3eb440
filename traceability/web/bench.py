"""The warehouse bench: commission, pack, ship, receive, void, refuse, and the home page of everyone."""

from datetime import datetime

import msgspec
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.ledger.history import Snapshot
from traceability.web import (
    agreeing,
    campaigns,
    caselists,
    directory,
    enrolment,
    illegitimate,
    reading,
    subjects,
)
from traceability.web.access import SIGNERS, logged_in, permitted
from traceability.web.babel import gettext
from traceability.web.dispatches import Announced, Waiting, announced
from traceability.web.errors import PageError
from traceability.web.packing import PAPERS
from traceability.web.parts import parts
from traceability.web.words import day

blueprint = Blueprint("bench", __name__)

MOST_SHOWN = 200


@blueprint.get("/home")
@logged_in
def home() -> ResponseReturnValue:
    """What waits for me, what I do most, and the search."""
    with parts().history.view() as view:
        waiting = [
            *illegitimate.waiting(),
            *caselists.waiting(),
            *campaigns.waiting(view),
            *_coming(view),
            *_unconfirmed(view),
            *agreeing.waiting(view),
            *_key_requests(),
            *_last_days(),
        ]
    return render_template("home.html", waiting=waiting, signs=current_user.role in SIGNERS)


def _coming(view: Snapshot) -> list[Waiting]:
    coming = view.pending(current_user.party)[:MOST_SHOWN]
    return [_awaited(one.fact.act, announced(one, view, current_user.party)) for one in coming]


def _awaited(act: str, one: Announced) -> Waiting:
    tone, detail = "again" if one.late else "clear", f"{one.age} · {one.amount} · {one.when}"
    if act == "returned":
        title = gettext("Return from %(party)s", party=one.sender)
        return Waiting("void", tone, title, detail, url_for("acts.act", name="receive-return"))
    title = gettext("From %(party)s", party=one.sender)
    return Waiting("receive", tone, title, detail, url_for("bench.receive", dispatch=one.id))


def _unconfirmed(view: Snapshot) -> list[Waiting]:
    sent = view.outgoing(current_user.party)
    if not sent:
        return []
    first = min(sent, key=lambda one: datetime.fromisoformat(one.fact.event_time))
    oldest = announced(first, view, current_user.party)
    detail = gettext("The oldest: %(age)s, %(amount)s to %(party)s, %(when)s",
                     age=oldest.age, amount=oldest.amount, party=oldest.other, when=oldest.when)  # fmt: skip
    title = gettext("Sent and not confirmed yet: %(count)s", count=len(sent))
    return [Waiting("road", "again" if oldest.late else "unknown", title, detail, url_for("bench.void"))]


def _key_requests() -> list[Waiting]:
    if current_user.role != "administrator":
        return []
    known = [enrolment.current(one) for one in parts().office.enrolments(current_user.party)]
    lost = [one.device for one in known if enrolment.standing(one) == "lost"]
    asked = [one.device for one in known if enrolment.standing(one) == "requested"]
    lines = (
        ("stop", gettext("Devices reported lost, whose end you sign: %(count)s", count=len(lost)), lost),
        ("again", gettext("Devices that want to sign: %(count)s", count=len(asked)), asked),
    )
    page = url_for("accounts.requests")
    return [Waiting("key", tone, title, ", ".join(names), page) for tone, title, names in lines if names]


def _last_days() -> list[Waiting]:
    """One's own devices that have to be enrolled again within two weeks."""
    mine = parts().office.enrolments(state="approved", login=current_user.login)
    return [
        Waiting("key", "again", gettext("Enrol %(device)s again", device=one.device),
                gettext("It signs until %(day)s.", day=day(one.expires or "")), url_for("accounts.devices"))
        for one in mine if enrolment.ends_soon(enrolment.current(one))
    ]  # fmt: skip


@blueprint.get("/find")
@logged_in
def find() -> ResponseReturnValue:
    """Go to the page of a scanned or pasted code; for who reads dossiers also of a lot, a GLN, a name."""
    text = request.args.get("code", "").strip()
    found = reading.parse(text)
    if not found.epc and subjects.may_read():
        with parts().history.view() as view:
            named = [one for one in map(subjects.dossier_url, subjects.find(text[:200], view)) if one]
        if len(named) == 1:
            return redirect(named[0])
        if named:
            return redirect(url_for("dossiers.home", q=text))
    if not found.epc:
        raise PageError("%(problem)s", problem=found.problem)
    return redirect(reading.page_of(found.epc))


@blueprint.get("/commission")
@permitted("bench.commission")
def commission() -> ResponseReturnValue:
    """New packs of a lot."""
    return render_template("commission.html", products=directory.products(current_user.party))


@blueprint.get("/pack")
@permitted("bench.pack")
def pack() -> ResponseReturnValue:
    """Put into, or take out of, a case or pallet."""
    party = directory.registry().parties.get(current_user.party)
    return render_template("pack.html", prefixes=party.prefixes if party is not None else (), papers=PAPERS)


@blueprint.get("/ship")
@permitted("bench.ship")
def ship() -> ResponseReturnValue:
    """Hand goods over."""
    return render_template("ship.html", receivers=directory.receivers(current_user.party))


@blueprint.get("/receive")
@permitted("bench.receive")
def receive() -> ResponseReturnValue:
    """Take over what arrived, announced or not."""
    with parts().history.view() as view:
        coming = [announced(one, view, current_user.party) for one in view.pending(current_user.party)]
    chosen = next((one for one in coming if one.id == request.args.get("dispatch")), None)
    return render_template("receive.html", dispatches=coming, chosen=chosen, expected_json=_json(coming))


@blueprint.get("/void")
@permitted("bench.void")
def void() -> ResponseReturnValue:
    """Take back a dispatch that never left."""
    with parts().history.view() as view:
        sent = [announced(one, view, current_user.party) for one in view.outgoing(current_user.party)]
    return render_template(
        "answer.html",
        dispatches=sent,
        expected_json=_json(sent),
        meaning="voided",
        title=gettext("Void a dispatch"),
        hint=gettext("For goods that never left, or came back before anybody received them."),
        empty_title=gettext("Nothing is on the road"),
        empty_hint=gettext("What you ship stays here until its receiver signs for it."),
        act=gettext("Sign and void"),
        reasons=(gettext("Wrong receiver"), gettext("Wrong goods"), gettext("The order was cancelled")),
    )


@blueprint.get("/refuse")
@permitted("bench.refuse")
def refuse() -> ResponseReturnValue:
    """Send a delivery back without receiving it."""
    with parts().history.view() as view:
        coming = [announced(one, view, current_user.party) for one in view.pending(current_user.party)]
    return render_template(
        "answer.html",
        dispatches=coming,
        expected_json=_json(coming),
        meaning="refused",
        title=gettext("Refuse a delivery"),
        hint=gettext("The goods go back to their sender. You never had custody of them."),
        empty_title=gettext("No delivery is announced"),
        empty_hint=gettext("Deliveries on the road to you appear here."),
        act=gettext("Sign and refuse"),
        reasons=(
            gettext("Damaged"),
            gettext("Not ordered"),
            gettext("Too warm on the way"),
            gettext("Too late"),
        ),
    )


def _json(dispatches: list[Announced]) -> str:
    return msgspec.json.encode(dispatches).decode()
