"""A lot, for its maker and the regulator: the balance, who has the packs, and the trace as files."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from scanner.labels import ROLLS, SHEETS, Stock
from traceability.custody.recall import PARTS, Asked
from traceability.custody.state import Lot
from traceability.ledger.founding import snapshot_key
from traceability.ledger.history import Snapshot
from traceability.proof.snapshot import parse_snapshot
from traceability.reports import labels as label_sheets
from traceability.reports.evidence import Progress
from traceability.reports.pdf import lot_pdf
from traceability.web import directory, lotfiles, lotflow, lotrows, tracing
from traceability.web import reading as readings
from traceability.web.access import TASKS, may, permitted
from traceability.web.babel import gettext, ngettext
from traceability.web.errors import PageError
from traceability.web.links import allowed, lot_url, may_trace, owner
from traceability.web.parts import parts
from traceability.web.record import record_reading
from traceability.web.tracefiles import KINDS, Page, Question, send, send_question, stream_csv

blueprint = Blueprint("lots", __name__)

PACKS_A_PAGE = 50
MOST_FOUND = 200
RESOLUTIONS = (203, 300, 600)
"""Dots an inch of label printers. Office printers have 300 or a multiple."""


class LotLine(NamedTuple):
    """A lot in a list."""

    product: str
    number: str
    expiry: str
    url: str
    recalled: bool


@blueprint.get("/lots")
@permitted("lots.home")
def home() -> ResponseReturnValue:
    """Find a lot; the recalls in force."""
    query = request.args.get("q", "").strip()[:200]
    with parts().history.view() as view:
        lots = [_line(lot, view) for lot in islice(_found(query, view), MOST_FOUND)]
        recalls = tracing.recall_lines(view, owner())
    return render_template("lots.html", lots=lots, recalls=recalls, query=query)


def _found(query: str, view: Snapshot) -> Iterator[Lot]:
    gtins = {product.gtin for product in directory.products(owner())}
    known = (row.lot for row in view.lots() if row.lot.gtin in gtins or owner() is None)
    reading = readings.parse(query) if query else None
    if reading is not None and reading.epc:
        item = view.item(reading.epc)
        wanted = item.lot if item is not None else None
        return (lot for lot in known if lot == wanted)
    words = query.casefold().split()
    if reading is not None and reading.hri and reading.lot:
        return (lot for lot in known if (lot.gtin, lot.number) == (reading.gtin, reading.lot))
    return (lot for lot in known if all(word in _searched(lot) for word in words))


def _searched(lot: Lot) -> str:
    return f"{lot.number} {lot.gtin} {directory.product_name(lot.gtin) or ''}".casefold()


def _line(lot: Lot, view: Snapshot) -> LotLine:
    recalled = bool(view.registry.recalls_of_lot(lot))
    return LotLine(
        directory.product_name(lot.gtin) or lot.gtin, lot.number, lot.expiry, lot_url(lot), recalled
    )


def _asked(view: Snapshot, what: str) -> Lot:
    """The lot that the address names, for those who may ask; a regulator's question is written down."""
    lot = _named(view)
    _note(lot, what)
    return lot


def _named(view: Snapshot) -> Lot:
    """The lot that the address names, for those who may ask."""
    gtin, number = request.args.get("gtin", ""), request.args.get("lot", "")
    if not may_trace(gtin):
        abort(403)
    lot = view.lot(gtin, number)
    if lot is None:
        abort(404)
    return lot


def _note(lot: Lot, what: str) -> None:
    record_reading(what, f"{lot.gtin}/{lot.number}")


