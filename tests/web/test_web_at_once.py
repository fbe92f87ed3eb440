"""What goes wrong between people, in a real Chromium: two at the same pallet, a key that ends in the middle of its
work, a session that ends under a form, somebody else's session, no network. Clear words, and nothing lost."""

from typing import Any

import pytest
from goods import case_of, fresh, hand_over, stamp
from journey import code_of, enrol, log_in, now, ready, scan, sign, until
from test_cases import act, dispatch_of
from test_web_every_page import an_exception
from test_web_offline import administrator, outbox

import app as composition
from traceability.demo import cast
from traceability.demo.cast import MAKER, MARKT, NORDMED, SUEDPHARM
from traceability.demo.stage import between
from traceability.store.office import Account
from traceability.web import enrolment

pytestmark = pytest.mark.browser

Parts = composition.Parts
SECOND = Account("bay4", "Ole Petersen", NORDMED.gln, "operator", NORDMED.site, published=True)


@pytest.fixture(scope="module", autouse=True)
def second(parts: Parts) -> None:
    """Somebody else in the same warehouse."""
    parts.office.add_account(SECOND, cast.PASSWORD)


KID = "import('/static/js/database.js').then((one) => one.readAll('keys')).then(([key]) => key.kid)"


def pallet(parts: Parts, holder: cast.Player = NORDMED) -> str:
    epc = case_of(parts, fresh(parts, MAKER, 2))
    if holder is not MAKER:
        hand_over(parts, MAKER, holder, [epc])
    return epc


def to_ship(page: Any, receiver: cast.Player, *epcs: str) -> None:
    page.goto("/ship")
    page.select_option("[name=receiver]", receiver.gln)
    scan(page, *(code_of(epc) for epc in epcs))
    page.wait_for_selector("#signing [data-sign]:not([disabled])")


def slowly(page: Any) -> list[Any]:
    """Holds what is signed on its way to the log, until it is let go with `continue_`."""
    held: list[Any] = []
    page.route(
        "**/api/statements",
        lambda route: held.append(route) if route.request.method == "POST" else route.continue_(),
    )
    return held


def test_what_is_scanned_during_a_signature_comes_after_it(people: Any, parts: Parts) -> None:
    """The line is slow and the next parcel is there: it is neither signed unseen nor lost."""
    page = people("distributor")
    first, second = fresh(parts, NORDMED, 2)
    to_ship(page, MARKT, first)
    held = slowly(page)
    with page.expect_request("**/api/statements"):
        page.click("#signing [data-sign]")
    scan(page, code_of(second))
    page.wait_for_timeout(500)
    assert page.query_selector(f'#basket [data-epc="{second}"]') is None
    held[0].continue_()
    page.wait_for_selector(f'#basket [data-epc="{second}"]')
    assert page.query_selector(f'#basket [data-epc="{first}"]') is None
    assert now(parts, first).receiver == MARKT.gln
    assert now(parts, second).receiver is None


def test_two_people_ship_the_same_pallet(people: Any, parts: Parts) -> None:
    """The quicker one has it; the other one is told, keeps what else was scanned, and ships that."""
    both, loose = pallet(parts), fresh(parts, NORDMED)[0]
    first, other = people("distributor"), people("bay4")
    to_ship(other, MARKT, both, loose)
    to_ship(first, SUEDPHARM, both)
    sign(first)
    other.click("#signing [data-sign]")
    said = other.wait_for_selector(".receipt.stop").inner_text()
    assert "Logged without effect" in said
    assert "is on the road from you" in said
    line = other.wait_for_selector(f'#basket [data-epc="{both}"].stop')
    assert "on the road" in line.inner_text()
    assert other.query_selector(f'#basket [data-epc="{loose}"]')
    assert (now(parts, both).receiver, now(parts, loose).receiver) == (SUEDPHARM.gln, None)
    other.click(f'#basket [data-epc="{both}"] [aria-label=Remove]')
    assert "Signed and kept" in sign(other).inner_text()
    assert now(parts, loose).receiver == MARKT.gln


