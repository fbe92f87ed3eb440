"""The rows that cross the store's edge: int, str, bytes and None, in column order."""

from typing import NamedTuple


class EntryRow(NamedTuple):
    position: int
    statement: bytes
    signer: int
    seq: int
    entry: bytes


class ForkRow(NamedTuple):
    statement: bytes
    signer: int
    seq: int
    seen: str
    jws: bytes


class SignerRow(NamedTuple):
    id: int
    kid: str
    seq: int
    prev: bytes
    iat: str


class RefusalRow(NamedTuple):
    position: int
    rule: str
    item: str | None
    pattern: str
    detail: str


class LotRow(NamedTuple):
    id: int
    gtin: str
    number: str
    expiry: str
    first: int


class GroupRow(NamedTuple):
    """Packs of one lot that were in one container over the same interval."""

    container: int
    since: int
    until: int | None
    packs: int


class TallyRow(NamedTuple):
    """How many acts of one kind had effect on one day of the log."""

    act: str
    day: str
    acts: int


class ExpiredRow(NamedTuple):
    """How many packs of an expired lot are still in trade."""

    lot: int
    packs: int


class ItemRow(NamedTuple):
    id: int
    product: int
    serial: str
    life: int
    born: int
    condition: int
    lot: int | None
    container: int | None
    custodian: int | None
    site: int | None
    owner: int | None
    receiver: int | None
    dispatch: int | None
    unmatched: int
    acted: int
    units: int | None


class PastRow(NamedTuple):
    """What an item was until a statement changed it; the fields from `life` to `units` are those of
    `ItemRow`."""

    item: int
    until: int
    life: int
    born: int
    condition: int
    lot: int | None
    container: int | None
    custodian: int | None
    site: int | None
    owner: int | None
    receiver: int | None
    dispatch: int | None
    unmatched: int
    acted: int
    units: int | None
    left_lot: int | None
    """Its lot, where the change took it out of that."""


class SnapshotRow(NamedTuple):
    """A signed snapshot as it is kept."""

    size: int
    note: str
    groups: bytes


class ErasedRow(NamedTuple):
    """What is kept of a body that was erased by law."""

    position: int
    salt: bytes
    kept: bytes


class PackRecord(NamedTuple):
    """An item with the last statement that named it; those columns are empty while a container speaks for it."""

    item: ItemRow
    last: "LastRow | None"


class LastRow(NamedTuple):
    """The last statement about an item, without what only its entry says."""

    position: int
    act: str
    party: int
    counterparty: int | None
    event_time: str
    marks: int
    statement: bytes


class LotCount(NamedTuple):
    """How many items of a lot are alike: in the same container, or loose with the same holder."""

    container: int | None
    condition: int
    unmatched: int
    custodian: int | None
    receiver: int | None
    party: int | None
    """Who signed the last statement about them, while they are loose."""
    counterparty: int | None
    items: int


class ContainmentRow(NamedTuple):
    child: int
    since: int
    container: int
    until: int | None


class ContentRow(NamedTuple):
    container: int
    lot: int
    items: int
    blocked: int


class ActRow(NamedTuple):
    position: int
    act: str
    party: int
    site: int | None
    counterparty: int | None
    counter_site: int | None
    event_time: str
    parent: int | None
    ref: str | None
    marks: int
    struck: int | None


class ActFilter(NamedTuple):
    """Which acts to list, by numbers of the store; None asks nothing."""

    party: int | None = None
    """One of its two sides."""
    other: int | None = None
    """The other side, or the same."""
    site: int | None = None
    """The place of either side."""


class HeldRow(NamedTuple):
    """Packs of one lot in the custody of a party, by what its outermost items have in common."""

    lot: int
    condition: int
    site: int | None
    unmatched: int
    items: int
    loose: int
    """Those of them in no container."""
    blocked: int
    """Those of them that are blocked inside a container which is not."""


class UnlottedRow(NamedTuple):
    """Items whose lot the log does not know, by product and by the statement in which they appeared."""

    product: int
    born: int
    condition: int
    site: int | None
    unmatched: int
    items: int
    loose: int


class RoadRow(NamedTuple):
    """What one statement put on the road and nobody received yet."""

    position: int
    custodian: int
    receiver: int
    packs: int
    containers: int
    inside: int
    """Items with a lot inside the containers."""


class TopFilter(NamedTuple):
    """Which outermost items of a party to list; None asks nothing."""

    lot: int | None = None
    """Items of this lot, or with some of it inside."""
    product: int | None = None
    """Items of this product whose lot is not known, or with some inside."""
    site: int | None = None
    containers: bool = False
    """Only what is, or may be, a container: no packs."""
    blocked_from: int | None = None
    """Conditions from this number on, or with something blocked inside."""


class TouchRow(NamedTuple):
    item: int
    position: int
    place: int


EFFECT, LATE, CLAIMED, UNMATCHED = 1, 2, 4, 8
"""Bits of `ActRow.marks`."""
