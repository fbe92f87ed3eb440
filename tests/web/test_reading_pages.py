"""The reading pages: who may see what, what a lot's files prove, and nothing a label says becomes markup."""

import csv
import io
import json
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from journey import log_in as log_in_page
from journey import until
from pypdf import PdfReader

import app as composition
from traceability.custody.compose import Ends, compose
from traceability.custody.state import Lot
from traceability.demo import cast
from traceability.ledger.history import Snapshot
from traceability.ledger.keyfile import KeyFile, new_nonce
from traceability.ledger.station import Station
from traceability.proof import ProofError
from traceability.proof.bundle import read_bundle, verify_bundle
from traceability.proof.receipt import Receipt, verify_receipt
from traceability.reports import verifier
from traceability.reports.spreadsheet import plain
from traceability.web import preparing, tracefiles
from traceability.web.links import hri, page_url, quoted

LogIn = Callable[[str], FlaskClient]

A17 = Lot(cast.AMOXICILLIN, "A17", "")
FIRST_ENTRIES = re.compile(rb"entries +([0-9]+)")
LOT = {"gtin": A17.gtin, "lot": A17.number}
DISPENSED = cast.pack(A17, 1)  # maker, Nordmed, Apotheke am Markt
SHORT = cast.pack(A17, 13)  # announced to the Brunnen-Apotheke, and not in its case
PALLET = cast.sscc(101)


def path(epc: str) -> str:
    return epc.removeprefix("https://id.gs1.org")


def text(client: FlaskClient, address: str, status: int = 200, **query: str) -> str:
    answer = client.get(address, query_string=query or None)
    assert answer.status_code == status
    return answer.text


def steps(page: str) -> int:
    return page.count('<li class="hop ')


# Items


def test_a_visitor_gets_a_summary_and_no_name(client: FlaskClient) -> None:
    page = text(client, path(DISPENSED))
    assert "This pack was dispensed by a pharmacy." in page
    assert steps(page) == 0
    for secret in (cast.NORDMED.name, cast.MARKT.name, cast.MAKER.gln, "statement/"):
        assert secret not in page


def test_the_pharmacy_sees_the_whole_way_and_the_regulator_too(log_in: LogIn) -> None:
    for login in ("pharmacy", "regulator"):
        page = text(log_in(login), path(DISPENSED))
        assert steps(page) >= 6
        for wanted in (cast.MAKER.name, cast.NORDMED.site_name, cast.MARKT.site_name, "scanned", "inferred"):
            assert wanted in page


def test_who_handed_a_pack_on_sees_its_past_and_not_its_future(log_in: LogIn) -> None:
    page = text(log_in("distributor"), path(DISPENSED))
    assert cast.MAKER.name in page
    assert "The last step that you may see" in page
    assert "not yours to see" in page
    for later in ("Dispensed by", "dispensed"):
        assert later not in page


def test_who_never_held_a_pack_sees_what_a_visitor_sees(log_in: LogIn) -> None:
    page = text(log_in("pharmacy3"), path(DISPENSED))
    assert steps(page) == 0
    assert cast.MARKT.name not in page


def test_claiming_a_pack_does_not_open_its_past(
    parts: composition.Parts, application: Any, log_in: LogIn
) -> None:
    """Whoever receives a pack that nobody handed over sees its own signature and no more."""
    stolen_glance = cast.pack(A17, 59)
    station = cast_station(parts, cast.STERN)
    when = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
    claim = compose(
        "received", time=when, items=[stolen_glance], site=cast.STERN.site, signer="Nobody",
        ends=Ends(cast.NORDMED.gln, cast.STERN.gln, None, cast.STERN.site),
    )  # fmt: skip
    outcome = parts.sequencer.submit(station.sign(claim, when))
    assert (outcome.effect, outcome.unmatched) == (True, True)
    page = text(log_in("pharmacy3"), path(stolen_glance))
    assert cast.MAKER.name not in page.replace(f"{cast.MAKER.name} 500", "")
    assert "Commissioned" not in page


