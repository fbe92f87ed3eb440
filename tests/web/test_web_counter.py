"""The pharmacy counter in a real Chromium: every answer, the one question after a bad one, and each way to
dispense, undo and lend; typed, wedged and by keys alone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from forms import token
from journey import code_of, now, scan, scanned, sign, until, wedge
from test_web_api import stamp, station

import app as composition
from traceability.custody.compose import Ends, compose
from traceability.custody.state import Condition, Lot
from traceability.demo import cast

pytestmark = pytest.mark.browser


@pytest.fixture
def page(people: Callable[[str], Any]) -> Any:
    """The computer at a pharmacy's counter."""
    return people("pharmacy2")


def verdict(page: Any, kind: str) -> str:
    """Wait for a verdict; returns what it says."""
    until(lambda: page.get_attribute("#verdict", "data-verdict") == kind, f"the verdict {kind}")
    said: str = page.inner_text("#verdict")
    return said


def trail(parts: composition.Parts, player: cast.Player, act: str) -> list[str]:
    return [row.detail for row in parts.office.trail(player.gln, limit=500) if row.act == act]


def unknown_code(serial: str) -> str:
    """What a hand scanner sends for a pack that nobody has signed for."""
    return f"01{cast.AMOXICILLIN}21{serial}\x1d1731043010NEW1"


def test_a_pack_is_wedged_and_dispensed_with_keys_alone(page: Any, parts: composition.Parts) -> None:
    (epc,) = restock(parts, cast.BRUNNEN, 1)
    pack = now(parts, epc)
    page.goto("/check")
    wedge(page, scanned(pack), "#verdict[data-verdict=clear]")
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.keyboard.press("Enter")
    assert "Signed and kept" in page.wait_for_selector(".receipt.clear").inner_text()
    assert now(parts, pack.epc).condition is Condition.DISPENSED
    page.evaluate("document.activeElement.blur()")
    wedge(page, scanned(pack), "#verdict[data-verdict=blocked].again")
    said = page.inner_text("#verdict")
    assert "Scanned twice" in said
    assert "What did you do?" not in said


def restock(parts: composition.Parts, player: cast.Player, count: int, *, case: bool = False) -> list[str]:
    """Fresh packs of the maker, handed to a counter, both sides signing; in a case whose EPC stands last."""
    maker, there = station(parts, cast.MAKER), station(parts, player)
    number = parts.history.chain(maker.key.public.kid).seq
    lot = Lot(cast.AMOXICILLIN, f"C{number}", "2031-04-30")
    epcs = cast.packs(lot, 0, count)
    ends = Ends(cast.MAKER.gln, player.gln, cast.MAKER.site, player.site)
    common = {"site": cast.MAKER.site, "signer": "Anna Weber"}
    acts = [compose("commissioned", time=stamp(), items=epcs, lot=lot, **common)]
    top = epcs
    if case:
        top = [cast.sscc(5000 + number)]
        acts.append(compose("packed", time=stamp(), items=epcs, parent=top[0], **common))
    acts.append(compose("shipped", time=stamp(), items=top, ends=ends, **common))
    for act in acts:
        submit(parts, maker.sign(act, stamp()))
    answered = compose(
        "received", time=stamp(), items=top, ends=ends, ref=[maker.chain.prev], site=player.site, signer="T"
    )
    submit(parts, there.sign(answered, stamp()))
    return [*epcs, *top] if case else epcs


def submit(parts: composition.Parts, raw: bytes) -> None:
    outcome = parts.sequencer.submit(raw)
    assert outcome.effect, outcome.rule


def test_part_of_a_pack_is_dispensed_and_the_count_kept(page: Any, parts: composition.Parts) -> None:
    (epc,) = restock(parts, cast.BRUNNEN, 1)
    page.goto("/check")
    scan(page, code_of(epc))
    verdict(page, "clear")
    page.click("#verdict [data-act=partly_dispensed]")
    assert page.inner_text("#part [data-count]") == "20 of 20 left"
    page.keyboard.type("8")
    assert page.input_value("[name=left]") == "12"
    until(lambda: "dispenses 8 units" in page.inner_text("#signing blockquote"), "the sentence")
    sign(page)
    assert (now(parts, epc).condition, now(parts, epc).left) == (Condition.PARTLY_DISPENSED, 12)

    scan(page, code_of(epc))
    until(lambda: page.query_selector("#verdict [data-left]"), "the count")
    assert page.inner_text("#verdict [data-left]") == "12 of 20 left"
    page.click("#verdict [data-act=partly_dispensed]")
    page.fill("[name=taken]", "5")
    page.fill("[name=left]", "9")
    assert "do not add up to the 12 units" in page.inner_text("#part")
    page.fill("[name=left]", "7")
    sign(page)
    assert now(parts, epc).left == 7


