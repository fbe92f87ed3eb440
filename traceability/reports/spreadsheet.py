"""A trace for spreadsheets and for SQL: CSV (RFC 4180) and a SQLite file with the same rows.

The CSV is UTF-8 without a byte order mark, so that its first column is called `gtin` for every program;
a spreadsheet asks for the encoding or finds it. A cell that a spreadsheet would run as a formula gets an
apostrophe in front, which `plain` takes away again: no other cell begins that way.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import get_type_hints

from traceability.reports.trace import COLUMNS, TraceRow
from traceability.store.export import export_table

# What makes Excel, LibreOffice or Google Sheets run a cell, at its start (OWASP, CSV injection).
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_TABLE = "trace"
FIRST_PIECE = 4096
"""The first piece is small, so that the first rows are on their way at once."""


def safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; `plain` is the inverse."""
    return "'" + text if text.lstrip("'").startswith(_RUNS) else text


def plain(cell: str) -> str:
    """What a cell written by `safe` meant."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_RUNS) else cell


class _Echo:
    """A file whose `write` gives back what was written, so that a csv.writer makes lines one by one."""

    def write(self, text: str) -> str:
        return text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """CSV lines, each with its CRLF, header first: to be written or streamed as they come."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield str(writer.writerow(header))
    for row in rows:
        yield str(writer.writerow([safe("" if value is None else str(value)) for value in row]))


def trace_csv(rows: Iterable[TraceRow]) -> Iterator[bytes]:
    """The trace as CSV in pieces of about 64 kB."""
    waiting: list[str] = []
    length, enough = 0, FIRST_PIECE
    for line in csv_lines(COLUMNS, rows):
        waiting.append(line)
        length += len(line)
        if length > enough:
            yield "".join(waiting).encode()
            waiting, length, enough = [], 0, 65_536
    yield "".join(waiting).encode()


def trace_sqlite(path: Path, rows: Iterable[TraceRow], about: Mapping[str, str]) -> int:
    """The trace as table `trace` of a new SQLite file, indexed for the questions a regulator asks.

    `about` says what the file is: lot, log, checkpoint, when and for whom. Returns the number of packs.
    """
    types = get_type_hints(TraceRow)
    columns = {name: int if types[name] == int | None else str for name in COLUMNS}
    return export_table(
        path,
        _TABLE,
        columns,
        rows,
        key="epc",
        indexes=("serial", "state", "holder_gln", "container"),
        about=about,
    )
