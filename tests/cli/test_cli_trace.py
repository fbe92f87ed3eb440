"""Every form of a trace that the command line writes, opened by a program that is not ours."""

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from cli_world import GTIN, MAKER, Peopled
from jsonld import expanded
from pypdf import PdfReader

ITEM = f"https://id.gs1.org/01/{GTIN}/21/"
SERIALS = ["A", "=1+1", "C"]


@pytest.fixture
def made(peopled: Peopled) -> Any:
    """A lot of three packs; one of them was stolen."""
    items = [word for serial in ("A", "%3D1%2B1", "C") for word in ("--item", ITEM + serial)]
    words = ("commissioned", "--site", MAKER, "--lot", "L1", "--expiry", "2029-06-30", *items)
    told = peopled.log.do(peopled.maker, *words)
    assert told["effect"], told
    assert peopled.log.do(peopled.maker, "stolen", "--site", MAKER, "--item", ITEM + "C")["effect"]
    return told


def written(peopled: Peopled, end: str, *more: object) -> Path:
    """A trace of the lot in a file; written twice, it is the same bytes."""
    one, two = (peopled.log.folder / f"{name}{end}" for name in ("one", "two"))
    for path in (one, two):
        peopled.log.ask("trace", GTIN, "L1", "--out", path, *more)
    assert one.read_bytes() == two.read_bytes()
    return one


@pytest.mark.usefixtures("made")
def test_a_workbook_opens_in_openpyxl(peopled: Peopled) -> None:
    book = openpyxl.load_workbook(written(peopled, ".xlsx"))
    assert book.sheetnames == ["Balance", "Proof", "Packs"]
    header, *rows = book["Packs"].iter_rows(values_only=True)
    assert [row[header.index("serial")] for row in rows] == SERIALS
    assert {book["Packs"].cell(3, 3).data_type} == {"s"}  # a text, no formula
    assert [row[header.index("state")] for row in rows] == ["active", "active", "stolen"]
    balance = list(book["Balance"].iter_rows(values_only=True))
    assert balance[0] == ("Party", "held", "stolen", "All")
    assert balance[1] == ("All", 2, 1, 3)
    assert sum(balance[2][1:3]) == 100
    assert "Proven by a bundle" in str(list(book["Proof"].values))


@pytest.mark.usefixtures("made")
def test_a_report_opens_in_pypdf(peopled: Peopled) -> None:
    text = PdfReader(written(peopled, ".pdf")).pages[0].extract_text()
    assert "Trace of lot L1" in text
    assert "stolen: 1" in text


@pytest.mark.usefixtures("made")
def test_a_database_opens_in_sqlite_and_a_table_in_csv(peopled: Peopled) -> None:
    database = sqlite3.connect(written(peopled, ".db"))
    found = database.execute("SELECT serial, state FROM trace ORDER BY serial").fetchall()
    database.close()
    assert found == [("=1+1", "active"), ("A", "active"), ("C", "stolen")]
    lines = csv.DictReader(io.StringIO(written(peopled, ".csv").read_text(), newline=""), strict=True)
    assert [line["serial"] for line in lines] == ["A", "'=1+1", "C"]
    assert len(json.loads(written(peopled, ".json").read_bytes())["packs"]) == 3


def test_events_are_read_as_linked_data(peopled: Peopled, made: Any) -> None:
    path = written(peopled, ".jsonld")
    document = json.loads(path.read_bytes())
    assert document["custody:lot"] == "L1"
    commissioned, stolen = document["epcisBody"]["eventList"]
    assert commissioned["eventID"] == f"ni:///sha-256;{made['id']}"
    graph = expanded(path.read_bytes())
    events = [one for one in graph if one.get("type") == "ObjectEvent"]
    assert [one["bizStep"] for one in events] == ["commissioning", None]
    assert len(events[0]["epcList"]) == 3
    assert stolen["epcList"] == [ITEM + "C"]
    stolen_alone = peopled.log.folder / "stolen.jsonld"
    peopled.log.ask("trace", GTIN, "--serials", "C", "C", "--out", stolen_alone)
    assert len(json.loads(stolen_alone.read_bytes())["epcisBody"]["eventList"]) == 2


@pytest.mark.usefixtures("made")
def test_the_evidence_of_some_packs_verifies(peopled: Peopled) -> None:
    log, path = peopled.log, peopled.log.folder / "pack.zip"
    log.ask("trace", GTIN, "--serials", "A", "A", "--out", path)
    assert (
        "1 statements by 1 parties about 3 packs"
        in log.run("verify", path, "--trust", log.data / "trust.json").output
    )
    refused = log.run(
        "trace", GTIN, "--serials", "A", "A", "--snapshot", "0", "--out", path.with_suffix(".other.zip")
    )
    assert "of a whole lot" in refused.output


def test_a_statement_is_asked_for_by_its_id(peopled: Peopled, made: Any) -> None:
    log = peopled.log
    assert len(log.ask("trace", "--statement", made["id"])["rows"]) == 3
    assert [row["serial"] for row in log.ask("trace", "--act", "stolen", "--party", MAKER)["rows"]] == ["C"]
    assert log.ask("trace", "--party", MAKER, "--known-at", made["position"])["packs"] == 3
    assert log.ask("trace", "--party", MAKER, "--known-at", made["position"] - 1)["packs"] == 0
    assert "no statement" in log.run("trace", "--statement", "x" * 43).output
