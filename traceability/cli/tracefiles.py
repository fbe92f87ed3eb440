"""The files that `trace` writes."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from traceability.custody.recall import PARTS, Asked, Balance
from traceability.custody.state import Lot
from traceability.ledger.events import events
from traceability.ledger.exhibits import Exhibits, trace_positions
from traceability.ledger.founding import new_file
from traceability.ledger.history import Snapshot
from traceability.ledger.proven import Proven
from traceability.reports.events import trace_epcis
from traceability.reports.evidence import Exhibited, evidence_bundle, trace_json
from traceability.reports.pdf import Grid, LotReport, Share, lot_pdf
from traceability.reports.spreadsheet import trace_csv, trace_sqlite
from traceability.reports.trace import TraceRow, about_lot, about_question, party_name, shown_rows
from traceability.reports.workbook import BalanceWords, Sheet, balance_sheet, trace_xlsx

FORMATS = {
    ".csv": "csv", ".json": "json", ".xlsx": "xlsx", ".jsonld": "epcis", ".pdf": "pdf", ".zip": "bundle",
    ".db": "sqlite", ".sqlite": "sqlite",
}  # fmt: skip

_PROVEN = (
    "Each row says where the log has a pack, by the statement named beside it.",
    "Not proven by this file, for it carries no signatures: any of it. The evidence bundle proves what was signed.",
    "Proven by a bundle as of a countersigned snapshot alone: that no pack and no last statement is missing.",
    "Not proven by anything: that what was signed is true, and what happened to packs that the log never saw.",
)


class Answer:
    """What was asked, and the packs that answer it, to be read as often as a file needs them."""

    def __init__(
        self, view: Snapshot, asked: Asked, lot: Lot | None, rows: Callable[[], Iterable[TraceRow]]
    ) -> None:
        self.view, self.asked, self.lot, self.rows = view, asked, lot, rows

    @property
    def note(self) -> str:
        """The newest checkpoint."""
        newest = self.view.reader.checkpoint()
        return "" if newest is None else newest[1]

    @property
    def about(self) -> dict[str, str]:
        """What a file says of itself."""
        if self.lot is not None and self.asked.whole_lot and not self.asked.past:
            return about_lot(self.lot, self.view.registry, self.note)
        return about_question(self.asked, self.view.registry, self.note)

    @property
    def reader(self) -> str:
        """For whom its evidence is."""
        return reader_of(self.view, self.asked.gtin)

    def positions(self) -> list[int]:
        """Where the statements are that it rests on."""
        packs = (row.item for row in self.view.trace(self.asked))
        return trace_positions(self.view, self.asked, packs)


def reader_of(view: Snapshot, gtin: str) -> str:
    """For whom evidence is: the regulator; where none is registered the brand owner, or the authority."""
    registry = view.registry
    regulators = [gln for gln, party in registry.parties.items() if "regulator" in party.roles]
    product = registry.products.get(gtin)
    return next(iter(regulators), registry.authority if product is None else product.owner)


def write_trace(target: Path, kind: str, answer: Answer, counted: Balance) -> None:
    """Write a trace in one of its forms; a bundle shows of each statement what its reader may see."""
    if kind == "sqlite":
        trace_sqlite(target, answer.rows(), answer.about)
        return
    if kind == "xlsx":
        trace_xlsx(target, answer.rows(), _front(answer, counted), "Packs", made_at(answer.view))
        return
    with new_file(target) as file:
        if kind == "pdf":
            file.write(lot_pdf(_report(answer, counted)))
        elif kind == "bundle":
            exhibits = Exhibits(answer.view)
            shown = exhibits.statements(answer.positions(), answer.reader)
            evidence_bundle(
                Exhibited(exhibits.note, exhibits.registry(), shown, answer.rows, answer.about), file
            )
        else:
            file.writelines(_pieces(kind, answer))


def _pieces(kind: str, answer: Answer) -> Iterator[bytes]:
    if kind == "epcis":
        found = events(answer.view, answer.positions(), answer.reader)
        return trace_epcis(found, answer.about, answer.view.made)
    return trace_csv(answer.rows()) if kind == "csv" else trace_json(answer.rows(), answer.about)


def made_at(view: Snapshot) -> datetime:
    """The time that a file gives as its own: that of the newest entry, so that it is the same next time."""
    return datetime.fromisoformat(view.made)


def _holder(answer: Answer, gln: str | None) -> str:
    return "nobody known" if gln is None else f"{party_name(answer.view.registry, gln)} {gln}"


def _report(answer: Answer, counted: Balance) -> LotReport:
    used = [part for part in PARTS if counted.parts[part]]
    facts = [(name, value) for name, value in answer.about.items() if value and name != "checkpoint"]
    holders = [
        (_holder(answer, one.party), *(f"{one.parts.get(part, 0):,}" for part in used), f"{one.packs:,}")
        for one in counted.holders
    ]
    return LotReport(
        title=f"Trace of lot {answer.asked.lot}" if answer.asked.whole_lot else "Trace",
        sentence=f"{counted.packs:,} packs. " + " ".join(f"{gap.kind}: {gap.packs:,}." for gap in counted.gaps),
        facts=facts,
        shares=[Share(part, part, counted.parts[part]) for part in PARTS],
        grids=[Grid("Holders", ("Party", *used, "All"), holders, (6, *(2 for _ in used), 2),
                    frozenset(range(1, len(used) + 2)))],
        notes=_PROVEN,
        foot=answer.about["log"],
    )  # fmt: skip


def _front(answer: Answer, counted: Balance) -> list[Sheet]:
    words = BalanceWords(
        name="Balance",
        party="Party",
        all="All",
        share="Percent",
        part=str,
        holder=lambda gln: _holder(answer, gln),
        gap=lambda gap: f"{gap.kind}: {gap.packs}",
    )
    facts = [(name, value.strip()) for name, value in answer.about.items() if value]
    proof = Sheet("Proof", ("What", "Value"), [*facts, *(("", one) for one in _PROVEN)], (16, 110))
    return [balance_sheet(counted, words), proof]


def write_proven(target: Path, view: Snapshot, lot: Lot, key: bytes, size: int | None) -> None:
    """Write the bundle of a lot as of a snapshot, with the rows that prove it whole."""
    viewer = reader_of(view, lot.gtin)
    proven, exhibits = Proven(view, lot, viewer, key, size), Exhibits(view)
    exhibited = Exhibited(
        exhibits.note,
        exhibits.registry(),
        exhibits.of_lot(lot, viewer, proven.size),
        lambda: shown_rows(proven.packs(), view.registry),
        about_lot(lot, view.registry, exhibits.note),
        proven.files(exhibits.size),
    )
    with new_file(target) as file:
        evidence_bundle(exhibited, file)
