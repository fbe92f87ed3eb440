"""Words of the trade in the reader's language: roles, acts, conditions, dates."""

import re
from collections.abc import Mapping
from datetime import datetime

from flask import Flask

from traceability.custody.state import Condition
from traceability.web import directory
from traceability.web.babel import LazyString, format_date, gettext, lazy_gettext, ngettext

ROLE_WORDS: dict[str, LazyString] = {
    "administrator": lazy_gettext("administrator"),
    "auditor": lazy_gettext("auditor"),
    "operator": lazy_gettext("operator"),
    "pharmacist": lazy_gettext("pharmacist"),
    "quality": lazy_gettext("quality"),
    "regulator": lazy_gettext("regulator"),
    "station": lazy_gettext("station"),
}
PARTY_WORDS: dict[str, LazyString] = {
    "maker": lazy_gettext("maker"),
    "wholesaler": lazy_gettext("wholesaler"),
    "pharmacy": lazy_gettext("pharmacy"),
    "institution": lazy_gettext("institution"),
    "carrier": lazy_gettext("carrier"),
    "regulator": lazy_gettext("regulator"),
    "authority": lazy_gettext("authority"),
}
ENROLMENT_WORDS: dict[str, LazyString] = {
    "requested": lazy_gettext("waits for approval"),
    "approved": lazy_gettext("approved"),
    "refused": lazy_gettext("refused"),
    "revoked": lazy_gettext("revoked"),
    "lost": lazy_gettext("reported lost"),
    "expired": lazy_gettext("past its last day"),
}
# What stands on the audit trail; what other rooms write there stands as it was written.
TRAIL_WORDS: dict[str, LazyString] = {
    "login": lazy_gettext("logged in"),
    "login refused": lazy_gettext("login refused"),
    "logout": lazy_gettext("logged out"),
    "locked": lazy_gettext("session locked"),
    "unlocked": lazy_gettext("session unlocked"),
    "proved again": lazy_gettext("proved again who they are"),
    "signed": lazy_gettext("signed"),
    "password changed": lazy_gettext("password changed"),
    "password chosen": lazy_gettext("password chosen"),
    "passkey added": lazy_gettext("passkey added"),
    "passkey removed": lazy_gettext("passkey removed"),
    "account added": lazy_gettext("person added"),
    "account disabled": lazy_gettext("account closed"),
    "account enabled": lazy_gettext("account opened"),
    "invited": lazy_gettext("link to choose a password"),
    "role changed": lazy_gettext("role changed"),
    "site changed": lazy_gettext("place of work changed"),
    "language changed": lazy_gettext("language changed"),
    "key requested": lazy_gettext("device asked for"),
    "key approved": lazy_gettext("device approved"),
    "key refused": lazy_gettext("device refused"),
    "key revoked": lazy_gettext("device ended"),
    "key reported lost": lazy_gettext("device reported lost"),
    "read item": lazy_gettext("read an item"),
    "printed item": lazy_gettext("printed an item"),
    "read statement": lazy_gettext("read a statement"),
    "read receipt": lazy_gettext("read a receipt"),
    "read codes": lazy_gettext("read codes"),
    "read contents": lazy_gettext("read what is in a container"),
    "exported lot as CSV": lazy_gettext("exported a lot as CSV"),
    "exported lot as XLSX": lazy_gettext("exported a lot as XLSX"),
    "exported lot as JSON": lazy_gettext("exported a lot as JSON"),
    "exported lot as EPCIS": lazy_gettext("exported a lot as EPCIS events"),
    "asked trace": lazy_gettext("asked where packs are"),
    "exported trace": lazy_gettext("exported where packs are"),
    "exported lot as SQLite": lazy_gettext("exported a lot as SQLite"),
    "exported lot as PDF": lazy_gettext("exported a lot as PDF"),
    "exported lot as evidence": lazy_gettext("exported a lot as evidence"),
    "printed labels": lazy_gettext("printed labels"),
    "read lot": lazy_gettext("read a lot"),
    "read trail": lazy_gettext("read the audit trail"),
    "read dossier": lazy_gettext("read a dossier"),
    "exported dossier as JSON": lazy_gettext("exported a dossier as JSON"),
    "exported dossier as PDF": lazy_gettext("exported a dossier as PDF"),
    "investigation opened": lazy_gettext("investigation opened"),
    "investigation collected": lazy_gettext("added to an investigation"),
    "investigation left out": lazy_gettext("taken out of an investigation"),
    "investigation note": lazy_gettext("note in an investigation"),
    "investigation taken": lazy_gettext("investigation taken care of"),
    "investigation assigned": lazy_gettext("investigation given to somebody"),
    "investigation document": lazy_gettext("document added to an investigation"),
    "investigation closed": lazy_gettext("investigation closed"),
    "read document": lazy_gettext("read a document"),
    "exported investigation": lazy_gettext("exported an investigation"),
    "report opened": lazy_gettext("report of illegitimate product opened"),
    "report saved": lazy_gettext("report of illegitimate product saved"),
    "report sent": lazy_gettext("report of illegitimate product sent"),
    "report terminated": lazy_gettext("report of illegitimate product terminated"),
    "read report": lazy_gettext("read a report of illegitimate product"),
    "exported report as PDF": lazy_gettext("exported a report of illegitimate product as PDF"),
    "exported report as CSV": lazy_gettext("exported a report of illegitimate product as CSV"),
    "exported report as JSON": lazy_gettext("exported a report of illegitimate product as JSON"),
    "downloaded trail": lazy_gettext("downloaded the audit trail"),
    "took snapshot": lazy_gettext("took a snapshot"),
    "erased body": lazy_gettext("erased a body by law"),
}
ERASURE_WORDS: dict[str, LazyString] = {
    "court_order": lazy_gettext("order of a court"),
    "data_protection": lazy_gettext("data protection"),
    "retention_ended": lazy_gettext("end of the time that it had to be kept"),
    "unlawful_content": lazy_gettext("unlawful content"),
}
"""Why a body was erased by law."""

