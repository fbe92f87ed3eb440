"""A recall trace: where every pack of a lot is, in numbers that add up (DESIGN sections 1 and 5).

Everything takes rows as they stream from the store, so a lot of 100,000 packs needs no list of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from traceability.custody.registry import ClosedLot, gtin_of
from traceability.custody.state import Condition, Fact, Item, Standing
from traceability.custody.times import seconds
from traceability.gs1.keys import split_epc_uri

PARTS = ("held", "road", "dispensed", "returned", "destroyed", "sampled", "stolen", "unresolved")
"""What a lot's packs divide into. Together they are the whole lot."""

GAPS = (
    "stolen", "lost", "short", "repackaged", "nowhere", "unmatched", "never-seen", "too-many", "other-packs", "open",
)  # fmt: skip
"""The kinds of `Gap`, in the order in which a balance names them."""

_BY_CONDITION: dict[Condition, str] = {
    Condition.DISPENSED: "dispensed",
    Condition.DESTROYED: "destroyed",
    Condition.SAMPLED: "sampled",
    Condition.STOLEN: "stolen",
    Condition.LOST: "unresolved",
    Condition.SHORT: "unresolved",
    Condition.TRANSFORMED: "unresolved",
}
_BACK = frozenset({Condition.RETURNED, Condition.TAKEN_BACK})
MISSING = frozenset({"stolen", "unresolved"})
"""Parts that nobody can show."""


class LastAct(NamedTuple):
    """The last statement about an item: what a trace says of it, without the rest of a `Fact`."""

    position: int
    id: str
    act: str
    party: str
    counterparty: str | None
    event_time: str
    claimed: bool
    unmatched: bool


class PackRow(NamedTuple):
    """A pack, the item that speaks for it (its outermost container, or itself), and the last fact of that."""

    item: Item
    top: Item
    fact: Fact | LastAct | None


class Asked(msgspec.Struct, frozen=True):
    """A question about packs: what is left empty does not narrow it.

    With `act` it is about what was moved by acts of that kind, and `party`, `place`, `since` and `until` are
    of the act; else they are of where the packs were at the moment.
    """

    gtin: str = ""
    lot: str = ""
    first: str = ""
    """The first and the last of a range of serials, both included, compared as texts."""
    last: str = ""
    container: str = ""
    """The EPC of a case or pallet, for what was in it at any depth."""
    party: str = ""
    """Who has them, or to whom they are on the road."""
    place: str = ""
    since: str = ""
    """Times of the last statement about a pack: from `since` on, up to `until`, both included."""
    until: str = ""
    at: str | None = None
    """The moment: what had happened by then …"""
    known_at: int | None = None
    """… as far as the log knew it at this position."""
    statement: str = ""
    """The id of a statement, for what it moved."""
    act: str = ""
    """A kind of act, for what was moved by any of these."""
    follow: str = ""
    """`forwards` for what the packs were made into as well, `backwards` for what they were made of."""

    def covers(self, row: PackRow) -> bool:
        """Whether a pack, as it was at the moment, is meant."""
        lot, serial = row.item.lot, split_epc_uri(row.item.epc)[1]
        return (
            (not self.gtin or gtin_of(row.item.epc) == self.gtin)
            and (not self.lot or (lot is not None and lot.number == self.lot))
            and self.first <= serial
            and (not self.last or serial <= self.last)
            and (bool(self.act) or self._stood(row))
        )

    def _stood(self, row: PackRow) -> bool:
        if self.party and self.party not in {row.top.custodian, row.top.receiver}:
            return False
        if self.place not in {"", row.top.site}:
            return False
        return self.in_window("" if row.fact is None else row.fact.event_time)

    def in_window(self, event_time: str) -> bool:
        """Whether an event time is in the window; an empty one only where nothing is asked."""
        if not self.since and not self.until:
            return True
        if not event_time:
            return False
        time = seconds(event_time)
        return (not self.since or seconds(self.since) <= time) and (
            not self.until or time <= seconds(self.until)
        )

    @property
    def whole_lot(self) -> bool:
        """Whether it is about a lot and nothing narrower."""
        return bool(self.lot) and self == Asked(self.gtin, self.lot, at=self.at, known_at=self.known_at)

    @property
    def past(self) -> bool:
        """Whether it is about an earlier moment."""
        return self.at is not None or self.known_at is not None


class Alike(NamedTuple):
    """Packs of which a balance has the same to say."""

    own: Condition
    top: Condition
    """The condition of the item that speaks for them."""
    custodian: str | None
    receiver: str | None
    unmatched: bool
    party: str | None
    """Who signed the last statement about them, and the other side of it."""
    counterparty: str | None
    packs: int = 1

    @classmethod
    def of(cls, row: PackRow) -> "Alike":
        """A pack by itself."""
        item, top, fact = row
        party, counterparty = (None, None) if fact is None else (fact.party, fact.counterparty)
        unmatched = item.unmatched or top.unmatched
        return cls(item.condition, top.condition, top.custodian, top.receiver, unmatched, party, counterparty)

    @property
    def condition(self) -> Condition:
        """The condition that counts: the pack's own trouble first, then its container's."""
        return self.own if self.own.blocked else max(self.own, self.top)

    @property
    def part(self) -> str:
        """Which of `PARTS` they belong to."""
        condition = self.condition
        part = _BY_CONDITION.get(condition)
        if part is not None:
            return part
        if self.custodian is None:
            return "unresolved"
        if self.receiver is not None:
            return "road"
        return "returned" if condition in _BACK else "held"

    @property
    def reason(self) -> str | None:
        """Why they are missing: stolen, lost, short, repackaged (its outputs go on), or nowhere."""
        if self.part not in MISSING:
            return None
        condition = self.condition
        if condition is Condition.TRANSFORMED:
            return "repackaged"
        return condition.name.lower() if condition in _BY_CONDITION else "nowhere"


