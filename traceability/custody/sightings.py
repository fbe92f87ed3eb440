"""Where an item was seen, by what parties signed and by what they only checked.

Evidence that an item was seen is stronger than custody: who signs a void or a loss has read no code, and
what was handed on inside a container was not seen at all (DESIGN section 5, "Evidence grade").
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

import msgspec

from traceability.custody.provenance import RECEIVING, SENDING, Step
from traceability.custody.registry import Registry
from traceability.custody.state import Fact, World
from traceability.custody.times import CLOCK_TOLERANCE, seconds

TWO_PLACES = 600
"""Seconds within which goods do not get from one party to another: nobody signs, loads, drives, unloads
and scans in less. Where the distance is known, `FASTEST` says more."""

FASTEST = 200 / 3600
"""Kilometres a second that goods travel at most, door to door."""

UNSEEN = frozenset(
    {"voided", "stolen", "lost", "decommissioned", "corrected", "ownership_offered", "ownership_accepted"}
)
"""Acts that are signed without the item at hand."""

Distance = Callable[[str | None, str | None], float | None]
"""Kilometres between two places, where they are known."""


class Past(World, Protocol):
    """A world that also remembers what happened to an item."""

    def steps(self, epc: str) -> Sequence[Step]:
        """Every statement that named an item, or a container while the item was in it."""

    def continued(self, epc: str) -> str | None:
        """A known item whose serial goes on where this one stops, if there is one."""

    def prefetch(self, epcs: Iterable[str]) -> None:
        """Read many items at once, so that asking for each costs nothing."""


class Sighting(msgspec.Struct, frozen=True):
    """Somebody checked the code of an item: nothing was signed, but a person had it in the hand."""

    epc: str
    party: str
    site: str | None
    time: str
    """By the server's clock, with its zone."""


def scans(steps: Iterable[Step]) -> Iterator[Fact]:
    """The statements whose signers had read the item's own code, in log order."""
    for step in steps:
        fact = step.fact
        missing = step.role == "c" and fact.act in RECEIVING
        if not step.via and not missing and fact.act not in UNSEEN and _stands(fact) and not fact.claimed:
            yield fact


def seen_at(epc: str, fact: Fact) -> Sighting:
    """The sighting behind a signed scan. What arrived in the log by a time had happened by then, whatever
    the device's clock says."""
    early = fact.event_time if seconds(fact.event_time) <= seconds(fact.admitted) else fact.admitted
    return Sighting(epc, fact.party, fact.site, early)


def too_fast(one: Sighting, other: Sighting, registry: Registry, distance: Distance | None = None) -> bool:
    """Whether one pack cannot have been seen both times: two parties, and no time to get there.

    A carrier is where the goods are, so that it and either end of its way may see a pack at one time.
    """
    if one.party == other.party or registry.has_role(one.party, "carrier"):
        return False
    if registry.has_role(other.party, "carrier"):
        return False
    far = None if distance is None else distance(one.site, other.site)
    needed = TWO_PLACES if far is None else far / FASTEST
    return abs(seconds(one.time) - seconds(other.time)) < needed


def contradiction(sighting: Sighting, steps: Sequence[Step], registry: Registry) -> Fact | None:
    """The signed scan that cannot be true of the pack that was sighted; None where there may be one pack.

    Either somebody scanned it elsewhere too soon before or after, or one party had it before and after the
    sighting and never handed it on in between. What was sent to the party that saw it, or held by it, is
    explained, and so is what somebody took in again: it had been away.
    """
    if any(_explains(step.fact, sighting) for step in steps):
        return None
    seen, holder = seconds(sighting.time), ""
    for step in sorted(steps, key=_when):
        fact = step.fact
        if not _stands(fact) or fact.claimed:
            continue
        for scan in scans((step,)):
            there = seen_at(sighting.epc, scan)
            away = fact.act in RECEIVING or fact.act in _BACK
            if too_fast(there, sighting, registry):
                return scan
            if seconds(there.time) > seen and scan.party == holder and not away:
                return scan
        if fact.act in SENDING:
            holder = "" if fact.party == holder else holder
        elif _when(step)[0] <= seen and (fact.act in RECEIVING or not step.via):
            holder = fact.party
    return None


_BACK = frozenset({"found", "taken_back"})


def _when(step: Step) -> tuple[float, int]:
    return seconds(step.fact.event_time), step.fact.position


def _explains(fact: Fact, sighting: Sighting) -> bool:
    """Whether by this statement the pack could be where it was sighted."""
    if not _stands(fact) or seconds(fact.event_time) > seconds(sighting.time) + CLOCK_TOLERANCE:
        return False
    return fact.party == sighting.party or (fact.act in SENDING and fact.counterparty == sighting.party)


def _stands(fact: Fact) -> bool:
    return fact.effect and fact.struck is None
