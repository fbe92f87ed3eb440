"""What raises an alert, and what closes one by itself.

A check raises one where its verdict is suspect, or where the checks of one code cannot be of one pack; the
log raises one where somebody else's refused act named goods in one's custody, or a key signed two
histories. What is only a gap in the data, a fault of the scanner or blocked goods never does.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from flask_login import current_user

from traceability.custody.alerts import A_DAY, BURST_WITHIN, burst, clone, many_places
from traceability.custody.sightings import Sighting
from traceability.custody.state import Fact, Item
from traceability.custody.times import seconds
from traceability.custody.verdict import Kind, Scan, Verdict, Viewer, verdict
from traceability.ledger.history import Snapshot
from traceability.proof.signing import b64
from traceability.store.case_rows import Case, Entry, Opening, Part
from traceability.store.cases import Cases
from traceability.store.rows import ForkRow, RefusalRow
from traceability.store.sightings import SightingRow, Sightings
from traceability.web import directory
from traceability.web.deadlines import ALERT_DAYS, working_day_after
from traceability.web.parts import parts
from traceability.web.reading import Reading

SEEN_ONCE = 600
"""Seconds within which a pack that is read again at the same bench is not remembered again."""

MOST_ENTRIES = 50_000
"""Entries of the log looked at in one sweep; the next goes on from there."""

MOST_REJUDGED = 500
"""Alerts judged again in one sweep, the newest."""

SELF_CLOSING = frozenset(
    {
        "two-places", "seen-elsewhere", "off-route", "lot", "expiry", "out-of-trade-elsewhere",
        "clone", "many-places", "rule-broken",
    }
)  # fmt: skip
"""Causes of low risk: late or corrected data may explain them. What was dispensed, stolen, destroyed or
never made is looked at by a person."""


class Evidence(msgspec.Struct, omit_defaults=True):
    """What a case rests on."""

    pattern: str = ""
    """The sentence of the verdict or of the refusal, with its values."""
    values: dict[str, Any] = {}
    scan: Scan | None = None
    viewer: Viewer | None = None
    rule: str = ""
    statements: list[str] = []
    """Ids of the statements that are contradicted, or that were refused."""
    sightings: list[Sighting] = []
    dispatch: str = ""
    """Of an exception: the id of the dispatch that it is about."""


def evidence_of(case: Case) -> Evidence:
    """What a case rests on."""
    return msgspec.json.decode(case.evidence, type=Evidence)


def written(evidence: Evidence) -> str:
    """Evidence as a case keeps it."""
    return msgspec.json.encode(evidence).decode()


# Checks


def seen_before(epc: str) -> list[Sighting]:
    """The checks of an item within the last day, by anybody."""
    return _sightings(Sightings(parts().office).of(epc, _before(parts().now(), A_DAY)))


def checked(reading: Reading, found: Verdict, earlier: list[Sighting], view: Snapshot) -> None:
    """Remember a check, and raise an alert where its verdict or the checks before it ask for one."""
    desk, now, party = Sightings(parts().office), parts().now(), str(current_user.party)
    if not reading.epc:
        desk.count(now, party)
        return
    here = Sighting(reading.epc, party, current_user.site, now)
    desk.add(SightingRow(here.epc, here.party, here.site, here.time, found.kind.value, found.reason))
    if found.kind is Kind.SUSPECT:
        scan = Scan(reading.epc, reading.lot or None, reading.expiry or None)
        _raise_suspect(scan, found, here, [one for one in earlier if one.party != here.party], view)
        _raise_burst(_sightings(desk.of_kind(party, Kind.SUSPECT.value, _before(now, BURST_WITHIN))), view)
    elif any(one.party != here.party for one in earlier):
        _compare(here, earlier, view)


def sighted(epc: str, view: Snapshot) -> None:
    """Remember that a pack was in somebody's hands at a bench, and raise an alert where it cannot be there too.

    No verdict is given there, and a person who reads the same codes again within minutes has seen them once.
    """
    now, party, site = parts().now(), str(current_user.party), current_user.site
    earlier = seen_before(epc)
    lately = _before(now, SEEN_ONCE)
    if any((one.party, one.site) == (party, site) and one.time >= lately for one in earlier):
        return
    Sightings(parts().office).add(SightingRow(epc, party, site, now))
    if any(one.party != party for one in earlier):
        _compare(Sighting(epc, party, site, now), earlier, view)


def _sightings(rows: list[SightingRow]) -> list[Sighting]:
    return [Sighting(row.epc, row.party, row.site, row.time) for row in rows]


def _before(now: str, seconds_ago: int) -> str:
    return (datetime.fromisoformat(now) - timedelta(seconds=seconds_ago)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _raise_suspect(
    scan: Scan, found: Verdict, here: Sighting, others: list[Sighting], view: Snapshot
) -> None:
    fact = _contradicted(found.reason, here.epc, view)
    evidence = Evidence(
        pattern=found.pattern,
        values=dict(found.values),
        scan=scan,
        viewer=Viewer(here.party, here.site),
        statements=[fact.id] if fact is not None else [],
        sightings=[*others[-1:], here],
    )
    sides = [fact.party] if fact is not None else [one.party for one in others[-1:]]
    raise_alert(found.reason, here.epc, here.party, evidence, view, signed=sides)


def _raise_burst(suspect: list[Sighting], view: Snapshot) -> None:
    """Many suspect codes at one party within minutes are one matter: what they have in common is looked for."""
    many = burst(suspect)
    if many:
        party, codes = many[0].party, tuple(one.epc for one in many)
        makers = [directory.maker(epc) for epc in codes]
        raise_alert("burst", party, party, Evidence(sightings=list(many)), view, makers, items=codes)


def _compare(here: Sighting, earlier: list[Sighting], view: Snapshot) -> None:
    facts = [step.fact for step in view.steps(here.epc)]
    other = clone(here, earlier, facts, view.registry)
    if other is not None:
        raise_alert("clone", here.epc, here.party, Evidence(sightings=[other, here]), view, [other.party])
    item = view.item(here.epc)
    many = many_places(here, earlier, facts, view.top(item).receiver if item is not None else None)
    if many:
        evidence = Evidence(sightings=list(many))
        raise_alert("many-places", here.epc, here.party, evidence, view, [one.party for one in many])


def _contradicted(reason: str, epc: str, view: Snapshot) -> Fact | None:
    """The statement that a suspect code contradicts."""
    item = view.item(epc)
    if item is None:
        return None
    if reason in {"lot", "expiry", "unknown-serial"}:
        return view.fact(item.born)
    chain = [item]
    while chain[-1].container is not None and (above := view.item(chain[-1].container)) is not None:
        chain.append(above)
    blocked = next((one for one in chain if one.condition.blocked), chain[-1])
    dispensed = reason == "dispensed-elsewhere" and blocked.dispatch is not None
    return view.fact(blocked.dispatch if dispensed and blocked.dispatch is not None else blocked.acted)


def raise_alert(
    cause: str,
    about: str,
    party: str,
    evidence: Evidence,
    view: Snapshot,
    signed: list[str],
    *,
    items: tuple[str, ...] = (),
    escalate: bool = False,
) -> None:
    """Open an alert of a party about an item, or a key, or itself with `items`; or count it on the open one.

    It is also seen by the maker of the product and by `signed`, whose signatures or checks it is about.
    """
    now, cases = parts().now(), Cases(parts().office)
    concerned = [*signed, directory.maker(about)]
    others: list[tuple[str, Part]] = [
        (one, "concerned") for one in dict.fromkeys(concerned) if one not in {party, ""}
    ]
    opening = Opening(
        kind="alert",
        cause=cause,
        items=(about, *items),
        raiser=party,
        others=tuple(others),
        due=_due(party),
        size=view.reader.size(),
        evidence=written(evidence),
    )
    who = current_user.login if current_user.is_authenticated and current_user.party == party else ""
    opened = cases.open(opening, Entry(now, "raised", party, who))
    if opened.fresh and escalate:
        cases.move(opened.id, "escalated", Entry(now, "escalated"))


def _due(party: str) -> str:
    known = directory.registry().parties.get(party)
    country = known.country if known is not None else ""
    return working_day_after(parts().today(), ALERT_DAYS, country).isoformat()


# The log


def follow(view: Snapshot) -> bool:
    """Look at what the log has taken in since the last time; whether there was anything. What was there at
    first is not looked at."""
    cases, size = Cases(parts().office), view.reader.size()
    start = cases.cursor("log")
    last = size if start is None else min(size, start + MOST_ENTRIES)
    for position in range(last if start is None else start, last):
        refusal = view.reader.refusal(position)
        if refusal is not None and refusal.item is not None:
            _refused(refusal, refusal.item, view)
    if last != start:
        cases.advance("log", last)
    _follow_forks(cases, view)
    return last != start


def _refused(refusal: RefusalRow, epc: str, view: Snapshot) -> None:
    """Somebody's act had no effect: an alert where it named goods that somebody else holds by signature."""
    fact, item = view.fact(refusal.position), view.item(epc)
    if fact is None or item is None:
        return
    top = view.top(item)
    if top.custodian in (None, fact.party) or top.receiver is not None or top.unmatched or item.unmatched:
        return
    evidence = Evidence(
        pattern=refusal.pattern,
        values=msgspec.json.decode(refusal.detail),
        viewer=Viewer(fact.party, fact.site),
        rule=refusal.rule,
        statements=[fact.id],
    )
    raise_alert("rule-broken", epc, str(top.custodian), evidence, view, [fact.party])