def condition_of(row: PackRow) -> Condition:
    """The condition that counts: the pack's own trouble first, then its container's."""
    return Alike.of(row).condition


def in_hand(condition: Condition) -> bool:
    """Whether goods in a condition are where their custodian is: not used up, gone or ended."""
    return condition not in _BY_CONDITION


def part_of(row: PackRow) -> str:
    """Which of `PARTS` a pack belongs to."""
    return Alike.of(row).part


class Holder(msgspec.Struct, frozen=True):
    """What one party has of a lot, by part; None stands for nobody."""

    party: str | None
    parts: Mapping[str, int]

    @property
    def packs(self) -> int:
        """All of it."""
        return sum(self.parts.values())

    @property
    def missing(self) -> int:
        """What it cannot show: stolen or unresolved."""
        return sum(self.parts.get(part, 0) for part in MISSING)


class Gap(msgspec.Struct, frozen=True):
    """A named hole in a balance."""

    kind: str
    """stolen, lost, short, repackaged, nowhere, unmatched (nobody handed them over), never-seen (counted
    by the maker, unknown to the log), too-many (more than the maker counted), other-packs (as many as the
    maker counted, but not the same serials), open (the maker has not closed the lot, so nobody knows how many
    there are)."""
    packs: int


class Balance(msgspec.Struct, frozen=True):
    """A lot in numbers. `parts` add up to `packs`; what is not accounted for is named in `gaps`."""

    packs: int
    parts: Mapping[str, int]
    holders: tuple[Holder, ...]
    """Those with unresolved packs first, then by how much they have."""
    gaps: tuple[Gap, ...]
    closed: int | None
    """How many packs the maker counted; None while the lot is open."""

    @property
    def percents(self) -> dict[str, float]:
        """Shares in percent with one decimal; they add up to 100 (largest remainder)."""
        return shares(self.parts)


def balance(groups: Iterable[Alike], closed: ClosedLot | None = None, root: str | None = None) -> Balance:
    """Count a lot; `closed` is the maker's own count of it, where there is one.

    `root` is the root over the serials that the log knows (`custody.closing`): with as many packs as the
    maker counted, another root means other packs.
    """
    parts = dict.fromkeys(PARTS, 0)
    held: dict[str | None, dict[str, int]] = {}
    gaps: dict[str, int] = {}
    packs = 0
    for group in groups:
        packs += group.packs
        part = group.part
        parts[part] += group.packs
        party = held.setdefault(group.custodian, {})
        party[part] = party.get(part, 0) + group.packs
        kind = group.reason or ("unmatched" if group.unmatched else None)
        if kind is not None:
            gaps[kind] = gaps.get(kind, 0) + group.packs
    if closed is None:
        gaps["open"] = packs
    elif closed.count > packs:
        gaps["never-seen"] = closed.count - packs
        parts["unresolved"] += closed.count - packs
        nobody = held.setdefault(None, {})
        nobody["unresolved"] = nobody.get("unresolved", 0) + closed.count - packs
        packs = closed.count
    elif closed.count < packs:
        gaps["too-many"] = packs - closed.count
    elif root is not None and root != closed.root:
        gaps["other-packs"] = packs
    holders = [Holder(party, counts) for party, counts in held.items()]
    holders.sort(key=lambda holder: (-holder.missing, -holder.packs, holder.party or ""))
    return Balance(
        packs,
        parts,
        tuple(holders),
        tuple(Gap(kind, gaps[kind]) for kind in GAPS if kind in gaps),
        None if closed is None else closed.count,
    )


def shares(counts: Mapping[str, int]) -> dict[str, float]:
    """Counts as percents with one decimal that add up to 100 exactly; all zero where there is nothing."""
    total = sum(counts.values())
    if not total:
        return dict.fromkeys(counts, 0.0)
    tenths = {name: count * 1000 // total for name, count in counts.items()}
    rest = sorted(counts, key=lambda name: -(counts[name] * 1000 % total))
    for name in rest[: 1000 - sum(tenths.values())]:
        tenths[name] += 1
    return {name: tenth / 10 for name, tenth in tenths.items()}


def unresolved_first(rows: Iterable[PackRow]) -> Iterator[PackRow]:
    """The same rows, those that need attention first; keeps the others in memory until then."""
    later = []
    for row in rows:
        if part_of(row) in MISSING:
            yield row
        else:
            later.append(row)
    yield from later


def in_trade(row: PackRow) -> bool:
    """Whether a pack could still reach a patient: active or held, not yet dispensed or ended."""
    return condition_of(row).standing < Standing.OUT_OF_TRADE
