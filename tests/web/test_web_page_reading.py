"""Codes read in the page, by a real Chromium with a camera: a whole tray, a server that goes away, clones."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import pytest
from journey import code_of, label_of, log_in, open_page, packs_of, scan, scanned, until, wedge
from numpy.typing import NDArray

import app as composition
from benchmarks.filming import camera_of, tray_film
from scanner.photograph import photograph
from traceability.demo import cast
from traceability.web import scan as scanning

pytestmark = pytest.mark.browser

TRAY = 24
VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""
Film = Callable[..., Any]


@pytest.fixture
def filmed(launch: Any, address: str, tmp_path: Path) -> Iterator[Film]:
    """`filmed(labels)`: a page whose camera looks at a tray of them. What its console calls an error fails
    the test; requests that failed do not."""
    opened = []

    def film(labels: list[NDArray[np.uint8]], *, poses: int = 4) -> Any:
        video = tray_film(tmp_path / "tray.mjpeg", labels, poses=poses)
        chromium = launch(camera_of(video))
        page, troubles = open_page(chromium, address)
        page.context.grant_permissions(["camera"])
        page.add_init_script(VIOLATIONS)
        opened.append((chromium, page, troubles))
        return page

    yield film
    for chromium, page, troubles in opened:
        assert page.evaluate("window.violations") == []
        chromium.close()
        assert [one for one in troubles if not one.startswith("Failed to load resource")] == []


@pytest.fixture
def decoder(application: Any) -> None:
    """The page's decoder, which set-up fetches from npm."""
    if not Path(application.static_folder, scanning.PAGE_DECODER).is_file():
        pytest.skip("zxing-wasm is missing (npm could not be reached at set-up): make setup")


def lines(page: Any) -> list[str]:
    return page.eval_on_selector_all("#basket .item", "items => items.map((item) => item.dataset.epc)")


def open_ship(page: Any) -> None:
    log_in(page, cast.MAKER.login)
    page.goto("/ship")
    page.wait_for_selector("[data-start]")


