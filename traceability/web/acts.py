"""Other acts: the index of the short forms, their one page, and what they let a person choose from."""

import msgspec
from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.custody.registry import CONTROLLED_FROM
from traceability.custody.rules_blocking import DECIDERS
from traceability.ledger.history import Snapshot
from traceability.reports import labels as label_sheets
from traceability.web import actforms, agreeing, choosing, directory
from traceability.web import reading as readings
from traceability.web.access import TASKS, may, permitted
from traceability.web.actforms import Form, Group
from traceability.web.dispatches import Announced
from traceability.web.parts import parts

blueprint = Blueprint("acts", __name__, url_prefix="/acts")


def may_use(form: Form) -> bool:
    """Whether the person who is logged in finds a form on their pages."""
    party = directory.registry().parties.get(current_user.party)
    return current_user.role in form.people and party is not None and not form.parties.isdisjoint(party.roles)


@blueprint.get("")
@permitted("acts.home")
def home() -> ResponseReturnValue:
    """Every short form that the person may use, in groups."""
    groups = [
        (group.title, [form for form in group.forms if may_use(form)], _pages(group))
        for group in actforms.GROUPS
    ]
    return render_template("acts.html", groups=[group for group in groups if group[1] or group[2]])


def _pages(group: Group) -> list[object]:
    return [task for task in TASKS if task.endpoint in group.pages and may(task)]


@blueprint.get("/<name>")
@permitted("acts.home")
def act(name: str) -> ResponseReturnValue:
    """One short form."""
    form = actforms.FORMS.get(name) or abort(404)
    if not may_use(form):
        abort(403)
    with parts().history.view() as view:
        waiting = _waiting(form, view)
    return render_template(
        "act.html",
        form=form,
        form_json=_form_json(form),
        waiting=waiting,
        waiting_json=msgspec.json.encode(waiting).decode(),
        products=choosing.products(form.meaning) if "output" in form.fields else (),
        parties=choosing.parties(form.fields),
        places=directory.sites(current_user.party),
        may_decide=current_user.role in DECIDERS,
    )


def _waiting(form: Form, view: Snapshot) -> list[Announced]:
    """What a form answers: returns on the road, offers of ownership, goods set out to be destroyed."""
    party = current_user.party
    if "dispatch" in form.fields:
        return choosing.returns(view, party)
    if "offer" in form.fields:
        return agreeing.offers(view, party)
    if "agreement" in form.fields:
        return [*agreeing.set_out(view, party)]
    return []


def _form_json(form: Form) -> str:
    return msgspec.json.encode(
        {
            "name": form.name,
            "meaning": form.meaning,
            "fields": form.fields,
            "code": form.code,
            "asksWhy": bool(form.reasons),
            "dangerous": form.dangerous,
            "unseen": form.unseen,
            "agrees": directory.registry().rules_version >= CONTROLLED_FROM,
            "decides": current_user.role in DECIDERS,
            "outcomes": {
                one.meaning: {"sign": str(one.sign), "disposition": one.disposition} for one in form.outcomes
            },
        }
    ).decode()


@blueprint.get("/held.json")
@permitted("acts.home")
def held() -> ResponseReturnValue:
    """What the party holds, sends or awaits and a text names, for goods that cannot be scanned."""
    with parts().history.view() as view:
        found = choosing.goods(view, current_user.party, request.args.get("find", ""))
    return _json({"items": found[: choosing.MOST_SHOWN], "more": len(found) > choosing.MOST_SHOWN})


@blueprint.get("/origin.json")
@permitted("acts.home")
def origin() -> ResponseReturnValue:
    """The party that handed an item to the one that asks; empty where nobody did."""
    epc = readings.parse(request.args.get("epc", "")).epc
    with parts().history.view() as view:
        return _json({"gln": choosing.origin(view, current_user.party, epc) if epc else ""})


@blueprint.get("/set-out.json")
@permitted("acts.home")
def set_out() -> ResponseReturnValue:
    """The goods that were set out to be destroyed together with an item; null where it is not."""
    epc = readings.parse(request.args.get("epc", "")).epc
    with parts().history.view() as view:
        return _json(agreeing.set_out_with(view, current_user.party, epc) if epc else None)


@blueprint.get("/labels.pdf")
@permitted("acts.home")
def labels() -> ResponseReturnValue:
    """Labels of the packs that a repackaging or relabelling of one's own party made."""
    statement, paper = request.args.get("statement", ""), request.args.get("paper", "A4")
    with parts().history.view() as view:
        made = choosing.made_by(view, current_user.party, statement)
    if not made:
        abort(404)
    gtin = made[0].lot.gtin if made[0].lot is not None else ""
    drawn = label_sheets.pack_labels(made, directory.product_of(gtin))
    response = Response(label_sheets.sheets(drawn, paper), content_type="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="labels.pdf"'
    return response


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), content_type="application/json")
