"""Steps that browser tests share: logging in, enrolling, scanning by hand, signing, waiting."""

import time
from collections.abc import Callable
from typing import Any

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
