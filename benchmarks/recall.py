"""A recall trace among many packs: a lot over five hops, a tenth of it dispensed singly (issue 5).

    python -m benchmarks recall [--packs 10000000] [--store FOLDER]

The store is built through the sequencer, statement by statement, as a real one is. It holds `packs` packs in
all; a tenth of them is the lot that is traced, two smaller lots with the same past show how the time grows,
and the rest are other lots in the maker's hands. With --store the folder is kept, and used again if it is
there.
"""

import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from benchmarks.ledger import Figures
from benchmarks.world import (
    CAST,
    DISTRIBUTOR,
    GTIN,
    MAKER,
    PHARMACY,
    Member,
    World,
    epc,
    found,
    sscc,
    statement_id,
    verify_effect,
)
from traceability.custody.closing import closed_set
from traceability.custody.recall import balance
from traceability.custody.state import Lot
from traceability.ledger.history import History
from traceability.ledger.sequencer import Sequencer
from traceability.proof.receipt import Trust
from traceability.settings import Settings
from traceability.store.sqlite import SqliteStore

WAY = (MAKER, DISTRIBUTOR, "9521321000056", "9521321000063", "9521321000070", PHARMACY)
"""Five hops, from the maker to the counter."""
REGULATOR = "9521321000087"
"""For whom the exports are made: it may see everything."""
CASE, PALLET = 100, 10_000
"""Packs in a case, and on a pallet of a hundred cases."""
SHARE = 100_000
"""Packs in one lot of the others, and in one portion for the sequencer."""
KINDS = ("csv", "json", "xlsx", "epcis", "bundle")
SAY = Callable[[str], None]


def lots(packs: int) -> dict[str, int]:
    """The lots with a past and their sizes, from the largest: a tenth of the store, and two decades below."""
    return {f"R{number}": packs // 10**number for number in (1, 2, 3)}


def recall(packs: int, folder: Path | None, workers: int, say: SAY) -> Figures:
    """Seconds of a trace, of the first row of an export, memory of exports, and growth a decade."""
    with tempfile.TemporaryDirectory(prefix="recall-") as scratch:
        place = Path(scratch) if folder is None else folder
        if not (place / "built").exists():
            say(f"built in {_seconds(lambda: build(place, packs, workers)):,.0f} s")
        taken = {number: _trace(place, number) for number in lots(packs)}
        for number, seconds in taken.items():
            say(f"trace of {lots(packs)[number]:,} packs: {seconds:.3f} s")
        exports = [_export(place, kind, say) for kind in KINDS]
    first, *_, last = taken.values()
    return {
        "trace_s": first,
        "first_row_s": max(one["first_row_s"] for one in exports if one["first_row_s"]),
        "export_peak_mb": max(one["peak_mb"] for one in exports),
        "growth_per_decade": math.exp(math.log(first / last) / (len(taken) - 1)),
    }


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


# The store


def build(place: Path, packs: int, workers: int) -> None:
    """Found a log and fill it."""
    known = {member.gln for member in CAST}
    hops = [Member(gln, "wholesaler") for gln in WAY if gln not in known]
    world = found(place, [*CAST, *hops, Member(REGULATOR, "regulator")])
    number = 0
    with world.sequencer(workers) as sequencer:
        for name, size in lots(packs).items():
            _moved(world, sequencer, number, size, Lot(GTIN, name, "2029-06-30"))
            number += size
        other = 0
        while number < packs:
            count = min(SHARE, packs - number)
            lot = Lot(GTIN, f"F{other}", "2029-06-30")
            verify_effect(sequencer.submit_many(world.commission(number, count, lot)))
            number, other = number + count, other + 1
    world.store.close()
    (place / "built").touch()


def _moved(world: World, sequencer: Sequencer, first: int, size: int, lot: Lot) -> None:
    """A lot that is made, packed in cases and pallets, handed on five times, and dispensed in part."""
    for start in range(first, first + size, SHARE):
        count = min(SHARE, first + size - start)
        verify_effect(sequencer.submit_many(world.commission(start, count, lot)))
        verify_effect(sequencer.submit_many(list(_packing(world, start, count))))
    pallets = [_pallet(start) for start in range(first, first + size, PALLET)]
    for sender, receiver in pairwise(WAY):
        raws = []
        for pallet in pallets:
            raws.append(world.ship([pallet], sender, receiver))
            raws.append(world.receive([pallet], sender, receiver, statement_id(world.stations[sender])))
        verify_effect(sequencer.submit_many(raws))
    for start in range(first, first + size, SHARE):
        sold = range(start, min(start + SHARE, first + size), 10)
        verify_effect(sequencer.submit_many([world.dispense([epc(number)], PHARMACY) for number in sold]))
    count, root = closed_set(f"{number:012}" for number in range(first, first + size))
    verify_effect([sequencer.submit(world.close(lot, count, root))])


def _packing(world: World, first: int, count: int) -> Iterator[bytes]:
    for pallet in range(first, first + count, PALLET):
        cases = []
        for start in range(pallet, min(pallet + PALLET, first + count), CASE):
            cases.append(sscc(start // CASE))
            packs = range(start, min(start + CASE, first + count))
            yield world.pack(cases[-1], [epc(number) for number in packs])
        yield world.pack(_pallet(pallet), cases)


def _pallet(first: int) -> str:
    return sscc(10**8 + first // CASE)


# Questions


def history_of(place: Path) -> History:
    """The log in a folder that `build` has filled."""
    settings = Settings(data=place)
    return History(SqliteStore(settings.ledger), Trust.parse(settings.trust.read_bytes()))


def _trace(place: Path, number: str) -> float:
    """Seconds until every pack of a lot is counted under who holds it, and the whole is found to be the set
    that the maker closed: the best of three."""
    history = history_of(place)

    def run() -> None:
        with history.view() as view:
            closed = view.registry.closed_lot(GTIN, number)
            _, root = closed_set(view.lot_serials(GTIN, number))
            found = balance(view.lot_balance(GTIN, number), closed, root)
            tenth = found.parts["dispensed"]
            if found.gaps or (found.packs, found.parts["held"]) != (10 * tenth, 9 * tenth):
                raise RuntimeError(found)

    return min(_seconds(run) for _ in range(3))


def _export(place: Path, kind: str, say: SAY) -> dict[str, float]:
    """One export in a process of its own: its time, its first row, its memory at the highest."""
    command = [sys.executable, "-m", "benchmarks.export", str(place), "R1", kind]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(answer.stdout)
    say(f"{kind}: " + ", ".join(f"{name} {value:,.2f}" for name, value in figures.items()))
    return figures
