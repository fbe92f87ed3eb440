"""Steps that browser tests share: opening, logging in, enrolling, scanning, signing, waiting."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Error

import app as composition
from benchmarks.filming import film
from scanner import images
from scanner.labels import label_png, pack_label
from scanner.photograph import photograph
from traceability.custody.state import Condition, Item, Lot
from traceability.demo import cast
from traceability.gs1 import digital_link

PATIENCE = 20.0
VIEWPORT = {"width": 1280, "height": 720}


def until(look: Callable[[], Any], what: str) -> Any:
    """Look again until there is something. A strict CSP rules out Playwright's own wait_for_function.

    A page that goes away under the look is looked at again.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            found = look()
        except Error as error:
            if "Execution context was destroyed" not in error.message:
                raise
            found = None
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE:.0f} s for {what}")


def open_page(browser: Any, address: str) -> tuple[Any, list[str]]:
    """A page of a fresh profile, and the list that fills with what its console calls an error.

    Without service worker: what it fetches, Playwright's routes do not see.
    """
    context = browser.new_context(
        base_url=address, locale="en-GB", accept_downloads=True, service_workers="block"
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    click = page.click

    def click_and_arrive(*args: Any, **options: Any) -> None:
        """Where a click leads to another page, a person waits until it is there, scripts and all."""
        click(*args, **options)
        page.wait_for_load_state()

    page.click = click_and_arrive
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    return page, troubles


class Desk(NamedTuple):
    """A page of somebody who is logged in with a device key, and what its console called an error."""

    page: Any
    troubles: list[str]


TIDY = """async () => {
  localStorage.clear();
  sessionStorage.clear();
  const { within } = await import("/static/js/database.js");
  for (const store of ["outbox", "copies", "questions"]) {
    await within([store], "readwrite", (transaction) => transaction.objectStore(store).clear());
  }
}"""


def tidied(desk: Desk, login: str) -> bool:
    """Clear what a test left in the browser, but not who it is; whether the next test may sit down there."""
    page = desk.page
    page.unroute_all(behavior="ignoreErrors")
    desk.troubles.clear()
    if page.goto("/trust.json").status != 200:  # a document that runs no script of ours
        return False
    page.evaluate(TIDY)
    page.set_viewport_size(VIEWPORT)
    desk.troubles.clear()
    session = page.request.get("/session").json()
    return bool(session["open"] and session["login"] == login)


def log_in(page: Any, login: str) -> None:
    page.goto("/login")
    page.fill("[name=login]", login)
    page.fill("[name=password]", cast.PASSWORD)
    page.click("#login-form .primary")
    page.wait_for_url("**/home")


def enrol(page: Any, device: str = "Test computer") -> None:
    """Make this browser's key and have it registered, which the demo does at once."""
    page.goto("/devices")
    page.wait_for_selector("#enrol:not([hidden])")
    page.fill("[name=device]", device)
    page.click("#enrol button")
    page.wait_for_selector("#key-state .note.clear")


def ready(page: Any, login: str) -> None:
    log_in(page, login)
    enrol(page)


def code_of(epc: str) -> str:
    """An item's code as people type it: (01)…(21)…."""
    return "".join(f"({ai}){value}" for ai, value in digital_link.parse(epc).pairs)


def lot_of(item: Item) -> Lot:
    assert item.lot is not None
    return item.lot


def label_of(item: Item) -> NDArray[np.uint8]:
    """A picture of the label on a pack."""
    lot = lot_of(item)
    serial, expiry = item.epc.rpartition("/")[2], lot.expiry[2:].replace("-", "")
    name = str(cast.PRODUCTS[lot.gtin]["name"])
    label = pack_label(name, gtin=lot.gtin, serial=serial, expiry=expiry, lot=lot.number)
    return images.read_image(label_png(label))


def scanned(item: Item) -> str:
    """What a hand scanner sends for the label on a pack, GS where the label has it."""
    lot = lot_of(item)
    serial, expiry = item.epc.rpartition("/")[2], lot.expiry[2:].replace("-", "")
    return f"01{lot.gtin}21{serial}\x1d17{expiry}10{lot.number}"


def pack_film(path: Path, label: NDArray[np.uint8]) -> Path:
    """A film of an empty table, then of a label held six ways."""
    rng = np.random.default_rng(2026)
    table = photograph(np.full((9, 16), 92, np.uint8), rng, fill=0.1, noise=2)
    return film(path, [table, *(photograph(label, rng, fill=0.7, tilt=10, noise=2) for _ in range(6))])


def scan(page: Any, *codes: str) -> None:
    """Type codes into the scanner's field."""
    for code in codes:
        page.fill("#code", code)
        page.press("#code", "Enter")
        until(lambda: page.input_value("#code") == "", f"{code} to be taken")


def wedge(page: Any, text: str, expected: str) -> Any:
    """Type as a hand scanner does: fast, GS as F8, Enter at the end, into no field. Returns what appears.

    A burst that a busy computer tears apart is scanned again, as a person would.
    """
    for _ in range(4):
        burst(page, text)
        end = time.monotonic() + PATIENCE / 4
        while time.monotonic() < end:
            found = page.query_selector(expected)
            if found:
                return found
            time.sleep(0.05)
    raise AssertionError(f"scanned {text!r} and saw no {expected}")


def burst(page: Any, text: str) -> None:
    """Key events five milliseconds apart by their own clock, however late the computer handles them."""
    devtools = page.context.new_cdp_session(page)
    at = time.time()
    for number, letter in enumerate([*text, "\r"]):
        keys = {"\x1d": {"key": "F8", "code": "F8"}, "\r": {"key": "Enter", "code": "Enter", "text": "\r"}}
        key = keys.get(letter, {"key": letter, "text": letter})
        devtools.send("Input.dispatchKeyEvent", {"type": "keyDown", "timestamp": at + number * 0.005, **key})
    devtools.detach()


def sign(page: Any) -> Any:
    """Wait for the panel to be ready, press its button, wait for the receipt; returns the receipt's box."""
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.click("#signing [data-sign]")
    prove(page)
    return page.wait_for_selector(".receipt")


def prove(page: Any) -> None:
    """Type the password where a grave act asks for it; everyday acts go on to their receipt."""
    until(lambda: page.query_selector(".receipt, #lock[open]"), "a receipt, or the question who signs")
    if page.query_selector("#lock[open]"):
        page.fill("#lock [name=password]", cast.PASSWORD)
        page.press("#lock [name=password]", "Enter")


def held(parts: composition.Parts, gln: str, *, packs: bool) -> Item:
    """A sound top item that a party of the demo holds: a pack, or a container."""
    with parts.history.view() as view:
        for item in view.holdings(gln, limit=10_000):
            recalled = [
                lot
                for lot in (item.lot, *view.contents(item.epc))
                if lot and view.registry.recalls_of_lot(lot)
            ]
            blocked = any(counts.blocked for counts in view.contents(item.epc).values())
            sound = (
                item.receiver is None and item.condition is Condition.ACTIVE and not recalled and not blocked
            )
            if sound and ("/01/" in item.epc) is packs and (packs or view.contents(item.epc)):
                return item
    raise AssertionError(f"{gln} holds nothing to test with")


def packs_of(parts: composition.Parts, gln: str, count: int) -> list[Item]:
    """Packs in a party's custody, loose or in its containers."""
    found: list[Item] = []
    with parts.history.view() as view:
        for top in view.holdings(gln, limit=10_000):
            epcs = [top.epc, *view.children(top.epc)] if top.receiver is None else []
            packs = [view.item(epc) for epc in epcs if "/01/0" in epc]
            found += [
                pack
                for pack in packs
                if pack and pack.lot and not view.registry.recalls_of(pack.epc, pack.lot)
            ]
            if len(found) >= count:
                return found[:count]
    raise AssertionError(f"{gln} holds {len(found)} packs, too few to test with")


def now(parts: composition.Parts, epc: str) -> Item:
    with parts.history.view() as view:
        item = view.item(epc)
    assert item is not None
    return item
