"""The index as a batch changes it: a view with an overlay, written down in a few bulk statements."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from traceability.custody.erasing import Kept
from traceability.custody.registry import Registry
from traceability.custody.state import Contents, Effect, Fact, Item, Lot
from traceability.ledger.names import Names
from traceability.ledger.view import View
from traceability.store import Writer
from traceability.store.rows import (
    CLAIMED,
    EFFECT,
    LATE,
    UNMATCHED,
    ActRow,
    ContainmentRow,
    ContentRow,
    TouchRow,
)


class Projection(View):
    """What the rules see while a batch is admitted: the store as it was, and every effect since."""

    def __init__(self, writer: Writer, names: Names, registry: Registry) -> None:
        super().__init__(writer, names, registry)
        self._writer = writer
        self._next_item = writer.last_item() + 1
        self._new: dict[str, tuple[int, str]] = {}  # product number and serial
        self._changed: dict[str, None] = {}
        self._opened: dict[str, dict[str, None]] = {}  # container -> children put in by this batch
        self._intervals: dict[str, list[ContainmentRow]] = {}  # child -> intervals this batch opened
        self._ended: list[tuple[int, int]] = []
        self._emptied: set[tuple[str, str]] = set()  # (child, container) taken out by this batch
        self._counts: dict[tuple[str, Lot | None], None] = {}
        self._acts: list[ActRow] = []
        self._touches: list[TouchRow] = []
        self._lots: dict[Lot | None, int] = {}  # the last change of an item of each
        self._past: list[tuple[int, int, Item, bool]] = []  # (item, until, what it was, out of its lot)
        self._struck: list[tuple[int, int]] = []
        self._matched: list[int] = []
        self._positions: dict[str, int] = {}
        self._packed: dict[int, bytes] = {}
        self._kept: dict[int, Kept] = {}
        self._places: dict[tuple[str | None, ...], tuple[int | None, ...]] = {}

    # The world, with this batch on top

    def children(self, epc: str) -> Iterable[str]:
        stored = [child for child in super().children(epc) if (child, epc) not in self._emptied]
        return [*stored, *self._opened.get(epc, ())]

    def position(self, statement_id: str) -> int | None:
        known = self._positions.get(statement_id)
        return super().position(statement_id) if known is None else known

    def packed(self, position: int) -> bytes | None:
        return self._packed.get(position) or super().packed(position)

    def kept(self, position: int) -> Kept | None:
        return self._kept.get(position) or super().kept(position)

    # What the batch adds

    def record_kept(self, kept: Kept) -> None:
        """Take in one custody statement whose body was erased, by what is kept of it."""
        if kept.fact is not None:
            self._kept[kept.fact.position] = kept
            self.record(kept.fact, b"", kept.named, kept.effect)

    def record(
        self, fact: Fact, packed: bytes, items: Sequence[tuple[str, str]], effect: Effect | None
    ) -> None:
        """Take in one custody statement, and its effect if it has one."""
        position = fact.position
        self._positions[fact.id] = position
        self._facts[position] = fact
        self._packed[position] = packed
        if effect is not None:
            self._apply(position, effect)
            self._touch(position, items, fact.parent)
        self._acts.append(self._act_row(fact))

    def _apply(self, position: int, effect: Effect) -> None:
        for lot in effect.lots:
            self.names.add_lot(lot, position)
        known, ids, changed = self._items, self._ids, self._changed
        for item in effect.items:
            epc = item.epc
            self._number_places(item)
            before = known.get(epc) if epc in ids else self.item(epc)
            if before is not None:
                changed[epc] = None
                left = before.lot is not None and item.lot != before.lot
                self._past.append((ids[epc], position, before, left))
                if left:
                    self._lots[before.lot] = position
            else:
                number = self._next_item
                self._next_item = number + 1
                ids[epc] = number
                self._epcs[number] = epc
                prefix, serial = self._codes.pop(epc)
                self._new[epc] = (self.names.products.number(prefix), serial)
            known[epc] = item
            if item.lot is not None:
                self._lots[item.lot] = position
        for child, container in effect.closed:
            self._close(position, child, container)
        for child, container in effect.opened:
            self._opened.setdefault(container, {})[child] = None
            row = ContainmentRow(self._ids[child], position, self._ids[container], None)
            self._intervals.setdefault(child, []).append(row)
        for container, counted, items, blocked in effect.contents:
            counts = dict(self.contents(container))
            old = counts.get(counted, Contents(0, 0))
            counts[counted] = Contents(old.items + items, old.blocked + blocked)
            if not counts[counted].items:
                del counts[counted]
            self._contents[container] = counts
            self._counts[container, counted] = None
        for corrected in effect.struck:
            self._struck.append((position, corrected))
            self._amend(corrected, struck=position)
        for explained in effect.matched:
            self._matched.append(explained)
            self._amend(explained, unmatched=False)

    def _amend(self, position: int, **changes: object) -> None:
        fact = self.fact(position)
        if fact is not None:
            self._facts[position] = msgspec.structs.replace(fact, **changes)

    def _number_places(self, item: Item) -> None:
        """Number the places of an item in log order, so that a replay in other batches gives the same."""
        places = (item.custodian, item.site, item.owner, item.receiver)
        if places not in self._places:
            number = self.names.glns.number
            self._places[places] = tuple([None if gln is None else number(gln) for gln in places])

    def _close(self, position: int, child: str, container: str) -> None:
        if self._opened.get(container, {}).pop(child, self) is self:
            self._emptied.add((child, container))
            self._ended.append((position, self._ids[child]))
        else:
            intervals = self._intervals[child]
            intervals[-1] = intervals[-1]._replace(until=position)

    def _touch(self, position: int, items: Sequence[tuple[str, str]], parent: str | None) -> None:
        """Note which items an act names. The act that an item was born in is in its row already."""
        ids, known = self._ids, self._items
        self._touches += [
            TouchRow(ids[epc], position, place)
            for place, (_, epc) in enumerate(items)
            if epc in ids and (item := known[epc]) is not None and item.born != position
        ]
        if parent is not None and self.item(parent) is not None:
            self._touches.append(TouchRow(ids[parent], position, -1))

    def _act_row(self, fact: Fact) -> ActRow:
        glns = self.names.glns

        def number(gln: str | None) -> int | None:
            return None if gln is None else glns.number(gln)

        marks = (
            (EFFECT if fact.effect else 0)
            | (LATE if fact.late else 0)
            | (CLAIMED if fact.claimed else 0)
            | (UNMATCHED if fact.unmatched else 0)
        )
        return ActRow(
            fact.position,
            fact.act,
            glns.number(fact.party),
            number(fact.site),
            number(fact.counterparty),
            number(fact.counter_site),
            fact.event_time,
            None if fact.parent is None else self.item_number(fact.parent),
            " ".join(map(str, fact.ref)) or None,
            marks,
            None,
        )

    # Down to rows

    def _item_rows(
        self, codes: Iterable[tuple[str, tuple[int, str]]]
    ) -> Iterator[tuple[int | str | None, ...]]:
        """Rows of items in the order of `ItemRow`; plain tuples, since commissioning makes so many."""
        items, ids, places = self._items, self._ids, self._places
        lot_numbers: dict[Lot | None, int | None] = {None: None}
        for epc, (product, serial) in codes:
            item = items[epc]
            if item is None:
                raise LookupError(epc)
            lot = item.lot
            if lot not in lot_numbers:
                lot_numbers[lot] = self.names.lot_number(lot)
            container = item.container
            custodian, site, owner, receiver = places[item.custodian, item.site, item.owner, item.receiver]
            yield (
                ids[epc],
                product,
                serial,
                item.life,
                item.born,
                int(item.condition),
                lot_numbers[lot],
                None if container is None else ids[container],
                custodian,
                site,
                owner,
                receiver,
                item.dispatch,
                int(item.unmatched),
                item.acted,
                item.left,
            )

    def save(self) -> None:
        """Write everything this batch changed in the index."""
        writer = self._writer
        self.names.save(writer)
        writer.add_items(self._item_rows(self._new.items()))
        # The code of an item never changes, so an update leaves it out.
        writer.put_items(self._item_rows((epc, (0, "")) for epc in self._changed if epc not in self._new))
        writer.add_past(map(self._past_row, self._past))
        lots = ((self.names.lot_number(lot), position) for lot, position in self._lots.items())
        writer.put_lot_changes((lot, position) for lot, position in lots if lot is not None)
        writer.close_containments(self._ended)
        writer.open_containments(row for rows in self._intervals.values() for row in rows)
        writer.put_contents(self._content_rows())
        writer.add_acts(self._acts)
        writer.strike_acts(self._struck)
        writer.match_acts(self._matched)
        writer.add_touches(self._touches)

    def _past_row(self, past: tuple[int, int, Item, bool]) -> tuple[int | None, ...]:
        number, until, item, left = past
        lot = self.names.lot_number(item.lot)
        self._number_places(item)
        custodian, site, owner, receiver = self._places[item.custodian, item.site, item.owner, item.receiver]
        return (
            number,
            until,
            item.life,
            item.born,
            int(item.condition),
            lot,
            None if item.container is None else self.item_number(item.container),
            custodian,
            site,
            owner,
            receiver,
            item.dispatch,
            int(item.unmatched),
            item.acted,
            item.left,
            lot if left else None,
        )

    def _content_rows(self) -> list[ContentRow]:
        rows: dict[tuple[int, int], ContentRow] = {}
        for container, lot in self._counts:
            count = self._contents[container].get(lot, Contents(0, 0))
            key = (self._ids[container], self.names.lot_number(lot) or 0)
            if (
                count.items or key not in rows
            ):  # a lot made right stands under its number twice: before, and now
                rows[key] = ContentRow(*key, count.items, count.blocked)
        return list(rows.values())
