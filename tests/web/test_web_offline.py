"""Without a network, in a real Chromium: fifty dispenses, restarts, refusals, two tabs, a full disk, a session
that has ended, a key that was revoked. Nothing is lost and nothing counts twice."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import waitress
from flask import Flask
from goods import registered
from journey import code_of, enrol, now, ready, scan, until
from test_web_api import stamp, station
from test_web_counter import restock, submit, trail, verdict

import app as composition
from benchmarks.filming import CHROMIUM_FLAGS, executable
from traceability.custody.compose import compose
from traceability.custody.state import Condition
from traceability.demo import cast
from traceability.ledger.keyfile import KeyFile, new_nonce
from traceability.ledger.station import Station
from traceability.proof.statement import Statement
from traceability.web import enrolment
from traceability.web import reading as readings

pytestmark = pytest.mark.browser

FIFTY = 50


class Plug:
    """A server that can be pulled out of the wall, and put back at the same address."""

    def __init__(self, application: Flask) -> None:
        self.application = application
        self.port = 0
        self.put_in()

    def put_in(self) -> None:
        self.server = waitress.create_server(self.application, host="127.0.0.1", port=self.port, threads=8)
        self.port = self.server.effective_port
        self.thread = threading.Thread(target=self._run, name="plug", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # pulled while it listened
            self.server.run()

    def pull(self) -> None:
        for channel in list(self.server.active_channels.values()):
            channel.will_close = True
        self.server.close()
        self.thread.join(timeout=5)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def plug(application: Flask) -> Iterator[Plug]:
    made = Plug(application)
    yield made
    made.pull()


class Profile:
    """A browser with a profile on disk, which can be killed and started again."""

    def __init__(self, chromium: Any, folder: Path, plug: Plug) -> None:
        self.chromium, self.folder, self.plug = chromium, folder, plug
        self.context: Any = None

    def open(self, *, offline: bool = False) -> Any:
        self.context = self.chromium.launch_persistent_context(
            self.folder,
            executable_path=executable(),
            args=[*CHROMIUM_FLAGS],
            base_url=self.plug.address,
            locale="en-GB",
        )
        self.context.set_offline(offline)
        page = self.context.new_page()
        page.set_default_timeout(20_000)
        return page

    def close(self) -> None:
        if self.context is not None:
            self.context.close()
            self.context = None

    def cut(self) -> None:
        """No network at all: neither for the pages nor for the service worker."""
        self.context.set_offline(True)
        self.plug.pull()


@pytest.fixture
def profile(browser: Any, plug: Plug, tmp_path: Path) -> Iterator[Profile]:
    made = Profile(browser.browser_type, tmp_path / "profile", plug)
    yield made
    made.close()


def prepared(page: Any, login: str = "pharmacy2", path: str = "/check") -> None:
    """Logged in, enrolled, the service worker in charge, pages and stock kept."""
    ready(page, login)
    page.goto(path)
    until(lambda: page.evaluate("navigator.serviceWorker.controller !== null"), "the service worker")
    until(lambda: page.evaluate("localStorage.getItem('pages-kept')"), "the pages to be kept")


def sync(page: Any) -> None:
    """The newest stock, as after a night with the network."""
    page.evaluate("import('/static/js/stock.js').then((one) => one.refreshStock({ force: true }))")


def outbox(page: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate("import('/static/js/outbox.js').then((one) => one.all())")
    return found


def dispense(page: Any, epc: str) -> None:
    """Scan and sign, with the network gone."""
    scan(page, code_of(epc))
    until(lambda: epc in page.text_content("#signing pre"), "the statement about this pack")
    assert page.query_selector("#verdict.offline[data-verdict=clear]")
    sign_away(page)


STOCK = (
    "import('/static/js/database.js').then((one) => one.read('copies', 'stock')).then((kept) => kept ?? null)"
)


def numbers(parts: composition.Parts, kid: str) -> list[int]:
    """The seq of every statement of a key that is in the log."""
    with parts.history.view() as view:
        entries = [view.entry(position) for position in range(view.reader.size())]
    statements = [Statement.parse(entry.jws) for entry in entries if entry is not None]
    return [one.claims.seq for one in statements if one.kid == kid]


def test_fifty_dispenses_without_a_network(profile: Profile, parts: composition.Parts) -> None:
    packs = restock(parts, cast.BRUNNEN, FIFTY)
    page = profile.open()
    prepared(page)
    sync(page)
    profile.cut()
    for first in range(0, FIFTY, 20):
        if first:  # killed and started again, still without a network
            profile.close()
            page = profile.open(offline=True)
        page.goto("/check")
        for epc in packs[first : first + 20]:
            dispense(page, epc)
        assert page.inner_text("#outbox-badge") == f"{min(first + 20, FIFTY)} waiting"
    page.goto("/outbox")
    until(lambda: len(page.query_selector_all("#waiting-list li")) == FIFTY, "all to be listed")
    kept = outbox(page)
    kid = kept[0]["kid"]
    assert [one["seq"] for one in kept] == list(range(FIFTY))
    assert not any(now(parts, epc).condition is Condition.DISPENSED for epc in packs)
    profile.close()

    profile.plug.put_in()
    page = profile.open()
    page.goto("/outbox")
    until(
        lambda: page.is_visible("#waiting-empty") and page.is_hidden("#outbox-badge"),
        "all to be sent",
    )
    assert numbers(parts, kid) == list(range(FIFTY))
    assert {now(parts, epc).condition for epc in packs} == {Condition.DISPENSED}


def back(profile: Profile) -> None:
    """The network returns."""
    profile.plug.put_in()
    profile.context.set_offline(False)


def all_sent(page: Any) -> None:
    until(
        lambda: not any("receipt" not in one and "stuck" not in one for one in outbox(page)), "all to be sent"
    )


def test_a_refused_one_in_the_middle_strands_no_others(profile: Profile, parts: composition.Parts) -> None:
    """Another device of the pharmacy has dispensed the second of three packs meanwhile."""
    packs = restock(parts, cast.BRUNNEN, 3)
    page = profile.open()
    prepared(page)
    sync(page)
    profile.cut()
    for epc in packs:
        dispense(page, epc)
    other = station(parts, cast.BRUNNEN)
    act = compose("dispensed", time=stamp(), items=[packs[1]], site=cast.BRUNNEN.site, signer="T")
    submit(parts, other.sign(act, stamp()))
    back(profile)
    all_sent(page)
    kept = outbox(page)
    assert [(one.get("refused") or {}).get("rule") for one in kept] == [None, "dispense.blocked", None]
    assert numbers(parts, kept[0]["kid"]) == [0, 1, 2]
    assert {now(parts, epc).condition for epc in packs} == {Condition.DISPENSED}
    until(lambda: page.inner_text("#outbox-badge") == "1 to look at", "the badge")
    page.click("#outbox-badge")
    said = page.wait_for_selector("#trouble-list li").inner_text()
    assert "dispenses 1 pack of Amoxicillin" in said
    assert "is dispensed" in said
    assert "could not be handed out any more" in said
    page.click("#trouble-list button")
    until(lambda: page.is_hidden("#outbox-badge") and page.is_hidden("#trouble"), "it to be dealt with")


def test_two_tabs_share_one_chain(profile: Profile, parts: composition.Parts) -> None:
    packs = restock(parts, cast.BRUNNEN, 4)
    page = profile.open()
    prepared(page)
    sync(page)
    other = profile.context.new_page()
    other.goto("/check")
    profile.cut()
    for epc, tab in zip(packs, [page, other, page, other], strict=True):
        dispense(tab, epc)
    until(lambda: page.inner_text("#outbox-badge") == "4 waiting", "the badge in the first tab")
    back(profile)
    all_sent(page)
    kept = outbox(page)
    assert [one["seq"] for one in kept] == numbers(parts, kept[0]["kid"]) == [0, 1, 2, 3]
    assert {now(parts, epc).condition for epc in packs} == {Condition.DISPENSED}
    for tab in (page, other):
        until(lambda tab=tab: "Receipt number" in tab.inner_text(".receipt"), "the receipts in both tabs")


FULL = """() => {
  window.roomyPut = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""


def test_a_full_disk_is_said_and_nothing_is_signed(profile: Profile, parts: composition.Parts) -> None:
    (epc,) = restock(parts, cast.BRUNNEN, 1)
    page = profile.open()
    prepared(page)
    sync(page)
    scan(page, code_of(epc))
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.evaluate(FULL)
    page.click("#signing [data-sign]")
    until(lambda: "no room left" in page.inner_text("#signing .said"), "the reason")
    assert outbox(page) == []
    assert now(parts, epc).condition is Condition.ACTIVE
    page.evaluate("() => { IDBObjectStore.prototype.put = window.roomyPut; }")
    page.click("#signing [data-sign]")
    page.wait_for_selector(".receipt.clear")
    assert [one["seq"] for one in outbox(page)] == [0]
    assert now(parts, epc).condition is Condition.DISPENSED


def test_a_session_that_has_ended_loses_nothing(profile: Profile, parts: composition.Parts) -> None:
    packs = restock(parts, cast.BRUNNEN, 2)
    page = profile.open()
    prepared(page)
    sync(page)
    profile.cut()
    dispense(page, packs[0])
    profile.context.clear_cookies()
    back(profile)
    all_sent(page)  # a statement is its own authentication
    assert now(parts, packs[0]).condition is Condition.DISPENSED
    # The page asks who is there, and goes on where it was, without being loaded again.
    page.wait_for_selector("#lock[open]")
    page.fill("#lock [name=password]", cast.PASSWORD)
    page.press("#lock [name=password]", "Enter")
    until(lambda: page.query_selector("#lock[open]") is None, "the open page")
    scan(page, code_of(packs[1]))
    until(lambda: "as of" not in page.inner_text("#verdict"), "the answer of the log")
    verdict(page, "clear")
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.click("#signing [data-sign]")
    until(lambda: now(parts, packs[1]).condition is Condition.DISPENSED, "the second dispensing")


def test_a_key_revoked_in_the_middle_of_the_work(profile: Profile, parts: composition.Parts) -> None:
    packs = restock(parts, cast.BRUNNEN, 2)
    page = profile.open()
    prepared(page)
    sync(page)
    profile.cut()
    for epc in packs:
        dispense(page, epc)
    kid = outbox(page)[0]["kid"]
    asked = parts.office.enrolment(kid)
    assert asked is not None
    chief = administrator(parts, cast.BRUNNEN)
    submit(parts, chief.register(enrolment.revocation(asked, "lost", stamp()), stamp()))
    back(profile)
    all_sent(page)
    assert [one["stuck"]["step"] for one in outbox(page)] == [2, 2]
    until(lambda: page.inner_text("#outbox-badge") == "2 to look at", "the badge")
    enrol(page)
    page.goto("/outbox")
    assert "no longer valid" in page.wait_for_selector("#trouble-list li").inner_text()
    for left in (1, 0):
        page.click("#trouble-list li [data-again]")
        page.wait_for_selector("#signing [data-sign]:not([disabled])")
        page.click("#signing [data-sign]")
        until(lambda left=left: len(page.query_selector_all("#trouble-list li")) == left, "one less")
    assert {now(parts, epc).condition for epc in packs} == {Condition.DISPENSED}
    assert len(numbers(parts, kid)) == 0
    until(lambda: page.is_hidden("#outbox-badge"), "the badge to go")


def administrator(parts: composition.Parts, player: cast.Player) -> Station:
    path = next(parts.settings.stations.glob(f"{player.login}-administrator.pem"))
    key = KeyFile.open(path, cast.PASSPHRASE).key
    chain = parts.history.chain(key.public.kid)
    return Station(key, player.gln, parts.trust.origin, chain=chain, nonce=new_nonce)


def test_what_is_not_known_is_never_clear(profile: Profile, parts: composition.Parts) -> None:
    (epc,) = restock(parts, cast.STERN, 1)
    page = profile.open()
    prepared(page, "pharmacy")
    sync(page)
    profile.cut()
    recalled = f"01{cast.IBUPROFEN}21NEVERSEEN\x1d1731043010R02"
    for code, kind, said in [
        (code_of(epc), "data_gap", "not in the stock as of"),
        (recalled, "blocked", "is recalled"),
        ("01095213210000182", "scanner_fault", "cannot be understood"),
    ]:
        page.fill("#code", code)
        page.press("#code", "Enter")
        assert said in verdict(page, kind)
        assert page.query_selector("#verdict [data-act]") is None
        assert "last synced state" in page.inner_text("#verdict")
    page.click("#verdict [data-did=typed_in]")
    before = trail(parts, cast.MARKT, "counter: typed_in")
    back(profile)
    until(lambda: len(trail(parts, cast.MARKT, "counter: typed_in")) > len(before), "the answer to arrive")


def test_working_pages_open_and_ship_without_a_network(profile: Profile, parts: composition.Parts) -> None:
    (epc,) = restock(parts, cast.BRUNNEN, 1)
    page = profile.open()
    prepared(page)
    sync(page)
    profile.cut()
    for path in ("/home", "/receive", "/pack", "/lend", "/outbox", "/ship"):
        page.goto(path)
        assert page.query_selector(".top .whoami"), path
    page.select_option("[name=receiver]", cast.NORDMED.gln)
    scan(page, code_of(epc))
    page.wait_for_selector("#basket .item.clear")
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    assert "rules were not asked" in page.inner_text("#signing .said")
    page.click("#signing [data-sign]")
    page.wait_for_selector(".receipt.again")
    page.goto("/devices")
    assert "not kept on this device" in page.inner_text("main")
    page.goto("/home")
    back(profile)
    until(lambda: now(parts, epc).receiver == cast.NORDMED.gln, "the dispatch")


def test_recalls_are_of_what_they_name_and_drills_block_nothing(
    profile: Profile, parts: composition.Parts
) -> None:
    *packs, case = restock(parts, cast.BRUNNEN, 2, case=True)
    *recalled, other = restock(parts, cast.BRUNNEN, 2, case=True)
    for epc, drill in ((packs[0], True), (recalled[0], False)):
        act = {"type": "recall", "items": [epc], "class": "2", "level": "pharmacy", "reason": "Torn."}
        registered(
            parts, cast.MAKER, "station", msgspec.json.encode(act | ({"drill": True} if drill else {}))
        )
    page = profile.open()
    prepared(page)
    sync(page)
    profile.cut()
    for epc in (packs[0], case, recalled[1]):
        scan(page, code_of(epc))
        assert "last synced state" in verdict(page, "clear")
        scan(page, code_of(recalled[0]))
        assert "is recalled: Torn." in verdict(page, "blocked")
    scan(page, code_of(case))
    verdict(page, "clear")
    scan(page, code_of(other))
    assert "is recalled: Torn." in verdict(page, "blocked")


def test_part_of_it_a_case_and_an_undo_without_a_network(profile: Profile, parts: composition.Parts) -> None:
    """Each act stands on those before it in the queue: the count left, the dispensing that is undone."""
    opened, mistaken = restock(parts, cast.BRUNNEN, 2)
    *packs, case = restock(parts, cast.BRUNNEN, 3, case=True)
    page = profile.open()
    prepared(page)
    sync(page)
    profile.cut()
    for taken, left in ((8, 12), (2, 10)):
        scan(page, code_of(opened))
        until(lambda: opened in page.text_content("#signing pre"), "the statement about this pack")
        page.click("#verdict [data-act=partly_dispensed]")
        page.fill("[name=taken]", str(taken))
        assert page.input_value("[name=left]") == str(left)
        sign_away(page)
    scan(page, code_of(case))
    page.click("#verdict [data-act=together]")
    until(lambda: "dispenses 3 packs" in page.inner_text("#signing blockquote"), "one sentence for all")
    sign_away(page)
    dispense(page, mistaken)
    scan(page, code_of(mistaken))
    assert "Scanned twice" in verdict(page, "blocked")
    page.click("#verdict [data-act=undone]")
    page.check("[name=never]")
    sign_away(page)
    back(profile)
    all_sent(page)
    assert not any(one.get("refused") for one in outbox(page))
    assert (now(parts, opened).condition, now(parts, opened).left) == (Condition.PARTLY_DISPENSED, 10)
    assert {now(parts, epc).condition for epc in packs} == {Condition.DISPENSED}
    assert now(parts, mistaken).condition is Condition.ACTIVE


def sign_away(page: Any) -> None:
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    kept = len(outbox(page))
    page.click("#signing [data-sign]")
    until(lambda: len(outbox(page)) > kept, "the statement in the outbox")
    page.wait_for_selector(".receipt.again")


def test_the_app_can_be_installed(page: Any, profile: Profile) -> None:
    installed = profile.open()
    prepared(installed)
    session = profile.context.new_cdp_session(installed)
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in errors if one["errorId"] != "in-incognito"] == []
    assert session.send("Page.getAppManifest")["errors"] == []


