"""What proves a trace: the statements about its packs, each with a receipt under one checkpoint."""

from collections.abc import Collection, Iterable, Iterator

import msgspec

from traceability.custody.provenance import disclosure
from traceability.custody.recall import Asked
from traceability.custody.state import Item, Lot
from traceability.ledger.history import Snapshot
from traceability.ledger.known import tiles
from traceability.ledger.sequencer import Receipts
from traceability.proof.bundle import statement_order
from traceability.proof.merkle import InclusionProver
from traceability.proof.receipt import Receipt
from traceability.store import Reader, StoreError

FORGET = 1000
"""Statements after which a snapshot forgets what it has read, so that memory does not grow with their number."""
Interval = tuple[int, int, int | None]
"""A container, and the positions between which something was in it; None where it still is."""


def lot_positions(view: Snapshot, gtin: str, number: str) -> list[int]:
    """Positions of every statement that named a pack of a lot, or a container while one was in it, in order."""
    reader = view.reader
    found: set[int] = set()
    lot = view.names.lot_number(view.lot(gtin, number))
    if lot is None:
        return []
    found.update(reader.positions_of_lot(lot))
    intervals = {(row.container, row.since, row.until) for row in reader.lot_containments(lot)}
    _follow(reader, intervals, found)
    return sorted(found)


def pack_positions(view: Snapshot, packs: Iterable[Item]) -> list[int]:
    """The same for some packs, which are looked up one by one."""
    reader, found, intervals = view.reader, set[int](), set[Interval]()
    for pack in packs:
        number = view.item_number(pack.epc)
        if number is not None:
            found.add(pack.born)
            found.update(touch.position for touch in reader.touches(number))
            intervals.update((row.container, row.since, row.until) for row in reader.containments(number))
    _follow(reader, intervals, found)
    return sorted(found)


def trace_positions(view: Snapshot, asked: Asked, packs: Iterable[Item]) -> list[int]:
    """Positions of the statements that an answer rests on, in order: of a whole lot, or of the `packs` found."""
    found = lot_positions(view, asked.gtin, asked.lot) if asked.whole_lot else pack_positions(view, packs)
    return [one for one in found if asked.known_at is None or one <= asked.known_at]


def _follow(reader: Reader, intervals: Iterable[Interval], found: set[int]) -> None:
    """Add what was said of containers in their intervals, and of the containers that those were in."""
    waiting, seen = list(intervals), set[Interval]()
    while waiting:
        interval = waiting.pop()
        if interval in seen:
            continue
        seen.add(interval)
        container, since, until = interval
        found.add(since)
        if until is not None:
            found.add(until)
        for touch in reader.touches(container):
            if since <= touch.position and (until is None or touch.position <= until):
                found.add(touch.position)
        for above in reader.containments(container):
            first, last = max(since, above.since), _earlier(until, above.until)
            if last is None or first < last:
                waiting.append((above.container, first, last))


def _earlier(one: int | None, other: int | None) -> int | None:
    ends = [end for end in (one, other) if end is not None]
    return min(ends) if ends else None


def shown_receipt(view: Snapshot, position: int, level: str, items: Collection[str]) -> Receipt:
    """The receipt of a statement with its whole body, with some of its items, or bare, by level of disclosure."""
    entry = view.entry(position)
    if entry is None:
        raise StoreError("The log has no entry %(position)s", position=position)
    body = view.body(position)
    whole = body if level == "whole" else None
    found = Receipts(view.reader).receipt(position, entry, whole)
    if body is None:
        return msgspec.structs.replace(found, erased=view.erasing(position))
    return found.disclosing(body, items) if level == "item" else found


class Exhibits:
    """Receipts of one snapshot, all against its newest checkpoint."""

    def __init__(self, view: Snapshot) -> None:
        newest = view.reader.checkpoint()
        if newest is None:
            raise StoreError("This log has no checkpoint yet")
        self.size, self.note = newest
        self._view = view
        self._prove = InclusionProver(tiles(view.reader), self.size)

    def registry(self) -> Iterator[Receipt]:
        """The registry entries, in order."""
        for position in list(self._view.reader.registry()):
            if position < self.size:
                yield self._receipt(position)

    def of_lot(self, lot: Lot, viewer: str, before: int | None = None) -> Iterator[Receipt]:
        """The statements about a lot that a party may see; those before a position."""
        positions = lot_positions(self._view, lot.gtin, lot.number)
        known = [one for one in positions if before is None or one < before]
        return self.statements(known, viewer)

    def statements(self, positions: Iterable[int], viewer: str) -> Iterator[Receipt]:
        """Those of the statements that a party may see, with as much of their bodies as it may see, in the order
        of a bundle."""
        view = self._view
        for count, position in enumerate(statement_order(positions)):
            if count % FORGET == 0:
                view.forget()
            if position >= self.size:
                continue
            sides = view.last_act(view.reader.last(position))
            if sides is None:
                continue
            whole = disclosure(viewer, sides, view.registry, ()) == "whole"
            held = () if whole else view.held_of(viewer, position)
            body = view.body(position) if whole or held else None
            if body is None:
                if (whole or held) and view.erasure(position) is not None:
                    yield self._receipt(position)
                continue
            proven = self._receipt(position)
            yield msgspec.structs.replace(proven, body=body) if whole else proven.disclosing(body, held)

    def _receipt(self, position: int) -> Receipt:
        entry = self._view.entry(position)
        if entry is None:
            raise StoreError("The log has no entry %(position)s", position=position)
        return Receipt(entry, position, self._prove(position), self.note)
