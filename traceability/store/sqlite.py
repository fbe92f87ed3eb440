"""The embedded store: one SQLite file in WAL mode, every commit durable (`synchronous=FULL`)."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from traceability.store import Reader, Writer
from traceability.store.connection import connect, refusal
from traceability.store.migrations import migrate
from traceability.store.rows import (
    UNMATCHED,
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
from traceability.store.whole import Difference, first_difference

_TILE_LEVEL = 1 << 48
_CHUNK_SIZES = (1, 8, 64, 512)
_ITEM = ", ".join(ItemRow._fields)
_PAST = ", ".join(PastRow._fields)
_EVER = "SELECT id FROM item WHERE lot = ?1 UNION SELECT item FROM past WHERE left_lot = ?1"
_WIDTH = len(ItemRow._fields)
_LAST = (
    "act.position, act.act, act.party, act.counterparty, act.event_time, act.marks, entry.statement"
    " FROM act JOIN entry ON entry.position = act.position"
)
# What a party (?1) holds without a known lot, with its outermost container. A container is opened only where
# its counts say that something without a lot is in it.
_WITHOUT_LOT = (
    "WITH RECURSIVE inside (id, top) AS ("
    " SELECT id, id FROM item WHERE custodian = ?1 AND receiver IS NULL AND lot IS NULL"
    " UNION ALL"
    " SELECT containment.child, inside.top FROM inside"
    " JOIN content ON content.container = inside.id AND content.lot = 0"
    " JOIN containment ON containment.container = inside.id AND containment.until IS NULL)"
)


def _chunks(values: Sequence[object]) -> Iterator[tuple[object, ...]]:
    """Cut into chunks of a few fixed sizes, the last one padded, so that statements stay prepared."""
    start = 0
    while start < len(values):
        rest = len(values) - start
        size = next((s for s in _CHUNK_SIZES if s >= rest), _CHUNK_SIZES[-1])
        chunk = tuple(values[start : start + size])
        yield chunk + (chunk[-1],) * (size - len(chunk))
        start += size


class SqliteReader:
    """A snapshot of the file; lives inside one `with store.read()`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._execute = connection.execute

    def _one(self, sql: str, *values: object) -> tuple[object, ...] | None:
        row: tuple[object, ...] | None = self._execute(sql, values).fetchone()
        return row

    # Truth

    def size(self) -> int:
        row = self._execute("SELECT max(position) FROM entry").fetchone()
        return 0 if row[0] is None else int(row[0]) + 1

    def entry(self, position: int) -> EntryRow | None:
        row = self._one(
            "SELECT position, statement, signer, seq, entry FROM entry WHERE position = ?", position
        )
        return row and EntryRow._make(row)  # type: ignore[return-value]

    def entries(self, first: int, last: int) -> Iterator[EntryRow]:
        sql = (
            "SELECT position, statement, signer, seq, entry FROM entry"
            " WHERE position >= ? AND position < ? ORDER BY position"
        )
        return map(EntryRow._make, self._execute(sql, (first, last)))

    def positions(self, statements: Sequence[bytes]) -> dict[bytes, int]:
        found: dict[bytes, int] = {}
        for chunk in _chunks(statements):
            marks = ",".join("?" * len(chunk))
            found.update(
                self._execute(f"SELECT statement, position FROM entry WHERE statement IN ({marks})", chunk)  # noqa: S608
            )
        return found

    def at_seq(self, signer: int, seq: int) -> EntryRow | None:
        sql = "SELECT position, statement, signer, seq, entry FROM entry WHERE signer = ? AND seq = ?"
        row = self._one(sql, signer, seq)
        return row and EntryRow._make(row)  # type: ignore[return-value]

    def body(self, position: int) -> bytes | None:
        row = self._one("SELECT body FROM body WHERE position = ?", position)
        return None if row is None else row[0]  # type: ignore[return-value]

    def bodies(self, first: int, last: int) -> Iterator[tuple[int, bytes]]:
        sql = "SELECT position, body FROM body WHERE position >= ? AND position < ? ORDER BY position"
        return self._execute(sql, (first, last))

    def erased(self, position: int) -> ErasedRow | None:
        row = self._one("SELECT position, salt, kept FROM erased WHERE position = ?", position)
        return row and ErasedRow._make(row)  # type: ignore[return-value]

    def erasures(self, first: int, last: int) -> Iterator[ErasedRow]:
        sql = "SELECT position, salt, kept FROM erased WHERE position >= ? AND position < ? ORDER BY position"
        return map(ErasedRow._make, self._execute(sql, (first, last)))

    def checkpoint(self, size: int | None = None) -> tuple[int, str] | None:
        if size is None:
            row = self._one("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1")
        else:
            row = self._one("SELECT size, note FROM checkpoint WHERE size >= ? ORDER BY size LIMIT 1", size)
        return row  # type: ignore[return-value]

    def checkpoints(self) -> Iterator[tuple[int, str]]:
        return self._execute("SELECT size, note FROM checkpoint ORDER BY size")

    def forks(self) -> Iterator[ForkRow]:
        sql = "SELECT statement, signer, seq, seen, jws FROM fork ORDER BY signer, seq"
        return map(ForkRow._make, self._execute(sql))

    # Index

    def tile(self, level: int, index: int) -> bytes | None:
        row = self._one("SELECT hashes FROM tile WHERE id = ?", level * _TILE_LEVEL + index)
        return None if row is None else row[0]  # type: ignore[return-value]

    def signers(self) -> Iterator[SignerRow]:
        return map(SignerRow._make, self._execute("SELECT id, kid, seq, prev, iat FROM signer ORDER BY id"))

    def registry(self, first: int = 0) -> Iterator[int]:
        rows = self._execute("SELECT position FROM registry WHERE position >= ? ORDER BY position", (first,))
        return (row[0] for row in rows)

    def refusal(self, position: int) -> RefusalRow | None:
        row = self._one(
            "SELECT position, rule, item, pattern, detail FROM refusal WHERE position = ?", position
        )
        return row and RefusalRow._make(row)  # type: ignore[return-value]

    def signer(self, kid: str) -> SignerRow | None:
        row = self._one("SELECT id, kid, seq, prev, iat FROM signer WHERE kid = ?", kid)
        return row and SignerRow._make(row)  # type: ignore[return-value]

    def glns(self, after: int = 0) -> Iterator[tuple[int, str]]:
        return self._execute("SELECT id, gln FROM gln WHERE id > ? ORDER BY id", (after,))

    def products(self, after: int = 0) -> Iterator[tuple[int, str]]:
        return self._execute("SELECT id, prefix FROM product WHERE id > ? ORDER BY id", (after,))

    def lots(self, after: int = 0) -> Iterator[LotRow]:
        sql = "SELECT id, gtin, number, expiry, first FROM lot WHERE id > ? ORDER BY id"
        return map(LotRow._make, self._execute(sql, (after,)))

    def items(self, product: int, serials: Sequence[str]) -> Iterator[ItemRow]:
        for chunk in _chunks(serials):
            marks = ",".join("?" * len(chunk))
            sql = f"SELECT {_ITEM} FROM item WHERE product = ? AND serial IN ({marks})"  # noqa: S608
            yield from map(ItemRow._make, self._execute(sql, (product, *chunk)))

    def serial_after(self, product: int, serial: str) -> str | None:
        sql = "SELECT min(serial) FROM item WHERE product = ? AND serial > ?"
        found: str | None = self._execute(sql, (product, serial)).fetchone()[0]
        return found

    def items_by_id(self, ids: Sequence[int]) -> Iterator[ItemRow]:
        for chunk in _chunks(ids):
            marks = ",".join("?" * len(chunk))
            sql = f"SELECT {_ITEM} FROM item WHERE id IN ({marks})"  # noqa: S608
            yield from map(ItemRow._make, self._execute(sql, chunk))

    def _items(self, where: str, *values: object) -> Iterator[ItemRow]:
        return map(ItemRow._make, self._execute(f"SELECT {_ITEM} FROM item WHERE {where}", values))  # noqa: S608

    def lot_corrections(self, after: int) -> Iterator[tuple[int, int, str]]:
        sql = "SELECT position, lot, expiry FROM lot_correction WHERE position > ? ORDER BY position, lot"
        yield from self._execute(sql, (after,))

    def items_of_lot(self, lot: int) -> Iterator[ItemRow]:
        return self._items("lot = ? ORDER BY id", lot)

    def items_ever_of_lot(self, lot: int) -> Iterator[ItemRow]:
        return self._items(f"id IN ({_EVER}) ORDER BY id", lot)

    def packs_of_lot(self, lot: int) -> Iterator[PackRecord]:
        columns = ", ".join(f"item.{name}" for name in ItemRow._fields)
        sql = (
            f"SELECT {columns}, act.position, act.act, act.party, act.counterparty, act.event_time, act.marks,"  # noqa: S608
            " entry.statement FROM item"
            " LEFT JOIN act ON item.container IS NULL AND act.position = item.acted"
            " LEFT JOIN entry ON entry.position = act.position WHERE item.lot = ? ORDER BY item.id"
        )
        for row in self._execute(sql, (lot,)):
            last = None if row[_WIDTH] is None else LastRow._make(row[_WIDTH:])
            yield PackRecord(ItemRow._make(row[:_WIDTH]), last)

    def count_lot(self, lot: int) -> Iterator[LotCount]:
        sql = (
            "SELECT item.container, item.condition, item.unmatched, item.custodian, item.receiver, act.party,"
            " act.counterparty, count(*) FROM item"
            " LEFT JOIN act ON item.container IS NULL AND act.position = item.acted"
            " WHERE item.lot = ? GROUP BY 1, 2, 3, 4, 5, 6, 7"
        )
        return map(LotCount._make, self._execute(sql, (lot,)))

    def positions_of_lot(self, lot: int) -> Iterator[int]:
        sql = (
            "SELECT born FROM item WHERE lot = ?1"
            " UNION SELECT position FROM item JOIN touch ON touch.item = item.id WHERE lot = ?1"
        )
        return (row[0] for row in self._execute(sql, (lot,)))

    def serials_of_lot(self, lot: int) -> Iterator[str]:
        rows = self._execute("SELECT serial FROM item WHERE lot = ? ORDER BY serial", (lot,))
        return (row[0] for row in rows)

    def last(self, position: int) -> LastRow | None:
        row = self._one(f"SELECT {_LAST} WHERE act.position = ?", position)
        return row and LastRow._make(row)  # type: ignore[return-value]

    def statement(self, position: int) -> bytes | None:
        row = self._one("SELECT statement FROM entry WHERE position = ?", position)
        return None if row is None else row[0]  # type: ignore[return-value]

    def lot_changes(self) -> dict[int, int]:
        return dict(self._execute("SELECT lot, position FROM lot_change"))

    def items_of_product(self, product: int, first: str, last: str) -> Iterator[ItemRow]:
        where = "product = ?1 AND serial >= ?2 AND (?3 = '' OR serial <= ?3) ORDER BY serial"
        return self._items(where, product, first, last)

    def items_by_serial(self, lot: int) -> Iterator[ItemRow]:
        return self._items(f"id IN ({_EVER}) ORDER BY serial", lot)

    def loose_items(self, *, ever: bool) -> Iterator[ItemRow]:
        if not ever:
            return self._items("lot IS NULL ORDER BY product, serial")
        were = "SELECT id FROM item WHERE lot IS NULL UNION SELECT item FROM past WHERE lot IS NULL"
        return self._items(f"id IN ({were}) ORDER BY product, serial")

    def snapshot(self, size: int | None = None) -> SnapshotRow | None:
        sql = "SELECT size, note, groups FROM snapshot WHERE size = coalesce(?, (SELECT max(size) FROM snapshot))"
        row = self._one(sql, size)
        return row and SnapshotRow._make(row)  # type: ignore[return-value]

    def snapshots(self) -> Iterator[SnapshotRow]:
        return map(SnapshotRow._make, self._execute("SELECT size, note, groups FROM snapshot ORDER BY size"))

    def history_from(self) -> int:
        return int(self._execute("SELECT first FROM history").fetchone()[0])

    def past(self, item: int) -> Iterator[PastRow]:
        sql = f"SELECT {_PAST} FROM past WHERE item = ? ORDER BY until"  # noqa: S608
        return map(PastRow._make, self._execute(sql, (item,)))

    def past_of_lot(self, lot: int) -> Iterator[PastRow]:
        columns = ", ".join(f"past.{name}" for name in PastRow._fields)
        sql = f"SELECT {columns} FROM past WHERE item IN ({_EVER}) ORDER BY item, until"  # noqa: S608
        return map(PastRow._make, self._execute(sql, (lot,)))

    def times(self, first: int, last: int) -> Iterator[tuple[int, str, int | None]]:
        sql = "SELECT position, event_time, struck FROM act WHERE position >= ? AND position < ?"
        return self._execute(sql, (first, last))

    def items_held(self, custodian: int, after: int = 0) -> Iterator[ItemRow]:
        return self._items("custodian = ? AND id > ? ORDER BY id", custodian, after)

    def items_coming(self, receiver: int) -> Iterator[ItemRow]:
        return self._items("receiver = ? ORDER BY id", receiver)

    def items_sent(self, custodian: int) -> Iterator[ItemRow]:
        return self._items("receiver IS NOT NULL AND custodian = ? ORDER BY id", custodian)

    def held(self, custodian: int) -> Iterator[HeldRow]:
        sql = (
            "SELECT content.lot, top.condition, top.site, top.unmatched,"
            " sum(content.items), 0, sum(content.blocked)"
            " FROM item AS top JOIN content ON content.container = top.id"
            " WHERE top.custodian = ?1 AND top.receiver IS NULL AND content.lot > 0 GROUP BY 1, 2, 3, 4"
            " UNION ALL"
            " SELECT lot, condition, site, unmatched, count(*), count(*), 0 FROM item"
            " WHERE custodian = ?1 AND receiver IS NULL AND lot IS NOT NULL GROUP BY 1, 2, 3, 4"
        )
        return map(HeldRow._make, self._execute(sql, (custodian,)))

    def unlotted(self, custodian: int) -> Iterator[UnlottedRow]:
        sql = (
            f"{_WITHOUT_LOT}"  # noqa: S608
            " SELECT item.product, item.born, top.condition, top.site, item.unmatched, count(*),"
            " sum(CASE WHEN item.id = top.id THEN 1 ELSE 0 END) FROM inside"
            " JOIN item ON item.id = inside.id JOIN item AS top ON top.id = inside.top"
            " WHERE item.lot IS NULL GROUP BY 1, 2, 3, 4, 5"
        )
        return map(UnlottedRow._make, self._execute(sql, (custodian,)))

    def road(self, gln: int | None) -> Iterator[RoadRow]:
        sql = (
            "WITH travelling AS (SELECT * FROM item WHERE receiver = ?1"
            " UNION SELECT * FROM item WHERE custodian = ?1 AND receiver IS NOT NULL"
            " UNION ALL SELECT * FROM item WHERE ?1 IS NULL AND receiver IS NOT NULL)"
            " SELECT coalesce(dispatch, acted), custodian, receiver, sum(CASE WHEN prefix LIKE '01/0%' THEN 1 ELSE 0 END),"
            " sum(CASE WHEN prefix LIKE '01/0%' THEN 0 ELSE 1 END), sum((SELECT coalesce(sum(items), 0) FROM content"
            " WHERE container = travelling.id AND content.lot > 0))"
            " FROM travelling JOIN product ON product.id = travelling.product GROUP BY 1, 2, 3 ORDER BY 1"
        )
        return map(RoadRow._make, self._execute(sql, (gln,)))

    def tops(
        self, custodian: int, wanted: TopFilter, gone: Sequence[int], after: int, limit: int
    ) -> Iterator[ItemRow]:
        marks = ",".join(f"?{n}" for n in range(9, 9 + len(gone)))
        columns = ", ".join(f"item.{name}" for name in ItemRow._fields)
        sql = (
            f"SELECT {columns} FROM item JOIN product ON product.id = item.product"  # noqa: S608
            " WHERE custodian = ?1 AND receiver IS NULL AND item.id > ?2"
            " AND (?3 IS NULL OR lot = ?3 OR EXISTS"
            " (SELECT 1 FROM content WHERE container = item.id AND content.lot = ?3))"
            f" AND (?4 IS NULL OR item.id IN ({_WITHOUT_LOT} SELECT inside.top FROM inside"
            " JOIN item ON item.id = inside.id WHERE item.product = ?4 AND item.lot IS NULL))"
            " AND (?5 IS NULL OR site = ?5)"
            " AND (NOT ?6 OR prefix NOT LIKE '01/0%')"
            " AND (?7 IS NULL OR condition >= ?7 OR EXISTS"
            " (SELECT 1 FROM content WHERE container = item.id AND content.blocked > 0))"
            f" AND condition NOT IN ({marks}) ORDER BY item.id LIMIT ?8"
        )
        return map(ItemRow._make, self._execute(sql, (custodian, after, *wanted, limit, *gone)))

    def last_item(self) -> int:
        return int(self._execute("SELECT coalesce(max(id), 0) FROM item").fetchone()[0])

    def children(self, container: int) -> Iterator[ItemRow]:
        columns = ", ".join(f"item.{name}" for name in ItemRow._fields)
        sql = (
            f"SELECT {columns} FROM containment JOIN item ON item.id = containment.child"  # noqa: S608
            " WHERE containment.container = ? AND until IS NULL ORDER BY item.id"
        )
        return map(ItemRow._make, self._execute(sql, (container,)))

    def contents(self, container: int) -> Iterator[ContentRow]:
        sql = "SELECT container, lot, items, blocked FROM content WHERE container = ? ORDER BY lot"
        return map(ContentRow._make, self._execute(sql, (container,)))

    def containments(self, child: int) -> Iterator[ContainmentRow]:
        sql = "SELECT child, since, container, until FROM containment WHERE child = ? ORDER BY since"
        return map(ContainmentRow._make, self._execute(sql, (child,)))

    def contained(self, container: int) -> Iterator[ContainmentRow]:
        sql = (
            "SELECT child, since, container, until FROM containment WHERE container = ? ORDER BY child, since"
        )
        return map(ContainmentRow._make, self._execute(sql, (container,)))

    def lot_containments(self, lot: int) -> Iterator[ContainmentRow]:
        sql = (
            "SELECT child, since, containment.container, until FROM item"
            " JOIN containment ON containment.child = item.id WHERE item.lot = ? ORDER BY child, since"
        )
        return map(ContainmentRow._make, self._execute(sql, (lot,)))

    def act(self, position: int) -> ActRow | None:
        row = self._one("SELECT * FROM act WHERE position = ?", position)
        return row and ActRow._make(row)  # type: ignore[return-value]

    def acts_of(self, gln: int, before: int, limit: int) -> Iterator[ActRow]:
        return self.acts_near(ActFilter(party=gln), before, limit, newest=True)

    def acts_near(self, wanted: ActFilter, start: int, limit: int, *, newest: bool) -> Iterator[ActRow]:
        beyond, order = ("<", "DESC") if newest else (">", "ASC")
        near = " AND :other IN (party, counterparty)" if wanted.other is not None else ""
        near += " AND :site IN (site, counter_site)" if wanted.site is not None else ""
        end = f" ORDER BY position {order} LIMIT :limit"
        if wanted.party is None:
            sql = f"SELECT * FROM act WHERE position {beyond} :start{near}{end}"  # noqa: S608
        else:
            one, other = (
                f"SELECT * FROM (SELECT * FROM act WHERE {side} = :party AND position {beyond} :start{near}{end})"  # noqa: S608
                for side in ("party", "counterparty")
            )
            sql = f"SELECT * FROM ({one} UNION {other}){end}"  # noqa: S608
        values = {**wanted._asdict(), "start": start, "limit": limit}
        return map(ActRow._make, self._execute(sql, values))

    def signed_by(self, signer: int, start: int, limit: int, *, newest: bool) -> Iterator[int]:
        beyond, order = ("<", "DESC") if newest else (">", "ASC")
        sql = (
            f"SELECT position FROM entry WHERE signer = ? AND position {beyond} ?"  # noqa: S608
            f" ORDER BY seq {order} LIMIT ?"
        )
        for (position,) in self._execute(sql, (signer, start, limit)):
            yield int(position)

    def refusals_of(self, first: str, last: str) -> Iterator[tuple[int, str]]:
        sql = "SELECT position, item FROM refusal WHERE item >= ? AND item <= ? ORDER BY position"
        for position, item in self._execute(sql, (first, last)):
            yield int(position), str(item)

    def acts_called(self, act: str, gln: int, after: int) -> Iterator[ActRow]:
        sql = (
            "SELECT * FROM (SELECT * FROM act WHERE party = ?1 AND position > ?2 AND act = ?3"
            " UNION SELECT * FROM act WHERE counterparty = ?1 AND position > ?2 AND act = ?3)"
            " ORDER BY position"
        )
        return map(ActRow._make, self._execute(sql, (gln, after, act)))

    def acts_where(self, act: str, party: int | None, site: int | None) -> Iterator[ActRow]:
        of = (
            "SELECT position FROM act WHERE party = ?3 UNION SELECT position FROM act WHERE counterparty = ?3"
        )
        sql = (
            "SELECT * FROM act WHERE (?1 = '' OR act = ?1) AND (?2 IS NULL OR ?2 IN (site, counter_site))"  # noqa: S608
            f" AND {'?3 IS NULL' if party is None else f'position IN ({of})'} ORDER BY position"
        )
        return map(ActRow._make, self._execute(sql, (act, site, party)))

    def groups_of_lot(self, lot: int) -> Iterator[GroupRow]:
        sql = (
            "SELECT containment.container, since, until, count(*) FROM item"
            " JOIN containment ON containment.child = item.id WHERE item.lot = ?"
            " GROUP BY containment.container, since, until ORDER BY 1, 2"
        )
        return map(GroupRow._make, self._execute(sql, (lot,)))

    def moves_of_lot(self, lot: int, acts: Sequence[str]) -> Iterator[tuple[int, int]]:
        marks = ",".join("?" * len(acts))
        sql = (
            "SELECT touch.position, count(*) FROM item JOIN touch ON touch.item = item.id"  # noqa: S608
            " JOIN act ON act.position = touch.position"
            f" WHERE item.lot = ? AND place >= 0 AND act.act IN ({marks}) GROUP BY touch.position"
        )
        yield from self._execute(sql, (lot, *acts))

    def tally(self, gln: int | None, after: int) -> Iterator[TallyRow]:
        sql = (
            "SELECT act, substr(event_time, 1, 10) AS day, count(*) FROM act WHERE position >= ?2"
            " AND marks & 1 AND struck IS NULL AND (?1 IS NULL OR ?1 IN (party, counterparty))"
            " GROUP BY act, day ORDER BY day, act"
        )
        return map(TallyRow._make, self._execute(sql, (gln, after)))

    def expired(self, day: str) -> Iterator[ExpiredRow]:
        sql = (
            "SELECT lot.id, count(*) FROM lot JOIN item ON item.lot = lot.id"
            " WHERE lot.expiry < ? AND item.condition < 10 GROUP BY lot.id ORDER BY lot.id"
        )
        return map(ExpiredRow._make, self._execute(sql, (day,)))

    def offered_to(self, gln: int, limit: int) -> Iterator[ActRow]:
        # Literal acts, or the planner does not see that the partial indexes are enough.
        sql = "SELECT * FROM act WHERE counterparty = ? AND act = 'ownership_offered' ORDER BY position DESC LIMIT ?"
        return map(ActRow._make, self._execute(sql, (gln, limit)))

    def set_out_by(self, gln: int, limit: int) -> Iterator[ActRow]:
        sql = (
            "SELECT * FROM (SELECT * FROM act WHERE party = ?1 AND act = 'moved' ORDER BY position DESC LIMIT ?2)"
            " UNION ALL SELECT * FROM (SELECT * FROM act WHERE party = ?1 AND act = 'destruction_agreed'"
            " ORDER BY position DESC LIMIT ?2) ORDER BY position DESC LIMIT ?2"
        )
        return map(ActRow._make, self._execute(sql, (gln, limit)))

    def touches(self, item: int) -> Iterator[TouchRow]:
        sql = "SELECT item, position, place FROM touch WHERE item = ? ORDER BY position, place"
        return map(TouchRow._make, self._execute(sql, (item,)))

    def story(self, item: int) -> Iterator[tuple[TouchRow, ActRow]]:
        sql = (
            "SELECT touch.item, touch.position, touch.place, act.* FROM touch"
            " JOIN act ON act.position = touch.position WHERE touch.item = ? ORDER BY touch.position, place"
        )
        for row in self._execute(sql, (item,)):
            yield TouchRow._make(row[:3]), ActRow._make(row[3:])


