"""Packing and picking in a real Chromium: to a plan, over, merged, split; the label; the list; first to expire first."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from goods import case_of, fresh, fresh_lot, hand_over, said
from journey import code_of, now, scan, sign, until, wedge

import app as composition
from traceability.custody.state import Condition, Lot
from traceability.demo import cast
from traceability.demo.cast import MAKER, MARKT, NORDMED

pytestmark = pytest.mark.browser

Parts = composition.Parts


@pytest.fixture
def maker(people: Any) -> Any:
    """The maker's page."""
    return people("maker")


def shown(page: Any, selector: str, text: str) -> None:
    until(lambda: text in page.inner_text(selector), f"{text!r} in {selector}")


def disposition(parts: Parts, epc: str) -> str:
    with parts.history.view() as view:
        body = view.body(now(parts, epc).acted)
    assert body is not None
    return str(body.core)


def test_a_case_is_packed_to_a_plan_and_its_label_printed(maker: Any, parts: Parts) -> None:
    lot = fresh_lot()
    packs = fresh(parts, MAKER, 3, lot)
    maker.goto("/pack")
    maker.click("[data-new]")
    maker.wait_for_selector("#container .item")
    case = maker.get_attribute("#container .item", "data-epc")
    maker.fill("[name=plan]", "3")
    maker.click("h1")
    for number, epc in enumerate(packs, 1):
        wedge(maker, code_of(epc), f'#basket [data-epc="{epc}"]')
        until(lambda said=f"{number} of 3": maker.inner_text(".progress") == said, "the count")
    receipt = sign(maker)
    assert now(parts, packs[0]).container == case
    assert "completeness_verified" in disposition(parts, case)
    label = maker.request.get(receipt.query_selector("a[target]").get_attribute("href"))
    assert label.ok
    assert label.headers["content-type"] == "application/pdf"
    assert label.body().startswith(b"%PDF")


def test_a_scan_leaves_the_field_with_the_cursor_as_it_was(maker: Any, parts: Parts) -> None:
    """The scanner types into the field that has the cursor: a number field keeps the digits of the code."""
    packs = fresh(parts, MAKER, 4)
    maker.goto("/pack")
    for epc in packs:  # a busy computer tears a burst apart: then the next pack is tried
        maker.fill("[name=plan]", "3")
        wedge(maker, code_of(epc), f'#basket [data-epc="{epc}"]')
        if maker.input_value("[name=plan]") == "3":
            return
    raise AssertionError("the scanned code stayed in the field")


def test_more_than_planned_is_said(maker: Any, parts: Parts) -> None:
    packs = fresh(parts, MAKER, 2)
    maker.goto("/pack")
    maker.click("[data-new]")
    maker.wait_for_selector("#container .item")
    maker.fill("[name=plan]", "1")
    scan(maker, *map(code_of, packs))
    shown(maker, ".progress", "2, and 1 were planned")


def test_nothing_blocked_goes_in_unnoticed(maker: Any, parts: Parts) -> None:
    good, bad = fresh(parts, MAKER, 2)
    said(parts, MAKER, "held", [bad])
    maker.goto("/pack")
    maker.click("[data-new]")
    maker.wait_for_selector("#container .item")
    scan(maker, code_of(good))
    wedge(maker, code_of(bad), f'#basket [data-epc="{bad}"]')
    shown(maker, "#against", "Something is against them: 1 pack")
    until(lambda: maker.is_hidden("#signing"), "nothing to sign yet")
    maker.check("[name=knowingly]")
    shown(maker, "#signing blockquote", "Packed knowingly")
    sign(maker)
    assert now(parts, bad).container is not None
    assert now(parts, bad).condition is Condition.HELD


def test_some_packs_move_over_into_another_case(maker: Any, parts: Parts) -> None:
    """Repack: out of one, into the other, in one statement; what lies elsewhere stays out of it."""
    first, second, stranger = fresh(parts, MAKER, 2), fresh(parts, MAKER, 2), fresh(parts, MAKER)[0]
    a, b = case_of(parts, first), case_of(parts, second)
    maker.goto("/pack")
    maker.check("[value=over]")
    scan(maker, code_of(a), code_of(b), code_of(first[0]))
    shown(maker, "#from", "Stays inside: 1 pack")
    wedge(maker, code_of(stranger), "#scanner .note:has-text('not in the case')")
    sign(maker)
    assert [now(parts, epc).container for epc in (*first, *second)] == [b, a, b, b]
    assert now(parts, stranger).container is None


def test_a_case_is_split_into_a_new_one(maker: Any, parts: Parts) -> None:
    packs = fresh(parts, MAKER, 3)
    a = case_of(parts, packs)
    maker.goto("/pack")
    maker.check("[value=over]")
    scan(maker, code_of(a))
    maker.click("[data-new]")
    maker.wait_for_selector("#container .item")
    b = maker.get_attribute("#container .item", "data-epc")
    scan(maker, *map(code_of, packs[:2]))
    maker.check("[name=sealed]")
    sign(maker)
    assert [now(parts, epc).container for epc in packs] == [b, b, a]
    assert "container_closed" in disposition(parts, b)