def cast_station(parts: composition.Parts, player: cast.Player) -> Station:
    file = KeyFile.open(parts.settings.stations / f"{player.login}-station.pem", cast.PASSPHRASE)
    chain = parts.history.chain(file.key.public.kid)
    return Station(file.key, player.gln, parts.trust.origin, chain=chain, nonce=new_nonce)


def test_a_pack_that_was_not_in_its_case_is_not_shown_as_received(log_in: LogIn) -> None:
    page = text(log_in("regulator"), path(SHORT))
    assert "signed: it was not there" in page
    assert "all signed by both sides" not in page
    assert "Missing: sent by" in page


@pytest.mark.parametrize(
    "address",
    [
        "/item?epc=(01)09521321000018(21)F6GSRG7T2H",
        "/item?epc=https://id.gs1.org/01/09521321000018/21/F6GSRG7T2H",
        "/01/09521321000018/10/A17/21/F6GSRG7T2H?17=280430",
    ],
)
def test_every_spelling_of_a_code_leads_to_its_item(client: FlaskClient, address: str) -> None:
    assert hri(DISPENSED) in text(client, address)


def test_a_code_the_log_does_not_know_is_said_so(client: FlaskClient) -> None:
    assert "does not know this code" in text(client, path(cast.pack(A17, 999_999)))


def test_a_wrong_code_is_refused_with_a_sentence(client: FlaskClient) -> None:
    page = text(client, "/01/09521321000019/21/X", 400)
    assert "check digit" in page.lower()


@pytest.mark.parametrize("serial", ["A/B", "A//B", "..", ".", "%2e", "<script>", "A&B=C?D"])
def test_serials_with_signs_keep_their_address(client: FlaskClient, application: Any, serial: str) -> None:
    epc = f"https://id.gs1.org/01/{A17.gtin}/21/{quoted(serial)}"
    with application.test_request_context():
        address = page_url(epc)
    answer = client.get(address)
    if answer.status_code == 400:  # GS1 does not allow every sign
        assert not re.fullmatch(r"[A-Z/.&=?<>a-z%0-9]+", serial) or "<script>" not in answer.text
        return
    assert f"(21) {serial}" in answer.text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert "<script>(" not in answer.text
    assert "(21) <script>" not in answer.text


def test_a_container_says_what_it_holds_to_who_holds_it(log_in: LogIn) -> None:
    page = text(log_in("maker"), path(cast.sscc(102)))
    assert "60 packs of" in page
    assert cast.sscc(7)[-18:] in page


def test_the_page_is_bilingual(client: FlaskClient) -> None:
    page = client.get(path(DISPENSED), headers={"Accept-Language": "zh-CN"}).text
    assert "这盒药已由药房发出" in page
    assert re.search(r"\d{4}年\d+月\d+日", page)


def test_an_items_way_prints(log_in: LogIn) -> None:
    client = log_in("pharmacy")
    answer = client.get("/item.pdf", query_string={"epc": DISPENSED})
    printed = "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(answer.data)).pages)
    assert "Commissioned by Linden Arzneimittel" in printed
    assert client.get("/item.pdf", query_string={"epc": cast.pack(A17, 70)}).status_code == 404


# Statements


def statement_links(page: str) -> list[str]:
    return [
        link.replace("&amp;", "&")
        for link in re.findall(r'href="(/statement/[^"]+receipt\.json[^"]*)"', page)
    ]


def test_a_receipt_verifies_with_the_root_document_alone(log_in: LogIn, parts: composition.Parts) -> None:
    client = log_in("pharmacy")
    links = statement_links(text(client, path(DISPENSED)))
    assert len(links) >= 8
    levels = set()
    for link in links:
        receipt = Receipt.parse(client.get(link).data)
        verified = verify_receipt(receipt, parts.trust)
        levels.add(verified.whole)
        if not verified.whole:
            assert {item[1:] for item in verified.items} <= {DISPENSED}
            assert verified.terms is None
    assert levels == {True, False}


