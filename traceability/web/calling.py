"""What a recall is about, counted: its packs by holder, and what one party has of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

import msgspec

from traceability.custody.campaign import HOURS, Answer, Campaign, campaign
from traceability.custody.recall import Alike, Balance, Holder, PackRow, balance, in_hand
from traceability.custody.registry import Recall, gtin_of
from traceability.custody.state import Lot
from traceability.gs1.keys import Gtin, Lgtin
from traceability.ledger.history import Snapshot, StockRow
from traceability.store.campaigns import Campaigns, Notice
from traceability.web import directory
from traceability.web.lotrows import BEYOND
from traceability.web.parts import parts
from traceability.web.tracing import counted


def lots_of(view: Snapshot, recall: Recall) -> list[Lot]:
    """The lots that a recall is about: those it names, and all of the products it names."""
    named = (view.lot(gtin, number) for gtin, number in sorted(recall.lots))
    found = {lot for lot in named if lot is not None}
    for gtin in recall.products:
        found |= {row.lot for row in view.lots(gtin)}
    return sorted(found, key=lambda lot: (lot.gtin, lot.number))


def _item_rows(view: Snapshot, recall: Recall, lots: list[Lot]) -> Iterator[PackRow]:
    """The packs that a recall names one by one, beyond its lots."""
    for epc in sorted(recall.items):
        item = view.item(epc)
        if item is not None and item.lot not in lots:
            top = view.top(item)
            yield PackRow(item, top, view.fact(top.acted))


def balances_of(view: Snapshot, recall: Recall, viewer: str | None) -> list[Balance]:
    """The balance of everything recalled; holders whom the viewer may not know stand as BEYOND."""
    lots = lots_of(view, recall)
    found = [counted(view, lot, viewer) for lot in lots]
    if recall.items:
        found.append(balance(map(Alike.of, _item_rows(view, recall, lots))))
    return found


def holders_of(view: Snapshot, recall: Recall) -> set[str]:
    """Every party that has, or had the last of, anything recalled, or to which it is on the road."""
    found = {holder.party for one in balances_of(view, recall, None) for holder in one.holders}
    found |= coming(view, recall).keys()
    return {party for party in found if party is not None}


def coming(view: Snapshot, recall: Recall) -> dict[str, int]:
    """Recalled packs on the road, by who is to receive them."""
    lots, found = lots_of(view, recall), dict[str, int]()
    groups = chain.from_iterable(view.lot_balance(lot.gtin, lot.number) for lot in lots)
    for group in chain(groups, map(Alike.of, _item_rows(view, recall, lots))):
        if group.receiver is not None and group.part == "road":
            found[group.receiver] = found.get(group.receiver, 0) + group.packs
    return found


def coming_to(view: Snapshot, recall: Recall, party: str) -> int:
    """Recalled packs on the road to one party."""
    lots = set(lots_of(view, recall))
    sent = (item.epc for dispatch in view.pending(party) for item in dispatch.items)
    return sum(_recalled_in(view, epc, lots, recall) for epc in sent)


# Telling


def tell(view: Snapshot, recall: Recall) -> list[Notice]:
    """Put the recall before every holder, and everybody to whom it is on the road, that was not told yet."""
    return tell_parties(recall, holders_of(view, recall))


def tell_parties(recall: Recall, parties: set[str]) -> list[Notice]:
    """Put the recall before those of some registered parties that were not told yet; gives the new notices."""
    now, known = parts().now(), directory.registry().parties
    due = datetime.fromisoformat(now) + timedelta(hours=HOURS[recall.kind])
    until = due.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = sorted(party for party in parties - {recall.party} if party in known)
    return Campaigns(parts().office).tell(Notice(recall.id, party, now, until) for party in told)


def campaign_of(view: Snapshot, recall: Recall, viewer: str | None) -> Campaign:
    """The campaign as one viewer sees it; `viewer` None sees every holder.

    Whoever answered has made itself known to the issuer. The others whom it may not know stand together
    as BEYOND.
    """
    told = Campaigns(parts().office).told(recall.id)
    answers = view.answers(recall)
    times = {party: (notice.notified, notice.due) for party, notice in told.items()}
    balances = balances_of(view, recall, viewer)
    if viewer is not None:
        balances = _opened(balances, balances_of(view, recall, None), {answer.party for answer in answers})
        shown = {holder.party for one in balances for holder in one.holders}
        shown |= {answer.party for answer in answers}
        hidden = [time for party, time in sorted(times.items()) if party not in shown]
        times = {party: time for party, time in times.items() if party in shown}
        if hidden and BEYOND in shown:
            times[BEYOND] = max(hidden)
    return campaign(recall, balances, answers, times, parts().now())


def _opened(masked: list[Balance], whole: list[Balance], known: set[str]) -> list[Balance]:
    """Masked balances in which those who answered stand by name with all they have."""
    opened = []
    for seen, full in zip(masked, whole, strict=True):
        sums: dict[str | None, dict[str, int]] = {
            holder.party: dict(holder.parts) for holder in seen.holders if holder.party not in known
        }
        sums |= {holder.party: dict(holder.parts) for holder in full.holders if holder.party in known}
        rest = {part: count - sum(one.get(part, 0) for party, one in sums.items() if party != BEYOND)
                for part, count in seen.parts.items()}  # fmt: skip
        sums.pop(BEYOND, None)
        if any(rest.values()):
            sums[BEYOND] = {part: count for part, count in rest.items() if count}
        holders = tuple(Holder(party, counts) for party, counts in sums.items())
        opened.append(msgspec.structs.replace(seen, holders=holders))
    return opened


def stock_of(
    view: Snapshot, recall: Recall, party: str, stock: list[StockRow] | None = None
) -> dict[str, int]:
    """How many recalled packs a party has in hand, by class (lot, else product).

    `stock` is the party's, where it is known already.
    """
    lots = {(lot.gtin, lot.number): lot for lot in lots_of(view, recall)}
    found: dict[str, int] = {}
    for row in view.stock(party) if stock is None else stock:
        if row.lot is not None and (row.lot.gtin, row.lot.number) in lots and in_hand(row.condition):
            uri = class_of(row.lot)
            found[uri] = found.get(uri, 0) + row.items
    for row_ in _item_rows(view, recall, list(lots.values())):
        if row_.top.custodian == party and row_.top.receiver is None:
            uri = f"https://id.gs1.org/01/{gtin_of(row_.item.epc)}"
            found[uri] = found.get(uri, 0) + 1
    return found


def class_of(lot: Lot) -> str:
    """The Digital Link URI of a lot as a class of packs."""
    return Lgtin(Gtin.parse(lot.gtin), lot.number).uri


class Own(NamedTuple):
    """What one party has to answer about."""

    on_hand: dict[str, int]
    """Packs in hand by class; recalled classes of which it has none stand with 0."""
    dispensed: int
    destroyed: int
    returned: int
    missing: int
    answers: list[Answer]
    coming: int
    """Packs that are on the road to it."""
    notice: str | None
    """By when an answer is due (UTC)."""


def own(view: Snapshot, recall: Recall, party: str) -> Own:
    """What the log says of a party's recalled packs, to begin its answer with."""
    on_hand = dict.fromkeys((class_of(lot) for lot in lots_of(view, recall)), 0) | stock_of(
        view, recall, party
    )
    mine: dict[str, int] = {}
    for one in balances_of(view, recall, None):
        for holder in one.holders:
            if holder.party == party:
                for part, count in holder.parts.items():
                    mine[part] = mine.get(part, 0) + count
    notice = Campaigns(parts().office).told(recall.id).get(party)
    return Own(
        on_hand,
        mine.get("dispensed", 0),
        mine.get("destroyed", 0),
        _sent_back(view, recall, party),
        mine.get("unresolved", 0),
        [answer for answer in view.answers(recall) if answer.party == party],
        coming_to(view, recall, party),
        None if notice is None else notice.due,
    )


def _sent_back(view: Snapshot, recall: Recall, party: str) -> int:
    """Recalled packs that a party has sent back since the recall."""
    lots = set(lots_of(view, recall))
    return sum(
        _recalled_in(view, epc, lots, recall)
        for fact in view.done("returned", party, recall.position)
        if fact.party == party
        for _, epc in view.named(fact.position)
    )


def _recalled_in(view: Snapshot, epc: str, lots: set[Lot], recall: Recall) -> int:
    item = view.item(epc)
    if item is None:
        return 0
    inside = sum(one.items for lot, one in view.contents(epc).items() if lot in lots)
    return inside + (item.lot in lots or epc in recall.items)
