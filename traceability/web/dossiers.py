"""Dossiers: everything known of a pack, lot, party, place or device, in order, with its evidence."""

from collections.abc import Iterator
from functools import partial

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.ledger.history import Snapshot
from traceability.web import casefile, dossier_pages, dossierfiles, subjects
from traceability.web.access import DECIDERS, TASKS, may, permitted
from traceability.web.babel import ngettext
from traceability.web.dossier_rows import KIND_WORDS, Reading, reading_of
from traceability.web.parts import parts
from traceability.web.record import record_reading

blueprint = Blueprint("dossiers", __name__)

ROWS_A_PAGE = 50


@blueprint.record
def _tell_templates(state: BlueprintSetupState) -> None:
    """Templates link to dossiers; a link is empty for who may not open it."""
    state.app.jinja_env.globals.update(
        item_dossier=subjects.of_item,
        lot_dossier=subjects.of_lot,
        gln_dossier=subjects.of_gln,
        device_dossier=subjects.of_device,
        may_investigate=may_investigate,
        open_investigations=lambda: casefile.listed("investigation", done=False),
    )


def may_investigate() -> bool:
    """Whether the person who is logged in opens investigations and reports illegitimate product."""
    task = next(task for task in TASKS if task.endpoint == "investigations.home")
    return current_user.is_authenticated and current_user.role in DECIDERS and may(task)


@blueprint.get("/dossiers")
@permitted("dossiers.home")
def home() -> ResponseReturnValue:
    """Find a subject by a code, a number or a name."""
    query = request.args.get("q", "").strip()[:200]
    with parts().history.view() as view:
        found = [subjects.about(one) for one in subjects.find(query, view)]
    return render_template("dossiers.html", query=query, found=found)


def _asked(view: Snapshot, what: str) -> Reading:
    subject = subjects.asked(request.args.get("of", ""), view)
    if "after" not in request.args:
        record_reading(what, subject.uri)
    return reading_of(view, subject)


def _kinds() -> frozenset[str]:
    return frozenset(request.args.getlist("kind")) & frozenset(KIND_WORDS)


@blueprint.get("/dossier")
@permitted("dossiers.home")
def dossier() -> ResponseReturnValue:
    """A page of a dossier, newest first or oldest first, of all kinds or some."""
    kinds, newest = _kinds(), request.args.get("order") != "oldest"
    with parts().history.view() as view:
        one = _asked(view, "read dossier")
        found = dossier_pages.page(one, kinds, request.args.get("after", ""), ROWS_A_PAGE, newest=newest)
        possible = dossier_pages.kinds_of(one)
        facts = subjects.facts(one.subject, view)
    uri, chosen, order = one.subject.uri, sorted(kinds) or None, None if newest else "oldest"
    same = partial(url_for, "dossiers.dossier", of=uri, kind=chosen, order=order)
    return render_template(
        "dossier.html",
        about=subjects.about(one.subject),
        facts=facts,
        rows=found.rows,
        hidden=_hidden(found.hidden),
        kinds=[(kind, str(KIND_WORDS[kind]), kind in kinds) for kind in possible],
        kind_words=KIND_WORDS,
        newest=newest,
        more=same(after=found.next) if found.next else "",
        first=same() if "after" in request.args else "",
        json=url_for("dossiers.as_json", of=uri, kind=chosen),
        pdf=url_for("dossiers.as_pdf", of=uri, kind=chosen, order=order),
    )


def _hidden(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(num)s more line of this page is not yours to see.",
        "%(num)s more lines of this page are not yours to see.",
        count,
    )


@blueprint.get("/dossier.json")
@permitted("dossiers.home")
def as_json() -> ResponseReturnValue:
    """All of a dossier as JSON, oldest first, streamed."""
    with parts().history.view() as view:
        asked = _asked(view, "exported dossier as JSON")
    kinds, history = _kinds(), parts().history

    def stream() -> Iterator[bytes]:
        with history.view() as fresh:
            one = asked._replace(view=fresh)
            yield from dossierfiles.json_of(one, dossier_pages.whole(one, kinds))

    response = Response(stream_with_context(stream()), content_type="application/json")
    name = dossierfiles.name_of(asked, ".json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.get("/dossier.pdf")
@permitted("dossiers.home")
def as_pdf() -> ResponseReturnValue:
    """A dossier on paper."""
    with parts().history.view() as view:
        one = _asked(view, "exported dossier as PDF")
        rows = dossier_pages.whole(one, _kinds(), newest=request.args.get("order") != "oldest")
        data = dossierfiles.pdf_of(one, rows)
    response = Response(data, content_type="application/pdf")
    name = dossierfiles.name_of(one, ".pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
