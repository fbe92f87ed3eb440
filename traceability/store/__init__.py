"""Rows in, rows out: the only SQL (DESIGN section 6).

`Store.read()` yields a `Reader` on one snapshot, `Store.write()` a `Writer` that commits durably on
leaving. Both speak the frozen rows of `rows.py`; no method takes SQL, and whatever can grow comes as
an iterator that is to be used up inside its `with` block.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from traceability.store.rows import (
    ActFilter,
    ActRow,
    ContainmentRow,
    ContentRow,
    EntryRow,
    ErasedRow,
    ExpiredRow,
    ForkRow,
    GroupRow,
    HeldRow,
    ItemRow,
    LastRow,
    LotCount,
    LotRow,
    PackRecord,
    PastRow,
    RefusalRow,
    RoadRow,
    SignerRow,
    SnapshotRow,
    TallyRow,
    TopFilter,
    TouchRow,
    UnlottedRow,
)


class StoreError(ValueError):
    """The store cannot do what was asked; nothing was changed."""

    def __init__(self, pattern: str, /, **values: object) -> None:
        super().__init__(pattern % values)
        self.pattern = pattern
        self.values = values


class Reader(Protocol):
    """One consistent snapshot."""

    # Truth
    def size(self) -> int:
        """Number of entries in the log."""

    def entry(self, position: int) -> EntryRow | None: ...
    def entries(self, first: int, last: int) -> Iterator[EntryRow]:
        """Entries with first <= position < last, in order."""

    def positions(self, statements: Sequence[bytes]) -> dict[bytes, int]:
        """Positions of those of the given statement digests that are logged."""

    def at_seq(self, signer: int, seq: int) -> EntryRow | None: ...
    def body(self, position: int) -> bytes | None: ...
    def bodies(self, first: int, last: int) -> Iterator[tuple[int, bytes]]: ...
    def erased(self, position: int) -> ErasedRow | None:
        """What is kept of the body at a position that was erased by law."""

    def erasures(self, first: int, last: int) -> Iterator[ErasedRow]:
        """The same for first <= position < last, in order."""

    def checkpoint(self, size: int | None = None) -> tuple[int, str] | None:
        """The newest checkpoint, or the smallest that covers `size` entries."""

    def checkpoints(self) -> Iterator[tuple[int, str]]: ...
    def forks(self) -> Iterator[ForkRow]: ...

    # Index
    def tile(self, level: int, index: int) -> bytes | None: ...
    def signers(self) -> Iterator[SignerRow]: ...
    def registry(self, first: int = 0) -> Iterator[int]:
        """Positions of the registry statements from `first` on, in order."""

    def refusal(self, position: int) -> RefusalRow | None: ...
    def signer(self, kid: str) -> SignerRow | None: ...
    def glns(self, after: int = 0) -> Iterator[tuple[int, str]]: ...
    def products(self, after: int = 0) -> Iterator[tuple[int, str]]: ...
    def lots(self, after: int = 0) -> Iterator[LotRow]: ...
    def lot_corrections(self, after: int) -> Iterator[tuple[int, int, str]]:
        """(position, lot, expiry) of the lots whose expiry a statement after a position made right."""

    def items(self, product: int, serials: Sequence[str]) -> Iterator[ItemRow]: ...
    def serial_after(self, product: int, serial: str) -> str | None:
        """The first known serial of a product that comes after this one."""

    def items_by_id(self, ids: Sequence[int]) -> Iterator[ItemRow]: ...
    def items_of_lot(self, lot: int) -> Iterator[ItemRow]:
        """In item order."""

    def items_ever_of_lot(self, lot: int) -> Iterator[ItemRow]:
        """In item order, with those that are no longer of the lot."""

    def packs_of_lot(self, lot: int) -> Iterator[PackRecord]:
        """In item order, each loose one with the last statement about it."""

    def count_lot(self, lot: int) -> Iterator[LotCount]:
        """The items of a lot, counted by what a balance asks."""

    def positions_of_lot(self, lot: int) -> Iterator[int]:
        """Positions of the acts that named an item of a lot, each once."""

    def serials_of_lot(self, lot: int) -> Iterator[str]:
        """Sorted as the bytes of their UTF-8."""

    def last(self, position: int) -> LastRow | None: ...
    def items_held(self, custodian: int, after: int = 0) -> Iterator[ItemRow]:
        """Top items in the custody of a party, on the road from it included, in item order from `after`."""

    def items_coming(self, receiver: int) -> Iterator[ItemRow]: ...
    def items_sent(self, custodian: int) -> Iterator[ItemRow]:
        """Top items that a party sent and nobody received yet."""

    def held(self, custodian: int) -> Iterator[HeldRow]:
        """What a party holds and has not sent off, counted by lot out of the contents of containers."""

    def unlotted(self, custodian: int) -> Iterator[UnlottedRow]:
        """The same for items without a known lot, containers among them, at any depth."""

    def road(self, gln: int | None) -> Iterator[RoadRow]:
        """What is on the road from or to a party, or anybody's, oldest statement first."""

    def tops(
        self, custodian: int, wanted: TopFilter, gone: Sequence[int], after: int, limit: int
    ) -> Iterator[ItemRow]:
        """Outermost items that a party holds and has not sent off, in item order from `after`, but those
        in one of the conditions `gone`."""

    def last_item(self) -> int:
        """The highest item id in use."""

    def children(self, container: int) -> Iterator[ItemRow]:
        """The items directly inside a container now."""

    def contents(self, container: int) -> Iterator[ContentRow]: ...
    def containments(self, child: int) -> Iterator[ContainmentRow]: ...
    def contained(self, container: int) -> Iterator[ContainmentRow]: ...
    def act(self, position: int) -> ActRow | None: ...
    def acts_of(self, gln: int, before: int, limit: int) -> Iterator[ActRow]:
        """Newest first: what a party did or what was done towards it."""

    def acts_near(self, wanted: ActFilter, start: int, limit: int, *, newest: bool) -> Iterator[ActRow]:
        """Acts that fit, those before the position `start` and newest first, or those after it in log order.

        Without a party there is no index: acts are looked through until enough are found.
        """

    def signed_by(self, signer: int, start: int, limit: int, *, newest: bool) -> Iterator[int]:
        """Positions of the entries of a signer, those before `start` and newest first, or those after it."""

    def refusals_of(self, first: str, last: str) -> Iterator[tuple[int, str]]:
        """(position, item) of refused statements whose named item is in a range of texts, in log order."""

    def acts_called(self, act: str, gln: int, after: int) -> Iterator[ActRow]:
        """In log order: acts of one kind that a party did or that were done towards it, after a position."""

    def acts_where(self, act: str, party: int | None, site: int | None) -> Iterator[ActRow]:
        """In log order: acts of one kind, of a party or towards it, at a place or towards it; each may be any."""

    def groups_of_lot(self, lot: int) -> Iterator[GroupRow]:
        """The containments of a lot's items, those that began and ended together counted as one."""

    def moves_of_lot(self, lot: int, acts: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Positions of acts of some kinds that name items of a lot themselves, with how many."""

    def tally(self, gln: int | None, after: int) -> Iterator[TallyRow]:
        """Acts with effect of one party, or towards it, or of anybody, by kind and event day, from a position on."""

    def expired(self, day: str) -> Iterator[ExpiredRow]:
        """Lots that expired before a day and have packs whose own condition is active."""

    def offered_to(self, gln: int, limit: int) -> Iterator[ActRow]:
        """Newest first: offers of ownership made to a party."""

    def set_out_by(self, gln: int, limit: int) -> Iterator[ActRow]:
        """Newest first: agreements to a destruction, and moves, that a party signed."""

    def touches(self, item: int) -> Iterator[TouchRow]: ...
    def story(self, item: int) -> Iterator[tuple[TouchRow, ActRow]]:
        """Every act that named an item, in log order."""

    def statement(self, position: int) -> bytes | None:
        """The digest of the statement at a position."""

    def lot_changes(self) -> dict[int, int]:
        """For each lot the position of the last statement that changed an item of it."""

    def items_of_product(self, product: int, first: str, last: str) -> Iterator[ItemRow]:
        """The items of a product with first <= serial <= last, sorted by serial; an empty `last` is no end."""

    def items_by_serial(self, lot: int) -> Iterator[ItemRow]:
        """The items of a lot, and those that were of it, sorted by serial as UTF-8."""

    def loose_items(self, *, ever: bool) -> Iterator[ItemRow]:
        """The items that are of no lot, or with `ever` those that were of none; by product, then by serial."""

    def snapshot(self, size: int | None = None) -> SnapshotRow | None:
        """The snapshot over so many entries; the newest without a number."""

    def snapshots(self) -> Iterator[SnapshotRow]: ...
    def history_from(self) -> int:
        """The log position from which `past` is complete; 0 unless the file is older than that table."""

    def past(self, item: int) -> Iterator[PastRow]:
        """What an item was, oldest first."""

    def past_of_lot(self, lot: int) -> Iterator[PastRow]:
        """What the items were that are or ever were of a lot, by item, oldest first."""

    def times(self, first: int, last: int) -> Iterator[tuple[int, str, int | None]]:
        """(position, event time, struck) of the acts with first <= position < last."""

    def lot_containments(self, lot: int) -> Iterator[ContainmentRow]:
        """The containment intervals of every item of a lot, by item and opening."""


class Writer(Reader, Protocol):
    """One write transaction; it also reads what it has written."""

    def add_entries(self, rows: Iterable[EntryRow]) -> None: ...
    def add_bodies(self, rows: Iterable[tuple[int, bytes]]) -> None: ...
    def add_erased(self, rows: Iterable[ErasedRow]) -> None: ...
    def erase_bodies(self, positions: Iterable[int]) -> None:
        """Delete bodies so that their bytes are overwritten, in pages that are free from now on too."""

    def put_refusals(self, rows: Iterable[RefusalRow]) -> None:
        """Overwrite why entries have no effect."""

    def add_checkpoint(self, size: int, note: str) -> None: ...
    def add_fork(self, row: ForkRow) -> None: ...
    def put_tiles(self, tiles: Iterable[tuple[int, int, bytes]]) -> None: ...
    def put_signers(self, rows: Iterable[SignerRow]) -> None: ...
    def add_registry(self, positions: Iterable[int]) -> None: ...
    def add_refusals(self, rows: Iterable[RefusalRow]) -> None: ...
    def add_glns(self, rows: Iterable[tuple[int, str]]) -> None: ...
    def add_products(self, rows: Iterable[tuple[int, str]]) -> None: ...
    def add_lots(self, rows: Iterable[LotRow]) -> None: ...
    def correct_lots(self, rows: Iterable[tuple[int, int, str]]) -> None:
        """Give lots another expiry: (position, lot, expiry)."""

    def add_items(self, rows: Iterable[tuple[int | str | None, ...]]) -> None:
        """Items first seen, in the order of `ItemRow`."""

    def put_items(self, rows: Iterable[tuple[int | str | None, ...]]) -> None:
        """Overwrite items that exist; their product and serial stay as they are."""

    def add_past(self, rows: Iterable[tuple[int | None, ...]]) -> None:
        """What items were before this batch changed them, in the order of `PastRow`."""

    def open_containments(self, rows: Iterable[ContainmentRow]) -> None: ...
    def close_containments(self, rows: Iterable[tuple[int, int]]) -> None:
        """(until, child): the child's open interval ends at position `until`."""

    def put_contents(self, rows: Iterable[ContentRow]) -> None:
        """Set counts; a row of no items is removed."""

    def add_acts(self, rows: Iterable[ActRow]) -> None: ...
    def strike_acts(self, rows: Iterable[tuple[int, int]]) -> None:
        """(by, position) of acts that a correction struck."""

    def match_acts(self, positions: Iterable[int]) -> None:
        """Take the mark "unmatched" from acts that a later statement explains."""

    def put_lot_changes(self, rows: Iterable[tuple[int, int]]) -> None:
        """(lot, position) of the last changes."""

    def add_snapshot(self, row: SnapshotRow) -> None: ...
    def add_touches(self, rows: Iterable[TouchRow]) -> None: ...


class Store(Protocol):
    """A database of one log."""

    def read(self) -> AbstractContextManager[Reader]: ...
    def write(self) -> AbstractContextManager[Writer]:
        """Starts at once as the only writer; commits durably on leaving, rolls back on an exception."""

    def close(self) -> None: ...