def test_logging_out_takes_the_pages_off_the_device(profile: Profile) -> None:
    page = profile.open()
    prepared(page)
    page.click("[data-logout] button")
    page.wait_for_url("**/")
    assert page.evaluate("caches.open('pages').then((one) => one.keys()).then((keys) => keys.length)") == 0
    assert page.evaluate(STOCK) is None


CODES = [
    "(01)09521321000018(21)ABC",
    "0109521321000018" + "21A/B(c)%\x1d17300200" + "10L-1",
    "]d20109521321000018" + "10LOT\x1d21S1\x1d17271130",
    "\x1d0109521321000018" + "21X\x1d71012345678\x1d11250101",
    "00395213210000000019",
    "https://id.gs1.org/01/09521321000018/21/S%2F1?17=270430",
    "(00)395213210000000019",
    "800300952132100001ABC",
    "0109521321000019" + "21ABC",  # check digit
    "0109521321000018",  # no serial
    "01095213210000182",
    "(01)09521321000018(21)S1(17)271332",
    "5901234123457",
    "21ABC",
    "",
]


def test_codes_read_the_same_here_and_there(page: Any, application: Flask) -> None:
    """gs1.js is a small twin of the gs1 room: whatever it takes, it takes the same way."""
    page.goto("/")
    script = "(codes) => import('/static/js/gs1.js').then((gs1) => codes.map((one) => gs1.parse(one)))"
    here = page.evaluate(script, CODES)
    taken = 0
    with application.test_request_context():
        for code, found in zip(CODES, here, strict=True):
            known = readings.parse(code)
            if found is None:
                continue
            taken += 1
            for name in ("epc", "kind", "gtin", "serial", "lot", "expiry"):
                assert found[name] == getattr(known, name), (code, name)
    assert taken == 7