def _follow_forks(cases: Cases, view: Snapshot) -> None:
    """A second statement at a used place of a key's chain: kept as evidence, and told at once."""
    start = cases.cursor("forks")
    forks = [fork for fork in view.reader.forks() if start is None or _moment(fork) > start]
    if not forks:
        return
    kids = {row.id: row.kid for row in view.reader.signers()}
    for fork in forks:
        record = view.registry.keyring.signer(kids.get(fork.signer, ""))
        if record is None:
            continue
        used = view.reader.at_seq(fork.signer, fork.seq)
        ids = [b64(one) for one in (used.statement if used is not None else None, fork.statement) if one]
        evidence = Evidence(statements=ids, values={"seq": fork.seq})
        # Its own party may be the one at fault, so the regulator sees it from the start.
        raise_alert("forked-signer", kids[fork.signer], record.party, evidence, view, [], escalate=True)
    cases.advance("forks", max(map(_moment, forks)))


def _moment(fork: ForkRow) -> int:
    return int(seconds(fork.seen) * 1000)


# What explains itself


def rejudge(view: Snapshot) -> None:
    """Close the alerts of low risk whose contradiction is gone; the others are looked at when they are opened."""
    for case in Cases(parts().office).unresolved("alert", MOST_REJUDGED):
        rejudge_one(case, view)


