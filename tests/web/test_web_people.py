"""Proving who one is in a real Chromium: passkeys, locks, sessions that end, grave acts, lost devices."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from journey import code_of, enrol, held, log_in, open_page, prove, ready, scan, sign, until

import app as composition
from traceability.demo import cast
from traceability.store.trail import Search, Trail

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """A page at localhost: passkeys need a name, not a number."""
    opened, troubles = open_page(browser, address.replace("127.0.0.1", "localhost"))
    yield opened
    opened.context.close()
    assert [one for one in troubles if not one.startswith("Failed to load resource")] == []


class Authenticator(NamedTuple):
    """Chromium's virtual authenticator, which verifies its user, and the way to it."""

    devtools: Any
    id: str

    def copy_credential_with_count(self, count: int) -> None:
        """Put a copy of its one credential in its place, whose signature counter stands elsewhere."""
        where = {"authenticatorId": self.id}
        (known,) = self.devtools.send("WebAuthn.getCredentials", where)["credentials"]
        self.devtools.send("WebAuthn.removeCredential", where | {"credentialId": known["credentialId"]})
        self.devtools.send("WebAuthn.addCredential", where | {"credential": known | {"signCount": count}})


@pytest.fixture(autouse=True)
def authenticator(page: Any) -> Authenticator:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Authenticator(devtools, made["authenticatorId"])


def acts(parts: composition.Parts, who: str) -> list[str]:
    """What somebody did, newest first."""
    return [row.act for row in Trail(parts.office).search(None, Search(who=who))]


def dialog(page: Any) -> Any:
    return page.wait_for_selector("#lock[open]")


def add_passkey(page: Any, name: str) -> None:
    page.goto("/devices")
    page.fill("#add-passkey [name=name]", name)
    page.click("#add-passkey button")
    page.wait_for_selector(f"text={name}")


def log_out(page: Any) -> None:
    page.click("form[action='/logout'] button:visible")
    page.wait_for_url("**/")


def test_a_passkey_opens_what_its_password_opens(page: Any, parts: composition.Parts) -> None:
    log_in(page, "pharmacy2")
    add_passkey(page, "My fingerprint")
    log_out(page)
    page.goto("/login?next=/check")
    page.click("[data-passkey]")
    page.wait_for_url(lambda url: "/login" not in url)
    assert page.url.endswith("/check")
    page.goto("/devices")
    assert "last used" in page.inner_text("li:has-text('My fingerprint')")
    page.click("[aria-label='Remove My fingerprint']")
    page.wait_for_selector("text=opens nothing here any more")
    assert acts(parts, "pharmacy2")[:4] == ["passkey removed", "login", "logout", "passkey added"]
    log_out(page)
    page.goto("/login")
    page.click("[data-passkey]")
    page.wait_for_selector("#login-form .note.stop")


def test_a_copied_passkey_whose_counter_stands_still_is_refused(
    page: Any, parts: composition.Parts, authenticator: Authenticator
) -> None:
    log_in(page, "pharmacy2")
    add_passkey(page, "Copied")
    for arrives in ("h1:has-text('Brunnen')", "#login-form .note.stop"):
        authenticator.copy_credential_with_count(5)
        log_out(page)
        page.goto("/login")
        page.click("[data-passkey]")
        page.wait_for_selector(arrives)
    assert "could not be checked" in page.inner_text("#login-form .note.stop")
    assert acts(parts, "pharmacy2")[0] == "login refused"


def test_a_lock_opens_with_password_or_passkey(page: Any, application: Any, parts: composition.Parts) -> None:
    log_in(page, "pharmacy2")
    page.goto("/devices")
    page.click("[data-lock]")
    dialog(page)
    page.fill("#lock [name=password]", cast.PASSWORD)
    page.press("#lock [name=password]", "Enter")
    until(lambda: page.query_selector("#lock[open]") is None, "the lock to open")
    add_passkey(page, "Key on my ring")
    page.click("[data-lock]")
    dialog(page)
    page.click("#lock [data-passkey]")
    until(lambda: page.query_selector("#lock[open]") is None, "the lock to open")
    assert acts(parts, "pharmacy2")[0] == "unlocked"


def test_a_lock_keeps_what_was_scanned(page: Any, parts: composition.Parts) -> None:
    ready(page, "maker")
    item = held(parts, cast.MAKER.gln, packs=True)
    page.goto("/ship")
    scan(page, code_of(item.epc))
    page.select_option("[name=receiver]", cast.STERN.gln)
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.click("[data-lock]")
    dialog(page)
    page.keyboard.press("Escape")
    assert page.query_selector("#lock[open]") is not None
    assert page.request.get("/ship", max_redirects=0).status == 302
    page.fill("#lock [name=password]", "not this one")
    page.press("#lock [name=password]", "Enter")
    assert "do not go together" in page.wait_for_selector("#lock .note.stop").inner_text()
    page.fill("#lock [name=password]", cast.PASSWORD)
    page.press("#lock [name=password]", "Enter")
    until(lambda: page.query_selector("#lock[open]") is None, "the lock to open")
    assert page.input_value("[name=receiver]") == cast.STERN.gln
    sign(page)


def test_idling_locks_and_a_hand_on_it_does_not(page: Any) -> None:
    log_in(page, "pharmacy")
    page.clock.install()
    page.goto("/check")
    page.clock.fast_forward("10:00")
    page.keyboard.press("Shift")
    page.clock.fast_forward("10:00")
    assert page.query_selector("#lock[open]") is None
    page.clock.fast_forward("16:00")
    dialog(page)
    assert "what you scanned is still on this page" in page.inner_text("#lock")


