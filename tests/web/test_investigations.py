"""Investigations and reports of illegitimate product through their pages: collected, noted, closed, handed on."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from forms import logged_in, token
from goods import fresh, registered
from pypdf import PdfReader

import app as composition
from traceability.custody.subjects import Subject, lot_subject, party_subject
from traceability.demo import cast
from traceability.ledger import dossiers
from traceability.proof.bundle import read_bundle, verify_bundle
from traceability.proof.documents import noted_name
from traceability.proof.signing import unb64
from traceability.reports import verifier
from traceability.store import investigations as store
from traceability.store.dossiers import Page
from traceability.store.investigations import Investigations
from traceability.store.office import Account
from traceability.web.security import limiter

PASSWORD = "a long password of somebody"
PHOTO = b"\xff\xd8 a photograph"
Enter = Callable[..., FlaskClient]


@pytest.fixture
def enter(application: Flask) -> Enter:
    """Log somebody of the demo in, each with a session of their own."""
    limiter.reset()
    return partial(logged_in, application)


def quality(
    parts: composition.Parts, enter: Enter, player: cast.Player, role: Any = "quality"
) -> FlaskClient:
    login = f"{role}-at-{player.login}"
    if parts.office.account(login) is None:
        parts.office.add_account(Account(login, f"Qi of {player.login}", player.gln, role), PASSWORD)
    return enter(login, PASSWORD)


def post(client: FlaskClient, path: str, status: int = 302, **form: Any) -> Any:
    answer = client.post(path, data={**form, "csrf_token": token(client, "/home")})
    assert answer.status_code == status, answer.text[:800]
    return answer


def get(client: FlaskClient, path: str, status: int = 200) -> Any:
    answer = client.get(path, follow_redirects=status == 200)
    assert answer.status_code == status, answer.text[:800]
    return answer


def downloaded(client: FlaskClient, path: str) -> bytes:
    with client.get(path, follow_redirects=True) as answer:
        assert answer.status_code == 200, answer.text
        return bytes(answer.data)


def opened(client: FlaskClient, title: str, **more: str) -> str:
    form = {"title": title, "reason": "A pharmacy called.", "until": "2031-01-01", **more}
    return str(post(client, "/investigations", **form).location)


def acts(parts: composition.Parts, login: str) -> list[str]:
    return [row.act for row in parts.office.trail() if row.login == login]


# Investigations


def test_an_investigation_from_its_opening_to_its_end(parts: composition.Parts, enter: Enter) -> None:
    [epc] = fresh(parts, cast.NORDMED)
    maker = quality(parts, enter, cast.MAKER)
    path = opened(maker, "Wrong colour", subject=epc)
    number = int(path.rpartition("/")[2])
    assert epc.rpartition("/")[2] in get(maker, path).text
    assert "Investigation: Wrong colour" in get(maker, "/home").text
    post(maker, "/investigations/collect", case=number, text=cast.NORDMED.gln)
    post(maker, "/investigations/collect", 400, case=number, text="nothing of that name")
    post(maker, "/investigations/collect", 404, case=number, subject="alert/999999")
    post(maker, f"{path}/leave-out", subject=party_subject(cast.NORDMED.gln).uri)
    post(maker, f"{path}/messages", text="The colour is off.")
    post(maker, f"{path}/owner", owner="quality-at-maker")
    post(maker, f"{path}/owner", 400, owner="pharmacy")
    page = get(maker, path).text
    for said in ("The colour is off.", "took out", "opened it", "A pharmacy called."):
        assert said in page
    post(maker, f"{path}/close", 400, outcome="")
    post(maker, f"{path}/close", outcome="A new supplier of capsules; harmless.")
    assert "A new supplier of capsules" in get(maker, path).text
    post(maker, f"{path}/messages", 409, text="Too late")
    assert {"investigation opened", "investigation collected", "investigation left out", "investigation note",
            "investigation closed"} <= set(acts(parts, "quality-at-maker"))  # fmt: skip
    stranger = quality(parts, enter, cast.NORDMED)
    get(stranger, path, 404)
    get(enter("regulator"), path, 404)
    auditor = quality(parts, enter, cast.MAKER, "auditor")
    assert "Wrong colour" in get(auditor, path).text
    post(auditor, f"{path}/messages", 403, text="Not mine to write")


def test_documents_are_kept_as_they_are_and_never_shown(
    parts: composition.Parts, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LARGEST", 100)
    maker = quality(parts, enter, cast.MAKER)
    path = opened(maker, "Photographs")
    number = int(path.rpartition("/")[2])
    upload = {"file": (io.BytesIO(PHOTO), "pack <front>.html")}
    post(maker, f"{path}/documents", **upload)
    post(maker, f"{path}/documents", 409, file=(io.BytesIO(PHOTO), "again.jpg"))
    post(maker, f"{path}/documents", 409, file=(io.BytesIO(b""), "empty.jpg"))
    post(maker, f"{path}/documents", 409, file=(io.BytesIO(bytes(101)), "large.bin"))
    post(maker, f"{path}/documents", 400)
    desk = Investigations(parts.office, parts.settings.documents)
    [kept] = desk.documents(number)
    assert (kept.name, kept.size, kept.sha256) == ("pack <front>.html", len(PHOTO), sha256(PHOTO).hexdigest())
    assert not list(parts.settings.documents.glob("*.new"))
    answer = get(maker, f"{path}/documents/{kept.id}")
    assert answer.data == PHOTO
    assert answer.headers["Content-Disposition"] == "attachment; filename=pack__front_.html"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.mimetype == "application/octet-stream"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    file = parts.settings.documents / kept.sha256
    file.write_bytes(b"something else")
    get(maker, f"{path}/documents/{kept.id}", 409)
    file.write_bytes(PHOTO)


def test_a_bundle_verifies_offline_and_is_the_same_twice(
    parts: composition.Parts, enter: Enter, tmp_path: Path
) -> None:
    [epc] = fresh(parts, cast.NORDMED)
    maker = quality(parts, enter, cast.MAKER)
    with parts.history.view() as view:
        lot = view.item(epc).lot
    path = opened(maker, "Handed on", subject=epc)
    number = int(path.rpartition("/")[2])
    for name in (lot_subject(lot.gtin, lot.number).uri, party_subject(cast.NORDMED.gln).uri):
        post(maker, "/investigations/collect", case=number, subject=name)
    post(maker, f"{path}/documents", file=(io.BytesIO(PHOTO), "front.jpg"))
    post(maker, f"{path}/documents", file=(io.BytesIO(b"a letter"), "letter.txt"))
    [photo, letter] = Investigations(parts.office, parts.settings.documents).documents(number)
    name = noted_name(unb64(photo.salt), bytes.fromhex(photo.sha256))
    assert name in get(maker, path).text
    registered(
        parts, cast.MAKER, "administrator", msgspec.json.encode({"type": "evidence", "documents": [name]})
    )
    page = get(maker, path).text
    assert "noted in the log" in page
    assert name not in page
    post(maker, "/illegitimate", **REPORT, source=f"investigation/{number}")
    first, second = (downloaded(maker, f"{path}/bundle.zip") for _ in range(2))
    assert first == second
    verified = verify_bundle(read_bundle(first), parts.trust)
    assert {one.party for one in verified.documents} == {cast.MAKER.gln, ""}
    with parts.history.view() as view:
        wanted = dossiers.statements(view, Subject.parse(epc), Page(None, 10, newest=False))
    assert set(wanted) <= {one.position for one in verified.statements}
    said = verifier.describe(verifier.verify(first, verifier.read_trust(parts.trust.to_json())))
    assert "Investigation: 2 documents" in said
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        names = archive.namelist()
        told = json.loads(archive.read("investigation.json"))
        listed = json.loads(archive.read("manifest.json"))["files"]
        for one in listed:
            assert sha256(archive.read(one["name"])).hexdigest() == one["sha256"]
        assert archive.read("documents/000001-front.jpg") == PHOTO
        rows = [json.loads(archive.read(one))["rows"] for one in names if one.startswith("dossiers/") and one.endswith(".json")]  # fmt: skip
    assert {"documents/000002-letter.txt", "dossiers/000003.pdf", "reports/000001.pdf"} <= set(names)
    assert told["title"] == "Handed on"
    assert len(told["subjects"]) == 3
    assert all(rows)
    assert not any(row["title"].startswith("exported") for found in rows for row in found)
    altered = first.replace(b"a letter", b"b letter")
    with pytest.raises(ValueError, match="letter"):
        verify_bundle(read_bundle(altered), parts.trust)
    file = tmp_path / "bundle.zip"
    file.write_bytes(first)
    trust = tmp_path / "trust.json"
    trust.write_bytes(parts.trust.to_json())
    assert verifier.main([str(file), "--trust", str(trust)]) == 0
    assert letter.name == "letter.txt"


# Reports of illegitimate product

REPORT = {
    "type": "initial",
    "determined": (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
    "classification": "counterfeit",
    "product": "Amoxicillin",
    "quantity": "1 pack",
    "event": "A pharmacist found a pack with a misspelt leaflet.",
    "company": "Maker",
    "category": "manufacturer",
    "contact": "Recall desk",
}


def test_a_report_from_draft_to_termination(parts: composition.Parts, enter: Enter) -> None:
    [epc] = fresh(parts, cast.MARKT)
    maker = quality(parts, enter, cast.MAKER)
    form = get(maker, f"/illegitimate/new?source={Subject.parse(epc).uri}").text
    serial = epc.rpartition("/")[2]
    for known in (serial, "Amoxicillin", "2031-05-31", cast.MAKER.name, "1 pack", f"GTIN {cast.AMOXICILLIN}"):
        assert known in form
    filled = {**REPORT, "product": "Amoxicillin of the terminated report"}
    path = post(maker, "/illegitimate", **filled, source=epc, serials=serial, lots="T1").location
    assert "23 hours left" in get(maker, path).text or "22 hours left" in get(maker, path).text
    assert "Report illegitimate product: Counterfeit: Amoxicillin of the" in get(maker, "/home").text
    get(enter("regulator"), path, 404)
    post(maker, path, **{**filled, "event": ""}, source=epc)
    assert "17 Description of the event" in post(maker, f"{path}/sent", 400, type="initial").text
    post(maker, path, **filled, source=epc, serials=serial)
    post(maker, f"{path}/sent", 400, type="termination")
    post(maker, f"{path}/sent", type="initial")
    assert "sent within its 24 hours" in get(maker, path).text
    assert "Counterfeit: Amoxicillin of the" not in get(maker, "/home").text
    regulator = enter("regulator")
    assert "Counterfeit" in get(regulator, path).text
    assert "Report of illegitimate product sent" in get(regulator, f"/dossier?of={epc}").text
    post(regulator, path, 400, **REPORT)
    post(
        maker,
        path,
        **filled,
        source=epc,
        serials=serial,
        incident="FDA-1",
        termination="It was a printing error.",
    )
    post(maker, f"{path}/sent", type="termination")
    post(maker, f"{path}/terminated", text="By letter of the FDA, 30 November")
    assert "terminated" in get(maker, path).text
    post(maker, path, 409, **REPORT, source=epc)
    pdf = get(maker, f"{path}/report.pdf").data
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    for known in (
        "Form FDA 3911",
        "This is not FDA's form",
        "FDA-1",
        "It was a printing error.",
        serial,
        "Counterfeit",
    ):
        assert known in text.replace("\n", " ")
    csv = get(maker, f"{path}/report.csv").text
    assert "Incident number (assigned by FDA),FDA-1" in csv
    told = json.loads(get(maker, f"{path}/report.json").text)
    assert told["state"] == "terminated"
    assert [one["act"] for one in told["history"]] == [
        "saved",
        "saved",
        "saved",
        "sent",
        "saved",
        "sent",
        "terminated",
    ]
    first = told["history"][0]
    lines = get(maker, path).text
    assert f"line={_line_of(parts, path, first['at'])}" in lines
    assert {"report opened", "report saved", "report sent", "report terminated"} <= set(
        acts(parts, "quality-at-maker")
    )


def _line_of(parts: composition.Parts, path: str, at: str) -> int:
    rows = parts.office.rows("SELECT line FROM illegitimate_line WHERE id = ? AND at = ?", int(path.rpartition("/")[2]), at)  # fmt: skip
    return int(str(rows[0][0]))


def test_a_late_report_says_so_and_the_clock_stands_still_when_sent(
    parts: composition.Parts, enter: Enter
) -> None:
    maker = quality(parts, enter, cast.MAKER)
    late = {**REPORT, "determined": "2026-01-02T08:00", "product": "Late one"}
    path = post(maker, "/illegitimate", **late).location
    assert "since 3 Jan 2026" in get(maker, path).text
    assert "Report illegitimate product: Counterfeit: Late one" in get(maker, "/home").text
    post(maker, f"{path}/sent", type="initial")
    assert "sent after its 24 hours" in get(maker, path).text
    post(maker, "/illegitimate", 400, **{**REPORT, "determined": "2099-01-01T00:00"})
    post(maker, "/illegitimate", 400, **{**REPORT, "determined": ""})


def test_a_report_is_filled_from_a_case_and_from_an_investigation(
    parts: composition.Parts, enter: Enter
) -> None:
    [epc] = fresh(parts, cast.NORDMED)
    code = f"(01){cast.AMOXICILLIN}(21){epc.rpartition('/')[2]}"
    distributor = enter("distributor")
    headers = {"X-CSRFToken": token(distributor, "/home"), "Accept": "application/json"}
    report = {"kind": "damaged", "items": [code], "other": cast.MAKER.gln, "note": "Wet"}
    answer = distributor.post("/exceptions", json=report, headers=headers)
    assert answer.status_code == 201, answer.text
    case = answer.json["id"]
    maker = quality(parts, enter, cast.MAKER)
    assert f"source=exception/{case}" in get(maker, f"/exceptions/{case}").text
    form = get(maker, f"/illegitimate/new?source=exception/{case}").text
    assert epc.rpartition("/")[2] in form
    assert "Damaged" in form
    path = opened(maker, "Wet packs", subject=f"exception/{case}")
    assert f"Exception {case}: Damaged" in get(maker, path).text
    form = get(maker, f"/illegitimate/new?source=investigation/{path.rpartition('/')[2]}").text
    assert epc.rpartition("/")[2] in form
    assert "Wet packs" in form
    bundle = downloaded(maker, f"{path}/bundle.zip")
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        [told] = json.loads(archive.read("investigation.json"))["cases"]
    assert told["case"] == f"exception/{case}"
    assert "Wet" in json.dumps(told["thread"])
