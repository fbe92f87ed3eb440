"""Exceptions and alerts in a real Chromium: two clicks, two sides, a signed outcome, by keyboard and in Chinese."""

from typing import Any

import pytest
from journey import code_of, scan, sign, until
from test_cases import act, alerts, dispatch_of, made

import app as composition
from traceability.demo import cast
from traceability.demo.stage import between
from traceability.store.cases import Cases
from traceability.web.security import limiter

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _unlimited() -> None:
    limiter.reset()


def sent(parts: composition.Parts, serial: str, receiver: cast.Player = cast.NORDMED) -> str:
    [epc] = made(parts, serial)
    assert act(parts, cast.MAKER, "shipped", [epc], ends=between(cast.MAKER, receiver)).effect
    return epc


def focus(page: Any, words: str) -> None:
    """Walk with Tab to what says something. The body, which says all, is where nothing has the focus yet."""
    for _ in range(60):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "[document.activeElement].filter((one) => one !== document.body)"
            ".map((one) => one.textContent.trim() || one.name || '')"
        )
        if any(words in said for said in found):
            return
    raise AssertionError(f"Tab does not lead to {words}")


def scan_into(page: Any, code: str) -> None:
    """Scan with a hand scanner, with no field in focus. What a busy computer tears apart is scanned again."""
    for _ in range(4):
        page.fill("#codes", "")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.type(code)
        page.keyboard.press("Enter")
        page.wait_for_timeout(400)
        if page.input_value("#codes") == code:
            return
    raise AssertionError(f"scanned {code} and found {page.input_value('#codes')!r}")


def test_two_clicks_then_both_sides_then_a_signature(people: Any, parts: composition.Parts) -> None:
    epc = sent(parts, "BROWSED")
    page = people("distributor")
    page.goto(f"/receive?dispatch={dispatch_of(parts, epc)}")
    until(lambda: page.query_selector(f'[data-lines=expected] [data-epc="{epc}"]'), "the expected pack")
    page.click("[data-report-open]")
    page.click("[data-exception-kind=missing]")
    link = page.wait_for_selector("[data-report-said] a")
    assert "Linden Arzneimittel must answer until" in link.inner_text()
    link.click()
    page.wait_for_selector("h1:has-text('Missing')")
    address = page.evaluate("location.pathname")

    # The sender finds it waiting, proposes to void, and signs that on its own screen.
    there = people("maker")
    there.goto("/home")
    until(lambda: "Exception: " in there.inner_text(".list"), "a line of what waits")
    there.goto("/exceptions")  # the home page shows the first few only, and other tests left some
    there.click(f".cases a[href='{address}']")
    there.select_option("[name=proposal]", "void")
    there.fill("[name=text]", "It is still on our ramp")
    there.click("button:has-text('Send')")
    there.click("section[aria-labelledby=settle-title] a:has-text('Void the dispatch')")
    there.wait_for_url("**/void")
    scan(there, code_of(epc))
    there.fill("[name=reason]", "It never left")
    there.wait_for_selector("#signing [data-sign]:not([disabled])")
    there.click("#signing [data-sign]")
    sign(there)

    page.reload()
    assert "It is still on our ramp" in page.inner_text(".thread")
    page.click("button:has-text('Resolve with this statement')")
    until(lambda: page.query_selector(".note.clear a[href^='/statement/']"), "the signed outcome")
    assert "resolved" in page.inner_text(".head")
    with parts.history.view() as view:
        known = Cases(parts.office).find(int(address.rpartition("/")[2]), cast.NORDMED.gln)
        assert known is not None
        fact = view.fact_by_id(known.outcome)
    assert fact is not None
    assert (fact.act, fact.party) == ("voided", cast.MAKER.gln)


def test_each_kind_is_reported_in_two_clicks(people: Any, parts: composition.Parts) -> None:
    """What is missing, extra, damaged, wrong, without data or without goods: the problem, then its name."""
    epc = sent(parts, "SIXKINDS")
    page = people("distributor")
    page.goto(f"/receive?dispatch={dispatch_of(parts, epc)}")
    [stray] = made(parts, "SIXSTRAY")
    scan(page, code_of(stray))
    kinds = page.eval_on_selector_all(
        "#report-kinds button", "all => all.map((one) => one.dataset.exceptionKind)"
    )
    kinds.remove("trace_request")  # a question, not a difference
    assert len(set(kinds)) == 6
    for kind in kinds:
        page.click("[data-report-open]")
        page.click(f"#report-kinds [data-exception-kind={kind}]")
        link = until(lambda: page.query_selector("[data-report-said] a[href^='/exceptions/']"), kind)
        found = Cases(parts.office).find(int(link.get_attribute("href").rpartition("/")[2]), cast.NORDMED.gln)
        assert found is not None
        assert (found.cause, found.due is not None) == (kind, True)
        page.evaluate("document.querySelector('[data-report-said]').replaceChildren()")


def test_a_line_reports_itself(people: Any, parts: composition.Parts) -> None:
    """A line with its kind, its goods and a place gets a button, and then the exception instead of it."""
    epc = sent(parts, "LINE")
    page = people("distributor")
    page.goto(f"/receive?dispatch={dispatch_of(parts, epc)}")
    page.wait_for_selector(f'[data-lines=expected] [data-epc="{epc}"]')
    draw = """([epc, dispatch]) => {
        const list = document.getElementById("differences");
        list.innerHTML = "<ul><li><span data-report></span></li></ul>";
        Object.assign(list.querySelector("li").dataset, { exceptionKind: "damaged", epc, items: epc, dispatch });
        list.dispatchEvent(new CustomEvent("differences", { bubbles: true }));
    }"""
    page.evaluate(draw, [epc, dispatch_of(parts, epc)])
    page.click("#differences [data-report] button")
    link = page.wait_for_selector("#differences [data-report] a").get_attribute("href")
    page.evaluate(draw, [epc, dispatch_of(parts, epc)])
    assert page.get_attribute("#differences [data-report] a", "href") == link
    page.click("#differences [data-report] a")
    page.wait_for_selector("h1:has-text('Damaged')")


