"""From the text of a scanned code to what a page shows: product, serial, lot, expiry, state, trouble."""

from collections.abc import Iterable
from typing import Any

import msgspec
from flask_login import current_user

from scanner import grammar
from traceability.custody import judging
from traceability.custody.state import Condition, Item
from traceability.gs1 import Gs1Error, digital_link, garble, scanned
from traceability.gs1.element_strings import ElementString
from traceability.ledger.history import Snapshot
from traceability.web import directory
from traceability.web.access import for_regulator
from traceability.web.babel import gettext
from traceability.web.language import tell
from traceability.web.parts import parts
from traceability.web.words import CONDITION_WORDS, containers, day, packs

HOME = "https://id.gs1.org"
# Tasks that only goods in one's own hands are good for.
OWN_GOODS = frozenset({"ship", "pack", "lend"})


class Reading(msgspec.Struct, omit_defaults=True):
    """One code, as read. Without `epc` it names no single item and cannot be worked with."""

    text: str
    symbology: str = ""
    epc: str = ""
    kind: str = ""
    """pack, case, unit (a logistic unit, SSCC) or asset."""
    gtin: str = ""
    product: str = ""
    name: str = ""
    """What stands where a product's name would, for what is no product."""
    serial: str = ""
    lot: str = ""
    expiry: str = ""
    hri: str = ""
    tone: str = ""
    word: str = ""
    problem: str = ""
    known: bool = False
    owned: bool = False
    """Whether it is the viewer's own property."""
    mine: bool = False
    """Whether it is in the viewer's custody, and not on the road."""
    site: str = ""
    """The place where the viewer's own goods are recorded."""
    state: str = ""
    """The condition of the viewer's own goods, as a code."""
    packs: int = 0
    """Packs inside a container."""
    inside: str = ""
    """The same in words."""
    within: list[str] = []
    """Containers it is in, innermost first."""
    page: str = ""
    format: str = ""
    """Of what a picture showed: DataMatrix, QRCode or Code128, and where."""
    corners: list[list[float]] = []


def elements_of(text: str) -> ElementString:
    """A code in any of its spellings, read today; see `gs1.scanned.read`."""
    return scanned.read(text, parts().today())


def is_unsure(text: str, symbology: str) -> bool:
    """Whether a picture only showed what looks like a code: it may be a misreading, and is never acted upon."""
    return bool(symbology) and not grammar.accepted(text, symbology)


def page_of(epc: str) -> str:
    """The item's page here, at the path of its GS1 Digital Link."""
    return epc.removeprefix(HOME)


def spaced(elements: ElementString) -> str:
    """The form that people read, with room between the elements: (01)… (21)…."""
    return " ".join(f"({ai}){value}" for ai, value in elements)


def kind_of(epc: str) -> str:
    """pack, case, unit or asset, by the key in its URI."""
    path = epc.removeprefix(HOME)
    if path.startswith("/00/"):
        return "unit"
    if path.startswith("/01/"):
        return "pack" if path.startswith("/01/0") else "case"
    return "asset"


def parse(text: str, symbology: str = "") -> Reading:
    """What a code says by itself, without asking the log."""
    reading = Reading(text, symbology)
    try:
        elements = elements_of(symbology + text)
    except Gs1Error as error:
        return msgspec.structs.replace(reading, tone="again", problem=tell(error))
    if is_unsure(text, symbology):
        doubt = gettext("This code was not read with certainty. Hold it closer and scan it again.")
        return msgspec.structs.replace(reading, tone="again", problem=doubt)
    gtin, epc = elements.get("01") or "", scanned.item_uri(elements)
    reading = msgspec.structs.replace(
        reading,
        epc=epc or "",
        kind=kind_of(epc) if epc else "",
        gtin=gtin,
        product=directory.product_name(gtin) or "",
        name=name_of(kind_of(epc)) if epc and not gtin else "",
        serial=elements.get("21") or "",
        lot=elements.get("10") or "",
        expiry=elements.expiry.isoformat() if elements.expiry is not None else "",
        hri=spaced(elements),
        tone="clear",
        page=page_of(epc) if epc else "",
    )
    if epc is None:
        missing = gettext(
            "This code has no serial number, so it names no single pack. Scan the other code on it."
        )
        return msgspec.structs.replace(reading, tone="again", problem=missing)
    return reading


