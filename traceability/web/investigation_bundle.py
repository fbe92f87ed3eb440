"""The bundle of an investigation (`custody-bundle/3`): dossiers, thread, documents and reports for reading, and under
one checkpoint the signed statements about the items and lots that it collects.

Two bundles of the same state are the same bytes: nothing in them tells when, or by whom, they were made.
"""

import tempfile
from pathlib import Path
from shutil import copyfileobj
from typing import NamedTuple

import msgspec

from traceability.custody.subjects import Subject
from traceability.ledger import dossiers
from traceability.ledger.exhibits import Exhibits
from traceability.ledger.history import Snapshot
from traceability.proof.bundle import INVESTIGATION, KIND_OF_INVESTIGATION, BundleWriter
from traceability.proof.documents import LIST, Listed, noted_name, write_list
from traceability.proof.signing import unb64
from traceability.reports.evidence import HOW_TO_CHECK, VERIFIER, Progress, reported
from traceability.reports.pdf import Grid, LotReport, lot_pdf
from traceability.store.case_rows import Case
from traceability.store.dossiers import Page
from traceability.store.illegitimate import Report
from traceability.store.investigations import Document, Investigations
from traceability.web import casefile, directory, dossier_pages, dossierfiles, illegitimate, subjects
from traceability.web.access import for_regulator
from traceability.web.babel import gettext
from traceability.web.casewords import STATE_WORDS, cause_word
from traceability.web.dossier_rows import reading_of
from traceability.web.parts import parts
from traceability.web.watching import evidence_of
from traceability.web.words import day, moment

_README = """\
Bundle of an investigation
==========================

log      {log}
entries  {entries}

What this is
------------
investigation.json and investigation.pdf say what was investigated, by whom, with which outcome; dossiers/ has
everything that its reader may see of each subject, in order; reports/ has the reports of illegitimate product.
Nobody has signed those: they are for reading. What proves them is in statements/ (the signed statements about the
collected items and lots, and those that collected cases rest on, as the log admitted them), registry/ (who may
sign) and checkpoint (the log's signature over all of it). documents/ holds the documents of the investigation;
documents.json says for each its SHA-256, and the statement by which its party had the log take note of it.
manifest.json names every file with its SHA-256.

{how_to_check}
What it does not prove
----------------------
That nothing was left out, and that what was signed or written is true. A noted document was in the hands of
its party when the log admitted the note; whether it is genuine, the log does not know.
"""


class _Collected(NamedTuple):
    """What goes into a bundle."""

    case: Case
    subjects: list[Subject]
    cases: list[Case]
    documents: list[tuple[str, Document]]
    """With the names of their files."""
    reports: list[Report]


def plain_name(name: str) -> str:
    """A file name of letters, digits, dots and dashes, which no system takes for a folder or a command."""
    safe = "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "_" for one in name)
    return safe.strip(".")[-100:] or "document"


def _desk() -> Investigations:
    return Investigations(parts().office, parts().settings.documents)


def _collect(case: Case) -> _Collected:
    names = _desk().subjects(case.id)
    numbers = [name.partition("/")[2] for name in names if name.startswith(("alert/", "exception/"))]
    cases = [casefile.desk().find(int(number), case.raiser, regulator=for_regulator()) for number in numbers]
    documents = _desk().documents(case.id)
    return _Collected(
        case,
        [Subject.parse(name) for name in names if ":" in name],
        [one for one in cases if one is not None],
        [(f"documents/{number:06}-{plain_name(one.name)}", one) for number, one in enumerate(documents, 1)],
        illegitimate.reports_for([f"investigation/{case.id}", *names]),
    )


def steps(case: Case) -> int:
    """Roughly how many steps writing a bundle takes."""
    return 100 * (len(_desk().subjects(case.id)) + 1)


def write(view: Snapshot, case: Case, viewer: str, target: Path, progress: Progress) -> None:
    """Write the bundle to a new file, in constant memory."""
    found, exhibits = _collect(case), Exhibits(view)
    positions = _positions(view, found, viewer)
    with target.open("xb") as out, tempfile.TemporaryFile() as rest, tempfile.TemporaryFile() as lines:
        writer = BundleWriter(out, rest, lines, exhibits.note, kind=KIND_OF_INVESTIGATION)
        log = view.registry.keyring.trust.origin
        writer.add(
            "README.txt", _README.format(log=log, entries=exhibits.size, how_to_check=HOW_TO_CHECK).encode()
        )
        writer.add("checkpoint", exhibits.note.encode())
        writer.add(LIST, write_list(_listed(view, name, one) for name, one in found.documents))
        for name, document in found.documents:
            writer.stream(name, _desk().content(document))
        _dossiers(view, found, writer, progress)
        writer.add(INVESTIGATION, _told(view, found, exhibits.size))
        writer.add("investigation.pdf", lot_pdf(_paper(view, found, exhibits.size)))
        writer.registry(exhibits.registry())
        for number, report in enumerate(found.reports, 1):
            writer.add(f"reports/{number:06}.json", illegitimate.json_of(report))
            writer.add(f"reports/{number:06}.pdf", illegitimate.pdf_of(report))
        writer.statements(reported(exhibits.statements(positions, viewer), progress))
        writer.add("verifier.py", VERIFIER.read_bytes())
        writer.close(copyfileobj)


