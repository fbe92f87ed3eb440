"""From the pharmacy to the patient and back: dispense, undo, take back (DESIGN section 5)."""

from collections.abc import Callable

from traceability.custody.hearing import SGTIN, Hearing, Refusal, replace
from traceability.custody.registry import LEVELS
from traceability.custody.state import Condition, Fact, Item
from traceability.custody.times import UNDO_WITHIN, seconds

COUNTERS = ("pharmacy", "institution")
"""Roles of parties that may dispense."""


def dispense(hearing: Hearing) -> None:
    """Packs go to patients, whole or in part; a pack on the road to the signer is received by it."""
    hearing.verify_site()
    _verify_counter(hearing)
    for epc in hearing.outermost():
        item = hearing.known(epc)
        top = hearing.top(item)
        coming = top.receiver == hearing.iss
        if not coming:
            hearing.in_hand(epc)
        if not epc.startswith(SGTIN):
            raise Refusal(
                hearing.rule("not-a-pack"), "%(item)s is no pack. Dispense the packs in it.", item=epc
            )
        hearing.verify_active(item)
        _verify_usable(hearing, item)
        _verify_contents(hearing, item)
        out = hearing.take_out(item)
        if coming:
            hearing.answer(out.dispatch)
        left = _left(hearing, out)
        hearing.put(
            replace(
                out,
                custodian=hearing.iss,
                site=hearing.site or (None if coming else out.site),
                receiver=None,
                dispatch=hearing.position,
                unmatched=out.unmatched and not coming,
                condition=Condition.DISPENSED if not left else Condition.PARTLY_DISPENSED,
                left=left,
                acted=hearing.position,
            )
        )


def dispense_again(hearing: Hearing) -> None:
    """The same, naming the earlier dispensing of what was opened before, so that both can be undone (version 3)."""
    for epc in hearing.outermost():
        item = hearing.item(epc)
        earlier = None if item is None or item.dispatch is None else hearing.world.fact(item.dispatch)
        if earlier is not None and earlier.act == "partly_dispensed":
            hearing.answer(earlier.position)
    dispense(hearing)


def _verify_counter(hearing: Hearing) -> None:
    if not hearing.registry.has_role(hearing.iss, *COUNTERS):
        raise Refusal(hearing.rule("role"), "Only pharmacies and institutions dispense. Ship it to one.")


def _verify_usable(hearing: Hearing, item: Item) -> None:
    if item.lot is not None and item.lot.expiry < hearing.day:
        raise Refusal(
            hearing.rule("expired"),
            "%(item)s expired on %(expiry)s. Hold it and return it, or destroy it.",
            item=item.epc,
            expiry=item.lot.expiry,
        )
    if item.lot is not None and item.lot.expiry < hearing.statement.admitted[:10]:
        hearing.effect.late = True  # in time by the signer's clock only
    recall = hearing.recall_of(item)
    if recall is not None and LEVELS[recall.level] >= LEVELS["pharmacy"]:
        raise Refusal(
            hearing.rule("recalled"), "%(item)s is recalled. Hold it and return it instead.", item=item.epc
        )


def _verify_contents(hearing: Hearing, item: Item) -> None:
    counts = hearing.inside(item)
    if not counts:
        return
    if any(blocked for _, blocked in counts.values()):
        raise Refusal(
            hearing.rule("blocked-inside"),
            "Something inside %(item)s is blocked. Take it out first.",
            item=item.epc,
        )
    if any(lot is not None and lot.expiry < hearing.day for lot in counts):
        raise Refusal(
            hearing.rule("expired"),
            "%(item)s expired on %(expiry)s. Hold it and return it, or destroy it.",
            item=item.epc,
            expiry=min(lot.expiry for lot in counts if lot is not None),
        )
    recall = hearing.recall_inside(item)
    if recall is not None and LEVELS[recall[0].level] >= LEVELS["pharmacy"]:
        raise Refusal(
            hearing.rule("recalled"), "%(item)s is recalled. Hold it and return it instead.", item=item.epc
        )


def _left(hearing: Hearing, item: Item) -> int | None:
    """Units left afterwards; None where the whole pack goes."""
    amount = hearing.terms.amount
    if amount is None:
        return None if item.left is None else 0
    if item.left is not None and amount.left != item.left - amount.taken:
        raise Refusal(
            hearing.rule("amount"),
            "%(item)s has %(left)s units left, so after %(taken)s there are not %(after)s.",
            item=item.epc,
            left=item.left,
            taken=amount.taken,
            after=amount.left,
        )
    return amount.left


def undo(hearing: Hearing) -> None:
    """A dispensing is taken back by the counter that made it: the packs never reached the public."""
    _undo(hearing, lambda _epc, _dispensing: None)


