"""Handing over: ship, void, refuse, return; also dispatches that arrive after their receipt (DESIGN section 5)."""

from traceability.custody.hearing import Hearing, Refusal, replace
from traceability.custody.rules_making import note_match
from traceability.custody.state import Condition, Item, Standing, active

PURPOSES = frozenset({"disposal", "export"})
"""Reasons for which goods out of trade may be shipped to anybody."""

RECEIPTS = frozenset({"received", "return_received"})


# Ship


def ship(hearing: Hearing) -> None:
    """The top items are on the road to the receiver; the sender keeps custody until the receipt."""
    receiver = _verify_ends(hearing)
    for epc in hearing.outermost():
        item = hearing.known(epc)
        if _is_late_dispatch(hearing, item, receiver):
            _explain_receipt(hearing, item)
            continue
        out = hearing.take_out(hearing.in_hand(epc))
        if out.condition.standing is Standing.OUT_OF_TRADE:
            _verify_purpose(hearing, out, receiver)
        else:
            hearing.verify_active(out)
            _verify_inside(hearing, out)
            _verify_not_recalled(hearing, out)
        _verify_owner(hearing, out)
        _send(hearing, out, receiver)


def _send(hearing: Hearing, item: Item, receiver: str, condition: Condition | None = None) -> None:
    hearing.put(
        replace(
            item,
            receiver=receiver,
            dispatch=hearing.position,
            acted=hearing.position,
            condition=item.condition if condition is None else condition,
        )
    )


def _verify_ends(hearing: Hearing) -> str:
    """The receiver of a dispatch, when both ends are as they must be."""
    hearing.verify_site()
    sender, receiver = hearing.sender(), hearing.receiver()
    if sender is not None and sender != hearing.iss:
        raise Refusal(
            hearing.rule("sender"),
            "The sender is %(sender)s, and only it signs that it ships.",
            sender=sender,
        )
    if receiver is None:
        raise Refusal(hearing.rule("receiver"), "Name the party that the goods go to.")
    if receiver == hearing.iss:
        raise Refusal(
            hearing.rule("receiver"),
            "Goods do not ship to the party that has them. Between your own places, move them.",
        )
    place = next((d.destination[-13:] for d in hearing.core.destinationList if d.type == "location"), None)
    site = None if place is None else hearing.registry.sites.get(place)
    if site is not None and site.party != receiver:
        raise Refusal(
            hearing.rule("place"),
            "%(site)s is not a place of the receiver. Choose the receiver's own place.",
            site=site.gln,
        )
    return receiver


def _verify_inside(hearing: Hearing, item: Item) -> None:
    if not item.life:
        return
    blocked = sum(blocked for _, blocked in hearing.inside(item).values())
    if blocked:
        raise Refusal(
            hearing.rule("blocked-inside"),
            "%(blocked)s items inside %(item)s are blocked. Take them out first, or return it as a whole.",
            item=item.epc,
            blocked=blocked,
        )


def _verify_not_recalled(hearing: Hearing, item: Item) -> None:
    if not hearing.registry.recalls:
        return
    if hearing.recall_of(item) is not None:
        raise Refusal(
            hearing.rule("recalled"), "%(item)s is recalled. Hold it and return it instead.", item=item.epc
        )
    inside = hearing.recall_inside(item)
    if inside is not None:
        raise Refusal(
            hearing.rule("recalled-inside"),
            "%(item)s holds recalled goods (%(what)s). Take them out first, or return it as a whole.",
            item=item.epc,
            what=inside[1],
        )


def _verify_purpose(hearing: Hearing, item: Item, receiver: str) -> None:
    hearing.verify_not_dispensed(item)
    if hearing.terms.reason in PURPOSES or hearing.registry.has_role(receiver, "regulator", "authority"):
        return
    raise Refusal(
        hearing.rule("out-of-trade"),
        "%(item)s is %(condition)s. It may go to an authority, or with the reason disposal or export.",
        item=item.epc,
        condition=item.condition.words,
    )


def _verify_owner(hearing: Hearing, item: Item) -> None:
    """Where ownership moves with the goods, it moves from the owner."""
    before, after = hearing.owners()
    if (before is None and after is None) or item.owner is None:
        return
    if (before or hearing.iss) != item.owner:
        raise Refusal(
            hearing.rule("owner"),
            "%(item)s belongs to %(owner)s. Ship it without a change of owner, or ask the owner to pass it on.",
            item=item.epc,
            owner=item.owner,
        )


# A dispatch that arrives after its receipt


