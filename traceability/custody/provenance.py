"""Where an item has been: the fold of signed statements into hops, and who may see them.

A hop is one act, or a handoff with both its sides. Inference is never shown as fact: every hop carries
its evidence grade, and what nobody signed for is a gap (DESIGN section 5, "Evidence grade").
"""

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

import msgspec

from traceability.custody.inheritance import TRANSFORMING
from traceability.custody.registry import Registry
from traceability.custody.state import Fact
from traceability.custody.times import seconds

Grade = Literal["scanned", "inferred", "claimed", "unmatched"]
GRADES: tuple[Grade, ...] = ("scanned", "inferred", "claimed", "unmatched")
"""From the strongest evidence to the weakest."""

SENDING = frozenset({"shipped", "returned", "refused", "exported"})
RECEIVING = frozenset({"received", "return_received"})
OWNERSHIP = frozenset({"ownership_offered", "ownership_accepted"})
"""Acts whose far side stands in the terms: it is the two owners' and the regulator's to know."""
MAKING = frozenset({"commissioned", "opened", "packed", *TRANSFORMING})


class Step(msgspec.Struct, frozen=True):
    """One statement about an item: it named the item itself, or a container while the item was in it."""

    fact: Fact
    via: tuple[str, ...] = ()
    """The containers through which the statement reaches the item, innermost first; empty if it named it."""
    place: int = 0
    """Place of the item, or of the outermost of `via`, among the signed items; -1 for parentID."""
    role: str = "e"
    """The role under which it is named; "p" for parentID."""


class Side(msgspec.Struct, frozen=True):
    """One signature on a hop."""

    fact: Fact
    grade: Grade
    via: tuple[str, ...]
    disputed: bool
    missing: bool = False
    """The receiver signed that the item was not among the contents."""

    @property
    def kid(self) -> str:
        """The key that signed."""
        return self.fact.kid


class Hop(msgspec.Struct, frozen=True):
    """One act on an item, or a handoff of it with the dispatch in `given` and the receipt in `taken`."""

    act: str
    time: str
    """Event time with its zone."""
    party: str
    """Who acted; of a handoff the receiver, or the sender while nobody has received."""
    place: str | None
    counterparty: str | None
    """The other side of a handoff, as far as somebody named it."""
    counter_place: str | None
    grade: Grade
    """The weaker evidence of the two sides."""
    containers: tuple[str, ...]
    """The containers that the item was in, innermost first."""
    given: Side | None = None
    taken: Side | None = None
    done: Side | None = None
    """The signature on an act that is no handoff."""
    unconfirmed: bool = False
    """Handed over, and the other side has not signed."""
    voided: bool = False
    """The sender took the dispatch back, or the receiver refused it."""
    undone: bool = False
    """A dispensing that was undone."""
    late: bool = False
    disputed: bool = False
    struck: bool = False
    flagged: bool = False
    """Signed before an earlier statement was struck, on which it may rest."""

    @property
    def sides(self) -> tuple[Side, ...]:
        """Every signature on this hop, the giver's first."""
        return tuple(side for side in (self.given, self.taken, self.done) if side is not None)

    @property
    def handoff(self) -> bool:
        """Whether the hop is between two parties."""
        return self.done is None

    @property
    def missing(self) -> bool:
        """Whether the receiver's signature says that the item was not there."""
        return self.taken is not None and self.taken.missing

    @property
    def positions(self) -> tuple[int, ...]:
        """Log positions of its statements."""
        return tuple(side.fact.position for side in self.sides)

    @property
    def statements(self) -> tuple[str, ...]:
        """Ids of its statements."""
        return tuple(side.fact.id for side in self.sides)


class Gap(msgspec.Struct, frozen=True):
    """Something that nobody signed for, before a hop."""

    kind: Literal["origin", "handover", "unmatched"]
    """origin: nobody says how it came to be; unmatched: received, and nobody handed it over; handover: the
    next party acts on it without having received it."""
    before: int
    """Index of the hop that it comes before."""
    party: str
    """Who had the item after the gap."""
    presumed: str | None
    """Who had it before, as far as somebody said."""


