"""The verdict on a code in the words of the counter."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from flask_login import current_user

from traceability.custody.judging import judge
from traceability.custody.registry import Site
from traceability.custody.sightings import Sighting
from traceability.custody.state import Item
from traceability.custody.verdict import Kind, Verdict, Viewer, fault
from traceability.ledger.history import Snapshot
from traceability.web import watching
from traceability.web.babel import gettext, lazy_gettext
from traceability.web.counter import Offer, offer
from traceability.web.errors import PageError
from traceability.web.language import sentence
from traceability.web.parts import parts
from traceability.web.reading import Reading, is_unsure, resolve
from traceability.web.record import record
from traceability.web.words import day, moment

# Tone of the whole screen. A double scan is said mildly, whatever its kind.
TONES = {
    Kind.CLEAR: "clear",
    Kind.SCANNER_FAULT: "again",
    Kind.DATA_GAP: "unknown",
    Kind.BLOCKED: "blocked",
    Kind.SUSPECT: "stop",
}
MILD = "again"

TITLES = {
    Kind.CLEAR: lazy_gettext("Nothing against this pack"),
    Kind.SCANNER_FAULT: lazy_gettext("Scan again"),
    Kind.DATA_GAP: lazy_gettext("Not known yet"),
    Kind.BLOCKED: lazy_gettext("Do not use"),
    Kind.SUSPECT: lazy_gettext("STOP"),
}


class Answer(msgspec.Struct, omit_defaults=True):
    """What the counter shows: kind and reason as codes, the rest in words."""

    code: str
    reason_code: str
    tone: str
    title: str
    reason: str
    epc: str = ""
    gtin: str = ""
    product: str = ""
    about: str = ""
    page: str = ""
    offer: Offer = Offer()
    """What may be done next."""


def answer(reading: Reading, view: Snapshot) -> Answer:
    """The verdict for the person at the counter, asked of the rules and put into words."""
    seen = watching.seen_before(reading.epc) if reading.epc else []
    found = judged(reading, view, seen)
    watching.checked(reading, found, seen, view)
    if found.kind is Kind.SUSPECT:
        note_suspect(reading, found)
    reading = resolve(reading, view)
    item = view.item(reading.epc) if reading.epc else None
    return Answer(
        code=found.kind.value,
        reason_code=found.reason,
        tone=MILD if found.mild else TONES[found.kind],
        title=title(found),
        reason=sentence(found.pattern, dict(found.values)),
        epc=reading.epc,
        gtin=reading.gtin,
        product=reading.product or reading.name,
        about=" · ".join(_about(reading, item, view)),
        page=reading.page,
        offer=offer(found.kind, reading.epc, item, view),
    )


def noted(readings: Sequence[Reading], view: Snapshot) -> None:
    """Remember the packs that somebody has in the hand at a bench: what a keyboard may have garbled does not count."""
    for one in readings:
        if one.kind != "pack" or not one.epc or is_unsure(one.text, one.symbology):
            continue
        if one.symbology or judged(one, view, ()).kind is not Kind.SCANNER_FAULT:
            watching.sighted(one.epc, view)


def judged(reading: Reading, view: Snapshot, seen: Sequence[Sighting]) -> Verdict:
    """What the rules say of a reading to the person at the counter, after who has `seen` it before."""
    if is_unsure(reading.text, reading.symbology):
        return fault(PageError("%(why)s", why=reading.problem))
    viewer = Viewer(current_user.party, current_user.site)
    now = at_place(parts().clock(), view.registry.sites.get(viewer.site or ""))
    return judge(reading.text, reading.symbology, viewer, view, now, parts().today(), seen).verdict


def at_place(moment: datetime, site: Site | None) -> str:
    """A moment by the clock and calendar of a place: what expires today is good until midnight there."""
    try:
        zone = ZoneInfo(site.zone) if site is not None and site.zone else UTC
    except (ZoneInfoNotFoundError, ValueError):
        zone = UTC
    return moment.astimezone(zone).isoformat(timespec="milliseconds")


def note_suspect(reading: Reading, found: Verdict) -> None:
    """Put a suspicion on the audit trail, where the quality person finds it."""
    record(f"suspect: {found.reason}", reading.epc)


def title(found: Verdict) -> str:
    """The verdict in two or three words."""
    return gettext("Scanned twice") if found.mild else str(TITLES[found.kind])


def _about(reading: Reading, item: Item | None, view: Snapshot) -> list[str]:
    said = []
    if reading.lot:
        said.append(gettext("lot %(lot)s", lot=reading.lot))
    if reading.expiry:
        said.append(gettext("expires %(day)s", day=day(reading.expiry)))
    if item is not None:
        top = view.top(item)
        fact = view.fact(top.acted)
        if fact is not None and top.custodian == current_user.party and top.receiver is None:
            said.append(gettext("with you since %(when)s", when=moment(fact.event_time)))
    return said
