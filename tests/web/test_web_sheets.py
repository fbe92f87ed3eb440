"""Tables that people bring: every problem is named by line and column, and the good lines stay."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_login import login_user
from journey import held

import app as composition
from traceability.demo import cast
from traceability.web import directory, opening, sheets
from traceability.web.errors import PageError
from traceability.web.masterdata import KINDS, Trial, try_one, try_table
from traceability.web.sessions import Person
from traceability.web.sheets import Column, Problem

COLUMNS = (Column("gtin", ("product",), required=True), Column("serial"))


@pytest.fixture(autouse=True)
def asking(application: Flask, parts: composition.Parts) -> Iterator[None]:
    """A request of the wholesaler, in English."""
    with application.test_request_context("/", headers={"Accept-Language": "en"}):
        account = parts.office.account("distributor")
        assert account is not None
        login_user(Person(account))
        yield


def cells(text: str) -> list[tuple[int, dict[str, str]]]:
    sheet = sheets.read(text, COLUMNS)
    assert sheet.problems == []
    return [(row.line, dict(row.cells)) for row in sheet.rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_usual_dresses_of_csv(delimiter: str) -> None:
    text = sheets.decode(
        f'\ufeffSerial{delimiter}PRODUCT\r\n A1 {delimiter}123\r\n\r\n"a,;b"{delimiter}9\n'.encode()
    )
    assert cells(text) == [(2, {"serial": "A1", "gtin": "123"}), (4, {"serial": "a,;b", "gtin": "9"})]


def test_lines_count_as_editors_count_them() -> None:
    assert cells('gtin,serial\n1,"two\nlines"\n3,x\n') == [
        (2, {"gtin": "1", "serial": "two\nlines"}),
        (4, {"gtin": "3", "serial": "x"}),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("serial\nx\n", [(1, "gtin", "This column is missing.")]),
        ("gtin,gtin\n1,2\n", [(1, "gtin", "This column is there twice.")]),
        ("gtin,colour\n1,red\n", [(1, "colour", "No such column. These are read: gtin, serial.")]),
        ("gtin,serial\n1,2,3\n", [(2, "", "This line has 3 cells, the first line names 2.")]),
        ('gtin,serial\n1,"x"y\n3,4\n', [(2, "", "A quotation mark stands where none may be. Quote the whole cell, and double the marks in it.")]),
    ],
)  # fmt: skip
def test_every_problem_has_its_line_and_column(text: str, expected: list[tuple[int, str, str]]) -> None:
    assert sheets.read(text, COLUMNS).problems == [Problem(*one) for one in expected]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("gtin\n1".encode("utf-16"), "UTF-16"),
        (b"gtin\n1\n\xe4\n", "Line 3 of this file is not UTF-8"),
        (b"PK\x03\x04\x00", "no text file"),
    ],
)
def test_other_encodings_are_named_with_the_way_out(data: bytes, said: str) -> None:
    with pytest.raises(PageError, match=said):
        sheets.decode(data)


def test_an_empty_file_says_what_it_should_say() -> None:
    with pytest.raises(PageError, match="names the columns: gtin, serial"):
        sheets.read("\n \n", COLUMNS)


def test_too_many_lines_are_refused_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, parts: composition.Parts
) -> None:
    monkeypatch.setattr(sheets, "MOST_LINES", 2)
    assert len(sheets.read("gtin\n1\n2\n", COLUMNS).rows) == 2
    with pytest.raises(PageError, match="at most 2 lines"):
        sheets.read("gtin\n1\n2\n3\n", COLUMNS)
    with pytest.raises(PageError, match="at most 2 lines"):
        try_list(parts, "a\nb\nc\n")


# Opening stock


def try_list(parts: composition.Parts, text: str) -> opening.Trial:
    with parts.history.view() as view:
        return opening.try_list(text, view)


GTIN = cast.AMOXICILLIN
OTHER = "https://id.gs1.org/01/04150000021119/10/77/21/Z9"


def test_codes_of_every_spelling_line_by_line(parts: composition.Parts) -> None:
    trial = try_list(
        parts,
        f"01{GTIN}21OPEN1\x1d1728043010L-1\n"
        f"(01){GTIN}(21)OPEN2(10)L;2,x(17)280400\n"
        f"{OTHER}?17=270131\n"
        "\n"
        f"01{GTIN}10L1\n"
        "rubbish\n"
        f'"(01){GTIN}(21)OPEN2"\n',
    )
    found = [(one.line, one.reading.serial, one.reading.lot, one.reading.expiry) for one in trial.entries]
    assert found == [
        (1, "OPEN1", "L-1", "2028-04-30"),
        (2, "OPEN2", "L;2,x", "2028-04-30"),
        (3, "Z9", "77", "2027-01-31"),
    ]
    assert [problem.line for problem in trial.problems] == [5, 6, 7]
    assert "no serial number" in trial.problems[0].text
    assert trial.problems[2].text == "The same as in line 2."


def test_columns_of_opening_stock(parts: composition.Parts) -> None:
    sscc = cast.sscc(900001).removeprefix("https://id.gs1.org/00/")
    trial = try_list(
        parts,
        "GTIN;Serial Number;Batch;Expiry Date;SSCC\n"
        f"{GTIN[1:]};S-1;A(1);2027-04-30;\n"
        f"{GTIN};S-2;;270400;\n"
        f"{GTIN};S-3;;20270430;\n"
        f";;;;{sscc}\n"
        f"{GTIN[:-1]}7;S-4;;;\n"
        f"{GTIN};;;;\n"
        f"{GTIN};S 5;;;\n"
        f"{GTIN};S-6;;next year;\n"
        f"{GTIN};S-7;;;{sscc}\n",
    )
    found = [
        (one.line, one.reading.kind, one.reading.serial, one.reading.lot, one.reading.expiry)
        for one in trial.entries
    ]
    assert found == [
        (2, "pack", "S-1", "A(1)", "2027-04-30"),
        (3, "pack", "S-2", "", "2027-04-30"),
        (4, "pack", "S-3", "", "2027-04-30"),
        (5, "unit", "", "", ""),
    ]
    assert [(problem.line, problem.column) for problem in trial.problems] == [
        (6, "gtin"),
        (7, "serial"),
        (8, "serial"),
        (9, "expiry"),
        (10, ""),
    ]


def test_what_the_log_knows_stands_against_opening_stock(parts: composition.Parts) -> None:
    with parts.history.view() as view:
        mine = next(item for item in view.holdings(cast.NORDMED.gln) if item.receiver is None)
        coming = view.pending(cast.NORDMED.gln)[0].items[0]
    trial = try_list(parts, f"{mine.epc}\n{coming.epc}\n{held(parts, cast.MAKER.gln, packs=True).epc}\n")
    assert [problem.text.split(".")[0] for problem in trial.problems] == [
        "This is in your stock already",
        "This is on the road to you",
    ]
    # What its maker still holds by the log may stand here all the same: the maker has not signed yet.
    assert len(trial.entries) == 1


def test_a_garbled_code_in_a_list_is_never_taken_in(parts: composition.Parts) -> None:
    """Caps lock makes another valid serial of a known one; the list says so, and which line."""
    item = held(parts, cast.MAKER.gln, packs=True)
    small = f"01{GTIN if GTIN in item.epc else cast.IBUPROFEN}21{item.epc.rpartition('/')[2].lower()}"
    (problem,) = try_list(parts, f"{small}\n").problems
    assert "switch caps lock off" in problem.text


# Master data


def tried(kind: str, text: str, party: str = cast.MAKER.gln) -> Trial:
    return try_table(KINDS[kind], text, party, directory.registry())


def problems(trial: Trial) -> list[tuple[int, str]]:
    return [(one.line, one.column) for one in trial.problems]


def test_products_are_read_cell_by_cell() -> None:
    good, bad = cast.gtin(77), cast.gtin(78)
    trial = tried(
        "product",
        "gtin,name,strength,form,pack\n"
        f"{good},Paracetamol,500 mg,tablets,20 tablets\n"
        f"{bad[:-1]}x,Zinc,,,\n"
        "04150000021119,Foreign,,,\n"
        f"{bad},,,,\n"
        f"{cast.AMOXICILLIN},Amoxicillin Linden,500 mg,capsules,20 capsules\n"
        f"{good},Paracetamol again,,,\n",
    )
    assert [one.values for one in trial.entries] == [
        {
            "gtin": good,
            "name": "Paracetamol",
            "owner": cast.MAKER.gln,
            "form": "tablets",
            "strength": "500 mg",
            "pack": "20 tablets",
        }
    ]
    assert problems(trial) == [(3, "gtin"), (4, "gtin"), (5, "name"), (7, "gtin")]
    assert trial.unchanged == 1


def test_places_and_organisations_are_read_cell_by_cell() -> None:
    trial = tried(
        "site",
        f"gln,name,country,zone\n{cast.gln(12)},Second plant,de,Europe/Berlin\n{cast.gln(13)},X,Germany,\n"
        f"{cast.gln(14)},Y,DE,Mars/Base\n{cast.MARKT.site},Z,DE,\n1234,W,DE,\n",
    )
    assert trial.entries[0].values == {
        "gln": cast.gln(12),
        "party": cast.MAKER.gln,
        "name": "Second plant",
        "country": "DE",
        "zone": "Europe/Berlin",
    }
    assert problems(trial) == [(3, "country"), (4, "zone"), (5, "gln"), (6, "gln")]
    trial = tried(
        "party",
        f"gln\tname\troles\tprefixes\tcountry\n{cast.gln(500)}\tNew\tmaker, wholesaler\t952199 952198\tCN\n"
        f"{cast.gln(501)}\tBad\tgrocer\t\tCN\n{cast.gln(502)}\tBad\tmaker\t12\tCN\n",
        cast.AUTHORITY.gln,
    )
    assert trial.entries[0].values == {
        "gln": cast.gln(500),
        "name": "New",
        "roles": ["maker", "wholesaler"],
        "prefixes": ["952199", "952198"],
        "country": "CN",
    }
    assert problems(trial) == [(3, "roles"), (4, "prefixes")]


def test_a_form_is_tried_as_one_line() -> None:
    trial = try_one(KINDS["product"], {"gtin": "12", "name": " "}, cast.MAKER.gln, directory.registry())
    assert problems(trial) == [(1, "gtin"), (1, "name")]
