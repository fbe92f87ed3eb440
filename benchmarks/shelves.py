"""How long the pages of stock take where a warehouse is full: counted from containers, never pack by pack."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

from benchmarks.world import DISTRIBUTOR, GTIN, World, found
from traceability.ledger.history import Snapshot
from traceability.ledger.stock import Wanted, held, holding, top_items
from traceability.store.rows import ContainmentRow, ContentRow, ItemRow, LotRow

PALLETS, CASES, PACKS, LOOSE, LOTS = 100, 200, 50, 20_000, 200
TIMES = 5


def shelves() -> dict[str, float]:
    """Milliseconds, the best of some times, for what the pages of stock ask."""
    with tempfile.TemporaryDirectory() as folder:
        world = found(Path(folder))
        fill(world)
        packs = _best(world, lambda view: holding(view, DISTRIBUTOR))
        lots = _best(world, lambda view: held(view, DISTRIBUTOR))
        with world.history.view() as view:
            wanted = Wanted(lot=view.lot(GTIN, f"L{PALLETS - 1}"))
            total = sum(row.items for row in holding(view, DISTRIBUTOR).packs)
        items = _best(world, lambda view: top_items(view, DISTRIBUTOR, wanted, limit=50))
        world.store.close()
    return {"stock_packs": float(total), "stock_ms": packs, "stock_lots_ms": lots, "stock_items_ms": items}


def _best(world: World, ask: Callable[[Snapshot], object]) -> float:
    times = []
    for _ in range(TIMES):
        with world.history.view() as view:  # a fresh one remembers nothing
            start = perf_counter()
            ask(view)
            times.append(perf_counter() - start)
    return min(times) * 1000


def fill(world: World) -> None:
    """Pallets of cases of packs, a lot a pallet, and loose packs of every lot."""
    with world.store.write() as writer:
        writer.add_glns([(1, DISTRIBUTOR)])
        writer.add_products([(1, f"01/{GTIN}"), (2, "00")])
        writer.add_lots(LotRow(n + 1, GTIN, f"L{n}", "2029-06-30", 0) for n in range(LOTS))
        rows = list(_rows())
        writer.add_items(row for row, _ in rows)
        writer.open_containments(
            ContainmentRow(row.id, 0, row.container, None) for row, _ in rows if row.container is not None
        )
        writer.put_contents(content for _, contents in rows for content in contents)


def _rows() -> Iterator[tuple[ItemRow, list[ContentRow]]]:
    number = 0

    def item(product: int, lot: int | None, container: int | None) -> ItemRow:
        nonlocal number
        number += 1
        place = None if container is not None else 1
        life = int(product == 2)
        return ItemRow(
            number,
            product,
            f"{number:09}",
            life,
            0,
            0,
            lot,
            container,
            place,
            place,
            place,
            None,
            None,
            0,
            0,
            None,
        )

    for pallet in range(PALLETS):
        lot = pallet + 1
        top = item(2, None, None)
        yield top, [ContentRow(top.id, 0, CASES, 0), ContentRow(top.id, lot, CASES * PACKS, 0)]
        for _ in range(CASES):
            case = item(2, None, top.id)
            yield case, [ContentRow(case.id, lot, PACKS, 0)]
            for _ in range(PACKS):
                yield item(1, lot, case.id), []
    for loose in range(LOOSE):
        yield item(1, loose % LOTS + 1, None), []
