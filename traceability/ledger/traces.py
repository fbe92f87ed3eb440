"""Where the packs of a lot are: now, and at any moment that the log has seen.

A trace is read as it streams: nothing is kept of a pack, only of the containers that speak for many.
"""

from collections.abc import Iterator

from traceability.custody.recall import Alike, Asked, LastAct, PackRow
from traceability.custody.state import Condition, Item
from traceability.gs1.keys import join_epc_uri
from traceability.ledger.moments import Moment
from traceability.ledger.moves import Following, May, asked_positions, rows_moved
from traceability.ledger.view import View
from traceability.proof.signing import b64
from traceability.store import StoreError
from traceability.store.rows import CLAIMED, UNMATCHED, ItemRow, LastRow, LotCount

Speaker = tuple[Item, LastAct | None]
"""The item that speaks for others, and the last statement that named it."""


class Traces(View):
    """The questions about whole lots."""

    def lot_items(self, gtin: str, number: str) -> Iterator[Item]:
        """Every item of a lot, as it is now."""
        lot = self._lot(gtin, number)
        if lot is not None:
            yield from self.read_items(self.reader.items_of_lot(lot))

    def lot_trace(
        self, gtin: str, number: str, at: str | None = None, known_at: int | None = None
    ) -> Iterator[PackRow]:
        """Every item of a lot with the item that speaks for it: where it was at event time `at`, as the log
        knew it at position `known_at` (included). Without them, as it is now.

        Raises StoreError where the file does not know that far back.
        """
        lot = self._lot(gtin, number)
        if lot is None:
            return
        if at is None and known_at is None:
            yield from self._packs(lot)
        else:
            yield from self._packs_at(lot, Moment(self.reader, at, known_at))

    def trace(self, asked: Asked, may: May | None = None) -> Iterator[PackRow]:
        """The packs that a question is about, at its moment. Raises StoreError for one about nothing.

        `may` says of two sides of an act whether who asks may know of it. Other acts count for nothing in a
        question about acts, and goods are not followed through them.
        """
        if asked.whole_lot:
            yield from self.lot_trace(asked.gtin, asked.lot, asked.at, asked.known_at)
            return
        moment = Moment(self.reader, asked.at, asked.known_at)
        speakers: dict[int, Speaker] = {}
        following = Following(self, moment, asked.follow, may) if asked.follow else None
        for row in self._candidates(asked, moment, may):
            if self.names.products.texts[row.product].startswith("01/"):
                pack = self.pack_at(row, moment, speakers)
                if asked.covers(pack):
                    if following is not None:
                        following.note(row)
                    yield pack
        if following is not None:
            for row in following.rest():
                yield self.pack_at(row, moment, speakers)

    def _candidates(self, asked: Asked, moment: Moment, may: May | None) -> Iterator[ItemRow]:
        """What a question can be about, by the narrowest of the ways to find it."""
        product = self.names.products.find(f"01/{asked.gtin}")
        if asked.statement or asked.act:
            rows = rows_moved(self, asked_positions(self, asked, moment, may), moment)
            return self._inside(asked.container, rows, moment) if asked.container else rows
        if asked.container:
            number = self.item_number(asked.container)
            return iter(()) if number is None else moment.inside(number)
        if asked.gtin and asked.lot:
            lot = self._lot(asked.gtin, asked.lot)
            return iter(()) if lot is None else moment.items_of_lot(lot)
        if asked.gtin:
            rows = (
                iter(())
                if product is None
                else self.reader.items_of_product(product, asked.first, asked.last)
            )
            return (found for row in rows if (found := moment.version(row)) is not None)
        if asked.party and not asked.past:
            holder = self.names.glns.find(asked.party)
            return iter(()) if holder is None else self._held(holder, moment)
        if not (asked.party or asked.place or asked.since or asked.until):
            raise StoreError(
                "Expected a product, a lot, a container, a party, a place, a time or a statement to trace"
            )
        return rows_moved(self, asked_positions(self, asked, moment), moment)

    def _inside(self, container: str, rows: Iterator[ItemRow], moment: Moment) -> Iterator[ItemRow]:
        """Those of the rows that were in a container at the moment."""
        number = self.item_number(container)
        there = set() if number is None else {row.id for row in moment.inside(number)}
        return (row for row in rows if row.id in there)

    def _held(self, holder: int, moment: Moment) -> Iterator[ItemRow]:
        """What a party holds or has sent, and what is on the road to it, containers opened up."""
        for rows in (self.reader.items_held(holder), self.reader.items_coming(holder)):
            for row in list(rows):
                yield row
                yield from moment.inside(row.id)

    def lot_balance(
        self, gtin: str, number: str, at: str | None = None, known_at: int | None = None
    ) -> Iterator[Alike]:
        """The items of a lot counted by what a balance asks: one question to the store for all of them."""
        lot = self._lot(gtin, number)
        if lot is None:
            return
        if at is None and known_at is None:
            speakers: dict[int, Speaker] = {}
            for count in self.reader.count_lot(lot):
                yield self._alike(count, speakers)
        else:
            yield from map(Alike.of, self._packs_at(lot, Moment(self.reader, at, known_at)))

    def lot_serials(self, gtin: str, number: str) -> Iterator[str]:
        """The serials of a lot, sorted."""
        lot = self._lot(gtin, number)
        return iter(()) if lot is None else self.reader.serials_of_lot(lot)

    def _lot(self, gtin: str, number: str) -> int | None:
        return self.names.lot_number(self.names.lots.get((gtin, number)))

    def _packs(self, lot: int) -> Iterator[PackRow]:
        speakers: dict[int, Speaker] = {}
        prefixes = self.names.products.texts
        for row, last in self.reader.packs_of_lot(lot):
            epc = join_epc_uri(prefixes[row.product], row.serial)
            if row.container is None:
                item = self.to_item(epc, row)
                yield PackRow(item, item, self.last_act(last))
            else:
                top, fact = self._speaker(row.container, speakers)
                yield PackRow(self.to_item(epc, row), top, fact)

    def _speaker(self, container: int, known: dict[int, Speaker]) -> Speaker:
        found = known.get(container)
        if found is None:
            inner = self.item(self.epc(container))
            if inner is None:
                raise LookupError(container)
            top = self.top(inner)
            found = known[container] = top, self.last_act(self.reader.last(top.acted))
        return found

    def _alike(self, count: LotCount, speakers: dict[int, Speaker]) -> Alike:
        own = Condition(count.condition)
        if count.container is not None:
            top, fact = self._speaker(count.container, speakers)
            return Alike(
                own,
                top.condition,
                top.custodian,
                top.receiver,
                bool(count.unmatched) or top.unmatched,
                fact and fact.party,
                fact and fact.counterparty,
                count.items,
            )
        custodian, receiver, party, counterparty = (
            None if one is None else self.names.glns.texts[one]
            for one in (count.custodian, count.receiver, count.party, count.counterparty)
        )
        return Alike(own, own, custodian, receiver, bool(count.unmatched), party, counterparty, count.items)

    def last_act(self, row: LastRow | None) -> LastAct | None:
        """A row of the store as custody sees it."""
        if row is None:
            return None
        glns = self.names.glns.texts
        return LastAct(
            row.position,
            b64(row.statement),
            row.act,
            glns[row.party],
            None if row.counterparty is None else glns[row.counterparty],
            row.event_time,
            bool(row.marks & CLAIMED),
            bool(row.marks & UNMATCHED),
        )

    # At a moment

    def _packs_at(self, lot: int, moment: Moment) -> Iterator[PackRow]:
        speakers: dict[int, Speaker] = {}
        for row in moment.items_of_lot(lot):
            yield self.pack_at(row, moment, speakers)

    def pack_at(self, row: ItemRow, moment: Moment, speakers: dict[int, Speaker]) -> PackRow:
        """An item as it was at a moment, with the item that spoke for it; `speakers` are those found so far."""
        if row.container is None:
            return PackRow(self._item_of(row), *self._speaks(row))
        top, fact = self._speaker_at(row.container, moment, speakers)
        return PackRow(self._item_of(row), top, fact)

    def _speaker_at(self, container: int, moment: Moment, known: dict[int, Speaker]) -> Speaker:
        found = known.get(container)
        if found is None:
            found = known[container] = self._speaks(moment.top(container))
        return found

    def _speaks(self, row: ItemRow) -> Speaker:
        """An item that was in no container, with the last statement about it as it was known then."""
        fact = self.last_act(self.reader.last(row.acted))
        # A statement loses its mark when it is matched; then it was still on the item itself.
        return self._item_of(row), fact and fact._replace(unmatched=fact.unmatched or bool(row.unmatched))

    def _item_of(self, row: ItemRow) -> Item:
        if row.container is not None:
            self.epc(row.container)
        return self.to_item(join_epc_uri(self.names.products.texts[row.product], row.serial), row)
