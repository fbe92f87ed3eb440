"""One export of a lot's trace, measured from inside: `python -m benchmarks.export FOLDER LOT KIND`."""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from benchmarks.recall import REGULATOR, history_of
from benchmarks.world import GTIN
from traceability.custody.recall import balance
from traceability.custody.state import Lot
from traceability.ledger.events import events
from traceability.ledger.exhibits import Exhibits, lot_positions
from traceability.ledger.history import Snapshot
from traceability.reports.events import trace_epcis
from traceability.reports.evidence import Exhibited, evidence_bundle, trace_json
from traceability.reports.spreadsheet import trace_csv
from traceability.reports.trace import TraceRow, about_lot, trace_rows
from traceability.reports.workbook import BalanceWords, balance_sheet, trace_xlsx

WORDS = BalanceWords("Balance", "Party", "All", "Percent", str, str, lambda gap: gap.kind)


def main(place: Path, number: str, kind: str) -> None:
    """Write the export to a scratch file and print its figures as JSON."""
    history = history_of(place)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=place) as folder, history.view() as view:
        target = Path(folder, "export")
        lot = view.lot(GTIN, number)
        if lot is None:
            raise LookupError(number)
        first = _write(view, lot, kind, target, lambda: time.perf_counter() - start)
        figures = {
            "first_row_s": first,
            "seconds": time.perf_counter() - start,
            "mb": target.stat().st_size / 1e6,
            "peak_mb": _peak_mb(),
        }
    print(json.dumps(figures))


def _write(view: Snapshot, lot: Lot, kind: str, target: Path, clock: Callable[[], float]) -> float:
    """Seconds until the first row is written; 0 where a file is sent only when it is whole."""

    def rows() -> Iterator[TraceRow]:
        return trace_rows(view.lot_trace(lot.gtin, lot.number), view.registry)

    about = about_lot(lot, view.registry, "")
    if kind == "bundle":
        exhibits = Exhibits(view)
        shown = exhibits.of_lot(lot, REGULATOR)
        with target.open("w+b") as whole:
            evidence_bundle(Exhibited(exhibits.note, exhibits.registry(), shown, rows, about), whole)
        return 0.0
    if kind == "xlsx":
        front = [balance_sheet(balance(view.lot_balance(lot.gtin, lot.number)), WORDS)]
        trace_xlsx(target, rows(), front, "Packs", datetime.fromisoformat(view.made))
        return 0.0
    if kind == "epcis":
        with target.open("xb") as file:
            file.writelines(
                trace_epcis(
                    events(view, lot_positions(view, lot.gtin, lot.number), REGULATOR), about, view.made
                )
            )
        return 0.0
    pieces = trace_csv(rows()) if kind == "csv" else trace_json(rows(), about)
    first = 0.0
    with target.open("xb") as file:
        for piece in pieces:
            if not first and piece.count(b"\n") > 1:
                first = clock()
            file.write(piece)
    return first


def _peak_mb() -> float:
    """The most memory that this process has had; what its parent had before does not count."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise LookupError("VmHWM")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