def test_a_session_that_ended_loses_no_signature(page: Any, parts: composition.Parts) -> None:
    ready(page, "maker")
    item = held(parts, cast.MAKER.gln, packs=True)
    page.goto("/ship")
    scan(page, code_of(item.epc))
    page.select_option("[name=receiver]", cast.STERN.gln)
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.context.clear_cookies()
    page.click("#signing [data-sign]")
    dialog(page)
    assert "Nothing is lost" in page.inner_text("#lock")
    page.fill("#lock [name=password]", cast.PASSWORD)
    page.press("#lock [name=password]", "Enter")
    assert "Signed and kept" in page.wait_for_selector(".receipt").inner_text()


def test_another_persons_session_signs_nothing_of_mine(page: Any, parts: composition.Parts) -> None:
    ready(page, "maker")
    item = held(parts, cast.MAKER.gln, packs=True)
    page.goto("/ship")
    scan(page, code_of(item.epc))
    other = page.context.new_page()
    other.goto("/login")
    log_out(other)
    log_in(other, "distributor2")
    page.select_option("[name=receiver]", cast.STERN.gln)
    page.wait_for_selector("text=Somebody else is logged in here now: distributor2")
    assert page.is_disabled("#signing [data-sign]")


def test_a_recall_says_who_means_what_and_asks_who_it_is(page: Any, parts: composition.Parts) -> None:
    ready(page, "maker")
    page.goto("/recall")
    page.select_option("[name=gtin]", cast.IBUPROFEN)
    page.select_option("[name=lot]", "R02")
    page.fill("[name=reason]", "Proven twice")
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    assert "Recalled by Anna Weber" in page.inner_text("#signing blockquote")
    for _ in range(2):
        page.click("#signing [data-sign]")
    dialog(page)
    assert "Recalled by Anna Weber" in page.inner_text("#lock blockquote")
    page.click("#lock [data-cancel]")
    page.wait_for_selector("text=Nothing was signed.")
    for _ in range(2):
        page.click("#signing [data-sign]")
    prove(page)
    page.wait_for_url("**/recalls/*")
    rows = Trail(parts.office).search(None, Search(who="maker", act="signed"))
    assert (rows[0].new, rows[0].why) == ("recall", "password")
    assert "proved again" in acts(parts, "maker")


def test_a_lost_device_signs_nothing_and_its_key_ends(page: Any, parts: composition.Parts) -> None:
    log_in(page, "distributor2")
    enrol(page, "Dock tablet")
    page.goto("/devices")
    page.click("li:has-text('Dock tablet') [data-lose]")
    page.click("dialog[open] .danger")
    page.wait_for_selector("text=Reported lost.")
    page.wait_for_selector("#key-state:has-text('revoked; enrol this device again')")
    lost = [one for one in parts.office.enrolments(login="distributor2") if one.device == "Dock tablet"]
    assert {one.state for one in lost} == {"revoked"}
    assert parts.history.registry.keyring.signer(lost[-1].kid).revoked is not None


def test_a_device_near_its_last_day_says_so_and_after_it_signs_nothing(
    page: Any, parts: composition.Parts
) -> None:
    log_in(page, "pharmacy3")
    enrol_chinese(page)
    kid = parts.office.enrolments(login="pharmacy3")[-1].kid
    with parts.office.change() as db:
        db.execute("UPDATE enrolment SET expires = date('now', '+5 days') WHERE kid = ?", (kid,))
    page.goto("/ship")
    page.wait_for_selector("#signing a[href='/devices']", state="attached")
    with parts.office.change() as db:
        db.execute("UPDATE enrolment SET expires = date('now', '-1 days') WHERE kid = ?", (kid,))
    page.goto("/devices")
    page.wait_for_selector("#key-state .note.stop")
    page.wait_for_selector("#enrol:not([hidden])")


def enrol_chinese(page: Any) -> None:
    """The pharmacist of Stern-Apotheke works in Chinese; the way is the same."""
    enrol(page, "柜台电脑")


def test_the_trail_is_searched_and_its_file_has_the_lines(page: Any) -> None:
    log_in(page, "authority")
    page.goto("/trail")
    page.select_option("[name=who]", "authority")
    page.select_option("[name=act]", "login")
    page.click("form[role=search] .primary")
    page.wait_for_url("**/trail?**")
    lines = page.query_selector_all("table.trail tbody tr")
    assert lines
    assert {"Rosa Lang" in line.inner_text() for line in lines} == {True}
    file = page.request.get(page.get_attribute("form[role=search] a[href*='trail.csv']", "href")).text()
    assert len(file.splitlines()) == len(lines) + 1
    page.emulate_media(media="print")
    assert page.is_hidden("form[role=search]")
    assert "Printed by Rosa Lang" in page.inner_text(".print-only")
    page.emulate_media(media="screen")
    page.fill("[name=text]", "no line says this")
    page.click("form[role=search] .primary")
    page.wait_for_selector(":text('Ask for less')")


def test_a_keyboard_alone_adds_somebody_who_chooses_a_password(page: Any, browser: Any) -> None:
    log_in(page, "authority")
    page.goto("/people")
    page.focus("[name=name]")
    for text in ("Ada Neu", "ada.neu"):
        page.keyboard.type(text, delay=120)
        page.keyboard.press("Tab")
    page.keyboard.type("quality", delay=120)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    link = page.wait_for_selector(".note.clear input").input_value()
    context = browser.new_context(locale="en-GB")
    fresh = context.new_page()
    fresh.goto(link)
    for name in ("new", "again"):
        fresh.fill(f"[name={name}]", "several words in a row")
    fresh.keyboard.press("Enter")
    fresh.wait_for_selector("h1:has-text('You and this device')")
    assert "quality" in fresh.inner_text(".head")
    context.close()
