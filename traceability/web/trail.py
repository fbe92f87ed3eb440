"""Where an item has been, as its page, its print and the patient's summary say it."""

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
from flask import url_for

from traceability.custody import provenance
from traceability.custody.provenance import disclosure
from traceability.custody.state import Condition, Fact, Item
from traceability.ledger.history import Snapshot
from traceability.reports.pdf import PackReport, Stop
from traceability.web import directory, phrases
from traceability.web import reading as readings
from traceability.web.babel import gettext, ngettext
from traceability.web.links import Link, hri, link, lot_url, may_trace, page_url
from traceability.web.words import CONDITION_WORDS, day, moment

CONTENTS_SHOWN = 200
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
    missing: int
    """Handoffs at whose end it was not there."""


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
        missing=sum(is_missing(view, hop, epc) for hop in way.hops),
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


def is_missing(view: Snapshot, hop: provenance.Hop, epc: str) -> bool:
    """Whether the receiver's signature says that the item was not there."""
    return (
        hop.act == "received" and hop.taken is not None and ("c", epc) in view.named(hop.taken.fact.position)
    )


def _line(view: Snapshot, hop: provenance.Hop, gap: provenance.Gap | None, seen: Levels, epc: str) -> Hop:
    missing = is_missing(view, hop, epc)
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
    )


# The page


def page(story: Story, view: Snapshot) -> dict[str, object]:
    """What the template of an item's page shows."""
    return {
        "item": about(story, view),
        "summary": summary(story, view),
        "hops": story.hops,
        "hidden": _hidden(story) if story.hops else "",
        "proof": proof(story.facts) if story.facts else "",
        "proof_sentences": proof_sentences,
    }


def _hidden(story: Story) -> str:
    if not story.hidden:
        return ""
    return ngettext(
        "%(num)s further step is not yours to see.",
        "%(num)s further steps are not yours to see.",
        story.hidden,
    )


class About(msgspec.Struct):
    """The head of an item's page."""

    epc: str
    title: str
    hri: str
    facts: list[Named]
    contents: list[Link] = []
    contents_title: str = ""
    contents_more: str = ""


def _outside(story: Story) -> About:
    """For the patient and whoever never held it: what is printed on the pack, and no more."""
    facts = []
    lot = story.item.lot if story.item is not None else None
    if lot is not None:
        facts = [Named(gettext("Lot"), lot.number), Named(gettext("Expires"), day(lot.expiry))]
    return About(story.epc, story.title, story.hri, facts)


def about(story: Story, view: Snapshot) -> About:
    """The head of the page, with what the viewer may know."""
    item, top = story.item, story.top
    if item is None or top is None or not story.current:
        return _outside(story)
    facts = []
    if item.lot is not None:
        url = lot_url(item.lot) if may_trace(item.lot.gtin) else ""
        facts += [
            Named(gettext("Lot"), item.lot.number, url),
            Named(gettext("Expires"), day(item.lot.expiry)),
        ]
    word = CONDITION_WORDS[item.condition if item.condition.blocked else top.condition][1]
    facts.append(Named(gettext("State"), str(word)))
    if item.left is not None:
        facts.append(Named(gettext("Units left"), str(item.left)))
    above, one = [], item
    while one.container is not None:
        above.append(one.container)
        container = view.item(one.container)
        if container is None:
            break
        one = container
    facts += [Named(gettext("Inside"), hri(one), page_url(one)) for one in above]
    inside = readings.inside(view, item.epc)
    if inside:
        facts.append(Named(gettext("Contents"), inside))
    children = list(view.children(item.epc))
    more = len(children) - CONTENTS_SHOWN
    return About(
        story.epc,
        story.title,
        story.hri,
        facts,
        [link(child) for child in children[:CONTENTS_SHOWN]],
        gettext("What is directly inside: %(count)s", count=len(children)),
        gettext("and %(count)s more", count=more) if more > 0 else "",
    )


class Answer(NamedTuple):
    """The sentence on top of the page."""

    tone: str
    icon: str
    lines: list[str]