def rejudge_one(case: Case, view: Snapshot) -> bool:
    """Close an alert of low risk where what was signed since explains it; whether it did."""
    if case.done or case.state == "escalated" or case.cause not in SELF_CLOSING:
        return False
    if not _explained(case, evidence_of(case), view):
        return False
    Cases(parts().office).move(case.id, "resolved", Entry(parts().now(), "explained"))
    return True


def _explained(case: Case, evidence: Evidence, view: Snapshot) -> bool:
    if evidence.scan is not None and evidence.viewer is not None:
        # At the time of the check: the hours since then explain nothing.
        again = verdict(evidence.scan, evidence.viewer, view, case.raised)
        return again.kind is not Kind.SUSPECT
    facts = [step.fact for step in view.steps(case.item)]
    item = view.item(case.item)
    if case.cause == "clone":
        *earlier, here = evidence.sightings
        return clone(here, earlier, facts, view.registry) is None
    if case.cause == "many-places":
        *earlier, here = evidence.sightings
        return not many_places(here, earlier, facts, view.top(item).receiver if item is not None else None)
    return evidence.viewer is not None and item is not None and _came_to(evidence.viewer.party, item, view)


def _came_to(party: str, item: Item, view: Snapshot) -> bool:
    """Whether the goods were handed to a party, or are on the road to it."""
    top = view.top(item)
    return party == top.receiver or view.holds(party, item.epc)


def sweep() -> None:
    """Everything that the server looks at by itself: the log, what explains itself, deadlines."""
    with parts().history.view() as view:
        if follow(view):
            rejudge(view)
    Cases(parts().office).warn_overdue(parts().today().isoformat(), parts().now())
