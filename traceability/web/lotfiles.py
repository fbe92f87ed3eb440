"""The files of a lot: evidence, report, and what goes on its labels."""

from collections import Counter
from itertools import islice
from pathlib import Path

from traceability.custody.recall import part_of
from traceability.custody.state import Item, Lot
from traceability.ledger.exhibits import Exhibits
from traceability.ledger.history import Snapshot
from traceability.ledger.proven import Proven
from traceability.reports.evidence import Exhibited, Progress, evidence_bundle
from traceability.reports.labels import Container
from traceability.reports.pdf import Grid, LotReport, Share
from traceability.reports.trace import about_lot, container_number, shown_rows, trace_row
from traceability.web.babel import gettext
from traceability.web.lotrows import Sight, state_of
from traceability.web.tracing import named, recall_sentence, summarise
from traceability.web.words import day, moment, packs

PRINTED = 40
"""Packs that the printed summary names one by one, those that nobody can account for first."""


def about(lot: Lot, view: Snapshot) -> dict[str, str]:
    """What an exported file says of itself."""
    newest = view.reader.checkpoint()
    return about_lot(lot, view.registry, newest[1] if newest is not None else "")


def proven(
    view: Snapshot, lot: Lot, viewer: str, target: Path, progress: Progress, key: bytes, size: int
) -> None:
    """Write the evidence bundle of a lot as of a snapshot, with the rows that prove it whole."""
    found, exhibits = Proven(view, lot, viewer, key, size), Exhibits(view)
    exhibited = Exhibited(
        exhibits.note,
        exhibits.registry(),
        exhibits.of_lot(lot, viewer, size),
        lambda: shown_rows(found.packs(), view.registry),
        about(lot, view),
        found.files(exhibits.size),
    )
    with target.open("xb") as file:
        evidence_bundle(exhibited, file, progress)


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