def summary(story: Story, view: Snapshot) -> Answer:
    """Where it is, in a sentence; what its history is worth, in a second one."""
    item, top = story.item, story.top
    if item is None or top is None:
        return Answer(
            "unknown",
            "unknown",
            [gettext("The log does not know this code."), gettext("Nobody has signed for it here yet.")],
        )
    if not story.current and not story.hops:
        return _patient(item, top, view)
    tone, sentence = _where(item, top, view) if story.current else ("unknown", _last_seen(story))
    recalled = view.registry.recalls_of(item.epc, item.lot)
    lines = [sentence]
    if recalled:
        tone = "stop"
        lines.append(
            gettext("Recalled by %(party)s: %(reason)s", party=directory.party_name(recalled[0].party),
                    reason=recalled[0].reason)
        )  # fmt: skip
    if story.current:
        lines.append(_worth(story))
    icon = ("road" if tone == "again" and top.receiver is not None else tone) if story.current else "next"
    return Answer(tone, "recall" if recalled else icon, lines)


def _last_seen(story: Story) -> str:
    """For who handed it on: what happened afterwards is not theirs to see."""
    last = story.hops[0]
    return gettext(
        "You do not have it now. The last step that you may see: %(step)s, %(when)s.",
        step=last.heading,
        when=moment(last.time),
    )


def _where(item: Item, top: Item, view: Snapshot) -> tuple[str, str]:
    condition = item.condition if item.condition.blocked else top.condition
    tone, word = CONDITION_WORDS[condition]
    holder, place = directory.party_name(top.custodian), directory.place_name(top.site)
    fact = view.fact(top.acted if not item.condition.blocked else item.acted)
    when = moment(fact.event_time) if fact is not None else ""
    if top.receiver is not None and not condition.blocked:
        return "again", gettext(
            "On the road from %(sender)s to %(receiver)s since %(when)s.",
            sender=holder,
            receiver=directory.party_name(top.receiver),
            when=when,
        )
    where = f"{holder} ({place})" if place and place != holder and holder not in place else place or holder
    if condition is Condition.SHORT:
        return tone, gettext(
            "Missing: sent by %(sender)s, and %(receiver)s did not find it in the delivery of %(when)s.",
            sender=holder,
            receiver=directory.party_name(top.receiver) or gettext("the receiver"),
            when=when,
        )
    if condition in {Condition.STOLEN, Condition.LOST}:
        return tone, gettext(
            "%(state)s: last with %(party)s, %(when)s.", state=_capital(str(word)), party=where, when=when
        )
    if condition is Condition.DISPENSED:
        return "clear", gettext("Dispensed by %(party)s on %(when)s.", party=where, when=when)
    if condition is Condition.DESTROYED:
        return "unknown", gettext("Destroyed by %(party)s on %(when)s.", party=where, when=when)
    if condition.blocked:
        return tone, gettext(
            "%(state)s, with %(party)s since %(when)s.", state=_capital(str(word)), party=where, when=when
        )
    return "clear", gettext("With %(party)s since %(when)s.", party=where, when=when)


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _worth(story: Story) -> str:
    pending = bool(story.way.hops) and story.way.hops[-1].unconfirmed
    handoffs, confirmed = story.way.handoffs - pending, story.way.confirmed - story.missing
    if pending and not handoffs:
        return gettext("Its receiver has not signed for it yet.")
    if not handoffs:
        return gettext("It has not been handed over yet.")
    if confirmed == handoffs and story.way.complete:
        return ngettext(
            "%(num)s handoff, signed by both sides.", "%(num)s handoffs, all signed by both sides.", handoffs
        )
    if confirmed == handoffs:
        return gettext("Both sides signed each handoff, but there is a gap before: see below.")
    return gettext(
        "Both sides signed %(signed)s of %(all)s handoffs; the others are marked below.",
        signed=confirmed,
        all=handoffs,
    )


def _patient(item: Item, top: Item, view: Snapshot) -> Answer:
    """What anyone may know: no party, no place, no time of day."""
    condition = item.condition if item.condition.blocked else top.condition
    recalled = view.registry.recalls_of(item.epc, item.lot)
    if any(recall.level == "patient" for recall in recalled):
        return Answer("stop", "recall", [
            gettext("This medicine is recalled. Do not take it."),
            gettext("Bring it back to your pharmacy and ask there what to do."),
        ])  # fmt: skip
    if condition is Condition.DISPENSED:
        return Answer("clear", "clear", [
            gettext("This pack was dispensed by a pharmacy."),
            gettext("If it was not dispensed to you, ask your pharmacist."),
        ])  # fmt: skip
    if condition.blocked or recalled:
        return Answer("stop", "stop", [
            gettext("This pack must not be sold or taken."),
            gettext("Ask the pharmacy from which you have it."),
        ])  # fmt: skip
    if readings.kind_of(item.epc) != "pack":
        return Answer("unknown", "info", [gettext("This is a case or pallet on its way through the trade.")])
    return Answer("clear", "clear", [
        gettext("Nothing is reported against this pack."),
        gettext("It is still in the trade. A code proves only itself: if you bought it, ask your pharmacist to scan it."),
    ])  # fmt: skip


