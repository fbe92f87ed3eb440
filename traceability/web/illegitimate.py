"""Reports of illegitimate product, with the fields of Form FDA 3911 and the clock of 24 hours (DSCSA)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.reports.pdf import Grid, LotReport, lot_pdf
from traceability.reports.spreadsheet import csv_lines
from traceability.store.illegitimate import HOURS, Illegitimate, Report, Saved
from traceability.web import directory, form3911, prefilled, subjects
from traceability.web.access import DECIDERS, for_regulator, logged_in, permitted
from traceability.web.babel import LazyString, gettext, lazy_gettext, ngettext
from traceability.web.dispatches import Waiting
from traceability.web.errors import PageError
from traceability.web.parts import parts
from traceability.web.record import record
from traceability.web.words import moment

blueprint = Blueprint("illegitimate", __name__, url_prefix="/illegitimate")

STATE_WORDS: dict[str, tuple[str, LazyString]] = {
    "draft": ("again", lazy_gettext("not sent yet")),
    "notified": ("unknown", lazy_gettext("notified")),
    "terminating": ("unknown", lazy_gettext("termination asked for")),
    "terminated": ("clear", lazy_gettext("terminated")),
}
LINE_WORDS: dict[str, LazyString] = {
    "saved": lazy_gettext("saved"),
    "sent": lazy_gettext("sent"),
    "terminated": lazy_gettext("terminated"),
}


class Clock(NamedTuple):
    """Until when FDA and the trading partners must be told."""

    tone: str
    word: str
    until: str
    """The deadline in words."""


class Line(NamedTuple):
    """A report in a list."""

    id: int
    title: str
    detail: str
    tone: str
    state: str
    clock: Clock | None
    url: str


class Past(NamedTuple):
    """A line of a report's history."""

    line: int
    when: str
    who: str
    what: str
    text: str


def desk() -> Illegitimate:
    """The desk of reports."""
    return Illegitimate(parts().office)


def found(report: int) -> Report:
    """A report that the reader may see; anything else is not there."""
    known = desk().find(report, current_user.party, regulator=for_regulator())
    if known is None or not _sees(known):
        abort(404)
    return known


def _sees(report: Report) -> bool:
    own = report.party == current_user.party
    return own or directory.registry().is_regulator_of(str(current_user.party), report.party)


def _own(report: int) -> Report:
    known = found(report)
    if known.party != current_user.party:
        raise PageError("A report is changed by the party that makes it")
    return known


def values_of(report: Report, line: int | None = None) -> form3911.Values:
    """The fields of a report as they stand, or as they stood in a line of its history."""
    lines = desk().lines(report.id)
    chosen = next((one for one in lines if one.line == line), None) if line is not None else lines[-1]
    if chosen is None:
        abort(404)
    return form3911.parse(chosen.fields)


