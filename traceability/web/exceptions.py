"""Exceptions: goods and papers differ, and two parties settle it, with a deadline and a signed outcome."""

from typing import Any

import msgspec
from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.custody.registrations import Party
from traceability.custody.rules_dispensing import COUNTERS
from traceability.ledger.history import Dispatch, Snapshot
from traceability.store.case_rows import Case, Opening
from traceability.web import casefile, caselists, directory, outcomes
from traceability.web import reading as readings
from traceability.web.access import permitted
from traceability.web.babel import gettext
from traceability.web.casewords import EXCEPTION_HINTS, EXCEPTION_WORDS
from traceability.web.deadlines import DISPENSER_DAYS, EXCEPTION_DAYS, TRACE_DAYS, working_day_after
from traceability.web.errors import PageError, wants_json
from traceability.web.parts import parts
from traceability.web.record import record
from traceability.web.security import limiter
from traceability.web.watching import Evidence, written
from traceability.web.words import day

blueprint = Blueprint("exceptions", __name__, url_prefix="/exceptions")

MOST_ITEMS = 500
RAISED = "120 per hour"


class Report(msgspec.Struct):
    """What somebody found. `items` are codes in any spelling; without `dispatch` and `other` the sender is the
    one whose delivery the items are in."""

    kind: str
    items: list[str]
    dispatch: str = ""
    other: str = ""
    note: str = ""


@blueprint.app_template_global()
def exception_kinds() -> list[tuple[str, str, str]]:
    """Code, word and hint of every kind, for the pages where something may be wrong."""
    return [(kind, str(word), str(EXCEPTION_HINTS[kind])) for kind, word in EXCEPTION_WORDS.items()]


@blueprint.get("")
@permitted("exceptions.home")
def home() -> ResponseReturnValue:
    """The exceptions of one's party: those to do, then those done."""
    turn = frozenset(case.id for case in casefile.turn("exception"))
    rows = {
        done: [caselists.row(case, turn) for case in casefile.listed("exception", done=done)]
        for done in (False, True)
    }
    return render_template("exceptions.html", todo=rows[False], done=rows[True])


@blueprint.get("/new")
@permitted("exceptions.home")
def new() -> ResponseReturnValue:
    """The form that reports a problem, filled with what is known."""
    return render_template(
        "exception_new.html",
        kinds=EXCEPTION_WORDS,
        hints=EXCEPTION_HINTS,
        receivers=directory.receivers(current_user.party),
        given=request.args,
    )


@blueprint.post("")
@permitted("exceptions.home")
@limiter.limit(RAISED, key_func=lambda: str(current_user.get_id()))
def report() -> ResponseReturnValue:
    """Open an exception from JSON or a form; the same one again gives the one that is open."""
    if casefile.is_regulator():
        raise PageError("An exception is between two parties that hand goods to each other")
    found = _report()
    if found.kind not in EXCEPTION_WORDS:
        raise PageError("Expected a problem out of %(known)s", known=", ".join(EXCEPTION_WORDS))
    epcs = _epcs(found.items)
    with parts().history.view() as view:
        dispatch, other = _other_side(found, epcs, view)
        case = _same(found.kind, epcs[0], other) or _open(found, epcs, dispatch, other, view)
    url = url_for("exceptions.exception", case=case)
    if wants_json():
        known = casefile.found("exception", case)
        said = gettext("Exception %(number)s: %(party)s must answer until %(day)s.",
                       number=case, party=directory.party_name(other), day=day(known.due))  # fmt: skip
        return jsonify(id=case, url=url, sentence=said), 201
    return redirect(url)


def _report() -> Report:
    if request.is_json:
        try:
            return msgspec.json.decode(request.get_data(), type=Report)
        except msgspec.MsgspecError as error:
            raise PageError("Expected a problem as JSON: its kind and the codes of its goods") from error
    form = request.form
    values: dict[str, Any] = {
        name: form.get(name, "").strip() for name in ("kind", "dispatch", "other", "note")
    }
    return Report(items=form.get("items", "").split("\n"), **values)


def _epcs(texts: list[str]) -> list[str]:
    """The items that a report names. Raises PageError for none, too many, or a code that names none."""
    given = [text.strip() for text in texts if text.strip()]
    if not given:
        raise PageError("Say which goods it is about: scan at least one code")
    if len(given) > MOST_ITEMS:
        raise PageError(
            "Expected at most %(most)s codes at once, got %(got)s", most=MOST_ITEMS, got=len(given)
        )
    found = []
    for text in given:
        reading = readings.parse(text[:4000])
        if not reading.epc:
            raise PageError("%(code)s: %(problem)s", code=text[:60], problem=reading.problem)
        found.append(reading.epc)
    return list(dict.fromkeys(found))


def _other_side(found: Report, epcs: list[str], view: Snapshot) -> tuple[str, str]:
    """The dispatch that it is about, if there is one, and the party that must answer."""
    me = str(current_user.party)
    known = _dispatch(found.dispatch, view) if found.dispatch else _delivery(epcs, view, me)
    if known is not None:
        sender, receiver, dispatch = known
        if me not in (sender, receiver):
            raise PageError("This dispatch is neither from you nor to you")
        return dispatch, receiver if me == sender else sender
    party = directory.registry().parties.get(found.other)
    if party is None or found.other == me or not set(party.roles) - {"regulator", "authority"}:
        raise PageError("Say who sent it: no dispatch of these goods is known")
    return "", found.other