def test_what_is_in_a_case_is_dispensed_at_once(page: Any, parts: composition.Parts) -> None:
    *packs, case = restock(parts, cast.BRUNNEN, 4, case=True)
    page.goto("/check")
    scan(page, code_of(case))
    verdict(page, "clear")
    page.click("#verdict [data-act=together]")
    until(lambda: "dispenses 4 packs" in page.inner_text("#signing blockquote"), "one sentence for all")
    receipt = sign(page).inner_text()
    assert receipt.count("Receipt number") == 1
    assert {now(parts, epc).condition for epc in packs} == {Condition.DISPENSED}


def test_a_prescription_collects_packs_under_one_signature(page: Any, parts: composition.Parts) -> None:
    packs = restock(parts, cast.BRUNNEN, 3)
    page.goto("/check")
    scan(page, code_of(packs[0]))
    verdict(page, "clear")
    page.click("#verdict [data-act=together]")
    scan(page, code_of(packs[1]), code_of(packs[2]))
    until(lambda: len(page.query_selector_all("#basket .item")) == 3, "three packs")
    page.fill("[name=reference]", "Anna Weber")
    until(lambda: page.is_hidden("#signing"), "no signature over a name")
    page.fill("[name=reference]", "RX-2026-0815")
    until(lambda: "dispenses 3 packs" in page.inner_text("#signing blockquote"), "the sentence")
    sign(page)
    assert {now(parts, epc).condition for epc in packs} == {Condition.DISPENSED}
    with parts.history.view() as view:
        terms = view.terms(now(parts, packs[0]).acted)
    assert terms is not None
    (document,) = terms.bizTransactionList
    assert document.bizTransaction.endswith(f"{cast.BRUNNEN.gln}:RX-2026-0815")
    assert document.type is not None
    assert document.type.endswith("#prescription")
    assert page.is_hidden("#prescription")


def test_a_bad_answer_wants_to_know_what_was_done(page: Any, parts: composition.Parts) -> None:
    good = restock(parts, cast.BRUNNEN, 1)
    page.goto("/check")
    wedge(page, unknown_code("ASK1"), "#verdict[data-verdict=data_gap]")
    assert "What did you do?" in page.inner_text("#verdict")
    scan(page, code_of(good[0]))
    verdict(page, "clear")
    assert "Still to be answered" in page.inner_text("#open-questions")
    page.reload()
    page.wait_for_selector("#open-questions:not([hidden])")
    page.click("#open-questions [data-did=asked_sender]")
    until(lambda: page.is_hidden("#open-questions"), "the question to go")
    kept = until(lambda: trail(parts, cast.BRUNNEN, "counter: asked_sender"), "the trail")
    assert any("ASK1" in line and "data_gap/unknown" in line for line in kept)


def test_a_garbled_scan_is_answered_by_the_next_good_one(page: Any, parts: composition.Parts) -> None:
    (epc,) = restock(parts, cast.BRUNNEN, 1)
    page.goto("/check")
    page.fill("#code", f"01{cast.AMOXICILLIN}2")
    page.press("#code", "Enter")
    assert "What did you do?" in verdict(page, "scanner_fault")
    scan(page, code_of(epc))
    verdict(page, "clear")
    assert page.is_hidden("#open-questions")
    until(lambda: trail(parts, cast.BRUNNEN, "counter: scanned_again"), "the trail")


def test_what_is_put_aside_is_held_with_a_signature(page: Any, parts: composition.Parts) -> None:
    """The label says another lot than the maker signed: stop, set aside, hold."""
    (epc,) = restock(parts, cast.BRUNNEN, 1)
    page.goto("/check")
    scan(page, f"{code_of(epc)}(10)WRONG")
    assert "STOP" in verdict(page, "suspect")
    page.click("#verdict [data-did=put_aside]")
    until(lambda: "holds 1 pack" in page.inner_text("#signing blockquote"), "the sentence")
    sign(page)
    assert now(parts, epc).condition is Condition.HELD
    until(lambda: trail(parts, cast.BRUNNEN, "counter: put_aside"), "the trail")


