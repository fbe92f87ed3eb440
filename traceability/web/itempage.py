"""The page of an item: where it is in a sentence, the facts beside it, and the same on paper."""

from typing import NamedTuple

import msgspec

from traceability.custody.state import Condition, Item
from traceability.ledger.history import Snapshot
from traceability.reports.pdf import PackReport, Stop
from traceability.web import directory
from traceability.web import reading as readings
from traceability.web.babel import gettext, ngettext
from traceability.web.links import Link, hri, link, lot_url, may_trace, page_url
from traceability.web.proofs import proof, proof_sentences
from traceability.web.trail import Hop, Named, Story
from traceability.web.words import CONDITION_WORDS, day, moment

CONTENTS_SHOWN = 200


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
    handoffs, confirmed = story.way.handoffs - pending, story.way.confirmed
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
