"""The short forms in a real Chromium: every one of them signed once, and whole stories across people."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from goods import case_of, fresh, fresh_lot, hand_over, registered, said
from journey import code_of, now, prove, scan, until, wedge

import app as composition
from traceability.custody.compose import Ends
from traceability.custody.state import Condition, Item, Lot
from traceability.demo import cast
from traceability.demo.cast import BRUNNEN, MAKER, MARKT, NORDMED, SUEDPHARM, Player
from traceability.store.office import Account
from traceability.web import agreeing
from traceability.web.actforms import FORMS

pytestmark = pytest.mark.browser

Parts = composition.Parts
WARD = cast.gln(12)
SECOND = Account("quality2", "Ines Kraft", MAKER.gln, "quality", MAKER.site, published=True)
GOOD = Account("quality3", "Jan Voss", NORDMED.gln, "quality", NORDMED.site, published=True)


@pytest.fixture(scope="module", autouse=True)
def company(parts: Parts) -> None:
    """Second persons of quality, and a cold store to move goods to."""
    for account in (SECOND, GOOD):
        parts.office.add_account(account, cast.PASSWORD)
    ward = {"type": "site", "gln": WARD, "party": MAKER.gln, "name": "Linden, cold store", "country": "DE"}
    registered(parts, MAKER, "administrator", msgspec.json.encode(ward))


def sign(page: Any) -> str:
    """Press the button when it may be pressed, twice where it asks; returns what the receipt says."""
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    button = page.locator("#signing [data-sign]")
    button.click()
    if "Press again" in button.inner_text():
        button.click()
    prove(page)
    return str(page.wait_for_selector(".receipt").inner_text())


def sentence(page: Any, part: str) -> str:
    """What will be signed, once it says something."""
    until(lambda: part in page.inner_text("#signing blockquote"), f"{part} in what is signed")
    return str(page.inner_text("#signing blockquote"))


# Every form once


def pack_of(player: Player) -> Callable[[Parts], str]:
    return lambda parts: fresh(parts, player)[0]


def after(meaning: str, player: Player = MAKER, **more: Any) -> Callable[[Parts], str]:
    def make(parts: Parts) -> str:
        epc = fresh(parts, player)[0]
        said(parts, player, meaning, [epc], **more)
        return epc

    return make


def recalled(parts: Parts) -> str:
    lot = fresh_lot()
    epc = fresh(parts, MAKER, 1, lot)[0]
    act = {"type": "recall", "lots": [{"gtin": lot.gtin, "lot": lot.number}], "class": "2",
           "level": "wholesale", "reason": "Test of the forms"}  # fmt: skip
    registered(parts, MAKER, "station", msgspec.json.encode(act))
    return epc


def coming_back(parts: Parts) -> str:
    epc = fresh(parts, NORDMED)[0]
    said(parts, NORDMED, "returned", [epc], ends=Ends(NORDMED.gln, MAKER.gln, NORDMED.site, MAKER.site))
    return epc


def offered(parts: Parts) -> str:
    epc = fresh(parts, NORDMED)[0]
    said(parts, MAKER, "ownership_offered", [epc], owners=(MAKER.gln, NORDMED.gln))
    return epc


@dataclass(frozen=True)
class Try:
    """One form, who signs it, on which goods, what is filled in, and what it must come to."""

    name: str
    login: str
    goods: Callable[[Parts], str]
    expected: Condition
    fill: dict[str, str] = field(default_factory=dict)
    check: Callable[[Item], bool] = lambda item: True


TRIES = [
    Try("hold", "maker", pack_of(MAKER), Condition.HELD),
    Try("release", "maker", after("held"), Condition.ACTIVE),
    Try("inspect", "maker", after("held"), Condition.ACTIVE, {"outcome": "released"}),
    Try("inspect", "maker", pack_of(MAKER), Condition.HELD, {"outcome": "held"}),
    Try("inspect", "maker", after("held"), Condition.HELD, {"outcome": "moved"}),
    Try("recall-hold", "maker", recalled, Condition.RECALL_HELD),
    Try("return", "distributor", after("held", NORDMED), Condition.HELD, {"rma": "R-7"},
        lambda item: item.receiver == MAKER.gln),
    Try("receive-return", "maker", coming_back, Condition.RETURNED, {}, lambda item: item.custodian == MAKER.gln),
    Try("take-back", "pharmacy2", after("dispensed", BRUNNEN), Condition.TAKEN_BACK),
    Try("sample", "distributor", pack_of(NORDMED), Condition.SAMPLED),
    Try("decommission", "maker", pack_of(MAKER), Condition.DECOMMISSIONED),
    Try("export", "maker", pack_of(MAKER), Condition.EXPORTED, {"cert": "EX-22/1"}),
    Try("export", "maker", pack_of(MAKER), Condition.EXPORTED, {"receiver": NORDMED.gln},
        lambda item: item.receiver == NORDMED.gln),
    Try("dispose", "maker", after("sampled"), Condition.SAMPLED, {"receiver": NORDMED.gln},
        lambda item: item.receiver == NORDMED.gln),
    Try("destroy", "maker", pack_of(MAKER), Condition.HELD),
    Try("stolen", "distributor", pack_of(NORDMED), Condition.STOLEN),
    Try("lost", "distributor", pack_of(NORDMED), Condition.LOST),
    Try("found", "distributor", after("lost", NORDMED), Condition.FOUND),
    Try("repackage", "maker", pack_of(MAKER), Condition.TRANSFORMED, {"lot": "RP1"}),
    Try("relabel", "maker", pack_of(MAKER), Condition.TRANSFORMED, {"lot": "RL1", "serials": "OWN1"}),
    Try("offer", "maker", pack_of(MAKER), Condition.ACTIVE, {"owner": NORDMED.gln}),
    Try("accept", "distributor", offered, Condition.ACTIVE, {}, lambda item: item.owner == NORDMED.gln),
    Try("move", "maker", pack_of(MAKER), Condition.ACTIVE, {"site": WARD}, lambda item: item.site == WARD),
    Try("carry", "maker", pack_of(MAKER), Condition.ACTIVE, {"receiver": NORDMED.gln, "po": "PO-9"},
        lambda item: (item.receiver, item.owner) == (NORDMED.gln, MAKER.gln)),
]  # fmt: skip


def test_every_form_is_tried() -> None:
    assert {one.name for one in TRIES} == set(FORMS)


def fill(page: Any, fields: dict[str, str]) -> None:
    for name, value in fields.items():
        field = page.query_selector(f"#terms [name={name}]")
        kind = field.evaluate("field => field.type")
        if kind == "radio":
            page.check(f"#terms [name={name}][value={value}]")
        elif kind == "select-one":
            page.select_option(f"#terms [name={name}]", value)
        else:
            if kind == "textarea":
                page.click("#terms summary")
            page.fill(f"#terms [name={name}]", value)


@pytest.mark.parametrize(
    "one", TRIES, ids=lambda one: f"{one.name}-{one.fill.get('outcome', '')}".rstrip("-")
)
def test_a_form_is_scanned_filled_in_and_signed(people: Any, parts: Parts, one: Try) -> None:
    epc = one.goods(parts)
    page = people(one.login)
    page.goto(f"/acts/{one.name}")
    wedge(page, code_of(epc), f'[data-lines] [data-epc="{epc}"]')
    fill(page, one.fill)
    if FORMS[one.name].reasons:
        until(lambda: "Say why" in page.inner_text("main"), "the question why")
        page.select_option("[name=why]", index=1)
    assert "Signed and kept" in sign(page)
    item = now(parts, epc)
    assert item.condition is one.expected
    assert one.check(item)


# What the forms say and refuse


def test_a_reason_may_be_said_in_words_and_is_signed(people: Any, parts: Parts) -> None:
    epc = fresh(parts, MAKER)[0]
    page = people("maker")
    page.goto("/acts/hold")
    scan(page, code_of(epc))
    page.select_option("[name=why]", "-")
    page.fill("[name=words]", "Smells of solvent")
    assert "Reason: Smells of solvent." in sentence(page, "holds 1 pack")
    sign(page)
    with parts.history.view() as view:
        terms = view.terms(now(parts, epc).acted)
    assert terms is not None
    assert (terms.reason, terms.evidence) == ("Smells of solvent", "scanned")


def test_what_the_rules_refuse_is_said_before_it_is_signed(people: Any, parts: Parts) -> None:
    epc = fresh(parts, MAKER)[0]
    page = people("maker")
    page.goto("/acts/release")
    scan(page, code_of(epc))
    page.select_option("[name=why]", index=1)
    until(lambda: "Only held goods are released" in page.inner_text("#signing .said"), "the rule")
    assert page.is_disabled("#signing [data-sign]")
    assert "Only held goods" in page.inner_text(f'[data-epc="{epc}"]')


def test_dangerous_acts_are_pressed_twice(people: Any, parts: Parts) -> None:
    epc = fresh(parts, MAKER)[0]
    page = people("maker")
    page.goto("/acts/decommission")
    scan(page, code_of(epc))
    page.select_option("[name=why]", index=1)
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.click("#signing [data-sign]")
    assert "Press again" in page.inner_text("#signing [data-sign]")
    assert now(parts, epc).condition is Condition.ACTIVE
    page.click("#signing [data-sign]")
    page.wait_for_selector(".receipt")
    assert now(parts, epc).condition is Condition.DECOMMISSIONED


def test_forms_are_found_by_those_who_may(log_in: Callable[[str], FlaskClient]) -> None:
    operator = log_in("distributor")
    index = operator.get("/acts").text
    assert "Report stolen" in index
    assert "Take back from a patient" not in index
    assert ">Release<" not in index
    assert operator.get("/acts/release").status_code == 403
    assert operator.get("/acts/take-back").status_code == 403
    assert operator.get("/acts/nothing").status_code == 404


def test_who_is_delegated_may_repackage(log_in: Callable[[str], FlaskClient], parts: Parts) -> None:
    client = log_in(GOOD.login)
    assert "No product that you may make" in client.get("/acts/repackage").text
    act = {"type": "delegate", "to": NORDMED.gln, "acts": ["repackaged"], "products": [cast.AMOXICILLIN],
           "from": "2026-01-01", "until": "2099-12-31"}  # fmt: skip
    registered(parts, MAKER, "administrator", msgspec.json.encode(act))
    page = client.get("/acts/repackage").text
    assert cast.AMOXICILLIN in page
    assert "No product that you may make" in client.get("/acts/relabel").text


def test_labels_are_for_who_made_the_packs(log_in: Callable[[str], FlaskClient]) -> None:
    client = log_in("maker")
    for statement in ("", "nonsense", "A" * 43):
        assert client.get("/acts/labels.pdf", query_string={"statement": statement}).status_code == 404


# Stories


def test_quarantine_then_release(people: Any, parts: Parts) -> None:
    """A whole case, as one: held goods cannot be shipped until they are released."""
    packs = fresh(parts, MAKER, 3)
    case = case_of(parts, packs)
    page = people("maker")
    page.goto("/acts/hold")
    scan(page, code_of(case))
    page.select_option("[name=why]", "Damaged")
    sentence(page, "holds 1 container (3 packs inside)")
    sign(page)
    page.goto("/ship")
    wedge(page, code_of(packs[0]), f'[data-epc="{packs[0]}"]')
    until(lambda: "cannot go" in page.inner_text("#basket"), "what the ship page says")
    page.goto("/acts/release")
    scan(page, code_of(case))
    page.select_option("[name=why]", index=1)
    sign(page)
    assert now(parts, case).condition is Condition.ACTIVE


def test_returned_received_back_and_released(people: Any, parts: Parts) -> None:
    epc = fresh(parts, MAKER)[0]
    hand_over(parts, MAKER, NORDMED, [epc])
    hand_over(parts, NORDMED, MARKT, [epc])
    page = people("pharmacy")
    page.goto("/acts/return")
    scan(page, code_of(epc))
    until(lambda: page.input_value("[name=receiver]") == NORDMED.gln, "the sender to be chosen")
    page.select_option("[name=why]", "Too many")
    page.fill("[name=rma]", "R-118")
    said_there = sentence(page, "back to Nordmed Wholesale")
    assert "Return number R-118." in said_there
    sign(page)
    there = people("quality3")
    there.goto("/home")
    assert "Return from Apotheke am Markt" in there.inner_text("main")
    there.goto("/acts/receive-return")
    scan(there, code_of(epc))
    assert "from Apotheke am Markt" in sentence(there, "takes 1 pack")
    sign(there)
    back = now(parts, epc)
    assert (back.custodian, back.condition) == (NORDMED.gln, Condition.RETURNED)
    there.goto("/acts/release")
    scan(there, code_of(epc))
    there.select_option("[name=why]", index=1)
    sign(there)
    assert now(parts, epc).condition is Condition.ACTIVE


def test_a_sample_is_destroyed_by_two_people(people: Any, parts: Parts) -> None:
    epc, other = fresh(parts, MAKER, 2)
    page = people("maker")
    page.goto("/acts/sample")
    scan(page, code_of(epc))
    page.select_option("[name=why]", index=1)
    sign(page)
    page.goto("/acts/destroy")
    scan(page, code_of(epc))
    page.select_option("[name=why]", "Sample no longer needed")
    sentence(page, "to be destroyed by a second person")
    sign(page)
    assert now(parts, epc).condition is Condition.SAMPLED
    first = now(parts, epc).acted
    page.goto("/acts/destroy")
    assert "Waits for another person's signature" in page.inner_text("#terms")
    assert page.locator("#terms [name=answers]:disabled").count() >= 1

    there = people("quality2")
    there.goto("/home")
    assert "To be destroyed, with your signature" in there.inner_text("main")
    there.goto("/acts/destroy")
    scan(there, code_of(epc))
    sentence(there, "destroys 1 pack")
    wedge(there, code_of(other), "#scanner .note:has-text('not among the goods')")
    sign(there)
    ended = now(parts, epc)
    assert ended.condition is Condition.DESTROYED
    with parts.history.view() as view:
        begun, done, event = view.fact(first), view.fact(ended.acted), view.body(ended.acted)
    assert begun is not None
    assert done is not None
    assert event is not None
    assert begun.kid != done.kid
    assert msgspec.json.decode(event.core)["ref"] == [begun.id]
    assert now(parts, other).condition is Condition.ACTIVE


def test_a_controlled_medicine_is_not_destroyed_by_one_person(people: Any, parts: Parts) -> None:
    """The log holds it: also where no page asks for the first signature, and where one person signs twice."""
    lot = Lot(cast.MORPHINE, fresh_lot().number, "2031-05-31")
    epc, other = fresh(parts, NORDMED, 2, lot)
    with pytest.raises(AssertionError, match="two people destroy it"):
        said(parts, NORDMED, "destroyed", [epc])
    page = people("distributor-quality")
    page.goto("/acts/destroy")
    scan(page, code_of(epc))
    page.select_option("[name=why]", "Expired")
    sentence(page, "to be destroyed by a second person")
    sign(page)
    assert now(parts, epc).condition is Condition.HELD
    page.goto("/acts/destroy")
    assert "Waits for another person's signature" in page.inner_text("#terms")
    there = people("distributor-quality2")
    there.goto("/home")
    there.click("text=To be destroyed, with your signature")
    there.wait_for_url("**/acts/destroy", wait_until="load")
    scan(there, code_of(epc))
    assert "Destroyed by Petra Lund" in sentence(there, "destroys 1 pack")
    sign(there)
    assert now(parts, epc).condition is Condition.DESTROYED
    there.goto(f"/item?epc={epc}")
    assert "Destruction agreed to by Nordmed Wholesale" in there.inner_text("main")
    assert now(parts, other).condition is Condition.ACTIVE


def test_goods_set_out_long_ago_are_found_by_a_scan(
    people: Any, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    epc = fresh(parts, MAKER)[0]
    said(parts, MAKER, "moved", [epc], reason="destruction: Expired", step="staging_outbound")
    monkeypatch.setattr(agreeing, "RECENT", 0)
    page = people("quality2")
    page.goto("/acts/destroy")
    assert page.locator("#terms [name=answers]").count() == 1
    scan(page, code_of(epc))
    assert "Reason: Expired." in sentence(page, "destroys 1 pack")
    sign(page)
    assert now(parts, epc).condition is Condition.DESTROYED


def test_stolen_goods_are_chosen_and_found_again(people: Any, parts: Parts) -> None:
    """They are not there to be scanned: chosen from the stock, and the evidence says claimed."""
    lot = fresh_lot()
    epc = fresh(parts, NORDMED, 1, lot)[0]
    page = people("distributor")
    page.goto("/acts/stolen")
    page.fill("#find-stock", f"amoxicillin {lot.number}")
    page.press("#find-stock", "Enter")
    until(lambda: page.locator("#stock [data-found] .item").count() == 1, "the one pack of its lot")
    page.click("#stock [data-found] button")
    page.select_option("[name=why]", "Burglary")
    sign(page)
    gone = now(parts, epc)
    assert gone.condition is Condition.STOLEN
    with parts.history.view() as view:
        fact = view.fact(gone.acted)
    assert fact is not None
    assert fact.claimed
    page.goto("/acts/found")
    scan(page, code_of(epc))
    page.select_option("[name=why]", index=3)
    sign(page)
    assert now(parts, epc).condition is Condition.FOUND


def test_goods_change_their_owner_where_they_lie(people: Any, parts: Parts) -> None:
    """Consignment: they lie with the wholesaler, and become its own with both signatures."""
    epc = fresh(parts, NORDMED)[0]
    page = people("maker")
    page.goto("/acts/offer")
    page.select_option("[name=owner]", NORDMED.gln)
    scan(page, code_of(epc))
    sentence(page, "offers the ownership of 1 pack")
    sign(page)
    assert now(parts, epc).owner == MAKER.gln
    there = people("distributor")
    there.goto("/home")
    there.click("text=Linden Arzneimittel offers you ownership")
    there.wait_for_url("**/acts/accept", wait_until="load")
    scan(there, code_of(epc))
    assert "after Linden Arzneimittel" in sentence(there, "becomes the owner")
    sign(there)
    assert there.locator("#terms [name=answers]:checked").count() == 0  # an offer is not accepted twice
    item = now(parts, epc)
    assert (item.owner, item.custodian) == (NORDMED.gln, NORDMED.gln)
    there.goto(f"/item?epc={epc}")
    outsider = people("pharmacy2")
    hand_over(parts, NORDMED, BRUNNEN, [epc])
    outsider.goto(f"/item?epc={epc}")
    assert "Ownership offered by Linden Arzneimittel" in outsider.inner_text("main")
    assert "Ownership offered by Linden Arzneimittel to" not in outsider.inner_text("main")


def test_a_carrier_holds_what_it_does_not_own(people: Any, parts: Parts) -> None:
    """Given to a logistics company, taken there, carried on to the pharmacy: the maker owns it all the way."""
    epc = fresh(parts, MAKER)[0]
    legs = [("maker", SUEDPHARM, "distributor2"), ("distributor2", MARKT, "pharmacy")]
    for sender, receiver, taker in legs:
        page = people(sender)
        page.goto("/acts/carry")
        page.select_option("[name=receiver]", receiver.gln)
        scan(page, code_of(epc))
        sign(page)
        there = people(taker)
        there.goto("/receive")
        scan(there, code_of(epc))
        sign(there)
        item = now(parts, epc)
        assert (item.custodian, item.receiver, item.owner) == (receiver.gln, None, MAKER.gln)
    there.goto(f"/item?epc={epc}")
    assert "Linden Arzneimittel" in there.inner_text("main")


def test_repackaged_packs_have_lot_and_serials_of_their_own(people: Any, parts: Parts) -> None:
    lot = fresh_lot("2029-03-31")
    packs = fresh(parts, MAKER, 2, lot)
    page = people("maker")
    page.goto("/acts/repackage")
    scan(page, *(code_of(epc) for epc in packs))
    page.select_option("[name=why]", index=1)
    assert page.input_value("[name=expiry]") == "2029-03-31"
    page.fill("[name=lot]", "RP77")
    page.fill("[name=count]", "6")
    sentence(page, "makes 6 packs")
    sign(page)
    printed = page.request.get(page.get_attribute(".receipt a[target]", "href"))
    assert printed.ok
    assert printed.body().startswith(b"%PDF")
    assert {now(parts, epc).condition for epc in packs} == {Condition.TRANSFORMED}
    with parts.history.view() as view:
        made = list(view.lot_items(cast.AMOXICILLIN, "RP77"))
    assert len(made) == 6


def test_a_form_is_signed_by_keyboard_alone(people: Any, parts: Parts) -> None:
    """Scan, choose the reason with the arrow keys, sign with Enter: the mouse is never touched."""
    epc = fresh(parts, MAKER)[0]
    page = people("maker")
    page.goto("/acts/hold")
    wedge(page, code_of(epc), f'[data-epc="{epc}"]')
    page.focus("[name=why]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.hasAttribute('data-sign')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_selector(".receipt")
    assert now(parts, epc).condition is Condition.HELD