def test_the_standalone_verifier_takes_the_same_receipt(
    log_in: LogIn, parts: composition.Parts, tmp_path: Path
) -> None:
    client = log_in("pharmacy")
    link = statement_links(text(client, path(DISPENSED)))[0]
    receipt, trust = tmp_path / "receipt.json", tmp_path / "trust.json"
    receipt.write_bytes(client.get(link).data)
    trust.write_bytes(parts.trust.to_json())
    assert run_verifier(receipt, trust).returncode == 0


def test_a_statement_page_shows_the_reader_his_part(log_in: LogIn) -> None:
    for login, sees_order in (("maker", True), ("pharmacy", False)):
        client = log_in(login)
        address = statement_links(text(client, path(DISPENSED)))
        shipped = [
            page
            for page in (text(client, link.replace("/receipt.json", "")) for link in address)
            if "Linden Arzneimittel → Nordmed" in page and "shipped" in page
        ]
        assert shipped
        assert ("PO-20417" in shipped[0]) is sees_order


def test_a_statement_about_others_is_closed(log_in: LogIn, parts: composition.Parts) -> None:
    with parts.history.view() as view:
        fact = view.provenance(DISPENSED).hops[-1].done
    assert fact is not None
    client = log_in("pharmacy3")
    for address in (f"/statement/{fact.fact.id}", f"/statement/{fact.fact.id}/receipt.json"):
        assert client.get(address, query_string={"epc": DISPENSED}).status_code == 403
        assert client.get(address).status_code == 403


def test_a_registry_statement_is_open_to_every_party(log_in: LogIn, parts: composition.Parts) -> None:
    with parts.history.view() as view:
        (recall,) = [one for one in view.registry.recalls.values() if one.party == cast.MAKER.gln][:1]
    page = text(log_in("pharmacy3"), f"/statement/{recall.id}")
    assert recall.reason in page


def test_no_statement_page_for_a_visitor_or_a_made_up_id(client: FlaskClient, log_in: LogIn) -> None:
    assert client.get(f"/statement/{'A' * 43}").status_code == 302
    signed_in = log_in("regulator")
    assert signed_in.get(f"/statement/{'A' * 43}").status_code == 404
    assert signed_in.get("/statement/nonsense").status_code == 404


# Lots


@pytest.mark.parametrize("login", ["distributor", "pharmacy"])
@pytest.mark.parametrize(
    "address", ["/lots", "/lot", "/lot/trace.csv", "/lot/evidence.zip", "/lot/labels.pdf"]
)
def test_lots_are_for_makers_and_regulators(log_in: LogIn, login: str, address: str) -> None:
    assert log_in(login).get(address, query_string=LOT).status_code == 403


def test_the_balance_adds_up_and_the_unresolved_come_first(log_in: LogIn) -> None:
    page = text(log_in("regulator"), "/lot", **LOT)
    widths = [
        float(width)
        for width in re.findall(r'<rect class="part-\w+" x="[\d.]+" y="0" width="([\d.]+)"', page)
    ]
    assert abs(sum(widths) - 1000) < 0.1
    percents = [float(part) for part in re.findall(r'<span class="quiet">([\d.]+) %</span>', page)]
    assert round(sum(percents), 1) == 100.0
    first = page.index('<tr class="attention">')
    assert first < page.index('<tr><td><span class="strong">')
    assert "missing from a delivery" in page


def test_a_maker_learns_its_customers_and_no_more(log_in: LogIn) -> None:
    page = text(log_in("maker"), "/lot", **LOT)
    assert cast.MARKT.name not in page
    assert "handed on by those you sold to" in page
    rows = trace(log_in("maker"))
    assert {row["holder"] for row in rows} <= {"", cast.MAKER.name, cast.NORDMED.name, cast.SUEDPHARM.name}
    assert {row["state"] for row in rows if not row["holder"]} <= {"handed_on"}


