"""The one way to look back: every page, export and interface asks here (DESIGN section 2)."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from traceability.custody.campaign import Answer
from traceability.custody.provenance import Provenance, Step, disclosure, provenance
from traceability.custody.registry import Recall, Registry
from traceability.custody.rules import ActStatement, decide
from traceability.custody.state import Condition, Effect, Fact, Item, Lot
from traceability.gs1.keys import join_epc_uri, split_epc_uri
from traceability.ledger.admission import Decided, decided
from traceability.ledger.examination import read_event
from traceability.ledger.known import Known
from traceability.ledger.names import Names
from traceability.ledger.registered import Registered
from traceability.ledger.sequencer import Receipts
from traceability.ledger.stock import held
from traceability.ledger.traces import Traces
from traceability.proof.receipt import Receipt, Trust
from traceability.proof.signing import b64
from traceability.proof.statement import Body
from traceability.store import Reader, Store, StoreError
from traceability.store.rows import ActRow

TILE_WIDTH = 256
"""Hashes in a full tile and entries in a full bundle (C2SP tlog-tiles)."""


class Chain(NamedTuple):
    """Where a key's own chain stands in this log."""

    seq: int
    """The number of its next statement."""
    prev: str
    """The id of its last statement; empty before the first."""


class Dispatch(msgspec.Struct, frozen=True):
    """Goods on the road: what one party sent and the other has not yet received."""

    fact: Fact
    items: list[Item]


class StockRow(NamedTuple):
    """How many items of one lot a party holds in one condition, containers opened up."""

    lot: Lot
    condition: Condition
    items: int


class LotRow(NamedTuple):
    """A lot and the position of the statement that first named it."""

    lot: Lot
    first: int


