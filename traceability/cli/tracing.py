"""`trace`: where every pack of a lot is, as a table or as a file that proves itself."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
import msgspec

from traceability.cli import codes
from traceability.cli.options import command, data_option
from traceability.cli.output import Output
from traceability.cli.tracefiles import FORMATS, Answer, write_proven, write_trace
from traceability.custody.acts import ACTS
from traceability.custody.closing import closed_set
from traceability.custody.recall import Alike, Asked, Balance, balance
from traceability.custody.registry import ClosedLot
from traceability.custody.state import Lot
from traceability.gs1 import Gs1Error
from traceability.gs1.keys import Gtin
from traceability.ledger.founding import FoundingError, looking, snapshot_key
from traceability.ledger.history import Snapshot
from traceability.reports.trace import TraceRow, trace_rows
from traceability.settings import Settings
from traceability.store import StoreError

GTIN_DIGITS = 14


@command
@data_option
@click.argument("gtin", required=False)
@click.argument("lot", required=False)
@click.option("--out", "target", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(sorted(set(FORMATS.values()))),
    help=f"What to write.  [default: by the file's ending, {' '.join(FORMATS)}]",
)
@click.option(
    "--serials", nargs=2, metavar="FIRST LAST", default=("", ""), help="Only serials in this range."
)
@click.option("--container", metavar="CODE", default="", help="What was in a case or pallet, at any depth.")
@click.option("--party", metavar="GLN", default="", help="What a party has, or what is on the road to it.")
@click.option("--place", metavar="GLN", default="", help="What is at this place.")
@click.option("--since", metavar="TIME", default="", help="What last moved from this time on.")
@click.option("--until", metavar="TIME", default="", help="What last moved up to this time.")
@click.option("--statement", metavar="ID", default="", help="What one statement moved, and where that is.")
@click.option(
    "--act",
    type=click.Choice(sorted(ACTS)),
    help="What acts of this kind moved; --party, --place, --since and --until are then of the act.",
)
@click.option(
    "--follow",
    type=click.Choice(["forwards", "backwards"]),
    help="As well what the packs were repackaged into, or from.",
)
@click.option("--at", help="Where the packs were at this time, e.g. 2026-11-23T10:00:00+01:00.")
@click.option(
    "--known-at", type=click.IntRange(0), metavar="ENTRY", help="As the log knew it at this entry (included)."
)
@click.option(
    "--snapshot",
    type=click.IntRange(0),
    metavar="SIZE",
    help="For a bundle of a lot: as of the snapshot over so many entries, 0 for the newest; it proves the trace whole.",
)
def trace_command(
    out: Output,
    *,
    settings: Settings,
    gtin: str | None,
    lot: str | None,
    target: Path | None,
    kind: str | None,
    snapshot: int | None,
    serials: tuple[str, str],
    container: str,
    act: str | None,
    follow: str | None,
    **narrowed: Any,
) -> None:
    """Where packs are: all of a lot (GTIN and LOT, or one code that holds both), of a product (GTIN), in a
    container, with a party, at a place, or moved by a statement; now, or at a moment in the past.

    A bundle carries its own proofs and verifier: `traceability verify BUNDLE --trust trust.json`.
    """
    found = ("", "") if gtin is None else _named(gtin, lot)
    epc = codes.epc_of(container) if container else ""
    asked = Asked(*found, *serials, container=epc, act=act or "", follow=follow or "", **narrowed)
    kind = kind or (FORMATS.get(target.suffix) if target is not None else None)
    if target is not None and kind is None:
        raise click.UsageError(f"Expected --format, or a file ending in {', '.join(FORMATS)}")
    if snapshot is not None and (kind != "bundle" or not asked.whole_lot or asked.past):
        raise click.UsageError("--snapshot is for the bundle of a whole lot")
    if target is not None and target.exists():
        raise FoundingError("%(path)s exists and is not overwritten", path=target)
    with looking(settings) as history, history.view() as view:
        if asked.known_at is not None and asked.known_at >= view.reader.size():
            raise StoreError("The log has no entry %(entry)s yet", entry=asked.known_at)
        known = view.lot(asked.gtin, asked.lot)
        if asked.lot and known is None:
            raise StoreError(
                "The log knows no lot %(lot)s of product %(gtin)s", lot=asked.lot, gtin=asked.gtin
            )

        answer = Answer(view, asked, known, lambda: trace_rows(view.trace(asked), view.registry))
        counted = _counted(view, asked, known if asked.whole_lot else None)
        if target is not None and known is not None and snapshot is not None:
            write_proven(target, view, known, snapshot_key(settings), snapshot or None)
        elif target is not None and kind is not None:
            write_trace(target, kind, answer, counted)
        _tell(out, asked, known, answer.rows, counted, target)


def _named(gtin: str, lot: str | None) -> tuple[str, str]:
    """GTIN and lot: as they are given, or out of one code; without a lot the whole product."""
    if lot is None and not (gtin.isdigit() and len(gtin) <= GTIN_DIGITS):
        elements = codes.elements_of(gtin)
        found, number = elements.get("01"), elements.get("10")
        if not found or not number:
            raise Gs1Error("%(text)s names no lot: expected GTIN and lot, (01) and (10)", text=gtin)
        return found, number
    return str(Gtin.parse(gtin)), lot or ""


def _counted(view: Snapshot, asked: Asked, lot: Lot | None) -> Balance:
    """The balance of a whole lot, against what its maker closed; of anything else as it is found."""
    if lot is None:
        counted = balance(map(Alike.of, view.trace(asked)))
        gaps = tuple(gap for gap in counted.gaps if gap.kind != "open")
        return msgspec.structs.replace(counted, gaps=gaps)
    groups = view.lot_balance(lot.gtin, lot.number, asked.at, asked.known_at)
    return balance(groups, *_closing(view, lot))


def _closing(view: Snapshot, lot: Lot) -> tuple[ClosedLot | None, str | None]:
    """What the maker closed, and the root over the serials that the log knows to compare it with."""
    closed = view.registry.closed_lot(lot.gtin, lot.number)
    if closed is None:
        return None, None
    return closed, closed_set(view.lot_serials(lot.gtin, lot.number))[1]


def _tell(
    out: Output,
    asked: Asked,
    lot: Lot | None,
    rows: Callable[[], Iterable[TraceRow]],
    counted: Balance,
    target: Path | None,
) -> None:
    told: dict[str, object] = {
        "gtin": asked.gtin,
        "lot": asked.lot,
        "expiry": "" if lot is None else lot.expiry,
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
    name = f"Lot {asked.lot}" if asked.lot else "Found"
    out.say(f"{name}: {counted.packs} packs: {words}" + (f", in {target}" if target else ""))
    for gap in counted.gaps:
        out.say(f"  {gap.kind}: {gap.packs}")
    out.give(told)
