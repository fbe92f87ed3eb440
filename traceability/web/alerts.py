"""Alerts: what contradicts something scanned and signed, who looks into it, and how often it happens."""

from datetime import timedelta
from typing import NamedTuple

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.store.case_rows import NEXT, Case, State
from traceability.store.sightings import Sightings
from traceability.web import casefile, caselists, watching
from traceability.web.access import permitted
from traceability.web.babel import gettext
from traceability.web.casewords import MOVE_WORDS, cause_word
from traceability.web.errors import PageError
from traceability.web.parts import parts
from traceability.web.watching import evidence_of

blueprint = Blueprint("alerts", __name__, url_prefix="/alerts")

PERIODS = (7, 30)
"""Days of the two columns of numbers."""
REASONED = frozenset({"resolved", "escalated"})
"""States that nobody enters without saying why."""


class Rate(NamedTuple):
    """Alerts of one cause: counts and rates per thousand checks over each period."""

    cause: str
    counts: tuple[int, ...]
    rates: tuple[str, ...]
    share: float
    """Of the most frequent cause in the longest period, for the length of its bar."""


@blueprint.get("")
@permitted("alerts.home")
def home() -> ResponseReturnValue:
    """The alerts that concern one's party, and the rate of alerts per thousand checks by cause."""
    watching.sweep()
    party = str(current_user.party)
    turn = frozenset(case.id for case in casefile.turn("alert"))
    rows = {
        done: [caselists.row(case, turn) for case in casefile.listed("alert", done=done)]
        for done in (False, True)
    }
    whose = None if casefile.is_regulator() else party
    return render_template(
        "alerts.html",
        todo=rows[False],
        done=rows[True],
        periods=PERIODS,
        checks=[_checks(days, whose) for days in PERIODS],
        rates=_rates(whose),
    )


def _since(days: int) -> str:
    return (parts().clock() - timedelta(days=days - 1)).strftime("%Y-%m-%dT00:00:00.000Z")


def _checks(days: int, party: str | None) -> int:
    return sum(Sightings(parts().office).checks(_since(days), party).values())


def _rates(party: str | None) -> list[Rate]:
    """A row for every cause, and one for all of them, which is the last."""
    counts = [casefile.desk().raised_by_cause(_since(days), party) for days in PERIODS]
    checks = [_checks(days, party) for days in PERIODS]
    longest = counts[-1]
    most = max(longest.values(), default=0)
    found = [
        _rate(
            cause_word("alert", cause), [one.get(cause, 0) for one in counts], checks, longest[cause] / most
        )
        for cause in longest
    ]
    return [*found, _rate(gettext("All causes"), [sum(one.values()) for one in counts], checks, 0.0)]


def _rate(cause: str, counts: list[int], checks: list[int], share: float) -> Rate:
    rates = tuple(
        f"{1000 * count / checked:.2f}" if checked else "–"
        for count, checked in zip(counts, checks, strict=True)
    )
    return Rate(cause, tuple(counts), rates, share)


@blueprint.get("/<int:case>")
@permitted("alerts.home")
def alert(case: int) -> ResponseReturnValue:
    """One alert: why, what it rests on, its thread, what comes next."""
    known = casefile.found("alert", case)
    with parts().history.view() as view:
        if watching.rejudge_one(known, view):
            known = casefile.found("alert", case)
        page = casefile.page(known, view)
    if casefile.is_regulator():
        casefile.note("read alert", known)
    evidence = evidence_of(known)
    return render_template(
        "alert.html",
        page=page,
        moves=[(state, str(word)) for state, word in MOVE_WORDS.items() if state in _moves(known)],
        scan=evidence.scan,
        rule=evidence.rule,
        resolver=_resolves(known),
        reasoned=REASONED,
    )


def _resolves(case: Case) -> bool:
    """Whether the reader's party decides: who raised it, and the regulator once it is escalated."""
    return current_user.party == case.raiser or casefile.is_regulator()


def _moves(case: Case) -> frozenset[str]:
    return NEXT[case.state] if _resolves(case) else frozenset()


@blueprint.post("/<int:case>/messages")
@permitted("alerts.home")
def say(case: int) -> ResponseReturnValue:
    """Write into the thread."""
    known = casefile.found("alert", case)
    if not request.form.get("text", "").strip():
        raise PageError("Write a message first")
    casefile.desk().say(case, casefile.entry("said", request.form["text"]))
    casefile.note("alert message", known)
    return redirect(url_for("alerts.alert", case=case))


@blueprint.post("/<int:case>/owner")
@permitted("alerts.home")
def take(case: int) -> ResponseReturnValue:
    """Take care of it at one's own party."""
    known = casefile.found("alert", case)
    casefile.desk().take(case, casefile.entry("took"))
    casefile.note("alert taken", known)
    return redirect(url_for("alerts.alert", case=case))


@blueprint.post("/<int:case>/state")
@permitted("alerts.home")
def move(case: int) -> ResponseReturnValue:
    """Go on to the next state; resolving and escalating ask why."""
    known = casefile.found("alert", case)
    wanted, why = request.form.get("state", ""), request.form.get("text", "").strip()
    states: dict[str, State] = {
        "acknowledged": "acknowledged",
        "investigating": "investigating",
        "escalated": "escalated",
        "resolved": "resolved",
    }
    if wanted not in states or not _resolves(known):
        raise PageError("Only the party that must resolve an alert takes it further")
    if wanted in REASONED and not why:
        raise PageError("Say why: the others and the regulator read it")
    casefile.desk().move(case, states[wanted], casefile.entry(wanted, why))
    if wanted in {"acknowledged", "investigating"}:
        casefile.desk().take(case, casefile.entry("took"))
    casefile.note(f"alert {wanted}", known, why)
    flash(gettext("Saved."), "clear")
    return redirect(url_for("alerts.alert", case=case))
