"""A recall from its notice to its closed report, in real Chromium: three parties answer a drill."""

import io
from typing import Any

import journey
from flask.testing import FlaskClient
from journey import until
from pypdf import PdfReader

import app as composition
from traceability.custody.campaign import Campaign, campaign
from traceability.custody.recall import balance
from traceability.custody.registry import Recall
from traceability.demo import cast
from traceability.store.campaigns import Campaigns

REASON = "Yearly drill"


def called(parts: composition.Parts, reason: str) -> Recall:
    (found,) = [one for one in parts.history.registry.recalls.values() if one.reason == reason]
    return found


def counted(parts: composition.Parts, recall: Recall) -> Campaign:
    with parts.history.view() as view:
        ((gtin, number),) = recall.lots
        told = Campaigns(parts.office).told(recall.id)
        times = {party: (notice.notified, notice.due) for party, notice in told.items()}
        found = balance(view.lot_balance(gtin, number))
        return campaign(recall, [found], view.answers(recall), times, "2026-01-01T00:00:00Z")


def start(page: Any, reason: str, *, drill: bool) -> None:
    page.goto("/recall")
    page.select_option("[name=gtin]", cast.AMOXICILLIN)
    page.select_option("[name=lot]", "A17")
    page.check("[name=level][value=patient]")
    page.fill("[name=reason]", reason)
    page.fill("[name=contact]", "recall desk, +49 30 000")
    if drill:
        page.check("[name=drill]")
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.click("#signing [data-sign]")
    page.click("#signing [data-sign]")
    journey.prove(page)
    page.wait_for_url("**/recalls/*")


def answer(page: Any, way: str) -> None:
    page.goto("/home")
    page.click("text=Drill: Amoxicillin")
    page.check(f"[name=way][value={way}]")
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    with page.expect_navigation():
        page.click("#signing [data-sign]")


def test_a_drill_from_start_to_closed_report(people: Any, parts: composition.Parts) -> None:
    regulator = people("regulator")
    start(regulator, REASON, drill=True)
    drill = called(parts, REASON)
    assert drill.drill
    blocked = parts.history.registry.recalls_of_lot
    with parts.history.view() as view:
        lot = view.lot(cast.AMOXICILLIN, "A17")
    assert lot is not None
    assert drill not in blocked(lot)
    holders = {holder.party for holder in counted(parts, drill).holders} - {drill.party}
    assert set(Campaigns(parts.office).told(drill.id)) == holders
    assert len(holders) >= 3
    logins = [one.login for one in cast.TRADE if one.gln in holders][:3]
    for login in logins:
        page = people(login)
        answer(page, "acknowledge")
        assert "You acknowledged" in page.inner_text("main")
        answer(page, "report")
        assert "You reported" in page.inner_text("main")
        page.goto("/home")
        drilled = "Drill: Amoxicillin Linden 500 mg, 20 capsules, A17"
        assert drilled not in page.inner_text("main") or login == "maker"
    regulator.reload()
    assert regulator.inner_text("main").count("reported") >= 3
    regulator.check("#ending [value=recall_closed]")
    assert regulator.is_hidden("#signing") is not counted(parts, drill).whole
    regulator.fill("#ending [name=reason]", "The drill has shown what it should.")
    regulator.wait_for_selector("#signing [data-sign]:not([disabled])")
    regulator.click("#signing [data-sign]")
    with regulator.expect_navigation():
        regulator.click("#signing [data-sign]")
    until(lambda: called(parts, REASON).closed, "the closed drill")
    assert "The drill has shown what it should." in regulator.inner_text("main")
    with regulator.expect_download() as download:
        regulator.click("text=Status report as PDF")
    with open(download.value.path(), "rb") as file:
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(file.read())).pages)
    assert "Recall status report" in text
    assert "The drill has shown what it should." in text


def test_a_holder_beyond_sight_stays_unnamed_until_it_answers(people: Any, parts: composition.Parts) -> None:
    maker = people("maker")
    maker.goto("/recall")
    maker.select_option("[name=gtin]", cast.AMOXICILLIN)
    maker.select_option("[name=lot]", "A18")
    maker.fill("[name=reason]", "Practice for A18")
    maker.check("[name=drill]")
    maker.wait_for_selector("#signing [data-sign]:not([disabled])")
    maker.click("#signing [data-sign]")
    maker.click("#signing [data-sign]")
    journey.prove(maker)
    maker.wait_for_url("**/recalls/*")
    assert "Practice for A18" in maker.inner_text("main")


def test_a_stranger_sees_no_campaign(client: FlaskClient, log_in: Any, parts: composition.Parts) -> None:
    recall = next(iter(parts.history.registry.recalls.values()))
    assert client.get(f"/recalls/{recall.id}").status_code == 302
    visitor = log_in("pharmacy3")
    told = Campaigns(parts.office).told(recall.id)
    expected = 200 if cast.STERN.gln in told else 404
    assert visitor.get(f"/recalls/{recall.id}").status_code == expected
    assert visitor.get("/recalls/nothing").status_code == 404
    assert visitor.get(f"/recalls/{recall.id}/status.pdf").status_code == 404


def test_single_packs_are_recalled_by_their_codes(people: Any, parts: composition.Parts) -> None:
    with parts.history.view() as view:
        item = next(view.lot_items(cast.AMOXICILLIN, "A18"))
    page = people("maker")
    page.goto("/recall")
    page.select_option("[name=gtin]", cast.AMOXICILLIN)
    page.select_option("[name=lot]", "-")
    page.fill("[name=reason]", "Two packs for the drill")
    page.check("[name=drill]")
    page.fill("[name=packs]", "(01)09521321000018")
    until(lambda: page.is_visible("#packs-said .note"), "the line that names no pack")
    assert page.is_hidden("#signing")
    page.fill("[name=packs]", journey.code_of(item.epc))
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.click("#signing [data-sign]")
    page.click("#signing [data-sign]")
    journey.prove(page)
    page.wait_for_url("**/recalls/*")
    assert called(parts, "Two packs for the drill").items == {item.epc}