def test_cases_are_merged_without_a_scan_of_each_pack(maker: Any, parts: Parts) -> None:
    """What was not read one by one is not said to be: the evidence is claimed."""
    first, second = fresh(parts, MAKER, 2), fresh(parts, MAKER, 2)
    a, b = case_of(parts, first), case_of(parts, second)
    maker.goto("/pack")
    maker.check("[value=merged]")
    scan(maker, code_of(b), code_of(a))
    shown(maker, "#signing blockquote", "puts 2 packs")
    sign(maker)
    assert {now(parts, epc).container for epc in (*first, *second)} == {b}
    with parts.history.view() as view:
        fact = view.fact(now(parts, b).acted)
    assert fact is not None
    assert fact.claimed


def test_labels_are_for_ones_own_containers(log_in: Callable[[str], FlaskClient], parts: Parts) -> None:
    packs = fresh(parts, MAKER, 2)
    case = case_of(parts, packs)
    pharmacy = log_in("pharmacy")
    assert pharmacy.get("/pack/label.pdf", query_string={"epc": case}).status_code == 403
    assert pharmacy.get("/pack/inside.json", query_string={"epc": case}).status_code == 403
    assert pharmacy.get("/pack/label.pdf", query_string={"epc": packs[0]}).status_code == 400
    assert pharmacy.get("/pack/label.pdf", query_string={"epc": "nonsense"}).status_code == 400
    hand_over(parts, MAKER, MARKT, [case])
    assert pharmacy.get("/pack/label.pdf", query_string={"epc": case}).status_code == 200
    assert sorted(pharmacy.get("/pack/inside.json", query_string={"epc": case}).json["items"]) == sorted(
        packs
    )


# Shipping


def test_goods_are_picked_to_a_list_first_to_expire_first(maker: Any, parts: Parts) -> None:
    """The list counts what is inside a case; a lot that should have waited is told mildly, and nothing is stopped."""
    soon = Lot(cast.IBUPROFEN, "F1", "2027-02-28")
    later = Lot(cast.IBUPROFEN, "F2", "2033-02-28")
    early, late = cast.packs(soon, 1, 1), cast.packs(later, 1, 3)
    said(parts, MAKER, "commissioned", early, lot=soon)
    said(parts, MAKER, "commissioned", late, lot=later)
    case = case_of(parts, late[:2])
    maker.goto("/ship")
    maker.select_option("[name=receiver]", NORDMED.gln)
    maker.fill("[name=order]", "PO-7")
    maker.fill("[name=advice]", "D/8")
    maker.click("#picking summary")
    maker.fill("#picking textarea", "Ibuprofen 3\nno such thing 5")
    shown(maker, "#picking", "“no such thing 5”")
    shown(maker, "#picking tbody", "Take lot F1 first: it expires 2027-02-28, 1 with you")
    scan(maker, code_of(case))
    shown(maker, f'#basket [data-epc="{case}"]', "lot F1 expires sooner, 2027-02-28")
    shown(maker, "#picking tbody", "1 left")
    scan(maker, code_of(early[0]))
    shown(maker, "#picking tbody", "complete")
    assert "lot F1 expires sooner" not in maker.inner_text("#basket")
    shown(maker, "#signing blockquote", "Order PO-7, Despatch advice D/8.")
    sign(maker)
    sent = now(parts, case)
    assert sent.receiver == NORDMED.gln
    with parts.history.view() as view:
        terms = view.terms(sent.acted)
    assert terms is not None
    assert [(one.type, one.bizTransaction) for one in terms.bizTransactionList] == [
        ("po", f"urn:epcglobal:cbv:bt:{NORDMED.gln}:PO-7"),
        ("desadv", f"urn:epcglobal:cbv:bt:{MAKER.gln}:D%2F8"),
    ]


def test_what_is_blocked_does_not_ship_but_may_be_returned(maker: Any, parts: Parts) -> None:
    epc = fresh(parts, MAKER)[0]
    said(parts, MAKER, "held", [epc])
    maker.goto("/ship")
    maker.select_option("[name=receiver]", NORDMED.gln)
    wedge(maker, code_of(epc), f'#basket [data-epc="{epc}"]')
    shown(maker, "#blocked", "It can be returned.")
    until(lambda: maker.is_visible("#signing .note.stop"), "the refusal")
    assert maker.is_disabled("#signing [data-sign]")
    maker.click("#blocked a")
    maker.wait_for_url("**/acts/return", wait_until="load")
    maker.select_option("[name=receiver]", NORDMED.gln)
    scan(maker, code_of(epc))
    maker.select_option("[name=why]", index=1)
    sign(maker)
    assert now(parts, epc).receiver == NORDMED.gln


@pytest.mark.parametrize(
    ("text", "picks", "problems"),
    [
        ("09521321000018;60\n9521321000025 , 5", [["09521321000018", 60], ["09521321000025", 5]], 0),
        ("product;quantity\nAmoxicillin 500 mg 3\nAmoxicillin x 4", [["09521321000018", 7]], 0),
        ("Linden 3", [], 1),  # several products are called so
        ("Ibuprofen 3\nIbuprofen", [["09521321000025", 3]], 1),
        ("09521321000018 0", [], 1),
        ("", [], 0),
    ],
)
def test_pick_lists_are_read(maker: Any, text: str, picks: list[Any], problems: int) -> None:
    script = """async (text) => {
      const { parsePicks } = await import("/static/js/picking.js");
      const { productNames } = await import("/static/js/words.js");
      return parsePicks(text, productNames());
    }"""
    maker.goto("/ship")
    found = maker.evaluate(script, text)
    assert [[one["gtin"], one["wanted"]] for one in found["picks"]] == picks
    assert len(found["problems"]) == problems
