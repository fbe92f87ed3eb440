"""A lot as a snapshot proves it: its packs in the order of their rows, and the rows as files of a bundle."""

from collections.abc import Iterable, Iterator

from traceability.custody.provenance import disclosure
from traceability.custody.recall import PackRow
from traceability.custody.snapshot import group_of
from traceability.custody.state import Lot
from traceability.ledger.history import Snapshot
from traceability.ledger.known import tiles
from traceability.ledger.snapshots import Rows, unpack_groups
from traceability.ledger.traces import Speaker
from traceability.proof.merkle import consistency_proof
from traceability.proof.snapshot import GroupProver, Line, salt_of
from traceability.store import StoreError
from traceability.store.rows import ItemRow

Files = Iterator[tuple[str, Iterable[bytes]]]
"""Names within the folder of the snapshot, and their contents in pieces."""


class Proven:
    """The packs of one lot as of a snapshot, for one reader."""

    def __init__(self, view: Snapshot, lot: Lot, viewer: str, key: bytes, size: int | None = None) -> None:
        kept = view.reader.snapshot(size)
        if kept is None:
            raise StoreError("There is no such snapshot: `traceability snapshot` takes one")
        self.size, self.note = kept.size, kept.note
        self._view = view
        self._lot = lot
        self._number = view.names.lot_number(view.lot(lot.gtin, lot.number))
        if self._number is None or view.names.first(lot) >= kept.size:
            raise StoreError("The snapshot over %(size)s entries is older than this lot", size=kept.size)
        self._viewer = viewer
        self._key = key
        self._groups = unpack_groups(kept.groups)
        self._source = Rows(view, kept.size)
        self._whole: dict[tuple[str, str | None], bool] = {}
        self._seen: dict[int, bool] = {}

    def packs(self) -> Iterator[tuple[PackRow, bool]]:
        """The packs in the order of their rows, and whether the reader may see where each is."""
        speakers: dict[int, Speaker] = {}
        for item in self._items():
            yield self._view.pack_at(item, self._source.moment, speakers), self.shows(item)

    def _items(self) -> Iterator[ItemRow]:
        return iter(()) if self._number is None else self._source.of_lot(self._number)

    def shows(self, item: ItemRow) -> bool:
        """Whether the reader may see the last statements about an item and about every container above it."""
        if not self._sees(item.acted):
            return False
        if item.container is None:
            return True
        if item.container not in self._seen:
            above = self._source.moment.item(item.container)
            self._seen[item.container] = above is not None and self.shows(above)
        return self._seen[item.container]

    def _sees(self, position: int) -> bool:
        last = self._view.last_act(self._view.reader.last(position))
        if last is None:
            return False
        sides = (last.party, last.counterparty)
        if sides not in self._whole:
            self._whole[sides] = disclosure(self._viewer, last, self._view.registry, ()) == "whole"
        return self._whole[sides]

    def files(self, log_size: int) -> Files:
        """The consistency of the log from the snapshot up to `log_size` entries, and the rows: those of the lot,
        then those of the containers that speak for its packs."""
        prover = GroupProver(self._groups, self._key)
        name = group_of("", self._lot.gtin, self._lot.number)
        yield "000000.rows", _pieces(prover.rows_file(name, self._lines(self._items(), None)))
        wanted = self._containers()
        number = 1
        lots = ((name, self._source.of_lot(lot)) for name, lot in self._source.lots() if name in wanted)
        for source in (lots, self._source.loose()):
            for group, rows in source:
                if group in wanted:
                    yield (
                        f"{number:06}.rows",
                        _pieces(prover.rows_file(group, self._lines(rows, wanted[group]))),
                    )
                    number += 1
        steps = consistency_proof(tiles(self._view.reader), self.size, log_size)
        yield "consistency", [b"".join(step.hex().encode() + b"\n" for step in steps)]
        yield "note", [self.note.encode()]

    def _lines(self, rows: Iterable[ItemRow], wanted: set[int] | None) -> Iterator[Line]:
        for item in rows:
            row = self._source.encode(item)
            yield Line(
                salt_of(self._key, row), row, self.shows(item) if wanted is None else item.id in wanted
            )

    def _containers(self) -> dict[str, set[int]]:
        """The containers above the packs that are shown, by group."""
        found: dict[str, set[int]] = {}
        known: set[int] = set()
        for item in self._items():
            if not self.shows(item):
                continue
            above = item.container
            while above is not None and above not in known:
                known.add(above)
                row = self._source.moment.item(above)
                if row is None:
                    raise LookupError(above)
                lot = self._view.names.lot(row.lot)
                gtin, number = (None, None) if lot is None else (lot.gtin, lot.number)
                found.setdefault(group_of(self._source.epc(row), gtin, number), set()).add(above)
                above = row.container
        return found


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines in pieces of about 64 kB."""
    waiting = bytearray()
    for line in lines:
        waiting += line
        if len(waiting) > 65_536:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)
