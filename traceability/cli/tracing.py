"""`trace`: where every pack of a lot is, as a table or as a file that proves itself."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from traceability.cli import codes
from traceability.cli.options import command, data_option
from traceability.cli.output import Output
from traceability.custody.closing import closed_set
from traceability.custody.recall import Balance, balance
from traceability.custody.registry import ClosedLot
from traceability.custody.state import Lot
from traceability.gs1 import Gs1Error
from traceability.gs1.keys import Gtin
from traceability.ledger.exhibits import Exhibits, lot_positions
from traceability.ledger.founding import FoundingError, looking, new_file, snapshot_key
from traceability.ledger.history import Snapshot
from traceability.ledger.proven import Proven
from traceability.proof.bundle import statement_order
from traceability.reports.evidence import Exhibited, evidence_bundle, trace_json
from traceability.reports.spreadsheet import trace_csv, trace_sqlite
from traceability.reports.trace import TraceRow, about_lot, hidden, trace_row, trace_rows
from traceability.settings import Settings
from traceability.store import StoreError

FORMATS = {".csv": "csv", ".json": "json", ".zip": "bundle", ".db": "sqlite", ".sqlite": "sqlite"}


@command
@data_option
@click.argument("gtin")
@click.argument("lot", required=False)
@click.option("--out", "target", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "json", "bundle", "sqlite"]),
    help="What to write.  [default: by the file's ending, .csv .json .zip .db]",
)
@click.option("--at", help="Where the packs were at this time, e.g. 2026-11-23T10:00:00+01:00.")
@click.option(
    "--known-at", type=click.IntRange(0), metavar="ENTRY", help="As the log knew it at this entry (included)."
)
@click.option(
    "--snapshot",
    type=click.IntRange(0),
    metavar="SIZE",
    help="For a bundle: as of the snapshot over so many entries, 0 for the newest; its rows prove that none is missing.",
)
def trace_command(
    out: Output,
    *,
    settings: Settings,
    snapshot: int | None,
    at: str | None,
    known_at: int | None,
    gtin: str,
    lot: str | None,
    target: Path | None,
    kind: str | None,
) -> None:
    """Where every pack of a lot is now: GTIN and LOT, or one code that holds both.

    A bundle carries its own proofs and verifier: `traceability verify BUNDLE --trust trust.json`.
    """
    gtin, lot = _lot_of(gtin, lot)
    kind = kind or (FORMATS.get(target.suffix) if target is not None else None)
    if target is not None and kind is None:
        raise click.UsageError("Expected --format, or a file ending in .csv, .json, .zip or .db")
    if snapshot is not None and (kind != "bundle" or at is not None or known_at is not None):
        raise click.UsageError("--snapshot is for a bundle, and stands without --at and --known-at")
    if target is not None and target.exists():
        raise FoundingError("%(path)s exists and is not overwritten", path=target)
    with looking(settings) as history, history.view() as view:
        known = view.lot(gtin, lot)
        if known_at is not None and known_at >= view.reader.size():
            raise StoreError("The log has no entry %(entry)s yet", entry=known_at)
        if known is None:
            raise StoreError("The log knows no lot %(lot)s of product %(gtin)s", lot=lot, gtin=gtin)
        counted = balance(view.lot_balance(gtin, lot, at, known_at), *_closing(view, known))

        def rows() -> Iterator[TraceRow]:
            return trace_rows(view.lot_trace(gtin, lot, at, known_at), view.registry)

        if target is not None and snapshot is not None:
            write_proven(target, view, known, snapshot_key(settings), snapshot or None)
        elif target is not None and kind is not None:
            write_trace(target, kind, rows, view, known)
        _tell(out, known, rows, counted, target)


def _closing(view: Snapshot, lot: Lot) -> tuple[ClosedLot | None, str | None]:
    """What the maker closed, and the root over the serials that the log knows to compare it with."""
    closed = view.registry.closed_lot(lot.gtin, lot.number)
    if closed is None:
        return None, None
    return closed, closed_set(view.lot_serials(lot.gtin, lot.number))[1]


def _lot_of(gtin: str, lot: str | None) -> tuple[str, str]:
    if lot is not None:
        return str(Gtin.parse(gtin)), lot
    elements = codes.elements_of(gtin)
    found, number = elements.get("01"), elements.get("10")
    if not found or not number:
        raise Gs1Error("%(text)s names no lot: expected GTIN and lot, (01) and (10)", text=gtin)
    return found, number


def reader_of(view: Snapshot, lot: Lot) -> str:
    """For whom a lot's evidence is: the regulator; the brand owner where none is registered."""
    registry = view.registry
    regulators = [gln for gln, party in registry.parties.items() if "regulator" in party.roles]
    product = registry.products.get(lot.gtin)
    return next(iter(regulators), registry.authority if product is None else product.owner)


