"""A lot in numbers and words: what its page, its files and its print say, each row as the viewer may see it."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import msgspec
from flask import url_for

from traceability.custody import recall
from traceability.custody.provenance import disclosure
from traceability.custody.recall import PARTS, Balance, Gap, PackRow, balance, part_of
from traceability.custody.registry import Recall, Registry, gtin_of
from traceability.custody.state import Condition, Item, Lot
from traceability.ledger.exhibits import Exhibits, lot_positions
from traceability.ledger.history import Snapshot
from traceability.reports.evidence import evidence_bundle
from traceability.reports.labels import Container
from traceability.reports.pdf import Grid, LotReport, Share
from traceability.reports.trace import TraceRow, about_lot, container_number, trace_row
from traceability.web import directory
from traceability.web.babel import gettext, ngettext
from traceability.web.links import hri, page_url
from traceability.web.trail import VISIBLE
from traceability.web.words import CONDITION_WORDS, LEVEL_WORDS, day, moment, packs

BEYOND = "beyond"
"""Stands for every holder that the viewer may not know."""
PRINTED = 40
"""Packs that the printed summary names one by one, those that nobody can account for first."""


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


class PackLine(NamedTuple):
    """Where one pack is, for the table of the page."""

    serial: str
    url: str
    tone: str
    icon: str
    word: str
    holder: str
    place: str
    container: str
    container_url: str
    since: str
    evidence: str


def part_word(part: str) -> str:
    """The name of a part of the balance."""
    return {
        "held": gettext("in hand"),
        "road": gettext("on the road"),
        "dispensed": gettext("dispensed"),
        "returned": gettext("returned"),
        "destroyed": gettext("destroyed"),
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


def recall_lines(view: Snapshot, owner: str | None) -> list[RecallLine]:
    """The recalls in force of one party's products, or of all, newest first."""
    own = {product.gtin for product in directory.products(owner)}
    found = []
    for one in sorted(view.registry.recalls.values(), key=lambda one: -one.position):
        gtins = {gtin for gtin, _ in one.lots} | one.products | {gtin_of(epc) for epc in one.items}
        if owner is not None and gtins.isdisjoint(own):
            continue
        names = [f"{directory.product_name(gtin) or gtin}, {number}" for gtin, number in sorted(one.lots)]
        names += [directory.product_name(gtin) or gtin for gtin in sorted(one.products)]
        names += [hri(epc) for epc in sorted(one.items)]
        ((gtin, number),) = one.lots if len(one.lots) == 1 else (("", ""),)
        url = (
            url_for("lots.lot", gtin=gtin, lot=number)
            if gtin
            else url_for("items.statement", statement=one.id)
        )
        found.append(RecallLine(" · ".join(names), recall_sentence(one), url))
    return found


# Rows


class Sight:
    """What one viewer may know of where packs are: custody.provenance decides, once a statement."""

    def __init__(self, registry: Registry, viewer: str) -> None:
        self._registry = registry
        self._viewer = viewer
        self._seen: dict[int, bool] = {}

    def masked(self, row: PackRow) -> PackRow:
        """The row, its holder replaced by BEYOND where the viewer may not know it."""
        if self.sees(row) or row.top.custodian is None:
            return row
        return row._replace(top=msgspec.structs.replace(row.top, custodian=BEYOND))

    def sees(self, row: PackRow) -> bool:
        """Whether the viewer may know who has a pack: it does itself, or may see the last statement about it."""
        if self._viewer in {row.top.custodian, row.top.receiver}:
            return True
        if row.fact is None:
            return False
        position = row.fact.position
        if position not in self._seen:
            level = disclosure(self._viewer, row.fact, self._registry, ())
            self._seen[position] = level in VISIBLE
        return self._seen[position]


