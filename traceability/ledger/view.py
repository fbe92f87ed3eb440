"""One snapshot of the store, spoken in custody's types: the `World` that rules and pages read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from traceability.custody.erasing import Erasure, Kept
from traceability.custody.registry import Registry
from traceability.custody.state import Condition, Contents, Fact, Item, Lot
from traceability.epcis.parts import Terms
from traceability.gs1.keys import join_epc_uri, split_epc_uri
from traceability.ledger.keeping import unpack_kept
from traceability.ledger.names import Names
from traceability.proof import ProofError
from traceability.proof.entry import Entry
from traceability.proof.signing import b64, unb64
from traceability.proof.statement import Body, Statement
from traceability.store import Reader
from traceability.store.packing import unpack
from traceability.store.rows import CLAIMED, EFFECT, LATE, UNMATCHED, ActRow, ItemRow


class View:
    """Reads a snapshot; remembers what it read, since a snapshot does not change."""

    def __init__(self, reader: Reader, names: Names, registry: Registry) -> None:
        self.reader = reader
        self.names = names
        self.registry = registry
        self._items: dict[str, Item | None] = {}
        self._ids: dict[str, int] = {}
        self._epcs: dict[int, str] = {}
        self._codes: dict[str, tuple[str, str]] = {}  # of items that were looked for and not found
        self._facts: dict[int, Fact | None] = {}
        self._contents: dict[str, dict[Lot | None, Contents]] = {}

    def forget(self) -> None:
        """Drop what was read so far; it is read again when it is needed."""
        for known in (self._items, self._ids, self._epcs, self._codes, self._facts, self._contents):
            known.clear()

    @property
    def made(self) -> str:
        """When the newest entry was admitted: what is made of this snapshot has that as its time."""
        newest = self.entry(self.reader.size() - 1)
        return "1970-01-01T00:00:00.000Z" if newest is None else newest.admitted

    # Items

    def item(self, epc: str) -> Item | None:
        if epc not in self._items:
            self.prefetch((epc,))
        return self._items[epc]

    def prefetch(self, epcs: Iterable[str]) -> None:
        """Read many items, and the containers above them, in few questions."""
        wanted: dict[str, dict[str, str]] = {}
        items = self._items
        for epc in epcs:
            if epc not in items:
                items[epc] = None
                prefix, serial = self._codes[epc] = split_epc_uri(epc)
                wanted.setdefault(prefix, {})[serial] = epc
        above: set[int] = set()
        found: list[tuple[str, ItemRow]] = []
        for prefix, serials in wanted.items():
            product = self.names.products.find(prefix)
            if product is None:
                continue
            for row in self.reader.items(product, list(serials)):
                found.append((serials[row.serial], row))
                if row.container is not None and row.container not in self._epcs:
                    above.add(row.container)
        if above:
            self.prefetch_ids(sorted(above))
        for epc, row in found:
            self._remember(epc, row)

    def prefetch_ids(self, ids: Sequence[int]) -> None:
        """Read items by number, and the containers above them."""
        rows = [row for row in self.reader.items_by_id(ids) if row.id not in self._epcs]
        self._epcs.update(
            {row.id: join_epc_uri(self.names.products.texts[row.product], row.serial) for row in rows}
        )
        above = sorted({row.container for row in rows if row.container is not None} - self._epcs.keys())
        if above:
            self.prefetch_ids(above)
        for row in rows:
            epc = self._epcs[row.id]
            if self._items.get(epc) is None:
                self._remember(epc, row)

    def _remember(self, epc: str, row: ItemRow) -> Item:
        item = self._items[epc] = self.to_item(epc, row)
        self._ids[epc] = row.id
        self._epcs[row.id] = epc
        return item

    def to_item(self, epc: str, row: ItemRow) -> Item:
        """A row as custody sees it. Its container must have been read before."""
        glns = self.names.glns.texts
        return Item(
            epc,
            row.life,
            row.born,
            Condition(row.condition),
            self.names.lot(row.lot),
            None if row.container is None else self._epcs[row.container],
            None if row.custodian is None else glns[row.custodian],
            None if row.site is None else glns[row.site],
            None if row.owner is None else glns[row.owner],
            None if row.receiver is None else glns[row.receiver],
            row.dispatch,
            bool(row.unmatched),
            row.acted,
            row.units,
        )

    def read_items(self, rows: Iterable[ItemRow]) -> Iterator[Item]:
        """Rows that the store found by some other key, as items."""
        for row in rows:
            epc = self._epcs.get(row.id) or join_epc_uri(self.names.products.texts[row.product], row.serial)
            known = self._items.get(epc)
            if known is None:
                if row.container is not None and row.container not in self._epcs:
                    self.prefetch_ids((row.container,))
                known = self._remember(epc, row)
            yield known

    def item_number(self, epc: str) -> int | None:
        """The store's number of an item; None for an unknown one."""
        return None if self.item(epc) is None else self._ids[epc]

    def epc(self, number: int) -> str:
        """The item that a number of the store stands for."""
        if number not in self._epcs:
            self.prefetch_ids((number,))
        return self._epcs[number]

    def top(self, item: Item) -> Item:
        """The item that speaks for this one: its outermost container, or itself."""
        while item.container is not None:
            above = self.item(item.container)
            if above is None:  # a container is always in the index
                return item
            item = above
        return item

    def children(self, epc: str) -> Iterable[str]:
        number = self.item_number(epc)
        if number is None:
            return []
        return [item.epc for item in self.read_items(list(self.reader.children(number)))]

    def contents(self, epc: str) -> Mapping[Lot | None, Contents]:
        known = self._contents.get(epc)
        if known is None:
            number = self.item_number(epc)
            rows = () if number is None else self.reader.contents(number)
            known = {self.names.lot(row.lot): Contents(row.items, row.blocked) for row in rows}
            self._contents[epc] = known
        return known

    def lot(self, gtin: str, number: str) -> Lot | None:
        return self.names.lots.get((gtin, number))

    def carried(self, lot: Lot) -> bool:
        """Whether any item is of a lot now."""
        if any(item is not None and item.lot == lot for item in self._items.values()):
            return True
        number = self.names.lot_number(lot)
        rows = iter(()) if number is None else self.reader.items_of_lot(number)
        return any(item.lot == lot for item in self.read_items(rows))

    # Statements

    def entry(self, position: int) -> Entry | None:
        row = self.reader.entry(position)
        return None if row is None else Entry.parse(row.entry)

    def body(self, position: int) -> Body | None:
        packed = self.packed(position)
        return None if packed is None else Body(*unpack(packed))

    def packed(self, position: int) -> bytes | None:
        """A body as the store keeps it."""
        return self.reader.body(position)

    def kept(self, position: int) -> Kept | None:
        """What is kept of the body at a position that was erased by law."""
        row = self.reader.erased(position)
        return None if row is None else unpack_kept(row.kept)

    def erasure(self, position: int) -> Erasure | None:
        """By whom and why the body at a position was erased; None where nobody did. One that is ordered and not yet
        carried out counts too."""
        if not self.registry.erased:
            return None
        row = self.reader.entry(position)
        return None if row is None else self.registry.erased.get(b64(row.statement))

    def position(self, statement_id: str) -> int | None:
        """Where a statement is in the log; None if it is not, and for what is no statement's id."""
        try:
            digest = unb64(statement_id)
        except ProofError:
            return None
        return self.reader.positions((digest,)).get(digest)

    def fact(self, position: int) -> Fact | None:
        if position not in self._facts:
            row = self.reader.act(position)
            self._facts[position] = None if row is None else self.to_fact(row)
        return self._facts[position]

    def fact_by_id(self, statement_id: str) -> Fact | None:
        position = self.position(statement_id)
        return None if position is None else self.fact(position)

    def named(self, position: int) -> tuple[tuple[str, str], ...]:
        body = self.body(position)
        if body is None:
            kept = self.kept(position)
            return () if kept is None else kept.named
        return tuple((item[0], item[1:]) for item in body.items)

    def terms(self, position: int) -> Terms | None:
        """The terms of the statement at a position; of an erased body, what is kept of them."""
        body = self.body(position)
        if body is None:
            kept = self.kept(position)
            return None if kept is None else kept.terms
        return Terms.parse(body.terms)

    def sources(self, lot: Lot) -> tuple[Lot, ...]:
        """The lots that a lot was repackaged from: those of the inputs of the act that first named it."""
        known = self.names.sources.get((lot.gtin, lot.number))
        if known is None:
            known = self.names.sources[lot.gtin, lot.number] = self._find_sources(self.names.first(lot))
        return known

    def _find_sources(self, position: int) -> tuple[Lot, ...]:
        fact = self.fact(position)
        if fact is None or fact.act not in ("repackaged", "relabelled"):
            return ()
        inputs = [self.item(epc) for role, epc in self.named(position) if role == "i"]
        return tuple(dict.fromkeys(item.lot for item in inputs if item is not None and item.lot is not None))

    def to_fact(self, row: ActRow) -> Fact:
        """An act row, with what its entry says."""
        entry = self.entry(row.position)
        if entry is None:
            raise LookupError(row.position)
        statement = Statement.parse(entry.jws)
        glns = self.names.glns.texts
        return Fact(
            position=row.position,
            id=b64(statement.digest),
            act=row.act,
            party=glns[row.party],
            kid=statement.kid,
            event_time=row.event_time,
            iat=statement.claims.iat,
            admitted=entry.admitted,
            effect=bool(row.marks & EFFECT),
            site=None if row.site is None else glns[row.site],
            counterparty=None if row.counterparty is None else glns[row.counterparty],
            counter_site=None if row.counter_site is None else glns[row.counter_site],
            parent=None if row.parent is None else self.epc(row.parent),
            ref=tuple(map(int, row.ref.split())) if row.ref else (),
            late=bool(row.marks & LATE),
            claimed=bool(row.marks & CLAIMED),
            unmatched=bool(row.marks & UNMATCHED),
            struck=row.struck,
        )
