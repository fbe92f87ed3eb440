"""What a party holds, as its pages ask."""

from benchmarks.world import DISTRIBUTOR, GTIN, LOT, MAKER, World, epc, sscc, statement_id
from traceability.custody.compose import compose
from traceability.custody.state import Condition
from traceability.ledger.stock import (
    EXPIRY_ON_LABEL,
    LOT_ON_LABEL,
    Label,
    Wanted,
    held,
    holding,
    on_the_road,
    top_items,
)


def receive_unmatched(world: World, items: list[str], **label: str) -> None:
    station, at = world.stations[DISTRIBUTOR], world.now()
    composed = compose("received", time=at, site=DISTRIBUTOR, items=items, extra=label)
    world.admit([station.sign(composed, at)])


def test_containers_are_counted_and_the_road_is_apart(world: World) -> None:
    world.admit([*world.commission(0, 30), world.pack(sscc(1), [epc(n) for n in range(10)])])
    world.admit([world.ship([sscc(1), epc(20)], MAKER, DISTRIBUTOR)])
    with world.history.view() as view:
        assert [(row.lot, row.items, row.loose) for row in held(view, MAKER)] == [(LOT, 19, 19)]
        (travelling,) = on_the_road(view, DISTRIBUTOR)
        assert (travelling.sender, travelling.receiver) == (MAKER, DISTRIBUTOR)
        assert (travelling.packs, travelling.containers, travelling.inside) == (1, 1, 10)
        assert on_the_road(view, MAKER) == [travelling]
    dispatch = statement_id(world.stations[MAKER])
    world.admit([world.receive([sscc(1), epc(20)], MAKER, DISTRIBUTOR, dispatch)])
    with world.history.view() as view:
        found = holding(view, DISTRIBUTOR)
        assert sorted((row.items, row.loose) for row in found.packs) == [(1, 1), (10, 0)]
        assert found.containers == 1
        assert view.stock(DISTRIBUTOR)[0].items == 11
        assert on_the_road(view, DISTRIBUTOR) == []


def test_opening_stock_keeps_what_its_labels_say(world: World) -> None:
    """Lot and expiry come from the holder's own signed receipt, until the maker's commissioning says them."""
    world.admit(world.commission(0, 1))
    receive_unmatched(world, [epc(100), epc(101)], **{LOT_ON_LABEL: "OLD1", EXPIRY_ON_LABEL: "2027-04-30"})
    receive_unmatched(world, [epc(102)])
    receive_unmatched(world, [epc(103)], **{LOT_ON_LABEL: "OLD2", EXPIRY_ON_LABEL: "soon"})
    with world.history.view() as view:
        rows = {row.label: row for row in holding(view, DISTRIBUTOR).packs}
        assert set(rows) == {Label("OLD1", "2027-04-30"), Label("OLD2", ""), None}
        old = rows[Label("OLD1", "2027-04-30")]
        assert (old.gtin, old.lot, old.items, old.unmatched, old.condition) == (
            GTIN,
            None,
            2,
            True,
            Condition.ACTIVE,
        )
        assert (old.expiry, rows[None].expiry) == ("2027-04-30", "")


def test_pages_of_items_go_on_where_the_last_one_ended(world: World) -> None:
    world.admit(world.commission(0, 5))
    with world.history.view() as view:
        first = top_items(view, MAKER, Wanted(lot=LOT), limit=3)
        rest = top_items(view, MAKER, Wanted(lot=LOT), after=first[-1][0], limit=3)
        assert [item.epc for _, item in first + rest] == [epc(n) for n in range(5)]
        assert top_items(view, MAKER, Wanted(site="4000001000005")) == []
        assert top_items(view, "4000001000005", Wanted()) == []
        assert top_items(view, MAKER, Wanted(blocked=True)) == []
