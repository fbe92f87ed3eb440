"""Subjects of dossiers on these pages: found by what people type, named, described, linked."""

from typing import NamedTuple

from flask import abort, url_for
from flask_login import current_user

from traceability.custody import CustodyError
from traceability.custody.state import Lot
from traceability.custody.subjects import (
    Subject,
    device_subject,
    lot_subject,
    party_subject,
    site_subject,
)
from traceability.gs1 import Gs1Error
from traceability.ledger import dossiers
from traceability.ledger.history import Snapshot
from traceability.web import directory
from traceability.web import reading as readings
from traceability.web.access import TASKS, for_regulator, may
from traceability.web.babel import LazyString, gettext, lazy_gettext
from traceability.web.casewords import KIND_WORDS as CASE_WORDS
from traceability.web.links import hri, lot_url, may_trace, page_url
from traceability.web.parts import parts
from traceability.web.trail import Named
from traceability.web.words import PARTY_WORDS, ROLE_WORDS, day, moment

MOST_FOUND = 50

KIND_WORDS: dict[str, LazyString] = {
    "item": lazy_gettext("Item"),
    "lot": lazy_gettext("Lot"),
    "party": lazy_gettext("Party"),
    "site": lazy_gettext("Place"),
    "device": lazy_gettext("Device"),
}


class About(NamedTuple):
    """A subject in words."""

    subject: Subject
    kind: str
    title: str
    code: str
    """Its number as people read it."""
    url: str
    """Its dossier."""


def may_read() -> bool:
    """Whether the person who is logged in may open dossiers."""
    return any(task.endpoint == "dossiers.home" and may(task) for task in TASKS)


def dossier_url(subject: Subject) -> str:
    """The dossier of a subject; empty for who may not open it."""
    if not may_read() or (subject.kind == "lot" and not may_trace(subject.gtin)):
        return ""
    return url_for("dossiers.dossier", of=subject.uri)


def of_item(epc: str) -> str:
    """The dossier of an item, for templates; empty for who may not open it."""
    return dossier_url(Subject.parse(epc)) if epc.startswith("https:") else ""


def of_lot(gtin: str, number: str) -> str:
    """The dossier of a lot, for templates."""
    return dossier_url(lot_subject(gtin, number))


def of_gln(gln: str) -> str:
    """The dossier of a party or a place, for templates."""
    return dossier_url(site_subject(gln) if gln in directory.registry().sites else party_subject(gln))


def of_device(kid: str) -> str:
    """The dossier of a device, for templates."""
    return dossier_url(device_subject(kid))


def asked(uri: str, view: Snapshot) -> Subject:
    """The subject of an address, for who may ask about it. Raises CustodyError; 404 for what nobody knows."""
    subject = Subject.parse(uri)
    if subject.kind == "lot" and not may_trace(subject.gtin):
        abort(403)
    if not _known(subject, view):
        abort(404)
    return subject


def _known(subject: Subject, view: Snapshot) -> bool:
    registry, key = view.registry, subject.key
    match subject.kind:
        case "item":
            return True  # a code that nobody has signed for may still have been checked
        case "lot":
            return view.lot(subject.gtin, subject.lot) is not None
        case "party":
            return (
                key in registry.parties or key == registry.authority or view.names.glns.find(key) is not None
            )
        case "site":
            return key in registry.sites or view.names.glns.find(key) is not None
        case "device":
            return registry.keyring.signer(key) is not None or parts().office.enrolment(key) is not None


def about(subject: Subject) -> About:
    """A subject in words."""
    return About(subject, str(KIND_WORDS[subject.kind]), title(subject), _code(subject), dossier_url(subject))


def title(subject: Subject) -> str:
    """What a subject is called."""
    match subject.kind:
        case "item":
            kind = readings.kind_of(subject.uri)
            if kind not in {"pack", "case"}:
                return readings.name_of(kind)
            return directory.product_name(subject.gtin) or gettext("Unknown product")
        case "lot":
            name = directory.product_name(subject.gtin) or subject.gtin
            return gettext("%(product)s, lot %(lot)s", product=name, lot=subject.lot)
        case "party":
            return directory.party_name(subject.key)
        case "site":
            return directory.place_name(subject.key)
        case "device":
            return _device(subject.key)