def _positions(view: Snapshot, found: _Collected, viewer: str) -> set[int]:
    """The statements about the collected items and lots, and those that collected cases rest on."""
    every = Page(None, 2**31, newest=False)
    positions = set[int]()
    for subject in found.subjects:
        if subject.kind in {"item", "lot"}:
            positions.update(dossiers.statements(view, subject, every, viewer))
    for case in found.cases:
        evidence = evidence_of(case)
        named = [*evidence.statements, evidence.dispatch, case.outcome]
        known = [view.position(statement) for statement in named if statement]
        positions.update(position for position in known if position is not None)
    registry = {one.position for one in view.registered}
    return positions - registry


def _listed(view: Snapshot, name: str, one: Document) -> Listed:
    noted = view.registry.documents.get(noted_name(unb64(one.salt), bytes.fromhex(one.sha256)))
    return Listed(name, one.sha256, one.size, one.salt, noted.statement if noted is not None else "")


def _dossiers(view: Snapshot, found: _Collected, writer: BundleWriter, progress: Progress) -> None:
    for number, subject in enumerate(found.subjects, 1):
        one = reading_of(view, subject, reading=False)
        writer.stream(f"dossiers/{number:06}.json", dossierfiles.json_of(one, dossier_pages.whole(one)))
        writer.add(f"dossiers/{number:06}.pdf", dossierfiles.pdf_of(one, dossier_pages.whole(one)))
        progress(100 * number)


# What is told of it


def _thread(case: Case) -> list[dict[str, str]]:
    said = ((line, casefile.said(line, case)) for line in casefile.desk().lines(case.id))
    return [{"at": line.at, "who": one.who, "act": one.act, "text": one.text} for line, one in said]


def _about(case: Case) -> dict[str, object]:
    return {
        "title": cause_word(case.kind, case.cause),
        "state": case.state,
        "opened": case.raised,
        "due": case.due,
        "closed": case.closed,
        "party": case.raiser,
        "sides": [side.party for side in casefile.desk().sides(case.id)],
        "items": casefile.desk().items(case.id),
        "thread": _thread(case),
    }


def _told(view: Snapshot, found: _Collected, size: int) -> bytes:
    told = {
        "investigation": 1,
        "log": view.registry.keyring.trust.origin,
        "entries": size,
        **_about(found.case),
        "subjects": [
            {"subject": one.uri, "title": subjects.title(one), "dossier": f"dossiers/{number:06}.json"}
            for number, one in enumerate(found.subjects, 1)
        ],
        "cases": [{"case": f"{one.kind}/{one.id}", **_about(one)} for one in found.cases],
        "documents": [
            {"file": name, "name": one.name, "sha256": one.sha256, "size": one.size, "added": one.added}
            for name, one in found.documents
        ],
        "reports": [f"reports/{number:06}.json" for number in range(1, len(found.reports) + 1)],
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"


def _paper(view: Snapshot, found: _Collected, size: int) -> LotReport:
    case = found.case
    origin = view.registry.keyring.trust.origin
    lines = [(moment(line["at"]), f"{line['who']} {line['act']}", line["text"]) for line in _thread(case)]
    grids = [Grid(gettext("What was said and done"), (gettext("When"), gettext("Who"), gettext("What")), lines, (4, 5, 9))]  # fmt: skip
    if found.subjects or found.cases:
        collected = [(str(number), subjects.named(one.uri)) for number, one in enumerate(found.subjects, 1)]
        collected += [("", subjects.named(f"{one.kind}/{one.id}")) for one in found.cases]
        grids.append(Grid(gettext("Collected"), (gettext("Dossier"), gettext("What")), collected, (2, 14)))
    if found.documents:
        documents = [(name.partition("/")[2], _noted(view, one), one.sha256) for name, one in found.documents]
        header = (gettext("Document"), gettext("Noted in the log"), "SHA-256")
        grids.append(Grid(gettext("Documents"), header, documents, (6, 5, 7)))
    return LotReport(
        title=f"{gettext('Investigation')}: {case.cause}",
        sentence=f"{directory.party_name(case.raiser)} · {STATE_WORDS[case.state][1]}",
        facts=[
            (gettext("Opened"), moment(case.raised)),
            (gettext("To be closed by"), day(case.due)),
            *([(gettext("Closed"), moment(case.closed))] if case.closed else []),
            (gettext("Log"), origin),
            (gettext("As of"), gettext("%(entries)s entries", entries=f"{size:,}")),
        ],
        shares=[],
        grids=grids,
        notes=[],
        foot=f"{case.cause} · {origin} · {size}",
    )


def _noted(view: Snapshot, one: Document) -> str:
    noted = view.registry.documents.get(noted_name(unb64(one.salt), bytes.fromhex(one.sha256)))
    return moment(noted.admitted) if noted is not None else gettext("not noted")
