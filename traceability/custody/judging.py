"""From the text of a scan to its verdict: the one way that pages, interfaces and benchmarks take.

What a keyboard-wedge scanner garbled may still be a valid code, of another lot or of another pack. So a
text that came over a keyboard is only taken at its word where the log knows it so; else the codes that it
may have been are looked for. They serve to ask for another scan, and never stand for the code.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import msgspec

from traceability.custody.registry import gtin_of
from traceability.custody.sightings import Past, Sighting
from traceability.custody.state import Item, World
from traceability.custody.verdict import Scan, Verdict, Viewer, agrees, fault, verdict
from traceability.gs1 import Gs1Error, rivals, scanned
from traceability.gs1.element_strings import GS, SYMBOLOGIES, ElementString
from traceability.gs1.garble import REASONS, Garble
from traceability.gs1.keys import join_epc_uri, split_epc_uri


class Judgement(msgspec.Struct, frozen=True):
    """The verdict, and what the code says; `scan` is empty where the text is no code."""

    verdict: Verdict
    scan: Scan


def judge(
    text: str,
    symbology: str,
    viewer: Viewer,
    world: Past,
    now: str,
    today: date,
    seen: Iterable[Sighting] = (),
) -> Judgement:
    """The verdict on a scanned text for who scanned it.

    `symbology` is the mark that a camera's reader gives beside the text ("]d2"): no keyboard stood between,
    so the text is what the symbol says. `now` is the log's time, `today` decides the century of dates, and
    `seen` are earlier checks of the same code.
    """
    try:
        elements = scanned.read(symbology + text, today)
    except Gs1Error as error:
        return Judgement(fault(error), Scan())
    scan = scan_of(elements)
    doubt = _doubt(text, elements, scan, world) if not symbology else None
    if doubt is not None and (doubt.certain or scan.epc is None):
        return Judgement(fault(doubt.reason), scan)
    reason = None if doubt is None else doubt.reason
    return Judgement(verdict(scan, viewer, world, now, garble=reason, seen=seen), scan)


def scan_of(elements: ElementString) -> Scan:
    """What a code says of a pack."""
    expiry = elements.expiry
    return Scan(scanned.item_uri(elements), elements.lot, None if expiry is None else expiry.isoformat())


def _doubt(text: str, elements: ElementString, scan: Scan, world: Past) -> Garble | None:
    """What the scanner may have done to a text that is a valid code; `certain` where it is not to be
    trusted whatever the log says of it."""
    code = text.strip(" \t\r\n")
    if code[:1] == "(":
        return None  # typed by hand, as printed
    if len({ai for ai, _ in elements}) < len(elements):
        return Garble("double_scan", REASONS["double_scan"], (elements,), certain=True)
    item = None if scan.epc is None else world.item(scan.epc)
    if item is not None and agrees(scan, item):
        if _lacks_label(code, elements):
            return Garble("partial", REASONS["partial"], (), certain=True)
        # The mark before the code arrived as it should: so did the rest.
        return None if code[:3] in SYMBOLOGIES else twin(code, elements, item.epc, world)
    if _is_cut(elements, scan, item, world):
        return Garble("partial", REASONS["partial"], (), certain=False)
    if _has_slipped(scan, item, world):
        return Garble("slip", REASONS["slip"], (), certain=False)
    return next((one for one in rivals.rivals(code, elements.today) if _believable(one, scan, world)), None)


def twin(code: str, elements: ElementString, epc: str, world: World) -> Garble | None:
    """Another pack that the log knows, and that a keyboard in another layout may have made into this one."""
    for one in rivals.keyboard_rivals(code, elements.today):
        meant = scan_of(one.candidates[0])
        other = None if meant.epc in (None, epc) else world.item(meant.epc or "")
        if other is not None and agrees(meant, other):
            return replace(one, certain=True)
    return None


def _is_cut(elements: ElementString, scan: Scan, item: Item | None, world: Past) -> bool:
    """Whether the end of the code is missing: its last value begins like the one that the log knows."""
    last, value = elements.pairs[-1]
    if last == "10" and item is not None and item.lot is not None:
        return item.lot.number != value and item.lot.number.startswith(value)
    return last == "21" and item is None and scan.epc is not None and world.continued(scan.epc) is not None


def _lacks_label(code: str, elements: ElementString) -> bool:
    """Whether lot or expiry are missing from the code of a pack, so that a wrong one would go unseen.

    Codes of packs carry both, except Russian ones, which end in a signature, and links.
    """
    if code[:4].lower() == "http" or elements.gtin is None:
        return False
    if elements.lot is None and elements.expiry is None and ("92" in elements or "93" in elements):
        return False
    return code.endswith(GS) or elements.lot is None or elements.expiry is None


def _has_slipped(scan: Scan, item: Item | None, world: Past) -> bool:
    """Whether the code is one character away from what the log knows, as when a scanner sends too fast."""
    if scan.epc is None or scan.lot is None:
        return False
    if item is not None:
        return item.lot is not None and rivals.is_slip(item.lot.number, scan.lot, "10")
    gtin = gtin_of(scan.epc)
    if world.registry.closed_lot(gtin, scan.lot) is None:
        return False
    prefix, serial = split_epc_uri(scan.epc)
    meant = [join_epc_uri(prefix, one) for one in rivals.slips(serial, "21")]
    world.prefetch(meant)
    known = (world.item(epc) for epc in meant)
    return any(one is not None and agrees(scan, one) for one in known)


def _believable(one: Garble, scan: Scan, world: Past) -> bool:
    """Whether the log speaks for what the code may have been, and not for what it says."""
    return any(_speaks_for(scan_of(elements), scan, world) for elements in one.candidates)


def _speaks_for(meant: Scan, scan: Scan, world: Past) -> bool:
    item = None if meant.epc is None else world.item(meant.epc)
    if item is not None:
        return None not in (meant.lot, meant.expiry) and agrees(meant, item)
    if scan.epc is None:
        return meant.epc is not None
    known = meant.lot is not None and _knows_lot(gtin_of(meant.epc or ""), meant.lot, world)
    return known and not (scan.lot is not None and _knows_lot(gtin_of(scan.epc), scan.lot, world))


def _knows_lot(gtin: str, lot: str, world: Past) -> bool:
    return world.lot(gtin, lot) is not None or world.registry.closed_lot(gtin, lot) is not None
