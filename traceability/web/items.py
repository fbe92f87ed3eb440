"""An item and its statements: where it has been, who signed, and the receipts to check it with."""

import msgspec
from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.ledger.history import Snapshot
from traceability.proof.statement import REGISTRY, Statement
from traceability.reports.pdf import provenance_pdf
from traceability.web import itempage, signed, trail
from traceability.web import reading as readings
from traceability.web.access import logged_in
from traceability.web.errors import PageError
from traceability.web.links import quoted
from traceability.web.parts import parts
from traceability.web.reading import HOME
from traceability.web.record import record_reading
from traceability.web.security import limiter

blueprint = Blueprint("items", __name__)

VISITS = "120 per minute"
_PATHS = (
    "/01/<gtin>/21/<path:serial>",
    "/01/<gtin>/10/<lot>/21/<path:serial>",
    "/01/<gtin>/22/<variant>/21/<path:serial>",
    "/01/<gtin>/22/<variant>/10/<lot>/21/<path:serial>",
)


def _viewer() -> str:
    """The party that looks; empty for a visitor."""
    return str(current_user.party) if current_user.is_authenticated else ""


def _epc(text: str) -> str:
    """The one spelling of an item's URI; PageError for what names no single item."""
    reading = readings.parse(text[:400])
    if not reading.epc:
        raise PageError("%(problem)s", problem=reading.problem)
    return reading.epc


@limiter.limit(VISITS, exempt_when=lambda: current_user.is_authenticated)
def pack(**values: str) -> ResponseReturnValue:
    """The GS1 Digital Link of a pack on this server; further elements of the label are not needed here."""
    return _page(_epc(f"{HOME}/01/{values['gtin']}/21/{quoted(values['serial'])}"))


for _path in _PATHS:
    blueprint.add_url_rule(_path, "pack", pack, merge_slashes=False)


@blueprint.get("/<any('00','8003','8004'):key>/<path:value>", merge_slashes=False)
@limiter.limit(VISITS, exempt_when=lambda: current_user.is_authenticated)
def container(key: str, value: str) -> ResponseReturnValue:
    """The GS1 Digital Link of a case, pallet or returnable container on this server."""
    return _page(_epc(f"{HOME}/{key}/{quoted(value)}"))


@blueprint.get("/01/<gtin>/10/<path:lot>", merge_slashes=False)
@logged_in
def lot(gtin: str, lot: str) -> ResponseReturnValue:
    """The GS1 Digital Link of a lot."""
    return redirect(url_for("lots.lot", gtin=gtin, lot=lot))


@blueprint.get("/item")
@limiter.limit(VISITS, exempt_when=lambda: current_user.is_authenticated)
def item() -> ResponseReturnValue:
    """An item by `epc`, in any spelling of its code."""
    return _page(_epc(request.args.get("epc", "")))


def _page(epc: str) -> ResponseReturnValue:
    with parts().history.view() as view:
        story = trail.story(view, epc, _viewer())
        record_reading("read item", epc)
        page = itempage.page(story, view)
    return render_template("provenance.html", **page)


@blueprint.get("/item.pdf")
@logged_in
def pdf() -> ResponseReturnValue:
    """Where an item has been, on paper."""
    epc = _epc(request.args.get("epc", ""))
    with parts().history.view() as view:
        story = trail.story(view, epc, _viewer())
        record_reading("printed item", epc)
        if not story.hops:
            abort(404)
        data = provenance_pdf(itempage.report(story, view))
    response = Response(data, content_type="application/pdf")
    response.headers["Content-Disposition"] = 'attachment; filename="provenance.pdf"'
    return response


# Statements


def _verify_visible(view: Snapshot, position: int, epc: str | None) -> None:
    """Registry statements are open to every party; of the others, a party sees what concerns it."""
    entry = view.entry(position)
    if entry is not None and Statement.parse(entry.jws).typ == REGISTRY:
        return
    if trail.level(view, current_user.party, position, epc) in {"none", "summary"}:
        abort(403)


@blueprint.get("/statement/<statement>")
@logged_in
def statement(statement: str) -> ResponseReturnValue:
    """What was signed, what became of it, and how to check it elsewhere."""
    epc = request.args.get("epc") or None
    with parts().history.view() as view:
        position = signed.position(view, statement)
        _verify_visible(view, position, epc)
        record_reading("read statement", statement)
        page = signed.page(view, position, current_user.party, epc)
    return render_template("statement.html", **page)


@blueprint.get("/statement/<statement>/receipt.json")
@logged_in
def receipt(statement: str) -> ResponseReturnValue:
    """The receipt as a file, with the body parts that the reader may see; of `epc` alone where it is given."""
    epc = request.args.get("epc") or None
    with parts().history.view() as view:
        position = signed.position(view, statement)
        _verify_visible(view, position, epc)
        record_reading("read receipt", statement)
        found = signed.receipt(view, position, current_user.party, epc, bare="bare" in request.args).to_json()
    response = Response(found, content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="receipt-{position}.json"'
    return response


@blueprint.get("/registry.json")
@logged_in
def registry() -> ResponseReturnValue:
    """Every registry entry in order, which says whose key each was: needed to check a receipt."""
    with parts().history.view() as view:
        entries = [entry.decode() for entry in signed.registry_entries(view)]
    response = Response(msgspec.json.encode(entries), content_type="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="registry.json"'
    return response
