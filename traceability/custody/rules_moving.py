"""Handing over and taking over: ship, void, receive, refuse, return, move (DESIGN section 5)."""

from traceability.custody.hearing import GONE, SGTIN, Hearing, Refusal, replace
from traceability.custody.rules_making import note_match
from traceability.custody.state import Condition, Item, Standing

PURPOSES = frozenset({"disposal", "export"})
"""Reasons for which goods out of trade may be shipped to anybody."""

RECEIPTS = frozenset({"received", "return_received"})


def active(item: Item) -> Condition:
    """The active condition that fits an item: whole, or partly dispensed."""
    return Condition.ACTIVE if item.left is None else Condition.PARTLY_DISPENSED


def named(condition: Condition) -> str:
    """A condition in a sentence."""
    return condition.name.lower().replace("_", " ")


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
        condition=named(item.condition),
    )


def owners(hearing: Hearing) -> tuple[str | None, str | None]:
    """The owner before and after, as the terms say; None where they do not."""
    terms = hearing.terms
    before = terms.sourceList[0].source[-13:] if terms.sourceList else None
    return before, terms.destinationList[0].destination[-13:] if terms.destinationList else None


def _verify_owner(hearing: Hearing, item: Item) -> None:
    """Where ownership moves with the goods, it moves from the owner."""
    before, after = owners(hearing)
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
    before, after = owners(hearing)
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
    refs = _positions(hearing)
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
                condition=named(out.condition),
            )
        _verify_owner(hearing, out)
        _send(hearing, out, receiver, _returned(out))


def _returned(item: Item) -> Condition:
    return item.condition if item.condition.blocked else Condition.RETURNED


def _positions(hearing: Hearing) -> list[int]:
    """Positions of the statements that the core names, those that this log has."""
    found = [hearing.world.position(statement_id) for statement_id in hearing.core.ref]
    return [position for position in found if position is not None]


# Receive


def receive(hearing: Hearing) -> None:
    """The signer has it: out of transit, or unmatched where nobody handed it over."""
    hearing.verify_site()
    receiver = hearing.receiver()
    if receiver not in (None, hearing.iss):
        raise Refusal(
            hearing.rule("receiver"), "The receiver is %(receiver)s, and only it signs.", receiver=receiver
        )
    for position in _positions(hearing):
        hearing.answer(position)
    epcs = hearing.outermost()
    for epc in hearing.epcs("c"):
        _miss(hearing, epc, epcs)
    for epc in epcs:
        item = hearing.item(epc)
        if item is None:
            hearing.put(_sighted(hearing, epc))
        elif hearing.top(item).receiver == hearing.iss:
            _take_over(hearing, item)
        else:
            _take_unannounced(hearing, item)


def _take_over(hearing: Hearing, item: Item) -> None:
    out = hearing.take_out(item)
    if out.condition is Condition.DESTROYED:
        hearing.verify_here(out)
    hearing.answer(out.dispatch)
    condition = active(out) if out.condition is Condition.SHORT else out.condition
    if hearing.terms.meaning == "return_received" and not condition.blocked:
        condition = Condition.RETURNED
    hearing.put(
        replace(
            out,
            custodian=hearing.iss,
            site=hearing.site,
            receiver=None,
            dispatch=None,
            unmatched=False,
            owner=_owner_after(hearing, out),
            condition=condition,
            acted=hearing.position,
        )
    )


def _owner_after(hearing: Hearing, item: Item) -> str | None:
    """Ownership moves where the dispatch says so and the receipt, signed by the new owner, repeats it."""
    before, after = owners(hearing)
    if after is None:
        return item.owner
    terms = None if item.dispatch is None else hearing.world.terms(item.dispatch)
    sent = terms.destinationList[0].destination[-13:] if terms is not None and terms.destinationList else None
    came = terms.sourceList[0].source[-13:] if terms is not None and terms.sourceList else None
    if after != sent or (before or came) != came or after != hearing.iss:
        raise Refusal(
            hearing.rule("owner"),
            "The dispatch of %(item)s does not make you its owner. Receive it without a change of owner.",
            item=item.epc,
        )
    return after


def _sighted(hearing: Hearing, epc: str) -> Item:
    """Something that the log had never heard of."""
    hearing.effect.unmatched = True
    returned = hearing.terms.meaning == "return_received"
    return Item(
        epc,
        life=0 if epc.startswith(SGTIN) else 1,
        born=hearing.position,
        condition=Condition.RETURNED if returned else Condition.ACTIVE,
        custodian=hearing.iss,
        site=hearing.site,
        owner=owners(hearing)[1],
        dispatch=hearing.position,
        unmatched=True,
        acted=hearing.position,
    )


