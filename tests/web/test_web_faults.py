"""What goes wrong while a person signs: no connection, two tabs, an administrator elsewhere; and undoing."""

import threading
from typing import Any

import pytest
import waitress
from journey import code_of, log_in, scan, sign, until
from test_web_api import loose_pack, stamp
from test_web_browser import now

import app as composition
from traceability.custody.state import Condition
from traceability.demo import cast, folder
from traceability.ledger.keyfile import KeyFile, new_nonce
from traceability.ledger.station import Station
from traceability.store.office import Account
from traceability.web import enrolment

pytestmark = pytest.mark.browser


def test_what_was_signed_offline_is_delivered_once(people: Any, parts: composition.Parts) -> None:
    """The bytes are stored first, sent again until there is a receipt, and never signed twice."""
    epc = loose_pack(parts, cast.MAKER)
    page = people("maker")
    page.goto("/ship")
    page.select_option("[name=receiver]", cast.NORDMED.gln)
    scan(page, code_of(epc))
    sent: list[str] = []
    page.route("**/api/statements", lambda route: (sent.append(route.request.post_data), route.abort()))
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.click("#signing [data-sign]")
    assert "kept on this device" in page.wait_for_selector(".receipt").inner_text()
    assert page.inner_text("#outbox-badge") == "1 waiting"
    assert now(parts, epc).receiver is None
    page.unroute("**/api/statements")
    seen: list[str] = []
    page.on(
        "request",
        lambda request: seen.append(request.post_data) if request.url.endswith("/api/statements") else None,
    )
    until(lambda: "Receipt number" in page.inner_text(".receipt"), "the receipt")
    assert now(parts, epc).receiver == cast.NORDMED.gln
    assert set(sent) == set(seen)
    until(lambda: page.is_hidden("#outbox-badge"), "the badge to go")


def test_signed_and_left_is_delivered_from_the_next_page(people: Any, parts: composition.Parts) -> None:
    epc = loose_pack(parts, cast.MAKER)
    page = people("maker")
    page.goto("/ship")
    page.select_option("[name=receiver]", cast.NORDMED.gln)
    scan(page, code_of(epc))
    page.route("**/api/statements", lambda route: route.abort())
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.click("#signing [data-sign]")
    assert "kept on this device" in page.wait_for_selector(".receipt").inner_text()
    page.unroute("**/api/statements")
    page.goto("/pack")
    until(lambda: now(parts, epc).receiver == cast.NORDMED.gln, "the delivery")


def test_an_act_that_the_rules_refuse_cannot_be_signed(people: Any, parts: composition.Parts) -> None:
    epc = loose_pack(parts, cast.MARKT)
    page = people("pharmacy2")
    page.goto("/ship")
    page.select_option("[name=receiver]", cast.NORDMED.gln)
    page.fill("#code", code_of(epc))
    page.press("#code", "Enter")
    line = page.wait_for_selector("#basket .item.stop")
    assert "Receive it first" in line.inner_text()
    until(lambda: "not in your custody" in page.inner_text("#signing .said"), "the rule's sentence")
    assert page.is_disabled("#signing [data-sign]")


def test_a_dispatch_is_voided(people: Any, parts: composition.Parts) -> None:
    epc = loose_pack(parts, cast.MAKER)
    page = people("maker")
    page.goto("/ship")
    page.select_option("[name=receiver]", cast.SUEDPHARM.gln)
    scan(page, code_of(epc))
    sign(page)
    page.goto("/void")
    scan(page, code_of(epc))
    page.fill("[name=reason]", "Wrong receiver")
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.click("#signing [data-sign]")
    assert now(parts, epc).receiver == cast.SUEDPHARM.gln
    page.click("#signing [data-sign]")
    page.wait_for_selector(".receipt")
    assert now(parts, epc).receiver is None


def test_a_delivery_is_refused(people: Any, parts: composition.Parts) -> None:
    epc = loose_pack(parts, cast.MAKER)
    page = people("maker")
    page.goto("/ship")
    page.select_option("[name=receiver]", cast.SUEDPHARM.gln)
    scan(page, code_of(epc))
    sign(page)
    there = people("distributor2")
    there.goto("/refuse")
    scan(there, code_of(epc))
    there.fill("[name=reason]", "Damaged")
    there.wait_for_selector("#signing [data-sign]:not([disabled])")
    there.click("#signing [data-sign]")
    there.click("#signing [data-sign]")
    there.wait_for_selector(".receipt")
    back = now(parts, epc)
    assert (back.receiver, back.condition) == (cast.MAKER.gln, Condition.RETURNED)


