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