def clock_of(report: Report) -> Clock | None:
    """How long there is until a draft must be sent; None once it was."""
    if report.notified is not None:
        return None
    left = (datetime.fromisoformat(report.due) - datetime.fromisoformat(parts().now())).total_seconds()
    if left < 0:
        return Clock("stop", gettext("overdue"), gettext("since %(when)s", when=moment(report.due)))
    hours = int(left // 3600)
    said = (
        ngettext("%(num)s hour left", "%(num)s hours left", hours)
        if hours
        else gettext("less than an hour left")
    )
    until = gettext("until %(when)s", when=moment(report.due))
    return Clock("again" if hours >= 6 else "stop", said, until)


def _line(report: Report) -> Line:
    values = values_of(report)
    tone, word = STATE_WORDS[report.state]
    kind = str(form3911.CLASSIFICATIONS.get(values["classification"], gettext("not classified yet")))
    detail = [directory.party_name(report.party) if report.party != current_user.party else "", values["lots"], moment(report.determined)]  # fmt: skip
    return Line(
        report.id,
        f"{kind}: {values['product'] or gettext('Unknown product')}",
        " · ".join(part for part in detail if part),
        tone,
        str(word),
        clock_of(report),
        url_for("illegitimate.report", report=report.id),
    )


def _note(act: str, report: int, detail: str = "") -> None:
    record(act, f"report {report}" + (f": {detail}" if detail else ""))


def reports_from(source: str) -> list[Line]:
    """The reports of one's party that were made from something."""
    return [_line(one) for one in desk().made_from([source], current_user.party)]


def reports_for(sources: Sequence[str]) -> list[Report]:
    """The same for many, as they are kept."""
    return desk().made_from(sources, current_user.party)


def waiting() -> list[Waiting]:
    """Lines of the home page: reports whose clock runs."""
    if current_user.role not in DECIDERS:
        return []
    drafts = [one for one in desk().listing(current_user.party) if one.state == "draft"]
    lines = [(line, line.clock) for line in map(_line, drafts)]
    return [
        Waiting("stop", clock.tone, gettext("Report illegitimate product: %(what)s", what=line.title), f"{clock.word}, {clock.until}", line.url)
        for line, clock in lines
        if clock is not None
    ]  # fmt: skip


@blueprint.get("")
@permitted("illegitimate.home")
def home() -> ResponseReturnValue:
    """The reports of one's party; for a regulator those that were sent in its country."""
    known = desk().listing(current_user.party, regulator=for_regulator())
    return render_template(
        "illegitimate.html",
        reports=[_line(one) for one in known if _sees(one)],
        may_write=current_user.role in DECIDERS,
        hours=HOURS,
    )


# Writing one


@blueprint.get("/new")
@logged_in
def new() -> ResponseReturnValue:
    """A new report, filled with what is known of an alert, an exception, an investigation, an item or a lot."""
    source = request.args.get("source", "")
    with parts().history.view() as view:
        values = prefilled.values(source, view)
    return render_template(
        "illegitimate_report.html",
        sections=form3911.SECTIONS,
        values=values,
        source=source,
        about=subjects.named(source) if source else "",
        hours=HOURS,
        report=None,
        may_write=True,
    )


@blueprint.post("")
@logged_in
def begin() -> ResponseReturnValue:
    """Save a new report as a draft; its clock runs from the determination."""
    source, values = request.form.get("source", ""), form3911.read(request.form)
    with parts().history.view() as view:
        items, _ = prefilled.goods(source, view)
    number = desk().open(
        current_user.party, source, _determined(values), items, form3911.written(values), parts().now(), current_user.login
    )  # fmt: skip
    _note("report opened", number, source)
    flash(gettext("Saved as a draft."), "clear")
    return redirect(url_for("illegitimate.report", report=number))


def _determined(values: form3911.Values) -> str:
    """The time of determination in UTC. Raises PageError for none, or one that has not come yet."""
    try:
        when = datetime.fromisoformat(values["determined"])
    except ValueError as error:
        raise PageError(
            "Say when the product was determined to be illegitimate: the clock runs from then"
        ) from error
    text = when.strftime("%Y-%m-%dT%H:%M:00.000Z")
    if text > parts().now():
        raise PageError("The product cannot have been determined to be illegitimate in the future")
    return text


@blueprint.get("/<int:report>")
@permitted("illegitimate.home")
def report(report: int) -> ResponseReturnValue:
    """One report: its clock, its fields, its history."""
    known = found(report)
    lines = desk().lines(report)
    values = values_of(known)
    own = known.party == current_user.party and current_user.role in DECIDERS
    if for_regulator():
        _note("read report", report)
    tone, word = STATE_WORDS[known.state]
    return render_template(
        "illegitimate_report.html",
        sections=form3911.SECTIONS,
        values=values,
        source=known.source,
        about=subjects.named(known.source) if known.source else "",
        hours=HOURS,
        report=known,
        title=_line(known).title,
        party=directory.party_name(known.party),
        tone=tone,
        state=str(word),
        clock=clock_of(known),
        late=known.notified is not None and known.notified > known.due,
        history=[_past(one) for one in reversed(lines)],
        missing=[f"{field.number} {field.label}" for field in form3911.missing(values)],
        may_write=own and known.state != "terminated",
        sendable=_sendable(known),
    )


def _sendable(report: Report) -> list[tuple[str, str]]:
    """What may be sent now."""
    kinds = {
        "draft": ("initial",),
        "notified": ("follow_up", "termination"),
        "terminating": ("follow_up",),
        "terminated": (),
    }[report.state]
    return [(kind, str(form3911.TYPES[kind])) for kind in kinds]


def _past(one: Saved) -> Past:
    account = parts().office.account(one.login)
    text = str(form3911.TYPES.get(one.text, one.text))
    return Past(
        one.line,
        moment(one.at),
        account.name if account is not None else one.login,
        str(LINE_WORDS[one.act]),
        text,
    )


@blueprint.post("/<int:report>")
@logged_in
def save(report: int) -> ResponseReturnValue:
    """Save other fields; the earlier ones stay in the history."""
    known, values = _own(report), form3911.read(request.form)
    with parts().history.view() as view:
        items, _ = prefilled.goods(known.source, view)
    before = values_of(known)
    changed = [field.name for field in form3911.FIELDS if before[field.name] != values[field.name]]
    determined = _determined(values)
    desk().save(report, determined, items, form3911.written(values), parts().now(), current_user.login)
    _note("report saved", report, ", ".join(changed))
    flash(gettext("Saved."), "clear")
    return redirect(url_for("illegitimate.report", report=report))


@blueprint.post("/<int:report>/sent")
@logged_in
def send(report: int) -> ResponseReturnValue:
    """Note that a notification was sent, to FDA and to the trading partners; by then it must be complete."""
    known, kind = _own(report), request.form.get("type", "")
    values = {**values_of(known), "type": kind}
    lacking = form3911.missing(values)
    if lacking:
        names = ", ".join(f"{field.number} {field.label}" for field in lacking)
        raise PageError("Fill these fields first, and save: %(fields)s", fields=names)
    desk().send(report, kind, form3911.written(values), parts().now(), current_user.login)
    _note("report sent", report, kind)
    flash(gettext("Noted as sent."), "clear")
    return redirect(url_for("illegitimate.report", report=report))


@blueprint.post("/<int:report>/terminated")
@logged_in
def terminate(report: int) -> ResponseReturnValue:
    """Note that FDA agreed to the termination."""
    known, text = _own(report), request.form.get("text", "").strip()[:500]
    if not text:
        raise PageError("Say when and by whom the termination was confirmed")
    values = values_of(known)
    desk().terminate(report, form3911.written(values), text, parts().now(), current_user.login)
    _note("report terminated", report, text)
    flash(gettext("Saved."), "clear")
    return redirect(url_for("illegitimate.report", report=report))


# Files


def _download(report: Report, data: bytes, kind: str, end: str) -> Response:
    _note(f"exported report as {end.upper()}", report.id)
    response = Response(data, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="illegitimate-product-{report.id}.{end}"'
    return response


def _asked_line() -> int | None:
    return request.args.get("line", type=int)


@blueprint.get("/<int:report>/report.pdf")
@permitted("illegitimate.home")
def as_pdf(report: int) -> ResponseReturnValue:
    """A report on paper, as it stands or as it stood."""
    known = found(report)
    return _download(known, pdf_of(known, _asked_line()), "application/pdf", "pdf")


@blueprint.get("/<int:report>/report.json")
@permitted("illegitimate.home")
def as_json(report: int) -> ResponseReturnValue:
    """A report for programs, with its history."""
    known = found(report)
    return _download(known, json_of(known), "application/json", "json")


@blueprint.get("/<int:report>/report.csv")
@permitted("illegitimate.home")
def as_csv(report: int) -> ResponseReturnValue:
    """A report for spreadsheets, one row a field."""
    known = found(report)
    values = values_of(known, _asked_line())
    rows = [(field.number, str(field.label), form3911.shown(field, values)) for field in form3911.FIELDS]
    data = "".join(csv_lines(("field", "name", "value"), rows)).encode()
    return _download(known, data, "text/csv; charset=utf-8", "csv")


def json_of(report: Report) -> bytes:
    """A report with everything that was saved or sent."""
    told = {
        "report": "fields of Form FDA 3911",
        "id": report.id,
        "party": report.party,
        "source": report.source,
        "state": report.state,
        "determined": report.determined,
        "due": report.due,
        "notified": report.notified,
        "fields": _numbered(values_of(report)),
        "history": [
            {
                "at": one.at,
                "login": one.login,
                "act": one.act,
                "text": one.text,
                "fields": form3911.parse(one.fields),
            }
            for one in desk().lines(report.id)
        ],
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"


def _numbered(values: form3911.Values) -> list[dict[str, str]]:
    return [{"number": one.number, "name": one.name, "value": values[one.name]} for one in form3911.FIELDS]


def pdf_of(report: Report, line: int | None = None) -> bytes:
    """A report on paper."""
    values = values_of(report, line)
    header = (gettext("Field"), gettext("Name"), gettext("Value"))
    grids = [
        Grid(str(title), header, [(field.number, str(field.label), form3911.shown(field, values)) for field in fields], (1.2, 5, 9))
        for title, fields in form3911.SECTIONS
    ]  # fmt: skip
    history = [(one.when, one.who, one.what, one.text) for one in map(_past, desk().lines(report.id))]
    grids.append(
        Grid(
            gettext("History"),
            (gettext("When"), gettext("Who"), gettext("What"), gettext("Of what kind")),
            history,
            (4, 4, 3, 5),
        )
    )
    notified = moment(report.notified) if report.notified else gettext("not yet")
    return lot_pdf(
        LotReport(
            title=gettext("Report of illegitimate product"),
            sentence=gettext("With the fields of Form FDA 3911. This is not FDA's form: copy it into that, or into FDA's portal."),
            facts=[
                (gettext("Number here"), str(report.id)),
                (gettext("Determined"), moment(report.determined)),
                (gettext("To be notified by"), moment(report.due)),
                (gettext("Notified"), notified),
                (gettext("State"), str(STATE_WORDS[report.state][1])),
            ],
            shares=[],
            grids=grids,
            notes=[],
            foot=f"{directory.party_name(report.party)} · {report.id}",
        )
    )  # fmt: skip
