"""Taking over: receive, with what is missing, too much or unannounced (DESIGN section 5)."""

from traceability.custody.hearing import GONE, SGTIN, Hearing, Refusal, replace
from traceability.custody.state import Condition, Item, Standing, active


def receive(hearing: Hearing) -> None:
    """The signer has it: out of transit, or unmatched where nobody handed it over."""
    hearing.verify_site()
    receiver = hearing.receiver()
    if receiver not in (None, hearing.iss):
        raise Refusal(
            hearing.rule("receiver"), "The receiver is %(receiver)s, and only it signs.", receiver=receiver
        )
    for position in hearing.answered():
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
    before, after = hearing.owners()
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
        owner=hearing.owners()[1],
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
            condition=condition.words,
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