def undo_last(hearing: Hearing) -> None:
    """The same; what was dispensed before it, of a pack given out in parts, can then be undone (version 3)."""
    _undo(hearing, lambda epc, dispensing: _before(hearing, epc, dispensing))


def _before(hearing: Hearing, epc: str, dispensing: Fact) -> int | None:
    """Position of the dispensing of a pack before its last one; None where that was the first."""
    facts = [fact for fact in map(hearing.world.fact, dispensing.ref) if fact is not None]
    return next(
        (
            fact.position
            for fact in facts
            if fact.act == "partly_dispensed"
            and any(named == epc for _, named in hearing.world.named(fact.position))
        ),
        None,
    )


def _undo(hearing: Hearing, before: Callable[[str, Fact], int | None]) -> None:
    hearing.verify_site()
    for epc in hearing.outermost():
        item = hearing.known(epc)
        dispensing = _dispensing(hearing, item)
        hearing.answer(dispensing.position)
        _verify_undoable(hearing, item, dispensing)
        out = hearing.take_out(item)
        hearing.put(
            replace(
                out,
                condition=Condition.PARTLY_DISPENSED if out.left is not None else Condition.ACTIVE,
                left=_put_back(hearing, out, dispensing),
                dispatch=before(epc, dispensing),
                acted=hearing.position,
            )
        )


def _dispensing(hearing: Hearing, item: Item) -> Fact:
    """The dispensing that the statement names and that is this item's last."""
    if item.condition not in (Condition.DISPENSED, Condition.PARTLY_DISPENSED) or item.dispatch is None:
        raise Refusal(hearing.rule("not-dispensed"), "%(item)s is not dispensed.", item=item.epc)
    fact = hearing.world.fact(item.dispatch)
    if fact is None or fact.act not in ("dispensed", "partly_dispensed") or fact.id not in hearing.core.ref:
        raise Refusal(
            hearing.rule("ref"),
            "Name the dispensing of %(item)s that is to be undone, its last.",
            item=item.epc,
        )
    return fact


def _verify_undoable(hearing: Hearing, item: Item, dispensing: Fact) -> None:
    if dispensing.party != hearing.iss or dispensing.site != hearing.site:
        raise Refusal(
            hearing.rule("site"), "%(item)s was dispensed elsewhere. Only there is it undone.", item=item.epc
        )
    now, then = seconds(hearing.core.eventTime), seconds(dispensing.event_time)
    if not 0 <= now - then <= UNDO_WITHIN:
        raise Refusal(
            hearing.rule("too-late"),
            "%(item)s was dispensed on %(then)s. A dispensing is undone within 240 hours; take it back instead.",
            item=item.epc,
            then=dispensing.event_time,
        )
    if seconds(hearing.statement.admitted) - then > UNDO_WITHIN:
        hearing.effect.late = True  # in time by the signer's clock only
    if item.lot is not None and item.lot.expiry < hearing.day:
        raise Refusal(
            hearing.rule("expired"), "%(item)s has expired. It cannot go back to the shelf.", item=item.epc
        )
    if hearing.recall_of(item) is not None or hearing.recall_inside(item) is not None:
        raise Refusal(
            hearing.rule("recalled"),
            "%(item)s is recalled. Take it back instead; it lands held.",
            item=item.epc,
        )


def _put_back(hearing: Hearing, item: Item, dispensing: Fact) -> int | None:
    """Units in the pack again: an opened pack stays partly dispensed."""
    if item.left is None:
        return None
    terms = hearing.world.terms(dispensing.position)
    if terms is not None and terms.amount is not None:
        return item.left + terms.amount.taken
    given = hearing.terms.amount
    if given is None:
        raise Refusal(
            hearing.rule("amount"),
            "%(item)s was opened before. Say how many units go back into it and how many it has then.",
            item=item.epc,
        )
    return given.left


def take_back(hearing: Hearing) -> None:
    """Dispensed packs come back from patients; they land held and are never active again."""
    hearing.verify_site()
    _verify_counter(hearing)
    for epc in hearing.outermost():
        item = hearing.item(epc)
        if item is None:
            hearing.effect.unmatched = True
            item = Item(epc, life=0 if epc.startswith(SGTIN) else 1, born=hearing.position, unmatched=True)
        elif hearing.condition(item) is not Condition.DISPENSED:
            raise Refusal(
                hearing.rule("not-dispensed"),
                "%(item)s was never dispensed. Receive it, or call your quality person.",
                item=epc,
            )
        else:
            item = hearing.take_out(item)
        hearing.put(
            replace(
                item,
                condition=Condition.TAKEN_BACK,
                custodian=hearing.iss,
                site=hearing.site,
                receiver=None,
                dispatch=hearing.position if item.unmatched else None,
                acted=hearing.position,
            )
        )