def _is_late_dispatch(hearing: Hearing, item: Item, receiver: str) -> bool:
    """Whether the receiver has the item already, from a receipt that no dispatch explained."""
    if hearing.core.ref and _answers_receipt(hearing, item, receiver):
        return True
    top = hearing.top(item)
    if top.custodian != receiver or top.receiver is not None or item.dispatch is None:
        return False
    receipt = hearing.world.fact(item.dispatch)
    return (
        receipt is not None
        and receipt.act in RECEIPTS
        and receipt.party == receiver
        and receipt.counterparty in (None, hearing.iss)
    )


def _answers_receipt(hearing: Hearing, item: Item, receiver: str) -> bool:
    """Whether the dispatch names the unmatched receipt of this item, wherever the item is by now."""
    for statement_id in hearing.core.ref:
        receipt = hearing.world.fact_by_id(statement_id)
        if (
            receipt is not None
            and receipt.effect
            and receipt.unmatched
            and receipt.act in RECEIPTS
            and receipt.party == receiver
            and receipt.counterparty in (None, hearing.iss)
            and ("e", item.epc) in hearing.world.named(receipt.position)
        ):
            hearing.answer(receipt.position)
            if item.dispatch != receipt.position and receipt.position not in hearing.effect.matched:
                hearing.effect.matched.append(receipt.position)
            return True
    return False


def _explain_receipt(hearing: Hearing, item: Item) -> None:
    receipt = hearing.world.fact(item.dispatch) if item.dispatch is not None else None
    if receipt is None or receipt.act not in RECEIPTS:
        return  # the item has gone on since; the receipt itself is matched
    before, after = hearing.owners()
    hearing.answer(item.dispatch)
    hearing.put(
        replace(
            item,
            unmatched=False,
            dispatch=None,
            owner=after if after == receipt.party and item.owner in (None, before) else item.owner,
            acted=hearing.position,
        )
    )
    note_match(hearing, item)


# Void, refuse, return


def void(hearing: Hearing) -> None:
    """What is on the road and not yet received is back with its sender."""
    hearing.verify_site()
    refs = hearing.answered()
    for epc in hearing.outermost():
        item = hearing.known(epc)
        top = hearing.top(item)
        if top.custodian != hearing.iss or top.receiver is None:
            raise Refusal(
                hearing.rule("not-sent"),
                "%(item)s is not on the road from you. There is nothing to void.",
                item=epc,
            )
        if top.receiver == hearing.iss:
            raise Refusal(
                hearing.rule("refused"), "%(item)s was refused and is on its way back. Receive it.", item=epc
            )
        if refs and top.dispatch not in refs:
            raise Refusal(
                hearing.rule("ref"), "%(item)s went with another dispatch. Name that one.", item=epc
            )
        out = hearing.take_out(item)
        hearing.answer(out.dispatch)
        never_left = out.condition in (Condition.SHORT, Condition.EXPORTED)
        hearing.put(
            replace(
                out,
                receiver=None,
                dispatch=None,
                condition=active(out) if never_left else out.condition,
                acted=hearing.position,
            )
        )


def refuse(hearing: Hearing) -> None:
    """What is on the road to the signer goes back to its sender, who gets it back held."""
    hearing.verify_site()
    back_to = hearing.receiver()
    for epc in hearing.outermost():
        item = hearing.known(epc)
        top = hearing.top(item)
        if top.receiver != hearing.iss or top.custodian == hearing.iss or top.custodian is None:
            raise Refusal(
                hearing.rule("not-coming"),
                "%(item)s is not on the road to you. What you hold already, return.",
                item=epc,
            )
        if back_to is not None and back_to not in (top.custodian, hearing.iss):
            raise Refusal(
                hearing.rule("receiver"), "%(item)s goes back to who sent it, and to nobody else.", item=epc
            )
        out = hearing.take_out(item)
        hearing.answer(out.dispatch)
        _send(hearing, out, top.custodian, _returned(out))


def send_back(hearing: Hearing) -> None:
    """Goods are returned, also held or recalled ones; they land held."""
    receiver = _verify_ends(hearing)
    for epc in hearing.outermost():
        out = hearing.take_out(hearing.in_hand(epc))
        if out.condition.standing is Standing.OUT_OF_TRADE:
            hearing.verify_not_dispensed(out)
            raise Refusal(
                hearing.rule("out-of-trade"),
                "%(item)s is %(condition)s. Ship it for disposal, for export or to an authority.",
                item=epc,
                condition=out.condition.words,
            )
        _verify_owner(hearing, out)
        _send(hearing, out, receiver, _returned(out))


def _returned(item: Item) -> Condition:
    return item.condition if item.condition.blocked else Condition.RETURNED
