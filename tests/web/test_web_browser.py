"""The working screens in a real Chromium: keys, scanning, signing, both sides of a handoff."""

from typing import Any

import pytest
from journey import code_of, held, log_in, now, open_page, prove, scan, sign, until

import app as composition
from traceability.custody.state import Condition
from traceability.demo import cast

pytestmark = pytest.mark.browser


def another(page: Any) -> Any:
    """A second person at a second computer."""
    opened, _ = open_page(page.context.browser, page.evaluate("location.origin"))
    return opened


def test_goods_are_handed_over_and_taken(people: Any, parts: composition.Parts) -> None:
    """Typed codes, two browsers, two signatures."""
    item = held(parts, cast.NORDMED.gln, packs=False)
    page = people("distributor")
    page.goto("/ship")
    page.select_option("[name=receiver]", cast.MARKT.gln)
    page.fill("[name=order]", "PO-20417")
    scan(page, code_of(item.epc))
    until(lambda: "hands 1 container" in page.inner_text("#signing blockquote"), "the sentence")
    said = page.inner_text("#signing blockquote")
    assert "Nordmed Wholesale" in said
    assert "Apotheke am Markt" in said
    assert "Signed and kept" in sign(page).inner_text()
    sent = now(parts, item.epc)
    assert sent.receiver == cast.MARKT.gln

    there = people("pharmacy")
    there.goto("/receive")
    scan(there, code_of(item.epc))
    until(lambda: "Everything announced is here" in there.inner_text("#differences"), "the comparison")
    until(lambda: "receives 1 container" in there.inner_text("#signing blockquote"), "the sentence")
    receipt = sign(there)
    assert "Signed and kept" in receipt.inner_text()
    taken = now(parts, item.epc)
    assert (taken.custodian, taken.receiver) == (cast.MARKT.gln, None)
    with parts.history.view() as view:
        fact = view.fact(taken.acted)
    assert fact is not None
    assert fact.act == "received"
    assert fact.effect
    assert not fact.unmatched
    link = receipt.query_selector("a").get_attribute("href")
    answer = there.request.get(link)
    assert answer.ok
    assert answer.json()["receipt"] == 1


def test_new_packs_get_their_serials(people: Any, parts: composition.Parts) -> None:
    page = people("maker")
    page.goto("/commission")
    page.select_option("[name=gtin]", cast.AMOXICILLIN)
    page.fill("[name=lot]", "WEB1")
    page.fill("[name=expiry]", "2031-05-31")
    page.fill("[name=count]", "1200")
    until(lambda: "commissions 200 packs" in page.inner_text("#signing blockquote"), "two statements")
    text = sign(page).inner_text()
    assert text.count("Receipt number") == 2
    with parts.history.view() as view:
        assert sum(1 for _ in view.lot_items(cast.AMOXICILLIN, "WEB1")) == 1200


def test_packs_go_into_a_case_and_out_again(people: Any, parts: composition.Parts) -> None:
    item = held(parts, cast.MAKER.gln, packs=True)
    page = people("maker")
    page.goto("/pack")
    page.click("[data-new]")
    until(lambda: page.query_selector("#container .item"), "a new case")
    case = page.get_attribute("#container .item", "data-epc")
    scan(page, code_of(item.epc))
    sign(page)
    assert now(parts, item.epc).container == case
    page.goto("/pack")
    page.check("[value=unpacked]")
    scan(page, code_of(case))
    page.check("#all input")
    sign(page)
    assert now(parts, item.epc).container is None


def test_the_counter_answers_dispenses_and_undoes(people: Any, parts: composition.Parts) -> None:
    item = held(parts, cast.BRUNNEN.gln, packs=True)
    page = people("pharmacy2")
    page.goto("/check")
    scan(page, code_of(item.epc))
    until(lambda: page.get_attribute("#verdict", "data-verdict") == "clear", "a clear verdict")
    sign(page)
    assert now(parts, item.epc).condition is Condition.DISPENSED
    scan(page, code_of(item.epc))
    until(lambda: page.get_attribute("#verdict", "data-verdict") == "blocked", "a blocked verdict")
    page.click("#verdict [data-act=undone]")
    page.check("[name=never]")
    sign(page)
    assert now(parts, item.epc).condition is Condition.ACTIVE


def test_a_dangerous_act_is_pressed_twice(people: Any, parts: composition.Parts) -> None:
    page = people("maker")
    page.goto("/recall")
    page.select_option("[name=gtin]", cast.IBUPROFEN)
    page.select_option("[name=lot]", "R02")  # recalled before: other tests keep theirs
    page.fill("[name=reason]", "Broken seals")
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.click("#signing [data-sign]")
    assert "Press again" in page.inner_text("#signing [data-sign]")
    assert page.query_selector(".receipt") is None
    page.click("#signing [data-sign]")
    prove(page)
    page.wait_for_url("**/recalls/*")
    assert any(recall.reason == "Broken seals" for recall in parts.history.registry.recalls.values())


def test_a_device_without_a_key_is_told_where_to_get_one(page: Any) -> None:
    log_in(page, "distributor")
    until(lambda: page.is_visible("#device"), "the notice")
    page.goto("/ship")
    page.select_option("[name=receiver]", index=1)
    assert page.is_disabled("#signing [data-sign]")


def test_a_page_takes_codes_once_it_can_use_them(people: Any, parts: composition.Parts) -> None:
    """On a slow network a code cannot be typed, and so not lost, before somebody listens."""
    page = people("pharmacy")
    held_back: list[Any] = []
    page.route("**/js/receive.js*", lambda route: held_back.append(route))
    page.goto("/receive", wait_until="commit")
    until(lambda: page.is_disabled("#code") and held_back, "the page without its module")
    held_back.pop().continue_()
    page.unroute_all()
    scan(page, code_of(held(parts, cast.NORDMED.gln, packs=True).epc))
    page.wait_for_selector("[data-lines=scanned] li")
