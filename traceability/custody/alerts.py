"""What checks of one serial say together: a code that is in two places, or in too many.

A check is no statement: nobody signed it. So these rules look only for what cannot be true of one pack,
and whatever a signed handover explains is nothing.
"""

from collections.abc import Iterable, Sequence

from traceability.custody.provenance import SENDING
from traceability.custody.registry import Registry
from traceability.custody.sightings import Sighting, too_fast
from traceability.custody.state import Fact
from traceability.custody.times import seconds

A_DAY = 86_400
"""Seconds in which a pack that is here, there and here again, or in many places, is looked for."""

BURST = 5
"""Different codes that are suspect at one party within `BURST_WITHIN`: one matter, not five."""

BURST_WITHIN = 600
"""Seconds."""

MANY_PLACES = 3
"""Parties that never had an item and all check it within a day: copies of its code are about."""


def clone(
    here: Sighting, earlier: Sequence[Sighting], facts: Iterable[Fact], registry: Registry
) -> Sighting | None:
    """The earlier sighting that cannot be of the same pack as this one; None where it may be one pack.

    Either the two are too close in time, or the party had checked it before the other one did and does so
    again. A carrier is where the goods are, and a party that handed the item over, or took it in, between
    the two explains them.
    """
    if registry.has_role(here.party, "carrier"):
        return None
    known = list(facts)
    others = [
        one
        for one in earlier
        if one.party != here.party
        and not registry.has_role(one.party, "carrier")
        and 0 <= seconds(here.time) - seconds(one.time) <= A_DAY
        and not _moved(known, one, here)
    ]
    first_here = min((seconds(one.time) for one in earlier if one.party == here.party), default=None)
    for one in others:
        fast = too_fast(one, here, registry)
        between = first_here is not None and first_here < seconds(one.time)
        if fast or between:
            return one
    return None


def burst(suspect: Sequence[Sighting]) -> tuple[Sighting, ...]:
    """The latest sighting of each code that was suspect at one party, where they are so many in so short a
    time; `suspect` are its suspect sightings, oldest first."""
    if not suspect:
        return ()
    last = seconds(suspect[-1].time)
    codes = {one.epc: one for one in suspect if last - seconds(one.time) <= BURST_WITHIN}
    return tuple(codes.values()) if len(codes) >= BURST else ()


def many_places(
    here: Sighting, earlier: Sequence[Sighting], facts: Iterable[Fact], receiver: str | None
) -> tuple[Sighting, ...]:
    """The sightings by so many parties that never had the item, nor await it, that its code was copied."""
    known = {fact.party for fact in facts if fact.effect} | {receiver}
    strangers = {
        one.party: one
        for one in (*earlier, here)
        if one.party not in known and 0 <= seconds(here.time) - seconds(one.time) <= A_DAY
    }
    if here.party not in strangers or len(strangers) < MANY_PLACES:
        return ()
    return tuple(sorted(strangers.values(), key=lambda one: seconds(one.time)))


def _moved(facts: Iterable[Fact], one: Sighting, other: Sighting) -> bool:
    """Whether somebody signed that the item went from or to one of two parties around their sightings."""
    ends = {one.party, other.party}
    since = seconds(one.time) - A_DAY
    for fact in facts:
        if not fact.effect or fact.struck is not None or seconds(fact.event_time) < since:
            continue
        if fact.act in SENDING and fact.counterparty in ends:
            return True
        if fact.act in {"received", "return_received"} and fact.party in ends:
            return True
    return False
