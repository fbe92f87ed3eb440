"""`make pictures`: a picture of every screen, out of the demo, into docs/pictures and docs/screens.md.

Every screen is opened in Chromium by somebody of the demo who works with it. What needs something on it
first (a scanned pack, a filled basket) has its steps in `SHOTS`. Pages that no task leads to (an alert, a
statement, a campaign) are opened as `tests/web/test_web_every_page.py` does, whose list is held against the
addresses of the application.
"""

import importlib
import io
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import waitress
from PIL import Image
from playwright.sync_api import sync_playwright

import app
from traceability.custody.state import Condition
from traceability.custody.subjects import lot_subject
from traceability.demo import cast, folder
from traceability.gs1 import digital_link
from traceability.settings import Settings

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
WIDTH, HEIGHT = 1280, 860
PHONE = {"width": 390, "height": 800}
TALLEST = 1500
"""Pixels of a page that are kept: what is below repeats itself."""


def nothing(_page: Any, _parts: app.Parts) -> None:
    """The page as it opens."""


@dataclass(frozen=True)
class Shot:
    """One picture: its name and title, who looks, where, and what is done first."""

    name: str
    title: str
    login: str
    path: str | Callable[[app.Parts], str]
    steps: Callable[[Any, app.Parts], None] = nothing
    phone: bool = False
    shows: str = ""
    """The endpoint of the page where the steps end, where that is another one than it began with."""


def scan(page: Any, code: str) -> None:
    """What a hand scanner does: keys, then Enter."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def code_of(epc: str) -> str:
    """An item's code as people type it."""
    return "".join(f"({ai}){value}" for ai, value in digital_link.parse(epc).pairs)


def held(parts: app.Parts, gln: str, *, packs: bool = True) -> list[str]:
    """What somebody has in hand and may use, packs or containers."""
    with parts.history.view() as view:
        return [
            code_of(item.epc)
            for item in view.holdings(gln, limit=500)
            if item.receiver is None
            and item.condition is Condition.ACTIVE
            and (item.lot is not None) is packs
            and not (item.lot and view.registry.recalls_of_lot(item.lot))
        ]


def scanned(gln: str, count: int, *, packs: bool = True) -> Callable[[Any, app.Parts], None]:
    """Steps that scan some goods of a party."""

    def steps(page: Any, parts: app.Parts) -> None:
        for code in held(parts, gln, packs=packs)[:count]:
            scan(page, code)
            page.wait_for_timeout(300)
        page.wait_for_timeout(700)

    return steps


def first_lot(page: Any, _parts: app.Parts) -> None:
    """Wait for the picture of the lot's way."""
    page.wait_for_selector(".way svg")


def begin_investigation(page: Any, _parts: app.Parts) -> None:
    """Open an investigation with a lot and a document."""
    page.fill("[name=title]", "Misspelt leaflet")
    page.fill("[name=reason]", "A pharmacy found a leaflet that is not ours.")
    page.click("main form .primary")
    page.wait_for_url("**/investigations/*")
    photo = {"name": "front of the pack.jpg", "mimeType": "image/jpeg", "buffer": b"a photograph"}
    page.set_input_files("[name=file]", files=[photo])
    page.click("[action$='/documents'] button")
    page.wait_for_selector("#signing [data-sign]:not([disabled])")


def first_made(parts: app.Parts) -> str:
    """The page of a commissioning that others have built on."""
    with parts.history.view() as view:
        item = next(view.lot_items(cast.AMOXICILLIN, "A17"))
        made = view.fact(item.born)
    return f"/correct/{made.id if made is not None else ''}"


def dispensed_pack(parts: app.Parts) -> str:
    """The page of a pack that has come all the way."""
    with parts.history.view() as view:
        items = view.lot_items(cast.AMOXICILLIN, "A17")
        return next(item.epc for item in items if item.condition is Condition.DISPENSED).partition("gs1.org")[
            2
        ]


def controlled(page: Any, parts: app.Parts) -> None:
    """A controlled medicine of the wholesaler's, scanned."""
    mine = [code for code in held(parts, NORDMED) if cast.MORPHINE in code]
    scan(page, mine[0])
    page.wait_for_timeout(700)


OF_LOT = lot_subject(cast.AMOXICILLIN, "A17").uri
LOT = f"/lot?gtin={cast.AMOXICILLIN}&lot=A17"
ASKED = f"/trace?gtin={cast.AMOXICILLIN}&lot=A17&party={cast.MARKT.gln}"
MARKT, NORDMED, MAKER = cast.MARKT.gln, cast.NORDMED.gln, cast.MAKER.gln

SHOTS = (
    Shot("landing", "Anyone: what does this code say?", "", "/"),
    Shot("login", "Log in", "", "/login"),
    Shot("evidence", "Check a bundle or receipt in the browser", "", "/evidence"),
    Shot("home", "Home: what waits, what one does most", "distributor", "/home"),
    Shot("ship", "Ship", "distributor", "/ship", scanned(NORDMED, 2, packs=False)),
    Shot("receive", "Receive: expected against scanned", "distributor", "/receive"),
    Shot("pack", "Pack", "maker", "/pack", scanned(MAKER, 3)),
    Shot("commission", "Commission", "maker", "/commission"),
    Shot("check", "Check and dispense", "pharmacy", "/check", scanned(MARKT, 1)),
    Shot("check-phone", "The counter on a phone", "pharmacy", "/check", scanned(MARKT, 1), phone=True),
    Shot("lots", "Lots", "regulator", "/lots"),
    Shot("lot", "A lot: balance, way, holders", "regulator", LOT, first_lot),
    Shot("provenance", "Where a pack has been, who signed each step, and how strong the evidence is", "regulator",
         dispensed_pack, shows="items.pack"),
    Shot("trace", "Trace: by product, lot, party, place, time or event", "regulator", ASKED),
    Shot("recall", "Recall", "maker", "/recall"),
    Shot(
        "correct",
        "This is wrong: what takes a statement back, or its correction",
        "maker",
        first_made,
        shows="correcting.correct",
    ),
    Shot(
        "destroy", "Destroy: the first of two signatures", "distributor-quality", "/acts/destroy", controlled
    ),
    Shot("watch", "Watch", "regulator", "/watch"),
    Shot("dossier", "A dossier: everything known of a lot, in order", "regulator", f"/dossier?of={OF_LOT}"),
    Shot("investigation", "An investigation: collected, documents, thread", "maker",
         f"/investigations/new?subject={OF_LOT}", begin_investigation, shows="investigations.investigation"),
    Shot("illegitimate", "A report with the fields of Form FDA 3911", "maker", f"/illegitimate/new?source={OF_LOT}"),
)  # fmt: skip