def _dispatch(statement: str, view: Snapshot) -> tuple[str, str, str]:
    fact = view.fact_by_id(statement)
    if fact is None or fact.counterparty is None:
        raise PageError("The log knows no such dispatch")
    return fact.party, fact.counterparty, statement


def _delivery(epcs: list[str], view: Snapshot, party: str) -> tuple[str, str, str] | None:
    """The delivery on the road to or from a party that holds one of the items."""
    tops = {view.top(item).epc for item in map(view.item, epcs) if item is not None}
    moving: list[Dispatch] = [*view.pending(party), *view.outgoing(party)] if tops else []
    for one in moving:
        if any(item.epc in tops for item in one.items):
            return one.fact.party, one.fact.counterparty or "", one.fact.id
    return None


def _same(kind: str, epc: str, other: str) -> int | None:
    """The open exception that says the same already: a second click opens no second one."""
    desk = casefile.desk()
    for case in desk.listing("exception", current_user.party):
        if (case.cause, case.item, case.raiser) == (kind, epc, current_user.party):
            parties = {side.party for side in desk.sides(case.id)}
            if other in parties:
                return case.id
    return None


def _days(kind: str, party: Party) -> int:
    """Working days in which a party must answer."""
    if kind != "trace_request":
        return EXCEPTION_DAYS
    return DISPENSER_DAYS if set(COUNTERS) & set(party.roles) else TRACE_DAYS


def _open(found: Report, epcs: list[str], dispatch: str, other: str, view: Snapshot) -> int:
    party = directory.registry().parties[other]
    due = working_day_after(parts().today(), _days(found.kind, party), party.country).isoformat()
    opening = Opening(
        kind="exception",
        cause=found.kind,
        items=tuple(epcs),
        raiser=current_user.party,
        others=((other, "other"),),
        due=due,
        size=view.reader.size(),
        evidence=written(Evidence(dispatch=dispatch)),
    )
    opened = casefile.desk().open(opening, casefile.entry("raised", found.note))
    record("exception raised", f"{opened.id}: {found.kind}")
    return opened.id


# One exception


@blueprint.get("/<int:case>")
@permitted("exceptions.home")
def exception(case: int) -> ResponseReturnValue:
    """One exception: its goods, its thread, and how it may be settled."""
    known = casefile.found("exception", case)
    with parts().history.view() as view:
        page = casefile.page(known, view)
        mine = current_user.party == known.raiser
        settling = outcomes.outcomes(known, view) if mine and not known.done else []
    if casefile.is_regulator():
        casefile.note("read exception", known)
    return render_template(
        "exception.html",
        page=page,
        mine=mine,
        side=_is_side(known),
        proposals=outcomes.proposals(known),
        outcomes=settling,
    )


def _is_side(case: Case) -> bool:
    return current_user.party in {side.party for side in casefile.desk().sides(case.id)}


@blueprint.post("/<int:case>/messages")
@permitted("exceptions.home")
def say(case: int) -> ResponseReturnValue:
    """Answer, or propose a correction; then it is the other side's turn."""
    known = casefile.found("exception", case)
    text, proposal = request.form.get("text", "").strip(), request.form.get("proposal", "")
    fitting = {code for side in outcomes.PROPOSALS[known.cause] for code in side}
    if proposal and _is_side(known) and proposal in fitting:
        casefile.desk().propose(case, proposal, casefile.entry("proposed", f"{proposal}\n{text}"))
    elif text:
        casefile.desk().say(case, casefile.entry("said", text))
    else:
        raise PageError("Write a message, or choose a proposal")
    casefile.note("exception answered", known, proposal)
    return redirect(url_for("exceptions.exception", case=case))


@blueprint.post("/<int:case>/owner")
@permitted("exceptions.home")
def take(case: int) -> ResponseReturnValue:
    """Take care of it at one's own party."""
    known = casefile.found("exception", case)
    if not _is_side(known):
        raise PageError("Only the two parties of an exception take care of it")
    casefile.desk().take(case, casefile.entry("took"))
    casefile.note("exception taken", known)
    return redirect(url_for("exceptions.exception", case=case))


@blueprint.post("/<int:case>/outcome")
@permitted("exceptions.home")
def resolve(case: int) -> ResponseReturnValue:
    """Resolve it with the signed statement that settles it."""
    known = casefile.found("exception", case)
    if current_user.party != known.raiser:
        raise PageError("Who raised an exception says when it is settled")
    with parts().history.view() as view:
        statement = outcomes.verify_outcome(known, request.form.get("statement", ""), view)
    line = casefile.entry("resolved", request.form.get("text", ""))
    casefile.desk().move(case, "resolved", line, outcome=statement)
    casefile.note("exception resolved", known, statement)
    flash(gettext("Resolved, with its signed statement."), "clear")
    return redirect(url_for("exceptions.exception", case=case))
