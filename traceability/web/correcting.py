"""This is wrong: the act that takes a statement back, or its correction, signed by its signer and by who built on it.

The rules say which of the two fits (`custody.rules_correcting`). A countersignature is asked for by an exception:
it has a thread, a last day and somebody who takes care of it, and shows the other side the statement to sign.
"""

from typing import NamedTuple

import msgspec
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.custody.acts import CORRECTED
from traceability.custody.compose import Composed, correction
from traceability.custody.hearing import Refusal
from traceability.custody.rules import ActStatement, decide
from traceability.custody.rules_correcting import missing_countersignatures
from traceability.custody.state import Fact
from traceability.epcis.parts import Core, Terms
from traceability.ledger.history import Snapshot
from traceability.store.case_rows import Case, Opening
from traceability.web import casefile, directory, phrases
from traceability.web.access import HANDS, logged_in
from traceability.web.babel import gettext
from traceability.web.casewords import COUNTERSIGNATURE
from traceability.web.deadlines import EXCEPTION_DAYS, working_day_after
from traceability.web.errors import PageError
from traceability.web.language import tell
from traceability.web.parts import parts
from traceability.web.record import record
from traceability.web.watching import Evidence, evidence_of, written
from traceability.web.words import ACT_WORDS, moment

blueprint = Blueprint("correcting", __name__, url_prefix="/correct")

MOST_ITEMS = 500
"""Items that an exception lists; the statement names them all."""

# Where the act that reverses another is signed.
_SCREENS = {
    "unpacked": ("bench.pack", ""),
    "packed": ("bench.pack", ""),
    "voided": ("bench.void", ""),
    "shipped": ("bench.ship", ""),
    "undone": ("pharmacy.check", ""),
    "dispensed": ("pharmacy.check", ""),
    "moved": ("acts.act", "move"),
    "released": ("acts.act", "release"),
    "held": ("acts.act", "hold"),
    "found": ("acts.act", "found"),
}


class Asked(NamedTuple):
    """A party whose countersignature is needed, and the exception that asks for it."""

    gln: str
    name: str
    url: str
    registered: bool


class Way(NamedTuple):
    """How a statement is made right by the reader: one of these is set, or none."""

    reverse: str = ""
    """Where the act that takes it back is signed."""
    word: str = ""
    """What that act is called."""
    missing: tuple[Asked, ...] = ()
    """Who must countersign first."""
    signs: bool = False
    problem: str = ""


def may_say_wrong(fact: Fact) -> bool:
    """Whether the reader finds a way to take back or correct a statement: it is their party's, and stands."""
    return (
        current_user.is_authenticated
        and current_user.role in HANDS
        and current_user.party == fact.party
        and fact.effect
        and fact.struck is None
        and fact.act != CORRECTED
    )


def asked_about(statement: str, party: str) -> list[Case]:
    """Open exceptions of a party that ask for a countersignature on a statement."""
    return [
        case
        for case in casefile.desk().listing("exception", party)
        if case.cause == COUNTERSIGNATURE and statement in evidence_of(case).statements
    ]


@blueprint.get("/<statement>")
@logged_in
def correct(statement: str) -> ResponseReturnValue:
    """One statement that is wrong, and how it is made right."""
    with parts().history.view() as view:
        fact = _found(view, statement)
        event = _event(view, fact)
        signed = _countersignatures(view, fact)
        way = _way(view, fact, event, [one.id for one in signed if one.party != current_user.party])
        own = next((one for one in signed if one.party == current_user.party), None)
        return render_template(
            "correct.html",
            statement=statement,
            title=phrases.act_title(fact),
            when=moment(fact.event_time),
            mine=fact.party == current_user.party,
            party=directory.party_name(fact.party),
            struck=casefile.settled(view, _id(view, fact.struck)) if fact.struck is not None else None,
            countersigned=[(directory.party_name(one.party), moment(one.event_time)) for one in signed],
            own=own,
            way=way,
            act=fact.act,
            event=_for_page(event),
            signed_ids=[one.id for one in signed if one.party != current_user.party],
        )


def _found(view: Snapshot, statement: str) -> Fact:
    fact = view.fact_by_id(statement)
    if fact is None or not fact.effect or fact.act == CORRECTED:
        abort(404)
    if fact.party != current_user.party and not _shown_by(fact):
        abort(403)
    return fact


def _shown_by(fact: Fact) -> bool:
    """Whether the reader was asked to countersign: who asks shows the statement by that."""
    cases = asked_about(fact.id, current_user.party)
    return any(case.raiser == fact.party for case in cases)


def _id(view: Snapshot, position: int) -> str:
    fact = view.fact(position)
    return "" if fact is None else fact.id


def _event(view: Snapshot, fact: Fact) -> Composed:
    body = view.body(fact.position)
    if body is None:
        abort(404)
    items = tuple((item[0], item[1:]) for item in body.items)
    return Composed(Core.parse(body.core), Terms.parse(body.terms), items)


