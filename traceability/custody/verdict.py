"""The verdict on a scanned code, so that a warning means something (DESIGN section 5, "Verdict").

A verdict is about a code, never about the medicine: a code proves only itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from traceability.custody import CustodyError
from traceability.custody.inheritance import recall_inside, recall_of
from traceability.custody.provenance import SENDING, Step
from traceability.custody.registry import LEVELS, Recall, Registry, gtin_of
from traceability.custody.sightings import Past, Sighting, scans, seen_at, too_fast
from traceability.custody.state import Condition, Fact, Item, Lot
from traceability.custody.times import seconds

JUST_NOW = 300
"""Seconds within which a second scan of a dispensed pack at the same counter is a double scan."""

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
    """Who asks, where they stand, and what they have said of the goods."""

    party: str
    site: str | None = None
    sender: str | None = None
    """Who handed the goods over, where the viewer receives them and has named the other side."""
    from_patient: bool = False
    """Whether a patient has brought them back, to be taken back and never used again."""


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
        found = _unknown(scan, viewer, world, now) if garble is None else fault(garble)
    else:
        found = (
            _label(scan, item, viewer, world, garble)
            or _condition(item, viewer, world, now)
            or _usable(scan, item, viewer, world, now)
            or _custody(item, viewer, world, now)
            or _clear(item, viewer, world)
        )
    if found.kind is Kind.DATA_GAP and viewer.sender is None and not viewer.from_patient:
        return _seen_elsewhere(scan.epc, viewer, world.registry, now, seen) or found
    return found


def fault(garble: ValueError | None) -> Verdict:
    """The verdict on what the scanner has done, or on a code that names no single pack."""
    if garble is None:
        error = CustodyError(
            "This code names no single pack: it has no serial number. Scan the other code on the pack."
        )
        return _say(Kind.SCANNER_FAULT, "no-serial", error)
    pattern = getattr(garble, "pattern", "%(why)s")
    values = getattr(garble, "values", {"why": str(garble)})
    return Verdict(Kind.SCANNER_FAULT, "garbled", pattern, Action.SCAN_AGAIN, values)


def _unknown(scan: Scan, viewer: Viewer, world: Past, now: str) -> Verdict:
    gtin = gtin_of(scan.epc or "")
    foreign = _not_in_its_lot(gtin, scan, world.registry)
    if foreign is not None:
        return foreign
    # Its data may be late; what its label says is enough to keep it from a patient.
    unusable = _recalled(_recall_by_label(scan, world.registry), viewer, world.registry)
    unusable = unusable or _expired(scan.expiry, now)
    if unusable is not None:
        return unusable
    if gtin and world.registry.product(gtin) is None:
        error = CustodyError("Nobody has registered this product yet. Wait for its data, or ask the sender.")
        return _say(Kind.DATA_GAP, "unknown-product", error, Action.ASK_SENDER)
    error = CustodyError("The log does not know this code yet. Wait for its data, or ask the sender.")
    return _say(Kind.DATA_GAP, "unknown", error, Action.ASK_SENDER)


def _not_in_its_lot(gtin: str, scan: Scan, registry: Registry) -> Verdict | None:
    if scan.lot is None or registry.closed_lot(gtin, scan.lot) is None:
        return None
    error = CustodyError(
        "The maker has closed lot %(lot)s, and this serial is not in it. Stop: put the pack aside.",
        lot=scan.lot,
    )
    return _say(Kind.SUSPECT, "unknown-serial", error)


def _recall_by_label(scan: Scan, registry: Registry) -> Recall | None:
    """The recall of the lot that the label names, where nobody has signed the lot yet."""
    epc = scan.epc or ""
    lot = None if scan.lot is None else Lot(gtin_of(epc), scan.lot, scan.expiry or "")
    return next(iter(registry.recalls_of(epc, lot)), None)


def agrees(scan: Scan, item: Item) -> bool:
    """Whether lot and expiry on the label, as far as it says them, are those that were signed."""
    lot = item.lot
    return lot is not None and scan.lot in (None, lot.number) and scan.expiry in (None, lot.expiry)


def _label(scan: Scan, item: Item, viewer: Viewer, world: Past, garble: ValueError | None) -> Verdict | None:
    """Lot and expiry on the pack against those that were signed."""
    if item.lot is None:
        foreign = _not_in_its_lot(gtin_of(item.epc), scan, world.registry)
        return foreign if foreign is None or garble is None else fault(garble)
    if agrees(scan, item):
        return None
    if garble is not None:
        return fault(garble)
    made = world.fact(item.born)
    if made is not None and made.party == viewer.party and _never_left(item, viewer, world):
        error = CustodyError(
            "Your label and what you have signed differ: lot %(lot)s, expires on %(expiry)s. Correct what is wrong.",
            lot=item.lot.number,
            expiry=item.lot.expiry,
        )
        return _say(Kind.DATA_GAP, "own-label", error)
    kind = Kind.DATA_GAP if made is not None and made.claimed else Kind.SUSPECT
    if scan.lot is not None and scan.lot != item.lot.number:
        error = CustodyError(
            "The pack says lot %(pack)s, and the maker signed lot %(lot)s.",
            pack=scan.lot,
            lot=item.lot.number,
        )
        return _say(kind, "lot", error)
    error = CustodyError(
        "The pack says that it expires on %(pack)s, and the maker signed %(expiry)s.",
        pack=scan.expiry,
        expiry=item.lot.expiry,
    )
    return _say(kind, "expiry", error)


def _never_left(item: Item, viewer: Viewer, world: Past) -> bool:
    top = _above(item, world)[-1]
    return top.custodian == viewer.party and top.receiver is None and item.acted == item.born


# Conditions


def _above(item: Item, world: Past) -> list[Item]:
    """The item and the containers around it, innermost first."""
    chain = [item]
    while chain[-1].container is not None:
        container = world.item(chain[-1].container)
        if container is None:
            break
        chain.append(container)
    return chain


def _condition(item: Item, viewer: Viewer, world: Past, now: str) -> Verdict | None:
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


def _dispensed(top: Item, viewer: Viewer, world: Past, now: str) -> Verdict:
    fact = world.fact(top.dispatch if top.dispatch is not None else top.acted)
    if viewer.from_patient:
        error = CustodyError("This was dispensed. Take it back: it is never used again.")
        return _say(Kind.BLOCKED, "from-patient", error)
    if fact is not None and fact.party == viewer.party:
        same = viewer.site is None or fact.site is None or viewer.site == fact.site
        if same and 0 <= seconds(now) - seconds(fact.event_time) <= JUST_NOW:
            error = CustodyError("You have just dispensed this. Nothing more to do.")
            said = _say(Kind.BLOCKED, "just-now", error)
            return msgspec.structs.replace(said, mild=True)
        # Institutions move what they have dispensed to their wards.
        if same or world.registry.has_role(viewer.party, "institution"):
            error = CustodyError("This was dispensed here on %(when)s already.", when=fact.event_time)
            return _say(Kind.BLOCKED, "dispensed-here", error)
    if fact is not None and fact.claimed:
        error = CustodyError("A file says that this was dispensed elsewhere. Ask the sender.")
        return _say(Kind.DATA_GAP, "dispensed-claimed", error, Action.ASK_SENDER)
    error = CustodyError("This was dispensed elsewhere already. Stop: put it aside.")
    return _say(Kind.SUSPECT, "dispensed-elsewhere", error)


# Recall, expiry, contents


def _usable(scan: Scan, item: Item, viewer: Viewer, world: Past, now: str) -> Verdict | None:
    recall = recall_of(world, item)
    if recall is None and item.lot is None:
        recall = _recall_by_label(scan, world.registry)
    counts = world.contents(item.epc) if item.life else {}
    inside = recall_inside(world, item, counts, world.item) if recall is None and counts else None
    if inside is not None:
        recall = inside[0]
    said = _recalled(recall, viewer, world.registry)
    said = said or _expired(item.lot.expiry if item.lot is not None else scan.expiry, now)
    if said is None and any(count.blocked for count in counts.values()):
        error = CustodyError("Something inside is blocked. Take it out first.")
        return _say(Kind.BLOCKED, "blocked-inside", error)
    return said


def _recalled(recall: Recall | None, viewer: Viewer, registry: Registry) -> Verdict | None:
    # At a counter a recall at wholesale level does not stop a pack; everywhere else any recall does.
    counter = registry.has_role(viewer.party, *COUNTERS)
    if recall is None or (counter and LEVELS[recall.level] < LEVELS["pharmacy"]):
        return None
    error = CustodyError("This is recalled: %(reason)s Hold it and return it.", reason=recall.reason)
    return _say(Kind.BLOCKED, "recalled", error)


def _expired(expiry: str | None, now: str) -> Verdict | None:
    if expiry is None or expiry >= now[:10]:
        return None
    return _say(Kind.BLOCKED, "expired", CustodyError("This expired on %(expiry)s.", expiry=expiry))


# Custody


def _custody(item: Item, viewer: Viewer, world: Past, now: str) -> Verdict | None:
    top = _above(item, world)[-1]
    if viewer.party == top.receiver:
        return None
    if top.custodian is None:
        error = CustodyError("Nobody has signed for making this yet. Wait for its data, or ask the sender.")
        return _say(Kind.DATA_GAP, "not-commissioned", error, Action.ASK_SENDER)
    if top.custodian == viewer.party:
        return _own(item, top, viewer, world)
    if top.receiver is not None and _off_route(top, viewer, world):
        error = CustodyError(
            "This was sent to another country (%(country)s), and it is here. Stop: put it aside.",
            country=_country(top, world),
        )
        return _say(Kind.SUSPECT, "off-route", error)
    if top.receiver is not None:
        error = CustodyError("This is on the road to somebody else. Ask the sender.")
        return _say(Kind.DATA_GAP, "misdelivered", error, Action.ASK_SENDER)
    if _in_two_places(item, top, viewer, world, now):
        return _two_places()
    error = CustodyError(
        "This is not in your custody: its dispatch has not arrived yet. Wait, or ask the sender."
    )
    return _say(Kind.DATA_GAP, "not-handed-over", error, Action.ASK_SENDER)


def _two_places() -> Verdict:
    error = CustodyError("Somebody else has scanned and signed that they have this. Stop: put it aside.")
    return _say(Kind.SUSPECT, "two-places", error)


def _own(item: Item, top: Item, viewer: Viewer, world: Past) -> Verdict | None:
    """What the viewer has, as the log says."""
    if top.receiver is not None:
        error = CustodyError("You have sent this, and it is still here. Void the dispatch, or send it.")
        return _say(Kind.BLOCKED, "sent", error)
    if not (item.unmatched or top.unmatched):
        return None
    if _taken_from_a_counter(item, viewer, world):
        return _two_places()
    error = CustodyError("You have this, and nobody has signed for handing it to you. Ask the sender.")
    return _say(Kind.DATA_GAP, "unmatched", error, Action.ASK_SENDER)


def _taken_from_a_counter(item: Item, viewer: Viewer, world: Past) -> bool:
    """Whether another counter had scanned what the viewer received without a dispatch, and says from somebody
    else or from nobody: each of the two has signed that they have it."""
    receipt = None if item.dispatch is None else world.fact(item.dispatch)
    if receipt is None or receipt.party != viewer.party or receipt.claimed:
        return False
    earlier = [fact for fact in scans(world.steps(item.epc)) if fact.position < receipt.position]
    if not earlier or earlier[-1].act in SENDING:
        return False
    holder = earlier[-1].party
    return holder not in (viewer.party, receipt.counterparty) and _both_counters(holder, viewer, world)


def _both_counters(holder: str, viewer: Viewer, world: Past) -> bool:
    role = world.registry.has_role
    return role(holder, *COUNTERS) and role(viewer.party, *COUNTERS)


def _in_two_places(item: Item, top: Item, viewer: Viewer, world: Past, now: str) -> bool:
    """Whether the holder's own scan of this item cannot be true together with this one.

    What a maker or wholesaler holds may have been shipped here with its data still to come. What another
    counter has scanned, or anybody a moment ago, is not here as well. A pack in a container was only
    inferred to be there. Where the viewer says who handed it over, that party's word is awaited.
    """
    if item.container is not None or viewer.sender == top.custodian:
        return False
    last = _last_scan(world.steps(item.epc), top.custodian)
    if last is None:
        return False
    if _both_counters(last.party, viewer, world):
        return True
    here = Sighting(item.epc, viewer.party, viewer.site, now)
    return too_fast(seen_at(item.epc, last), here, world.registry)


def _last_scan(steps: Sequence[Step], party: str | None) -> Fact | None:
    return next((fact for fact in reversed(list(scans(steps))) if fact.party == party), None)


def _off_route(top: Item, viewer: Viewer, world: Past) -> bool:
    """Whether goods that were signed off to one market are at a counter of another."""
    if not world.registry.has_role(viewer.party, *COUNTERS) or top.dispatch is None:
        return False
    sent = world.fact(top.dispatch)
    here = market(viewer.party, viewer.site, world.registry)
    there = _country(top, world)
    return sent is not None and not sent.claimed and bool(here and there) and here != there


def _country(top: Item, world: Past) -> str:
    sent = None if top.dispatch is None else world.fact(top.dispatch)
    return market(top.receiver, None if sent is None else sent.counter_site, world.registry)


def market(party: str | None, site: str | None, registry: Registry) -> str:
    """The country of a place of a party, else of the party; empty where neither is registered."""
    place = registry.sites.get(site or "")
    if place is not None and place.party == party:
        return place.country
    known = registry.parties.get(party or "")
    return "" if known is None else known.country


def _seen_elsewhere(
    epc: str, viewer: Viewer, registry: Registry, now: str, seen: Iterable[Sighting]
) -> Verdict | None:
    here = Sighting(epc, viewer.party, viewer.site, now)
    if not any(one.epc == epc and too_fast(one, here, registry) for one in seen):
        return None
    error = CustodyError("Somebody else has scanned this code a moment ago. Stop: put it aside.")
    return _say(Kind.SUSPECT, "seen-elsewhere", error)


def _clear(item: Item, viewer: Viewer, world: Past) -> Verdict:
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
