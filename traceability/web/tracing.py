"""A lot in numbers and words: its balance, who has its packs, what is recalled."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from flask import url_for

from traceability.custody import recall
from traceability.custody.closing import closed_set
from traceability.custody.recall import PARTS, Alike, Balance, Gap, balance
from traceability.custody.registry import Recall, gtin_of
from traceability.custody.state import Lot
from traceability.ledger.history import Snapshot
from traceability.web import directory
from traceability.web.babel import gettext, ngettext
from traceability.web.links import hri
from traceability.web.lotrows import BEYOND, Sight
from traceability.web.words import LEVEL_WORDS, moment


class NamedLot(NamedTuple):
    """A lot with its product's name."""

    gtin: str
    number: str
    expiry: str
    product: str


class PartLine(msgspec.Struct, frozen=True):
    """One part of the balance; `left` and `width` are thousandths of the bar."""

    tone: str
    word: str
    count: int
    number: str
    percent: str
    left: float
    width: float


class Holder(NamedTuple):
    """What one party has, part by part."""

    name: str
    gln: str
    counts: dict[str, str]
    total: str
    attention: bool


class Summary(NamedTuple):
    """A lot in numbers."""

    total: int
    """Packs in the balance, those counted by the maker and never seen included."""
    seen: int
    """Packs that the log knows."""
    parts: list[PartLine]
    holders: list[Holder]
    beyond: str
    """How many packs are with parties that the viewer may not know of."""
    gaps: list[str]
    """What the balance cannot account for, each hole named."""


def part_word(part: str) -> str:
    """The name of a part of the balance."""
    return {
        "held": gettext("in hand"),
        "road": gettext("on the road"),
        "dispensed": gettext("dispensed"),
        "returned": gettext("returned"),
        "destroyed": gettext("destroyed"),
        "sampled": gettext("sampled"),
        "stolen": gettext("stolen"),
        "unresolved": gettext("unresolved"),
    }[part]


def named(lot: Lot) -> NamedLot:
    """A lot with its product's name."""
    return NamedLot(lot.gtin, lot.number, lot.expiry, directory.product_name(lot.gtin) or lot.gtin)


def recall_sentence(notice: Recall) -> str:
    """A recall in force, in a sentence."""
    return gettext(
        "Recalled by %(party)s on %(when)s, class %(kind)s, down to %(level)s: %(reason)s",
        party=directory.party_name(notice.party),
        when=moment(notice.issued),
        kind=notice.kind,
        level=str(LEVEL_WORDS.get(notice.level, notice.level)),
        reason=notice.reason,
    )


class RecallLine(NamedTuple):
    """A recall in force in a list, leading to its lot where it names one."""

    title: str
    detail: str
    url: str


def recalls_of(view: Snapshot, owner: str | None) -> list[Recall]:
    """The recalls and drills in force that name one party's products, or all, newest first."""
    own = {product.gtin for product in directory.products(owner)}
    newest = sorted(view.registry.recalls.values(), key=lambda one: -one.position)
    return [one for one in newest if owner is None or not own.isdisjoint(_gtins(one))]


def _gtins(recall: Recall) -> set[str]:
    return {gtin for gtin, _ in recall.lots} | recall.products | {gtin_of(epc) for epc in recall.items}


def recalled(recall: Recall, most: int | None = None) -> str:
    """What a recall is about, in words; of single packs `most`."""
    names = [f"{directory.product_name(gtin) or gtin}, {number}" for gtin, number in sorted(recall.lots)]
    names += [directory.product_name(gtin) or gtin for gtin in sorted(recall.products)]
    names += [hri(epc) for epc in sorted(recall.items)[:most]]
    return " · ".join(names)


def recall_lines(view: Snapshot, owner: str | None) -> list[RecallLine]:
    """The recalls in force of one party's products, or of all, newest first; drills stop nothing."""
    return [
        RecallLine(recalled(one), recall_sentence(one), _recall_url(one))
        for one in recalls_of(view, owner)
        if not one.drill
    ]


def _recall_url(recall: Recall) -> str:
    """The lot that a recall is about, where it is one; else its campaign."""
    if len(recall.lots) != 1:
        return url_for("campaigns.campaign", statement=recall.id)
    ((gtin, number),) = recall.lots
    return url_for("lots.lot", gtin=gtin, lot=number)


