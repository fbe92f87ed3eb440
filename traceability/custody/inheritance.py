"""Recalls of an item: its own, its lot's, its product's, and those of what it was repackaged from.

Recalls are registry rows, one each, never one a pack; what was repackaged inherits them through the lots
and, for single items, through the statement that made it (DESIGN section 5, recall and repackage).
"""

from collections.abc import Callable, Iterable, Iterator

from traceability.custody.registry import LEVELS, Recall, gtin_of
from traceability.custody.state import Condition, Item, Lot, World, readable

TRANSFORMING = frozenset({"repackaged", "relabelled"})
"""Acts that make items out of others."""

Find = Callable[[str], Item | None]


def recall_of(world: World, item: Item) -> Recall | None:
    """The furthest-reaching recall in force on an item; None where there is none."""
    registry = world.registry
    if not registry.recalls:
        return None
    found = list(registry.recalls_of(item.epc, item.lot))
    for lot in sources(world, item.lot):
        found += registry.recalls_of_lot(lot)
    if registry.recalled_items:
        for epc in inputs(world, item):
            found += registry.recalled.get(epc, ())
    return max(found, key=lambda recall: LEVELS[recall.level], default=None)


def recall_inside(
    world: World, container: Item, lots: Iterable[Lot | None], find: Find
) -> tuple[Recall, str] | None:
    """A recall in force on something inside a container, and the lot or item that it is about.

    `lots` are those of everything inside; `find` gives the items as they are now.
    """
    registry = world.registry
    if not registry.recalls:
        return None
    origins = {lot: (lot, *sources(world, lot)) for lot in lots if lot is not None}
    for lot, origin in origins.items():
        found = [recall for source in origin for recall in registry.recalls_of_lot(source)]
        if found:
            return max(found, key=lambda recall: LEVELS[recall.level]), lot.number
    gtins = {source.gtin for origin in origins.values() for source in origin}
    untold = None in lots
    for gtin, epcs in registry.recalled_items.items():
        if gtin in gtins or untold:
            for epc in epcs:
                if any(is_inside(one, container.epc, find) for one in (epc, *outputs(world, epc))):
                    return registry.recalled[epc][0], readable(epc)
    return _untold_inside(world, container.epc, find) if untold else None


def _untold_inside(world: World, container: str, find: Find) -> tuple[Recall, str] | None:
    """A recalled product among contents whose lot nobody has told yet."""
    registry = world.registry
    if not any(recall.products for recall in registry.recalls.values()):
        return None
    for epc in world.children(container):
        recalls = registry.recalled.get(gtin_of(epc))
        if recalls:
            return recalls[0], readable(epc)
        child = find(epc)
        found = _untold_inside(world, epc, find) if child is not None and child.life else None
        if found is not None:
            return found
    return None


def is_inside(epc: str, container: str, find: Find) -> bool:
    """Whether an item is inside a container at any depth."""
    item = find(epc)
    while item is not None and item.container is not None:
        if item.container == container:
            return True
        item = find(item.container)
    return False


def sources(world: World, lot: Lot | None) -> list[Lot]:
    """The lots that a lot was repackaged from, and theirs."""
    found: list[Lot] = []
    waiting = [] if lot is None else list(world.sources(lot))
    while waiting:
        source = waiting.pop()
        if source not in found:
            found.append(source)
            waiting.extend(world.sources(source))
    return found


def inputs(world: World, item: Item) -> Iterator[str]:
    """The items that an item was repackaged from, and theirs."""
    fact = world.fact(item.born)
    if fact is not None and fact.act in TRANSFORMING:
        for role, epc in world.named(item.born):
            if role == "i":
                yield epc
                source = world.item(epc)
                if source is not None:
                    yield from inputs(world, source)


def outputs(world: World, epc: str) -> Iterator[str]:
    """The items that an item was repackaged into, and theirs."""
    item = world.item(epc)
    if item is not None and item.condition is Condition.TRANSFORMED and item.dispatch is not None:
        for role, output in world.named(item.dispatch):
            if role == "o":
                yield output
                yield from outputs(world, output)
