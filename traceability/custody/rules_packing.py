"""What goes into containers and out of them (DESIGN section 5, pack / unpack)."""

from traceability.custody.hearing import Hearing, Refusal, replace
from traceability.custody.rules_making import SSCC, is_unmade, new_container, verify_may_open
from traceability.custody.state import Condition, Item
from traceability.custody.times import seconds


def pack(hearing: Hearing) -> None:
    """Children go into the parent; a child that was in another container is taken out of it first."""
    hearing.verify_site()
    parent = _parent(hearing)
    above = [parent.epc, *(container.epc for container in hearing.above(parent))]
    around = frozenset(above)
    emptied = not parent.life or not hearing.inside(parent)
    first: Item | None = None
    for epc in hearing.epcs("c"):
        if epc in around:
            raise Refusal(hearing.rule("itself"), "%(item)s cannot go into itself.", item=epc)
        child = hearing.known(epc)
        if child.container == parent.epc:
            continue
        child = hearing.take_out(hearing.in_hand(epc))
        hearing.verify_not_dispensed(child)
        if emptied and first is None:
            parent = first = _own_as(hearing, parent, child)
        hearing.put_in(child, parent, above)


def _parent(hearing: Hearing) -> Item:
    """The container, in the signer's hands; the first pack opens an unknown one."""
    epc = hearing.core.parentID or ""
    item = hearing.item(epc)
    if item is None or is_unmade(hearing, item):
        verify_may_open(hearing, epc)
        return hearing.put(new_container(hearing, epc))
    if not _is_known_late(hearing, item):
        hearing.in_hand(epc)
        condition = hearing.condition(item)
        if condition in (Condition.DECOMMISSIONED, Condition.TRANSFORMED, Condition.DISPENSED):
            raise Refusal(
                hearing.rule("out-of-trade"),
                "%(item)s is out of use. Open it anew, or take another container.",
                item=epc,
            )
    return hearing.put(replace(item, life=item.life or 1, acted=hearing.position))


def _is_known_late(hearing: Hearing, parent: Item) -> bool:
    """Whether this packing explains a container that arrived before its data (DESIGN, "Day one is normal").

    It was received without a dispatch by somebody else, after this packing happened, and its number is
    the signer's.
    """
    if parent.container is not None or parent.receiver is not None or parent.dispatch is None:
        return False
    if parent.custodian == hearing.iss or parent.condition.blocked:
        return False
    receipt = hearing.world.fact(parent.dispatch)
    return (
        receipt is not None
        and receipt.act in ("received", "return_received")
        and seconds(receipt.event_time) >= seconds(hearing.core.eventTime)
        and hearing.registry.may_open(hearing.iss, parent.epc, hearing.site, hearing.day)
    )


def _own_as(hearing: Hearing, parent: Item, child: Item) -> Item:
    """An empty logistic unit belongs to whom its first contents belong: the carton is nobody's business."""
    if not parent.epc.startswith(SSCC) or parent.container is not None or parent.custodian != hearing.iss:
        return parent
    return hearing.put(replace(parent, owner=child.owner))


def unpack(hearing: Hearing) -> None:
    """Children come out of the parent into the signer's hands; none named means all of them."""
    hearing.verify_site()
    parent = hearing.in_hand(hearing.core.parentID or "")
    children = hearing.epcs("c")
    if not children:
        if hearing.terms.childQuantityList:
            return
        children = list(hearing.world.children(parent.epc))
        if not children:
            raise Refusal(hearing.rule("empty"), "%(item)s is empty already.", item=parent.epc)
    for epc in children:
        child = hearing.known(epc)
        if child.container != parent.epc:
            raise Refusal(
                hearing.rule("not-inside"),
                "%(item)s is not in %(container)s. Leave it out.",
                item=epc,
                container=parent.epc.rpartition("/")[2],
            )
        out = hearing.take_out(child)
        hearing.put(replace(out, acted=hearing.position))
    hearing.put(replace(hearing.known(parent.epc), acted=hearing.position))
