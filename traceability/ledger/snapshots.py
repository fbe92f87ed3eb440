"""Taking snapshots: every item's state at a log position, hashed group by group (DESIGN section 4).

A snapshot costs what has changed: groups of lots that no statement has touched since the last one keep their
roots. Containers are hashed anew each time. `recompute` takes none of that on trust: whoever countersigns
computes every group from a ledger of its own.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from typing import NamedTuple

import msgspec

from traceability.custody.snapshot import Row, group_of
from traceability.custody.state import Condition
from traceability.gs1.keys import join_epc_uri
from traceability.ledger.history import History, Snapshot
from traceability.ledger.known import tiles
from traceability.ledger.moments import Moment
from traceability.ledger.sequencer import keep_snapshot
from traceability.proof.merkle import streamed_root, tree_root
from traceability.proof.signing import LogKey, b64
from traceability.proof.snapshot import (
    Group,
    SnapshotHead,
    parse_snapshot,
    row_leaf,
    salt_of,
    snapshot_root,
    verify_note,
)
from traceability.store import Reader, Store, StoreError
from traceability.store.rows import ItemRow

Progress = Callable[[int, int], object]
"""Called with (groups done, groups in all)."""
Keep = Callable[[SnapshotHead, bytes], str]
"""Signs a snapshot, keeps it with its packed groups, and gives its note."""
KEPT_IDS = 50_000


class Taken(NamedTuple):
    """A snapshot with its groups."""

    head: SnapshotHead
    groups: list[Group]
    hashed: int
    """Rows that had to be hashed; the others stand in groups that did not change."""


class Rows:
    """The rows of a snapshot over the first `size` entries, out of one view of the log."""

    def __init__(self, view: Snapshot, size: int) -> None:
        self.view = view
        self.size = size
        self._reader: Reader = view.reader
        self._now = size == view.reader.size()
        self.moment = Moment(view.reader, None, size - 1)
        self._ids: dict[int, str] = {}

    def lots(self) -> Iterator[tuple[str, int]]:
        """The groups of lots with the numbers of their lots, in the order in which the lots were named."""
        names = self.view.names
        for (gtin, number), lot in names.lots.items():
            found = names.lot_number(lot)
            if found is not None and names.first(lot) < self.size:
                yield group_of("", gtin, number), found

    def of_lot(self, lot: int) -> Iterator[ItemRow]:
        """The items of a lot as they were, sorted."""
        for item in self._chosen(self._reader.items_by_serial(lot)):
            if item.lot == lot:
                yield item

    def loose(self) -> Iterator[tuple[str, Iterator[ItemRow]]]:
        """The groups of items without a lot, with their items, sorted."""
        rows = self._chosen(self._reader.loose_items(ever=not self._now))
        return groupby(
            (row for row in rows if row.lot is None), key=lambda row: group_of(self.epc(row), None, None)
        )

    def _chosen(self, rows: Iterator[ItemRow]) -> Iterator[ItemRow]:
        if self._now:
            return rows
        return (found for row in rows if (found := self.moment.version(row)) is not None)

    def epc(self, row: ItemRow) -> str:
        """The item of a row."""
        return join_epc_uri(self.view.names.products.texts[row.product], row.serial)

    def encode(self, item: ItemRow) -> bytes:
        """The row of an item."""
        names, gln = self.view.names, self.view.names.glns.texts
        lot = names.lot(item.lot)
        return Row(
            epc=self.epc(item),
            condition=Condition(item.condition).name.lower(),
            born=self._id(item.born),
            acted=self._id(item.acted),
            life=item.life,
            lot=None if lot is None else lot.number,
            expiry=None if lot is None else lot.expiry,
            container=None if item.container is None else self.view.epc(item.container),
            custodian=None if item.custodian is None else gln[item.custodian],
            site=None if item.site is None else gln[item.site],
            owner=None if item.owner is None else gln[item.owner],
            receiver=None if item.receiver is None else gln[item.receiver],
            dispatch=None if item.dispatch is None else self._id(item.dispatch),
            unmatched=bool(item.unmatched),
            left=item.units,
        ).to_json()

    def _id(self, position: int) -> str:
        found = self._ids.get(position)
        if found is None:
            digest = self._reader.statement(position)
            if digest is None:
                raise LookupError(position)
            if len(self._ids) >= KEPT_IDS:
                self._ids.clear()
            found = self._ids[position] = b64(digest)
        return found


def _hashed(name: str, rows: Iterable[ItemRow], source: Rows, key: bytes) -> Group:
    encoded = map(source.encode, rows)
    return Group(name, *streamed_root(row_leaf(salt_of(key, row), row) for row in encoded))


def compute(
    view: Snapshot,
    size: int,
    key: bytes,
    since: tuple[int, list[Group]] | None = None,
    progress: Progress | None = None,
) -> Taken:
    """The snapshot over the first `size` entries. `since` is an earlier one, size and groups, from which the
    lots are taken that no statement has touched."""
    source = Rows(view, size)
    known = {} if since is None else {group.name: group for group in since[1]}
    changes = view.reader.lot_changes()
    groups, hashed = [], 0
    lots = list(source.lots())
    for done, (name, lot) in enumerate(lots):
        group = known.get(name)
        if since is None or changes.get(lot, size) >= since[0] or group is None:
            group = _hashed(name, source.of_lot(lot), source, key)
            hashed += group.rows
            view.forget()
        if group.rows:
            groups.append(group)
        if progress is not None:
            progress(done, len(lots))
    for name, rows in source.loose():
        group = _hashed(name, rows, source, key)
        hashed += group.rows
        groups.append(group)
    groups.sort(key=lambda group: group.name.encode())
    head = SnapshotHead(
        view.registry.keyring.trust.origin,
        size,
        tree_root(tiles(view.reader), size),
        sum(group.rows for group in groups),
        len(groups),
        snapshot_root(groups, key),
    )
    return Taken(head, groups, hashed)


def take(history: History, key: bytes, keep: Keep, progress: Progress | None = None) -> tuple[Taken, str]:
    """Take a snapshot of the log as of its newest checkpoint; `keep` signs and keeps it and gives its note.

    One that exists over the same entries is given again. StoreError where the log has no checkpoint yet.
    """
    with history.view() as view:
        checkpoint = view.reader.checkpoint()
        if checkpoint is None:
            raise StoreError("This log has no checkpoint yet")
        size, last = checkpoint[0], view.reader.snapshot()
        if last is not None and last.size == size:
            return Taken(parse_snapshot(last.note), unpack_groups(last.groups), 0), last.note
        since = None if last is None else (last.size, unpack_groups(last.groups))
        taken = compute(view, size, key, since, progress)
    return taken, keep(taken.head, pack_groups(taken.groups))


def keeping(store: Store, log_key: LogKey) -> Keep:
    """Sign with the log's key and keep in a store."""

    return partial(keep_snapshot, store, log_key)


def verify_snapshot(view: Snapshot, note: str, key: bytes, progress: Progress | None = None) -> SnapshotHead:
    """The snapshot in a note, when this ledger gives the same and the log has signed it; StoreError or
    ProofError otherwise.

    Every group is computed from the items of this ledger, which an audit should have proven before.
    """
    head = verify_note(note, view.registry.keyring)
    if not 0 < head.size <= view.reader.size():
        raise StoreError(
            "The snapshot is over %(size)s entries, which this ledger does not have", size=head.size
        )
    found = compute(view, head.size, key, None, progress).head
    for name in ("head", "items", "groups", "root"):
        if getattr(found, name) != getattr(head, name):
            raise StoreError(
                "The snapshot is not what this ledger gives: its %(part)s differs. Do not countersign it.",
                part=name,
            )
    return head


def pack_groups(groups: list[Group]) -> bytes:
    """Groups as the store keeps them."""
    return zlib.compress(msgspec.msgpack.encode(groups))


def unpack_groups(packed: bytes) -> list[Group]:
    """The inverse of `pack_groups`."""
    return msgspec.msgpack.decode(zlib.decompress(packed), type=list[Group])
