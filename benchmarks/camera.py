"""What a person waits for at the camera: a tray to be complete, a verdict to stand on the screen.

A real Chromium looks at a film through its fake camera, before a real server. Time runs in the page, from the
first frame that its camera shows to the paint after the last line, or after the verdict.
"""

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Playwright, sync_playwright

from benchmarks.filming import CHROMIUM_FLAGS, MISSING, camera_of, executable, tray_film
from benchmarks.server import serving
from benchmarks.world import GTIN, LOT, MAKER, PHARMACY, World, epc, found, statement_id
from scanner import images
from scanner.labels import label_png, pack_label
from traceability.store.office import Account, Office

PASSWORD = "a benchmark needs no secret"
BENCH = Account("bench", "Bench", MAKER, "operator", MAKER)
COUNTER = Account("counter", "Counter", PHARMACY, "pharmacist", PHARMACY)
TRAY = 24
PATIENCE = 60.0

# Resolves with the seconds from the first frame of the camera to the paint after `count` of `wanted` are there.
WATCH = """([wanted, count, patience]) => new Promise((done, failed) => {
  let first;
  document.querySelector("#scanner video").requestVideoFrameCallback(() => (first = performance.now()));
  const observer = new MutationObserver(() => {
    if (document.querySelectorAll(wanted).length < count) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => done((performance.now() - first) / 1000)));
  });
  observer.observe(document.querySelector("main"), { subtree: true, childList: true, attributes: true });
  setTimeout(() => failed(new Error(`waited for ${count} of ${wanted}`)), 1000 * patience);
  document.querySelector("[data-start]").click();
})"""


def camera(runs: int = 5) -> dict[str, float]:
    """Seconds, each the median of some runs."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        world = _stocked(Path(folder) / "log")
        films = Path(folder)
        tray = tray_film(films / "tray.mjpeg", [_label(number) for number in range(TRAY)])
        pack = tray_film(films / "pack.mjpeg", [_label(TRAY)])
        with serving(world, 0) as port:
            address = f"http://127.0.0.1:{port}"
            with _logged_in(driver, tray, address, BENCH) as context:
                trays = [_seconds(context, "/ship", "#basket .item", TRAY) for _ in range(runs)]
            with _logged_in(driver, pack, address, COUNTER) as context:
                verdicts = [_seconds(context, "/check", "#verdict.clear", 1) for _ in range(runs)]
    return {"tray_s": statistics.median(trays), "frame_to_verdict_s": statistics.median(verdicts)}


def _stocked(folder: Path) -> World:
    """A log in which a maker has a tray of packs, and a pharmacy one more."""
    # Two days ago: what a maker signed for a moment ago cannot be at a counter, and would be suspect.
    world = found(folder, clock=lambda: datetime.now(UTC) - timedelta(days=2))
    world.admit(world.commission(0, TRAY + 1))
    sold = [epc(TRAY)]
    world.admit([world.ship(sold, MAKER, PHARMACY)])
    world.admit([world.receive(sold, MAKER, PHARMACY, statement_id(world.stations[MAKER]))])
    with closing(Office(world.settings.office)) as office:
        for account in (BENCH, COUNTER):
            office.add_account(account, PASSWORD)
    world.store.close()
    return world


def _label(number: int) -> NDArray[np.uint8]:
    expiry = LOT.expiry[2:].replace("-", "")
    label = pack_label("Amoxicillin 500 mg", gtin=GTIN, serial=f"{number:012}", expiry=expiry, lot=LOT.number)
    return images.read_image(label_png(label))


@contextmanager
def _logged_in(driver: Playwright, film: Path, address: str, account: Account) -> Iterator[Any]:
    """A Chromium whose camera shows a film, with somebody logged in."""
    chromium = executable()
    if chromium is None:
        raise RuntimeError(MISSING)
    browser = driver.chromium.launch(executable_path=chromium, args=[*CHROMIUM_FLAGS, camera_of(film)])
    with closing(browser):
        context = browser.new_context(base_url=address, locale="en-GB", service_workers="block")
        page = context.new_page()
        page.goto("/login")
        page.fill("[name=login]", account.login)
        page.fill("[name=password]", PASSWORD)
        page.click("#login-form .primary")
        page.wait_for_url("**/home")
        page.close()
        yield context


def _seconds(context: Any, path: str, wanted: str, count: int) -> float:
    """One run, on a page of its own that has loaded its decoder, as at a bench in the middle of the day."""
    page = context.new_page()
    page.goto(path, wait_until="networkidle")
    took = float(page.evaluate(WATCH, [wanted, count, PATIENCE]))
    page.close()
    return took
