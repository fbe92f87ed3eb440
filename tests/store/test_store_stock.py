"""Stock out of the store: counted by container, never by pack."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from traceability.store.rows import (
    ContainmentRow,
    ContentRow,
    HeldRow,
    ItemRow,
    RoadRow,
    TopFilter,
    UnlottedRow,
)
from traceability.store.sqlite import SqliteStore

ME, OTHER, HERE, THERE = 1, 2, 3, 4
PACK, CASE = 1, 2
HELD = 10


def item(number: int, product: int = PACK, **changes: object) -> ItemRow:
    row = ItemRow(number, product, f"S{number}", 0, 0, 0, 1, None, ME, HERE, ME, None, None, 0, 0, None)
    return row._replace(**changes)  # type: ignore[arg-type]


def inside(number: int, container: int, **changes: object) -> ItemRow:
    return item(number, container=container, custodian=None, site=None, owner=None, **changes)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A case of two lots with a case in it, three loose packs, and goods on the road both ways."""
    store = SqliteStore(tmp_path / "ledger.db")
    with store.write() as writer:
        writer.add_products([(PACK, "01/09521321000018"), (CASE, "00")])
        writer.add_items(
            [
                item(1, CASE, lot=None),
                inside(2, 1, product=CASE, lot=None),
                inside(3, 2),
                inside(4, 2, lot=2, condition=HELD),
                inside(5, 1, lot=None, born=7, unmatched=1),
                item(6),
                item(7, site=THERE, condition=HELD),
                item(8, lot=None, born=9, unmatched=1),
                item(9, receiver=OTHER, dispatch=30),
                item(10, CASE, lot=None, custodian=OTHER, receiver=ME, dispatch=20),
                item(11, custodian=OTHER),
            ]
        )
        writer.open_containments(
            [
                ContainmentRow(child, 0, container, None)
                for child, container in ((2, 1), (3, 2), (4, 2), (5, 1))
            ]
        )
        writer.put_contents(
            [
                ContentRow(1, 0, 2, 0),
                ContentRow(1, 1, 1, 0),
                ContentRow(1, 2, 1, 1),
                ContentRow(2, 1, 1, 0),
                ContentRow(2, 2, 1, 1),
                ContentRow(10, 1, 60, 0),
                ContentRow(10, 0, 6, 0),
            ]
        )
    yield store
    store.close()


def test_packs_are_counted_by_lot_condition_and_place(store: SqliteStore) -> None:
    with store.read() as reader:
        assert sorted(reader.held(ME), key=str) == sorted(
            [
                HeldRow(1, 0, HERE, 0, 1, 0, 0),
                HeldRow(2, 0, HERE, 0, 1, 0, 1),
                HeldRow(1, 0, HERE, 0, 1, 1, 0),
                HeldRow(1, HELD, THERE, 0, 1, 1, 0),
            ],
            key=str,
        )
        assert list(reader.held(9)) == []


def test_what_has_no_known_lot_is_found_at_every_depth(store: SqliteStore) -> None:
    with store.read() as reader:
        assert set(reader.unlotted(ME)) == {
            UnlottedRow(PACK, 7, 0, HERE, 1, 1, 0),
            UnlottedRow(PACK, 9, 0, HERE, 1, 1, 1),
            UnlottedRow(CASE, 0, 0, HERE, 0, 2, 1),
        }


def test_the_road_is_told_by_dispatch_in_both_directions(store: SqliteStore) -> None:
    with store.read() as reader:
        assert list(reader.road(ME)) == [RoadRow(20, OTHER, ME, 0, 1, 60), RoadRow(30, ME, OTHER, 1, 0, 0)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (TopFilter(), [1, 6, 7, 8]),
        (TopFilter(lot=2), [1]),
        (TopFilter(lot=1), [1, 6, 7]),
        (TopFilter(product=PACK), [1, 8]),
        (TopFilter(site=THERE), [7]),
        (TopFilter(containers=True), [1]),
        (TopFilter(blocked_from=HELD), [1, 7]),
    ],
)
def test_outermost_items_are_filtered_and_paged(
    store: SqliteStore, wanted: TopFilter, found: list[int]
) -> None:
    with store.read() as reader:
        assert [row.id for row in reader.tops(ME, wanted, [], 0, 10)] == found
        assert [row.id for row in reader.tops(ME, wanted, [], found[0], 1)] == found[1:2]
        assert [row.id for row in reader.tops(ME, wanted, [HELD, 30], 0, 10)] == [
            one for one in found if one != 7
        ]