@blueprint.get("/lot")
@permitted("lots.home")
def lot() -> ResponseReturnValue:
    """Where every pack of a lot is now."""
    page = max(1, request.args.get("page", 1, type=int))
    part = request.args.get("part", "") if request.args.get("part") in PARTS else ""
    with parts().history.view() as view:
        lot = _asked(view, "read lot")
        trace = tracing.summarise(view, lot, current_user.party)
        first = (page - 1) * PACKS_A_PAGE
        rows = lotrows.rows(view, lot, current_user.party, first, PACKS_A_PAGE, part)
        packs = [lotrows.pack_line(row) for row in rows]
        recalls = [tracing.recall_sentence(one) for one in view.registry.recalls_of_lot(lot)]
        days = _days(view, lot)
        snapshot = _snapshot(view, lot)
    return render_template(
        "lot.html",
        lot=tracing.named(lot),
        days=days,
        recalls=recalls,
        total=ngettext("%(num)s pack", "%(num)s packs", trace.total),
        parts=trace.parts,
        gaps=trace.gaps,
        holders=trace.holders,
        beyond=trace.beyond,
        packs=packs,
        count=trace.seen,
        part=part,
        page=page,
        pages=-(-_shown(trace, part) // PACKS_A_PAGE),
        snapshot=snapshot,
        files=KINDS,
        may_label=_may_label(lot),
        label_last=min(trace.seen, label_sheets.MOST),
        papers=[name for name in SHEETS if name != "A6"],
        rolls=[_roll(stock) for stock in ROLLS.values()],
        resolutions=RESOLUTIONS,
        may_recall=any(task.endpoint == "recalls.recall" and may(task) for task in TASKS),
    )


@blueprint.get("/lot/way")
@permitted("lots.home")
def way() -> ResponseReturnValue:
    """The picture of the lot's way with its table, for the lot's page: now, or until a day."""
    with parts().history.view() as view:
        lot = _asked(view, "read way")
        found = lotflow.flowing(view, lot, current_user.party, _until())
    return render_template("_way.html", flowing=found, at=request.args.get("at", ""))


@blueprint.get("/lot/way.svg")
@permitted("lots.home")
def way_svg() -> ResponseReturnValue:
    """The picture of the lot's way as a file, for reports."""
    with parts().history.view() as view:
        lot = _asked(view, "exported way")
        found = lotflow.flowing(view, lot, current_user.party, _until(), alone=True)
    if found is None:
        raise PageError("This lot has not gone anywhere yet")
    return _download(found.picture.encode(), _name(lot, ".svg"), "image/svg+xml; charset=utf-8")


def _days(view: Snapshot, lot: Lot) -> list[str]:
    """The days of a lot, from its first statement to today, for the slider of its way."""
    fact = view.fact(view.names.first(lot))
    first = date.fromisoformat((fact.event_time if fact is not None else parts().now())[:10])
    last = date.fromisoformat(parts().now()[:10])
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def _until() -> str | None:
    """The day until which a way is asked for; None for now."""
    text = request.args.get("at", "")
    try:
        return date.fromisoformat(text).isoformat() if text else None
    except ValueError as error:
        raise PageError("Expected a day as YYYY-MM-DD, got %(got)s", got=text[:20]) from error


class SnapshotLink(NamedTuple):
    """The snapshot as of which a lot's evidence can be had."""

    size: int
    signed: str
    """Who has countersigned it; empty where nobody has."""


def _snapshot(view: Snapshot, lot: Lot) -> SnapshotLink | None:
    """The newest countersigned snapshot that knows a lot; else the newest."""
    found = None
    for row in view.reader.snapshots():
        if view.names.first(lot) < row.size:
            parties = view.registry.snapshots.get(parse_snapshot(row.note).digest, ())
            if parties or found is None or not found.signed:
                found = SnapshotLink(row.size, ", ".join(map(str, map(directory.party_name, parties))))
    return found


def _roll(stock: Stock) -> tuple[str, str]:
    """The name of a roll, and its size for people: ("4x6in", "101.6 × 152.4 mm")."""
    width, height = stock.page
    return stock.name, f"{width:g} × {height:g} mm"


def _shown(trace: tracing.Summary, part: str) -> int:
    """How many packs the table goes through."""
    return next((one.count for one in trace.parts if one.tone == part), trace.seen)


def _may_label(lot: Lot) -> bool:
    product = directory.product_of(lot.gtin)
    return product is not None and product.owner == current_user.party


# Files


def _name(lot: Lot, end: str) -> str:
    """A file name for a lot: nothing of its number but letters, digits, dots and dashes."""
    number = "".join(one if one.isascii() and (one.isalnum() or one in ".-") else "_" for one in lot.number)
    return f"lot-{lot.gtin}-{number}{end}"


def _download(data: Iterator[bytes] | bytes, name: str, kind: str) -> Response:
    response = Response(data, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.get("/lot/trace.csv")
@permitted("lots.home")
def csv() -> ResponseReturnValue:
    """The trace as CSV, one row a pack, streamed."""
    return _trace_file(stream_csv, "CSV")


@blueprint.get("/lot/trace.<kind>")
@permitted("lots.home")
def file(kind: str) -> ResponseReturnValue:
    """The trace in another form: made once, and sent in ranges."""
    form = KINDS.get(kind) or abort(404)
    return _trace_file(lambda question, name, page: send_question(question, form, name, page), form.act)


def _trace_file(
    send_it: Callable[[Question, str, Page], ResponseReturnValue], form: str
) -> ResponseReturnValue:
    with parts().history.view() as view:
        lot = _named(view)
    question = Question(Asked(lot.gtin, lot.number), current_user.party, allowed())
    return _noted(send_it(question, _name(lot, ""), _page(lot)), lot, f"exported lot as {form}")


def _page(lot: Lot) -> Page:
    named = tracing.named(lot)
    return Page(f"{named.product}, {gettext('lot')} {lot.number}", lot_url(lot))


def _noted(response: ResponseReturnValue, lot: Lot, what: str) -> ResponseReturnValue:
    """A file on its way: written down once it is there."""
    if not isinstance(response, tuple):
        _note(lot, what)
    return response


@blueprint.get("/lot/trace.pdf")
@permitted("lots.home")
def pdf() -> ResponseReturnValue:
    """The summary of the trace on paper."""
    with parts().history.view() as view:
        lot = _asked(view, "exported lot as PDF")
        report = lotfiles.lot_report(view, lot, current_user.party)
    return _download(lot_pdf(report), _name(lot, ".pdf"), "application/pdf")


@blueprint.get("/lot/evidence.zip")
@permitted("lots.home")
def bundle() -> ResponseReturnValue:
    """The evidence bundle: everything that the trace rests on, checkable offline; with `snapshot` as of that
    one, and proven whole by it."""
    size = request.args.get("snapshot", type=int)
    if size is None:
        return file("evidence")
    with parts().history.view() as view:
        if view.reader.snapshot(size) is None:
            raise PageError("There is no snapshot over %(size)s entries", size=size)
        lot = _named(view)
        packs = sum(group.packs for group in view.lot_balance(lot.gtin, lot.number))
    party, key = current_user.party, snapshot_key(parts().settings)

    def make(view: Snapshot, path: Path, progress: Progress) -> None:
        lotfiles.proven(view, lot, party, path, progress, key, size)

    name = _name(lot, f"-as-of-{size}.zip")
    sent = send(make, name, KINDS["evidence"].mime, (lot, party), 2 * packs, _page(lot))
    return _noted(sent, lot, "exported lot as evidence")


@blueprint.get("/lot/labels.pdf")
@permitted("lots.home")
def labels() -> ResponseReturnValue:
    """Label sheets for the maker: packs from `first` to `last`, and the containers they are in."""
    what, paper = request.args.get("what", "all"), request.args.get("paper", "A4")
    dpi = request.args.get("dpi", 300, type=int)
    first, last = request.args.get("first", 1, type=int), request.args.get("last", 2**31, type=int)
    with parts().history.view() as view:
        lot = _asked(view, "printed labels")
        if not _may_label(lot):
            abort(403)
        items = list(islice(view.lot_items(lot.gtin, lot.number), max(0, first - 1), max(0, last)))
        if not items:
            raise PageError("The lot has no packs from %(first)s to %(last)s", first=first, last=last)
        sheet = []
        if what != "containers":
            sheet += label_sheets.pack_labels(items[: label_sheets.MOST], directory.product_of(lot.gtin))
        if what != "packs":
            sheet += label_sheets.container_labels(
                lotfiles.containers(view, items), directory.party_name(current_user.party), directory.names()
            )
    if not sheet:
        raise PageError("These packs are in no case or pallet yet")
    if len(sheet) > label_sheets.MOST:
        raise PageError(
            "Expected at most %(most)s labels at once: choose a smaller range", most=label_sheets.MOST
        )
    return _download(label_sheets.sheets(sheet, paper, dpi), _name(lot, "-labels.pdf"), "application/pdf")
