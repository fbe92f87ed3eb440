"""The verdict on a scanned code, so that a warning means something (DESIGN section 5, "Verdict").

A verdict is about a code, never about the medicine: a code proves only itself.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from traceability.custody import CustodyError
from traceability.custody.inheritance import recall_inside, recall_of
from traceability.custody.registry import LEVELS, gtin_of
from traceability.custody.state import Condition, Fact, Item, World
from traceability.custody.times import seconds

JUST_NOW = 300
"""Seconds within which a second scan of a dispensed pack at the same counter is a double scan."""

TWO_PLACES = 3600
"""Seconds since it was scanned elsewhere within which a pack cannot have come here."""

COUNTERS = ("pharmacy", "institution")


class Kind(StrEnum):
    """How much a warning weighs."""

    CLEAR = "clear"
    SCANNER_FAULT = "scanner_fault"
    DATA_GAP = "data_gap"
    BLOCKED = "blocked"
    SUSPECT = "suspect"


class Action(StrEnum):
    """What the person at the counter does."""

    GO_ON = "go_on"
    SCAN_AGAIN = "scan_again"
    WAIT = "wait"
    ASK_SENDER = "ask_sender"
    DO_NOT_USE = "do_not_use"
    QUARANTINE = "quarantine"


ACTIONS: dict[Kind, Action] = {
    Kind.CLEAR: Action.GO_ON,
    Kind.SCANNER_FAULT: Action.SCAN_AGAIN,
    Kind.DATA_GAP: Action.WAIT,
    Kind.BLOCKED: Action.DO_NOT_USE,
    Kind.SUSPECT: Action.QUARANTINE,
}


class Scan(msgspec.Struct, frozen=True):
    """What the code on the pack says; `expiry` is an ISO date."""

    epc: str | None = None
    lot: str | None = None
    expiry: str | None = None


class Viewer(msgspec.Struct, frozen=True):
    """Who asks, and where they stand."""

    party: str
    site: str | None = None


class Verdict(msgspec.Struct, frozen=True):
    """Kind, stable reason code, sentence, and what to do."""

    kind: Kind
    reason: str
    pattern: str
    action: Action
    values: Mapping[str, object] = {}
    mild: bool = False
    """Said without alarm: most likely the same person scanned the same pack twice."""

    @property
    def sentence(self) -> str:
        """The sentence in English; `web` translates the pattern."""
        return self.pattern % self.values


def _say(kind: Kind, reason: str, sentence: CustodyError, action: Action | None = None) -> Verdict:
    return Verdict(kind, reason, sentence.pattern, action or ACTIONS[kind], sentence.values)


def verdict(
    scan: Scan, viewer: Viewer, world: World, now: str, *, garble: ValueError | None = None
) -> Verdict:
    """The verdict on a code for who scanned it; `now` is the log's time.

    `garble` is what the GS1 room says of a garbled code, an error with `pattern` and `values`. Where the
    code parses all the same, it counts only if the log does not know the item.
    """
    if scan.epc is None:
        return _fault(garble)
    item = world.item(scan.epc)
    if item is None:
        return _unknown(scan, world) if garble is None else _fault(garble)
    found = (
        _label(scan, item, world)
        or _condition(item, viewer, world, now)
        or _usable(scan, item, viewer, world, now)
        or _custody(item, viewer, world, now)
    )
    return found or _clear(item, viewer, world)


def _fault(garble: ValueError | None) -> Verdict:
    if garble is None:
        error = CustodyError(
            "This code names no single pack: it has no serial number. Scan the other code on the pack."
        )
        return _say(Kind.SCANNER_FAULT, "no-serial", error)
    pattern = getattr(garble, "pattern", "%(why)s")
    values = getattr(garble, "values", {"why": str(garble)})
    return Verdict(Kind.SCANNER_FAULT, "garbled", pattern, Action.SCAN_AGAIN, values)


def _unknown(scan: Scan, world: World) -> Verdict:
    gtin = gtin_of(scan.epc or "")
    if scan.lot is not None and world.registry.closed_lot(gtin, scan.lot) is not None:
        error = CustodyError(
            "The maker has closed lot %(lot)s, and this serial is not in it. Stop: put the pack aside.",
            lot=scan.lot,
        )
        return _say(Kind.SUSPECT, "unknown-serial", error)
    if gtin and world.registry.product(gtin) is None:
        error = CustodyError("Nobody has registered this product yet. Wait for its data, or ask the sender.")
        return _say(Kind.DATA_GAP, "unknown-product", error, Action.ASK_SENDER)
    error = CustodyError("The log does not know this code yet. Wait for its data, or ask the sender.")
    return _say(Kind.DATA_GAP, "unknown", error, Action.ASK_SENDER)


def _label(scan: Scan, item: Item, world: World) -> Verdict | None:
    """Lot and expiry on the pack against those that were signed."""
    if item.lot is None:
        if scan.lot is not None and world.registry.closed_lot(gtin_of(item.epc), scan.lot) is not None:
            error = CustodyError(
                "The maker has closed lot %(lot)s, and this serial is not in it. Stop: put the pack aside.",
                lot=scan.lot,
            )
            return _say(Kind.SUSPECT, "unknown-serial", error)
        return None
    made = world.fact(item.born)
    kind = Kind.DATA_GAP if made is not None and made.claimed else Kind.SUSPECT
    if scan.lot is not None and scan.lot != item.lot.number:
        error = CustodyError(
            "The pack says lot %(pack)s, and the maker signed lot %(lot)s.",
            pack=scan.lot,
            lot=item.lot.number,
        )
        return _say(kind, "lot", error)
    if scan.expiry is not None and scan.expiry != item.lot.expiry:
        error = CustodyError(
            "The pack says that it expires on %(pack)s, and the maker signed %(expiry)s.",
            pack=scan.expiry,
            expiry=item.lot.expiry,
        )
        return _say(kind, "expiry", error)
    return None


# Conditions


def _above(item: Item, world: World) -> list[Item]:
    """The item and the containers around it, innermost first."""
    chain = [item]
    while chain[-1].container is not None:
        container = world.item(chain[-1].container)
        if container is None:
            break
        chain.append(container)
    return chain


def _condition(item: Item, viewer: Viewer, world: World, now: str) -> Verdict | None:
    chain = _above(item, world)
    condition = next((one.condition for one in chain if one.condition.blocked), item.condition)
    top = chain[-1]
    if condition is Condition.DISPENSED:
        return _dispensed(top, viewer, world, now)
    if condition is Condition.STOLEN:
        error = CustodyError("This was reported stolen. Stop: put it aside.")
        return _say(Kind.SUSPECT, "stolen", error)
    if condition is Condition.DESTROYED:
        error = CustodyError("This was reported destroyed. Stop: put it aside.")
        return _say(Kind.SUSPECT, "destroyed", error)
    if not condition.blocked:
        return None
    here = viewer.party in (top.custodian, top.receiver)
    return _held(condition) if here else _elsewhere_blocked(condition)


def _held(condition: Condition) -> Verdict | None:
    """Goods in the viewer's own hands, or on the road to it, that may not be used."""
    match condition:
        case Condition.RECALL_HELD:
            return _say(Kind.BLOCKED, "recall-held", CustodyError("This is held for a recall. Return it."))
        case Condition.RETURNED:
            error = CustodyError("This was returned and is held until somebody has released it.")
            return _say(Kind.BLOCKED, "returned", error)
        case Condition.TAKEN_BACK:
            error = CustodyError("This came back from a patient and is never used again.")
            return _say(Kind.BLOCKED, "taken-back", error)
        case Condition.FOUND:
            error = CustodyError("This had been missing and is held until somebody has released it.")
            return _say(Kind.BLOCKED, "found", error)
        case Condition.LOST:
            error = CustodyError("You have reported this lost. Report it found, then inspect it.")
            return _say(Kind.BLOCKED, "lost", error)
        case Condition.SHORT:
            error = CustodyError("This was missing from its delivery. Receive it now, on its own.")
            return _say(Kind.BLOCKED, "short", error)
        case Condition.HELD:
            error = CustodyError("This is held. It may be used when it is released.")
            return _say(Kind.BLOCKED, "held", error)
        case _:
            error = CustodyError("This is out of trade (%(condition)s).", condition=condition.words)
            return _say(Kind.BLOCKED, "out-of-trade", error)


