"""Traces on pages: what somebody asks for, the packs that answer it as far as they may see, and the files of them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec
from flask import Response, current_app, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, get_locale

from traceability.custody.recall import PARTS, Alike, Asked, Balance, PackRow, balance
from traceability.custody.registry import gtin_of
from traceability.ledger.events import events
from traceability.ledger.exhibits import Exhibits, trace_positions
from traceability.ledger.history import Snapshot
from traceability.reports.events import trace_epcis
from traceability.reports.evidence import Exhibited, Progress, evidence_bundle, reported, trace_json
from traceability.reports.pdf import Grid, LotReport, Share, lot_pdf
from traceability.reports.spreadsheet import trace_csv, trace_sqlite
from traceability.reports.trace import TraceRow, about_lot, about_question, party_name, shown_rows
from traceability.reports.workbook import BalanceWords, Sheet, balance_sheet, trace_xlsx
from traceability.web.babel import LazyString, gettext, lazy_gettext
from traceability.web.errors import PageError
from traceability.web.lotrows import BEYOND, Sight
from traceability.web.parts import parts
from traceability.web.preparing import PREPARING, Make, tag
from traceability.web.tracing import counted, gap_sentence, part_word
from traceability.web.words import packs

MOST_COUNTED = 50_000
"""Packs of an answer that a page counts; the workbook counts all."""


class Question(NamedTuple):
    """What one viewer asks."""

    asked: Asked
    viewer: str
    gtins: frozenset[str] | None = None
    """The products that they may ask about; None for all."""

    @property
    def narrow(self) -> bool:
        """Whether being among the answers tells where a pack is or was: then only what may be seen answers."""
        one = self.asked
        return bool(one.container or one.party or one.place or one.since or one.until or one.act)

    @property
    def of_lot(self) -> bool:
        """Whether it is about a whole lot as it is now."""
        return self.asked.whole_lot and not self.asked.past

    def packs(self, view: Snapshot) -> Iterator[tuple[PackRow, bool]]:
        """The packs, and whether the viewer may see where each is."""
        sight = Sight(view.registry, self.viewer)
        for row in view.trace(self.asked, sight.may):
            if self.gtins is None or gtin_of(row.item.epc) in self.gtins:
                seen = sight.sees(row)
                if seen or not self.narrow:
                    yield row, seen

    def rows(self, view: Snapshot) -> Iterator[TraceRow]:
        """The same as rows of a file."""
        return shown_rows(self.packs(view), view.registry)

    def positions(self, view: Snapshot) -> list[int]:
        """Where the statements are that the answer rests on."""
        return trace_positions(view, self.asked, (row.item for row, _ in self.packs(view)))

    def balance(self, view: Snapshot, most: int | None = None) -> Balance | None:
        """The packs counted; None where there are more than `most`."""
        lot = view.lot(self.asked.gtin, self.asked.lot)
        if self.of_lot and lot is not None:
            return counted(view, lot, self.viewer)
        found = balance(self._groups(view, most))
        if most is not None and found.packs > most:
            return None
        # Nobody closes an answer: "open" is a gap of lots alone.
        return msgspec.structs.replace(found, gaps=tuple(gap for gap in found.gaps if gap.kind != "open"))

    def _groups(self, view: Snapshot, most: int | None) -> Iterator[Alike]:
        sight = Sight(view.registry, self.viewer)
        packs = self.packs(view)
        for row, _ in packs if most is None else islice(packs, most + 1):
            yield sight.masked(Alike.of(row))

    def about(self, view: Snapshot) -> dict[str, str]:
        """What a file of it says of itself."""
        newest = view.reader.checkpoint()
        note = "" if newest is None else newest[1]
        lot = view.lot(self.asked.gtin, self.asked.lot)
        if self.of_lot and lot is not None:
            return about_lot(lot, view.registry, note)
        return about_question(self.asked, view.registry, note)


# Files


class Kind(NamedTuple):
    """A form of file."""

    end: str
    mime: str
    write: Callable[[Snapshot, Question, Path, Progress], None]
    act: str
    """What stands on the audit trail."""
    title: str | LazyString
    about: LazyString
    of_statements: bool = False
    """Whether it holds what was signed, which is looked up pack by pack."""
    passes: int = 1
    """How often its rows are written."""


def _pieces(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("xb") as file:
        file.writelines(pieces)


def _csv(view: Snapshot, question: Question, path: Path, progress: Progress) -> None:
    _pieces(path, trace_csv(reported(question.rows(view), progress)))


def _json(view: Snapshot, question: Question, path: Path, progress: Progress) -> None:
    _pieces(path, trace_json(reported(question.rows(view), progress), question.about(view)))


def _sqlite(view: Snapshot, question: Question, path: Path, progress: Progress) -> None:
    trace_sqlite(path, reported(question.rows(view), progress), question.about(view))


def _xlsx(view: Snapshot, question: Question, path: Path, progress: Progress) -> None:
    rows = reported(question.rows(view), progress)
    trace_xlsx(path, rows, _front(view, question), gettext("Packs"), datetime.fromisoformat(view.made))


def _epcis(view: Snapshot, question: Question, path: Path, progress: Progress) -> None:
    found = events(view, reported(question.positions(view), progress), question.viewer)
    _pieces(path, trace_epcis(found, question.about(view), view.made))


def _bundle(view: Snapshot, question: Question, path: Path, progress: Progress) -> None:
    exhibits = Exhibits(view)
    shown = exhibits.statements(question.positions(view), question.viewer)
    with path.open("xb") as file:
        evidence_bundle(
            Exhibited(
                exhibits.note, exhibits.registry(), shown, lambda: question.rows(view), question.about(view)
            ),
            file,
            progress,
        )


def _pdf(view: Snapshot, question: Question, path: Path, _progress: Progress) -> None:
    found, about = question.balance(view) or balance(()), question.about(view)
    used = [part for part in PARTS if found.parts[part]]
    holders = Grid(
        gettext("Who has them"),
        (gettext("Party"), *map(part_word, used), gettext("All")),
        [
            (
                holder_name(view, one.party),
                *(f"{one.parts.get(part, 0):,}" for part in used),
                f"{one.packs:,}",
            )
            for one in found.holders
        ],
        (6, *(2 for _ in used), 2),
        frozenset(range(1, len(used) + 2)),
    )
    report = LotReport(
        title=gettext("Where are they?"),
        sentence=" ".join([f"{packs(found.packs)}.", *map(gap_sentence, found.gaps)]),
        facts=[(name, value) for name, value in about.items() if value and name != "checkpoint"],
        shares=[Share(part, part_word(part), found.parts[part]) for part in PARTS],
        grids=[holders],
        notes=limits(question),
        foot=about["log"],
    )
    path.write_bytes(lot_pdf(report))


def _front(view: Snapshot, question: Question) -> list[Sheet]:
    """The sheets before the packs: the balance, and what the file proves."""
    found = question.balance(view)
    words = BalanceWords(
        name=gettext("Balance"),
        party=gettext("Party"),
        all=gettext("All"),
        share=gettext("Percent"),
        part=part_word,
        holder=lambda gln: holder_name(view, gln),
        gap=gap_sentence,
    )
    facts = [(name, value.strip()) for name, value in question.about(view).items() if value]
    said = [("", one) for one in limits(question)]
    header = (gettext("Fact"), gettext("Value"))
    proof = Sheet(gettext("What it proves"), header, [*facts, *said], (16, 110))
    return [balance_sheet(found or balance(()), words), proof]


def holder_name(view: Snapshot, gln: str | None) -> str:
    """A holder of a balance by name and number."""
    if gln is None:
        return gettext("Nobody known")
    return gettext("not yours to see") if gln == BEYOND else f"{party_name(view.registry, gln)} {gln}"


def limits(question: Question) -> list[str]:
    """What an answer proves and what it does not, in sentences."""
    asked = question.asked
    said = [
        gettext("Each row says where the log has a pack, by the statement named beside it. That statement is signed."),
        gettext("That nothing was left out, only an evidence bundle as of a countersigned snapshot proves."),
        gettext("That what was signed is true, nobody can prove. What happened to packs that the log never saw, it does not know."),
    ]  # fmt: skip
    if asked.at is not None:
        said.append(
            gettext(
                "What had happened by that time, as far as it is known: what is reported later may change it."
            )
        )
    if asked.past:
        said.append(gettext("A state that the log never recorded is not made up."))
    if question.narrow:
        said.append(gettext("Only packs of which you may see where they are can answer this."))
    elif question.gtins is not None:
        said.append(gettext("Where a pack is stays empty while it is not yours to see."))
    return said


KINDS: dict[str, Kind] = {
    "evidence": Kind(
        ".zip", "application/zip", _bundle, "evidence",
        lazy_gettext("Evidence bundle"), lazy_gettext("ZIP with its own verifier, checks offline"),
        of_statements=True, passes=2,
    ),
    "xlsx": Kind(
        ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx, "XLSX",
        "XLSX", lazy_gettext("Workbook: balance, what is proven, a row a pack"),
    ),
    "csv": Kind(
        ".csv", "text/csv; charset=utf-8", _csv, "CSV",
        "CSV", lazy_gettext("One row a pack, for spreadsheets"),
    ),
    "epcis": Kind(
        ".jsonld", "application/ld+json", _epcis, "EPCIS",
        "EPCIS 2.0", lazy_gettext("Every event about the packs, for other systems"),
        of_statements=True,
    ),
    "sqlite": Kind(
        ".sqlite", "application/vnd.sqlite3", _sqlite, "SQLite",
        "SQLite", lazy_gettext("The same rows, to ask questions of"),
    ),
    "json": Kind(
        ".json", "application/json", _json, "JSON",
        "JSON", lazy_gettext("The same rows, for programs"),
    ),
    "pdf": Kind(
        ".pdf", "application/pdf", _pdf, "PDF",
        "PDF", lazy_gettext("The summary, on paper"),
    ),
}  # fmt: skip
"""The forms by name, in the order in which pages offer them."""


class Page(NamedTuple):
    """The page behind a file, to go back to."""

    title: str
    url: str


def stream_csv(question: Question, name: str, page: Page) -> ResponseReturnValue:
    """The answer as CSV while it is read, row by row. A download that broke off goes on: the rest comes out of
    the same file, made whole then."""
    csv = KINDS["csv"]
    if request.range is not None:
        return send_question(question, csv, name, page, patient=True)
    with ExitStack() as opened:
        view = opened.enter_context(parts().history.view())
        stamped, key = _stamped(view, f"{name}{csv.end}", _key(question))
        response = Response(trace_csv(question.rows(view)), content_type=csv.mime)
        response.headers.set("Content-Disposition", "attachment", filename=stamped)
        response.set_etag(tag(key))
        response.accept_ranges = "bytes"
        response.call_on_close(opened.pop_all().close)
    return response


def _key(question: Question) -> tuple[object, ...]:
    return (question.asked, question.viewer, question.gtins is None)


def _stamped(view: Snapshot, name: str, key: tuple[object, ...]) -> tuple[str, tuple[object, ...]]:
    """A file's name with the log position it shows, and all that its bytes depend on."""
    size = view.reader.size()
    stem, dot, end = name.rpartition(".")
    return f"{stem}-{size}{dot}{end}", (parts().trust.origin, size, str(get_locale()), *key)


