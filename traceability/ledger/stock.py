"""What a party holds, counted from the contents of its containers and never pack by pack.

A pallet of 10,000 packs is one row and the counts of its lots, so a stock of a million packs in pallets
is answered from a few hundred rows. What the log does not know of a pack that nobody handed over, its lot
and expiry, is taken from the holder's own signed receipt, where the label was read.
"""

from datetime import date
from itertools import islice
from typing import NamedTuple

from traceability.custody.state import Condition, Fact, Item, Lot, Standing
from traceability.ledger.view import View
from traceability.store.rows import RoadRow, TopFilter

LOT_ON_LABEL = "cbvmda:lotNumber"
EXPIRY_ON_LABEL = "cbvmda:itemExpirationDate"
"""Extensions of the terms of a receipt without a dispatch: what is printed on the packs it names."""

GONE = frozenset({Condition.DISPENSED, Condition.EXPORTED, Condition.TRANSFORMED, Condition.DESTROYED})
"""Conditions in which nothing is left on a shelf, whoever's custody ended so."""


_GONE = sorted(map(int, GONE))
_PACKS = "01/0"
"""How the key of a pack begins; other trade items are cases."""


class Label(NamedTuple):
    """Lot and expiry as printed on packs whose commissioning the log has not seen."""

    number: str
    expiry: str


class Held(NamedTuple):
    """Packs that have product, lot, condition and place in common."""

    gtin: str
    lot: Lot | None
    """None where the log does not know it."""
    label: Label | None
    """What the holder read on the packs, for those without a known lot."""
    condition: Condition
    site: str | None
    unmatched: bool
    items: int
    loose: int
    blocked: int
    """Those of them that are blocked inside a container which is not."""

    @property
    def number(self) -> str:
        """The lot's number, known or as printed; empty for neither."""
        if self.lot is not None:
            return self.lot.number
        return self.label.number if self.label is not None else ""

    @property
    def expiry(self) -> str:
        """The ISO date of expiry, known or as printed; empty for neither."""
        if self.lot is not None:
            return self.lot.expiry
        return self.label.expiry if self.label is not None else ""


class Travelling(NamedTuple):
    """What one statement put on the road and nobody received yet."""

    fact: Fact
    sender: str
    receiver: str
    packs: int
    containers: int
    inside: int


class Wanted(NamedTuple):
    """Which outermost items of a party to list; empty asks nothing."""

    lot: Lot | None = None
    gtin: str = ""
    """Packs of this product whose lot is not known, or what they are in."""
    site: str = ""
    containers: bool = False
    blocked: bool = False


class Holding(NamedTuple):
    """Everything in a party's custody that it has not sent off, whatever its condition."""

    packs: list[Held]
    containers: int
    """Outermost cases, pallets and returnable containers."""


def holding(view: View, gln: str) -> Holding:
    """What a party holds, packs without a known lot included."""
    packs = held(view, gln)
    containers = 0
    counts: dict[tuple[str, Label | None, Condition, str | None, bool], list[int]] = {}
    number = view.names.glns.find(gln)
    for row in [] if number is None else list(view.reader.unlotted(number)):
        prefix = view.names.products.texts[row.product]
        if not prefix.startswith(_PACKS):
            containers += row.loose
            continue
        label = label_at(view, row.born, gln)
        key = (prefix[3:], label, Condition(row.condition), _place(view, row.site), bool(row.unmatched))
        count = counts.setdefault(key, [0, 0])
        count[0] += row.items
        count[1] += row.loose
    for (gtin, label, condition, site, unmatched), (items, loose) in counts.items():
        packs.append(Held(gtin, None, label, condition, site, unmatched, items, loose, 0))
    return Holding(packs, containers)


def held(view: View, gln: str) -> list[Held]:
    """The packs of known lots that a party holds and has not sent off, whatever their condition."""
    number = view.names.glns.find(gln)
    found = []
    for row in () if number is None else view.reader.held(number):
        lot = view.names.lot(row.lot)
        if lot is not None:
            condition, site = Condition(row.condition), _place(view, row.site)
            counts = (row.items, row.loose, row.blocked)
            found.append(Held(lot.gtin, lot, None, condition, site, bool(row.unmatched), *counts))
    return found


def _place(view: View, number: int | None) -> str | None:
    return None if number is None else view.names.glns.texts[number]


def label_at(view: View, position: int, reader: str) -> Label | None:
    """What a party wrote down of the labels in its own receipt; others' terms are not for it to read."""
    fact = view.fact(position)
    terms = view.terms(position) if fact is not None and fact.party == reader else None
    if terms is None:
        return None
    number, expiry = terms.extensions.get(LOT_ON_LABEL, ""), terms.extensions.get(EXPIRY_ON_LABEL, "")
    if not isinstance(number, str) or not isinstance(expiry, str) or not (number or expiry):
        return None
    return Label(number[:20], _date(expiry))


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def is_here(row: Held) -> bool:
    """Whether packs in this condition may be on a shelf at all."""
    return row.condition not in GONE and row.condition.standing is not Standing.ENDED


def on_the_road(view: View, gln: str | None) -> list[Travelling]:
    """What is on the road from a party or to it, or anybody's, oldest first."""
    number = None if gln is None else view.names.glns.find(gln)
    rows = [] if gln is not None and number is None else list(view.reader.road(number))
    return [found for row in rows if (found := _travelling(view, row)) is not None]


def _travelling(view: View, row: RoadRow) -> Travelling | None:
    fact, places = view.fact(row.position), view.names.glns.texts
    if fact is None:
        return None
    ends = (places[row.custodian], places[row.receiver])
    return Travelling(fact, *ends, row.packs, row.containers, row.inside)


def top_items(
    view: View, gln: str, wanted: Wanted, after: int = 0, limit: int = 100
) -> list[tuple[int, Item]]:
    """Outermost items that a party has on its shelves, each with its number, which the next page starts `after`."""
    number = view.names.glns.find(gln)
    asked = _filter(view, wanted)
    if number is None or asked is None:
        return []
    rows = list(islice(view.reader.tops(number, asked, _GONE, after, limit), limit))
    return list(zip([row.id for row in rows], view.read_items(rows), strict=True))


def _filter(view: View, wanted: Wanted) -> TopFilter | None:
    """The question in the store's numbers; None where it names something that the store never saw."""
    names = view.names
    lot = names.lot_number(wanted.lot)
    product = names.products.find(f"01/{wanted.gtin}") if wanted.gtin else None
    site = names.glns.find(wanted.site) if wanted.site else None
    if (wanted.gtin and product is None) or (wanted.site and site is None):
        return None
    lowest = int(Condition.HELD) if wanted.blocked else None
    return TopFilter(lot, product, site, wanted.containers, lowest)
