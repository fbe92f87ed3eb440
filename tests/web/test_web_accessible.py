"""Every working screen passes axe-core's rules, in light and dark, and fits a small phone."""

from typing import Any

import pytest
from journey import log_in, ready, scan, until

from traceability.custody.state import Lot
from traceability.demo import cast

pytestmark = pytest.mark.browser

PAGES = [
    ("", ["/", "/login"]),
    ("maker", ["/home", "/commission", "/ship", "/receive", "/pack", "/void", "/refuse", "/recall", "/devices", "/lots",
               "/stock", "/stock?tab=expiring", "/stock?tab=containers", "/stock?tab=road", "/stock?tab=blocked", "/stock/opening",
               "/stock/count", "/bench/scanner", "/master", "/master?kind=site", "/acts", "/acts/hold", "/acts/destroy",
               "/exceptions", "/exceptions/new", "/alerts", "/notices"]),
    ("authority", ["/master", "/people", "/devices", "/devices/requests", "/password", "/trail"]),
    ("pharmacy", ["/check", "/lend", "/outbox", "/away", "/nothing-here"]),
    ("regulator", ["/snapshots"]),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("login", "paths"), PAGES)
def test_screens_are_accessible(
    browser: Any, address: str, login: str, paths: list[str], scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = browser.new_context(
        base_url=address, bypass_csp=True, color_scheme=scheme, viewport={"width": 360, "height": 740}
    )
    page = context.new_page()
    if login:
        log_in(page, login)
    for path in paths:
        page.goto(path)
        found = [(v["id"], v["nodes"][0]["html"]) for v in axe.run(page).response["violations"]]
        assert found == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_camera_and_its_tools_are_accessible(browser: Any, address: str, scheme: str) -> None:
    """Live, with every tool, while the server is away and a code waits for it."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = browser.new_context(
        base_url=address,
        bypass_csp=True,
        color_scheme=scheme,
        viewport={"width": 360, "height": 740},
        permissions=["camera"],
    )
    page = context.new_page()
    page.add_init_script("MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true })")
    log_in(page, "maker")
    page.goto("/ship")
    page.route("**/scan/**", lambda route: route.abort())
    page.click("[data-start]")
    scan(page, "(01)09521321000018(21)AWAY")
    page.wait_for_selector(".scanner-away:not([hidden])")
    page.click("[data-tool=freeze]")
    page.wait_for_selector(".viewfinder.frozen")
    found = [(v["id"], v["nodes"][0]["html"]) for v in axe.run(page).response["violations"]]
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for control in page.query_selector_all(".scanner button:visible, .scanner input[type=range]"):
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= 48, control.inner_text()
    page.focus("[data-tool=freeze]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".viewfinder:not(.frozen)")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_differences_and_problems_are_accessible(browser: Any, address: str, scheme: str) -> None:
    """What appears only while people work: rows of a receipt, of a count, of a list that is tried."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = browser.new_context(
        base_url=address, bypass_csp=True, color_scheme=scheme, viewport={"width": 360, "height": 740}
    )
    page = context.new_page()
    log_in(page, "distributor")

    def check(what: str) -> None:
        found = [(v["id"], v["nodes"][0]["html"]) for v in axe.run(page).response["violations"]]
        assert found == [], what
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, what

    page.goto("/receive")
    scan(page, "(01)09521321000018(21)NOWHERE")
    page.wait_for_selector("[data-exception-kind]")
    page.click("[data-damaged]")
    check("receive")
    page.goto("/stock/count")
    scan(page, "(01)09521321000018(21)NOWHERE")
    page.wait_for_selector("[data-kind=foreign]")
    check("count")
    page.goto("/stock/opening")
    page.check("[name=way][value=list]")
    page.fill("#list [name=text]", "gtin,serial\n09521321000018,\n09521321000018,GOOD")
    page.click("#list button:not(.filepick)")
    page.wait_for_selector("[data-problems] tbody tr")
    check("opening")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_counter_is_accessible_while_it_asks_and_while_it_is_away(
    browser: Any, address: str, scheme: str
) -> None:
    """A question in the verdict, an older one below it, something that waits, the outbox."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = browser.new_context(
        base_url=address,
        bypass_csp=True,
        color_scheme=scheme,
        viewport={"width": 360, "height": 740},
        service_workers="block",
    )
    page = context.new_page()
    ready(page, "pharmacy3")

    def look(where: str) -> None:
        found = [(v["id"], v["nodes"][0]["html"]) for v in axe.run(page).response["violations"]]
        assert found == [], where
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, where

    page.goto("/check")
    for code in ("(01)09521321000018(21)", f"(01){cast.IBUPROFEN}(21){cast.serial(STOLEN, 39)}"):
        page.fill("#code", code)
        page.press("#code", "Enter")
        until(lambda code=code: page.query_selector("#verdict .question"), "the question")
    page.wait_for_selector("#verdict.stop")
    look("a stop, with a question open")
    page.goto("/ship")
    page.route("**/api/**", lambda route: route.abort())
    page.evaluate(KEEP)
    page.wait_for_selector("#outbox-badge:not([hidden])")
    look("something waits")
    page.goto("/outbox")
    page.wait_for_selector("#waiting-list li")
    look("the outbox")
    context.close()


STOLEN = Lot(cast.IBUPROFEN, "R02", "")
KEEP = """() => import('/static/js/outbox.js').then((one) => one.keep({
  kid: 'k', seq: 0, id: 'i', submission: '{}', told: 'Something was signed.',
  log: document.getElementById('say').dataset.log, party: document.getElementById('say').dataset.party,
}))"""