class Provenance(msgspec.Struct, frozen=True):
    """The story of an item, in the order of event time."""

    epc: str
    hops: tuple[Hop, ...]
    gaps: tuple[Gap, ...]

    @property
    def parties(self) -> tuple[str, ...]:
        """Everyone who signed, in the order of first appearance."""
        return tuple(dict.fromkeys(side.fact.party for hop in self.hops for side in hop.sides))

    @property
    def handoffs(self) -> int:
        """Handoffs that happened, confirmed or not."""
        return sum(hop.handoff and not hop.voided for hop in self.hops)

    @property
    def confirmed(self) -> int:
        """Handoffs that both sides have signed, the receiver for having got the item."""
        return sum(hop.given is not None and hop.taken is not None and not hop.missing for hop in self.hops)

    @property
    def complete(self) -> bool:
        """Whether the story begins with its making and nobody's signature is missing."""
        return not self.gaps and bool(self.hops)

    @property
    def grade(self) -> Grade | None:
        """The weakest evidence of all hops; None where there is no hop."""
        return max((hop.grade for hop in self.hops), key=GRADES.index, default=None)

    @property
    def containers(self) -> tuple[str, ...]:
        """Every container it travelled in, in the order of first appearance."""
        return tuple(dict.fromkeys(container for hop in self.hops for container in hop.containers))


def provenance(
    epc: str,
    steps: Iterable[Step],
    *,
    at: str | None = None,
    known_at: int | None = None,
    registry: Registry | None = None,
) -> Provenance:
    """Fold the steps of an item into hops.

    `at` is an event time up to which it is asked, `known_at` a log position up to which it is known;
    `registry` tells which keys are disputed.
    """
    known = _known(steps, at, known_at)
    sides = {position: _side(found, registry) for position, found in known.items()}
    facts = {position: side.fact for position, side in sides.items()}
    answered = _pairs(facts)
    ended = {sent for fact in facts.values() if fact.act in ("voided", "refused") for sent in fact.ref}
    undone = {done for fact in facts.values() if fact.act == "undone" for done in fact.ref}
    strikes = [
        (fact.position, fact.struck)
        for fact in facts.values()
        if fact.struck is not None and (known_at is None or fact.struck <= known_at)
    ]
    hops = []
    for position, side in sides.items():
        if position in answered.values() and side.fact.act in SENDING:
            continue  # it is the giver's side of its receipt's hop
        given = sides.get(answered.get(position, -1))
        containers = _containers(known[position])
        hop = _hop(side, given, containers)
        hops.append(
            msgspec.structs.replace(
                hop,
                voided=position in ended,
                unconfirmed=hop.unconfirmed and position not in ended,
                undone=position in undone,
                struck=any(one in hop.positions for one, _ in strikes),
                flagged=any(one < place < by for one, by in strikes for place in hop.positions),
            )
        )
    hops.sort(key=lambda hop: (seconds(hop.time), hop.positions))
    return Provenance(epc, tuple(hops), tuple(_gaps(hops)))


def _known(steps: Iterable[Step], at: str | None, known_at: int | None) -> dict[int, list[Step]]:
    """The steps that count, by log position; a statement may name an item and its container both."""
    until = None if at is None else seconds(at)
    found: dict[int, list[Step]] = {}
    for step in sorted(steps, key=lambda step: (step.fact.position, len(step.via))):
        fact = step.fact
        if not fact.effect or (known_at is not None and fact.position > known_at):
            continue
        if until is not None and seconds(fact.event_time) > until:
            continue
        found.setdefault(fact.position, []).append(step)
    return found


def _side(steps: Sequence[Step], registry: Registry | None) -> Side:
    step = steps[0]  # the shortest way to the item: its own code, if that was read
    fact = step.fact
    grade: Grade = "claimed" if fact.claimed else "inferred" if step.via else "scanned"
    disputed = registry is not None and is_disputed(fact, registry)
    missing = fact.act in RECEIVING and step.role == "c"
    return Side(fact, grade, step.via, disputed, missing)


