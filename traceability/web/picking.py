"""What the ship page asks while people pick: the lots at hand, first to expire first, and what containers hold."""

from collections import Counter

import msgspec
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.custody.state import Lot
from traceability.ledger.history import Snapshot
from traceability.web import reading as readings
from traceability.web.access import permitted
from traceability.web.errors import PageError
from traceability.web.parts import parts

blueprint = Blueprint("picking", __name__, url_prefix="/ship")

MOST_CONTAINERS = 1_000


class Share(msgspec.Struct):
    """So many packs of one lot."""

    gtin: str
    lot: str
    expiry: str
    packs: int


@blueprint.get("/stock.json")
@permitted("bench.ship")
def stock() -> ResponseReturnValue:
    """The packs that the viewer's party could ship, by lot, first to expire first."""
    with parts().history.view() as view:
        return _json({"lots": sellable(view, current_user.party)})


def sellable(view: Snapshot, party: str) -> list[Share]:
    """Active, unexpired packs of lots that are not recalled, by lot, first to expire first."""
    today, counts = parts().today().isoformat(), Counter[Lot]()
    for row in view.stock(party):
        if row.lot is None or row.condition.blocked or row.lot.expiry < today:
            continue
        if not view.registry.recalls_of_lot(row.lot):
            counts[row.lot] += row.items
    lots = sorted(counts.items(), key=lambda pair: (pair[0].gtin, pair[0].expiry, pair[0].number))
    return [Share(lot.gtin, lot.number, lot.expiry, packs) for lot, packs in lots]


class _Asked(msgspec.Struct):
    epcs: list[str]


@blueprint.post("/contents.json")
@permitted("bench.ship")
def contents() -> ResponseReturnValue:
    """The packs in each of some containers by lot, at any depth: {"epcs": […]} gives {"contents": {epc: […]}}."""
    try:
        asked = msgspec.json.decode(request.get_data(), type=_Asked)
    except msgspec.MsgspecError as error:
        raise PageError('Expected containers as JSON: {"epcs": [...]}') from error
    if len(asked.epcs) > MOST_CONTAINERS:
        raise PageError(
            "Expected at most %(most)s containers at once, got %(got)s",
            most=MOST_CONTAINERS,
            got=len(asked.epcs),
        )
    wanted = [epc for epc in asked.epcs if readings.parse(epc).epc == epc]
    with parts().history.view() as view:
        return _json({"contents": {epc: _shares(view, epc) for epc in wanted}})


def _shares(view: Snapshot, epc: str) -> list[Share]:
    item = view.item(epc)
    if item is None or not readings.may_open(view, item):
        return []
    return [
        Share(lot.gtin, lot.number, lot.expiry, one.items)
        for lot, one in view.contents(epc).items()
        if lot is not None
    ]


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), content_type="application/json")
