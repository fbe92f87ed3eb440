"""What the short forms offer to choose from: parties, products, goods at hand, returns on the road."""

from collections.abc import Collection, Iterable
from itertools import islice

from flask_login import current_user

from traceability.custody.inheritance import TRANSFORMING
from traceability.custody.provenance import RECEIVING
from traceability.custody.registry import Product
from traceability.custody.state import Item
from traceability.ledger.history import Snapshot
from traceability.web import directory
from traceability.web.directory import Receiver
from traceability.web.dispatches import Announced, announced
from traceability.web.parts import parts
from traceability.web.reading import Reading, describe

MOST_SHOWN = 60
MOST_SEARCHED = 5_000
"""Outermost items that are looked through for a text."""


def parties(fields: Collection[str]) -> list[Receiver]:
    """The other parties that can hold goods; carriers first where a carrier is asked for."""
    found = directory.receivers(current_user.party)
    if "carrier" not in fields:
        return found
    known = directory.registry()
    return sorted(found, key=lambda one: not known.has_role(one.gln, "carrier"))


def products(meaning: str) -> list[Product]:
    """Products that the viewer's party may make out of others: its own, and those delegated to it."""
    known, party = directory.registry(), current_user.party
    today = parts().today().isoformat()
    return [
        product
        for product in directory.products()
        if any(known.may(party, act, product.gtin, current_user.site, today) for act in (meaning, "commissioned"))
    ]  # fmt: skip


def returns(view: Snapshot, party: str) -> list[Announced]:
    """Returned and refused goods on the road to a party, oldest first."""
    return [
        announced(one, view, party) for one in view.pending(party) if one.fact.act in ("returned", "refused")
    ]


def goods(view: Snapshot, party: str, text: str) -> list[Reading]:
    """Goods that a party holds, has sent or awaits, whose product, lot or code has a text in it."""
    wanted = text.casefold().split()
    coming = [item for one in view.pending(party) for item in one.items]
    found = (
        item for item in (*view.holdings(party, limit=MOST_SEARCHED), *coming) if _has(view, item, wanted)
    )
    return [describe(item, view) for item in islice(found, MOST_SHOWN + 1)]


def _has(view: Snapshot, item: Item, words: Iterable[str]) -> bool:
    lots = [lot for lot in (item.lot, *view.contents(item.epc)) if lot is not None]
    named = [item.epc, *(f"{lot.number} {directory.product_name(lot.gtin) or ''}" for lot in lots)]
    whole = " ".join(named).casefold()
    return all(word in whole for word in words)


def made_by(view: Snapshot, party: str, statement: str) -> list[Item]:
    """The packs that a party's repackaging or relabelling made; none where it is no such statement."""
    fact = view.fact_by_id(statement)
    if fact is None or fact.party != party or not fact.effect or fact.act not in TRANSFORMING:
        return []
    found = (view.item(epc) for role, epc in view.named(fact.position) if role == "o")
    return [item for item in found if item is not None]


def origin(view: Snapshot, party: str, epc: str) -> str:
    """The party that last handed an item, or the container it was in, to another."""
    received = (
        step.fact for step in view.steps(epc)
        if step.fact.act in RECEIVING and step.fact.party == party and step.fact.effect and step.fact.counterparty
    )  # fmt: skip
    last = max(received, key=lambda fact: fact.position, default=None)
    return last.counterparty or "" if last is not None else ""
