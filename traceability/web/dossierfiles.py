"""A dossier as a file: JSON with every row, and on paper."""

from collections.abc import Iterator
from itertools import islice

import msgspec

from traceability.ledger.history import Snapshot
from traceability.reports.pdf import Grid, LotReport, lot_pdf
from traceability.web import dossier_pages, subjects
from traceability.web.babel import gettext
from traceability.web.dossier_rows import Reading, Row

PRINTED = 400
"""Rows that are printed; the file in JSON has all of them."""
_PIECE = 65_536


def name_of(one: Reading, end: str) -> str:
    """A file name: nothing of the subject but letters, digits, dots and dashes."""
    tail = one.subject.key.rpartition("/01/")[2]
    safe = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in ".-") else "-" for letter in tail
    )
    return f"dossier-{one.subject.kind}-{safe[:60]}{end}"


def about(one: Reading) -> dict[str, object]:
    """What a dossier says of itself: its subject, and the log as of which it is."""
    said = subjects.about(one.subject)
    facts = [{"name": fact.name, "value": fact.value} for fact in subjects.facts(one.subject, one.view)]
    return {
        "dossier": 1,
        "kind": one.subject.kind,
        "subject": one.subject.uri,
        "title": said.title,
        "log": one.view.registry.keyring.trust.origin,
        "entries": one.view.reader.size(),
        "reader": one.viewer,
        "facts": facts,
    }


def json_of(one: Reading, rows: Iterator[Row]) -> Iterator[bytes]:
    """All of it as JSON, a row a line, in pieces."""
    encode = msgspec.json.encode
    waiting = bytearray(encode(about(one))[:-1] + b',"rows":[\n')
    between = b""
    for row in rows:
        waiting += between + encode(row)
        between = b",\n"
        if len(waiting) > _PIECE:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting) + b"\n]}\n"


def pdf_of(one: Reading, rows: Iterator[Row]) -> bytes:
    """The beginning of it on paper."""
    return lot_pdf(_paper(one, one.view, list(islice(rows, PRINTED + 1))))


def _paper(one: Reading, view: Snapshot, rows: list[Row]) -> LotReport:
    said = subjects.about(one.subject)
    origin, size = view.registry.keyring.trust.origin, view.reader.size()
    header = (gettext("When (UTC)"), gettext("What"), gettext("Who"), gettext("Evidence"))
    notes = [
        gettext("In the order in which it became known. #number is the entry of the log in which a signed statement stands; its receipt proves it."),
    ]  # fmt: skip
    if len(rows) > PRINTED:
        notes.append(
            gettext("Only the first %(count)s lines are printed. The JSON file has all.", count=PRINTED)
        )
    return LotReport(
        title=f"{gettext('Dossier')}: {said.title}",
        sentence=f"{said.kind} · {said.code}",
        facts=[(fact.name, fact.value) for fact in subjects.facts(one.subject, view) if fact.value],
        shares=[],
        grids=[
            Grid(gettext("Everything known"), header, dossier_pages.said_by(rows[:PRINTED]), (4, 9, 4, 4))
        ],
        notes=notes,
        foot=f"{said.code} · {origin} · {size}",
    )
