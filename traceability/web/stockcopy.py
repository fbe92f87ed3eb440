"""The stock of a party in few bytes, for a device that goes on working without a network (static/js/stock.js)."""

from collections.abc import Iterator

import msgspec
from flask_login import current_user

from traceability.custody.inheritance import recall_of
from traceability.custody.registry import LEVELS, Recall
from traceability.custody.rules_dispensing import COUNTERS
from traceability.custody.state import Item, Lot
from traceability.ledger.history import Snapshot
from traceability.web import directory
from traceability.web.babel import gettext
from traceability.web.counter import units_of
from traceability.web.language import language
from traceability.web.parts import parts
from traceability.web.reading import HOME
from traceability.web.words import CONDITION_WORDS

MOST_ITEMS = 20_000
"""Items of one copy; what is beyond is not known offline, which the device says."""


class ProductCopy(msgspec.Struct, omit_defaults=True):
    """A product's name, and the units in one whole pack where it says so."""

    name: str
    units: int = 0


class StockCopy(msgspec.Struct):
    """What a party holds and what is on the road to it, at one position of the log."""

    log: str
    party: str
    mark: str
    """Changes whenever the copy may have changed."""
    size: int
    """Entries of the log that are in it."""
    at: str
    complete: bool
    products: dict[str, ProductCopy]
    lots: list[tuple[str, str, str]]
    """GTIN, number, expiry."""
    items: list[tuple[str, int, str, int, int | None]]
    """Path of the Digital Link URI, index of the lot or -1, condition, index of the container or -1, units
    left. A container stands before what is in it."""
    recalls: list[tuple[str, str, str, str]]
    """GTIN, lot number, EPC (the ones that apply) and reason of every recall that stops this party."""
    words: dict[str, tuple[str, str]]
    """Tone and word of every condition."""


def mark_of(view: Snapshot) -> str:
    """What the copy of this moment would be called."""
    return f"{view.reader.size()}-{parts().today().isoformat()}-{language()}"


def stock_copy(view: Snapshot) -> StockCopy:
    """The copy for the party of whoever is logged in."""
    gathered = _Gathering(view, current_user.party)
    gathered.gather()
    return StockCopy(
        log=parts().trust.origin,
        party=current_user.party,
        mark=mark_of(view),
        size=view.reader.size(),
        at=parts().now(),
        complete=gathered.complete,
        products={gtin: gathered.products[gtin] for gtin in sorted(gathered.products)},
        lots=[(lot.gtin, lot.number, lot.expiry) for lot in gathered.lots],
        items=gathered.items,
        recalls=sorted({*_recalls(view), *gathered.inherited()}),
        words=_words(),
    )


class _Gathering:
    """Walks from the top items of a party into their containers."""

    def __init__(self, view: Snapshot, party: str) -> None:
        self.view = view
        self.party = party
        self.complete = True
        self.items: list[tuple[str, int, str, int, int | None]] = []
        self.lots: dict[Lot, int] = {}
        self.samples: list[Item] = []
        self.products: dict[str, ProductCopy] = {}

    def gather(self) -> None:
        for top in self._tops():
            self._add(top, -1)

    def _tops(self) -> Iterator[Item]:
        for dispatch in self.view.pending(self.party):
            yield from dispatch.items
        yield from self.view.holdings(self.party, limit=MOST_ITEMS)

    def _add(self, item: Item, container: int) -> None:
        if len(self.items) >= MOST_ITEMS:
            self.complete = False
            return
        number = len(self.items)
        path = item.epc.removeprefix(f"{HOME}/")
        self.items.append((path, self._lot(item), self._condition(item), container, item.left))
        if item.life:
            for epc in self.view.children(item.epc):
                child = self.view.item(epc)
                if child is not None:
                    self._add(child, number)

    def _condition(self, item: Item) -> str:
        if item.condition.blocked:
            return item.condition.name.lower()
        if item.receiver is not None:
            return "coming" if item.receiver == self.party else "sent"
        return "unmatched" if item.unmatched else "active"

    def _lot(self, item: Item) -> int:
        if item.lot is None:
            return -1
        if item.lot not in self.lots:
            self.lots[item.lot] = len(self.lots)
            self.samples.append(item)
            gtin = item.lot.gtin
            self.products[gtin] = ProductCopy(directory.product_name(gtin) or "", units_of(item))
        return self.lots[item.lot]

    def inherited(self) -> Iterator[tuple[str, str, str, str]]:
        """Recalls of lots that are so by what they were repackaged from."""
        for item in self.samples:
            recall = recall_of(self.view, item)
            if recall is not None and item.lot is not None and _stops(recall) and not recall.items:
                yield item.lot.gtin, item.lot.number, "", recall.reason


def _stops(recall: Recall) -> bool:
    # At a counter a recall at wholesale level does not stop a pack; everywhere else any recall does.
    counter = directory.registry().has_role(current_user.party, *COUNTERS)
    return not counter or LEVELS[recall.level] >= LEVELS["pharmacy"]


def _recalls(view: Snapshot) -> Iterator[tuple[str, str, str, str]]:
    for recall in view.registry.recalls.values():
        if recall.drill or not _stops(recall):
            continue
        for gtin, number in recall.lots:
            yield gtin, number, "", recall.reason
        for gtin in recall.products:
            yield gtin, "", "", recall.reason
        for epc in recall.items:
            yield "", "", epc, recall.reason


def _words() -> dict[str, tuple[str, str]]:
    found = {condition.name.lower(): (tone, str(word)) for condition, (tone, word) in CONDITION_WORDS.items()}
    return found | {
        "active": ("clear", gettext("with you")),
        "coming": ("clear", gettext("on the road to you")),
        "sent": ("again", gettext("sent by you, on the road")),
        "unmatched": ("unknown", gettext("with you, unmatched")),
        "gone": ("again", gettext("not with you")),
    }