def every_task(application: Any) -> list[Shot]:
    """A picture of each task of the table that has none above, by somebody who may do it."""
    from traceability.web.access import TASKS

    taken = {str(shot.path).partition("?")[0] for shot in SHOTS}
    players = (cast.NORDMED, cast.MARKT, cast.MAKER, cast.REGULATOR)
    found = []
    with application.test_request_context():
        from flask import url_for

        for task in TASKS:
            path = url_for(task.endpoint)
            player = next(
                (one for one in players if one.role in task.parties and one.account in task.people), None
            )
            if path not in taken and player is not None:
                name = task.endpoint.replace(".", "-")
                found.append(Shot(name, f"{task.label}: {task.hint}", player.login, path))
    return found


def every_other_page(application: Any, shots: list[Shot]) -> list[Shot]:
    """A picture of each page that has none yet, as the tests open it; its title is the page's."""
    folder = HERE.parent / "tests"
    sys.path[:0] = [str(folder / "web"), str(folder)]
    tests = importlib.import_module("test_web_every_page")
    addresses = application.url_map.bind("localhost")
    seen = {shot.shows or addresses.match(str(shot.path).partition("?")[0])[0] for shot in shots} | {
        "nothing"
    }
    found = []
    for look in [*tests.LOOKS, *tests.ACTS]:
        if look.endpoint not in seen:
            seen.add(look.endpoint)
            found.append(Shot(look.endpoint.replace(".", "-"), "", look.login, look.path, look.steps))
    return found


def take(browser: Any, address: str, parts: app.Parts, shots: list[Shot]) -> list[Shot]:
    """Take the pictures, each person in a browser profile of their own, device enrolled; the shots with titles."""
    taken = {}
    for login in dict.fromkeys(shot.login for shot in shots):
        context = browser.new_context(
            base_url=address, locale="en-GB", viewport={"width": WIDTH, "height": HEIGHT}
        )
        page = context.new_page()
        if login:
            page.goto("/login")
            page.fill("[name=login]", login)
            page.fill("[name=password]", cast.PASSWORD)
            page.click("#login-form .primary")
            page.wait_for_url("**/home")
            page.goto("/devices")
            if page.query_selector("#enrol"):
                page.wait_for_timeout(500)
            if page.is_visible("#enrol"):
                page.fill("[name=device]", "Bay 3")
                page.click("#enrol button")
                page.wait_for_selector("#key-state .note.clear")
        for shot in (one for one in shots if one.login == login):
            page.set_viewport_size(PHONE if shot.phone else {"width": WIDTH, "height": HEIGHT})
            page.goto(shot.path if isinstance(shot.path, str) else shot.path(parts))
            page.wait_for_timeout(400)
            shot.steps(page, parts)
            keep(page.screenshot(full_page=True), shot)
            taken[shot.name] = replace(shot, title=shot.title or page.inner_text("h1"))
            print(shot.name, flush=True)
        context.close()
    return [taken[shot.name] for shot in shots]


def keep(png: bytes, shot: Shot) -> None:
    """A small WebP of a screenshot."""
    with Image.open(io.BytesIO(png)) as image:
        image.crop((0, 0, image.width, min(image.height, TALLEST))).save(
            PICTURES / f"{shot.name}.webp", quality=72, method=6
        )


def write_list(shots: list[Shot]) -> None:
    """docs/screens.md: every picture with its title."""
    lines = ["# Screens", "", "Made from the demo by `make pictures`.", ""]
    for shot in shots:
        lines += [f"## {shot.title}", f"![{shot.title}](pictures/{shot.name}.webp)", ""]
    (HERE / "screens.md").write_text("\n".join(lines), "utf-8")


def main() -> None:
    """Found a demo in a folder of its own, serve it, take the pictures, forget it."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        settings = Settings(data=Path(place) / "var", port=0, demo=True)
        folder.prepare(settings, datetime.now(UTC))
        with app.open_parts(settings) as parts, sync_playwright() as playwright:
            application = app.build(parts)
            server = waitress.create_server(application, host="127.0.0.1", port=0, threads=8)
            threading.Thread(target=server.run, daemon=True).start()
            shots = [*SHOTS, *every_task(application)]
            shots += every_other_page(application, shots)
            for old in PICTURES.glob("*.webp"):
                old.unlink()
            chromium = shutil.which("chromium") or "/usr/bin/chromium"
            browser = playwright.chromium.launch(
                executable_path=chromium,
                args=["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream"],
            )
            shots = take(browser, f"http://127.0.0.1:{server.effective_port}", parts, shots)
            browser.close()
            server.close()
    write_list(shots)


if __name__ == "__main__":
    main()
