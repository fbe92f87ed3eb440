"""Count a shelf: what is expected at a place, for the page to compare with what is scanned there."""

from collections.abc import Iterator
from itertools import islice

import msgspec
from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.custody.rules import COUNTING
from traceability.custody.state import Condition, Item
from traceability.ledger.history import Snapshot
from traceability.ledger.stock import GONE, Wanted, holding, top_items
from traceability.web import directory
from traceability.web.access import permitted
from traceability.web.errors import PageError
from traceability.web.parts import parts
from traceability.web.reading import Reading, describe

blueprint = Blueprint("counting", __name__)

MOST = 5_000
"""Outermost items that can be counted in one go."""
NOT_HERE = GONE | {Condition.LOST, Condition.STOLEN, Condition.SHORT}


class Expected(msgspec.Struct):
    """What is recorded at a place."""

    items: list[Reading]


@blueprint.get("/stock/count")
@permitted("counting.count")
def count() -> ResponseReturnValue:
    """Scan a shelf and see what differs."""
    with parts().history.view() as view:
        products = {row.gtin for row in holding(view, current_user.party).packs}
    named = sorted((directory.product_name(gtin) or gtin, gtin) for gtin in products)
    return render_template(
        "count.html",
        sites=directory.sites(current_user.party),
        products=named,
        ready=directory.registry().rules_version >= COUNTING,
    )


@blueprint.get("/stock/count/expected")
@permitted("counting.count")
def expected() -> ResponseReturnValue:
    """The outermost items recorded at a place, of one product or of all."""
    site, gtin = request.args.get("site", ""), request.args.get("gtin", "")
    if site not in directory.sites(current_user.party):
        raise PageError("Expected one of your own sites")
    with parts().history.view() as view:
        items = list(islice(_expected(view, site, gtin), MOST + 1))
        if len(items) > MOST:
            raise PageError(
                "More than %(most)s cases and loose packs are recorded here. Choose one product, and count it.",
                most=MOST,
            )
        body = msgspec.json.encode(Expected([describe(item, view) for item in items]))
    return Response(body, content_type="application/json")


def _expected(view: Snapshot, site: str, gtin: str) -> Iterator[Item]:
    """What should be on the shelf, read a page at a time."""
    after = 0
    while page := top_items(view, current_user.party, Wanted(site=site), after, MOST):
        after = page[-1][0]
        yield from (item for _, item in page if item.condition not in NOT_HERE and _is_of(item, gtin, view))


def _is_of(item: Item, gtin: str, view: Snapshot) -> bool:
    """Whether an item is of a product, or holds some of it."""
    if not gtin or f"/01/{gtin}/" in item.epc:
        return True
    return any(lot is not None and lot.gtin == gtin for lot in view.contents(item.epc))