def write_trace(
    target: Path, kind: str, rows: Callable[[], Iterable[TraceRow]], view: Snapshot, lot: Lot
) -> None:
    """Write a trace in one of its forms; a bundle shows of each statement what its reader may see."""
    newest = view.reader.checkpoint()
    about = about_lot(lot, view.registry, "" if newest is None else newest[1])
    if kind == "sqlite":
        trace_sqlite(target, rows(), about)
        return
    with new_file(target) as file:
        if kind == "bundle":
            exhibits = Exhibits(view)
            positions = statement_order(lot_positions(view, lot.gtin, lot.number))
            shown = exhibits.statements(positions, reader_of(view, lot))
            evidence_bundle(Exhibited(exhibits.note, exhibits.registry(), shown, rows, about), file)
        else:
            file.writelines(trace_csv(rows()) if kind == "csv" else trace_json(rows(), about))


def write_proven(target: Path, view: Snapshot, lot: Lot, key: bytes, size: int | None) -> None:
    """Write the bundle of a lot as of a snapshot, with the rows that prove it whole."""
    viewer = reader_of(view, lot)
    proven, exhibits = Proven(view, lot, viewer, key, size), Exhibits(view)
    known = [position for position in lot_positions(view, lot.gtin, lot.number) if position < proven.size]

    def rows() -> Iterator[TraceRow]:
        for pack, shown in proven.packs():
            row = trace_row(pack, view.registry)
            yield row if shown else hidden(row)

    exhibited = Exhibited(
        exhibits.note,
        exhibits.registry(),
        exhibits.statements(statement_order(known), viewer),
        rows,
        about_lot(lot, view.registry, exhibits.note),
        proven.files(exhibits.size),
    )
    with new_file(target) as file:
        evidence_bundle(exhibited, file)


def _tell(
    out: Output, lot: Lot, rows: Callable[[], Iterable[TraceRow]], counted: Balance, target: Path | None
) -> None:
    told: dict[str, object] = {
        "gtin": lot.gtin,
        "lot": lot.number,
        "expiry": lot.expiry,
        "packs": counted.packs,
        "parts": counted.parts,
        "gaps": {gap.kind: gap.packs for gap in counted.gaps},
    }
    if target is None:
        columns = ("Serial", "State", "With", "To", "Container", "Since", "Evidence")
        shown = list(rows())
        out.table(
            columns,
            [
                (row.serial, row.state, row.holder, row.receiver, row.container, row.since, row.evidence)
                for row in shown
            ],
        )
        told["rows"] = [row._asdict() for row in shown]
    else:
        told["file"] = str(target)
    words = ", ".join(f"{count} {part}" for part, count in counted.parts.items() if count)
    out.say(f"Lot {lot.number}: {counted.packs} packs: {words}" + (f", in {target}" if target else ""))
    for gap in counted.gaps:
        out.say(f"  {gap.kind}: {gap.packs}")
    out.give(told)
