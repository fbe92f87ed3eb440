"""What stops goods, for a while or for ever: hold, sample, export, destroy, lose, find (DESIGN section 5)."""

from collections.abc import Iterator

from traceability.custody.hearing import GONE, Hearing, Refusal, replace
from traceability.custody.registry import gtin_of
from traceability.custody.state import Condition, Fact, Item, Standing, active
from traceability.epcis.terms import Terms

RELEASABLE = frozenset({Condition.HELD, Condition.RETURNED, Condition.RECALL_HELD, Condition.FOUND})


def _set(hearing: Hearing, item: Item, condition: Condition) -> Item:
    return hearing.put(
        replace(
            hearing.take_out(item),
            condition=condition,
            site=hearing.site or hearing.top(item).site,
            acted=hearing.position,
        )
    )


def hold(hearing: Hearing) -> None:
    """The signer holds goods back from trade."""
    hearing.verify_site()
    for epc in hearing.outermost():
        item = hearing.in_hand(epc)
        hearing.verify_active(item)
        _set(hearing, item, Condition.HELD)


def release(hearing: Hearing) -> None:
    """Held goods were found good and are active again."""
    hearing.verify_site()
    for epc in hearing.outermost():
        item = hearing.in_hand(epc)
        condition = hearing.condition(item)
        if condition is Condition.TAKEN_BACK:
            raise Refusal(
                hearing.rule("from-patient"),
                "%(item)s came back from a patient and is never active again. Destroy it, or return it.",
                item=epc,
            )
        if condition not in RELEASABLE:
            raise Refusal(
                hearing.rule("not-held"),
                "%(item)s is %(condition)s. Only held goods are released.",
                item=epc,
                condition=condition.words,
            )
        if hearing.recall_of(item) is not None or hearing.recall_inside(item) is not None:
            raise Refusal(
                hearing.rule("recalled"),
                "%(item)s is recalled. It is released when the recall is lifted.",
                item=epc,
            )
        _set(hearing, item, active(item))


def recall_hold(hearing: Hearing) -> None:
    """The signer holds recalled goods for their return."""
    hearing.verify_site()
    for epc in hearing.outermost():
        item = hearing.in_hand(epc)
        condition = hearing.condition(item)
        if condition in (Condition.TAKEN_BACK, Condition.RECALL_HELD):
            raise Refusal(hearing.rule("held"), "%(item)s is held already.", item=epc)
        if condition.standing >= Standing.OUT_OF_TRADE:
            hearing.verify_active(item)
        if hearing.recall_of(item) is None and hearing.recall_inside(item) is None:
            raise Refusal(
                hearing.rule("not-recalled"),
                "No recall in force is about %(item)s. Hold it for another reason instead.",
                item=epc,
            )
        _set(hearing, item, Condition.RECALL_HELD)


# Out of trade


def sample(hearing: Hearing) -> None:
    """Goods are taken as a sample and leave the trade."""
    hearing.verify_site()
    for epc in hearing.outermost():
        item = hearing.in_hand(epc)
        _verify_in_trade(hearing, item)
        _set(hearing, item, Condition.SAMPLED)


def decommission(hearing: Hearing) -> None:
    """A code is taken out of use, by who holds the item or by its maker wherever it is."""
    for epc in hearing.outermost():
        item = hearing.known(epc)
        top = hearing.top(item)
        holds = top.custodian == hearing.iss and top.receiver is None
        if not holds and not hearing.registry.is_maker_of(hearing.iss, gtin_of(epc)):
            raise Refusal(
                hearing.rule("not-held"), "%(item)s is neither in your custody nor your product.", item=epc
            )
        if holds:
            hearing.verify_here(item)
        _verify_in_trade(hearing, item)
        if hearing.inside(item):
            raise Refusal(
                hearing.rule("not-empty"), "%(item)s is not empty. Take everything out first.", item=epc
            )
        if holds:
            _set(hearing, item, Condition.DECOMMISSIONED)
        else:
            hearing.put(replace(item, condition=Condition.DECOMMISSIONED, acted=hearing.position))


