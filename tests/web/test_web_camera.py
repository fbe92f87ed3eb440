"""A pack's whole way in a real Chromium with a camera, and the other ways in which a code gets there."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
from journey import (
    code_of,
    held,
    label_of,
    lot_of,
    now,
    open_page,
    pack_film,
    ready,
    scan,
    scanned,
    sign,
    until,
    wedge,
)
from PIL import Image

import app as composition
from benchmarks.filming import camera_of, jpeg
from scanner.photograph import photograph
from traceability.custody.state import Item
from traceability.demo import cast
from traceability.proof.receipt import Receipt, verify_receipt

pytestmark = pytest.mark.browser

# Whatever the command line opens, it is not a connection.
OFFLINE = """
import sys

def refuse(event, args):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname"}:
        raise OSError("meant to work offline")

sys.addaudithook(refuse)
"""


class Bench(NamedTuple):
    page: Any
    pack: Item


@pytest.fixture
def bench(launch: Any, address: str, parts: composition.Parts, tmp_path: Path) -> Iterator[Bench]:
    """A browser whose camera looks at a pack that the maker holds. Anything in its console fails the test."""
    pack = held(parts, cast.MAKER.gln, packs=True)
    video = pack_film(tmp_path / "pack.mjpeg", label_of(pack))
    chromium = launch(camera_of(video))
    page, troubles = open_page(chromium, address)
    page.context.grant_permissions(["camera"])
    yield Bench(page, pack)
    chromium.close()
    assert troubles == []


def test_from_the_camera_to_a_receipt_checked_offline(
    bench: Bench, parts: composition.Parts, tmp_path: Path
) -> None:
    page, pack = bench
    ready(page, cast.MAKER.login)
    page.goto("/ship")
    page.click("[data-start]")
    line = page.wait_for_selector(f'#basket .item[data-epc="{pack.epc}"]')
    assert f"lot {lot_of(pack).number}" in line.inner_text()
    page.select_option("[name=receiver]", cast.NORDMED.gln)
    said = until(lambda: page.inner_text("#signing blockquote"), "the sentence")
    assert said.startswith(f"{cast.MAKER.name} hands 1 pack")
    assert cast.NORDMED.name in said
    assert "Signed and kept" in sign(page).inner_text()
    assert now(parts, pack.epc).receiver == cast.NORDMED.gln

    page.click("form[action$='/logout'] button")
    page.wait_for_url("**/")  # logging out first empties what is kept for working without a network
    ready(page, cast.NORDMED.login)
    page.goto("/receive")
    # Once used, the camera starts by itself: the worker's hands are full.
    page.wait_for_selector(f'[data-lines=scanned] .item[data-epc="{pack.epc}"]')
    until(lambda: "Everything announced is here" in page.inner_text("#differences"), "the comparison")
    until(lambda: "receives 1 pack" in page.inner_text("#signing blockquote"), "the sentence")
    assert "Signed and kept" in sign(page).inner_text()
    assert now(parts, pack.epc).custodian == cast.NORDMED.gln

    page.goto(pack.epc.removeprefix("https://id.gs1.org"))
    assert cast.MAKER.name in page.inner_text(".trail")
    page.click("[data-proof] summary")
    proof = until(lambda: page.query_selector("[data-answer] [role=status]"), "the signatures to be checked")
    assert "clear" in proof.get_attribute("class"), page.inner_text("[data-answer]")

    trust = page.request.get("/trust.json")
    assert trust.ok
    (tmp_path / "trust.json").write_bytes(trust.body())
    handoff = page.query_selector_all(".trail .hop a[download]")[:2]
    files = [downloaded(page, link, tmp_path) for link in handoff]
    signers = set()
    for file in files:
        answer = verified(file)
        assert answer.returncode == 0, answer.stderr
        found = msgspec.json.decode(answer.stdout)
        assert (found["items"], found["effect"]) == ([f"e{pack.epc}"], True)
        signers.add(found["iss"])
    assert signers == {cast.MAKER.gln, cast.NORDMED.gln}

    serial = pack.epc.rpartition("/")[2]
    forged = tmp_path / "forged.json"
    forged.write_bytes(files[0].read_bytes().replace(serial.encode(), serial[::-1].encode()))
    refused = verified(forged)
    assert (refused.returncode, "not what was signed" in refused.stdout) == (1, True)


def downloaded(page: Any, link: Any, folder: Path) -> Path:
    with page.expect_download() as waiting:
        link.click()
    path = folder / str(waiting.value.suggested_filename)
    waiting.value.save_as(path)
    return path


def verified(file: Path) -> subprocess.CompletedProcess[str]:
    """`traceability verify` in a process of its own that may not connect to anything."""
    folder = file.parent
    (folder / "sitecustomize.py").write_text(OFFLINE)
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "traceability", "verify", file.name, "--trust", "trust.json", "--json"]
    return subprocess.run(
        command, cwd=folder, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=60
    )


def test_what_was_shown_is_what_was_signed(people: Any, parts: composition.Parts) -> None:
    pack = held(parts, cast.MAKER.gln, packs=True)
    page = people(cast.MAKER.login)
    page.goto("/ship")
    page.select_option("[name=receiver]", cast.SUEDPHARM.gln)
    page.fill("[name=order]", "PO-77")
    scan(page, code_of(pack.epc))
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    sentence = page.inner_text("#signing blockquote")
    shown = page.text_content("#signing pre")
    link = sign(page).query_selector("a").get_attribute("href")
    receipt = Receipt.parse(page.request.get(link).body())
    logged = verify_receipt(receipt, parts.trust, None)

    assert logged.core is not None
    assert logged.terms is not None
    core, terms = msgspec.json.decode(logged.core), msgspec.json.decode(logged.terms)
    assert shown.split("\n") == [logged.core.decode(), logged.terms.decode(), *logged.items]
    assert logged.statement.claims.iss == cast.MAKER.gln
    assert logged.items == (f"e{pack.epc}",)
    assert [end["destination"][-13:] for end in core["destinationList"]] == [
        cast.SUEDPHARM.gln,
        cast.SUEDPHARM.site,
    ]
    assert terms["meaning"] == "shipped"
    assert terms["bizTransactionList"][0]["bizTransaction"].endswith(":PO-77")
    product = cast.PRODUCTS[lot_of(pack).gtin]
    what = f"1 pack of {product['name']} {product['strength']}"
    assert sentence.startswith(f"{cast.MAKER.name} hands {what}")
    time = f"{core['eventTime'][11:16]} {core['eventTime'][19:]}"
    handed, _, papers = sentence.partition(f"{time}.")
    assert handed.endswith(f" to {cast.SUEDPHARM.name}, ")
    assert papers == f" {cast.SUEDPHARM.name} becomes the owner. Order PO-77."


def test_photos_are_read_whether_chosen_or_dropped(
    people: Any, parts: composition.Parts, tmp_path: Path
) -> None:
    pack = held(parts, cast.MAKER.gln, packs=True)
    taken = photograph(label_of(pack), np.random.default_rng(7))
    page = people(cast.MAKER.login)
    for suffix in (".png", ".jpg", ".webp"):
        picture = tmp_path / f"label{suffix}"
        Image.fromarray(taken).convert("RGB").save(picture)
        page.goto("/ship")
        page.set_input_files("#scanner input[type=file]", str(picture))
        line = page.wait_for_selector(f'#basket .item[data-epc="{pack.epc}"]')
        assert f"lot {lot_of(pack).number}" in line.inner_text()
    page.goto("/ship")
    drop(page, jpeg(taken))
    page.wait_for_selector(f'#basket .item[data-epc="{pack.epc}"]')


def drop(page: Any, data: bytes) -> None:
    """Let go of a file over the scanner."""
    carried = page.evaluate_handle(
        """(data) => {
            const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
            const carried = new DataTransfer();
            carried.items.add(new File([bytes], "pack.jpg", { type: "image/jpeg" }));
            return carried;
        }""",
        base64.b64encode(data).decode(),
    )
    page.dispatch_event("#scanner", "drop", {"dataTransfer": carried})


@pytest.mark.parametrize("mark", ["", "]d2"])
def test_a_hand_scanner_needs_no_field_and_hears_of_caps_lock(
    people: Any, parts: composition.Parts, mark: str
) -> None:
    pack = held(parts, cast.MAKER.gln, packs=True)
    page = people(cast.MAKER.login)
    page.goto("/ship")
    page.wait_for_selector("#basket")
    assert page.evaluate("document.activeElement === document.body")
    told = wedge(page, (mark + scanned(pack)).swapcase(), ".scanner-said .note.stop")
    assert "caps lock" in told.inner_text()
    assert page.query_selector("#basket .item") is None
    line = wedge(page, mark + scanned(pack), "#basket .item")
    assert line.get_attribute("data-epc") == pack.epc
    assert page.query_selector(".scanner-said .note") is None
