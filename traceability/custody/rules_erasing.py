"""Which bodies may be erased by law: those that a countersigned snapshot covers and nobody still acts upon.

Who may sign an `erase`, and that a regulator has countersigned the snapshot, is the registry's to say. Here is
what it names: statements that the log has, from before the snapshot, and of acts that are over.
"""

from collections.abc import Callable, Iterator

from traceability.custody.hearing import Refusal
from traceability.custody.registrations import Erase
from traceability.custody.state import Condition, Fact, Item, World
from traceability.custody.times import UNDO_WITHIN, seconds

_SENDING = frozenset({"shipped", "returned", "refused"})
_DISPENSING = frozenset({"dispensed", "partly_dispensed"})


def verify_erasable(act: Erase, world: World, where: Callable[[str], int | None], admitted: str) -> None:
    """Raises Refusal where a body that an `erase` names may not go.

    `where` gives the position of a custody statement by its id, None for what is none of this log.
    """
    for one in act.statements:
        position = where(one.id)
        if position is None:
            raise Refusal(
                "erase.unknown", "This log has no statement %(id)s that could have a body.", id=one.id
            )
        if position >= act.size:
            raise Refusal(
                "erase.not-covered",
                "The statement %(id)s is entry %(position)s, and the snapshot is over %(size)s entries. Have a "
                "later one countersigned first.",
                id=one.id,
                position=position,
                size=act.size,
            )
        fact = world.fact(position)
        if fact is not None and fact.effect and fact.struck is None:
            _verify_over(fact, world, admitted)


def _verify_over(fact: Fact, world: World, admitted: str) -> None:
    """An act is over when nobody has to read its statement any more to go on from it."""
    if fact.act in _SENDING:
        _verify_arrived(fact, world)
    elif fact.act == "ownership_offered":
        _verify_answered(fact, world)
    elif fact.act == "destruction_agreed":
        _verify_decided(fact, world)
    elif fact.act in _DISPENSING:
        _verify_past_undo(fact, world, admitted)
    elif fact.act == "recall_answered":
        _verify_campaign_ended(fact, world)


def _items(fact: Fact, world: World) -> Iterator[Item]:
    """The items that a statement names, as they are now."""
    known = (world.item(epc) for _, epc in world.named(fact.position))
    return (item for item in known if item is not None)


def _verify_arrived(fact: Fact, world: World) -> None:
    for item in _items(fact, world):
        if item.receiver is not None and item.dispatch == fact.position:
            raise Refusal(
                "erase.on-the-road",
                "%(item)s is still on the road by the statement %(id)s. It is received, refused or voided first.",
                item=item.epc,
                id=fact.id,
            )


def _verify_answered(fact: Fact, world: World) -> None:
    for item in _items(fact, world):
        if item.acted == fact.position:
            raise Refusal(
                "erase.offer-open",
                "The offer %(id)s of %(item)s is still open. It is accepted or corrected first.",
                item=item.epc,
                id=fact.id,
            )


def _verify_decided(fact: Fact, world: World) -> None:
    """Whoever destroys the goods is compared by name with whoever agreed to it."""
    for item in _items(fact, world):
        if item.acted == fact.position:
            raise Refusal(
                "erase.agreement-open",
                "The destruction of %(item)s is agreed to by the statement %(id)s. It is destroyed or released "
                "first.",
                item=item.epc,
                id=fact.id,
            )


def _verify_past_undo(fact: Fact, world: World, admitted: str) -> None:
    if seconds(admitted) - seconds(fact.event_time) > UNDO_WITHIN:
        return
    for item in _items(fact, world):
        dispensed = item.condition in (Condition.DISPENSED, Condition.PARTLY_DISPENSED)
        if dispensed and item.dispatch == fact.position:
            raise Refusal(
                "erase.undo-open",
                "The dispensing %(id)s of %(item)s may still be undone, within 240 hours of %(then)s.",
                item=item.epc,
                id=fact.id,
                then=fact.event_time,
            )


def _verify_campaign_ended(fact: Fact, world: World) -> None:
    open_ = {one.position for one in world.registry.recalls.values() if one.closed is None}
    if open_.intersection(fact.ref):
        raise Refusal(
            "erase.recall-open",
            "The statement %(id)s answers a recall that is not closed yet.",
            id=fact.id,
        )