def _verify_in_trade(hearing: Hearing, item: Item) -> None:
    condition = hearing.condition(item)
    if condition.standing >= Standing.OUT_OF_TRADE:
        raise Refusal(
            hearing.rule("out-of-trade"),
            "%(item)s is %(condition)s already.",
            item=item.epc,
            condition=condition.words,
        )


def destroy(hearing: Hearing) -> None:
    """Goods end, with everything in them."""
    hearing.verify_site()
    for epc in hearing.outermost():
        item = hearing.in_hand(epc)
        hearing.verify_not_dispensed(item)
        _set(hearing, item, Condition.DESTROYED)


# Destruction by two people, for controlled products at least (rules version 3)

DECIDERS = frozenset({"quality", "pharmacist", "administrator"})
"""Roles of the keys that may sign the second of two signatures."""


def agree_to_destroy(hearing: Hearing) -> None:
    """A first person agrees that goods are destroyed: they are held until a second one signs, or releases them."""
    hearing.verify_site()
    if _role(hearing) == "station" or not _name(hearing.terms):
        raise Refusal(
            hearing.rule("person"), "A person agrees to a destruction. Sign with a key of your own device."
        )
    for epc in hearing.outermost():
        item = hearing.in_hand(epc)
        hearing.verify_not_dispensed(item)
        condition = hearing.condition(item)
        _set(hearing, item, condition if condition.blocked else Condition.HELD)


def destroy_agreed(hearing: Hearing) -> None:
    """Goods end; controlled ones only where another person has agreed to it, and nothing happened since."""
    named = [hearing.world.fact(position) for position in hearing.answered()]
    agreements = {
        fact.position: fact
        for fact in named
        if fact is not None and fact.act == "destruction_agreed" and fact.party == hearing.iss
        if fact.effect and fact.struck is None
    }
    for epc in hearing.outermost():
        item = hearing.known(epc)
        if _is_controlled(hearing, item):
            _verify_agreed(hearing, item, agreements.get(item.acted))
    for position in agreements:
        hearing.answer(position)
    destroy(hearing)


def _verify_agreed(hearing: Hearing, item: Item, agreement: Fact | None) -> None:
    if agreement is None or any(one.acted > agreement.position for one in _inside(hearing, item)):
        raise Refusal(
            hearing.rule("agreement"),
            "%(item)s is a controlled medicine: two people destroy it. Somebody else of yours agrees first, "
            "and nothing may happen to it before you sign.",
            item=item.epc,
        )
    # Who agreed may since have been erased by law, after the destruction: that name was compared then.
    same = _name(hearing.terms) in ("", _name(hearing.world.terms(agreement.position)))
    if agreement.kid == hearing.statement.kid or same:
        raise Refusal(
            hearing.rule("same-person"),
            "Whoever agreed to the destruction of %(item)s does not sign it a second time. Ask a colleague.",
            item=item.epc,
        )
    if _role(hearing) not in DECIDERS:
        raise Refusal(
            hearing.rule("role"),
            "%(item)s is a controlled medicine. A pharmacist, a quality person or an administrator signs second.",
            item=item.epc,
        )


def _name(terms: Terms | None) -> str:
    """The signer's name, however it is spaced and written large or small."""
    return " ".join((terms.signer if terms else "").split()).casefold()


def _role(hearing: Hearing) -> str:
    key = hearing.registry.keyring.signer(hearing.statement.kid)
    return "" if key is None else key.role


def _is_controlled(hearing: Hearing, item: Item) -> bool:
    """Whether an item, or anything in it, is of a controlled product."""
    controlled = hearing.registry.is_controlled
    if controlled(gtin_of(item.epc)):
        return True
    inside = hearing.inside(item)
    if None in inside:  # packs whose lot nobody has told yet
        return any(controlled(gtin_of(one.epc)) for one in _inside(hearing, item))
    return any(lot is not None and controlled(lot.gtin) for lot in inside)