def rows(
    view: Snapshot, lot: Lot, viewer: str, first: int = 0, count: int | None = None, part: str = ""
) -> Iterator[TraceRow]:
    """The trace of a lot, or of a part of its balance: what the viewer may not see is left empty, and its
    state says `handed_on`."""
    sight = Sight(view.registry, viewer)
    last = None if count is None else first + count
    asked = (row for row in view.lot_trace(lot.gtin, lot.number) if not part or part_of(row) == part)
    for row in islice(asked, first, last):
        full = trace_row(row, view.registry)
        yield full if sight.sees(row) else hidden(full)


def hidden(row: TraceRow) -> TraceRow:
    """A row of which only the pack itself is shown."""
    blank = dict.fromkeys(
        ("holder_gln", "holder", "site", "since", "evidence", "container", "statement",
         "receiver_gln", "receiver", "outermost"), "",
    )  # fmt: skip
    return row._replace(state="handed_on", entry=None, **blank)


class Counted:
    """Balances that were counted lately: a lot is counted again only when the log has grown."""

    MOST = 64

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, Lot, str], Balance] = {}

    def balance(self, view: Snapshot, lot: Lot, viewer: str) -> Balance:
        """The balance of a lot as of a snapshot; holders whom the viewer may not know stand as BEYOND."""
        key = (view.registry.keyring.trust.origin, view.reader.size(), lot, viewer)
        found = self._known.get(key)
        if found is None:
            sight = Sight(view.registry, viewer)
            closed = view.registry.closed_lot(lot.gtin, lot.number)
            found = balance((sight.masked(row) for row in view.lot_trace(lot.gtin, lot.number)), closed)
            if len(self._known) >= self.MOST:
                self._known.clear()
            self._known[key] = found
        return found


_COUNTED = Counted()


def summarise(view: Snapshot, lot: Lot, viewer: str) -> Summary:
    """The balance of a lot and who has its packs: unresolved first, then the largest holders."""
    counted = _COUNTED.balance(view, lot, viewer)
    hidden = next((holder.packs for holder in counted.holders if holder.party == BEYOND), 0)
    never = next((gap.packs for gap in counted.gaps if gap.kind == "never-seen"), 0)
    return Summary(
        total=counted.packs,
        seen=counted.packs - never,
        parts=_parts(counted),
        holders=[_holder(one) for one in counted.holders if one.party != BEYOND],
        beyond=_beyond(hidden),
        gaps=[gap_sentence(gap) for gap in counted.gaps],
    )


def _parts(counted: Balance) -> list[PartLine]:
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
        one.parts.get("unresolved", 0) > 0,
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
        "open": ngettext("The maker has not closed this lot: the balance is over the %(num)s pack that the log has seen.",
                         "The maker has not closed this lot: the balance is over the %(num)s packs that the log has seen.", n),
    }[gap.kind]  # fmt: skip


_STATES = {
    "in_transit": ("again", "road"),
    "handed_on": ("unknown", "next"),
    "dispensed": ("clear", "dispense"),
    "destroyed": ("unknown", "refuse"),
}
"""Tone and icon of states for whoever follows a lot; the others as at the bench."""


def state_of(state: str) -> tuple[str, str, str]:
    """Tone, icon and word of a row's state."""
    if state == "in_transit":
        return *_STATES[state], gettext("on the road")
    if state == "handed_on":
        return *_STATES[state], gettext("handed on")
    tone, word = CONDITION_WORDS[Condition[state.upper()]]
    return *_STATES.get(state, (tone, tone)), str(word)


def pack_line(row: TraceRow) -> PackLine:
    """A row of the trace for the page."""
    tone, icon, word = state_of(row.state)
    to = gettext("to %(party)s", party=row.receiver) if row.receiver else ""
    place = row.site if row.site and row.site != row.holder else ""
    container = row.container
    return PackLine(
        serial=row.serial,
        url=page_url(row.epc),
        tone=tone,
        icon=icon,
        word=word,
        holder=row.holder or gettext("not yours to see"),
        place=" ".join(part for part in (place, to) if part),
        container=f"(00)…{container[-6:]}" if container.isdigit() else container,
        container_url=page_url(
            f"https://id.gs1.org{container if container.startswith('/') else f'/00/{container}'}"
        ),
        since=row.since,
        evidence=row.evidence,
    )


