"""One export of a lot's trace, measured from inside: `python -m benchmarks.export FOLDER LOT KIND`."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.recall import REGULATOR, history_of
from benchmarks.world import GTIN
from traceability.ledger.exhibits import Exhibits, lot_positions
from traceability.proof.bundle import statement_order
from traceability.reports.evidence import Exhibited, evidence_bundle, trace_json
from traceability.reports.spreadsheet import trace_csv
from traceability.reports.trace import TraceRow, about_lot, trace_rows


def main(place: Path, number: str, kind: str) -> None:
    """Write the export to a scratch file and print its figures as JSON."""
    history = history_of(place)
    start = time.perf_counter()
    first = 0.0
    with (
        tempfile.TemporaryDirectory(dir=place) as folder,
        Path(folder, "export").open("w+b") as target,
        history.view() as view,
    ):

        def rows() -> Iterator[TraceRow]:
            return trace_rows(view.lot_trace(GTIN, number), view.registry)

        lot = view.lot(GTIN, number)
        if lot is None:
            raise LookupError(number)
        about = about_lot(lot, view.registry, "")
        if kind == "bundle":
            exhibits = Exhibits(view)
            shown = exhibits.statements(statement_order(lot_positions(view, GTIN, number)), REGULATOR)
            evidence_bundle(Exhibited(exhibits.note, exhibits.registry(), shown, rows, about), target)
        else:
            for chunk in trace_csv(rows()) if kind == "csv" else trace_json(rows(), about):
                if not first and chunk.count(b"\n") > 1:
                    first = time.perf_counter() - start
                target.write(chunk)
        target.flush()
        figures = {
            "first_row_s": first,
            "seconds": time.perf_counter() - start,
            "mb": Path(folder, "export").stat().st_size / 1e6,
            "peak_mb": _peak_mb(),
        }
    print(json.dumps(figures))


def _peak_mb() -> float:
    """The most memory that this process has had; what its parent had before does not count."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise LookupError("VmHWM")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