def _device(kid: str) -> str:
    record = directory.registry().keyring.signer(kid)
    enrolment = parts().office.enrolment(kid)
    own = enrolment is not None and (for_regulator() or enrolment.party == current_user.party)
    party = record.party if record is not None else enrolment.party if enrolment is not None else ""
    name = enrolment.device if enrolment is not None and own else gettext("Device")
    return gettext("%(device)s of %(party)s", device=name, party=directory.party_name(party))


def named(text: str) -> str:
    """What an investigation collects, in words: a subject by its URI, or another case ("alert/12")."""
    kind, _, number = text.partition("/")
    if kind in CASE_WORDS and number.isdigit():
        return f"{CASE_WORDS[kind]} {number}"
    try:
        one = about(Subject.parse(text))
    except CustodyError:
        return text
    return f"{one.kind}: {one.title} · {one.code}"


def _code(subject: Subject) -> str:
    if subject.kind in {"item", "lot"}:
        return hri(subject.uri)
    return subject.key if subject.kind == "device" else f"GLN {subject.key}"


# What stands beside its rows


def facts(subject: Subject, view: Snapshot) -> list[Named]:
    """What is known of a subject apart from what happened."""
    match subject.kind:
        case "item":
            return _of_item(subject, view)
        case "lot":
            return _of_lot(subject, view)
        case "party":
            return _of_party(subject.key, view)
        case "site":
            return _of_site(subject.key)
        case "device":
            return _of_device(subject.key)


def _of_item(subject: Subject, view: Snapshot) -> list[Named]:
    found = [Named(gettext("Its page"), hri(subject.uri), page_url(subject.uri))]
    item = view.item(subject.uri)
    if item is not None and item.lot is not None:
        lot = lot_subject(item.lot.gtin, item.lot.number)
        found += [
            Named(gettext("Lot"), item.lot.number, dossier_url(lot)),
            Named(gettext("Expires"), day(item.lot.expiry)),
        ]
    owner = directory.maker(subject.uri)
    if owner:
        found.append(Named(gettext("Brand owner"), directory.party_name(owner), of_gln(owner)))
    return found


def _of_lot(subject: Subject, view: Snapshot) -> list[Named]:
    lot = view.lot(subject.gtin, subject.lot) or Lot(subject.gtin, subject.lot, "")
    closed = view.registry.closed_lot(subject.gtin, subject.lot)
    product = directory.product_of(subject.gtin)
    return [
        Named(gettext("Where every pack is"), gettext("The lot's page"), lot_url(lot)),
        Named(gettext("Expires"), day(lot.expiry) if lot.expiry else ""),
        Named(gettext("Closed by its maker"), f"{closed.count:,}" if closed else gettext("not yet")),
        *([Named(gettext("Brand owner"), directory.party_name(product.owner), of_gln(product.owner))] if product else []),
    ]  # fmt: skip


def _of_party(gln: str, view: Snapshot) -> list[Named]:
    registry = directory.registry()
    party = registry.parties.get(gln)
    if party is None:
        return [
            Named(gettext("Registered"), gettext("no: goods went to it, or it is said to have sent some"))
        ]
    sites = [Named(gettext("Place"), name, dossier_url(site_subject(one))) for one, name in directory.sites(gln).items()]  # fmt: skip
    keys = [
        Named(gettext("Device"), str(ROLE_WORDS.get(key.role, key.role)), of_device(key.kid), more=key.kid[:12])
        for key in dossiers.keys(view, gln)
    ]  # fmt: skip
    return [
        Named(gettext("Roles"), ", ".join(str(PARTY_WORDS.get(role, role)) for role in party.roles)),
        Named(gettext("Country"), party.country),
        *([Named(gettext("GS1 company prefixes"), ", ".join(party.prefixes))] if party.prefixes else []),
        *sites,
        *keys[:MOST_FOUND],
    ]


