"""What changes neither custody nor condition: moving, counting, changing the owner (DESIGN section 5)."""

from traceability.custody.hearing import Hearing, Refusal, replace
from traceability.custody.state import Item, Standing


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


def count(hearing: Hearing) -> None:
    """What is on a shelf was seen there, pack by pack. Custody and containers stay as they are.

    It names a place for what had none; what is recorded at another place is moved first, so that a count
    never moves anything by itself.
    """
    hearing.verify_site()
    if hearing.site is None:
        raise Refusal(hearing.rule("no-site"), "Name the place that was counted.")
    institution = hearing.registry.has_role(hearing.iss, "institution")
    for epc in hearing.epcs("e"):
        item = hearing.in_hand(epc)
        if not institution:
            hearing.verify_not_dispensed(item)
        top = hearing.top(item)
        if top.site not in (None, hearing.site):
            raise Refusal(
                hearing.rule("elsewhere"),
                "%(item)s is recorded at %(site)s. Move it here first, then count it.",
                item=epc,
                site=top.site,
            )
        if top.site is None:
            hearing.put(replace(top, site=hearing.site, acted=hearing.position))


def offer_ownership(hearing: Hearing) -> None:
    """The owner offers ownership; nothing changes until the new owner accepts."""
    before, after = hearing.owners()
    if before != hearing.iss or after == hearing.iss:
        raise Refusal(hearing.rule("ends"), "Ownership is offered by its owner, to somebody else.")
    for epc in hearing.outermost():
        item = hearing.known(epc)
        _verify_owns(hearing, item, hearing.iss)
        hearing.put(replace(item, acted=hearing.position))


def accept_ownership(hearing: Hearing) -> None:
    """The new owner countersigns; custody is unchanged."""
    before, after = hearing.owners()
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