def is_disputed(fact: Fact, registry: Registry) -> bool:
    """Whether a statement was admitted after its key is said to have been lost or misused."""
    record = registry.keyring.signer(fact.kid)
    if record is None or record.revoked is None or record.since is None:
        return False
    return fact.position < record.revoked and seconds(fact.admitted) > seconds(record.since)


def _pairs(facts: dict[int, Fact]) -> dict[int, int]:
    """Receipts and the dispatches that they answer; a late dispatch answers its receipt instead."""
    pairs: dict[int, int] = {}
    for position, fact in facts.items():
        for other in fact.ref:
            if other not in facts:
                continue
            if (
                fact.act not in SENDING
                and facts[other].act in SENDING
                and fact.act not in ("voided", "found")
            ):
                pairs[position] = other
            elif fact.act in SENDING and facts[other].act in RECEIVING:
                pairs[other] = position
    return pairs


def _containers(steps: Sequence[Step]) -> tuple[str, ...]:
    longest = max(steps, key=lambda step: len(step.via))
    fact = longest.fact
    inside = (fact.parent,) if fact.parent and longest.role == "c" and fact.parent not in longest.via else ()
    return (*longest.via, *inside)


def _hop(side: Side, given: Side | None, containers: tuple[str, ...]) -> Hop:
    fact = side.fact
    sides = [one for one in (given, side) if one is not None]
    grade: Grade = max((one.grade for one in sides), key=GRADES.index)
    if given is None and fact.act in RECEIVING and fact.unmatched:
        grade = "unmatched"
    handoff = given is not None or fact.act in SENDING or fact.act in RECEIVING
    sent = fact.act in SENDING
    other = None if fact.act in OWNERSHIP else fact.counterparty
    return Hop(
        act=fact.act,
        time=fact.event_time,
        party=fact.party,
        place=fact.site,
        counterparty=given.fact.party if given is not None else other,
        counter_place=given.fact.site if given is not None else fact.counter_site,
        grade=grade,
        containers=containers or (given.via if given is not None else ()),
        given=side if sent else given,
        taken=side if handoff and not sent else None,
        done=None if handoff else side,
        unconfirmed=sent,
        late=any(one.fact.late for one in sides),
        disputed=any(one.disputed for one in sides),
    )


def _gaps(hops: Sequence[Hop]) -> Iterable[Gap]:
    holder: str | None = None
    for index, hop in enumerate(hops):
        if hop.struck:
            continue
        if index == 0 and hop.act not in MAKING:
            yield Gap("origin", index, hop.party, hop.counterparty)
        if hop.taken is not None and hop.given is None:
            if index:
                yield Gap("unmatched", index, hop.party, hop.counterparty or holder)
            holder = hop.party
        elif hop.taken is not None or hop.act in MAKING or (hop.act in ("taken_back", "found")):
            holder = hop.party
        elif holder is not None and hop.party != holder and not _may_be_elsewhere(hop):
            yield Gap("handover", index, hop.party, holder)
            holder = hop.party


def _may_be_elsewhere(hop: Hop) -> bool:
    """Acts that do not need the item in hand, or that leave it where it is."""
    return hop.act in (
        "stolen",
        "lost",
        "decommissioned",
        "ownership_offered",
        "ownership_accepted",
        "corrected",
    ) or (hop.act == "refused")


# Who sees what


class Sided(Protocol):
    """A statement with its two sides."""

    @property
    def party(self) -> str: ...
    @property
    def counterparty(self) -> str | None: ...


def disclosure(
    viewer: str, fact: Sided, registry: Registry, holds: Sequence[str]
) -> Literal["whole", "item", "summary", "none"]:
    """How much of a statement a party may see (DESIGN section 3, "Who sees what"): the one place that says.

    `viewer` is a GLN, empty for a visitor; `holds` are those items of the statement that the viewer holds
    or has held since. The two sides and the regulator of either's country see the whole body; who holds or
    held an item sees the core and that item; a visitor sees a summary.
    """
    if not viewer:
        return "summary"
    if viewer in (fact.party, fact.counterparty):
        return "whole"
    if registry.is_regulator_of(viewer, fact.party) or (
        fact.counterparty is not None and registry.is_regulator_of(viewer, fact.counterparty)
    ):
        return "whole"
    return "item" if holds else "none"