LEVEL_WORDS: dict[str, LazyString] = {
    "wholesale": lazy_gettext("wholesalers"),
    "pharmacy": lazy_gettext("pharmacies"),
    "patient": lazy_gettext("patients"),
}

# Tone (clear, again, unknown, stop) and word of every condition.
CONDITION_WORDS: dict[Condition, tuple[str, LazyString]] = {
    Condition.ACTIVE: ("clear", lazy_gettext("active")),
    Condition.PARTLY_DISPENSED: ("clear", lazy_gettext("partly dispensed")),
    Condition.HELD: ("again", lazy_gettext("held")),
    Condition.RETURNED: ("again", lazy_gettext("returned")),
    Condition.RECALL_HELD: ("stop", lazy_gettext("held for a recall")),
    Condition.TAKEN_BACK: ("stop", lazy_gettext("taken back from a patient")),
    Condition.FOUND: ("again", lazy_gettext("found again")),
    Condition.STOLEN: ("stop", lazy_gettext("stolen")),
    Condition.LOST: ("stop", lazy_gettext("lost")),
    Condition.SHORT: ("stop", lazy_gettext("missing from its delivery")),
    Condition.SAMPLED: ("stop", lazy_gettext("sampled")),
    Condition.DECOMMISSIONED: ("stop", lazy_gettext("decommissioned")),
    Condition.EXPORTED: ("stop", lazy_gettext("exported")),
    Condition.TRANSFORMED: ("stop", lazy_gettext("repackaged")),
    Condition.DISPENSED: ("stop", lazy_gettext("dispensed")),
    Condition.DESTROYED: ("stop", lazy_gettext("destroyed")),
}