def _of_site(gln: str) -> list[Named]:
    site = directory.registry().sites.get(gln)
    if site is None:
        return [Named(gettext("Registered"), gettext("no: it is only named in statements"))]
    return [
        Named(gettext("Party"), directory.party_name(site.party), of_gln(site.party)),
        Named(gettext("Country"), site.country),
        *([Named(gettext("Time zone"), site.zone)] if site.zone else []),
    ]


def _of_device(kid: str) -> list[Named]:
    record = directory.registry().keyring.signer(kid)
    found = []
    if record is not None:
        found += [
            Named(gettext("Party"), directory.party_name(record.party), of_gln(record.party)),
            Named(gettext("Role"), str(ROLE_WORDS.get(record.role, record.role))),
            Named(
                gettext("State"), gettext("revoked") if record.revoked is not None else gettext("may sign")
            ),
        ]
    enrolment = parts().office.enrolment(kid)
    if enrolment is not None and (for_regulator() or enrolment.party == current_user.party):
        account = parts().office.account(enrolment.login)
        found += [
            Named(gettext("Owner"), account.name if account is not None else enrolment.login),
            Named(gettext("Asked for"), moment(enrolment.requested)),
            *([Named(gettext("Last used"), moment(enrolment.used))] if enrolment.used else []),
            *([Named(gettext("Missed since"), moment(enrolment.lost))] if enrolment.lost else []),
        ]
    return found


# Search


def find(text: str, view: Snapshot) -> list[Subject]:
    """The subjects that somebody may mean: a code, a lot, a GLN, the beginning of a key, a name, a URI."""
    text = text.strip()
    if not text:
        return []
    found = [*_exact(text, view), *_by_name(text.casefold(), view)]
    shown = [one for one in dict.fromkeys(found) if one.kind != "lot" or may_trace(one.gtin)]
    return shown[:MOST_FOUND]


def _exact(text: str, view: Snapshot) -> list[Subject]:
    try:
        return [Subject.parse(text)]
    except CustodyError:
        pass
    registry = view.registry
    if len(text) == 13 and text.isdigit():
        party, site = party_subject(text), site_subject(text)
        return [
            one for one in (party, site) if text in (registry.parties if one is party else registry.sites)
        ]
    reading = readings.parse(text[:400])
    if reading.epc:
        return [Subject.parse(reading.epc)]
    if reading.gtin and reading.lot and view.lot(reading.gtin, reading.lot) is not None:
        return [lot_subject(reading.gtin, reading.lot)]
    return [*_places(text), *_keys(text, view)]


def _places(text: str) -> list[Subject]:
    """Labels of places and parties: (414)… and (417)…."""
    try:
        elements = readings.elements_of(text)
    except Gs1Error:
        return []
    party, site = elements.get("417"), elements.get("414")
    return [*([party_subject(party)] if party else []), *([site_subject(site)] if site else [])]


def _keys(text: str, view: Snapshot) -> list[Subject]:
    if len(text) < 6 or " " in text:
        return []
    return [device_subject(key.kid) for key in dossiers.keys(view) if key.kid.startswith(text)]


def _by_name(text: str, view: Snapshot) -> list[Subject]:
    words = text.split()

    def fits(name: str) -> bool:
        said = name.casefold()
        return all(word in said for word in words)

    registry = view.registry
    found = [party_subject(gln) for gln, party in registry.parties.items() if fits(f"{party.name} {gln}")]
    found += [site_subject(gln) for gln, site in registry.sites.items() if fits(f"{site.name} {gln}")]
    for lot in view.names.lots.values():
        if fits(f"{lot.number} {lot.gtin} {directory.product_name(lot.gtin) or ''}"):
            found.append(lot_subject(lot.gtin, lot.number))
        if len(found) > MOST_FOUND:
            break
    return found