def send_question(
    question: Question, kind: Kind, name: str, page: Page, *, patient: bool = False
) -> ResponseReturnValue:
    """A file that answers a question."""

    def write(view: Snapshot, path: Path, progress: Progress) -> None:
        kind.write(view, question, path, progress)

    with parts().history.view() as view:
        found = question.balance(view, MOST_COUNTED)
        if found is None and kind.of_statements and not question.asked.whole_lot:
            raise PageError(
                "More than %(most)s packs answer this: ask for less, or lot by lot", most=f"{MOST_COUNTED:,}"
            )
        total = view.reader.last_item() if found is None else found.packs
    return send(
        write,
        f"{name}{kind.end}",
        kind.mime,
        _key(question),
        kind.passes * total,
        page,
        patient=patient,
    )


def send(
    write: Callable[[Snapshot, Path, Progress], None],
    name: str,
    mime: str,
    key: tuple[object, ...],
    total: int,
    page: Page,
    *,
    patient: bool = False,
) -> ResponseReturnValue:
    """A file that is made once for a position of the log and then sent, in ranges where that is asked; a page
    that says how far it is while it takes long. `key` is what it is of and for whom."""
    history, application = parts().history, current_app._get_current_object()  # type: ignore[attr-defined]
    locale = str(get_locale())
    with history.view() as view:
        name, key = _stamped(view, name, key)

    def make(path: Path, progress: Progress) -> None:
        with application.app_context(), force_locale(locale), history.view() as fresh:
            write(fresh, path, progress)

    return send_prepared(name, mime, key, total, page, make, patient=patient)


def send_prepared(
    name: str,
    mime: str,
    key: tuple[object, ...],
    total: int,
    page: Page,
    make: Make,
    *,
    patient: bool = False,
) -> ResponseReturnValue:
    """A file once it is made, and until then the page that says how far it is. `key` is all that its bytes
    depend on."""
    found = PREPARING.file(parts().settings.exports, name, key, total, make, patient=patient)
    if not found.finished.is_set():
        body = render_template("preparing.html", page=page, percent=found.percent)
        return body, 202, {"Refresh": "2"}
    if found.failure:
        raise PageError("The file could not be made: %(why)s", why=found.failure)
    return send_file(
        found.path, mimetype=mime, as_attachment=True, download_name=name, etag=tag(key), conditional=True
    )
