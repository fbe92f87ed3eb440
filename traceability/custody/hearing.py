"""One statement before the rules: what it says, the state it meets, and the change it would make.

A `Hearing` lays the change over the world while it grows, so that the second item of an act sees what the
first one did, and keeps the counts of every container in step.
"""

from collections.abc import Iterator, Mapping

import msgspec

from traceability.custody import CustodyError
from traceability.custody.inheritance import recall_inside, recall_of
from traceability.custody.registry import Recall, Registry
from traceability.custody.state import Condition, Effect, Item, Lot, World, readable
from traceability.epcis.parts import ROLES, Core, Terms
from traceability.epcis.vocabulary import EventType

replace = msgspec.structs.replace

SGTIN = "https://id.gs1.org/01/"

GONE = frozenset({Condition.STOLEN, Condition.LOST, Condition.SHORT})
"""Conditions of goods that are not where the record says."""

MISSING = frozenset({"received", "return_received", "corrected"})
"""Meanings of object events that may name missing contents."""

VERBS: dict[str, str] = {
    "commissioned": "commission",
    "opened": "open",
    "packed": "pack",
    "unpacked": "unpack",
    "shipped": "ship",
    "voided": "void",
    "received": "receive",
    "refused": "refuse",
    "returned": "return",
    "return_received": "receive-return",
    "taken_back": "take-back",
    "ownership_offered": "offer",
    "ownership_accepted": "accept",
    "moved": "move",
    "counted": "count",
    "dispensed": "dispense",
    "partly_dispensed": "dispense",
    "undone": "undo",
    "held": "hold",
    "released": "release",
    "sampled": "sample",
    "decommissioned": "decommission",
    "exported": "export",
    "destruction_agreed": "agree",
    "destroyed": "destroy",
    "repackaged": "repackage",
    "relabelled": "relabel",
    "recall_held": "recall-hold",
    "recall_answered": "recall-answer",
    "corrected": "correct",
}
"""First part of a rule code, by meaning; other meanings stand for themselves."""


class Refusal(CustodyError):
    """An act that the rules do not allow.

    `rule` is a stable code such as "ship.blocked-inside", `item` the EPC concerned if there is one, and
    the sentence says what would be allowed.
    """

    def __init__(self, rule: str, pattern: str, /, *, item: str | None = None, **values: object) -> None:
        super().__init__(pattern, **(values if item is None else {"item": readable(item), **values}))
        self.rule = rule
        self.item = item


class ActStatement(msgspec.Struct, frozen=True):
    """A custody statement as the rules see it, at its place in the log."""

    position: int
    id: str
    iss: str
    kid: str
    iat: str
    admitted: str
    core: Core
    terms: Terms
    items: tuple[tuple[str, str], ...]
    """(role, EPC) pairs in signed order."""
    last_iat: str | None = None
    """The `iat` of the key's last effective statement in this log."""


