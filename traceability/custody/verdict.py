"""The verdict on a scanned code, so that a warning means something (DESIGN section 5, "Verdict").

A verdict is about a code, never about the medicine: a code proves only itself.
"""

from collections.abc import Iterable

import msgspec

from traceability.custody import CustodyError
from traceability.custody.finding import (
    ACTIONS,
    COUNTERS,
    Action,
    Kind,
    Scan,
    Verdict,
    Viewer,
    above,
    fault,
    say,
)
from traceability.custody.labelling import agrees, label, unknown, usable
from traceability.custody.sightings import Past, Sighting
from traceability.custody.state import Condition, Item
from traceability.custody.times import seconds
from traceability.custody.whereabouts import custody, seen_elsewhere

__all__ = ["ACTIONS", "COUNTERS", "Action", "Kind", "Scan", "Verdict", "Viewer", "agrees", "fault", "verdict"]

JUST_NOW = 300
"""Seconds within which a second scan of a dispensed pack at the same counter is a double scan."""


def verdict(
    scan: Scan,
    viewer: Viewer,
    world: Past,
    now: str,
    *,
    garble: ValueError | None = None,
    seen: Iterable[Sighting] = (),
) -> Verdict:
    """The verdict on a code for who scanned it; `now` is the log's time, best told in the viewer's zone,
    whose calendar decides what has expired.

    `garble` is what the GS1 room says of a garbled code, an error with `pattern` and `values`. Where the
    code parses all the same, it counts only if the log does not know the item or has another lot or expiry
    for it. `seen` are earlier checks of the same code that nobody signed.
    """
    if scan.epc is None:
        return fault(garble)
    item = world.item(scan.epc)
    if item is None:
        found = unknown(scan, viewer, world, now) if garble is None else fault(garble)
    else:
        found = (
            label(scan, item, viewer, world, garble)
            or _condition(item, viewer, world, now)
            or usable(scan, item, viewer, world, now)
            or custody(item, viewer, world, now)
            or _clear(item, viewer, world)
        )
    if found.kind is Kind.DATA_GAP and viewer.sender is None and not viewer.from_patient:
        return seen_elsewhere(scan.epc, viewer, world.registry, now, seen) or found
    return found


def _condition(item: Item, viewer: Viewer, world: Past, now: str) -> Verdict | None:
    chain = above(item, world)
    condition = next((one.condition for one in chain if one.condition.blocked), item.condition)
    top = chain[-1]
    if condition is Condition.DISPENSED:
        return _dispensed(top, viewer, world, now)
    if condition is Condition.STOLEN:
        error = CustodyError("This was reported stolen. Stop: put it aside.")
        return say(Kind.SUSPECT, "stolen", error)
    if condition is Condition.DESTROYED:
        error = CustodyError("This was reported destroyed. Stop: put it aside.")
        return say(Kind.SUSPECT, "destroyed", error)
    if not condition.blocked:
        return None
    here = viewer.party in (top.custodian, top.receiver)
    return _held(condition) if here else _elsewhere_blocked(condition)


def _held(condition: Condition) -> Verdict | None:
    """Goods in the viewer's own hands, or on the road to it, that may not be used."""
    match condition:
        case Condition.RECALL_HELD:
            return say(Kind.BLOCKED, "recall-held", CustodyError("This is held for a recall. Return it."))
        case Condition.RETURNED:
            error = CustodyError("This was returned and is held until somebody has released it.")
            return say(Kind.BLOCKED, "returned", error)
        case Condition.TAKEN_BACK:
            error = CustodyError("This came back from a patient and is never used again.")
            return say(Kind.BLOCKED, "taken-back", error)
        case Condition.FOUND:
            error = CustodyError("This had been missing and is held until somebody has released it.")
            return say(Kind.BLOCKED, "found", error)
        case Condition.LOST:
            error = CustodyError("You have reported this lost. Report it found, then inspect it.")
            return say(Kind.BLOCKED, "lost", error)
        case Condition.SHORT:
            error = CustodyError("This was missing from its delivery. Receive it now, on its own.")
            return say(Kind.BLOCKED, "short", error)
        case Condition.HELD:
            error = CustodyError("This is held. It may be used when it is released.")
            return say(Kind.BLOCKED, "held", error)
        case _:
            error = CustodyError("This is out of trade (%(condition)s).", condition=condition.words)
            return say(Kind.BLOCKED, "out-of-trade", error)


def _elsewhere_blocked(condition: Condition) -> Verdict:
    """Goods that somebody else has put out of trade, and that are here all the same."""
    if condition in (Condition.SHORT, Condition.HELD, Condition.RETURNED, Condition.FOUND):
        error = CustodyError(
            "Somebody else is said to have this (%(condition)s). Ask the sender.", condition=condition.words
        )
        return say(Kind.DATA_GAP, "blocked-elsewhere", error, Action.ASK_SENDER)
    if condition is Condition.RECALL_HELD:
        return say(Kind.BLOCKED, "recall-held", CustodyError("This is held for a recall. Return it."))
    error = CustodyError(
        "Elsewhere this was signed as %(condition)s, and it is here. Stop: put it aside.",
        condition=condition.words,
    )
    return say(Kind.SUSPECT, "out-of-trade-elsewhere", error)


def _dispensed(top: Item, viewer: Viewer, world: Past, now: str) -> Verdict:
    fact = world.fact(top.dispatch if top.dispatch is not None else top.acted)
    if viewer.from_patient:
        error = CustodyError("This was dispensed. Take it back: it is never used again.")
        return say(Kind.BLOCKED, "from-patient", error)
    if fact is not None and fact.party == viewer.party:
        same = viewer.site is None or fact.site is None or viewer.site == fact.site
        if same and 0 <= seconds(now) - seconds(fact.event_time) <= JUST_NOW:
            error = CustodyError("You have just dispensed this. Nothing more to do.")
            said = say(Kind.BLOCKED, "just-now", error)
            return msgspec.structs.replace(said, mild=True)
        # Institutions move what they have dispensed to their wards.
        if same or world.registry.has_role(viewer.party, "institution"):
            error = CustodyError("This was dispensed here on %(when)s already.", when=fact.event_time)
            return say(Kind.BLOCKED, "dispensed-here", error)
    if fact is not None and fact.claimed:
        error = CustodyError("A file says that this was dispensed elsewhere. Ask the sender.")
        return say(Kind.DATA_GAP, "dispensed-claimed", error, Action.ASK_SENDER)
    error = CustodyError("This was dispensed elsewhere already. Stop: put it aside.")
    return say(Kind.SUSPECT, "dispensed-elsewhere", error)


def _clear(item: Item, viewer: Viewer, world: Past) -> Verdict:
    top = above(item, world)[-1]
    if top.receiver == viewer.party:
        error = CustodyError("This code is active and on the road to you. Using it receives it.")
        return say(Kind.CLEAR, "on-the-road", error)
    if item.condition is Condition.PARTLY_DISPENSED:
        error = CustodyError(
            "This code is active and in your custody, with %(left)s units left.", left=item.left
        )
        return say(Kind.CLEAR, "partly-dispensed", error)
    return say(Kind.CLEAR, "active", CustodyError("This code is active and in your custody."))