def test_two_people_receive_the_same_pallet(people: Any, parts: Parts) -> None:
    epc = pallet(parts, MAKER)
    assert act(parts, MAKER, "shipped", [epc], ends=between(MAKER, NORDMED)).effect
    delivery = dispatch_of(parts, epc)
    pages = [people("distributor"), people("bay4")]
    for page in pages:
        page.goto(f"/receive?dispatch={delivery}")
        scan(page, code_of(epc))
        page.wait_for_selector("#signing [data-sign]:not([disabled])")
    sign(pages[0])
    pages[1].click("#signing [data-sign]")
    said = pages[1].wait_for_selector(".receipt.stop").inner_text()
    assert "Logged without effect" in said
    assert pages[1].query_selector(f'[data-lines=scanned] [data-epc="{epc}"]')
    assert pages[1].is_disabled("#signing [data-sign]")
    taken = now(parts, epc)
    assert (taken.custodian, taken.receiver) == (NORDMED.gln, None)


def test_one_packs_what_another_ships(people: Any, parts: Parts) -> None:
    packs = fresh(parts, NORDMED, 2)
    first, other = people("distributor"), people("bay4")
    to_ship(first, MARKT, packs[0])
    other.goto("/pack")
    scan(other, code_of(pallet(parts)))
    scan(other, *(code_of(epc) for epc in packs))
    other.wait_for_selector("#signing [data-sign]:not([disabled])")
    sign(first)
    other.click("#signing [data-sign]")
    assert "Logged without effect" in other.wait_for_selector(".receipt.stop").inner_text()
    assert other.query_selector(f'#basket [data-epc="{packs[1]}"]')
    assert now(parts, packs[1]).container is None


def test_a_key_revoked_while_goods_are_scanned(page: Any, parts: Parts) -> None:
    """Its statement is not taken; it is kept, and signed anew with the device's next key."""
    epc = fresh(parts, NORDMED)[0]
    ready(page, "bay4")
    to_ship(page, MARKT, epc)
    asked = parts.office.enrolment(page.evaluate(KID))
    assert asked is not None
    ended = administrator(parts, NORDMED).register(enrolment.revocation(asked, "lost", stamp()), stamp())
    assert parts.sequencer.submit(ended).effect
    page.click("#signing [data-sign]")
    until(lambda: "was revoked. Enrol this device again" in page.inner_text("#signing .said"), "the reason")
    assert page.query_selector("#signing .said a[href='/devices']")
    assert page.is_disabled("#signing [data-sign]")
    assert page.inner_text("#outbox-badge") == "1 to look at"
    assert [one["stuck"]["step"] for one in outbox(page)] == [2]
    assert now(parts, epc).receiver is None
    enrol(page, "Test computer, new key")
    page.goto("/outbox")
    page.click("#trouble-list li [data-again]")
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.click("#signing [data-sign]")
    until(lambda: now(parts, epc).receiver == MARKT.gln, "the dispatch")


def test_a_form_that_cannot_be_sent_keeps_what_was_typed(people: Any, parts: Parts) -> None:
    """Without a network, then after the session has ended: said in words, and sent in the end."""
    page = people("distributor")
    page.goto(an_exception(parts))
    page.fill("[name=text]", "The driver remembers it")
    page.route("**/session", lambda route: route.abort())
    page.click("button:has-text('Send')")
    assert "No connection" in page.wait_for_selector("[data-not-sent]").inner_text()
    page.unroute("**/session")
    page.context.clear_cookies()
    page.click("button:has-text('Send')")
    page.wait_for_selector("#lock[open]")
    assert "Nothing is lost" in page.inner_text("#lock")
    page.fill("#lock [name=password]", cast.PASSWORD)
    page.press("#lock [name=password]", "Enter")
    page.wait_for_selector(".thread :text('The driver remembers it')")


def test_a_form_is_not_sent_as_somebody_else(page: Any, parts: Parts) -> None:
    log_in(page, "distributor")
    page.goto(an_exception(parts))
    page.fill("[name=text]", "This is mine")
    other = page.context.new_page()
    other.goto("/login")
    other.click("form[action='/logout'] button:visible")
    other.wait_for_url("**/")
    log_in(other, "distributor2")
    page.click("button:has-text('Send')")
    said = page.wait_for_selector("[data-not-sent]").inner_text()
    assert "Somebody else is logged in here now: distributor2" in said
    assert page.input_value("[name=text]") == "This is mine"
