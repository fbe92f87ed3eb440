"""What is known already for a report of illegitimate product: its goods, their products and lots, who reports."""

from flask_login import current_user

from traceability.custody.registrations import Product
from traceability.custody.state import Lot
from traceability.custody.subjects import Subject
from traceability.ledger.history import Snapshot
from traceability.store.investigations import Investigations
from traceability.store.notices import Notices
from traceability.web import casefile, directory, form3911, subjects
from traceability.web.babel import ngettext
from traceability.web.casewords import cause_word
from traceability.web.language import sentence
from traceability.web.parts import parts
from traceability.web.watching import evidence_of

MOST_SERIALS = 100
_CATEGORIES = {
    "maker": "manufacturer",
    "wholesaler": "wholesale",
    "pharmacy": "dispenser",
    "institution": "dispenser",
}
_CAUSES = {
    "stolen": "stolen",
    "off-route": "diverted",
    "clone": "counterfeit",
    "unknown-serial": "counterfeit",
}
"""Classifications that a cause of an alert suggests; a person decides."""


def values(source: str, view: Snapshot) -> form3911.Values:
    """The fields of a new report, as far as they are known. `source` as `store.illegitimate` has it."""
    found = dict.fromkeys((field.name for field in form3911.FIELDS), "")
    found |= {"type": "initial", "use": "human", "description": "finished", "mechanism": "none"}
    found["determined"] = parts().now()[:16]
    found |= _company()
    found |= _case(source)
    found |= _goods(*goods(source, view), view)
    return found


def goods(source: str, view: Snapshot) -> tuple[list[str], list[Lot]]:
    """The items and the whole lots that a source is about."""
    kind, _, number = source.partition("/")
    if kind in {"alert", "exception"} and number.isdigit():
        case = casefile.found("alert" if kind == "alert" else "exception", int(number))
        return [epc for epc in casefile.desk().items(case.id) if epc.startswith("https:")], []
    if kind == "investigation" and number.isdigit():
        case = casefile.found("investigation", int(number))
        items, lots = list[str](), list[Lot]()
        for name in Investigations(parts().office, parts().settings.documents).subjects(case.id):
            if not name.startswith("investigation/"):
                more = goods(name, view)
                items, lots = items + more[0], lots + more[1]
        return list(dict.fromkeys(items)), list(dict.fromkeys(lots))
    if not source:
        return [], []
    subject = subjects.asked(source, view)
    if subject.kind == "lot":
        lot = view.lot(subject.gtin, subject.lot)
        return [], [lot] if lot is not None else []
    return ([subject.uri] if subject.kind == "item" else []), []


def _company() -> form3911.Values:
    party = directory.registry().parties.get(current_user.party)
    roles = party.roles if party is not None else ()
    person = Notices(parts().office).person(current_user.login)
    return {
        "company": party.name if party is not None else "",
        "address": party.country if party is not None else "",
        "category": next((_CATEGORIES[role] for role in roles if role in _CATEGORIES), "other"),
        "facility": current_user.party,
        "contact": current_user.name,
        "email": person.email if person is not None else "",
    }


def _case(source: str) -> form3911.Values:
    kind, _, number = source.partition("/")
    if kind == "investigation" and number.isdigit():
        case = casefile.found("investigation", int(number))
        opened = next((line.text for line in casefile.desk().lines(case.id) if line.act == "opened"), "")
        return {"event": "\n".join(part for part in (case.cause, opened) if part)}
    if kind not in {"alert", "exception"} or not number.isdigit():
        return {}
    case = casefile.found("alert" if kind == "alert" else "exception", int(number))
    evidence = evidence_of(case)
    said = sentence(evidence.pattern, evidence.values) if evidence.pattern else ""
    event = f"{subjects.named(source)}: {cause_word(case.kind, case.cause)}. {said}".strip()
    return {"classification": _CAUSES.get(case.cause, ""), "event": event}


def _goods(items: list[str], lots: list[Lot], view: Snapshot) -> form3911.Values:
    known = [(Subject.parse(epc), view.item(epc)) for epc in items]
    found = [item.lot for _, item in known if item is not None and item.lot is not None]
    every = list(dict.fromkeys([*lots, *found]))
    gtins = list(dict.fromkeys([one.gtin for one in every] + [one.gtin for one, _ in known if one.gtin]))
    products = [product for product in map(directory.product_of, gtins) if product is not None]
    count = sum(one.uri.startswith("https://id.gs1.org/01/0") for one, _ in known)
    count += sum(group.packs for lot in lots for group in view.lot_balance(lot.gtin, lot.number))
    serials = [one.uri.rpartition("/")[2] for one, _ in known if "/21/" in one.uri]
    told = {
        "quantity": ngettext("%(num)s pack", "%(num)s packs", count) if count else "",
        "ndc": ", ".join(map(_ndc, gtins)),
        "serials": "\n".join(serials[:MOST_SERIALS]),
        "lots": ", ".join(lot.number for lot in every),
        "expiry": ", ".join(dict.fromkeys(lot.expiry for lot in every)),
    }
    return told | _products(products)


def _products(products: list[Product]) -> form3911.Values:
    """As FDA asks: "Multiple" where there are several."""
    if len(products) > 1:
        return {"product": "Multiple", "ingredients": "Multiple", "strength": "Multiple", "form": "Multiple"} | {"description": "multiple"}  # fmt: skip
    if not products:
        return {}
    one = products[0]
    return {"product": one.name, "strength": one.strength or "", "form": one.form or ""}


def _ndc(gtin: str) -> str:
    """The ten digits of the NDC in a GTIN of the United States (03 and the NDC, GS1 US); else the GTIN itself."""
    return gtin[3:13] if gtin[1:3] == "03" else f"GTIN {gtin}"
