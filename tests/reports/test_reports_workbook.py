"""Traces as workbooks: openpyxl reads what was meant, on as many sheets as it takes, and twice the same bytes."""

from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.custody.recall import Alike, Gap, balance
from traceability.custody.state import Condition
from traceability.reports import workbook
from traceability.reports.trace import COLUMNS, TraceRow
from traceability.reports.workbook import BalanceWords, Sheet, balance_sheet, trace_xlsx

MADE = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
WORDS = BalanceWords("Balance", "Party", "All", "Percent", str, str, lambda gap: f"{gap.kind} {gap.packs}")


def row(serial: str, entry: int | None = 7) -> TraceRow:
    return TraceRow(**dict.fromkeys(COLUMNS, "") | {"serial": serial, "entry": entry})  # type: ignore[arg-type]


def written(path: Path, serials: list[str], front: list[Sheet] | None = None) -> list[list[str]]:
    """The serials of each sheet of packs in a workbook of these."""
    trace_xlsx(path, map(row, serials), front or [], "Packs", MADE)
    book = openpyxl.load_workbook(path)
    at = COLUMNS.index("serial")
    found = []
    for name in book.sheetnames[len(front or []) :]:
        header, *lines = book[name].iter_rows(values_only=True)
        assert header == COLUMNS
        found.append([line[at] for line in lines])
    return found


@pytest.mark.parametrize("count", [0, 1, 4, 5, 8, 9])
def test_packs_go_on_further_sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(workbook, "ROWS", 5)
    serials = [f"S{number}" for number in range(count)]
    sheets = written(tmp_path / "x.xlsx", serials)
    assert [one for sheet in sheets for one in sheet] == serials
    assert [len(sheet) for sheet in sheets] == [4] * (count // 4) + (
        [count % 4] if count % 4 or not count else []
    )


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.text(
            st.characters(min_codepoint=33, max_codepoint=0x9FFF, exclude_categories=["Cs", "Cc"]),
            min_size=1,
            max_size=20,
        ),
        max_size=5,
    )
)
def test_every_text_is_read_as_it_was(tmp_path_factory: pytest.TempPathFactory, serials: list[str]) -> None:
    assert written(tmp_path_factory.mktemp("x") / "x.xlsx", serials) == [serials]


def test_two_are_the_same_bytes_and_none_is_written_over(tmp_path: Path) -> None:
    one, two = tmp_path / "one.xlsx", tmp_path / "two.xlsx"
    front = [Sheet("About", ("What", "Value"), [("lot", "=A17"), ("packs", 2)], (10, 10))]
    written(one, ["=1+1", "B"], front)
    written(two, ["=1+1", "B"], front)
    assert one.read_bytes() == two.read_bytes()
    assert list(openpyxl.load_workbook(one)["About"].values)[1:] == [("lot", "=A17"), ("packs", 2)]
    with pytest.raises(FileExistsError):
        written(one, ["C"])


def test_a_balance_names_what_is_missing() -> None:
    found = balance(
        [
            Alike(Condition.ACTIVE, Condition.ACTIVE, "1", None, False, "1", None, 5),
            Alike(Condition.STOLEN, Condition.STOLEN, "2", None, False, "2", None, 3),
        ]
    )
    assert found.gaps[0] == Gap("stolen", 3)
    sheet = balance_sheet(found, WORDS)
    assert sheet.header == ("Party", "held", "stolen", "All")
    assert list(sheet.rows) == [
        ("All", 5, 3, 8), ("Percent", 62.5, 37.5, 100.0), ("2", 0, 3, 3), ("1", 5, 0, 5), ("stolen 3",), ("open 8",),
    ]  # fmt: skip