def name_of(kind: str) -> str:
    """What a thing without a product is called."""
    return gettext("Case or pallet") if kind == "unit" else gettext("Returnable container")


# What the log knows


def resolve(reading: Reading, view: Snapshot, task: str = "") -> Reading:
    """A reading with what the log knows of the item and the person who asks may see."""
    item = view.item(reading.epc) if reading.epc else None
    if item is None:
        garbled = _garbled(reading, view)
        if garbled is not None:
            return garbled
        return _unknown(reading, task) if reading.epc else reading
    top = view.top(item)
    if current_user.party != top.custodian and not may_open(view, item):
        return _elsewhere(reading, task)
    return _described(reading, item, view, task)


def may_open(view: Snapshot, item: Item) -> bool:
    """Whether the viewer may see what is in an item: its holder, past holders, who is to receive it, the
    regulator. Custody that nobody handed over does not count, or anyone could claim a label to read it."""
    viewer = current_user.party
    return view.top(item).receiver == viewer or view.holds(viewer, item.epc) or for_regulator()


def _garbled(reading: Reading, view: Snapshot) -> Reading | None:
    """What the scanner did, where the text is a valid code that is not in the log but was one that is.

    Caps lock and keyboard layouts turn one valid serial into another, and a lost separator hides it in the lot.
    """
    text = (reading.symbology + reading.text).strip(" \t\r\n")
    for found in garble.diagnose(text, parts().today()):
        meant = [scanned.item_uri(elements) for elements in found.candidates]
        if not found.certain and any(epc and view.item(epc) is not None for epc in meant):
            return Reading(reading.text, reading.symbology, tone="again", problem=tell(found.reason))
    if reading.epc and text[:1] not in {"(", "]"}:
        twin = judging.twin(text, elements_of(text), reading.epc, view)
        if twin is not None:
            return Reading(reading.text, reading.symbology, tone="again", problem=tell(twin.reason))
    return None


def _unknown(reading: Reading, task: str) -> Reading:
    word = gettext("not in the log yet")
    if task in OWN_GOODS:
        trouble = gettext("The log does not know this code. Receive it first, or scan it again.")
        if task == "pack" and reading.kind == "unit":
            trouble = ""
        return msgspec.structs.replace(reading, tone="unknown", word=word, problem=trouble)
    return msgspec.structs.replace(reading, tone="unknown", word=word)


def _elsewhere(reading: Reading, task: str) -> Reading:
    word = gettext("not with you")
    trouble = gettext("This is not in your custody. Receive it first.") if task in OWN_GOODS else ""
    return msgspec.structs.replace(reading, known=True, tone="again", word=word, problem=trouble)


def _described(reading: Reading, item: Item, view: Snapshot, task: str) -> Reading:
    top = view.top(item)
    lot = item.lot
    seen = may_open(view, item)
    tone, word = whereabouts(item, top)
    gtin = reading.gtin or (lot.gtin if lot is not None else "")
    return msgspec.structs.replace(
        reading,
        known=True,
        gtin=gtin,
        product=directory.product_name(gtin) or "",
        lot=lot.number if lot is not None else reading.lot,
        expiry=lot.expiry if lot is not None else reading.expiry,
        tone=tone,
        word=word,
        problem=_trouble(item, top, view, task, reading),
        owned=top.owner == current_user.party,
        **_own(item, top),
        packs=packs_inside(view, item.epc) if seen else 0,
        inside=inside(view, item.epc) if seen else "",
        within=_within(item, view),
    )


def _own(item: Item, top: Item) -> dict[str, Any]:
    """What only the holder is told: that it is, where, and in which condition."""
    if top.custodian != current_user.party or top.receiver is not None:
        return {}
    condition = item.condition if item.condition.blocked else top.condition
    return {"mine": True, "site": top.site or "", "state": condition.name.lower()}


def whereabouts(item: Item, top: Item) -> tuple[str, str]:
    """Tone and word of an item's state, as its custodian sees it."""
    condition = item.condition if item.condition.blocked else top.condition
    tone, word = CONDITION_WORDS[condition]
    if condition.blocked:
        return tone, str(word)
    viewer = current_user.party
    if top.receiver is not None:
        if top.receiver == viewer:
            return "clear", gettext("on the road to you")
        return "again", gettext("on the road to %(party)s", party=directory.party_name(top.receiver))
    if top.custodian != viewer:
        return "again", gettext("with %(party)s", party=directory.party_name(top.custodian))
    if item.condition is Condition.PARTLY_DISPENSED:
        return tone, str(word)
    return "clear", gettext("with you")