def test_dispensed_elsewhere_is_a_stop(page: Any, parts: composition.Parts) -> None:
    (epc,) = restock(parts, cast.MARKT, 1)
    there = station(parts, cast.MARKT)
    act = compose("dispensed", time=stamp(), items=[epc], site=cast.MARKT.site, signer="T")
    submit(parts, there.sign(act, stamp()))
    page.goto("/check")
    scan(page, code_of(epc))
    said = verdict(page, "suspect")
    assert "STOP" in said
    assert "dispensed elsewhere" in said
    assert page.query_selector("#verdict [data-act]") is None


def dispensed(parts: composition.Parts, hours: float, site: str | None = None) -> str:
    """A pack that was dispensed some hours ago; its statement arrived only now."""
    (epc,) = restock(parts, cast.BRUNNEN, 1)
    then = (datetime.now(UTC) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    there = station(parts, cast.BRUNNEN)
    act = compose("dispensed", time=then, items=[epc], site=site or cast.BRUNNEN.site, signer="T")
    submit(parts, there.sign(act, stamp()))
    return epc


def test_a_dispensing_is_undone_within_240_hours(page: Any, parts: composition.Parts) -> None:
    epc = dispensed(parts, 239)
    page.goto("/check")
    scan(page, code_of(epc))
    assert "What did you do?" in verdict(page, "blocked")
    page.click("#verdict [data-act=undone]")
    assert "for another 0 h 5" in page.inner_text("#undo")
    assert page.is_hidden("#signing")
    page.check("[name=never]")
    until(lambda: "takes back the dispensing" in page.inner_text("#signing blockquote"), "the sentence")
    assert "never reached the public" in page.inner_text("#signing blockquote")
    sign(page)
    assert now(parts, epc).condition is Condition.ACTIVE


def test_after_240_hours_the_condition_that_failed_is_said(page: Any, parts: composition.Parts) -> None:
    epc = dispensed(parts, 241)
    page.goto("/check")
    scan(page, code_of(epc))
    assert "within 240 hours" in verdict(page, "blocked")
    assert page.query_selector("#verdict [data-act=undone]") is None


def test_another_place_does_not_undo(page: Any, parts: composition.Parts) -> None:
    epc = dispensed(parts, 1)
    parts.office.set_site("pharmacy2", None)
    try:
        page.goto("/check")
        scan(page, code_of(epc))
        assert "Only there is it undone" in verdict(page, "blocked")
        assert page.query_selector("#verdict [data-act=undone]") is None
    finally:
        parts.office.set_site("pharmacy2", cast.BRUNNEN.site)


def test_packs_are_lent_and_taken(page: Any, people: Any, parts: composition.Parts) -> None:
    (epc,) = restock(parts, cast.BRUNNEN, 1)
    page.goto("/check")
    page.click(".counter-head [href='/lend']")
    page.wait_for_url("**/lend")
    page.wait_for_load_state("load")
    page.select_option("[name=receiver]", cast.STERN.gln)
    assert cast.NORDMED.name not in page.inner_text("[name=receiver]")
    page.fill("[name=note]", "L-7")
    scan(page, code_of(epc))
    sign(page)
    lent = now(parts, epc)
    assert lent.receiver == cast.STERN.gln
    with parts.history.view() as view:
        terms = view.terms(lent.acted)
    assert terms is not None
    assert terms.reason == "Lent"
    assert str(terms.bizTransactionList[0].type).endswith("#lending")
    there = people("pharmacy3")
    there.goto("/receive")
    scan(there, code_of(epc))
    sign(there)
    taken = now(parts, epc)
    assert (taken.custodian, taken.receiver) == (cast.STERN.gln, None)


def test_an_answer_is_kept_once_and_only_if_it_was_offered(
    parts: composition.Parts, log_in: Callable[[str], FlaskClient]
) -> None:
    client = log_in("pharmacy2")
    headers = {"X-CSRFToken": token(client, "/check")}
    done = {
        "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "kind": "suspect",
        "reason": "lot",
        "what": "X1",
        "did": "told_authority",
        "at": stamp(),
    }
    for _ in range(2):
        assert client.post("/pharmacy/answers", json=done, headers=headers).status_code == 200
    assert len(trail(parts, cast.BRUNNEN, "counter: told_authority")) == 1
    for wrong in ({"did": "sold_it"}, {"kind": "clear"}, {"id": "<b>"}, {"more": 1}):
        assert client.post("/pharmacy/answers", json=done | wrong, headers=headers).status_code == 400
