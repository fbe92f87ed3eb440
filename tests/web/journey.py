"""Steps that browser tests share: opening, logging in, enrolling, scanning, signing, waiting."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import app as composition
from scanner import images
from scanner.labels import label_png, pack_label
from traceability.custody.state import Condition, Item
from traceability.demo import cast
from traceability.gs1 import digital_link

PATIENCE = 20.0


def until(look: Callable[[], Any], what: str) -> Any:
    """Look again until there is something. A strict CSP rules out Playwright's own wait_for_function."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE:.0f} s for {what}")


def open_page(browser: Any, address: str) -> tuple[Any, list[str]]:
    """A page of a fresh profile, and the list that fills with what its console calls an error."""
    context = browser.new_context(base_url=address, locale="en-GB", accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(15_000)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    return page, troubles


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


def label_of(item: Item) -> NDArray[np.uint8]:
    """A picture of the label on a pack."""
    assert item.lot is not None
    product = cast.PRODUCTS[item.lot.gtin]
    label = pack_label(
        str(product["name"]),
        gtin=item.lot.gtin,
        serial=item.epc.rpartition("/")[2],
        expiry=item.lot.expiry[2:].replace("-", ""),
        lot=item.lot.number,
    )
    return images.read_image(label_png(label))


def scan(page: Any, *codes: str) -> None:
    """Type codes into the scanner's field."""
    for code in codes:
        page.fill("#code", code)
        page.press("#code", "Enter")
        until(lambda: page.input_value("#code") == "", f"{code} to be taken")


def sign(page: Any) -> Any:
    """Wait for the panel to be ready, press its button, wait for the receipt; returns the receipt's box."""
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.click("#signing [data-sign]")
    return page.wait_for_selector(".receipt")


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


def now(parts: composition.Parts, epc: str) -> Item:
    with parts.history.view() as view:
        item = view.item(epc)
    assert item is not None
    return item