def _elsewhere_blocked(condition: Condition) -> Verdict:
    """Goods that somebody else has put out of trade, and that are here all the same."""
    if condition in (Condition.SHORT, Condition.HELD, Condition.RETURNED, Condition.FOUND):
        error = CustodyError(
            "Somebody else is said to have this (%(condition)s). Ask the sender.", condition=condition.words
        )
        return _say(Kind.DATA_GAP, "blocked-elsewhere", error, Action.ASK_SENDER)
    if condition is Condition.RECALL_HELD:
        return _say(Kind.BLOCKED, "recall-held", CustodyError("This is held for a recall. Return it."))
    error = CustodyError(
        "Elsewhere this was signed as %(condition)s, and it is here. Stop: put it aside.",
        condition=condition.words,
    )
    return _say(Kind.SUSPECT, "out-of-trade-elsewhere", error)


def _dispensed(top: Item, viewer: Viewer, world: World, now: str) -> Verdict:
    fact = world.fact(top.dispatch if top.dispatch is not None else top.acted)
    if fact is not None and fact.party == viewer.party:
        same = viewer.site is None or fact.site is None or viewer.site == fact.site
        if same and 0 <= seconds(now) - seconds(fact.event_time) <= JUST_NOW:
            error = CustodyError("You have just dispensed this. Nothing more to do.")
            said = _say(Kind.BLOCKED, "just-now", error)
            return msgspec.structs.replace(said, mild=True)
        if same:
            error = CustodyError("This was dispensed here on %(when)s already.", when=fact.event_time)
            return _say(Kind.BLOCKED, "dispensed-here", error)
    if fact is not None and fact.claimed:
        error = CustodyError("A file says that this was dispensed elsewhere. Ask the sender.")
        return _say(Kind.DATA_GAP, "dispensed-claimed", error, Action.ASK_SENDER)
    error = CustodyError("This was dispensed elsewhere already. Stop: put it aside.")
    return _say(Kind.SUSPECT, "dispensed-elsewhere", error)


