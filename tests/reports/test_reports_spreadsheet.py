"""Traces as CSV and SQLite: the same rows, safe to open, nothing lost."""

import csv
import io
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.reports.spreadsheet import csv_lines, plain, safe, trace_csv, trace_sqlite
from traceability.reports.trace import COLUMNS, TraceRow
from traceability.store import StoreError

GS1 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"


def row(serial: str = "ABC", **changes: object) -> TraceRow:
    values = dict.fromkeys(COLUMNS, "") | {
        "gtin": "09521321000012", "product": "Amoxicillin", "serial": serial, "lot": "A17", "expiry": "2027-04-30",
        "state": "active", "entry": 7, "epc": f"https://id.gs1.org/01/09521321000012/21/{serial}",
    }  # fmt: skip
    return TraceRow(**(values | changes))  # type: ignore[arg-type]


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True))


def test_every_field_comes_back_as_it_was() -> None:
    wanted = row('A,B"C', holder="Südpharm, Augsburg", product="Ibuprofen 布洛芬\nforte")
    (found,) = read(b"".join(trace_csv([wanted])))
    assert [plain(found[name]) for name in COLUMNS] == [str(value) for value in wanted]


def test_lines_end_as_rfc_4180_asks_and_no_mark_stands_before_the_first_column() -> None:
    data = b"".join(trace_csv([row(), row("DEF")]))
    assert data.startswith(b"gtin,product,")
    assert data.count(b"\r\n") == 3
    assert data.endswith(b"\r\n")


@given(st.text(GS1 + "\t\r\n@", max_size=20))
def test_no_cell_is_a_formula_and_every_cell_can_be_read_back(text: str) -> None:
    cell = safe(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert plain(cell) == text


@pytest.mark.parametrize("serial", ["=1+1", "+49", "-2", "@SUM(A1)", "'=1+1", "=cmd|' /C calc'!A0"])
def test_a_serial_that_looks_like_a_formula_is_disarmed(serial: str) -> None:
    line = list(csv_lines(("serial",), [(serial,)]))[1]
    assert read(b"serial\r\n" + line.encode())[0]["serial"] == "'" + serial


def test_many_rows_come_in_pieces() -> None:
    pieces = list(trace_csv(row(f"S{number:06}") for number in range(5_000)))
    assert len(pieces) > 3
    assert len(read(b"".join(pieces))) == 5_000


def test_the_sqlite_file_has_the_same_rows_and_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "trace.sqlite"
    rows = [row("=1+1"), row("DEF", entry=None, state="dispensed")]
    assert trace_sqlite(path, iter(rows), {"lot": "A17"}) == 2
    database = sqlite3.connect(path)
    try:
        found = database.execute(f"SELECT {', '.join(COLUMNS)} FROM trace ORDER BY rowid").fetchall()
        about = dict(database.execute("SELECT name, value FROM about"))
        indexed = {
            name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
        }
    finally:
        database.close()
    assert [TraceRow(*one) for one in found] == rows
    assert about == {"lot": "A17"}
    assert any("serial" in name for name in indexed)


def test_an_export_never_writes_over_a_file(tmp_path: Path) -> None:
    path = tmp_path / "trace.sqlite"
    path.write_bytes(b"mine")
    with pytest.raises(StoreError, match="not overwritten"):
        trace_sqlite(path, [row()], {})
    assert path.read_bytes() == b"mine"
