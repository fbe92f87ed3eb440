"""Dossiers: everything known, in order, paged, and no row that its reader may not see."""

import io
import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from forms import logged_in, token
from goods import fresh, fresh_lot, hand_over
from pypdf import PdfReader

import app as composition
from traceability.custody.subjects import (
    Subject,
    device_subject,
    lot_subject,
    party_subject,
    site_subject,
)
from traceability.demo import cast
from traceability.store.office import Account
from traceability.web.security import limiter

PASSWORD = "a long password of an auditor"
RECEIPT = re.compile(r'href="(/statement/[^"]+/receipt\.json)"')
NEXT = re.compile(r'after=([a-z0-9.]+)"')
Enter = Callable[[str], FlaskClient]


@pytest.fixture
def enter(application: Flask) -> Enter:
    """Log somebody of the demo in, each with a session of their own."""
    limiter.reset()
    return partial(logged_in, application)


def get(client: FlaskClient, path: str, status: int = 200, **asked: Any) -> Any:
    answer = client.get(path, query_string=asked)
    assert answer.status_code == status, answer.text[:500]
    return answer


def told(client: FlaskClient, subject: Subject, **asked: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(get(client, "/dossier.json", of=subject.uri, **asked).text)
    return found


def kid_of(parts: composition.Parts, player: cast.Player) -> str:
    with parts.history.view() as view:
        for one in view.registered:
            if one.kind == "key" and player.gln in one.names:
                return next(name for name in one.names if view.registry.keyring.signer(name))
    raise AssertionError(player)


def test_each_kind_of_subject_has_a_dossier(parts: composition.Parts, enter: Enter) -> None:
    [epc] = fresh(parts, cast.NORDMED)
    with parts.history.view() as view:
        lot = view.item(epc).lot
    regulator = enter("regulator")
    subjects = (
        Subject.parse(epc),
        lot_subject(lot.gtin, lot.number),
        party_subject(cast.NORDMED.gln),
        site_subject(cast.NORDMED.site),
        device_subject(kid_of(parts, cast.NORDMED)),
    )
    for subject in subjects:
        page = get(regulator, "/dossier", of=subject.uri).text
        assert "entry" in page
        rows = told(regulator, subject)["rows"]
        assert rows == sorted(rows, key=lambda row: row["at"])
        assert {"statement", "registration"} & {row["kind"] for row in rows}
        if subject.kind != "device":
            assert any(row.get("statement") and row.get("receipt") for row in rows)
        text = "".join(
            one.extract_text()
            for one in PdfReader(io.BytesIO(get(regulator, "/dossier.pdf", of=subject.uri).data)).pages
        )
        assert "Dossier" in text
    told_of = told(regulator, Subject.parse(epc))["rows"]
    acts = [row["title"] for row in told_of if row["kind"] == "statement"]
    assert acts[0] == f"Commissioned by {cast.MAKER.name}"
    assert f"{cast.NORDMED.name} signed: received" in acts
    assert {row["grade"] for row in told_of if row["kind"] == "statement"} == {"scanned"}


def test_a_party_sees_only_its_own_rows(parts: composition.Parts, enter: Enter) -> None:
    [epc] = fresh(parts, cast.NORDMED)
    hand_over(parts, cast.NORDMED, cast.MARKT, [epc])
    subject = Subject.parse(epc)
    everything = told(enter("regulator"), subject)["rows"]
    quality = "quality-of-maker"
    if parts.office.account(quality) is None:
        parts.office.add_account(Account(quality, "Q", cast.MAKER.gln, "quality"), PASSWORD)
    maker = enter(quality, PASSWORD)
    makers = told(maker, subject)["rows"]
    statements = {row["statement"] for row in everything if row["kind"] == "statement"}
    seen = {row["statement"] for row in makers if row["kind"] == "statement"}
    assert seen < statements
    assert all(cast.MARKT.name not in json.dumps(row, ensure_ascii=False) for row in makers)
    page = get(maker, "/dossier", of=subject.uri).text
    assert "not yours to see" in page
    assert cast.MARKT.name not in page
    between = told(maker, party_subject(cast.NORDMED.gln))["rows"]
    with parts.history.view() as view:
        for row in between:
            if row["kind"] == "statement":
                fact = view.fact(row["entry"])
                assert cast.MAKER.gln in (fact.party, fact.counterparty)
    get(maker, "/dossier", 403, of=lot_subject("09521321999999", "X").uri)
    get(maker, "/dossier", 404, of=party_subject("9999999999994").uri)
    get(maker, "/dossier", 409, of="https://example.org/")


def test_a_long_dossier_is_turned_page_by_page(parts: composition.Parts, enter: Enter) -> None:
    lot = fresh_lot()
    for _ in range(60):
        fresh(parts, cast.MAKER, lot=lot)
    regulator, subject = enter("regulator"), party_subject(cast.MAKER.gln)
    whole = told(regulator, subject, kind="statement")["rows"]
    for order in ("oldest", ""):
        found, after = list[str](), ""
        for _ in range(100):
            page = get(regulator, "/dossier", of=subject.uri, kind="statement", order=order, after=after).text
            found += RECEIPT.findall(page)
            after = _next(page)
            if not after:
                break
        wanted = [row["receipt"] for row in whole]
        assert found == (wanted if order else list(reversed(wanted)))


def _next(page: str) -> str:
    found = NEXT.search(page.partition('<nav class="pager')[2])
    return found.group(1) if found else ""


def test_office_facts_stand_among_those_of_the_log(parts: composition.Parts, enter: Enter) -> None:
    [epc] = fresh(parts, cast.MARKT)
    pharmacy = enter("pharmacy")
    headers = {"X-CSRFToken": token(pharmacy, "/home")}
    serial = epc.rpartition("/")[2]
    code = f"(01){cast.AMOXICILLIN}(21){serial}"
    assert pharmacy.post("/pharmacy/verdict", json={"text": code}, headers=headers).status_code == 200
    report = {"kind": "trace_request", "items": [code], "other": cast.MAKER.gln, "note": "Where from?"}
    answer = pharmacy.post("/exceptions", json=report, headers={**headers, "Accept": "application/json"})
    assert answer.status_code == 201, answer.text
    regulator = enter("regulator")
    kinds = {row["kind"] for row in told(regulator, Subject.parse(epc))["rows"]}
    assert {"statement", "check", "trace_request", "trail"} <= kinds
    assert {row["kind"] for row in told(regulator, Subject.parse(epc), kind="check")["rows"]} == {"check"}
    if parts.office.account("quality-of-nordmed") is None:
        parts.office.add_account(Account("quality-of-nordmed", "N", cast.NORDMED.gln, "quality"), PASSWORD)
    stranger = told(enter("quality-of-nordmed", PASSWORD), Subject.parse(epc))["rows"]
    assert {row["kind"] for row in stranger} <= {"registration"}


def test_people_find_subjects_by_what_they_type(parts: composition.Parts, enter: Enter) -> None:
    regulator = enter("regulator")
    assert cast.NORDMED.name in get(regulator, "/dossiers", q="nordmed").text
    assert f"/417/{cast.NORDMED.gln}" in get(regulator, "/find", 302, code=cast.NORDMED.gln).location.replace("%2F", "/").replace("%3A", ":")  # fmt: skip
    assert "A17" in get(regulator, "/dossiers", q=f"(01){cast.AMOXICILLIN}(10)A17").text
    kid = kid_of(parts, cast.MAKER)
    assert kid in get(regulator, "/dossiers", q=kid[:10]).text
    assert "Nothing found" in get(regulator, "/dossiers", q="nobody of that name").text
    operator = enter("distributor")
    get(operator, "/find", 400, code=cast.NORDMED.gln)
