"""Recalls: the page that issues one, and who holds what of those in force."""

from typing import NamedTuple

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.custody.registry import Recall
from traceability.web import campaign_words, directory, tracing
from traceability.web.access import for_regulator, permitted
from traceability.web.parts import parts
from traceability.web.words import LEVEL_WORDS

blueprint = Blueprint("recalls", __name__)


class Notice(NamedTuple):
    """A recall in force as a page shows it."""

    title: str
    detail: str
    tone: str
    level: str
    url: str


@blueprint.get("/recall")
@permitted("recalls.recall")
def recall() -> ResponseReturnValue:
    """Stop a lot everywhere."""
    owner = None if for_regulator() else current_user.party
    products = directory.products(owner)
    gtins = {product.gtin for product in products}
    with parts().history.view() as view:
        lots = [row.lot for row in view.lots() if row.lot.gtin in gtins]
        in_force = [_notice(one) for one in tracing.recalls_of(view, owner)]
    return render_template("recall.html", products=products, lots=lots, recalls=in_force)


def _notice(recall: Recall) -> Notice:
    return Notice(
        campaign_words.title(recall),
        f"{directory.party_name(recall.party)}: {recall.reason}",
        "again" if recall.drill else "stop",
        str(LEVEL_WORDS.get(recall.level, recall.level)),
        url_for("campaigns.campaign", statement=recall.id),
    )
