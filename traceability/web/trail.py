"""Where an item has been, hop by hop, as far as one viewer may see it."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
from flask import url_for

from traceability.custody import provenance
from traceability.custody.provenance import disclosure
from traceability.custody.state import Fact, Item
from traceability.ledger.history import Snapshot
from traceability.web import directory, phrases
from traceability.web import reading as readings
from traceability.web.babel import gettext
from traceability.web.correcting import may_say_wrong
from traceability.web.erased import erased_line
from traceability.web.links import Link, hri, link

VISIBLE = frozenset({"whole", "item"})
# Acts that name many packs and whose terms say nothing of one.
_MANY = frozenset({"commissioned", "opened", "packed", "unpacked"})

Levels = Mapping[int, str]
"""How much of the statement at each position the viewer may see."""


class Mark(NamedTuple):
    """A state beside a hop: icon, word, colour, and what it means."""

    tone: str
    icon: str
    word: str
    hint: str


class Signature(NamedTuple):
    """Who signed one side of a hop; without `kid` nobody did."""

    party: str
    said: str
    gln: str = ""
    kid: str = ""
    time: str = ""
    id: str = ""
    url: str = ""
    receipt: str = ""
    wrong: str = ""
    """Where its own party says that it is wrong."""


class Hop(msgspec.Struct):
    """One hop: an act, or a handoff with both its sides."""

    heading: str
    time: str
    place: str
    grade: str
    signatures: list[Signature]
    marks: list[Mark] = []
    via: list[Link] = []
    lines: list[str] = []
    gap: str = ""
    """What is missing below this hop: nobody signed for how the item came here."""
    open: bool = False
    """On the road: the other side has not signed."""
    struck: bool = False


class Named(NamedTuple):
    """A fact about an item with its name."""

    name: str
    value: str
    url: str = ""
    tone: str = ""
    more: str = ""


class Story(msgspec.Struct):
    """What a viewer may know of one item."""

    epc: str
    title: str
    hri: str
    item: Item | None
    top: Item | None
    current: bool
    """Whether the viewer may know where it is now."""
    hops: list[Hop]
    facts: list[Fact]
    """The statements behind the hops, newest first."""
    hidden: int
    """Hops that are not the viewer's to see."""
    way: provenance.Provenance


# Who may see what: custody.provenance decides, this only asks


def held_until(view: Snapshot, epc: str, viewer: str, facts: Iterable[Fact]) -> int:
    """The last position at which a party held an item; beyond every position while it holds it now.

    The same answer as `Snapshot.holds`, for all positions at once: custody that nobody handed over does not
    count, or anyone could claim a pack to see its past.
    """
    item = view.item(epc)
    if not viewer or item is None:
        return -1
    top = view.top(item)
    if viewer == top.custodian and not top.unmatched:
        return 2**62
    own = (fact.position for fact in facts if fact.effect and fact.party == viewer and not fact.unmatched)
    return max(own, default=-1)


def level(view: Snapshot, viewer: str, position: int, epc: str | None) -> str:
    """How much of a statement a party may see: of one item where `epc` is given, else of any of its items."""
    if epc is None:
        return view.disclosure(viewer, position)
    facts = {step.fact.position: step.fact for step in view.steps(epc)}
    if position not in facts:
        return view.disclosure(viewer, position)
    held = held_until(view, epc, viewer, facts.values()) >= position
    return disclosure(viewer, facts[position], view.registry, (epc,) if held else ())


# The story


def story(view: Snapshot, epc: str, viewer: str) -> Story:
    """What a viewer (a party's GLN; empty for a visitor) may know of an item."""
    item = view.item(epc)
    way = view.provenance(epc)
    facts = [side.fact for hop in way.hops for side in hop.sides]
    until = held_until(view, epc, viewer, facts)
    seen = {
        fact.position: disclosure(viewer, fact, view.registry, (epc,) if until >= fact.position else ())
        for fact in facts
    }
    gaps = {gap.before: gap for gap in way.gaps}
    lines, shown, hidden = [], list[Fact](), 0
    for number, hop in reversed(list(enumerate(way.hops))):
        mine = [side.fact for side in reversed(hop.sides) if seen[side.fact.position] in VISIBLE]
        if not mine:
            hidden += 1
            continue
        shown += mine
        lines.append(_line(view, hop, gaps.get(number), seen, epc))
    top = None if item is None else view.top(item)
    return Story(
        epc=epc,
        title=_title(epc),
        hri=hri(epc),
        item=item,
        top=top,
        current=_is_current(viewer, top, way, seen),
        hops=lines,
        facts=shown,
        hidden=hidden,
        way=way,
    )


def _is_current(viewer: str, top: Item | None, way: provenance.Provenance, seen: Levels) -> bool:
    """Whether a viewer may know where an item is now: its last step is open to it, or the goods come to it."""
    if not viewer or top is None or not way.hops:
        return False
    if viewer == top.receiver:
        return True
    claimed = viewer == top.custodian and top.unmatched and len(way.hops) > 1
    return not claimed and any(seen[position] in VISIBLE for position in way.hops[-1].positions)


