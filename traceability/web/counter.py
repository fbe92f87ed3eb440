"""What a pharmacist may do next with what was scanned, asked of the rules before it is offered."""

import re
from datetime import datetime, timedelta

import msgspec
from flask_login import current_user

from traceability.custody.compose import compose
from traceability.custody.rules import ActStatement, Refusal, decide
from traceability.custody.state import Condition, Fact, Item
from traceability.custody.times import UNDO_WITHIN
from traceability.custody.verdict import Kind
from traceability.ledger.history import Snapshot
from traceability.web import directory
from traceability.web.language import tell
from traceability.web.parts import parts
from traceability.web.reading import kind_of, packs_inside

CHOICES: dict[Kind, tuple[str, ...]] = {
    Kind.SCANNER_FAULT: ("scanned_again", "typed_in", "put_aside"),
    Kind.DATA_GAP: ("asked_sender", "put_aside", "waiting"),
    Kind.BLOCKED: ("put_aside", "returning", "told_quality", "undone"),
    Kind.SUSPECT: ("put_aside", "told_quality", "told_authority"),
}
"""What a person may have done about a verdict that is not clear, the first being the usual thing."""

_DISPENSED = frozenset({Condition.DISPENSED, Condition.PARTLY_DISPENSED})
_UNITS = re.compile(r"\s*([0-9]{1,4})\b")


class Undo(msgspec.Struct, frozen=True, omit_defaults=True):
    """A dispensing of one's own that may be taken back, or the condition that fails."""

    ref: str
    """Its statement."""
    at: str
    """When it was dispensed."""
    until: str
    """When its 240 hours are over."""
    refused: str = ""
    """The rule's sentence where it may not be undone any more, or not here."""


class Offer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the counter offers for one scanned item."""

    kind: str = ""
    """pack, case, unit or asset."""
    dispense: bool = False
    packs: int = 0
    """Packs inside a container, all of which may be dispensed at once."""
    units: int = 0
    """Units in a whole pack, where its product says so; 0 where nobody has said."""
    left: int | None = None
    """Units left in an opened pack."""
    hold: bool = False
    """Whether it may be held with a signature: set aside in one's own custody."""
    undo: Undo | None = None


def offer(kind: Kind, epc: str, item: Item | None, view: Snapshot) -> Offer:
    """What may be done with an item at the counter, given the kind of its verdict."""
    if not epc:
        return Offer()
    clear = kind is Kind.CLEAR
    is_container = item is not None and bool(view.contents(epc))
    return Offer(
        kind=kind_of(epc),
        dispense=clear and not is_container and kind_of(epc) == "pack",
        packs=packs_inside(view, epc) if clear and is_container else 0,
        units=units_of(item),
        left=item.left if item is not None else None,
        hold=not clear and item is not None and _refusal("held", epc, view) is None,
        undo=None if item is None else _undo(item, view),
    )


def units_of(item: Item | None) -> int:
    """Units in a whole pack: 20 of "20 capsules"; 0 where the product does not say."""
    product = None if item is None or item.lot is None else directory.product_of(item.lot.gtin)
    found = None if product is None or not product.pack else _UNITS.match(product.pack)
    return int(found[1]) if found else 0


def _undo(item: Item, view: Snapshot) -> Undo | None:
    if item.condition not in _DISPENSED or item.dispatch is None:
        return None
    fact = view.fact(item.dispatch)
    if fact is None or fact.party != current_user.party or fact.act not in {"dispensed", "partly_dispensed"}:
        return None
    refusal = _refusal("undone", item.epc, view, fact)
    return Undo(fact.id, fact.event_time, _end_of(fact), "" if refusal is None else tell(refusal))


def _end_of(dispensing: Fact) -> str:
    end = datetime.fromisoformat(dispensing.event_time) + timedelta(seconds=UNDO_WITHIN)
    return end.isoformat(timespec="seconds")


def _refusal(meaning: str, epc: str, view: Snapshot, answered: Fact | None = None) -> Refusal | None:
    """Why the rules would not allow an act on an item here and now; None where they would."""
    now = parts().now()
    composed = compose(
        meaning,
        time=now[:19] + "+00:00",
        items=[epc],
        site=current_user.site,
        ref=[answered.id] if answered is not None else [],
    )
    act = ActStatement(
        position=view.reader.size(),
        id="",
        iss=current_user.party,
        kid="",
        iat=now[:19] + "+00:00",
        admitted=now,
        core=composed.core,
        terms=composed.terms,
        items=composed.items,
        last_iat=None,
    )
    try:
        decide(act, view)
    except Refusal as refusal:
        return refusal
    return None
