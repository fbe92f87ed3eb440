"""Questions about packs on pages: by what they are, where, when, or what moved them; and every file of an answer
opened by a program that is not ours."""

import csv
import io
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import journey
import openpyxl
import pytest
from flask.testing import FlaskClient
from goods import case_of, fresh, fresh_lot, hand_over, said
from jsonld import expanded
from pypdf import PdfReader

import app as composition
from traceability.demo import cast
from traceability.proof.bundle import read_bundle, verify_bundle
from traceability.proof.signing import b64
from traceability.reports import verifier
from traceability.web import asking, tracefiles

LogIn = Callable[[str], FlaskClient]
A17 = {"gtin": cast.AMOXICILLIN, "lot": "A17"}


def asked(client: FlaskClient, status: int = 200, **query: object) -> str:
    answer = client.get("/trace", query_string={name: str(value) for name, value in query.items()})
    assert answer.status_code == status, answer.text
    return answer.text


def serials(page: str) -> list[str]:
    return sorted(re.findall(r'class="row-link code" href="[^"]+">([^<]+)<', page))


def plain(epcs: list[str]) -> list[str]:
    return sorted(epc.rpartition("/")[2] for epc in epcs)


def last_statement(parts: composition.Parts, epc: str) -> str:
    with parts.history.view() as view:
        item = view.item(epc)
        assert item is not None
        digest = view.reader.statement(view.top(item).acted)
    assert digest is not None
    return b64(digest)


def test_a_regulator_asks_in_every_way(log_in: LogIn, parts: composition.Parts) -> None:
    lot = fresh_lot()
    epcs = fresh(parts, cast.NORDMED, 3, lot)
    received = last_statement(parts, epcs[0])
    with parts.history.view() as view:
        entry = view.reader.size() - 1
    hand_over(parts, cast.NORDMED, cast.STERN, epcs[:1])
    client = log_in("regulator")
    about = {"gtin": lot.gtin, "lot": lot.number}
    assert serials(asked(client, **about)) == plain(epcs)
    assert serials(asked(client, **about, party=cast.STERN.gln)) == plain(epcs[:1])
    assert serials(asked(client, **about, place=cast.NORDMED.site)) == plain(epcs[1:])
    assert serials(asked(client, **about, party=cast.NORDMED.gln, known_at=entry)) == plain(epcs)
    assert serials(asked(client, statement=received)) == plain(epcs)
    assert serials(asked(client, **about, act="received", party=cast.STERN.gln)) == plain(epcs[:1])
    assert serials(asked(client, **about, act="commissioned")) == plain(epcs)
    assert serials(asked(client, code=journey.code_of(epcs[2]))) == plain(epcs[2:])
    assert serials(asked(client, **about, until="2020-01-01T00:00")) == []
    assert serials(asked(client, **about, at="2020-01-01T00:00")) == []
    assert "only an evidence bundle as of a countersigned snapshot proves" in asked(client, **about)
    assert "never recorded is not made up" in asked(client, **about, known_at=entry)
    assert "3 packs" in asked(client, **about)
    noted = [(row.login, row.act) for row in parts.office.trail()]
    assert ("regulator", "asked trace") in noted


def test_what_is_or_was_in_a_case(log_in: LogIn, parts: composition.Parts) -> None:
    epcs = fresh(parts, cast.MAKER, 3)
    case = case_of(parts, epcs[:2])
    with parts.history.view() as view:
        entry = view.reader.size() - 1
    said(parts, cast.MAKER, "unpacked", epcs[:1], parent=case)
    client, code = log_in("regulator"), f"(00){case.rpartition('/')[2]}"
    assert serials(asked(client, code=code)) == plain(epcs[1:2])
    assert serials(asked(client, code=code, known_at=entry)) == plain(epcs[:2])
    assert serials(asked(client, code=code, act="unpacked")) == []


def test_a_long_answer_comes_in_pages(log_in: LogIn) -> None:
    client = log_in("regulator")
    assert "Page 1" in asked(client, **A17)
    assert len(serials(asked(client, **A17, page=3))) == 20


NO_CHOICE = {"lent", "sideways"}
"""What a form never sends: its lists do not have it."""


