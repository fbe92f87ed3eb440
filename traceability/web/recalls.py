"""Recalls: the page that issues one, and who holds what of those in force."""

from typing import NamedTuple

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.custody.registry import Recall, gtin_of
from traceability.ledger.history import Snapshot
from traceability.web import directory
from traceability.web.access import for_regulator, permitted
from traceability.web.parts import parts
from traceability.web.words import LEVEL_WORDS, packs

blueprint = Blueprint("recalls", __name__)


class Notice(NamedTuple):
    """A recall in force as a page shows it; `held` is how much of it one party holds, in words."""

    title: str
    detail: str
    level: str
    url: str
    held: str = ""


@blueprint.get("/recall")
@permitted("recalls.recall")
def recall() -> ResponseReturnValue:
    """Stop a lot everywhere."""
    owner = None if for_regulator() else current_user.party
    products = directory.products(owner)
    gtins = {product.gtin for product in products}
    with parts().history.view() as view:
        lots = [row.lot for row in view.lots() if row.lot.gtin in gtins]
        in_force = notices(view, owner)
    return render_template("recall.html", products=products, lots=lots, recalls=in_force)


def notices(view: Snapshot, owner: str | None) -> list[Notice]:
    """Recalls in force, of one party's products or of all, newest first."""
    gtins = {product.gtin for product in directory.products(owner)}
    recalls = sorted(view.registry.recalls.values(), key=lambda recall: -recall.position)
    return [_notice(one) for one in recalls if owner is None or _concerns(one, gtins)]


def _concerns(recall: Recall, gtins: set[str]) -> bool:
    named = {gtin for gtin, _ in recall.lots} | recall.products | {gtin_of(epc) for epc in recall.items}
    return not named.isdisjoint(gtins)


def _notice(recall: Recall, held: str = "") -> Notice:
    names = [f"{directory.product_name(gtin) or gtin}, {number}" for gtin, number in recall.lots]
    names += [directory.product_name(gtin) or gtin for gtin in recall.products]
    return Notice(
        " · ".join(names) or ", ".join(recall.items),
        f"{directory.party_name(recall.party)}: {recall.reason}",
        str(LEVEL_WORDS.get(recall.level, recall.level)),
        url_for("items.statement", statement=recall.id),
        held,
    )


def recalls_touching(view: Snapshot, party: str) -> list[Notice]:
    """Recalls in force of which a party holds packs, with how many."""
    recalls = view.registry.recalls.values()
    if not recalls:
        return []
    stock = [row for row in view.stock(party) if row.lot is not None]
    found = []
    for one in recalls:
        count = sum(
            row.items
            for row in stock
            if row.lot is not None
            and ((row.lot.gtin, row.lot.number) in one.lots or row.lot.gtin in one.products)
        )
        if count:
            found.append(_notice(one, packs(count)))
    return found
