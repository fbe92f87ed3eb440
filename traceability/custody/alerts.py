"""What is worth somebody's attention, and why: pure rules over verdicts, checks and signed acts.

An alert has a cause, and the same cause of the same goods is one alert. Whatever a rule says here rests on
signed scans or on checks that the server saw; what was only inferred or claimed alarms nobody.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise

import msgspec

from traceability.custody import CustodyError
from traceability.custody.provenance import Step
from traceability.custody.registry import Registry
from traceability.custody.sightings import Distance, Sighting, contradiction, too_fast
from traceability.custody.times import seconds
from traceability.custody.verdict import Kind, Verdict

BURST = 5
"""Suspect or unknown codes of one party within `BURST_WITHIN` that are a burst."""

BURST_WITHIN = 600
"""Seconds."""

MANY_LABELS = 3
"""Parties at which packs of one lot differ from what was signed in the same way: the data is wrong, rather
than the packs."""


class Cause(StrEnum):
    """Why there is an alert; a stable code."""

    TWO_PLACES = "two-places"
    """The same code in two places."""
    DISPENSED = "dispensed-elsewhere"
    UNKNOWN_SERIAL = "unknown-serial"
    LABEL = "label"
    """Lot or expiry on the pack differ from what was signed."""
    STOLEN = "stolen"
    OUT_OF_TRADE = "out-of-trade"
    OFF_ROUTE = "off-route"
    BURST = "burst"
    FORKED = "forked-signer"


_CAUSES: Mapping[str, Cause] = {
    "two-places": Cause.TWO_PLACES,
    "seen-elsewhere": Cause.TWO_PLACES,
    "dispensed-elsewhere": Cause.DISPENSED,
    "unknown-serial": Cause.UNKNOWN_SERIAL,
    "lot": Cause.LABEL,
    "expiry": Cause.LABEL,
    "stolen": Cause.STOLEN,
    "destroyed": Cause.OUT_OF_TRADE,
    "out-of-trade-elsewhere": Cause.OUT_OF_TRADE,
    "off-route": Cause.OFF_ROUTE,
}


class Alert(msgspec.Struct, frozen=True):
    """A cause with its evidence; `pattern % values` is the sentence."""

    cause: Cause
    pattern: str
    values: Mapping[str, object]
    epcs: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    positions: tuple[int, ...] = ()
    """Log positions of the signed statements that it rests on."""

    @property
    def sentence(self) -> str:
        """The sentence in English; `web` translates the pattern."""
        return self.pattern % self.values


class Check(msgspec.Struct, frozen=True):
    """A check that the server remembers: who saw which code, and what they were told."""

    sighting: Sighting
    kind: Kind
    reason: str
    lot: str | None = None
    expiry: str | None = None


def _alert(
    cause: Cause,
    said: CustodyError,
    epcs: Iterable[str],
    parties: Iterable[str],
    positions: tuple[int, ...] = (),
) -> Alert:
    return Alert(cause, said.pattern, said.values, tuple(sorted(epcs)), tuple(parties), positions)


def of_verdict(found: Verdict, sighting: Sighting) -> Alert | None:
    """The alert behind a verdict: only what is suspect has one."""
    if found.kind is not Kind.SUSPECT:
        return None
    cause = _CAUSES[found.reason]
    return Alert(cause, found.pattern, found.values, (sighting.epc,), (sighting.party,))


def two_checks(
    sightings: Sequence[Sighting], registry: Registry, distance: Distance | None = None
) -> Alert | None:
    """One code that two parties checked faster than goods travel; neither need have signed anything."""
    ordered = sorted(sightings, key=lambda one: seconds(one.time))
    for one, other in pairwise(ordered):
        if one.epc == other.epc and too_fast(one, other, registry, distance):
            said = CustodyError(
                "%(one)s and %(other)s have scanned the same code within %(minutes)s minutes.",
                one=one.party,
                other=other.party,
                minutes=round((seconds(other.time) - seconds(one.time)) / 60),
            )
            return _alert(Cause.TWO_PLACES, said, [one.epc], [one.party, other.party])
    return None


def signed_elsewhere(sighting: Sighting, steps: Sequence[Step], registry: Registry) -> Alert | None:
    """A code that was checked in one place while somebody else had it, as their signed scans show.

    Ask it again for every open check of an item whenever a statement names that item: the scan that
    contradicts it is often signed later.
    """
    scan = contradiction(sighting, steps, registry)
    if scan is None:
        return None
    said = CustodyError(
        "%(one)s had this in hand at %(when)s, and by a scan that %(other)s signed it was with them.",
        one=sighting.party,
        when=sighting.time,
        other=scan.party,
    )
    parties = [sighting.party, scan.party]
    return _alert(Cause.TWO_PLACES, said, [sighting.epc], parties, (scan.position,))


def bursts(checks: Iterable[Check]) -> list[Alert]:
    """Parties that have many codes which nobody knows, or which are suspect, within minutes: different codes,
    since one that is scanned again and again is one trouble."""
    by_party: dict[str, list[Check]] = {}
    for check in sorted(checks, key=lambda check: seconds(check.sighting.time)):
        if check.kind is Kind.SUSPECT or check.reason == "unknown":
            by_party.setdefault(check.sighting.party, []).append(check)
    found = []
    for party, some in by_party.items():
        worst = max((_within(some, start) for start in range(len(some))), key=len)
        if len(worst) >= BURST:
            said = CustodyError(
                "%(party)s has scanned %(count)s codes within minutes that are unknown or suspect.",
                party=party,
                count=len(worst),
            )
            found.append(_alert(Cause.BURST, said, worst, [party]))
    return found


def _within(checks: Sequence[Check], start: int) -> set[str]:
    """The codes of the checks in the window that begins with one of them."""
    begin = seconds(checks[start].sighting.time)
    return {
        check.sighting.epc for check in checks[start:] if seconds(check.sighting.time) - begin <= BURST_WITHIN
    }


def wrong_data(checks: Iterable[Check]) -> list[Alert]:
    """Labels that differ from what was signed in the same way at many parties: for the maker to correct."""
    same: dict[tuple[str, str | None, str | None, str], dict[str, set[str]]] = {}
    for check in checks:
        if _CAUSES.get(check.reason) is Cause.LABEL:
            key = (check.sighting.epc[:36], check.lot, check.expiry, check.reason)
            same.setdefault(key, {}).setdefault(check.sighting.party, set()).add(check.sighting.epc)
    found = []
    for (_, lot, expiry, _), parties in same.items():
        epcs = set().union(*parties.values())
        if len(parties) >= MANY_LABELS and len(epcs) >= MANY_LABELS:
            said = CustodyError(
                "%(count)s packs at %(parties)s parties say lot %(lot)s, expires on %(expiry)s, and the maker "
                "signed otherwise. Ask the maker to correct its data.",
                count=len(epcs),
                parties=len(parties),
                lot=lot,
                expiry=expiry,
            )
            found.append(_alert(Cause.LABEL, said, epcs, sorted(parties)))
    return found


def forked(party: str, kid: str, seq: int, statements: Iterable[str]) -> Alert | None:
    """Two statements of one key with the same number: somebody else has the key, or its owner tells two stories."""
    ids = sorted(set(statements))
    if len(ids) < 2:
        return None
    said = CustodyError(
        "A key of %(party)s has signed %(count)s statements with the number %(seq)s. Revoke the key %(kid)s.",
        party=party,
        count=len(ids),
        seq=seq,
        kid=kid,
    )
    return _alert(Cause.FORKED, said, (), [party])