# Recall, expiry, contents


def _usable(scan: Scan, item: Item, viewer: Viewer, world: World, now: str) -> Verdict | None:
    recall = recall_of(world, item)
    counts = world.contents(item.epc) if item.life else {}
    inside = recall_inside(world, item, counts, world.item) if recall is None and counts else None
    if inside is not None:
        recall = inside[0]
    # At a counter a recall at wholesale level does not stop a pack; everywhere else any recall does.
    counter = world.registry.has_role(viewer.party, *COUNTERS)
    if recall is not None and (not counter or LEVELS[recall.level] >= LEVELS["pharmacy"]):
        error = CustodyError("This is recalled: %(reason)s Hold it and return it.", reason=recall.reason)
        return _say(Kind.BLOCKED, "recalled", error)
    expiry = item.lot.expiry if item.lot is not None else scan.expiry
    if expiry is not None and expiry < now[:10]:
        error = CustodyError("This expired on %(expiry)s.", expiry=expiry)
        return _say(Kind.BLOCKED, "expired", error)
    if any(count.blocked for count in counts.values()):
        error = CustodyError("Something inside is blocked. Take it out first.")
        return _say(Kind.BLOCKED, "blocked-inside", error)
    return None


# Custody


def _custody(item: Item, viewer: Viewer, world: World, now: str) -> Verdict | None:
    top = _above(item, world)[-1]
    if viewer.party == top.receiver:
        return None
    if top.custodian is None:
        error = CustodyError("Nobody has signed for making this yet. Wait for its data, or ask the sender.")
        return _say(Kind.DATA_GAP, "not-commissioned", error, Action.ASK_SENDER)
    if top.custodian == viewer.party and top.receiver is not None:
        error = CustodyError("You have sent this, and it is still here. Void the dispatch, or send it.")
        return _say(Kind.BLOCKED, "sent", error)
    if top.custodian == viewer.party:
        if item.unmatched or top.unmatched:
            error = CustodyError(
                "You have this, and nobody has signed for handing it to you. Ask the sender."
            )
            return _say(Kind.DATA_GAP, "unmatched", error, Action.ASK_SENDER)
        return None
    if top.receiver is not None:
        error = CustodyError("This is on the road to somebody else. Ask the sender.")
        return _say(Kind.DATA_GAP, "misdelivered", error, Action.ASK_SENDER)
    last = world.fact(item.acted) if item.container is None else None
    if last is not None and _in_two_places(last, top, viewer, world, now):
        error = CustodyError("Somebody else has scanned and signed that they have this. Stop: put it aside.")
        return _say(Kind.SUSPECT, "two-places", error)
    error = CustodyError(
        "This is not in your custody: its dispatch has not arrived yet. Wait, or ask the sender."
    )
    return _say(Kind.DATA_GAP, "not-handed-over", error, Action.ASK_SENDER)


def _in_two_places(last: Fact, top: Item, viewer: Viewer, world: World, now: str) -> bool:
    """Whether somebody else's own scan of this item cannot be true together with this one.

    What a maker or wholesaler holds may have been shipped here with its data still to come. What another
    counter has scanned, or anybody a moment ago, is not here as well.
    """
    if last.claimed or last.unmatched or last.party != top.custodian:
        return False
    counters = world.registry.has_role(top.custodian, *COUNTERS) and world.registry.has_role(
        viewer.party, *COUNTERS
    )
    return counters or 0 <= seconds(now) - seconds(last.event_time) <= TWO_PLACES


def _clear(item: Item, viewer: Viewer, world: World) -> Verdict:
    top = _above(item, world)[-1]
    if top.receiver == viewer.party:
        error = CustodyError("This code is active and on the road to you. Using it receives it.")
        return _say(Kind.CLEAR, "on-the-road", error)
    if item.condition is Condition.PARTLY_DISPENSED:
        error = CustodyError(
            "This code is active and in your custody, with %(left)s units left.", left=item.left
        )
        return _say(Kind.CLEAR, "partly-dispensed", error)
    return _say(Kind.CLEAR, "active", CustodyError("This code is active and in your custody."))