def test_missing_contents_are_told_and_recorded(people: Any, parts: composition.Parts) -> None:
    """A case is opened at the door: one of its packs is not there."""
    with parts.history.view() as view:
        case, inside = next(
            (item.epc, list(view.children(item.epc)))
            for item in view.holdings(cast.MAKER.gln, limit=10_000)
            if item.receiver is None
            and 1 < len([child for child in view.children(item.epc) if "/01/" in child]) <= 30
            and not any(lot and view.registry.recalls_of_lot(lot) for lot in view.contents(item.epc))
        )  # fmt: skip
    page = people("maker")
    page.goto("/ship")
    page.select_option("[name=receiver]", cast.NORDMED.gln)
    scan(page, code_of(case))
    sign(page)
    there = people("distributor")
    there.goto("/receive")
    scan(there, *(code_of(epc) for epc in inside[1:]))

    until(lambda: "1 pack of an opened container" in there.inner_text("#differences"), "the difference")
    there.check("#differences input")
    until(
        lambda: "announced as inside are not there" in there.inner_text("#signing blockquote"), "the sentence"
    )
    sign(there)
    gone, taken = now(parts, inside[0]), now(parts, case)
    assert (gone.condition, gone.container) == (Condition.SHORT, None)
    assert (taken.custodian, taken.receiver) == (cast.NORDMED.gln, None)


@pytest.fixture
def grown_up(parts: composition.Parts, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server over the same log that approves nobody by itself."""
    monkeypatch.setattr(folder, "administrators", lambda _settings: {})
    server = waitress.create_server(composition.build(parts), host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)


def ask(page: Any, login: str) -> None:
    log_in(page, login)
    page.goto("/devices")
    page.wait_for_selector("#enrol:not([hidden])")
    page.fill("[name=device]", f"{login}'s computer")
    page.click("#enrol button")
    page.wait_for_selector("#key-state .note.again strong")


def test_an_administrator_approves_and_revokes_in_the_browser(
    browser: Any, parts: composition.Parts, grown_up: str
) -> None:
    chief = Account("chief", "Carla Chief", cast.NORDMED.gln, "administrator", published=True)
    parts.office.add_account(chief, cast.PASSWORD)
    desk = browser.new_context(base_url=grown_up, locale="en-GB").new_page()
    ask(desk, "chief")
    # The authority registers an administrator's key, at its own desk.
    (asked,) = parts.office.enrolments(login="chief")
    path = next(parts.settings.stations.glob("authority-*.pem"))
    key = KeyFile.open(path, cast.PASSPHRASE).key
    authority = Station(
        key,
        cast.AUTHORITY.gln,
        parts.trust.origin,
        chain=parts.history.chain(key.public.kid),
        nonce=new_nonce,
    )
    assert parts.sequencer.submit(authority.register(enrolment.act_of(asked), stamp())).effect

    bay = browser.new_context(base_url=grown_up, locale="en-GB").new_page()
    ask(bay, "distributor")
    desk.goto("/devices/requests")
    desk.click("[data-act*='\"key\"']")
    until(lambda: "registers a device key" in desk.inner_text("#signing blockquote"), "the sentence")
    sign(desk)
    bay.wait_for_selector("#key-state .note.clear")
    (mine,) = [
        one for one in parts.office.enrolments(login="distributor") if one.device == "distributor's computer"
    ]
    assert enrolment_state(parts, mine.kid) == "approved"
    desk.goto("/devices/requests")
    desk.click(f"[data-act*='{mine.kid}'][data-act*='revoke']")
    sign(desk)
    assert enrolment_state(parts, mine.kid) == "revoked"
    for page in (desk, bay):
        page.context.close()


def enrolment_state(parts: composition.Parts, kid: str) -> str:
    record = parts.history.registry.keyring.signer(kid)
    return "unknown" if record is None else "approved" if record.revoked is None else "revoked"