class Hearing:
    """A statement, the world just before it, and the change so far."""

    def __init__(self, statement: ActStatement, world: World) -> None:
        self.statement = statement
        self.world = world
        self.registry: Registry = world.registry
        self.core: Core = statement.core
        self.terms: Terms = statement.terms
        self.iss = statement.iss
        self.position = statement.position
        self.verb = VERBS.get(statement.terms.meaning, statement.terms.meaning)
        place = self.core.bizLocation or self.core.readPoint
        self.site: str | None = None if place is None else place.id[-13:]
        self.day = self.core.eventTime[:10]
        self.effect = Effect()
        self._items: dict[str, Item] = {}
        self._opened: dict[tuple[str, str], None] = {}
        self._closed: dict[tuple[str, str], None] = {}
        self._counts: dict[str, dict[Lot | None, list[int]]] = {}
        self._named: frozenset[str] | None = None

    def rule(self, why: str) -> str:
        """The code of a rule of this act."""
        return f"{self.verb}.{why}"

    # What the statement says

    def verify_items(self) -> None:
        """Items fit the event, none is named twice, and something is named at all."""
        items = self.statement.items
        roles = ROLES[self.core.type]
        found = {role for role, _ in items}
        if not found <= roles.keys():
            raise Refusal(self.rule("role"), "An item has no place in an event of this type")
        if "c" in found and self.core.type is EventType.OBJECT and self.terms.meaning not in MISSING:
            raise Refusal(self.rule("role"), "Only a receipt may name missing contents")
        if len(items) > 1 and len({epc for _, epc in items}) != len(items):
            raise Refusal(self.rule("twice"), "An item is named twice. Name each once.")
        if not items and not self._quantities() and self.terms.meaning != "unpacked":
            raise Refusal(self.rule("nothing"), "This act names no items. Scan what it is about.")

    def _quantities(self) -> bool:
        terms = self.terms
        return bool(
            terms.quantityList
            or terms.childQuantityList
            or terms.inputQuantityList
            or terms.outputQuantityList
        )

    def epcs(self, role: str) -> list[str]:
        """The EPCs named in a role, in signed order."""
        return [epc for found, epc in self.statement.items if found == role]

    def outermost(self, role: str = "e") -> list[str]:
        """The EPCs named in a role, without those inside another one named: these go with their container."""
        epcs = self.epcs(role)
        if len(epcs) < 2:
            return epcs
        named = self._named = frozenset(epcs)
        return [epc for epc in epcs if not self._inside_named(epc, named)]

    def _inside_named(self, epc: str, named: frozenset[str]) -> bool:
        item = self.item(epc)
        return item is not None and any(above.epc in named for above in self.above(item))

    def receiver(self) -> str | None:
        """GLN of the receiving party that the core names."""
        return next(
            (d.destination[-13:] for d in self.core.destinationList if d.type == "possessing_party"), None
        )

    def sender(self) -> str | None:
        """GLN of the sending party that the core names."""
        return next((s.source[-13:] for s in self.core.sourceList if s.type == "possessing_party"), None)

    def owners(self) -> tuple[str | None, str | None]:
        """GLNs of the owner before and after, as the terms say; None where they do not."""
        terms = self.terms
        before = terms.sourceList[0].source[-13:] if terms.sourceList else None
        return before, terms.destinationList[0].destination[-13:] if terms.destinationList else None

    def answered(self) -> list[int]:
        """Positions of the statements that the core names, those that this log has."""
        found = [self.world.position(statement_id) for statement_id in self.core.ref]
        return [position for position in found if position is not None]

    def verify_site(self) -> None:
        """A party signs at its own places; a place that nobody registered is taken as it is."""
        if self.site is None:
            return
        site = self.registry.sites.get(self.site)
        if site is not None and site.party != self.iss:
            raise Refusal(
                self.rule("site"),
                "%(site)s is not one of your places. Sign with a place of your own.",
                site=self.site,
            )

    # The state

    def item(self, epc: str) -> Item | None:
        """The item as this act has left it so far."""
        return self._items.get(epc) or self.world.item(epc)

    def known(self, epc: str) -> Item:
        """The item, refused where the log has never heard of it."""
        item = self._items.get(epc) or self.world.item(epc)
        if item is None:
            raise Refusal(
                self.rule("unknown"),
                "The log does not know %(item)s. Commission it, or receive it first.",
                item=epc,
            )
        return item

    def above(self, item: Item) -> Iterator[Item]:
        """The containers around an item, innermost first."""
        while item.container is not None:
            item = self.known(item.container)
            yield item

    def top(self, item: Item) -> Item:
        """The item that speaks for this one: its outermost container, or itself."""
        while item.container is not None:
            item = self.known(item.container)
        return item

    def condition(self, item: Item) -> Condition:
        """An item's own condition if that is blocked, else that of the nearest blocked container."""
        if not item.condition.blocked:
            for container in self.above(item):
                if container.condition.blocked:
                    return container.condition
        return item.condition

    def inside(self, item: Item) -> Mapping[Lot | None, list[int]]:
        """Items and blocked items inside a container by lot, as this act has left them so far."""
        if not item.life:  # it never was a container
            return {}
        counts = {lot: [c.items, c.blocked] for lot, c in self.world.contents(item.epc).items()}
        for lot, (items, blocked) in self._counts.get(item.epc, {}).items():
            old = counts.setdefault(lot, [0, 0])
            old[0] += items
            old[1] += blocked
        return {lot: count for lot, count in counts.items() if count[0]}

    # The change

    def put(self, item: Item) -> Item:
        """Set an item's new state where its place and container stay; counts above follow its condition."""
        old = self.item(item.epc)
        if item.container is not None and old is not None:
            lot_moves, blocks = item.lot != old.lot, item.condition.blocked - old.condition.blocked
            if lot_moves or blocks:
                above = [container.epc for container in self.above(item)]
                self._count(above, old.lot, -1, -int(old.condition.blocked))
                self._count(above, item.lot, 1, int(item.condition.blocked))
        self._items[item.epc] = item
        return item

    def take_out(self, item: Item) -> Item:
        """Take an item out of its container, if it is in one; what the container was, it stays.

        Custody and blocked conditions come along from above, so that unpacking is no way out of a hold.
        """
        if item.container is None:
            return item
        above = list(self.above(item))
        condition = self.condition(item)
        self._shift(item, [container.epc for container in above], -1)
        pair = (item.epc, item.container)
        if pair in self._opened:
            del self._opened[pair]
        else:
            self._closed[pair] = None
        top = above[-1]
        return self.put(
            replace(
                item,
                container=None,
                condition=condition,
                custodian=top.custodian,
                site=top.site,
                owner=item.owner or top.owner,
                receiver=top.receiver,
                dispatch=item.dispatch if top.dispatch is None else top.dispatch,
                unmatched=item.unmatched or top.unmatched,
            )
        )

    def put_in(self, item: Item, container: Item, above: list[str]) -> None:
        """Put a top item into a container; `above` names that container and those around it."""
        self._shift(item, above, 1)
        self._opened[item.epc, container.epc] = None
        top = self.top(container)
        self._items[item.epc] = replace(
            item,
            container=container.epc,
            custodian=None,
            site=None,
            owner=None if item.owner == top.owner else item.owner,
            receiver=None,
            acted=self.position,
        )

    def _shift(self, item: Item, containers: list[str], sign: int) -> None:
        """Count an item and everything in it into, or out of, the containers around it."""
        self._count(containers, item.lot, sign, sign * item.condition.blocked)
        if item.life:
            for lot, (items, blocked) in self.inside(item).items():
                self._count(containers, lot, sign * items, sign * blocked)

    def _count(self, containers: list[str], lot: Lot | None, items: int, blocked: int) -> None:
        for container in containers:
            counts = self._counts.setdefault(container, {})
            count = counts.get(lot)
            if count is None:
                counts[lot] = [items, blocked]
            else:
                count[0] += items
                count[1] += blocked

    def answer(self, position: int | None) -> None:
        """Note a statement that this one answers."""
        if position is not None and position not in self.effect.ref:
            self.effect.ref = (*self.effect.ref, position)

    def verdict(self) -> Effect:
        """The whole change, once every item has been heard."""
        effect = self.effect
        effect.items.extend(self._items.values())
        effect.opened.extend(self._opened)
        effect.closed.extend(self._closed)
        for container, counts in self._counts.items():
            for lot, (items, blocked) in counts.items():
                if items or blocked:
                    effect.contents.append((container, lot, items, blocked))
        return effect

    # Checks that several acts share

    def in_hand(self, epc: str) -> Item:
        """The item, when the signer has it; what it is inside of does not matter."""
        item = self.known(epc)
        top = self.top(item)
        if top.receiver is not None and self.iss in (top.custodian, top.receiver):
            if top.receiver == self.iss:
                raise Refusal(
                    self.rule("on-the-road"), "%(item)s is on the road to you. Receive it first.", item=epc
                )
            raise Refusal(
                self.rule("on-the-road"),
                "%(item)s is on the road from you. Void the dispatch if it never left.",
                item=epc,
            )
        if top.custodian != self.iss or top.receiver is not None:
            raise Refusal(
                self.rule("not-held"), "%(item)s is not in your custody. Receive it first.", item=epc
            )
        self.verify_here(item)
        return item

    def verify_here(self, item: Item) -> Condition:
        """The condition of an item that is still in the world and where the record says."""
        condition = self.condition(item)
        if condition in GONE:
            raise Refusal(
                self.rule("gone"),
                "%(item)s is reported %(condition)s. Report it found first.",
                item=item.epc,
                condition=condition.words,
            )
        if condition is Condition.DESTROYED:
            raise Refusal(
                self.rule("ended"),
                "%(item)s was destroyed. Nothing can be done with it any more.",
                item=item.epc,
            )
        return condition

    def verify_active(self, item: Item) -> Condition:
        """The condition of an item that may be traded."""
        condition = self.verify_here(item)
        if condition.blocked:
            raise Refusal(
                self.rule("blocked"),
                "%(item)s is %(condition)s. Only active goods may go this way; release it if it may be released.",
                item=item.epc,
                condition=condition.words,
            )
        return condition

    def verify_not_dispensed(self, item: Item) -> None:
        """Dispensed goods are out of the trade's hands."""
        if self.condition(item) is Condition.DISPENSED:
            raise Refusal(
                self.rule("dispensed"),
                "%(item)s was dispensed. Undo the dispensing, or take it back from the patient.",
                item=item.epc,
            )

    # Recalls

    def recall_of(self, item: Item) -> Recall | None:
        """The furthest-reaching recall in force on an item, what it was repackaged from included."""
        return recall_of(self.world, item) if self.registry.recalls else None

    def recall_inside(self, item: Item) -> tuple[Recall, str] | None:
        """A recall in force on something inside a container, and the lot or item that it is about."""
        if not self.registry.recalls or not item.life:
            return None
        return recall_inside(self.world, item, self.inside(item), self.item)
