"""A lot in numbers and words: what its page, its files and its print say, each row as the viewer may see it."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import msgspec
from flask_babel import gettext, ngettext

from traceability.custody.provenance import disclosure
from traceability.custody.recall import PARTS, PackRow, part_of
from traceability.custody.registry import Recall, Registry
from traceability.custody.state import Condition, Item, Lot
from traceability.ledger.exhibits import Exhibits, lot_positions
from traceability.ledger.history import Snapshot
from traceability.reports.evidence import evidence_bundle
from traceability.reports.labels import Container
from traceability.reports.pdf import Grid, LotReport, Share
from traceability.reports.trace import TraceRow, about_lot, container_number, hundred, trace_row
from traceability.web import directory
from traceability.web.links import page_url
from traceability.web.trail import VISIBLE
from traceability.web.words import CONDITION_WORDS, LEVEL_WORDS, day, moment, packs

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
    counts: list[str]
    total: str
    attention: bool


class Summary(NamedTuple):
    """A lot in numbers."""

    total: int
    parts: list[PartLine]
    holders: list[Holder]
    beyond: str
    """How many packs are with parties that the viewer may not know of."""
    closed: int | None
    """How many packs the maker said the lot has; None while it is open."""


class PackLine(NamedTuple):
    """Where one pack is, for the table of the page."""

    serial: str
    url: str
    tone: str
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
        "held": gettext("held"),
        "road": gettext("on the road"),
        "dispensed": gettext("dispensed"),
        "returned": gettext("returned"),
        "destroyed": gettext("destroyed"),
        "unresolved": gettext("unresolved"),
    }[part]


def named(lot: Lot) -> NamedLot:
    """A lot with its product's name."""
    return NamedLot(lot.gtin, lot.number, lot.expiry, directory.product_name(lot.gtin) or lot.gtin)


def recall_sentence(recall: Recall) -> str:
    """A recall in force, in a sentence."""
    return gettext(
        "Recalled by %(party)s on %(when)s, class %(kind)s, down to %(level)s: %(reason)s",
        party=directory.party_name(recall.party),
        when=moment(recall.issued),
        kind=recall.kind,
        level=str(LEVEL_WORDS.get(recall.level, recall.level)),
        reason=recall.reason,
    )


# Rows


class Sight:
    """What one viewer may know of where packs are: custody.provenance decides, once a statement."""

    def __init__(self, registry: Registry, viewer: str) -> None:
        self._registry = registry
        self._viewer = viewer
        self._seen: dict[int, bool] = {}

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
    view: Snapshot, lot: Lot, viewer: str, first: int = 0, count: int | None = None
) -> Iterator[TraceRow]:
    """The trace of a lot: what the viewer may not see is left empty, and its state says `handed_on`."""
    sight = Sight(view.registry, viewer)
    last = None if count is None else first + count
    for row in islice(view.lot_trace(lot.gtin, lot.number), first, last):
        full = trace_row(row, view.registry)
        yield full if sight.sees(row) else hidden(full)


def hidden(row: TraceRow) -> TraceRow:
    """A row of which only the pack itself is shown."""
    blank = dict.fromkeys(
        ("holder_gln", "holder", "site", "since", "evidence", "container", "statement",
         "receiver_gln", "receiver", "outermost"), "",
    )  # fmt: skip
    return row._replace(state="handed_on", entry=None, **blank)


def summarise(view: Snapshot, lot: Lot, viewer: str) -> Summary:
    """The balance of a lot and who has its packs: unresolved first, then the largest holders."""
    sight = Sight(view.registry, viewer)
    balance: Counter[str] = Counter()
    held: dict[str, Counter[str]] = defaultdict(Counter)
    beyond = 0
    for row in view.lot_trace(lot.gtin, lot.number):
        part = part_of(row)
        balance[part] += 1
        if sight.sees(row):
            held[row.top.custodian or ""][part] += 1
        else:
            beyond += 1
    closed = view.registry.closed_lot(lot.gtin, lot.number)
    return Summary(
        total=balance.total(),
        parts=_parts(balance),
        holders=_holders(held),
        beyond=_beyond(beyond),
        closed=None if closed is None else closed.count,
    )


def _parts(balance: Counter[str]) -> list[PartLine]:
    total = balance.total() or 1
    percents = hundred(balance[part] for part in PARTS)
    lines, left = [], 0.0
    for part, percent in zip(PARTS, percents, strict=True):
        width = 1000 * balance[part] / total
        count = balance[part]
        lines.append(
            PartLine(part, part_word(part), count, f"{count:,}", percent, round(left, 2), round(width, 2))
        )
        left += width
    return lines


def _holders(held: dict[str, Counter[str]]) -> list[Holder]:
    def order(gln: str) -> tuple[int, int]:
        return -held[gln]["unresolved"], -held[gln].total()

    return [
        Holder(
            directory.party_name(gln) or gettext("Nobody known"),
            gln,
            [f"{held[gln][part]:,}" for part in PARTS],
            f"{held[gln].total():,}",
            held[gln]["unresolved"] > 0,
        )
        for gln in sorted(held, key=order)
    ]


def _beyond(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(num)s more pack was handed on by those you sold to. Only its holder and the regulator see where it is.",
        "%(num)s more packs were handed on by those you sold to. Only their holders and the regulator see where they are.",
        count,
    )


def completeness(summary: Summary) -> str:
    """What the numbers are worth: against the maker's closed set, or for what the log has seen."""
    if summary.closed is None:
        return gettext("The maker has not closed this lot: these are the packs that the log has seen.")
    if summary.closed == summary.total:
        return gettext(
            "The maker closed this lot with %(packs)s: all of them are here.", packs=packs(summary.closed)
        )
    return gettext(
        "The maker closed this lot with %(packs)s; the log has seen %(seen)s.",
        packs=packs(summary.closed),
        seen=summary.total,
    )


def state_word(state: str) -> tuple[str, str]:
    """Tone and word of a row's state."""
    if state == "in_transit":
        return "again", gettext("on the road")
    if state == "handed_on":
        return "unknown", gettext("handed on")
    tone, word = CONDITION_WORDS[Condition[state.upper()]]
    return tone, str(word)


def pack_line(row: TraceRow) -> PackLine:
    """A row of the trace for the page."""
    tone, word = state_word(row.state)
    to = gettext("to %(party)s", party=row.receiver) if row.receiver else ""
    place = row.site if row.site and row.site != row.holder else ""
    container = row.container
    return PackLine(
        serial=row.serial,
        url=page_url(row.epc),
        tone=tone,
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
    holders = Grid(
        gettext("Who has them"),
        (gettext("Party"), *(part.word for part in summary.parts), gettext("All")),
        [(f"{one.name} {one.gln}", *one.counts, one.total) for one in summary.holders],
        (6, 2, 2, 2, 2, 2, 2, 2),
        frozenset(range(1, 8)),
    )
    recalls = [recall_sentence(one) for one in view.registry.recalls_of_lot(lot)]
    facts = about(lot, view)
    return LotReport(
        title=gettext("Trace of lot %(lot)s", lot=lot.number),
        sentence=f"{product.product}. {packs(summary.total)}. {completeness(summary)}",
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
            "The evidence bundle proves every line of this summary offline, without trust in the operator of the log."
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
        (row.serial, state_word(row.state)[1], row.holder, moment(row.since) if row.since else "")
        for row in found
    ]
    header = (gettext("Serial"), gettext("State"), gettext("With"), gettext("Since"))
    return [
        Grid(gettext("Unresolved packs, the first %(count)s", count=len(found)), header, table, (3, 3, 4, 4))
    ]


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
