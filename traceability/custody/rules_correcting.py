"""Taking back what was said (DESIGN section 5, correct).

The original stays visible, struck. Where nothing was built on it the state goes back; where others built
on it, their statements stand, flagged, and one of them must have countersigned.
"""

from collections.abc import Callable

from traceability.custody.acts import ACTS, CORRECTED
from traceability.custody.hearing import ActStatement, Hearing, Refusal, replace
from traceability.custody.state import Condition, Fact, Item, World, active

REVERSED_BY: dict[str, str] = {
    "packed": "unpacked",
    "unpacked": "packed",
    "shipped": "voided",
    "returned": "voided",
    "voided": "shipped",
    "moved": "moved",
    "dispensed": "undone",
    "partly_dispensed": "undone",
    "undone": "dispensed",
    "held": "released",
    "released": "held",
    "recall_held": "released",
    "stolen": "found",
    "lost": "found",
}
"""Acts that have an act which reverses them."""


def correct(hearing: Hearing) -> None:
    """Strike the statement named first in `ref`; the others named are countersignatures."""
    original = _original(hearing)
    _verify_same(hearing, original)
    hearing.answer(original.position)
    items = _items(hearing)
    touched = [item for item in items if item.acted != original.position]
    builders = _builders(hearing, original, items)
    if original.party != hearing.iss:
        if hearing.iss not in builders:
            raise Refusal(
                hearing.rule("not-yours"),
                "That statement is corrected by the party that signed it, and countersigned by those who built on it.",
            )
        return  # a countersignature: it strikes nothing by itself
    if original.act == CORRECTED:
        raise Refusal(
            hearing.rule("correction"), "A correction is not corrected. Sign the act again instead."
        )
    if builders:
        _verify_countersigned(hearing, original, builders)
    elif not touched:
        _reverse(hearing, original, items)
    hearing.effect.struck.append(original.position)


def correct_lots(hearing: Hearing) -> None:
    """The same; packs that others have handed on keep their holder and lose the lot they were never of, so that
    they can be commissioned again with the right one (version 3)."""
    correct(hearing)
    for position in hearing.effect.struck:
        original = hearing.world.fact(position)
        if original is not None and original.act == "commissioned":
            for epc in hearing.epcs("e"):
                item = hearing.known(epc)
                if item.lot is not None:
                    hearing.put(replace(item, lot=None, acted=hearing.position))


def _original(hearing: Hearing) -> Fact:
    original = hearing.world.fact_by_id(hearing.core.ref[0])
    if original is None or not original.effect:
        raise Refusal(
            hearing.rule("ref"), "Name the statement to correct; this log has none such with effect."
        )
    if original.struck is not None:
        raise Refusal(hearing.rule("struck"), "That statement has been corrected already.")
    return original


def _verify_same(hearing: Hearing, original: Fact) -> None:
    """The event is repeated as it was, apart from the error declaration."""
    act, core = ACTS.get(original.act), hearing.core
    same = (
        act is not None
        and core.type is act.type
        and core.action is act.action
        and (core.bizStep in act.steps or (not act.steps and core.bizStep is None))
        and core.disposition in act.dispositions
        and core.eventTime == original.event_time
        and core.parentID == original.parent
        and hearing.world.named(original.position) == hearing.statement.items
    )
    if not same:
        if original.act == CORRECTED:
            return
        raise Refusal(
            hearing.rule("same"),
            "A correction repeats the event as it was: type, step, time, container and items.",
        )


def _builders(hearing: Hearing, original: Fact, items: list[Item]) -> set[str]:
    """Other parties whose later statements rest on the original."""
    found: set[str | None] = set()
    for item in items:
        if item.acted > original.position:
            later = hearing.world.fact(item.acted)
            found.add(None if later is None or later.struck is not None else later.party)
            top = hearing.top(item)
            found.add(top.custodian)
    return {party for party in found if party is not None} - {original.party}


def missing_countersignatures(statement: ActStatement, world: World) -> frozenset[str]:
    """The parties that have built on a statement and whose countersignature its correction does not name yet.

    Raises Refusal where it is no correction of a statement that stands.
    """
    hearing = Hearing(statement, world)
    original = _original(hearing)
    _verify_same(hearing, original)
    builders = _builders(hearing, original, _items(hearing))
    return frozenset(builders - {fact.party for fact in _countersigned(hearing, original)})


def _items(hearing: Hearing) -> list[Item]:
    return [hearing.known(epc) for epc in hearing.epcs("e") + hearing.epcs("c") + hearing.epcs("o")]


