"""What the label of a pack says against what was signed, and whether it may be used at all."""

from traceability.custody import CustodyError
from traceability.custody.finding import COUNTERS, Action, Kind, Scan, Verdict, Viewer, above, fault, say
from traceability.custody.inheritance import recall_inside, recall_of
from traceability.custody.registry import LEVELS, Recall, Registry, gtin_of
from traceability.custody.sightings import Past
from traceability.custody.state import Item, Lot


def unknown(scan: Scan, viewer: Viewer, world: Past, now: str) -> Verdict:
    gtin = gtin_of(scan.epc or "")
    foreign = _not_in_its_lot(gtin, scan, world.registry)
    if foreign is not None:
        return foreign
    # Its data may be late; what its label says is enough to keep it from a patient.
    unusable = _recalled(_recall_by_label(scan, world.registry), viewer, world.registry)
    unusable = unusable or _expired(scan.expiry, now)
    if unusable is not None:
        return unusable
    if gtin and world.registry.product(gtin) is None:
        error = CustodyError("Nobody has registered this product yet. Wait for its data, or ask the sender.")
        return say(Kind.DATA_GAP, "unknown-product", error, Action.ASK_SENDER)
    error = CustodyError("The log does not know this code yet. Wait for its data, or ask the sender.")
    return say(Kind.DATA_GAP, "unknown", error, Action.ASK_SENDER)


def _not_in_its_lot(gtin: str, scan: Scan, registry: Registry) -> Verdict | None:
    if scan.lot is None or registry.closed_lot(gtin, scan.lot) is None:
        return None
    error = CustodyError(
        "The maker has closed lot %(lot)s, and this serial is not in it. Stop: put the pack aside.",
        lot=scan.lot,
    )
    return say(Kind.SUSPECT, "unknown-serial", error)


def _recall_by_label(scan: Scan, registry: Registry) -> Recall | None:
    """The recall of the lot that the label names, where nobody has signed the lot yet."""
    epc = scan.epc or ""
    lot = None if scan.lot is None else Lot(gtin_of(epc), scan.lot, scan.expiry or "")
    return next(iter(registry.recalls_of(epc, lot)), None)


def agrees(scan: Scan, item: Item) -> bool:
    """Whether lot and expiry on the label, as far as it says them, are those that were signed."""
    lot = item.lot
    return lot is not None and scan.lot in (None, lot.number) and scan.expiry in (None, lot.expiry)


def label(scan: Scan, item: Item, viewer: Viewer, world: Past, garble: ValueError | None) -> Verdict | None:
    """Lot and expiry on the pack against those that were signed."""
    if item.lot is None:
        foreign = _not_in_its_lot(gtin_of(item.epc), scan, world.registry)
        return foreign if foreign is None or garble is None else fault(garble)
    if agrees(scan, item):
        return None
    if garble is not None:
        return fault(garble)
    made = world.fact(item.born)
    if made is not None and made.party == viewer.party and _never_left(item, viewer, world):
        error = CustodyError(
            "Your label and what you have signed differ: lot %(lot)s, expires on %(expiry)s. Correct what is wrong.",
            lot=item.lot.number,
            expiry=item.lot.expiry,
        )
        return say(Kind.DATA_GAP, "own-label", error)
    kind = Kind.DATA_GAP if made is not None and made.claimed else Kind.SUSPECT
    if scan.lot is not None and scan.lot != item.lot.number:
        error = CustodyError(
            "The pack says lot %(pack)s, and the maker signed lot %(lot)s.",
            pack=scan.lot,
            lot=item.lot.number,
        )
        return say(kind, "lot", error)
    error = CustodyError(
        "The pack says that it expires on %(pack)s, and the maker signed %(expiry)s.",
        pack=scan.expiry,
        expiry=item.lot.expiry,
    )
    return say(kind, "expiry", error)


def _never_left(item: Item, viewer: Viewer, world: Past) -> bool:
    top = above(item, world)[-1]
    return top.custodian == viewer.party and top.receiver is None and item.acted == item.born


def usable(scan: Scan, item: Item, viewer: Viewer, world: Past, now: str) -> Verdict | None:
    recall = recall_of(world, item)
    if recall is None and item.lot is None:
        recall = _recall_by_label(scan, world.registry)
    counts = world.contents(item.epc) if item.life else {}
    inside = recall_inside(world, item, counts, world.item) if recall is None and counts else None
    if inside is not None:
        recall = inside[0]
    said = _recalled(recall, viewer, world.registry)
    said = said or _expired(item.lot.expiry if item.lot is not None else scan.expiry, now)
    if said is None and any(count.blocked for count in counts.values()):
        error = CustodyError("Something inside is blocked. Take it out first.")
        return say(Kind.BLOCKED, "blocked-inside", error)
    return said


def _recalled(recall: Recall | None, viewer: Viewer, registry: Registry) -> Verdict | None:
    # At a counter a recall at wholesale level does not stop a pack; everywhere else any recall does.
    counter = registry.has_role(viewer.party, *COUNTERS)
    if recall is None or (counter and LEVELS[recall.level] < LEVELS["pharmacy"]):
        return None
    error = CustodyError("This is recalled: %(reason)s Hold it and return it.", reason=recall.reason)
    return say(Kind.BLOCKED, "recalled", error)


def _expired(expiry: str | None, now: str) -> Verdict | None:
    if expiry is None or expiry >= now[:10]:
        return None
    return say(Kind.BLOCKED, "expired", CustodyError("This expired on %(expiry)s.", expiry=expiry))