def _trouble(item: Item, top: Item, view: Snapshot, task: str, reading: Reading) -> str:
    if task == "commission" and not item.unmatched:
        return gettext("This serial was commissioned before.")
    if reading.lot and item.lot is not None and reading.lot != item.lot.number:
        return gettext(
            "The label says lot %(label)s, the log says lot %(log)s. Put it aside and tell your quality person.",
            label=reading.lot,
            log=item.lot.number,
        )
    if task not in OWN_GOODS:
        return ""
    if top.custodian != current_user.party or top.receiver is not None:
        return gettext("This is not in your custody. Receive it first.")
    condition = item.condition if item.condition.blocked else top.condition
    if condition.blocked:
        return gettext("This is %(condition)s and cannot go.", condition=str(CONDITION_WORDS[condition][1]))
    if any(one.blocked for one in view.contents(item.epc).values()):
        return gettext("Something inside is blocked. Take it out first.")
    if recalled(view, item):
        return gettext("This lot is recalled and cannot leave.")
    if item.lot is not None and item.lot.expiry < parts().today().isoformat():
        return gettext("This expired on %(day)s.", day=day(item.lot.expiry))
    return ""


def recalled(view: Snapshot, item: Item) -> bool:
    """Whether a recall in force names this item, its lot, its product, or anything inside it."""
    registry = view.registry
    if registry.recalls_of(item.epc, item.lot):
        return True
    return any(registry.recalls_of(item.epc, lot) for lot in view.contents(item.epc) if lot is not None)


def _within(item: Item, view: Snapshot) -> list[str]:
    above = []
    while item.container is not None:
        above.append(item.container)
        container = view.item(item.container)
        if container is None:
            break
        item = container
    return above


def packs_inside(view: Snapshot, epc: str) -> int:
    """How many packs are in a container, at any depth."""
    return sum(one.items for lot, one in view.contents(epc).items() if lot is not None)


def inside(view: Snapshot, epc: str) -> str:
    """What is inside a container, in words: "48 packs of Amoxicillin, lot A17"."""
    counts = [(lot, one.items) for lot, one in view.contents(epc).items() if lot is not None]
    if not counts:
        return ""
    if len(counts) == 1:
        lot, count = counts[0]
        product = directory.product_name(lot.gtin) or lot.gtin
        return gettext(
            "%(packs)s of %(product)s, lot %(lot)s", packs=packs(count), product=product, lot=lot.number
        )
    total = packs(sum(count for _, count in counts))
    return gettext("%(packs)s of %(count)s lots", packs=total, count=len(counts))


def describe(item: Item, view: Snapshot) -> Reading:
    """An item of the log as a reading, for lists of what is expected."""
    elements = digital_link.parse(item.epc).element_string(parts().today())
    gtin, lot = elements.get("01") or "", item.lot
    kind = kind_of(item.epc)
    return Reading(
        text=elements.bracketed,
        epc=item.epc,
        kind=kind,
        gtin=gtin,
        product=directory.product_name(gtin) or "",
        name="" if gtin else name_of(kind),
        serial=elements.get("21") or "",
        lot=lot.number if lot is not None else "",
        expiry=lot.expiry if lot is not None else "",
        hri=spaced(elements),
        tone="unknown",
        known=True,
        packs=packs_inside(view, item.epc),
        inside=inside(view, item.epc),
    )


def amount(items: Iterable[Item], view: Snapshot) -> str:
    """How much it is, in words: "2 containers (96 packs inside), 3 packs"."""
    loose = boxes = packed = 0
    for item in items:
        if kind_of(item.epc) == "pack":
            loose += 1
        else:
            boxes += 1
            packed += packs_inside(view, item.epc)
    said = []
    if boxes:
        words = gettext(
            "%(containers)s (%(packs)s inside)", containers=containers(boxes), packs=packs(packed)
        )
        said.append(words if packed else containers(boxes))
    if loose:
        said.append(packs(loose))
    return ", ".join(said)