def _title(epc: str) -> str:
    kind = readings.kind_of(epc)
    if kind not in {"pack", "case"}:
        return readings.name_of(kind)
    return directory.product_name(epc.split("/")[4]) or gettext("Unknown product")


# Hops


def _line(view: Snapshot, hop: provenance.Hop, gap: provenance.Gap | None, seen: Levels, epc: str) -> Hop:
    missing = hop.missing
    return Hop(
        heading=phrases.hop_title(hop),
        time=hop.time,
        place=_place(hop),
        grade=hop.grade,
        signatures=_signatures(hop, seen, epc, missing=missing),
        marks=_marks(hop, missing=missing),
        via=[link(one) for one in hop.containers if one != epc],
        lines=_terms(view, hop, seen),
        gap=_gap(gap),
        open=hop.unconfirmed or missing,
        struck=hop.struck or hop.voided or hop.undone,
    )


def _place(hop: provenance.Hop) -> str:
    ends = [hop.place, hop.counter_place] if hop.taken is None else [hop.counter_place, hop.place]
    return " → ".join(directory.place_name(end) for end in ends if end)


def _gap(gap: provenance.Gap | None) -> str:
    if gap is None:
        return ""
    party, presumed = directory.party_name(gap.party), directory.party_name(gap.presumed)
    if gap.kind == "origin":
        return gettext("A gap: nobody signed for where it came from before %(party)s had it.", party=party)
    if gap.kind == "unmatched" and presumed:
        return gettext(
            "A gap: %(presumed)s did not sign for handing it to %(party)s.", presumed=presumed, party=party
        )
    if gap.kind == "unmatched":
        return gettext("A gap: nobody signed for handing it to %(party)s.", party=party)
    return gettext("A gap: %(party)s did not sign for receiving it.", party=party)


def _marks(hop: provenance.Hop, *, missing: bool) -> list[Mark]:
    marks = (
        (missing, "stop", "stop", gettext("missing"), gettext("The receiver opened the container and did not find it")),
        (hop.unconfirmed, "again", "road", gettext("unconfirmed"), gettext("The receiver has not signed for it yet")),
        (hop.late, "again", "again", gettext("late"), gettext("Signed in time, delivered to the log later")),
        (hop.disputed, "stop", "unknown", gettext("disputed"),
         gettext("Admitted after its key was lost or misused, as was said later")),
        (hop.voided, "again", "void", gettext("taken back"), gettext("It never left, or its receiver refused it")),
        (hop.undone, "again", "void", gettext("undone"), gettext("The pharmacy took it back; it never reached the public")),
        (hop.struck, "stop", "stop", gettext("struck"), gettext("Corrected by a later statement")),
        (hop.flagged, "again", "unknown", gettext("to be looked at"),
         gettext("Signed before an earlier statement was corrected, on which it may rest")),
    )  # fmt: skip
    return [Mark(*mark) for holds, *mark in marks if holds]


def _terms(view: Snapshot, hop: provenance.Hop, seen: Levels) -> list[str]:
    """What the terms add, for those who may see them: reason, amount, order."""
    lines: dict[str, None] = {}
    for side in hop.sides:
        position = side.fact.position
        lines |= dict.fromkeys(erased_line(view, position))
        body = view.body(position) if hop.act not in _MANY and seen[position] == "whole" else None
        terms = msgspec.json.decode(body.terms) if body is not None else {}
        if terms.get("reason"):
            lines[gettext("Reason: %(reason)s", reason=terms["reason"])] = None
        if terms.get("amount"):
            taken, left = terms["amount"]["taken"], terms["amount"]["left"]
            lines[gettext("%(taken)s units taken, %(left)s left", taken=taken, left=left)] = None
        for order in terms.get("bizTransactionList", ()):
            number = str(order["bizTransaction"]).rpartition(":")[2]
            lines[gettext("Order %(number)s", number=number)] = None
    return list(lines)


def _signatures(hop: provenance.Hop, seen: Levels, epc: str, *, missing: bool) -> list[Signature]:
    found = [_signature(side.fact, epc) for side in hop.sides if seen[side.fact.position] in VISIBLE]
    if missing:
        found[-1] = found[-1]._replace(said=gettext("signed: it was not there"))
    other = directory.party_name(hop.counterparty)
    if hop.handoff and hop.given is None:
        found.insert(0, Signature(other or gettext("Nobody"), gettext("did not sign for handing it over")))
    if hop.unconfirmed and other:
        found.append(Signature(other, gettext("has not signed yet")))
    return found


def _signature(fact: Fact, epc: str) -> Signature:
    return Signature(
        directory.party_name(fact.party),
        phrases.said(fact.act),
        fact.party,
        fact.kid,
        fact.event_time,
        fact.id,
        url_for("items.statement", statement=fact.id, epc=epc),
        url_for("items.receipt", statement=fact.id, epc=epc),
        url_for("correcting.correct", statement=fact.id) if may_say_wrong(fact) else "",
    )
