"""From an alert to a bundle that verifies offline, and to a report on paper, in real Chromium."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from forms import token
from goods import fresh, said
from journey import until
from pypdf import PdfReader

import app as composition
from traceability.cli import cli
from traceability.demo import cast
from traceability.proof.bundle import read_bundle
from traceability.proof.receipt import Receipt, verify_receipt
from traceability.reports import verifier

pytestmark = pytest.mark.browser


@pytest.fixture
def alarm(
    parts: composition.Parts, application: Flask, log_in: Callable[[str], FlaskClient]
) -> tuple[str, str]:
    """A pack that one pharmacy has dispensed and another one is shown: the pack, and the path of its alert."""
    [epc] = fresh(parts, cast.MARKT)
    said(parts, cast.MARKT, "dispensed", [epc])
    counter = log_in("pharmacy2")
    code = f"(01){cast.AMOXICILLIN}(21){epc.rpartition('/')[2]}"
    headers = {"X-CSRFToken": token(counter, "/home")}
    answer = counter.post("/pharmacy/verdict", json={"text": code}, headers=headers)
    assert answer.json["code"] == "suspect", answer.text
    [row] = parts.office.rows("SELECT id FROM case_file WHERE kind = 'alert' AND item = ?", epc)
    return epc, f"/alerts/{row[0]}"


def saved(page: Any, link: str, path: Path) -> bytes:
    """What is downloaded by a link."""
    with page.expect_download() as download:
        page.click(link)
    download.value.save_as(path)
    return path.read_bytes()


def test_an_alert_becomes_a_bundle_that_verifies_offline(
    people: Callable[[str], Any], parts: composition.Parts, alarm: tuple[str, str], tmp_path: Path
) -> None:
    epc, alert = alarm
    page = people("maker")
    page.goto(alert)
    page.click("text=Open an investigation")
    page.fill("[name=title]", "A serial in two pharmacies")
    page.fill("[name=reason]", "Two pharmacies hold the same serial.")
    page.click("main form .primary")
    page.wait_for_url("**/investigations/*")
    home = page.url
    assert "Dispensed elsewhere" in page.inner_text("main")
    page.fill("[name=text][data-search]", f"(01){cast.AMOXICILLIN}(21){epc.rpartition('/')[2]}")
    page.press("[name=text][data-search]", "Enter")
    page.wait_for_selector(f"text={epc.rpartition('/')[2]}")
    page.set_input_files("[name=file]", files=[{"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8 x"}])  # fmt: skip
    page.click("[action$='/documents'] button")
    page.wait_for_selector("text=not noted in the log yet")
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    assert "notes documents in the log: 1" in page.inner_text("#signing blockquote")
    page.click("#signing [data-sign]")
    page.wait_for_selector(".documents .state.clear")
    assert page.url == home
    page.fill(".thread + form [name=text]", "Both packs are on their way to us.")
    page.click(".thread + form button")
    page.wait_for_selector("text=Both packs are on their way to us.")
    bundle, trust = tmp_path / "bundle.zip", tmp_path / "trust.json"
    data = saved(page, "[data-bundle]", bundle)
    trust.write_bytes(parts.trust.to_json())
    assert verifier.main([str(bundle), "--trust", str(trust)]) == 0
    result = CliRunner().invoke(cli, ["verify", str(bundle), "--trust", str(trust)])
    assert result.exit_code == 0, result.output
    assert "documents/000001-photo.jpg" in result.output
    files = read_bundle(data)
    assert files["documents/000001-photo.jpg"] == b"\xff\xd8 x"
    assert b"Both packs are on their way to us." in files["investigation.json"]
    page.goto("/evidence")
    page.set_input_files("[name=file]", str(bundle))
    until(lambda: page.query_selector("#answer .verdict"), "the verdict on the bundle")
    answer = page.inner_text("#answer")
    assert "Documents: 1, each the one that is listed; 1 of them are noted in the log." in answer
    assert "Not checked by this page" not in answer


def test_a_report_from_an_alert_to_paper(
    people: Callable[[str], Any], parts: composition.Parts, alarm: tuple[str, str], tmp_path: Path
) -> None:
    epc, alert = alarm
    page = people("maker")
    page.goto(alert)
    page.click("text=Report illegitimate product")
    assert page.input_value("[name=serials]") == epc.rpartition("/")[2]
    assert page.input_value("[name=product]") == "Amoxicillin Linden"
    assert "Dispensed elsewhere" in page.input_value("[name=event]")
    page.select_option("[name=classification]", "counterfeit")
    page.fill("[name=actions]", "Both packs are in quarantine.")
    page.click(".form-3911 .primary")
    page.wait_for_url(re.compile(r"/illegitimate/\d+$"))
    report = page.url
    page.goto("/home")
    page.click("text=Report illegitimate product: Counterfeit: Amoxicillin Linden")
    page.wait_for_url(report)
    page.click("text=Sent: Initial notification")
    page.wait_for_selector("text=sent within its 24 hours")
    data = saved(page, ".files a:has-text('PDF')", tmp_path / "report.pdf")
    text = " ".join(one.extract_text() for one in PdfReader(io.BytesIO(data)).pages).replace("\n", " ")
    for known in (
        "Form FDA 3911",
        epc.rpartition("/")[2],
        "Counterfeit",
        "Both packs are in quarantine.",
        "Linden",
    ):
        assert known in text


def test_dossiers_open_from_where_people_are(
    people: Callable[[str], Any], parts: composition.Parts, alarm: tuple[str, str], tmp_path: Path
) -> None:
    epc, alert = alarm
    page = people("maker")
    page.goto(alert)
    page.click("text=Dossier")
    page.wait_for_selector(".dossier li")
    assert "Alert" in page.inner_text(".dossier")
    receipt = saved(page, ".dossier a:has-text('Receipt') >> nth=0", tmp_path / "receipt.json")
    assert verify_receipt(Receipt.parse(receipt), parts.trust).effect
    page.goto(epc.removeprefix("https://id.gs1.org"))
    page.click("text=Dossier")
    page.wait_for_selector(".dossier li")
    page.goto(f"/lot?gtin={cast.AMOXICILLIN}&lot=A17")
    page.click("text=Dossier of this lot")
    page.wait_for_selector(".dossier li")
    page.click("summary")
    page.check("[name=kind][value=statement]")
    page.select_option("[name=order]", "oldest")
    page.click("text=Show")
    page.wait_for_selector("h2:has-text('Oldest first')")
    assert set(page.eval_on_selector_all(".dossier .kind", "all => all.map(one => one.textContent)")) == {"Statement"}  # fmt: skip
    page.goto("/home")
    page.fill("#find", cast.NORDMED.gln)
    page.press("#find", "Enter")
    page.wait_for_selector(f"h1:has-text('{cast.NORDMED.name}')")
