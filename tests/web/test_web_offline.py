"""Without a network, in a real Chromium: fifty dispenses, restarts, refusals, two tabs, a full disk, a session
that has ended, a key that was revoked. Nothing is lost and nothing counts twice."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import waitress
from conftest import CHROMIUM, CHROMIUM_FLAGS
from flask import Flask
from journey import code_of, now, ready, scan, until
from test_web_counter import restock

import app as composition
from traceability.custody.state import Condition
from traceability.demo import cast
from traceability.proof.statement import Statement

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
        self.thread = threading.Thread(target=self.server.run, name="plug", daemon=True)
        self.thread.start()

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
            executable_path=shutil.which(CHROMIUM),
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
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.click("#signing [data-sign]")
    page.wait_for_selector(".receipt.again")


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
        lambda: page.is_hidden("#outbox-badge") and not page.query_selector("#waiting-list li"),
        "all to be sent",
    )
    assert numbers(parts, kid) == list(range(FIFTY))
    assert {now(parts, epc).condition for epc in packs} == {Condition.DISPENSED}