def _inside(hearing: Hearing, item: Item) -> Iterator[Item]:
    """Everything inside a container at any depth."""
    for epc in hearing.world.children(item.epc) if item.life else ():
        child = hearing.known(epc)
        yield child
        yield from _inside(hearing, child)


# Stolen, lost, found


def report_missing(hearing: Hearing) -> None:
    """Goods are stolen or lost: blocked, with everything in them, until they are found."""
    condition = Condition.STOLEN if hearing.terms.meaning == "stolen" else Condition.LOST
    for epc in hearing.outermost():
        item = hearing.known(epc)
        hearing.verify_not_dispensed(item)
        now = hearing.condition(item)
        if now.standing is Standing.ENDED:
            hearing.verify_here(item)
        ends = _verify_concerned(hearing, item)
        if now is condition:
            raise Refusal(
                hearing.rule("again"),
                "%(item)s is reported %(condition)s already.",
                item=epc,
                condition=now.words,
            )
        # What must not come back into trade keeps its own condition: found again, it could be released.
        stays = now.standing is Standing.OUT_OF_TRADE or now is Condition.TAKEN_BACK
        # An end of the custody knows that the item is no longer in its container; others do not.
        where = hearing.take_out(item) if hearing.iss in ends else item
        hearing.put(replace(where, condition=now if stays else condition, acted=hearing.position))


def find(hearing: Hearing) -> None:
    """What was stolen, lost or short is here, held for inspection."""
    hearing.verify_site()
    for epc in hearing.outermost():
        item = hearing.known(epc)
        _verify_concerned(hearing, item)
        if hearing.condition(item) not in GONE:
            raise Refusal(hearing.rule("not-missing"), "%(item)s was never reported missing.", item=epc)
        out = hearing.take_out(item)
        hearing.answer(out.dispatch)
        hearing.put(
            replace(
                out,
                condition=Condition.FOUND,
                custodian=hearing.iss,
                site=hearing.site,
                receiver=None,
                dispatch=None,
                acted=hearing.position,
            )
        )


def _verify_concerned(hearing: Hearing, item: Item) -> tuple[str | None, ...]:
    """Holder, or both ends of a transit; also the owner and the maker may report."""
    top = hearing.top(item)
    ends = (top.custodian, top.receiver)
    if hearing.iss not in (*ends, item.owner or top.owner) and not hearing.registry.is_maker_of(
        hearing.iss, gtin_of(item.epc)
    ):
        raise Refusal(
            hearing.rule("not-concerned"),
            "Only who holds %(item)s, sends or receives it, owns it or made it may report this.",
            item=item.epc,
        )
    return ends


# Export


def export(hearing: Hearing) -> None:
    """Goods leave the country, and with it the trade here."""
    hearing.verify_site()
    receiver = hearing.receiver()
    if receiver == hearing.iss:
        raise Refusal(hearing.rule("receiver"), "Exported goods go to somebody else.")
    for epc in hearing.outermost():
        item = hearing.in_hand(epc)
        hearing.verify_not_dispensed(item)
        condition = hearing.condition(item)
        if condition is Condition.EXPORTED:
            _verify_in_trade(hearing, item)
        if condition.standing is not Standing.OUT_OF_TRADE:
            hearing.verify_active(item)
            if any(blocked for _, blocked in hearing.inside(item).values()):
                raise Refusal(
                    hearing.rule("blocked-inside"),
                    "Something inside %(item)s is blocked. Take it out first.",
                    item=epc,
                )
            if hearing.recall_of(item) is not None or hearing.recall_inside(item) is not None:
                raise Refusal(
                    hearing.rule("recalled"), "%(item)s is recalled. Hold it and return it instead.", item=epc
                )
        out = hearing.take_out(item)
        hearing.put(
            replace(
                out,
                condition=out.condition if out.condition.blocked else Condition.EXPORTED,
                receiver=receiver,
                dispatch=None if receiver is None else hearing.position,
                acted=hearing.position,
            )
        )