def _countersigned(hearing: Hearing, original: Fact) -> list[Fact]:
    named = [hearing.world.fact_by_id(statement_id) for statement_id in hearing.core.ref[1:]]
    return [
        fact
        for fact in named
        if fact is not None and fact.act == CORRECTED and fact.effect and original.position in fact.ref
    ]


def _verify_countersigned(hearing: Hearing, original: Fact, builders: set[str]) -> None:
    signed = _countersigned(hearing, original)
    for fact in signed:
        hearing.answer(fact.position)
    missing = builders - {fact.party for fact in signed}
    if missing:
        raise Refusal(
            hearing.rule("countersignature"),
            "%(party)s has built on that statement. Ask for its countersignature: the same correction, signed by it.",
            party=min(missing),
        )


# Putting the state back


def _reverse(hearing: Hearing, original: Fact, items: list[Item]) -> None:
    by = REVERSED_BY.get(original.act)
    if by is not None:
        raise Refusal(
            hearing.rule("reverse"),
            "Nothing was built on that statement yet: reverse it with an act that means %(meaning)s.",
            meaning=by,
        )
    reverse = _REVERSALS.get(original.act)
    if reverse is not None:
        for item in items:
            reverse(hearing, original, item)


def _unmake(hearing: Hearing, _original: Fact, item: Item) -> None:
    """The item was never made: its code waits for the commissioning that is right."""
    if hearing.inside(item):
        raise Refusal(
            hearing.rule("not-empty"), "%(item)s is not empty. Take everything out first.", item=item.epc
        )
    out = hearing.take_out(item)
    hearing.put(Item(item.epc, life=out.life, born=out.born, unmatched=True, acted=hearing.position))


def _back_on_the_road(hearing: Hearing, original: Fact, item: Item) -> None:
    """A receipt did not happen: the goods are still coming from who sent them."""
    sent = [fact for fact in map(hearing.world.fact, original.ref) if fact is not None]
    if len(sent) != 1 or original.unmatched:
        return  # where it was before is not known: the statement is struck, custody stays
    if item.container is not None or item.custodian != original.party:
        return
    hearing.put(
        replace(
            item,
            custodian=_sender(sent[0]),
            site=sent[0].site,
            receiver=original.party,
            dispatch=sent[0].position,
            acted=hearing.position,
        )
    )


def _sender(dispatch: Fact) -> str:
    """Who had custody while a dispatch was on the road: its signer, or the sender of what was refused."""
    if dispatch.act == "refused" and dispatch.counterparty is not None:
        return dispatch.counterparty
    return dispatch.party


def _still_coming(hearing: Hearing, original: Fact, item: Item) -> None:
    """A refusal did not happen: the goods are still on the road to the signer."""
    if len(original.ref) == 1 and item.receiver is not None:
        hearing.put(
            replace(
                item,
                receiver=original.party,
                dispatch=original.ref[0],
                condition=active(item) if item.condition is Condition.RETURNED else item.condition,
                acted=hearing.position,
            )
        )


def _hold_instead(hearing: Hearing, _original: Fact, item: Item) -> None:
    """Out of trade by mistake: back in hand, held until somebody has looked."""
    hearing.put(replace(item, condition=Condition.HELD, receiver=None, dispatch=None, acted=hearing.position))


def _owner_before(hearing: Hearing, original: Fact, item: Item) -> None:
    terms = hearing.world.terms(original.position)
    if terms is not None and terms.sourceList:
        before = terms.sourceList[0].source[-13:]
        hearing.put(replace(item, owner=before, acted=hearing.position))


def _unrepackage(hearing: Hearing, original: Fact, item: Item) -> None:
    """Outputs were never made; inputs are packs again."""
    _unmake(hearing, original, item)
    for epc in hearing.epcs("i"):
        source = hearing.known(epc)
        if source.condition is Condition.TRANSFORMED and source.acted == original.position:
            hearing.put(replace(source, condition=active(source), dispatch=None, acted=hearing.position))


_REVERSALS: dict[str, Callable[[Hearing, Fact, Item], None]] = {
    "commissioned": _unmake,
    "opened": _unmake,
    "received": _back_on_the_road,
    "return_received": _back_on_the_road,
    "refused": _still_coming,
    "ownership_accepted": _owner_before,
    "sampled": _hold_instead,
    "decommissioned": _hold_instead,
    "exported": _hold_instead,
    "repackaged": _unrepackage,
    "relabelled": _unrepackage,
}
"""How the state goes back. What is destroyed stays so: a final state never changes; the rest is struck."""
