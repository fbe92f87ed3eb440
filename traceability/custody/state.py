"""The state of an item, and the world that the rules read it from (DESIGN section 5, "State").

Everything here is frozen. Items are named by their canonical GS1 Digital Link URI ("epc"), parties
and places by the 13 digits of their GLN, statements by their position in the log.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

import msgspec

from traceability.epcis.parts import Terms

if TYPE_CHECKING:
    from traceability.custody.registry import Registry


class Standing(IntEnum):
    """What may still happen to an item: everything, nothing before release, only its end, nothing."""

    ACTIVE = 0
    HELD = 1
    OUT_OF_TRADE = 2
    ENDED = 3


class Condition(IntEnum):
    """The finer fact behind a standing. The numbers are stored: never renumber one."""

    ACTIVE = 0
    PARTLY_DISPENSED = 1
    HELD = 10
    RETURNED = 11
    RECALL_HELD = 12
    FOUND = 13
    STOLEN = 14
    LOST = 15
    SHORT = 16
    TAKEN_BACK = 17
    SAMPLED = 20
    DECOMMISSIONED = 21
    EXPORTED = 22
    TRANSFORMED = 23
    DISPENSED = 24
    DESTROYED = 30

    @property
    def standing(self) -> Standing:
        """The standing that this condition amounts to."""
        return Standing(self // 10)

    @property
    def words(self) -> str:
        """The condition in a sentence, e.g. "taken back"."""
        return self.name.lower().replace("_", " ")

    @property
    def blocked(self) -> bool:
        """Whether goods in this condition may not be traded (anything but active)."""
        return self >= Condition.HELD


class Lot(msgspec.Struct, frozen=True):
    """A production lot of one product; `expiry` is an ISO date, e.g. "2027-04-30"."""

    gtin: str
    number: str
    expiry: str


class Item(msgspec.Struct, frozen=True, gc=False):
    """One pack, case or returnable asset as the log last knew it.

    `custodian`, `site`, `owner` and `receiver` speak for the item only while `container` is None;
    a contained item inherits them from its top container (an `owner` kept on a contained item is one
    that differs from its container's). `receiver` is set while the item is on the road.
    """

    epc: str
    life: int = 0
    """Number of its life as a container; 0 for a pack that never held anything."""
    born: int = 0
    """Log position at which this life began (commissioning, opening, or the first unmatched sighting)."""
    condition: Condition = Condition.ACTIVE
    lot: Lot | None = None
    container: str | None = None
    custodian: str | None = None
    site: str | None = None
    owner: str | None = None
    receiver: str | None = None
    dispatch: int | None = None
    """Position of the statement that its present custody rests on: the dispatch while on the road, the
    receipt where nobody handed it over, the dispensing, the repackaging."""
    unmatched: bool = False
    """True until a commissioning or a dispatch explains how the custodian came to hold it."""
    acted: int = 0
    """Log position of the last effective statement that named this item itself."""
    left: int | None = None
    """Units left in a partly dispensed pack; None for a whole one."""


def active(item: Item) -> Condition:
    """The active condition that fits an item: whole, or partly dispensed."""
    return Condition.ACTIVE if item.left is None else Condition.PARTLY_DISPENSED


class Contents(msgspec.Struct, frozen=True, gc=False):
    """How many items of one lot a container holds at any depth, and how many of them are blocked."""

    items: int
    blocked: int


class Fact(msgspec.Struct, frozen=True, gc=False):
    """What one logged custody statement said and what became of it, without its items."""

    position: int
    id: str
    act: str
    party: str
    kid: str
    event_time: str
    iat: str
    admitted: str
    effect: bool
    site: str | None = None
    counterparty: str | None = None
    counter_site: str | None = None
    parent: str | None = None
    ref: tuple[int, ...] = ()
    late: bool = False
    claimed: bool = False
    unmatched: bool = False
    struck: int | None = None
    """Position of the correction that struck this statement, if any."""


def readable(epc: str) -> str:
    """An EPC as it is printed beside its code: "(01)09521321000012(21)ABC"."""
    parts = epc.removeprefix("https://id.gs1.org/").split("/")
    return "".join(f"({key}){value}" for key, value in zip(parts[::2], parts[1::2], strict=False))


class World(Protocol):
    """What the rules may ask about the state just before a statement. The ledger answers."""

    @property
    def registry(self) -> "Registry": ...

    def item(self, epc: str) -> Item | None: ...

    def children(self, epc: str) -> Iterable[str]:
        """The EPCs directly inside a container now."""

    def contents(self, epc: str) -> Mapping[Lot | None, Contents]:
        """Counts by lot of everything inside a container at any depth."""

    def fact(self, position: int) -> Fact | None: ...

    def fact_by_id(self, statement_id: str) -> Fact | None: ...

    def position(self, statement_id: str) -> int | None:
        """Where a statement is in the log; None if it is not."""

    def terms(self, position: int) -> Terms | None:
        """The terms of the statement at a position; of an erased body, what is kept of them."""

    def sources(self, lot: Lot) -> Iterable[Lot]:
        """The lots that a lot was repackaged from: those of the inputs of the act that first named it."""

    def named(self, position: int) -> tuple[tuple[str, str], ...]:
        """The (role, epc) pairs of the statement at a position, in signed order."""

    def lot(self, gtin: str, number: str) -> Lot | None: ...

    def carried(self, lot: Lot) -> bool:
        """Whether any item is of a lot now."""


class Effect(msgspec.Struct):
    """What an allowed act changes. The ledger writes exactly this."""

    items: list[Item] = msgspec.field(default_factory=list)
    """New states, one for each item whose state changes."""
    opened: list[tuple[str, str]] = msgspec.field(default_factory=list)
    """(child, container) pairs whose containment begins."""
    closed: list[tuple[str, str]] = msgspec.field(default_factory=list)
    """(child, container) pairs whose containment ends, implied ones included."""
    contents: list[tuple[str, Lot | None, int, int]] = msgspec.field(default_factory=list)
    """(container, lot, items gained, blocked gained): changes to the counts of every container above."""
    lots: list[Lot] = msgspec.field(default_factory=list)
    """Lots first seen in this act, and those whose expiry it makes right."""
    struck: list[int] = msgspec.field(default_factory=list)
    """Positions of the statements that this act corrects."""
    matched: list[int] = msgspec.field(default_factory=list)
    """Positions of earlier unmatched statements that this act explains."""
    ref: tuple[int, ...] = ()
    """Positions of the statements that this one answers."""
    towards: str | None = None
    """GLN of the other side of an act that answers somebody and hands nothing over."""
    late: bool = False
    unmatched: bool = False
