"""What the packing page asks while people pack: what is inside a container, and its label to print."""

from collections import Counter

import msgspec
from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.ledger.history import Snapshot
from traceability.reports import labels as label_sheets
from traceability.web import directory
from traceability.web import reading as readings
from traceability.web.access import permitted
from traceability.web.errors import PageError
from traceability.web.parts import parts

blueprint = Blueprint("packing", __name__, url_prefix="/pack")

PAPERS = ("A4", "A5", "A6", "Letter", "100x150", "4x6in", "105x148")
"""Sheets and rolls that the label of a case or pallet fits on."""
MOST_INSIDE = 10_000


@blueprint.get("/inside.json")
@permitted("bench.pack")
def inside() -> ResponseReturnValue:
    """What lies directly in a container that the viewer holds."""
    epc = _epc()
    with parts().history.view() as view:
        item = view.item(epc)
        if item is None:
            return _json({"items": []})
        if not readings.may_open(view, item):
            abort(403)
        children = sorted(view.children(epc))
    if len(children) > MOST_INSIDE:
        raise PageError("This container holds more than %(most)s items. Empty it in parts.", most=MOST_INSIDE)
    return _json({"items": children})


@blueprint.get("/label.pdf")
@permitted("bench.pack")
def label() -> ResponseReturnValue:
    """The label of a case or pallet: with what is inside where that is one lot, else its number alone."""
    epc, paper = _epc(), request.args.get("paper", PAPERS[0])
    if "/00/" not in epc:
        raise PageError("Only a case or pallet with an SSCC has this label, a code that begins with (00).")
    with parts().history.view() as view:
        _verify_may_label(view, epc)
        counts = {
            (lot.gtin, lot.number): one.items for lot, one in view.contents(epc).items() if lot is not None
        }
    drawn = label_sheets.container_labels(
        [label_sheets.Container(epc, Counter(counts))],
        directory.party_name(current_user.party),
        directory.names(),
    )
    response = Response(label_sheets.sheets(drawn, paper), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{epc.rpartition("/")[2]}.pdf"'
    return response


def _verify_may_label(view: Snapshot, epc: str) -> None:
    """Labels are for one's own containers: those in hand, and new numbers of one's own prefix."""
    item, today = view.item(epc), parts().today().isoformat()
    mine = (
        readings.may_open(view, item)
        if item is not None
        else view.registry.may_open(current_user.party, epc, current_user.site, today)
    )
    if not mine:
        abort(403)


def _epc() -> str:
    found = readings.parse(request.args.get("epc", ""))
    if not found.epc:
        raise PageError("%(problem)s", problem=found.problem)
    return found.epc


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), content_type="application/json")