ACT_WORDS: dict[str, LazyString] = {
    "commissioned": lazy_gettext("commissioned"),
    "opened": lazy_gettext("opened"),
    "packed": lazy_gettext("packed"),
    "unpacked": lazy_gettext("unpacked"),
    "shipped": lazy_gettext("shipped"),
    "voided": lazy_gettext("dispatch voided"),
    "received": lazy_gettext("received"),
    "refused": lazy_gettext("refused"),
    "returned": lazy_gettext("sent back"),
    "return_received": lazy_gettext("return received"),
    "taken_back": lazy_gettext("taken back from a patient"),
    "ownership_offered": lazy_gettext("ownership offered"),
    "ownership_accepted": lazy_gettext("ownership accepted"),
    "moved": lazy_gettext("moved"),
    "counted": lazy_gettext("counted"),
    "dispensed": lazy_gettext("dispensed"),
    "partly_dispensed": lazy_gettext("partly dispensed"),
    "undone": lazy_gettext("dispensing undone"),
    "held": lazy_gettext("held"),
    "released": lazy_gettext("released"),
    "sampled": lazy_gettext("sampled"),
    "decommissioned": lazy_gettext("decommissioned"),
    "exported": lazy_gettext("exported"),
    "destruction_agreed": lazy_gettext("destruction agreed to"),
    "destroyed": lazy_gettext("destroyed"),
    "stolen": lazy_gettext("reported stolen"),
    "lost": lazy_gettext("reported lost"),
    "found": lazy_gettext("found again"),
    "repackaged": lazy_gettext("repackaged"),
    "relabelled": lazy_gettext("relabelled"),
    "recall_held": lazy_gettext("held for a recall"),
    "recall_answered": lazy_gettext("recall answered"),
    "corrected": lazy_gettext("corrected"),
}


def date_pattern() -> str:
    """How dates are written, as CLDR spells it: 9 Nov 2026, or 2026年11月9日."""
    return str(gettext("d MMM y"))


def moment(text: str) -> str:
    """A time of the log with its zone: "9 Nov 2026, 14:32 +01:00", as it was where it happened."""
    when = datetime.fromisoformat(text)
    zone = text[-6:] if text[-6:-5] in {"+", "-"} else "UTC"
    return f"{format_date(when, date_pattern())}, {when:%H:%M} {zone}"


def day(text: str) -> str:
    """A date without a time: an expiry."""
    return str(format_date(datetime.fromisoformat(text).date(), date_pattern()))


def packs(count: int) -> str:
    """So many packs."""
    return ngettext("%(num)s pack", "%(num)s packs", count)


def containers(count: int) -> str:
    """So many cases and pallets."""
    return ngettext("%(num)s container", "%(num)s containers", count)


_PARTIES = frozenset({"owner", "party", "sender", "receiver", "site", "iss"})
_GLN = re.compile(r"[0-9]{13}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def spoken(values: Mapping[str, object]) -> dict[str, object]:
    """The values of a sentence as people say them: names for GLNs, words for conditions, dates in full."""
    return {name: _spoken(name, value) for name, value in values.items()}


def _spoken(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    if name in _PARTIES and _GLN.fullmatch(value):
        return directory.name_of(value)
    if _TIME.fullmatch(value):
        return moment(value)
    if name in {"expiry", "pack"} and _DATE.fullmatch(value):
        return day(value)
    return gettext(value) if name == "condition" else value


def set_up(app: Flask) -> None:
    """Give templates their words."""
    app.jinja_env.filters.update(moment=moment, day=day)
    app.jinja_env.globals.update(
        role_name=lambda role: ROLE_WORDS.get(role, role),
        party_role_name=lambda role: PARTY_WORDS.get(role, role),
        enrolment_word=lambda state: ENROLMENT_WORDS.get(state, state),
        trail_word=lambda act: TRAIL_WORDS.get(act, act),
        act_word=lambda act: ACT_WORDS.get(act, act),
        condition_word=lambda condition: CONDITION_WORDS[condition][1],
        condition_tone=lambda condition: CONDITION_WORDS[condition][0],
    )