class Snapshot(Traces):
    """One moment of the log, with the questions that people ask of it."""

    def __init__(
        self, reader: Reader, names: Names, registry: Registry, registered: Sequence[Registered] = ()
    ) -> None:
        super().__init__(reader, names, registry)
        self.registered = registered
        """What each registry statement is about, in log order: up to this moment, or a little later."""

    # Custody

    def provenance(self, epc: str, at: str | None = None, known_at: int | None = None) -> Provenance:
        """Where an item has been, hop by hop: up to event time `at`, as known at a log position."""
        return provenance(epc, self.steps(epc), at=at, known_at=known_at, registry=self.registry)

    def steps(self, epc: str) -> list[Step]:
        """Every statement that named an item, or a container while the item was in it."""
        item = self.item(epc)
        return [] if item is None else list(self._steps(item, (), item.born, None))

    def _steps(self, item: Item, via: tuple[str, ...], since: int, until: int | None) -> Iterator[Step]:
        """The story of an item between two positions, then of its containers in their intervals."""
        number = self._ids[item.epc]
        if since <= item.born:
            yield self._step(item.born, via, None, item.epc)
        for touch, act in self.reader.story(number):
            if touch.position >= since and (until is None or touch.position < until):
                self._facts.setdefault(touch.position, self.to_fact(act))
                yield self._step(touch.position, via, touch.place, item.epc)
        for interval in self.reader.containments(number):
            first, last = max(since, interval.since + 1), _earlier(until, interval.until)
            container = self.item(self.epc(interval.container))
            if container is not None and (last is None or first < last):
                yield from self._steps(container, (*via, container.epc), first, last)

    def continued(self, epc: str) -> str | None:
        """A known item whose serial goes on where this one stops: the rest of a code may have been lost."""
        prefix, serial = split_epc_uri(epc)
        product = self.names.products.find(prefix)
        longer = None if product is None else self.reader.serial_after(product, serial)
        return join_epc_uri(prefix, longer) if longer is not None and longer.startswith(serial) else None

    def _step(self, position: int, via: tuple[str, ...], place: int | None, epc: str) -> Step:
        """What one statement said of an item. Role "p" is that of a container named as parent."""
        fact = self.fact(position)
        if fact is None:
            raise LookupError(position)
        if place is None:
            return Step(
                fact=fact,
                via=via,
                place=-1 if fact.parent == epc else 0,
                role="p" if fact.parent == epc else "e",
            )
        return Step(fact=fact, via=via, place=place, role="p" if place < 0 else self._role(fact, place))

    def _role(self, fact: Fact, place: int) -> str:
        """The role under which an act names an item, without opening the body where only one is possible."""
        if fact.act in {"packed", "unpacked"}:
            return "c"
        if fact.act in {"received", "repackaged", "relabelled", "corrected"}:
            named = self.named(fact.position)
            return named[place][0] if place < len(named) else "e"
        return "e"

    def pending(self, gln: str) -> list[Dispatch]:
        """What is on the road to a party, oldest dispatch first."""
        number = self.names.glns.find(gln)
        return (
            []
            if number is None
            else self._dispatches(self.read_items(list(self.reader.items_coming(number))))
        )

    def outgoing(self, gln: str) -> list[Dispatch]:
        """What a party has sent and nobody has received yet, oldest dispatch first."""
        number = self.names.glns.find(gln)
        return (
            [] if number is None else self._dispatches(self.read_items(list(self.reader.items_sent(number))))
        )

    def _dispatches(self, items: Iterator[Item]) -> list[Dispatch]:
        grouped: dict[int, list[Item]] = {}
        for item in items:
            grouped.setdefault(item.acted if item.dispatch is None else item.dispatch, []).append(item)
        found = []
        for position in sorted(grouped):
            fact = self.fact(position)
            if fact is not None:
                found.append(Dispatch(fact, grouped[position]))
        return found

    def holdings(self, gln: str, after: str | None = None, limit: int = 100) -> list[Item]:
        """Top items in a party's custody, in order of first appearance, from the one after `after`."""
        number = self.names.glns.find(gln)
        if number is None:
            return []
        start = 0 if after is None else self.item_number(after) or 0
        rows = self.reader.items_held(number, start)
        return list(self.read_items([row for row, _ in zip(rows, range(limit), strict=False)]))

    def stock(self, gln: str) -> list[StockRow]:
        """What a party holds, by lot and condition, contents of containers counted in."""
        counts: dict[tuple[Lot, Condition], int] = {}
        for row in held(self, gln):
            if row.lot is not None:  # always, of packs of known lots
                key = (row.lot, row.condition)
                counts[key] = counts.get(key, 0) + row.items
        return [StockRow(lot, condition, items) for (lot, condition), items in counts.items()]

    def lots(self, gtin: str | None = None) -> list[LotRow]:
        """The lots that the log knows, newest first."""
        rows = [row for row in self.reader.lots() if gtin is None or row.gtin == gtin]
        return [LotRow(Lot(row.gtin, row.number, row.expiry), row.first) for row in reversed(rows)]

    def activity(self, gln: str, before: int | None = None, limit: int = 50) -> list[Fact]:
        """What a party did, or what was done towards it, newest first."""
        number = self.names.glns.find(gln)
        if number is None:
            return []
        return self._facts_of(list(self.reader.acts_of(number, 2**62 if before is None else before, limit)))

    def offers_to(self, gln: str, limit: int) -> list[Fact]:
        """Offers of ownership made to a party, newest first."""
        number = self.names.glns.find(gln)
        return [] if number is None else self._facts_of(list(self.reader.offered_to(number, limit)))

    def set_out_by(self, gln: str, limit: int) -> list[Fact]:
        """Agreements to a destruction, and moves, that a party signed, newest first."""
        number = self.names.glns.find(gln)
        return [] if number is None else self._facts_of(list(self.reader.set_out_by(number, limit)))

    def _facts_of(self, rows: list[ActRow]) -> list[Fact]:
        return [self.fact(row.position) or self.to_fact(row) for row in rows]

    def answers(self, recall: Recall) -> list[Answer]:
        """Every answer to a recall that had effect, in log order."""
        facts = self.done("recall_answered", recall.party, recall.position)
        return [self._answer(fact) for fact in facts if recall.position in fact.ref]

    def done(self, act: str, gln: str, after: int) -> list[Fact]:
        """Acts of one kind that had effect and that a party did or were done towards it, after a position."""
        number = self.names.glns.find(gln)
        rows = () if number is None else self.reader.acts_called(act, number, after)
        facts = [self.fact(row.position) or self.to_fact(row) for row in rows]
        return [fact for fact in facts if fact.effect and fact.struck is None]

    def _answer(self, fact: Fact) -> Answer:
        terms = self.terms(fact.position)
        quantities = () if terms is None else terms.quantityList
        return Answer(
            fact.party,
            fact.position,
            fact.id,
            fact.admitted,
            sum(int(one.quantity or 0) for one in quantities),
            None if terms is None else terms.counts,
        )

    # Statements

    def decided(self, position: int) -> Decided:
        """What became of a logged statement."""
        entry = self.entry(position)
        if entry is None:
            raise StoreError("The log has no entry %(position)s", position=position)
        return decided(position, entry, self.reader.refusal(position), self.fact(position))

    def disclosure(self, viewer: str, position: int) -> str:
        """How much of a statement a party may see: whole, item, summary or none (DESIGN section 3)."""
        fact = self.fact(position)
        if fact is None:
            return "none"
        level = disclosure(viewer, fact, self.registry, ())
        if level != "none":  # what the party holds would not change it, and takes long to find out
            return level
        return disclosure(viewer, fact, self.registry, self.held_of(viewer, position))

    def held_of(self, viewer: str, position: int) -> tuple[str, ...]:
        """The items of a statement that a party holds or held at or after it."""
        return tuple(epc for _, epc in self.named(position) if self.holds(viewer, epc, position))

    def holds(self, viewer: str, epc: str, since: int = 0) -> bool:
        """Whether a party holds an item or has held it at or after a log position.

        Custody that nobody handed over does not count: else anyone could claim a pack to see its past.
        """
        item = self.item(epc)
        if item is None:
            return False
        top = self.top(item)
        if viewer == top.custodian and not top.unmatched:
            return True
        return any(
            step.fact.party == viewer and step.fact.effect and not step.fact.unmatched
            for step in self.steps(epc)
            if step.fact.position >= since
        )

    def registry_entries(self) -> Iterator[bytes]:
        """The exact bytes of every registry entry, in log order: with them a receipt verifies offline."""
        for position in list(self.reader.registry()):
            row = self.reader.entry(position)
            if row is not None:
                yield row.entry

    def erasing(self, position: int) -> Receipt | None:
        """The receipt of the `erase` that has taken away the body at a position, with its registry."""
        erasure = self.erasure(position)
        entry = None if erasure is None else self.entry(erasure.position)
        if erasure is None or entry is None:
            return None
        before = []
        for at in list(self.reader.registry()):
            row = self.reader.entry(at)
            if at < erasure.position and row is not None:
                before.append(row.entry)
        return Receipts(self.reader).receipt(erasure.position, entry).with_registry(before)

    def receipt(self, position: int, viewer: str) -> Receipt:
        """The receipt of an entry with as much of its body as the viewer may see."""
        entry = self.entry(position)
        if entry is None:
            raise StoreError("The log has no entry %(position)s", position=position)
        body = self.body(position)
        level = self.disclosure(viewer, position)
        whole = Receipts(self.reader).receipt(position, entry, body if level == "whole" else None)
        if body is None:
            return msgspec.structs.replace(whole, erased=self.erasing(position))
        if level == "item" and body is not None:
            return whole.disclosing(body, self.held_of(viewer, position))
        return whole