# Proofs in the page


def proof(facts: list[Fact]) -> str:
    """The statements that static/js/proof.js is to check."""
    labels = (f"{phrases.statement_title(fact)} · {moment(fact.event_time)}" for fact in facts)
    return json.dumps(
        [{"id": fact.id, "label": label} for fact, label in zip(facts, labels, strict=True)],
        ensure_ascii=False,
    )


def proof_sentences() -> dict[str, str]:
    """What proof.js says."""
    return {
        "proof-checking": gettext("Checking in this browser…"),
        "proof-all": gettext("All %(n)s statements hold. This browser checked them itself."),
        "proof-one": gettext("It holds. This browser checked it itself."),
        "proof-some": gettext("%(n)s of %(of)s statements hold. Do not rely on the others."),
        "proof-step-tree": gettext(
            "It is entry %(index)s of a log of %(size)s; its path leads to this root:"
        ),
        "proof-step-log": gettext("The log %(origin)s has signed that root with this key:"),
        "proof-step-log-unread": gettext(
            "This browser cannot check the signature of the log %(origin)s (Ed25519). Use the offline verifier. Its key:"
        ),
        "proof-step-signature": gettext("Party %(gln)s signed it; the signature holds under this key:"),
        "proof-step-key": gettext(
            "The key was registered for that party, up to the authority, and not revoked among %(size)s registry entries with this head:"
        ),
        "proof-form": gettext("The receipt is not of a form that this page knows."),
        "proof-log-key": gettext("The checkpoint is not signed by the key in trust.json."),
        "proof-log-signature": gettext("The log's signature on the checkpoint does not hold."),
        "proof-tree": gettext("The entry is not in the tree that the log signed."),
        "proof-other": gettext("The receipt is for another statement than %(id)s."),
        "proof-other-log": gettext("The statement was made for another log."),
        "proof-key-name": gettext("The key does not fit its name %(kid)s."),
        "proof-registry-head": gettext(
            "The registry entries do not lead to the registry that the entry names."
        ),
        "proof-key-revoked": gettext("The key %(kid)s had been revoked when this was admitted."),
        "proof-key-party": gettext("The key %(kid)s was not registered for this party."),
        "proof-key-unknown": gettext("Nobody registered the key %(kid)s."),
        "proof-signature": gettext("The signature of key %(kid)s does not hold."),
        "no-answer": gettext("The server did not answer as expected. Try again."),
        "no-connection": gettext("No connection to the server."),
    }


# On paper


def report(story: Story, view: Snapshot) -> PackReport:
    """The same for reports.pdf."""
    head, answer = about(story, view), summary(story, view)
    words = {
        "scanned": gettext("scanned"),
        "inferred": gettext("inferred"),
        "claimed": gettext("claimed"),
        "unmatched": gettext("unmatched"),
    }
    stops = [
        Stop(
            heading=hop.heading,
            when=moment(hop.time),
            lines=[line for line in (hop.place, *_inside(hop), *hop.lines, *_signers(hop), hop.gap) if line],
            evidence=", ".join([words[hop.grade], *(mark.word for mark in hop.marks)]),
            gap=bool(hop.gap) or hop.open,
            struck=hop.struck,
            solid=hop.grade == "scanned" and not hop.open,
        )
        for hop in story.hops
    ]
    checkpoint = view.reader.checkpoint()
    return PackReport(
        title=story.title,
        code=story.hri,
        sentence=" ".join(answer.lines),
        facts=[(fact.name, fact.value) for fact in head.facts],
        stops=stops,
        notes=[_hidden(story), gettext("Each signature can be checked: scan the pack on the log's page.")],
        foot=f"{view.registry.keyring.trust.origin} · {checkpoint[0] if checkpoint else 0}",
    )


def _inside(hop: Hop) -> list[str]:
    return [gettext("Inside %(container)s", container=one.hri) for one in hop.via]


def _signers(hop: Hop) -> list[str]:
    return [
        f"{one.party} {one.said}" + (f" · GLN {one.gln} · {one.kid[:10]}" if one.kid else "")
        for one in hop.signatures
    ]
