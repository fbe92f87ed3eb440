"""The contract of a Store, on SQLite."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from traceability.store import StoreError
from traceability.store.connection import connect
from traceability.store.rows import (
    EFFECT,
    UNMATCHED,
    ActRow,
    ContainmentRow,
    ContentRow,
    EntryRow,
    ItemRow,
    PastRow,
    SignerRow,
    SnapshotRow,
    TouchRow,
)
from traceability.store.sqlite import SqliteStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "ledger.db")
    yield store
    store.close()


def entry(position: int) -> EntryRow:
    return EntryRow(position, bytes([position]) * 32, 1, position, b"entry %d" % position)


def item(number: int, **changes: object) -> ItemRow:
    row = ItemRow(number, 1, f"S{number}", 0, 0, 0, 1, None, 1, 1, 1, None, None, 0, 0, None)
    return row._replace(**changes)  # type: ignore[arg-type]


def test_every_connection_is_durable(store: SqliteStore) -> None:
    connection = connect(store.path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


def test_a_snapshot_does_not_see_what_comes_later(store: SqliteStore) -> None:
    with store.write() as writer:
        writer.add_entries([entry(0)])
    with store.read() as reader:
        assert reader.size() == 1
        with store.write() as writer:
            writer.add_entries([entry(1)])
        assert reader.size() == 1
    with store.read() as reader:
        assert reader.size() == 2


def test_an_exception_leaves_nothing(store: SqliteStore) -> None:
    def fail() -> None:
        with store.write() as writer:
            writer.add_entries([entry(0)])
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with store.read() as reader:
        assert reader.size() == 0


def test_a_full_disk_is_said_plainly_and_leaves_nothing(store: SqliteStore) -> None:
    with store.write() as writer:
        writer.add_entries([entry(0)])
    pages = store._writer.execute("PRAGMA page_count").fetchone()[0]
    store._writer.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError, match=r"is full\. Nothing was recorded"), store.write() as writer:
        writer.add_bodies((n, bytes(4000)) for n in range(100))
    store._writer.execute("PRAGMA max_page_count = 1000000")
    with store.write() as writer:
        assert writer.size() == 1
        writer.add_bodies([(0, b"body")])


def test_writers_take_turns(store: SqliteStore) -> None:
    def add(first: int) -> None:
        for _ in range(20):
            with store.write() as writer:
                position = writer.size()
                writer.add_entries([EntryRow(position, position.to_bytes(32, "big"), first, position, b"e")])

    threads = [threading.Thread(target=add, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as reader:
        assert [row.position for row in reader.entries(0, 100)] == list(range(80))


def test_entries_are_found_by_every_key(store: SqliteStore) -> None:
    with store.write() as writer:
        writer.add_entries([entry(0), entry(1)])
    with store.read() as reader:
        assert reader.entry(1) == entry(1)
        assert reader.entry(2) is None
        assert reader.positions([bytes([1]) * 32, bytes([9]) * 32]) == {bytes([1]) * 32: 1}
        assert reader.at_seq(1, 1) == entry(1)
        assert reader.at_seq(2, 1) is None


def test_the_newest_checkpoint_and_the_first_that_covers(store: SqliteStore) -> None:
    with store.write() as writer:
        for size in (1, 5, 9):
            writer.add_checkpoint(size, f"note {size}")
    with store.read() as reader:
        assert reader.checkpoint() == (9, "note 9")
        assert reader.checkpoint(2) == (5, "note 5")
        assert reader.checkpoint(10) is None


def test_items_change_but_keep_their_code(store: SqliteStore) -> None:
    with store.write() as writer:
        writer.add_items([item(1), item(2, serial="S1 ", lot=None)])
        writer.put_items([item(1, product=0, serial="", condition=14, units=3)])
    with store.read() as reader:
        assert list(reader.items(1, ["S1", "none"])) == [item(1, condition=14, units=3)]
        assert [row.id for row in reader.items_of_lot(1)] == [1]
        assert reader.last_item() == 2


def test_many_items_are_asked_for_at_once(store: SqliteStore) -> None:
    with store.write() as writer:
        writer.add_items(item(n) for n in range(1, 1501))
    with store.read() as reader:
        assert len(list(reader.items(1, [f"S{n}" for n in range(1, 2000)]))) == 1500
        assert len(list(reader.items_by_id(range(1, 1400)))) == 1399


def test_the_serial_that_comes_next(store: SqliteStore) -> None:
    with store.write() as writer:
        writer.add_items([item(1, serial="AB12"), item(2, serial="AB1299"), item(3, serial="AC")])
    with store.read() as reader:
        assert reader.serial_after(1, "AB12") == "AB1299"
        assert reader.serial_after(1, "AB13") == "AC"
        assert reader.serial_after(1, "AC") is None
        assert reader.serial_after(2, "A") is None


def test_intervals_close_and_contents_vanish_at_zero(store: SqliteStore) -> None:
    with store.write() as writer:
        writer.add_items([item(1), item(2), item(3)])
        writer.open_containments([ContainmentRow(1, 5, 3, None), ContainmentRow(2, 5, 3, None)])
        writer.close_containments([(8, 1)])
        writer.put_contents([ContentRow(3, 1, 2, 0)])
        writer.put_contents([ContentRow(3, 1, 0, 0), ContentRow(3, 2, 1, 1)])
    with store.read() as reader:
        assert list(reader.containments(1)) == [ContainmentRow(1, 5, 3, 8)]
        assert [row.id for row in reader.children(3)] == [2]
        assert list(reader.contents(3)) == [ContentRow(3, 2, 1, 1)]
        assert [row.child for row in reader.contained(3)] == [1, 2]


def test_the_story_of_an_item_is_in_log_order(store: SqliteStore) -> None:
    acts = [ActRow(n, "shipped", 1, None, 2, None, "t", None, None, EFFECT | UNMATCHED, None) for n in (4, 7)]
    with store.write() as writer:
        writer.add_acts(acts)
        writer.add_touches([TouchRow(1, 7, 0), TouchRow(1, 4, 2)])
        writer.strike_acts([(7, 4)])
        writer.match_acts([7])
    with store.read() as reader:
        story = list(reader.story(1))
        assert [touch.position for touch, _ in story] == [4, 7]
        assert story[0][1].struck == 7
        assert story[1][1].marks == EFFECT
        assert [act.position for act in reader.acts_of(2, 7, 9)] == [4]
        (found,) = reader.acts_of(2, 7, 9)
        assert list(reader.acts_called(found.act, 2, 3))[:1] == [found]
        assert list(reader.acts_called(found.act, 2, 7)) == list(reader.acts_called("none", 2, 0)) == []


def test_what_waits_for_a_second_signature_is_found_among_many(store: SqliteStore) -> None:
    kinds = [
        ("moved", None),
        ("shipped", 2),
        ("ownership_offered", 2),
        ("moved", None),
        ("ownership_offered", 3),
    ]
    rows = [
        ActRow(position, act, 1, None, other, None, "2026-11-23T14:32:00+01:00", None, None, EFFECT, None)
        for position, (act, other) in enumerate(kinds)
    ]
    with store.write() as writer:
        writer.add_acts(rows)
    with store.read() as reader:
        assert [row.position for row in reader.set_out_by(1, 10)] == [3, 0]
        assert [row.position for row in reader.set_out_by(1, 1)] == [3]
        assert [row.position for row in reader.offered_to(2, 10)] == [2]
    connection = connect(store.path)
    for sql, index in (
        ("SELECT * FROM act WHERE party = 1 AND act = 'moved' ORDER BY position DESC", "act_moved"),
        ("SELECT * FROM act WHERE counterparty = 1 AND act = 'ownership_offered'", "act_offered"),
    ):
        plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
        assert any(f"INDEX {index} " in row[-1] for row in plan), plan
    connection.close()


def test_a_signer_is_updated_in_place(store: SqliteStore) -> None:
    with store.write() as writer:
        writer.put_signers([SignerRow(1, "k", 1, b"a", "t")])
        writer.put_signers([SignerRow(1, "k", 2, b"b", "u")])
    with store.read() as reader:
        assert list(reader.signers()) == [SignerRow(1, "k", 2, b"b", "u")]
        assert reader.signer("x") is None


def test_two_ledgers_are_compared_row_by_row(store: SqliteStore, tmp_path: Path) -> None:
    other = SqliteStore(tmp_path / "other.db")
    for one in (store, other):
        with one.write() as writer:
            writer.add_items([item(1), item(2)])
    with store.beside(other.path) as (_, difference):
        assert difference() is None
    with sqlite3.connect(store.path) as connection:
        connection.execute("UPDATE item SET custodian = 9 WHERE id = 2")
    connection.close()
    with store.beside(other.path) as (_, difference):
        assert difference() == ("item", "id 2", "custodian")
    other.close()


def test_what_items_were_is_kept_by_item_and_for_those_that_left_their_lot(store: SqliteStore) -> None:
    def was(number: int, until: int, left: int | None = None) -> PastRow:
        return PastRow(number, until, 0, 0, 0, 1, None, 1, 1, 1, None, None, 0, 0, None, left)

    with store.write() as writer:
        writer.add_items([item(1), item(2), item(3, lot=None)])
        writer.add_past([was(1, 5), was(1, 7), was(3, 6, left=1)])
        writer.put_lot_changes([(1, 5)])
        writer.put_lot_changes([(1, 7)])
        assert writer.history_from() == 0
        assert [row.until for row in writer.past(1)] == [5, 7]
        assert [row.item for row in writer.past_of_lot(1)] == [1, 1, 3]
        assert [row.id for row in writer.items_ever_of_lot(1)] == [1, 2, 3]
        assert [row.id for row in writer.items_by_serial(1)] == [1, 2, 3]
        assert [row.id for row in writer.items_of_lot(1)] == [1, 2]
        assert [row.id for row in writer.items_of_product(1, "S2", "")] == [2, 3]
        assert [row.id for row in writer.items_of_product(1, "", "S1")] == [1]
        assert [row.id for row in writer.loose_items(ever=False)] == [3]
        assert writer.lot_changes() == {1: 7}


def test_items_that_are_alike_are_counted_together(store: SqliteStore) -> None:
    with store.write() as writer:
        writer.add_entries([entry(0)])
        writer.add_acts(
            [ActRow(0, "packed", 1, None, 2, None, "2026-11-23T10:00:00+01:00", None, None, EFFECT, None)]
        )
        inside = [item(number, container=9, custodian=None) for number in (1, 2)]
        writer.add_items([*inside, item(3), item(4), item(5, custodian=2), item(6, lot=2)])
        found = {(row.container, row.custodian): row for row in writer.count_lot(1)}
        assert {key: row.items for key, row in found.items()} == {(9, None): 2, (None, 1): 2, (None, 2): 1}
        assert (found[None, 1].party, found[None, 1].counterparty, found[9, None].party) == (1, 2, None)
        packs = list(writer.packs_of_lot(1))
        assert [pack.last is None for pack in packs] == [True, True, False, False, False]
        assert packs[2].last == writer.last(0)


def test_snapshots_are_kept_as_they_were_signed(store: SqliteStore) -> None:
    with store.write() as writer:
        assert writer.snapshot() is None
        for size in (3, 8):
            writer.add_snapshot(SnapshotRow(size, f"note {size}", b"groups"))
        writer.add_snapshot(SnapshotRow(3, "another", b""))
    with store.read() as reader:
        newest = reader.snapshot()
        assert newest is not None
        assert newest.size == 8
        assert [row.note for row in reader.snapshots()] == ["note 3", "note 8"]
        assert reader.snapshot(4) is None
