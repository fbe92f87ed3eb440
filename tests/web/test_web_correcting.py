"""This is wrong: taken back by its own act, corrected, or corrected with the countersignature of who built on it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from goods import fresh, fresh_lot, hand_over, said
from journey import now, prove, until

import app as composition
from traceability.custody.compose import Ends
from traceability.custody.state import Condition, Lot
from traceability.demo.cast import BRUNNEN, MAKER, NORDMED
from traceability.store.cases import Cases

pytestmark = pytest.mark.browser

Parts = composition.Parts


def sign(page: Any) -> None:
    """Enter, and Enter again where it asks: no mouse."""
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.focus("#signing [data-sign]")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    prove(page)
    page.wait_for_selector(".receipt.clear")


def wrong(page: Any, epc: str, heading: str) -> None:
    """From the item's page, by the hop with this heading."""
    page.goto(f"/item?epc={epc}")
    page.click(f".hop:has(h3:has-text('{heading}')) >> text=This is wrong")
    page.wait_for_url("**/correct/**", wait_until="load")


def test_what_has_a_reversing_act_leads_to_it(people: Any, parts: Parts) -> None:
    epc = fresh(parts, MAKER)[0]
    said(parts, MAKER, "shipped", [epc], ends=Ends(MAKER.gln, NORDMED.gln, MAKER.site, NORDMED.site))
    page = people("maker")
    wrong(page, epc, "Nordmed Wholesale")
    assert "an act of its own: dispatch voided" in page.inner_text("main")
    page.click("text=Go there and sign it")
    page.wait_for_url("**/void", wait_until="load")
    held = fresh(parts, MAKER)[0]
    said(parts, MAKER, "held", [held])
    wrong(page, held, "Held by")
    assert page.get_attribute("a:has-text('Go there')", "href") == "/acts/release"


def test_a_wrong_expiry_is_struck_and_commissioned_again(people: Any, parts: Parts) -> None:
    lot = fresh_lot()
    epc = fresh(parts, MAKER, 1, lot)[0]
    page = people("maker")
    wrong(page, epc, "Commissioned")
    page.focus("[value=incorrect_data]")
    page.keyboard.press("Space")
    until(lambda: "is wrong. It stays visible" in page.inner_text("#signing blockquote"), "the sentence")
    sign(page)
    with parts.history.view() as view:
        made = view.fact(now(parts, epc).born)
    assert made is not None
    assert made.struck is not None
    page.goto(f"/correct/{made.id}")
    assert "struck already" in page.inner_text("main")
    page.click("text=Commission")
    page.wait_for_url("**/commission", wait_until="load")
    page.goto(f"/statement/{made.id}")
    assert "Struck: it was corrected later." in page.inner_text("main")
    right = Lot(lot.gtin, lot.number, "2032-12-31")
    said(parts, MAKER, "commissioned", [epc], lot=right)
    assert now(parts, epc).lot == right


def test_who_built_on_it_is_asked_and_countersigns(people: Any, parts: Parts) -> None:
    """Brunnen got it from Nordmed and never saw the commissioning: asking shows it."""
    lot = fresh_lot()
    epc = fresh(parts, NORDMED, 1, lot)[0]
    hand_over(parts, NORDMED, BRUNNEN, [epc])
    page = people("maker")
    wrong(page, epc, "Commissioned")
    address = page.url
    assert "Brunnen-Apotheke" in page.inner_text("main")
    assert page.query_selector("#signing") is None
    page.fill("[name=note]", "The expiry was set one year too early.")
    page.click("text=Ask for the countersignature")
    page.wait_for_selector("text=asked, waits for its signature")
    assert "asked, waits for its signature" in page.inner_text("main")
    there = people("pharmacy2")
    there.goto("/home")
    there.goto("/exceptions")
    there.click("text=Countersignature asked for")
    there.wait_for_url("**/exceptions/*")
    assert "The expiry was set one year too early." in there.inner_text("main")
    there.click("a.button:has-text('Countersign the correction')")
    there.wait_for_url("**/correct/**", wait_until="load")
    sign(there)
    until(lambda: "countersigned" in _thread(parts, BRUNNEN.gln), "the line in the thread")
    there.goto(there.url)
    assert "You have countersigned" in there.inner_text("main")
    page.goto(address)
    assert "countersigned" in page.inner_text("main")
    sign(page)
    until(lambda: not _open(parts, MAKER.gln), "the exception to be settled")
    item = now(parts, epc)
    assert (item.custodian, item.lot, item.condition) == (BRUNNEN.gln, None, Condition.ACTIVE)
    said(parts, MAKER, "commissioned", [epc], lot=Lot(lot.gtin, lot.number, "2032-12-31"))
    again = now(parts, epc)
    assert (again.custodian, again.lot) == (BRUNNEN.gln, Lot(lot.gtin, lot.number, "2032-12-31"))
    page.goto(f"/item?epc={epc}")
    assert "struck" in page.inner_text("main")


def _open(parts: Parts, party: str) -> list[Any]:
    return [one for one in Cases(parts.office).listing("exception", party) if one.cause == "countersignature"]


def _thread(parts: Parts, party: str) -> str:
    cases = Cases(parts.office)
    return " ".join(line.act for one in _open(parts, party) for line in cases.lines(one.id))


def test_nobody_else_sees_or_signs_it(log_in: Callable[[str], FlaskClient], parts: Parts) -> None:
    epc = fresh(parts, NORDMED)[0]
    with parts.history.view() as view:
        made = view.fact(now(parts, epc).born)
    assert made is not None
    assert log_in("distributor").get(f"/correct/{made.id}").status_code == 403
    assert log_in("regulator").get(f"/correct/{made.id}").status_code == 403
    assert log_in("maker").get(f"/correct/{'A' * 43}").status_code == 404
    assert log_in("maker").get("/correct/nothing").status_code == 404