@pytest.mark.parametrize(
    ("query", "said_"),
    [
        ({"lot": "A17"}, "Choose the product of this lot as well"),
        ({"known_at": "soon", **A17}, "Expected the number of an entry"),
        ({"known_at": "99999999", **A17}, "no entry 99999999 yet"),
        ({"since": "yesterday"}, "Expected a time as"),
        ({"act": "lent"}, "There is no act lent"),
        ({"follow": "sideways", **A17}, "Expected forwards or backwards"),
        ({"statement": "A" * 43}, "no statement"),
        ({"statement": "?"}, "no statement"),
        ({"code": "(00)123"}, "SSCC: expected 18"),
        ({"follow": "forwards"}, "Expected a product, a lot"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said(log_in: LogIn, query: dict[str, str], said_: str) -> None:
    """The sentence stands beside the form, which keeps what was filled in; a program gets the sentence alone."""
    client = log_in("regulator")
    answer = client.get("/trace", query_string=query)
    assert answer.status_code in {400, 409}
    form = answer.text.partition('<form class="sheet')[2].partition("</form>")[0]
    assert said_ in form.partition('<div class="note stop" role="alert">')[2]
    for name, value in query.items():
        kept = rf'name="{name}"[^>]* value="{re.escape(value)}"|value="{re.escape(value)}" selected'
        assert re.search(kept, form) or value in NO_CHOICE, name
    assert 'id="packs"' not in answer.text
    problem = client.get("/trace", query_string=query, headers={"Accept": "application/json"})
    assert problem.status_code == answer.status_code
    assert problem.mimetype == "application/problem+json"


def test_a_maker_learns_no_more_by_asking_cleverly(log_in: LogIn, parts: composition.Parts) -> None:
    lot = fresh_lot()
    epcs = fresh(parts, cast.NORDMED, 2, lot)
    received = last_statement(parts, epcs[0])
    hand_over(parts, cast.NORDMED, cast.STERN, epcs[:1])
    sold = last_statement(parts, epcs[0])
    client = log_in("maker")
    about = {"gtin": lot.gtin, "lot": lot.number}
    page = asked(client, **about)
    assert serials(page) == plain(epcs)
    assert cast.STERN.name not in page.partition('id="packs"')[2].partition("</table>")[0]
    for clever in (
        {"party": cast.STERN.gln},
        {"place": cast.STERN.site},
        {"act": "received", "party": cast.STERN.gln},
        {"act": "shipped", "place": cast.STERN.site},
    ):
        assert serials(asked(client, **about, **clever)) == [], clever
    assert serials(asked(client, **about, party=cast.NORDMED.gln)) == plain(epcs[1:])
    assert serials(asked(client, statement=received)) == plain(epcs)
    assert "no statement" in asked(client, 400, statement=sold)
    assert "your own organisation" in asked(client, 400, gtin="09521321999990")
    assert download(client, "/trace/packs.csv", {**about, "party": cast.STERN.gln}).count(b"\n") == 1
    for login in ("pharmacy", "distributor"):
        assert log_in(login).get("/trace").status_code == 403


def test_a_large_answer_is_counted_in_the_workbook(
    log_in: LogIn, parts: composition.Parts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tracefiles, "MOST_COUNTED", 5)
    monkeypatch.setattr(asking, "MOST_COUNTED", 5)
    client = log_in("regulator")
    assert "More than 5 packs answer this" in asked(client, gtin=cast.AMOXICILLIN)
    path = tmp_path / "all.xlsx"
    path.write_bytes(download(client, "/trace/packs.xlsx", {"gtin": cast.AMOXICILLIN}))
    book = openpyxl.load_workbook(path)
    balance = list(book["Balance"].values)
    assert balance[1][-1] == book["Packs"].max_row - 1 > 100


# Files


def download(client: FlaskClient, address: str, query: dict[str, str], **headers: str) -> bytes:
    with client.get(address, query_string=query, headers=headers) as response:
        assert response.status_code in {200, 206}, response.text
        return response.data


def again(client: FlaskClient, parts: composition.Parts, address: str, query: dict[str, str]) -> bytes:
    """A file that is the same when it is made a second time, and that goes on where it broke off."""
    with client.get(address, query_string=query) as whole:
        data, tag = whole.data, whole.headers["ETag"]
        assert re.search(r"-[0-9]+\.[a-z]+$", whole.headers["Content-Disposition"])
    assert data[100:] == download(client, address, query, Range="bytes=100-", **{"If-Range": tag})
    for path in parts.settings.exports.iterdir():
        path.unlink()
    assert download(client, address, query) == data
    return data


def rows_of(client: FlaskClient, parts: composition.Parts) -> list[dict[str, str]]:
    text = again(client, parts, "/lot/trace.csv", A17).decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_every_file_of_a_lot_opens_elsewhere(log_in: LogIn, parts: composition.Parts, tmp_path: Path) -> None:
    client = log_in("regulator")
    rows = rows_of(client, parts)
    states = [(row["serial"], row["state"], row["holder"]) for row in rows]
    path = tmp_path / "lot.xlsx"
    path.write_bytes(again(client, parts, "/lot/trace.xlsx", A17))
    book = openpyxl.load_workbook(path)
    header, *lines = book["Packs"].values
    places = [header.index(name) for name in ("serial", "state", "holder")]
    assert [tuple(line[place] or "" for place in places) for line in lines] == states
    assert book["Balance"].cell(2, book["Balance"].max_column).value == len(rows)
    assert "countersigned snapshot" in str(list(book["What it proves"].values))
    path.write_bytes(again(client, parts, "/lot/trace.sqlite", A17))
    database = sqlite3.connect(path)
    assert database.execute("SELECT serial, state, holder FROM trace ORDER BY rowid").fetchall() == states
    database.close()
    told = json.loads(again(client, parts, "/lot/trace.json", A17))
    assert [(pack["serial"], pack["state"], pack["holder"]) for pack in told["packs"]] == states
    assert (
        "Trace of lot A17"
        in PdfReader(io.BytesIO(download(client, "/lot/trace.pdf", A17))).pages[0].extract_text()
    )


@pytest.mark.parametrize("login", ["regulator", "maker"])
def test_the_events_of_a_lot_are_read_by_a_foreign_program(
    log_in: LogIn, parts: composition.Parts, login: str
) -> None:
    client = log_in(login)
    data = again(client, parts, "/lot/trace.epcis", A17)
    events = expanded(data)
    assert events[0]["bizStep"] == "commissioning"
    assert len(events) > (20 if login == "regulator" else 2)
    assert (b"dispensing" in data) is (login == "regulator")


def test_a_workbook_speaks_the_readers_language(
    log_in: LogIn, parts: composition.Parts, tmp_path: Path
) -> None:
    client = log_in("regulator")
    english = download(client, "/lot/trace.xlsx", A17)
    parts.office.set_locale("regulator", "zh")
    try:
        chinese = download(client, "/lot/trace.xlsx", A17)
    finally:
        parts.office.set_locale("regulator", "en")
    path = tmp_path / "zh.xlsx"
    path.write_bytes(chinese)
    assert chinese != english
    assert "Balance" not in openpyxl.load_workbook(path).sheetnames


def test_every_file_of_an_answer_opens_elsewhere(
    log_in: LogIn, parts: composition.Parts, tmp_path: Path
) -> None:
    lot = fresh_lot()
    epcs = fresh(parts, cast.NORDMED, 3, lot)
    client = log_in("regulator")
    query = {"gtin": lot.gtin, "lot": lot.number, "party": cast.NORDMED.gln}
    path = tmp_path / "answer"
    path.write_bytes(again(client, parts, "/trace/packs.xlsx", query))
    header, *lines = openpyxl.load_workbook(path.rename(tmp_path / "answer.xlsx"))["Packs"].values
    assert sorted(line[header.index("serial")] for line in lines) == plain(epcs)
    path.write_bytes(again(client, parts, "/trace/packs.sqlite", query))
    database = sqlite3.connect(path)
    assert database.execute("SELECT value FROM about WHERE name = 'party'").fetchone() == (cast.NORDMED.gln,)
    assert database.execute("SELECT count(*) FROM trace").fetchone() == (3,)
    database.close()
    assert len(json.loads(again(client, parts, "/trace/packs.json", query))["packs"]) == 3
    text = again(client, parts, "/trace/packs.csv", query).decode()
    assert sorted(row["serial"] for row in csv.DictReader(io.StringIO(text, newline=""))) == plain(epcs)
    paper = PdfReader(io.BytesIO(again(client, parts, "/trace/packs.pdf", query))).pages[0].extract_text()
    assert "3 packs." in paper
    assert cast.NORDMED.gln in paper
    steps = [one["bizStep"] for one in expanded(again(client, parts, "/trace/packs.epcis", query))]
    assert steps == ["commissioning", "shipping", "receiving"]


def test_the_evidence_of_an_answer_is_checked_offline(
    log_in: LogIn, parts: composition.Parts, tmp_path: Path
) -> None:
    """What was signed about the packs and what they are in, and nothing about the rest of their lot."""
    lot = fresh_lot()
    epcs = fresh(parts, cast.MAKER, 3, lot)
    said(parts, cast.MAKER, "stolen", epcs[1:2])
    hand_over(parts, cast.MAKER, cast.NORDMED, [case_of(parts, epcs[:1])])
    serial = epcs[0].rpartition("/")[2]
    query = {"gtin": lot.gtin, "first": serial, "last": serial}
    client = log_in("regulator")
    data = again(client, parts, "/trace/packs.evidence", query)
    files = read_bundle(data)
    statements = verify_bundle(files, parts.trust).statements
    acts = [json.loads(one.terms)["meaning"] for one in statements if one.terms]
    assert acts == ["commissioned", "packed", "shipped", "received"]
    told = json.loads(files["trace.json"])
    assert [pack["serial"] for pack in told["packs"]] == [serial]
    assert told["about"]["first"] == serial
    bundle, trust = tmp_path / "bundle.zip", tmp_path / "trust.json"
    bundle.write_bytes(data)
    trust.write_bytes(parts.trust.to_json())
    checked = subprocess.run(
        [sys.executable, str(verifier.__file__), str(bundle), "--trust", str(trust)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
    # As the log knew it before it was received: what came later is not in it.
    with parts.history.view() as view:
        received = view.position(last_statement(parts, epcs[0]))
        assert received is not None
    earlier = again(client, parts, "/trace/packs.evidence", {**query, "known_at": str(received - 1)})
    assert len(verify_bundle(read_bundle(earlier), parts.trust).statements) == 3


def test_evidence_of_too_many_packs_is_refused(log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracefiles, "MOST_COUNTED", 5)
    answer = log_in("regulator").get("/trace/packs.evidence", query_string={"gtin": cast.AMOXICILLIN})
    assert answer.status_code == 400
    assert "More than 5 packs answer this" in answer.text


# In a browser


@pytest.mark.browser
def test_a_question_is_asked_and_its_answer_taken_away(page: Any, parts: composition.Parts) -> None:
    lot = fresh_lot()
    epcs = fresh(parts, cast.NORDMED, 3, lot)
    said(parts, cast.NORDMED, "stolen", epcs[:1])
    journey.log_in(page, "regulator")
    page.goto("/lots")
    page.click("text=Ask by serial numbers")
    page.select_option("[name=gtin]", lot.gtin)
    page.fill("[name=lot]", lot.number)
    page.select_option("[name=party]", cast.NORDMED.gln)
    page.click("summary")
    page.select_option("[name=act]", "received")
    page.keyboard.press("Tab")
    page.click("form[role=search] .primary")
    page.wait_for_url("**/trace?**")
    assert sorted(page.locator("#packs-table .row-link").all_inner_texts()) == plain(epcs)
    assert "1 pack was reported stolen." in page.inner_text("main")
    assert page.input_value("[name=lot]") == lot.number
    with page.expect_download() as download_:
        page.click("text=XLSX")
    assert (
        openpyxl.load_workbook(download_.value.path().rename(str(download_.value.path()) + ".xlsx"))[
            "Packs"
        ].max_row
        == 4
    )


@pytest.mark.browser
@pytest.mark.parametrize("login", ["regulator", "maker"])
def test_the_trace_page_is_accessible(browser: Any, address: str, login: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for scheme in ("light", "dark"):
        context = browser.new_context(
            base_url=address, bypass_csp=True, color_scheme=scheme, viewport={"width": 360, "height": 740}
        )
        page = context.new_page()
        journey.log_in(page, login)
        for place in (
            "/trace",
            f"/trace?gtin={cast.AMOXICILLIN}&lot=A17&party={cast.NORDMED.gln}&at=2030-01-01T00:00",
        ):
            page.goto(place)
            found = [(v["id"], v["nodes"][0]["html"]) for v in axe.run(page).response["violations"]]
            assert found == []
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
        context.close()