class Counted:
    """Balances that were counted lately: a lot is counted again only when the log has grown."""

    MOST = 64

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, Lot, str | None], Balance] = {}

    def balance(self, view: Snapshot, lot: Lot, viewer: str | None) -> Balance:
        """The balance of a lot as of a snapshot; holders whom the viewer may not know stand as BEYOND."""
        key = (view.registry.keyring.trust.origin, view.reader.size(), lot, viewer)
        found = self._known.get(key)
        if found is None:
            groups: Iterator[Alike] = view.lot_balance(lot.gtin, lot.number)
            if viewer is not None:
                groups = map(Sight(view.registry, viewer).masked, groups)
            closed = view.registry.closed_lot(lot.gtin, lot.number)
            root = None if closed is None else closed_set(view.lot_serials(lot.gtin, lot.number))[1]
            found = balance(groups, closed, root)
            if len(self._known) >= self.MOST:
                self._known.clear()
            self._known[key] = found
        return found


_COUNTED = Counted()


def counted(view: Snapshot, lot: Lot, viewer: str | None) -> Balance:
    """The balance of a lot as one viewer may see it; None sees every holder."""
    return _COUNTED.balance(view, lot, viewer)


def summarise(view: Snapshot, lot: Lot, viewer: str) -> Summary:
    """The balance of a lot and who has its packs: unresolved first, then the largest holders."""
    counted = _COUNTED.balance(view, lot, viewer)
    hidden = next((holder.packs for holder in counted.holders if holder.party == BEYOND), 0)
    never = next((gap.packs for gap in counted.gaps if gap.kind == "never-seen"), 0)
    return Summary(
        total=counted.packs,
        seen=counted.packs - never,
        parts=part_lines(counted),
        holders=[_holder(one) for one in counted.holders if one.party != BEYOND],
        beyond=_beyond(hidden),
        gaps=[gap_sentence(gap) for gap in counted.gaps],
    )


def part_lines(counted: Balance) -> list[PartLine]:
    """The parts of a balance for its bar and its list."""
    lines, left = [], 0.0
    for part, percent in counted.percents.items():
        count = counted.parts[part]
        width = 1000 * count / (counted.packs or 1)
        line = PartLine(
            part, part_word(part), count, f"{count:,}", f"{percent:.1f}", round(left, 2), round(width, 2)
        )
        lines.append(line)
        left += width
    return lines


def _holder(one: recall.Holder) -> Holder:
    return Holder(
        directory.party_name(one.party) or gettext("Nobody known"),
        one.party or "",
        {part: f"{one.parts[part]:,}" for part in PARTS if one.parts.get(part)},
        f"{one.packs:,}",
        one.missing > 0,
    )


def _beyond(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(num)s more pack was handed on by those you sold to. Only its holder and the regulator see where it is.",
        "%(num)s more packs were handed on by those you sold to. Only their holders and the regulator see where they are.",
        count,
    )


def gap_sentence(gap: Gap) -> str:
    """A hole in the balance, named."""
    n = gap.packs
    return {
        "stolen": ngettext("%(num)s pack was reported stolen.", "%(num)s packs were reported stolen.", n),
        "lost": ngettext("%(num)s pack was reported lost.", "%(num)s packs were reported lost.", n),
        "short": ngettext("%(num)s pack was missing from a delivery.", "%(num)s packs were missing from a delivery.", n),
        "repackaged": ngettext("%(num)s pack was repackaged: follow the new ones.",
                               "%(num)s packs were repackaged: follow the new ones.", n),
        "nowhere": ngettext("%(num)s pack is with nobody whom the log knows.",
                            "%(num)s packs are with nobody whom the log knows.", n),
        "unmatched": ngettext("%(num)s pack is where it is without anybody having handed it over.",
                              "%(num)s packs are where they are without anybody having handed them over.", n),
        "never-seen": ngettext("%(num)s pack was counted by the maker, and the log has never seen it.",
                               "%(num)s packs were counted by the maker, and the log has never seen them.", n),
        "too-many": ngettext("%(num)s pack is more than the maker counted when it closed the lot.",
                             "%(num)s packs are more than the maker counted when it closed the lot.", n),
        "other-packs": ngettext("The %(num)s pack that the log knows is not the one that the maker counted.",
                                "The %(num)s packs that the log knows are not those that the maker counted.", n),
        "open": ngettext("The maker has not closed this lot: the balance is over the %(num)s pack that the log has seen.",
                         "The maker has not closed this lot: the balance is over the %(num)s packs that the log has seen.", n),
    }[gap.kind]  # fmt: skip