def _take_unannounced(hearing: Hearing, item: Item) -> None:
    """Something that the log knows elsewhere, and that is here: overage, misdelivery, missing data."""
    top = hearing.top(item)
    if top.custodian == hearing.iss:
        if top.receiver is not None:
            raise Refusal(
                hearing.rule("sent"), "%(item)s is on the road from you. Void the dispatch.", item=item.epc
            )
        raise Refusal(hearing.rule("held"), "You have received %(item)s already.", item=item.epc)
    condition = hearing.condition(item)
    if condition.standing >= Standing.OUT_OF_TRADE:
        hearing.verify_not_dispensed(item)
        raise Refusal(
            hearing.rule("out-of-trade"),
            "%(item)s is %(condition)s and nobody sent it. Put it aside and call your quality person.",
            item=item.epc,
            condition=named(condition),
        )
    hearing.effect.unmatched = True
    out = hearing.take_out(item)
    if condition in GONE:
        condition = condition if condition is Condition.STOLEN else Condition.FOUND
    elif hearing.terms.meaning == "return_received" and not condition.blocked:
        condition = Condition.RETURNED
    hearing.put(
        replace(
            out,
            custodian=hearing.iss,
            site=hearing.site,
            receiver=None,
            dispatch=hearing.position,
            unmatched=True,
            condition=condition,
            acted=hearing.position,
        )
    )


def _miss(hearing: Hearing, epc: str, received: list[str]) -> None:
    """Contents that are not there leave the container, on the road still, short."""
    item = hearing.known(epc)
    top = hearing.top(item)
    if item.container is None or top.receiver != hearing.iss:
        raise Refusal(
            hearing.rule("missing"),
            "%(item)s is not inside anything on the road to you, so it cannot be missing.",
            item=epc,
        )
    if not any(container.epc in received for container in hearing.above(item)):
        raise Refusal(
            hearing.rule("missing"), "%(item)s is inside something that you do not receive here.", item=epc
        )
    out = hearing.take_out(item)
    hearing.put(
        replace(
            out,
            condition=out.condition if out.condition.blocked else Condition.SHORT,
            acted=hearing.position,
        )
    )


# Move, change owner


def move(hearing: Hearing) -> None:
    """Goods go to another place of the same party."""
    hearing.verify_site()
    if hearing.site is None:
        raise Refusal(hearing.rule("no-site"), "Name the place that the goods are at now.")
    institution = hearing.registry.has_role(hearing.iss, "institution")
    for epc in hearing.outermost():
        item = hearing.in_hand(epc)
        if not institution:
            hearing.verify_not_dispensed(item)
        out = hearing.take_out(item)
        hearing.put(replace(out, site=hearing.site, acted=hearing.position))


def offer_ownership(hearing: Hearing) -> None:
    """The owner offers ownership; nothing changes until the new owner accepts."""
    before, after = owners(hearing)
    if before != hearing.iss or after == hearing.iss:
        raise Refusal(hearing.rule("ends"), "Ownership is offered by its owner, to somebody else.")
    for epc in hearing.outermost():
        item = hearing.known(epc)
        _verify_owns(hearing, item, hearing.iss)
        hearing.put(replace(item, acted=hearing.position))


def accept_ownership(hearing: Hearing) -> None:
    """The new owner countersigns; custody is unchanged."""
    before, after = owners(hearing)
    offer = hearing.world.fact_by_id(hearing.core.ref[0])
    if offer is None or not offer.effect or offer.act != "ownership_offered" or offer.struck is not None:
        raise Refusal(hearing.rule("ref"), "Name the offer of ownership that this accepts.")
    terms = hearing.world.terms(offer.position)
    if terms is None or (terms.sourceList, terms.destinationList) != (
        hearing.terms.sourceList,
        hearing.terms.destinationList,
    ):
        raise Refusal(hearing.rule("ends"), "The offer names other owners.")
    if after != hearing.iss:
        raise Refusal(hearing.rule("ends"), "Ownership is accepted by the new owner, %(owner)s.", owner=after)
    hearing.answer(offer.position)
    offered = {epc for _, epc in hearing.world.named(offer.position)}
    for epc in hearing.outermost():
        if epc not in offered:
            raise Refusal(hearing.rule("not-offered"), "%(item)s was not offered.", item=epc)
        item = hearing.known(epc)
        _verify_owns(hearing, item, before or offer.party)
        hearing.put(replace(item, owner=after, acted=hearing.position))


def _verify_owns(hearing: Hearing, item: Item, owner: str) -> None:
    if hearing.condition(item).standing is Standing.ENDED:
        hearing.verify_here(item)
    top = hearing.top(item)
    known = item.owner or top.owner or top.custodian
    if known != owner:
        raise Refusal(
            hearing.rule("owner"), "%(item)s does not belong to %(owner)s.", item=item.epc, owner=owner
        )