def test_a_tray_is_read_in_the_page(
    decoder: None, filmed: Film, parts: composition.Parts, record_property: Callable[[str, object], None]
) -> None:
    packs = packs_of(parts, cast.MAKER.gln, TRAY)
    page = filmed([label_of(pack) for pack in packs])
    open_ship(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/scan/" in request.url else None)
    started = monotonic()
    page.click("[data-start]")
    until(lambda: len(lines(page)) >= TRAY, "the whole tray")
    record_property("seconds_to_read_a_tray", round(monotonic() - started, 2))
    assert sorted(lines(page)) == sorted(pack.epc for pack in packs)
    assert all("/scan/code" in url for url in asked[:1])
    until(lambda: f"{TRAY} read" in page.inner_text(".tally"), "the count")
    assert page.query_selector("#basket .item.stop") is None


def test_reading_goes_on_while_the_server_is_away(
    decoder: None, filmed: Film, parts: composition.Parts
) -> None:
    packs = packs_of(parts, cast.MAKER.gln, TRAY)
    page = filmed([label_of(pack) for pack in packs])
    open_ship(page)
    heard: Counter[str] = Counter()
    page.on("requestfinished", lambda request: heard.update(texts_of(request)))
    page.route("**/scan/**", lambda route: route.abort())
    page.click("[data-start]")
    until(lambda: f"{TRAY} codes read" in page.inner_text(".scanner-away"), "all to be read and kept")
    assert "The server is away: reading goes on here." in page.inner_text(".scanner-away")
    assert f"{TRAY} read" in page.inner_text(".tally")
    assert lines(page) == []
    assert heard.total() == 0
    page.unroute("**/scan/**")
    until(lambda: len(lines(page)) == TRAY, "all to be resolved")
    until(lambda: page.is_hidden(".scanner-away"), "the notice to go")
    assert sorted(lines(page)) == sorted(pack.epc for pack in packs)
    assert f"{TRAY} read" in page.inner_text(".tally")
    assert set(heard.values()) == {1}
    assert len(heard) == TRAY


def texts_of(request: Any) -> list[str]:
    """The codes that a request asked about, where it reached the server."""
    if not request.url.endswith("/scan/code"):
        return []
    return [code["text"] for code in json.loads(request.post_data)["codes"]]


def test_what_is_typed_and_wedged_waits_as_well(page: Any, parts: composition.Parts) -> None:
    typed, wedged = packs_of(parts, cast.MAKER.gln, 2)
    open_ship(page)
    page.route("**/scan/**", lambda route: route.abort())
    scan(page, code_of(typed.epc))
    page.evaluate("document.activeElement.blur()")
    wedge(page, scanned(wedged), f".scanner-away li:has-text('(21){wedged.epc.rpartition('/')[2]} (17)')")
    assert code_of(typed.epc) in page.inner_text(".scanner-away ul").replace(" ", "")
    assert "2 codes read, waiting for the server" in page.inner_text(".scanner-away")
    page.unroute("**/scan/**")
    until(lambda: sorted(lines(page)) == sorted([typed.epc, wedged.epc]), "both to be resolved")


@pytest.mark.parametrize("missing", ["not fetched", "broken"])
def test_without_its_decoder_the_server_reads(
    filmed: Film, parts: composition.Parts, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    (pack,) = packs_of(parts, cast.MAKER.gln, 1)
    page = filmed([label_of(pack)])
    if missing == "not fetched":
        monkeypatch.setattr(scanning, "PAGE_DECODER", "vendor/nothing.wasm")
    page.route("**/vendor/**", lambda route: route.abort())
    open_ship(page)
    page.click("[data-start]")
    until(lambda: lines(page) == [pack.epc], "the server to read it")


@pytest.mark.parametrize(
    ("login", "path"), [("maker", "/ship"), ("maker", "/receive"), ("pharmacy", "/check")]
)
def test_the_same_code_on_two_packs_is_trouble(
    decoder: None, filmed: Film, parts: composition.Parts, login: str, path: str
) -> None:
    original, other = packs_of(parts, cast.MAKER.gln, 2)
    page = filmed([label_of(original), label_of(original), label_of(other)])
    log_in(page, login)
    page.goto(path)
    page.click("[data-start]")
    sentence = "The same code is on two packs"
    until(lambda: sentence in page.inner_text(".bench > .stack"), "the page to say so")
    if path == "/ship":
        page.wait_for_selector(f'#basket .item.stop[data-epc="{original.epc}"]')
        until(lambda: page.query_selector(f'#basket .item.clear[data-epc="{other.epc}"]'), "the other pack")
        page.select_option("[name=receiver]", index=1)
        assert page.is_hidden("#signing")
        page.click(f'#basket .item[data-epc="{original.epc}"] button')
        page.wait_for_selector("#signing:not([hidden])")
    if path == "/check":
        assert page.query_selector("#verdict [data-act]") is None


def test_a_clone_is_told_of_while_the_server_is_away(
    decoder: None, filmed: Film, parts: composition.Parts
) -> None:
    (pack,) = packs_of(parts, cast.MAKER.gln, 1)
    page = filmed([label_of(pack), label_of(pack)])
    open_ship(page)
    page.route("**/scan/**", lambda route: route.abort())
    page.click("[data-start]")
    until(lambda: "on two packs" in page.inner_text(".scanner-said"), "the page to say so")
    assert "2 read" in page.inner_text(".tally")
    until(lambda: painted(page)["red"] > 0, "red outlines")
    page.unroute("**/scan/**")
    line = page.wait_for_selector("#basket .item.stop")
    assert line.get_attribute("data-epc") == pack.epc
    assert "2 read" in page.inner_text(".tally")


def test_a_frozen_picture_is_studied(decoder: None, filmed: Film, parts: composition.Parts) -> None:
    packs = packs_of(parts, cast.MAKER.gln, 2)
    page = filmed([label_of(pack) for pack in packs])
    open_ship(page)
    page.click("[data-start]")
    until(lambda: len(lines(page)) == 2, "both packs")
    with page.expect_request("**/scan/photo*"):
        page.click("[data-tool=freeze]")
    assert page.get_attribute("[data-tool=freeze]", "aria-pressed") == "true"
    assert page.is_visible(".layers img")
    assert page.is_hidden(".layers video")
    until(lambda: painted(page)["green"] > 0, "the outlines on the still")
    page.fill("[data-zoom]", "3")
    assert (
        page.evaluate(
            "document.querySelector('.layers').clientWidth / document.querySelector('.picture').clientWidth"
        )
        > 2.9
    )
    page.click("[data-tool=freeze]")
    assert page.is_visible(".layers video")
    assert page.get_attribute("[data-tool=freeze]", "aria-pressed") == "false"
    assert len(lines(page)) == 2


PAINTED = """() => {
    const canvas = document.querySelector("canvas.overlay");
    const { width, height } = canvas;
    const pixels = width ? canvas.getContext("2d").getImageData(0, 0, width, height).data : [];
    const found = { green: 0, amber: 0, red: 0, across: 0 };
    for (let n = 0; n < pixels.length; n += 4) {
        const [red, green, blue, shown] = pixels.slice(n, n + 4);
        if (shown < 200) continue;
        if (green > 200 && red < 100) { found.green += 1; found.across += (n / 4) % width / width; }
        else if (red > 220 && green > 140 && blue < 80) found.amber += 1;
        else if (red > 220 && green < 120 && blue < 130) found.red += 1;
    }
    if (found.green) found.across /= found.green;
    return found;
}"""


def painted(page: Any) -> dict[str, float]:
    """How many pixels of the overlay have each colour, and where across the picture the green is (0 to 1)."""
    return dict(page.evaluate(PAINTED))


def test_a_mirror_turns_the_picture_and_its_outlines(
    decoder: None, filmed: Film, parts: composition.Parts
) -> None:
    (pack,) = packs_of(parts, cast.MAKER.gln, 1)
    page = filmed([label_of(pack)], poses=1)
    open_ship(page)
    page.click("[data-start]")
    until(lambda: painted(page)["green"] > 0, "an outline")
    before = painted(page)["across"]  # the code is on the left of the label
    page.click("[data-tool=mirror]")
    until(lambda: abs(painted(page)["across"] - (1 - before)) < 0.03, "the outline to turn")
    assert page.evaluate("new DOMMatrix(getComputedStyle(document.querySelector('video')).transform).a") == -1
    page.reload()
    page.wait_for_selector(".viewfinder.mirrored.live")  # remembered, and the camera starts by itself
    until(lambda: len(lines(page)) == 1, "the pack to be read all the same")


@pytest.mark.parametrize(("language", "said"), [("en", "1 not yet: closer"), ("zh", "未读 1：靠近一点")])
def test_what_would_help_is_said_of_a_place_not_read(filmed: Film, language: str, said: str) -> None:
    rng = np.random.default_rng(7)
    page = filmed([photograph(np.full((9, 16), 92, np.uint8), rng, fill=0.1)])
    spot = {"corners": [[400, 300], [500, 300], [500, 400], [400, 400]], "hint": "closer"}
    sight = {"symbols": [], "unread": [spot], "width": 1920, "height": 1080}
    page.route("**/scan/frame*", lambda route: route.fulfill(json=sight))
    page.goto("/")  # a visitor: what a person chooses would stay chosen for other tests
    if language != "en":
        with page.expect_navigation():
            page.click(f"button[name=language][value={language}]")
    page.click("[data-start]")
    until(lambda: page.inner_text(".tally") == said, "the hint")
    until(lambda: painted(page)["amber"] > 0, "an amber outline")


TORCH = """
MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true, zoom: { min: 1, max: 5, step: 0.5 } });
window.applied = [];
MediaStreamTrack.prototype.applyConstraints = async (wanted) => { window.applied.push(wanted.advanced[0]); };
"""


@pytest.mark.parametrize("able", [True, False])
def test_tools_are_shown_where_the_device_has_them(
    filmed: Film, parts: composition.Parts, able: bool
) -> None:
    (pack,) = packs_of(parts, cast.MAKER.gln, 1)
    page = filmed([label_of(pack)])
    if able:
        page.add_init_script(TORCH)
    open_ship(page)
    assert page.is_hidden(".camera-tools")
    page.click("[data-start]")
    page.wait_for_selector(".camera-tools:not([hidden])")
    assert page.is_visible("[data-tool=light]") is able
    page.fill("[data-zoom]", "2")
    if able:
        page.click("[data-tool=light]")
        until(
            lambda: page.evaluate("window.applied") == [{"zoom": 2}, {"torch": True}], "the device to be told"
        )
        assert page.get_attribute("[data-tool=light]", "aria-pressed") == "true"
    else:
        scale = "new DOMMatrix(getComputedStyle(document.querySelector('video')).transform).a"
        until(lambda: page.evaluate(scale) == 2, "the page to enlarge")
    page.click("[data-tool=stop]")
    assert page.is_hidden(".camera-tools")
    assert page.is_visible("[data-start]")