def _for_page(event: Composed) -> str:
    items = [role + epc for role, epc in event.items]
    made = {"core": event.core.to_json().decode(), "terms": event.terms.to_json().decode(), "items": items}
    return msgspec.json.encode(made).decode()


def _countersignatures(view: Snapshot, fact: Fact) -> list[Fact]:
    """The corrections of a statement by others than its signer that have effect: each names its items."""
    epc = next((epc for _, epc in view.named(fact.position)), None)
    facts = [] if epc is None else [step.fact for step in view.steps(epc)]
    return [
        one
        for one in facts
        if one.act == CORRECTED and one.effect and one.party != fact.party and fact.position in one.ref
    ]


def _way(view: Snapshot, fact: Fact, event: Composed, signed: list[str]) -> Way:
    if fact.struck is not None:
        return Way()
    mine = fact.party == current_user.party
    act = _asking(view, event, fact, signed if mine else [])
    try:
        if mine and (missing := missing_countersignatures(act, view)):
            return Way(missing=tuple(_asked(fact, gln) for gln in sorted(missing)))
        decide(act, view)
    except Refusal as refusal:
        by = str(refusal.values.get("meaning", ""))
        if refusal.rule == "correct.reverse" and by in _SCREENS:
            endpoint, name = _SCREENS[by]
            url = url_for(endpoint, name=name) if name else url_for(endpoint)
            return Way(reverse=url, word=str(ACT_WORDS[by]))
        return Way(problem=tell(refusal))
    return Way(signs=True)


def _asking(view: Snapshot, event: Composed, fact: Fact, signed: list[str]) -> ActStatement:
    """The correction, as the rules would see it were it signed now."""
    now = parts().now()
    iat = now[:19] + "+00:00"
    composed = correction(event, fact.id, time=iat, signer=current_user.name, countersigned=signed)
    return ActStatement(
        position=view.reader.size(),
        id="",
        iss=current_user.party,
        kid="",
        iat=iat,
        admitted=now,
        core=composed.core,
        terms=composed.terms,
        items=composed.items,
    )


def _asked(fact: Fact, gln: str) -> Asked:
    cases = [case for case in asked_about(fact.id, fact.party) if gln in _parties(case)]
    url = url_for("exceptions.exception", case=cases[0].id) if cases else ""
    return Asked(gln, directory.party_name(gln), url, gln in directory.registry().parties)


def _parties(case: Case) -> set[str]:
    return {side.party for side in casefile.desk().sides(case.id)}


@blueprint.post("/<statement>/ask")
@logged_in
def ask(statement: str) -> ResponseReturnValue:
    """Ask those who built on a statement for their countersignature, with the reason why it is wrong."""
    note = request.form.get("note", "").strip()
    if not note:
        raise PageError("Say why the statement is wrong: the other side must know what it countersigns")
    with parts().history.view() as view:
        fact = _found(view, statement)
        if fact.party != current_user.party:
            abort(403)
        signed = [one.id for one in _countersignatures(view, fact)]
        way = _way(view, fact, _event(view, fact), signed)
        items = tuple(dict.fromkeys(epc for _, epc in view.named(fact.position)))[:MOST_ITEMS]
        size = view.reader.size()
    for one in way.missing:
        if one.registered and not one.url:
            _open(fact, one.gln, items, size, note)
    flash(gettext("Asked. You sign the correction here once everybody has countersigned."), "clear")
    return redirect(url_for("correcting.correct", statement=statement))


def _open(fact: Fact, other: str, items: tuple[str, ...], size: int, note: str) -> None:
    party = directory.registry().parties[other]
    opening = Opening(
        kind="exception",
        cause=COUNTERSIGNATURE,
        items=items,
        raiser=current_user.party,
        others=((other, "other"),),
        due=working_day_after(parts().today(), EXCEPTION_DAYS, party.country).isoformat(),
        size=size,
        evidence=written(Evidence(statements=[fact.id])),
    )
    opened = casefile.desk().open(opening, casefile.entry("raised", note))
    record("countersignature asked", str(opened.id))


@blueprint.post("/<statement>/signed")
@logged_in
def signed(statement: str) -> ResponseReturnValue:
    """Note in the exceptions that ask for it what was signed: a countersignature, or the correction itself."""
    with parts().history.view() as view:
        fact = _found(view, statement)
        struck = _id(view, fact.struck) if fact.struck is not None else ""
        own = any(one.party == current_user.party for one in _countersignatures(view, fact))
    for case in asked_about(statement, current_user.party):
        if struck and case.raiser == current_user.party:
            casefile.desk().move(case.id, "resolved", casefile.entry("resolved"), outcome=struck)
        elif own and case.raiser != current_user.party:
            casefile.desk().say(case.id, casefile.entry("countersigned"))
    return "", 204