def _earlier(one: int | None, other: int | None) -> int | None:
    ends = [end for end in (one, other) if end is not None]
    return min(ends) if ends else None


class History:
    """Opens snapshots, and answers what needs none."""

    def __init__(self, store: Store, trust: Trust) -> None:
        self._store = store
        self._known = Known(trust)
        self._size = -1
        self._lock = threading.Lock()

    @contextmanager
    def view(self) -> Iterator[Snapshot]:
        """One consistent snapshot of the log."""
        with self._store.read() as reader:
            known = self._current(reader)
            yield Snapshot(reader, known.names, known.registry, known.registered)

    def _current(self, reader: Reader) -> Known:
        """Names and registry as of a snapshot, or a little later."""
        with self._lock:
            if reader.size() > self._size:
                self._known.catch_up(reader)
                self._size = reader.size()
        return self._known

    @property
    def registry(self) -> Registry:
        """The registry as of now."""
        with self._store.read() as reader:
            return self._current(reader).registry

    def chain(self, kid: str) -> Chain:
        """Where a key's own chain stands."""
        with self._store.read() as reader:
            row = reader.signer(kid)
        return Chain(0, "") if row is None else Chain(row.seq, b64(row.prev))

    def check(self, iss: str, kid: str, iat: str, admitted: str, body: Body) -> Effect:
        """Ask the rules about an act before it is signed.

        Raises Refusal, CustodyError, EpcisError or Gs1Error with the sentence that admission would log.
        """
        core, terms, _, items = read_event(body)
        with self.view() as view:
            row = view.reader.signer(kid)
            act = ActStatement(
                position=view.reader.size(),
                id="",
                iss=iss,
                kid=kid,
                iat=iat,
                admitted=admitted,
                core=core,
                terms=terms,
                items=items,
                last_iat=row.iat or None if row is not None else None,
            )
            return decide(act, view)

    # The public log (C2SP tlog-tiles)

    def checkpoint(self) -> str:
        """The newest signed checkpoint."""
        with self._store.read() as reader:
            found = reader.checkpoint()
        if found is None:
            raise StoreError("This log has no checkpoint yet")
        return found[1]

    def tile(self, level: int, index: int, width: int = TILE_WIDTH) -> bytes | None:
        """`width` hashes of a tile under the newest checkpoint; None where the tree has not that many."""
        with self._store.read() as reader:
            hashes = reader.tile(level, index) or b""
        return hashes[: width * 32] if len(hashes) >= width * 32 else None

    def entries(self, index: int, width: int = TILE_WIDTH) -> bytes | None:
        """An entry bundle: `width` entries, each after its length as two bytes, big-endian."""
        first = index * TILE_WIDTH
        with self._store.read() as reader:
            rows = [row.entry for row in reader.entries(first, first + width)]
        if len(rows) < width:
            return None
        return b"".join(len(entry).to_bytes(2, "big") + entry for entry in rows)
