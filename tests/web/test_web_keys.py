"""The day's work by keyboard alone, in a real Chromium: Tab, Enter, arrows and what is typed, the focus always seen;
on a wide desk in English and on a phone's width in Chinese."""

from typing import Any

import pytest
from goods import fresh, hand_over
from journey import burst, code_of, now, until
from looking import DESK, PHONE

import app as composition
from traceability.custody.state import Condition
from traceability.demo import cast
from traceability.demo.cast import BRUNNEN, MAKER, NORDMED, STERN

pytestmark = pytest.mark.browser

Parts = composition.Parts
SEEN = """(wanted) => {
  const one = document.activeElement;
  const outlined = (it) => it && getComputedStyle(it).outlineStyle !== "none" && parseFloat(getComputedStyle(it).outlineWidth) >= 2;
  const box = one.getBoundingClientRect();
  return { there: one.matches(wanted), seen: outlined(one) || outlined(one.closest("label")) || outlined(one.parentElement),
    inside: box.bottom > 0 && box.top < innerHeight, what: one.outerHTML.slice(0, 160) };
}"""


def reach(page: Any, selector: str, *, key: str = "Tab") -> None:
    """Press Tab until the focus is on what is meant; it is visible wherever it rests."""
    for _ in range(120):
        page.keyboard.press(key)
        found = page.evaluate(SEEN, selector)
        if found["what"].startswith(("<body", "<html")):
            continue
        assert found["seen"], f"the focus is not seen on {found['what']}"
        if found["there"]:
            assert found["inside"], f"the focus is off the screen on {found['what']}"
            return
    raise AssertionError(f"Tab does not lead to {selector}")


def press(page: Any, selector: str) -> None:
    reach(page, selector)
    page.keyboard.press("Enter")


def choose(page: Any, name: str, value: str) -> None:
    """Take a line of a list with the arrow keys."""
    reach(page, f"[name={name}]")
    for _ in range(40):
        if page.input_value(f"[name={name}]") == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"no {value} in {name}")


def write(page: Any, selector: str, text: str) -> None:
    """Type as people do: slower than a scanner."""
    reach(page, selector)
    page.keyboard.type(text, delay=110)


def enter(page: Any, epc: str) -> None:
    """`/` leads to the field for codes, from wherever no field has the focus."""
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "code"
    page.wait_for_timeout(200)  # what follows faster is part of what a scanner sends
    burst(page, code_of(epc))
    until(lambda: page.input_value("#code") == "", f"{epc} to be taken")


def sign(page: Any, *, twice: bool = False) -> None:
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    reach(page, "#signing [data-sign]")
    page.keyboard.press("Enter")
    if twice:
        assert "Press again" in page.inner_text("#signing [data-sign]")
        page.keyboard.press("Enter")
    page.wait_for_selector(".receipt.clear")
    assert page.evaluate("document.activeElement.matches('.receipt')")  # and is read out


def test_log_in_and_find_the_work(page: Any) -> None:
    page.set_viewport_size(DESK)
    page.goto("/login")
    write(page, "[name=login]", "distributor")
    write(page, "[name=password]", cast.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/home")
    press(page, ".skip")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#keys:not([open])", state="attached")
    page.goto("/home")
    press(page, "a[href='/ship']")
    page.wait_for_url("**/ship")


def test_goods_are_shipped_and_received(people: Any, parts: Parts) -> None:
    """The sender at a wide desk, the receiver in Chinese at a phone's width."""
    epc = fresh(parts, NORDMED)[0]
    page = people("distributor")
    page.set_viewport_size(DESK)
    page.goto("/ship")
    choose(page, "receiver", STERN.gln)
    write(page, "[name=order]", "PO-88")
    enter(page, epc)
    sign(page)
    assert now(parts, epc).receiver == STERN.gln
    there = people("pharmacy3")
    there.set_viewport_size(PHONE)
    there.goto("/receive")
    assert there.get_attribute("html", "lang") == "zh-Hans"
    enter(there, epc)
    sign(there)
    assert now(parts, epc).custodian == STERN.gln


def test_a_case_is_packed(people: Any, parts: Parts) -> None:
    packs = fresh(parts, MAKER, 2)
    page = people("maker")
    page.set_viewport_size(PHONE)
    page.goto("/pack")
    press(page, "[data-new]")
    page.wait_for_selector("#container .item")
    for epc in packs:
        enter(page, epc)
    page.wait_for_selector(f'#basket [data-epc="{packs[1]}"]')
    reach(page, f'#basket [data-epc="{packs[1]}"] button')
    page.keyboard.press("Enter")
    page.wait_for_selector(f'#basket [data-epc="{packs[1]}"]', state="detached")
    enter(page, packs[1])
    sign(page)
    assert {now(parts, epc).container for epc in packs} != {None}


def test_a_pack_is_dispensed_and_taken_back(people: Any, parts: Parts) -> None:
    epc = fresh(parts, MAKER)[0]
    hand_over(parts, MAKER, BRUNNEN, [epc])
    page = people("pharmacy2")
    page.set_viewport_size(PHONE)
    page.goto("/check")
    enter(page, epc)
    page.wait_for_selector("#verdict[data-verdict=clear]")
    sign(page)
    assert now(parts, epc).condition is Condition.DISPENSED
    enter(page, epc)
    page.wait_for_selector("#verdict[data-verdict=blocked]")
    press(page, "#verdict [data-act=undone]")
    reach(page, "[name=never]")
    page.keyboard.press("Space")
    sign(page)
    assert now(parts, epc).condition is Condition.ACTIVE


def test_a_dangerous_act_wants_a_second_press(people: Any, parts: Parts) -> None:
    epc = fresh(parts, MAKER)[0]
    page = people("maker")
    page.set_viewport_size(DESK)
    page.goto("/acts")
    press(page, "a[href='/acts/decommission']")
    page.wait_for_url("**/acts/decommission")
    enter(page, epc)
    reach(page, "[name=why]")
    page.keyboard.press("ArrowDown")
    sign(page, twice=True)
    assert now(parts, epc).condition is Condition.DECOMMISSIONED


def test_a_problem_is_reported_in_two_presses(people: Any, parts: Parts) -> None:
    epc = fresh(parts, MAKER)[0]
    page = people("distributor")
    page.set_viewport_size(PHONE)
    page.goto("/receive")
    enter(page, epc)
    page.wait_for_selector("[data-exception-kind]")
    press(page, "[data-report-open]")
    press(page, "[data-exception-kind=extra]")
    page.wait_for_selector("[data-report-said] a")
