"""Tables that people bring: CSV in any of its usual dresses, read so that every problem has its line.

UTF-8 with or without a byte order mark; comma, semicolon or tab; a first line that names the columns, in any
order and in capital or small letters. Nothing is guessed: what does not fit is a problem of its line and
column, and the other lines stay usable.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from flask import Response

from traceability.reports.spreadsheet import plain
from traceability.web.babel import gettext
from traceability.web.errors import PageError

MOST_LINES = 20_000
_DELIMITERS = ",;\t"
_OTHER_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with one cell. `line` counts from 1, as editors and spreadsheets do."""

    line: int
    column: str
    text: str


class CellError(Exception):
    """A cell that cannot be read, by its column; `text` says so in the reader's language."""

    def __init__(self, column: str, text: str) -> None:
        super().__init__(text)
        self.column = column
        self.text = text


class Row(msgspec.Struct, frozen=True):
    """One line of a table: its cells by column, spaces around them taken off, absent ones empty."""

    line: int
    cells: Mapping[str, str]


class Column(msgspec.Struct, frozen=True):
    """A column of a table: the name in the documentation, other names it goes by, whether it must be there."""

    name: str
    others: tuple[str, ...] = ()
    required: bool = False


class Sheet(msgspec.Struct):
    """A table as it was read: good rows, and what could not be read."""

    rows: list[Row]
    problems: list[Problem]


def decode(data: bytes) -> str:
    """The text of a file. Raises PageError for what is not UTF-8, and says how to save it so."""
    if data.startswith(_OTHER_MARKS):
        raise PageError("This file is UTF-16. Save it as CSV in UTF-8, then choose it again.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PageError(
            "Line %(line)s of this file is not UTF-8. Save it as CSV in UTF-8, then choose it again.",
            line=data.count(b"\n", 0, error.start) + 1,
        ) from error
    if "\x00" in text:
        raise PageError("This is no text file. Export the table as CSV in UTF-8, then choose that.")
    return text


def read(text: str, columns: Sequence[Column]) -> Sheet:
    """A table with a first line that names its columns. Problems of the first line leave no rows where a
    column that must be there is missing."""
    records = list(_records(text))
    if not records:
        raise PageError(
            "This file is empty. Its first line names the columns: %(names)s.", names=_names(columns)
        )
    sheet = Sheet([], [])
    line, header = records[0][0], records[0][1]
    places = _places(header, columns, line, sheet.problems)
    missing = [one.name for one in columns if one.required and one.name not in places.values()]
    for name in missing:
        sheet.problems.append(Problem(line, name, gettext("This column is missing.")))
    for line, cells, trouble in records[1:]:
        if trouble:
            sheet.problems.append(Problem(line, "", trouble))
        elif not missing:
            _take(line, cells, len(header), places, sheet)
    return sheet


def _records(text: str) -> Iterator[tuple[int, list[str], str]]:
    """Lines with something on them: number, cells, and what is wrong with them as CSV."""
    source = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True)
    line, count = 1, 0
    while True:
        try:
            cells = next(source)
        except StopIteration:
            return
        except csv.Error:
            yield line, [], _misquoted()
            line = source.line_num + 1
            continue
        if any(cell.strip() for cell in cells):
            verify_length(count)
            count += 1
            yield line, cells, ""
        line = source.line_num + 1


def _misquoted() -> str:
    return gettext(
        "A quotation mark stands where none may be. Quote the whole cell, and double the marks in it."
    )


def verify_length(lines: int) -> None:
    """Refuse a table of more lines than are read in one go. Raises PageError."""
    if lines > MOST_LINES:
        raise PageError(
            "Expected at most %(most)s lines. Split the file, and import one part after the other.",
            most=MOST_LINES,
        )


def delimiter_of(text: str) -> str:
    """What stands between the cells of the first line that says something: the commonest of three."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=first.count)


def _places(
    header: Sequence[str], columns: Sequence[Column], line: int, problems: list[Problem]
) -> dict[int, str]:
    """Which place of a line holds which column."""
    known = {_folded(name): one.name for one in columns for name in (one.name, *one.others)}
    places: dict[int, str] = {}
    for place, title in enumerate(header):
        name = known.get(_folded(title))
        if name is None and title.strip():
            said = gettext("No such column. These are read: %(names)s.", names=_names(columns))
            problems.append(Problem(line, title.strip()[:40], said))
        elif name is not None and name in places.values():
            problems.append(Problem(line, name, gettext("This column is there twice.")))
        elif name is not None:
            places[place] = name
    return places


def has_header(text: str, columns: Sequence[Column]) -> bool:
    """Whether the first line names a column; a plain list of codes does not."""
    known = {_folded(name) for one in columns for name in (one.name, *one.others)}
    first = next((cells for _, cells, _ in _records(text)), [])
    return any(_folded(title) in known for title in first)


def _take(line: int, cells: Sequence[str], width: int, places: Mapping[int, str], sheet: Sheet) -> None:
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        said = gettext(
            "This line has %(got)s cells, the first line names %(want)s.", got=len(cells), want=width
        )
        sheet.problems.append(Problem(line, "", said))
        return
    found = {name: plain(cells[place].strip()) for place, name in places.items() if place < len(cells)}
    sheet.rows.append(Row(line, found))


def twice(rows: Sequence[tuple[int, str]], column: str) -> list[Problem]:
    """Problems of lines whose key an earlier line has: (line, key) pairs in order."""
    counts = Counter(key for _, key in rows)
    first: dict[str, int] = {}
    problems = []
    for line, key in rows:
        if counts[key] > 1 and first.setdefault(key, line) != line:
            said = gettext("The same as in line %(line)s.", line=first[key])
            problems.append(Problem(line, column, said))
    return problems


def _folded(title: str) -> str:
    return "".join(title.casefold().split()).replace("_", "").replace("-", "")


def _names(columns: Sequence[Column]) -> str:
    return ", ".join(one.name for one in columns)


def empty(name: str, titles: Sequence[str]) -> Response:
    """A file to fill in: the first line of a table, with the mark by which spreadsheets know UTF-8."""
    response = Response(f"\ufeff{','.join(titles)}\r\n", content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