def test_what_is_missing_in_a_report_is_asked_for(people: Any, parts: composition.Parts) -> None:
    """A report without goods leads to the form, by keyboard alone, and a hand scanner fills it."""
    [epc] = made(parts, "TYPED")
    page = people("distributor")
    page.goto("/receive")
    focus(page, "Report a problem")
    page.keyboard.press("Enter")
    focus(page, "Too much")
    page.keyboard.press("Enter")
    until(lambda: "scan at least one code" in page.inner_text("[data-report-said]"), "what is missing")
    focus(page, "Tell the rest")
    page.keyboard.press("Enter")
    page.wait_for_url("**/exceptions/new?**")
    assert page.is_checked("[value=extra]")
    scan_into(page, code_of(epc))
    page.select_option("[name=other]", cast.MAKER.gln)
    page.fill("[name=note]", "One too many")  # typed at a robot's speed it would be a scan
    page.focus("[name=note]")
    focus(page, "Send to the other side")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Too much')")
    assert "One too many" in page.inner_text(".thread")


def test_a_suspect_pack_goes_to_the_regulator(people: Any, parts: composition.Parts) -> None:
    [epc] = made(parts, "SUSPECTED")
    ends = between(cast.MAKER, cast.MARKT)
    assert act(parts, cast.MAKER, "shipped", [epc], ends=ends).effect
    assert act(parts, cast.MARKT, "received", [epc], ends=ends, ref=[dispatch_of(parts, epc)]).effect
    assert act(parts, cast.MARKT, "dispensed", [epc]).effect
    page = people("pharmacy2")
    page.goto("/check")
    scan(page, code_of(epc))
    until(lambda: page.get_attribute("#verdict", "data-verdict") == "suspect", "the stop")
    [case] = alerts(parts, epc)
    page.goto("/alerts")
    page.click(f".cases a[href='/alerts/{case.id}']")
    focus(page, "Acknowledge")
    page.keyboard.press("Enter")
    until(lambda: "acknowledged" in page.inner_text(".head"), "the next state")
    assert cast.BRUNNEN.person in page.inner_text("aside")
    page.click("button:has-text('Escalate to the regulator')")
    page.wait_for_selector("h1:has-text('This cannot be used')")
    page.go_back()
    page.fill("section[aria-labelledby=next-title] [name=text]", "The seal is not ours")
    page.click("button:has-text('Escalate to the regulator')")
    until(lambda: "with the regulator" in page.inner_text(".head"), "the escalation")

    there = people("regulator")
    there.goto("/alerts")
    there.click(f".cases a[href='/alerts/{case.id}']")
    assert "The seal is not ours" in there.inner_text(".thread")
    there.fill("section[aria-labelledby=next-title] [name=text]", "Seized")
    there.click("button:has-text('Resolve')")
    until(lambda: "resolved" in there.inner_text(".head"), "the end")


def test_an_alert_is_investigated_and_resolved(people: Any, parts: composition.Parts) -> None:
    """Acknowledged, investigated, resolved with a reason by the party whose goods they are; its owner on each page."""
    [epc] = made(parts, "PROBED")
    page = people("pharmacy2")
    page.goto("/check")
    scan(page, f"{code_of(epc)}(10)OTHER")
    until(lambda: page.get_attribute("#verdict", "data-verdict") == "suspect", "the stop")
    [case] = alerts(parts, epc)
    page.goto(f"/alerts/{case.id}")
    for state, word in (("acknowledged", "acknowledged"), ("investigating", "being investigated")):
        page.click(f"button[name=state][value={state}]")
        until(lambda word=word: word in page.inner_text(".head"), word)
    page.fill("section[aria-labelledby=next-title] [name=text]", "The label was printed twice; both are here")
    page.click("button[name=state][value=resolved]")
    until(lambda: "resolved" in page.inner_text(".head"), "the end")
    assert "The label was printed twice" in page.inner_text(".thread")
    assert page.query_selector("button[name=state]") is None


def test_notices_are_set_in_the_browser(people: Any, parts: composition.Parts) -> None:
    page = people("regulator")
    page.goto("/notices")
    page.fill("[name=email]", "not an address")
    page.click("form[action='/notices/person'] .primary")
    assert page.evaluate("document.querySelector('[name=email]').validity.typeMismatch")
    page.fill("[name=email]", "frei@example.org")
    page.click("form[action='/notices/person'] .primary")
    page.wait_for_selector(".flashes .note")
    assert page.input_value("[name=email]") == "frei@example.org"
    page.fill("[name=email]", "")
    page.click("form[action='/notices/person'] .primary")
    page.wait_for_selector("[name=email][value='']")


def test_the_pages_speak_chinese(people: Any, parts: composition.Parts) -> None:
    epc = sent(parts, "ZHONGWEN", cast.STERN)
    page = people("pharmacy3")
    page.goto(f"/receive?dispatch={dispatch_of(parts, epc)}")
    page.click("[data-report-open]")
    page.click("[data-exception-kind=data_without_product]")
    page.wait_for_selector("[data-report-said] a").click()
    page.wait_for_selector("h1:has-text('有数据无货')")
    assert "等待答复" in page.inner_text(".head")
    for path in ("/exceptions", "/exceptions/new", "/alerts", "/notices"):
        page.goto(path)
        assert page.query_selector("html[lang=zh-Hans]")
