"""A trace as an Excel workbook (XLSX): the balance, what the trace proves and does not, and a row a pack.

Written by xlsxwriter in constant memory. Every text is a text: no program takes one for a formula or a number.
The same trace gives the same bytes.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from traceability.custody.recall import PARTS, Balance, Gap
from traceability.reports.trace import COLUMNS, TraceRow

ROWS = 1_048_576
"""Rows that a sheet of Excel has, the header among them."""
_WIDTHS = {
    "product": 24,
    "serial": 20,
    "holder": 26,
    "receiver": 26,
    "site": 24,
    "since": 26,
    "statement": 46,
    "epc": 56,
}
_WIDTH = 16


class Sheet(NamedTuple):
    """A sheet before the packs: a few rows under a header."""

    name: str
    """At most 31 characters, none of []:*?/\\."""
    header: Sequence[str]
    rows: Sequence[Sequence[str | int | float]]
    widths: Sequence[int]


class BalanceWords(NamedTuple):
    """What the sheet of a balance says, in the reader's language."""

    name: str
    party: str
    all: str
    share: str
    part: Callable[[str], str]
    holder: Callable[[str | None], str]
    gap: Callable[[Gap], str]


def balance_sheet(counted: Balance, words: BalanceWords) -> Sheet:
    """A balance: its sum, the shares in percent, each holder, and what is not accounted for."""
    used = [part for part in PARTS if counted.parts[part]]
    percents = counted.percents
    rows: list[Sequence[str | int | float]] = [
        (words.all, *(counted.parts[part] for part in used), counted.packs),
        (words.share, *(percents[part] for part in used), 100.0 if counted.packs else 0.0),
    ]
    rows += [
        (words.holder(one.party), *(one.parts.get(part, 0) for part in used), one.packs)
        for one in counted.holders
    ]
    rows += [(words.gap(gap),) for gap in counted.gaps]
    header = (words.party, *map(words.part, used), words.all)
    return Sheet(words.name, header, rows, (48, *(_WIDTH for _ in header[1:])))


def trace_xlsx(
    path: Path, rows: Iterable[TraceRow], front: Sequence[Sheet], name: str, made: datetime
) -> None:
    """Write the workbook to a new file: the sheets in front, then the packs on as many sheets as they need.

    `name` is that of the packs' sheet, `made` the time that the file gives as its own. Raises FileExistsError.
    """
    with path.open("xb") as file, tempfile.TemporaryDirectory(prefix="trace-") as scratch:
        book = Workbook(file, {"constant_memory": True, "tmpdir": scratch})
        book.use_zip64()
        book.set_properties({"created": made})
        bold = book.add_format({"bold": True})
        for one in front:
            sheet = _sheet(book, one.name, one.header, one.widths, bold)
            _write(sheet, one.rows)
        widths = [_WIDTHS.get(column, _WIDTH) for column in COLUMNS]
        for number, portion in enumerate(_portions(rows), 1):
            title = name if number == 1 else f"{name} {number}"
            sheet = _sheet(book, title, COLUMNS, widths, bold)
            last = _write(sheet, portion)
            sheet.autofilter(0, 0, last, len(COLUMNS) - 1)
        book.close()


def _portions(rows: Iterable[TraceRow]) -> Iterator[Iterable[TraceRow]]:
    """The rows in portions that fit a sheet; at least one, though it were empty."""
    left = iter(rows)
    yield islice(left, ROWS - 1)
    for first in left:
        yield chain((first,), islice(left, ROWS - 2))


def _sheet(
    book: Workbook, name: str, header: Sequence[str], widths: Sequence[int], bold: object
) -> Worksheet:
    sheet = book.add_worksheet(name)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    for column, word in enumerate(header):
        sheet.write_string(0, column, word, bold)
    return sheet


def _write(sheet: Worksheet, rows: Iterable[Sequence[str | int | float | None]]) -> int:
    """Rows under the header; empty cells are left out. Gives the last row's number."""
    number = 0
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                if value:
                    sheet.write_string(number, column, value)
            elif value is not None:
                sheet.write_number(number, column, value)
    return number