def test_finding_a_lot_by_number_product_or_code(log_in: LogIn) -> None:
    client = log_in("regulator")
    for query in ("a17", "amoxi A17", hri(DISPENSED), f"(01){A17.gtin}(10)A17"):
        assert f"gtin={A17.gtin}&amp;lot=A17" in text(client, "/lots", q=query)
    assert "Nothing found" in text(client, "/lots", q="<b>zzz")
    assert "<b>zzz" not in text(client, "/lots", q="<b>zzz")


def test_pages_of_packs_hold_every_pack_once(log_in: LogIn) -> None:
    client = log_in("regulator")
    serials: list[str] = []
    for number in ("1", "2", "3"):
        serials += re.findall(
            r'class="row-link code" href="[^"]+">([^<]+)<', text(client, "/lot", page=number, **LOT)
        )
    assert len(serials) == len(set(serials)) == 120
    dispensed = text(client, "/lot", part="dispensed", **LOT)
    assert 0 < dispensed.count("row-link code") < 50


def trace(client: FlaskClient) -> list[dict[str, str]]:
    data = client.get("/lot/trace.csv", query_string=LOT).data.decode()
    return [
        {name: plain(value) for name, value in row.items()}
        for row in csv.DictReader(io.StringIO(data, newline=""), strict=True)
    ]


def test_the_files_of_a_lot_agree(log_in: LogIn, tmp_path: Path) -> None:
    client = log_in("regulator")
    rows = trace(client)
    assert len(rows) == 120
    one = next(row for row in rows if row["epc"] == DISPENSED)
    assert (one["state"], one["holder"], one["evidence"]) == ("dispensed", cast.MARKT.name, "scanned")
    database = tmp_path / "trace.sqlite"
    database.write_bytes(download(client, "/lot/trace.sqlite"))
    connection = sqlite3.connect(database)
    try:
        stored = connection.execute("SELECT serial, state, holder_gln FROM trace ORDER BY rowid").fetchall()
    finally:
        connection.close()
    assert stored == [(row["serial"], row["state"], row["holder_gln"]) for row in rows]
    printed = (
        PdfReader(io.BytesIO(client.get("/lot/trace.pdf", query_string=LOT).data)).pages[0].extract_text()
    )
    assert "Trace of lot A17" in printed


def test_a_regulators_look_is_on_the_audit_trail(log_in: LogIn, parts: composition.Parts) -> None:
    text(log_in("regulator"), "/lot", **LOT)
    noted = [(row.login, row.act, row.detail) for row in parts.office.trail()]
    assert ("regulator", "read lot", f"{A17.gtin}/A17") in noted


# The evidence bundle


def download(client: FlaskClient, address: str, **headers: str) -> bytes:
    """The bytes of a file, which is closed again."""
    with client.get(address, query_string=LOT, headers=headers) as response:
        assert response.status_code in {200, 206}
        return response.data


def test_a_download_that_broke_off_goes_on(log_in: LogIn) -> None:
    client = log_in("regulator")
    with client.get("/lot/evidence.zip", query_string=LOT) as whole:
        tag, data = whole.headers["ETag"], whole.data
        assert int(whole.headers["Content-Length"]) == len(data)
        assert (
            f"-{FIRST_ENTRIES.search(read_bundle(data)['README.txt'])[1].decode()}.zip"
            in whole.headers["Content-Disposition"]
        )  # type: ignore[index]
    rest = download(client, "/lot/evidence.zip", Range="bytes=1000-", **{"If-Range": tag})
    assert data[1000:] == rest


def test_a_bundle_is_the_same_however_often_it_is_made(log_in: LogIn, parts: composition.Parts) -> None:
    client = log_in("regulator")
    first = download(client, "/lot/evidence.zip")
    for path in parts.settings.exports.iterdir():
        path.unlink()
    assert download(client, "/lot/evidence.zip") == first