# Files


def about(lot: Lot, view: Snapshot) -> dict[str, str]:
    """What an exported file says of itself."""
    newest = view.reader.checkpoint()
    return about_lot(lot, view.registry, newest[1] if newest is not None else "")


def evidence(view: Snapshot, lot: Lot, viewer: str) -> bytes:
    """The evidence bundle of a lot, with what the viewer may see."""
    exhibits = Exhibits(view)
    positions = lot_positions(view, lot.gtin, lot.number)
    return evidence_bundle(
        exhibits.note,
        exhibits.registry(),
        exhibits.statements(positions, viewer),
        rows(view, lot, viewer),
        about(lot, view),
    )


def lot_report(view: Snapshot, lot: Lot, viewer: str) -> LotReport:
    """The summary for reports.pdf."""
    summary = summarise(view, lot, viewer)
    product = named(lot)
    used = [part for part in summary.parts if part.count]
    holders = Grid(
        gettext("Who has them"),
        (gettext("Party"), *(part.word for part in used), gettext("All")),
        [
            (f"{one.name} {one.gln}", *(one.counts.get(part.tone, "") for part in used), one.total)
            for one in summary.holders
        ],
        (6, *(2 for _ in used), 2),
        frozenset(range(1, len(used) + 2)),
    )
    recalls = [recall_sentence(one) for one in view.registry.recalls_of_lot(lot)]
    facts = about(lot, view)
    return LotReport(
        title=gettext("Trace of lot %(lot)s", lot=lot.number),
        sentence=" ".join([f"{product.product}: {packs(summary.total)}.", *summary.gaps]),
        facts=[
            ("GTIN", lot.gtin),
            (gettext("Lot"), lot.number),
            (gettext("Expires"), day(lot.expiry)),
            (gettext("Log"), facts["log"]),
            (gettext("As of"), gettext("%(entries)s entries", entries=facts["entries"])),
            *((gettext("Recall"), one) for one in recalls),
        ],
        shares=[Share(part.tone, part.word, part.count) for part in summary.parts],
        grids=[holders, *_unresolved(view, lot, viewer)],
        notes=[part for part in (summary.beyond, gettext(
            "The evidence bundle holds the signed statements behind this summary, to be checked offline."
        )) if part],
        foot=f"{product.product} · {lot.number} · {facts['log']}",
    )  # fmt: skip


def _unresolved(view: Snapshot, lot: Lot, viewer: str) -> list[Grid]:
    sight = Sight(view.registry, viewer)
    open_rows = (row for row in view.lot_trace(lot.gtin, lot.number) if part_of(row) == "unresolved")
    found = [
        trace_row(row, view.registry) for row in islice((r for r in open_rows if sight.sees(r)), PRINTED)
    ]
    if not found:
        return []
    table = [
        (row.serial, state_of(row.state)[2], row.holder, moment(row.since) if row.since else "")
        for row in found
    ]
    header = (gettext("Serial"), gettext("State"), gettext("With"), gettext("Since"))
    return [Grid(gettext("Unresolved packs"), header, table, (3, 3, 4, 4))]


def containers(view: Snapshot, items: list[Item]) -> list[Container]:
    """The logistic units that packs are in now, outermost first, with what is inside each."""
    found: dict[str, int] = {}
    for item in items:
        depth, above = 0, item.container
        while above is not None:
            depth += 1
            found[above] = max(found.get(above, 0), depth)
            container = view.item(above)
            above = container.container if container is not None else None
    order = sorted(
        (epc for epc in found if "/00/" in epc), key=lambda epc: (-found[epc], container_number(epc))
    )
    return [Container(epc, _inside(view, epc)) for epc in order]


def _inside(view: Snapshot, epc: str) -> Counter[tuple[str, str]]:
    return Counter(
        {(lot.gtin, lot.number): one.items for lot, one in view.contents(epc).items() if lot is not None}
    )