class SqliteWriter(SqliteReader):
    """The one write transaction; lives inside one `with store.write()`."""

    def _insert(self, table: str, width: int, rows: Iterable[Sequence[object]]) -> None:
        marks = ",".join("?" * width)
        # The driver binds an exact tuple in half the time of a named one.
        self._db.executemany(f"INSERT INTO {table} VALUES ({marks})", map(tuple, rows))  # noqa: S608

    def add_entries(self, rows: Iterable[EntryRow]) -> None:
        self._insert("entry", 5, rows)

    def add_bodies(self, rows: Iterable[tuple[int, bytes]]) -> None:
        self._insert("body", 2, rows)

    def add_erased(self, rows: Iterable[ErasedRow]) -> None:
        self._insert("erased", 3, rows)

    def erase_bodies(self, positions: Iterable[int]) -> None:
        self._db.execute("PRAGMA secure_delete=ON")
        self._db.executemany("DELETE FROM body WHERE position = ?", ((position,) for position in positions))

    def put_refusals(self, rows: Iterable[RefusalRow]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO refusal VALUES (?, ?, ?, ?, ?)", rows)

    def add_checkpoint(self, size: int, note: str) -> None:
        self._execute("INSERT OR IGNORE INTO checkpoint VALUES (?, ?)", (size, note))

    def add_fork(self, row: ForkRow) -> None:
        self._execute("INSERT OR IGNORE INTO fork VALUES (?, ?, ?, ?, ?)", row)

    def put_tiles(self, tiles: Iterable[tuple[int, int, bytes]]) -> None:
        self._db.executemany(
            "INSERT INTO tile VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET hashes = excluded.hashes",
            ((level * _TILE_LEVEL + index, hashes) for level, index, hashes in tiles),
        )

    def put_signers(self, rows: Iterable[SignerRow]) -> None:
        self._db.executemany(
            "INSERT INTO signer VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, prev = excluded.prev, iat = excluded.iat",
            rows,
        )

    def add_registry(self, positions: Iterable[int]) -> None:
        self._insert("registry", 1, ((position,) for position in positions))

    def add_refusals(self, rows: Iterable[RefusalRow]) -> None:
        self._insert("refusal", 5, rows)

    def add_glns(self, rows: Iterable[tuple[int, str]]) -> None:
        self._insert("gln", 2, rows)

    def add_products(self, rows: Iterable[tuple[int, str]]) -> None:
        self._insert("product", 2, rows)

    def add_lots(self, rows: Iterable[LotRow]) -> None:
        self._insert("lot", 5, rows)

    def correct_lots(self, rows: Iterable[tuple[int, int, str]]) -> None:
        kept = list(rows)
        self._insert("lot_correction", 3, kept)
        self._db.executemany(
            "UPDATE lot SET expiry = ? WHERE id = ?", [(expiry, lot) for _, lot, expiry in kept]
        )

    def add_items(self, rows: Iterable[tuple[int | str | None, ...]]) -> None:
        self._insert("item", len(ItemRow._fields), rows)

    def put_items(self, rows: Iterable[tuple[int | str | None, ...]]) -> None:
        fields = ", ".join(f"{name} = ?{n}" for n, name in enumerate(ItemRow._fields, 1) if n > 3)
        sql = f"UPDATE item SET {fields} WHERE id = ?1 AND ?2 >= 0 AND ?3 >= ''"  # noqa: S608
        self._db.executemany(sql, map(tuple, rows))

    def add_past(self, rows: Iterable[tuple[int | None, ...]]) -> None:
        self._insert("past", len(PastRow._fields), rows)

    def open_containments(self, rows: Iterable[ContainmentRow]) -> None:
        self._insert("containment", 4, rows)

    def close_containments(self, rows: Iterable[tuple[int, int]]) -> None:
        self._db.executemany("UPDATE containment SET until = ? WHERE child = ? AND until IS NULL", rows)

    def put_contents(self, rows: Iterable[ContentRow]) -> None:
        kept = list(rows)
        self._db.executemany(
            "INSERT INTO content VALUES (?, ?, ?, ?) ON CONFLICT (container, lot)"
            " DO UPDATE SET items = excluded.items, blocked = excluded.blocked",
            [row for row in kept if row.items],
        )
        self._db.executemany(
            "DELETE FROM content WHERE container = ? AND lot = ?",
            [(row.container, row.lot) for row in kept if not row.items],
        )

    def add_acts(self, rows: Iterable[ActRow]) -> None:
        self._insert("act", len(ActRow._fields), rows)

    def strike_acts(self, rows: Iterable[tuple[int, int]]) -> None:
        self._db.executemany("UPDATE act SET struck = ? WHERE position = ?", rows)

    def match_acts(self, positions: Iterable[int]) -> None:
        self._db.executemany(
            "UPDATE act SET marks = marks & ~? WHERE position = ?",
            ((UNMATCHED, position) for position in positions),
        )

    def put_lot_changes(self, rows: Iterable[tuple[int, int]]) -> None:
        self._db.executemany(
            "INSERT INTO lot_change VALUES (?, ?)"
            " ON CONFLICT (lot) DO UPDATE SET position = excluded.position",
            rows,
        )

    def add_snapshot(self, row: SnapshotRow) -> None:
        self._execute("INSERT OR IGNORE INTO snapshot VALUES (?, ?, ?)", row)

    def add_touches(self, rows: Iterable[TouchRow]) -> None:
        self._insert("touch", 3, rows)


class SqliteStore:
    """One log in one file. Any number of readers, one writer at a time, across processes too."""

    def __init__(self, path: Path) -> None:
        migrate(path, "ledger")
        self.path = path
        self._writer = connect(path)
        self._write_lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []

    @contextmanager
    def read(self) -> Iterator[Reader]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = connect(self.path)
        try:
            connection.execute("BEGIN")
            yield SqliteReader(connection)
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._idle.append(connection)

    @contextmanager
    def write(self) -> Iterator[Writer]:
        with self._write_lock:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                yield SqliteWriter(self._writer)
                self._writer.execute("COMMIT")
            except sqlite3.OperationalError as error:
                raise refusal(error, self.path) from error
            finally:
                # After SQLITE_FULL the transaction is already gone.
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")

    def flush(self) -> bool:
        """Bring every committed page into the file itself and cut the write-ahead log to nothing; False while
        somebody still reads an older state."""
        with self._write_lock:
            busy = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return not busy

    @contextmanager
    def beside(self, expected: Path) -> Iterator[tuple[Reader, Callable[[], Difference | None]]]:
        """A reader on one snapshot, and the comparison of that snapshot with another ledger file.

        The other file may be filled meanwhile: it is first read when the comparison is called. That
        compares the entries and every index table by primary key and gives the first (table, key,
        column) that differs, None where there is none.
        """
        connection = connect(self.path)
        try:
            connection.execute("ATTACH ? AS expected", (str(expected),))
            connection.execute("BEGIN")
            yield SqliteReader(connection), lambda: first_difference(connection)
        finally:
            connection.close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
        self._writer.close()
