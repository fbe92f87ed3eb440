"""Whether a pack may be where it was scanned: in hand, on the road, not here yet, or in two places at once."""

from collections.abc import Iterable, Sequence

from traceability.custody import CustodyError
from traceability.custody.finding import COUNTERS, Action, Kind, Verdict, Viewer, above, say
from traceability.custody.provenance import SENDING, Step
from traceability.custody.registry import Registry
from traceability.custody.sightings import Past, Sighting, scans, seen_at, too_fast
from traceability.custody.state import Fact, Item


def custody(item: Item, viewer: Viewer, world: Past, now: str) -> Verdict | None:
    top = above(item, world)[-1]
    if viewer.party == top.receiver:
        return None
    if top.custodian is None:
        error = CustodyError("Nobody has signed for making this yet. Wait for its data, or ask the sender.")
        return say(Kind.DATA_GAP, "not-commissioned", error, Action.ASK_SENDER)
    if top.custodian == viewer.party:
        return _own(item, top, viewer, world)
    if top.receiver is not None and _off_route(top, viewer, world):
        error = CustodyError(
            "This was sent to another country (%(country)s), and it is here. Stop: put it aside.",
            country=_country(top, world),
        )
        return say(Kind.SUSPECT, "off-route", error)
    if top.receiver is not None:
        error = CustodyError("This is on the road to somebody else. Ask the sender.")
        return say(Kind.DATA_GAP, "misdelivered", error, Action.ASK_SENDER)
    if _in_two_places(item, top, viewer, world, now):
        return _two_places()
    error = CustodyError(
        "This is not in your custody: its dispatch has not arrived yet. Wait, or ask the sender."
    )
    return say(Kind.DATA_GAP, "not-handed-over", error, Action.ASK_SENDER)


def _two_places() -> Verdict:
    error = CustodyError("Somebody else has scanned and signed that they have this. Stop: put it aside.")
    return say(Kind.SUSPECT, "two-places", error)


def _own(item: Item, top: Item, viewer: Viewer, world: Past) -> Verdict | None:
    """What the viewer has, as the log says."""
    if top.receiver is not None:
        error = CustodyError("You have sent this, and it is still here. Void the dispatch, or send it.")
        return say(Kind.BLOCKED, "sent", error)
    if not (item.unmatched or top.unmatched):
        return None
    if _taken_from_a_counter(item, viewer, world):
        return _two_places()
    error = CustodyError("You have this, and nobody has signed for handing it to you. Ask the sender.")
    return say(Kind.DATA_GAP, "unmatched", error, Action.ASK_SENDER)


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


def seen_elsewhere(
    epc: str, viewer: Viewer, registry: Registry, now: str, seen: Iterable[Sighting]
) -> Verdict | None:
    here = Sighting(epc, viewer.party, viewer.site, now)
    if not any(one.epc == epc and too_fast(one, here, registry) for one in seen):
        return None
    error = CustodyError("Somebody else has scanned this code a moment ago. Stop: put it aside.")
    return say(Kind.SUSPECT, "seen-elsewhere", error)