def test_a_file_that_takes_long_shows_how_far_it_is(
    log_in: LogIn, parts: composition.Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = log_in("regulator")
    for path in parts.settings.exports.iterdir():
        path.unlink()
    go_on = threading.Event()
    form = tracefiles.KINDS["evidence"]

    def slow(*args: Any) -> None:
        args[-1](30)
        go_on.wait(30)
        form.write(*args)

    monkeypatch.setattr(preparing, "AT_ONCE_SECONDS", 0.0)
    monkeypatch.setitem(tracefiles.KINDS, "evidence", form._replace(write=slow))
    waiting = client.get("/lot/evidence.zip", query_string=LOT)
    assert (waiting.status_code, waiting.headers["Refresh"]) == (202, "2")
    assert "<progress" in waiting.text
    go_on.set()
    monkeypatch.setattr(preparing, "AT_ONCE_SECONDS", 30.0)
    assert read_bundle(download(client, "/lot/evidence.zip"))


def run_verifier(file: Path, trust: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(verifier.__file__), str(file), "--trust", str(trust)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("login", ["regulator", "maker"])
def test_a_bundle_verifies_with_both_verifiers(
    log_in: LogIn, parts: composition.Parts, tmp_path: Path, login: str
) -> None:
    data = download(log_in(login), "/lot/evidence.zip")
    files = read_bundle(data)
    proven = verify_bundle(files, parts.trust)
    with parts.history.view() as view:
        commissioned = view.provenance(DISPENSED).hops[0].positions[0]
        assert proven.registry == sum(1 for _ in view.registry_entries())
        assert all(visible(view, login, one.position) for one in proven.statements)
    assert commissioned in {one.position for one in proven.statements}
    about = json.loads(files["trace.json"])["about"]
    assert (about["lot"], about["checkpoint"]) == ("A17", files["checkpoint"].decode())
    assert files["verifier.py"] == Path(str(verifier.__file__)).read_bytes()
    bundle, trust, inside = tmp_path / "bundle.zip", tmp_path / "trust.json", tmp_path / "verifier.py"
    bundle.write_bytes(data)
    trust.write_bytes(parts.trust.to_json())
    inside.write_bytes(files["verifier.py"])
    found = run_verifier(bundle, trust)
    assert found.returncode == 0, found.stdout + found.stderr


def visible(view: Snapshot, login: str, position: int) -> bool:
    party = cast.REGULATOR.gln if login == "regulator" else cast.MAKER.gln
    return view.disclosure(party, position) in {"whole", "item"}


def test_a_flipped_byte_is_named_by_both_verifiers(
    log_in: LogIn, parts: composition.Parts, tmp_path: Path
) -> None:
    data = download(log_in("regulator"), "/lot/evidence.zip")
    trust = tmp_path / "trust.json"
    trust.write_bytes(parts.trust.to_json())
    for place in range(97, len(data), len(data) // 12):
        flipped = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(ProofError, match=r"\w"):
            verify_bundle(read_bundle(flipped), parts.trust)
        bundle = tmp_path / "bundle.zip"
        bundle.write_bytes(flipped)
        found = run_verifier(bundle, trust)
        assert found.returncode == 1
        assert (found.stdout + found.stderr).strip()


def test_a_bundle_holds_every_statement_behind_its_packs(log_in: LogIn, parts: composition.Parts) -> None:
    data = download(log_in("regulator"), "/lot/evidence.zip")
    inside = {one.position for one in verify_bundle(read_bundle(data), parts.trust).statements}
    with parts.history.view() as view:
        for item in view.lot_items(A17.gtin, A17.number):
            for hop in view.provenance(item.epc).hops:
                assert set(hop.positions) <= inside


# Labels


def test_the_maker_prints_labels_for_packs_and_cases(log_in: LogIn) -> None:
    query = LOT | {"first": "1", "last": "10"}
    answer = log_in("maker").get("/lot/labels.pdf", query_string=query)
    pages = PdfReader(io.BytesIO(answer.data)).pages
    printed = "\n".join(page.extract_text() for page in pages)
    assert hri(DISPENSED).split(") ")[-1] in printed
    only = log_in("maker").get("/lot/labels.pdf", query_string=query | {"what": "packs", "paper": "Letter"})
    assert len(PdfReader(io.BytesIO(only.data)).pages) == 1


def test_the_maker_prints_labels_on_a_roll_for_a_printer(log_in: LogIn) -> None:
    query = LOT | {"first": "1", "last": "3", "what": "packs", "paper": "58x40", "dpi": "203"}
    pages = PdfReader(io.BytesIO(log_in("maker").get("/lot/labels.pdf", query_string=query).data)).pages
    assert len(pages) == 3
    assert float(pages[0].mediabox.width) == pytest.approx(58 / 25.4 * 72, abs=0.2)
    form = text(log_in("maker"), "/lot", **LOT)
    for offered in ('value="58x40">58 × 40 mm', 'value="203">203 dpi', 'value="300" selected'):
        assert offered in form


def test_a_roll_too_small_for_a_case_is_refused_with_one_that_does(log_in: LogIn) -> None:
    page = text(log_in("maker"), "/lot/labels.pdf", 400, paper="50x30", what="containers", **LOT)
    assert "do not fit 50 x 30 mm: take 100 x 100 mm or more" in page


def test_labels_are_for_the_maker_alone_and_in_a_range(log_in: LogIn) -> None:
    assert log_in("regulator").get("/lot/labels.pdf", query_string=LOT).status_code == 403
    page = text(log_in("maker"), "/lot/labels.pdf", 400, first="500", last="600", **LOT)
    assert "no packs from 500" in page


# In a browser


@pytest.mark.browser
def test_the_browser_checks_every_signature_itself(page: Any) -> None:
    log_in_page(page, "pharmacy")
    page.goto(path(DISPENSED))
    page.click(".proof > summary")
    until(lambda: page.query_selector(".proof .state.clear, .proof .state.stop"), "the verdict of the page")
    assert page.query_selector(".proof .state.stop") is None
    assert "checked them itself" in page.inner_text(".proof .state.clear")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.browser
def test_an_altered_receipt_does_not_pass_in_the_browser(page: Any) -> None:
    def alter(route: Any) -> None:
        receipt = route.fetch().json()
        receipt["entry"] = receipt["entry"].replace(" effect ", " none ", 1)
        route.fulfill(json=receipt)

    log_in_page(page, "pharmacy")
    page.route(re.compile(r"/receipt\.json"), alter)
    page.goto(path(DISPENSED))
    page.click(".proof > summary")
    until(lambda: page.query_selector(".proof p.state"), "the verdict of the page")
    assert "0 of" in page.inner_text(".proof p.state")
    assert "not in the tree" in page.inner_text(".proof-list")


@pytest.mark.browser
def test_a_browser_that_cannot_check_the_logs_signature_is_in_doubt(page: Any) -> None:
    page.add_init_script(
        """
        const importKey = crypto.subtle.importKey.bind(crypto.subtle);
        crypto.subtle.importKey = async (kind, data, algorithm, ...rest) => {
          if (algorithm?.name === "Ed25519") throw new DOMException("Unrecognized name.", "NotSupportedError");
          return importKey(kind, data, algorithm, ...rest);
        };
        """
    )
    log_in_page(page, "pharmacy")
    page.goto(path(DISPENSED))
    page.click(".proof > summary")
    until(lambda: page.query_selector(".proof p.state"), "the verdict of the page")
    assert page.query_selector(".proof .stop") is None
    assert page.query_selector(".proof-list li.again") is not None
    assert "this browser cannot check" in page.inner_text(".proof p.state.again")
