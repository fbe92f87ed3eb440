"""The reader reads what is there, all of it, once each, and nothing that is not there."""

import itertools
import json
import subprocess
import sys
import time

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scanner import ScannerError, enhance, reader
from scanner.labels import data_matrix, gs1_128
from scanner.reader import read_symbols
from scanner.symbols import Symbol

Grey = NDArray[np.uint8]
PACK = "[01]09521234543213[21]SN{}[17]271231[10]LOT1"
PACK_TEXT = "010952123454321321SN{}\x1d1727123110LOT1"


def picture(modules: NDArray[np.bool_], pixels: int, *, tall: int = 0, quiet: int = 3) -> Grey:
    grey = np.where(modules, 25, 225).astype(np.uint8)
    grey = grey.repeat(tall or pixels, axis=0).repeat(pixels, axis=1)
    return np.pad(grey, quiet * pixels, constant_values=225)


def paste(frame: Grey, piece: Grey, x: int, y: int) -> None:
    frame[y : y + piece.shape[0], x : x + piece.shape[1]] = piece


def frame_720p(grey: int = 225) -> Grey:
    return np.full((720, 1280), grey, np.uint8)


def test_a_pack_code_reads_with_its_separators_and_corners() -> None:
    frame = frame_720p()
    paste(frame, picture(data_matrix(PACK.format(1)), 5), 300, 200)
    (symbol,) = read_symbols(frame)
    assert symbol.element_text == "]d2" + PACK_TEXT.format(1)
    assert (symbol.symbology, symbol.format) == ("]d2", "DataMatrix")
    expected = [(315, 215), (425, 215), (425, 325), (315, 325)]
    assert np.allclose(symbol.corners, expected, atol=3)
    assert json.loads(json.dumps(symbol.as_json()))["corners"][0] == pytest.approx([315, 215], abs=3)


def test_corners_start_at_the_top_left_of_the_symbol_not_of_the_picture() -> None:
    frame = frame_720p()
    paste(frame, np.rot90(picture(data_matrix(PACK.format(1)), 5), 2), 300, 200)
    (symbol,) = read_symbols(frame)
    assert symbol.corners[0] == pytest.approx((425, 325), abs=3)
    assert symbol.corners[2] == pytest.approx((315, 215), abs=3)


def test_colour_frames_read_too() -> None:
    frame = frame_720p()
    paste(frame, picture(data_matrix(PACK.format(1)), 5), 300, 200)
    assert read_symbols(np.stack([frame] * 3, axis=2)) == read_symbols(frame)


def test_two_packs_with_the_same_code_are_two() -> None:
    frame = frame_720p()
    for x in (200, 700):
        paste(frame, picture(data_matrix(PACK.format(1)), 5), x, 300)
    symbols = read_symbols(frame)
    assert [s.text for s in symbols] == [PACK_TEXT.format(1)] * 2
    assert abs(symbols[0].centre[0] - symbols[1].centre[0]) == pytest.approx(500, abs=3)


def test_forty_small_codes_each_once() -> None:
    frame = np.full((1080, 1920), 225, np.uint8)
    for number, (row, column) in enumerate(itertools.product(range(5), range(8))):
        paste(frame, picture(data_matrix(PACK.format(number)), 3), 100 + column * 220, 80 + row * 200)
    symbols = read_symbols(frame, budget=5)
    assert sorted(s.text for s in symbols) == sorted(PACK_TEXT.format(n) for n in range(40))


def test_a_logistic_label_gives_matrix_and_bars() -> None:
    frame = frame_720p()
    elements = (("00", "395212340000000014"),)
    paste(frame, picture(data_matrix("[00]395212340000000014"), 5), 100, 100)
    paste(frame, picture(gs1_128(elements), 3, tall=120, quiet=10), 300, 100)
    found = {(s.format, s.element_text) for s in read_symbols(frame, formats=("DataMatrix", "Code128"))}
    assert found == {
        ("DataMatrix", "]d200395212340000000014"),
        ("Code128", "]C100395212340000000014"),
    }


def test_gs1_qr_reads_as_q3() -> None:
    code = zxingcpp.create_barcode("[01]09521234543213[21]A1", zxingcpp.BarcodeFormat.QRCode, gs1=True)
    frame = frame_720p()
    paste(frame, np.array(zxingcpp.write_barcode_to_image(code, scale=5)), 400, 200)
    (symbol,) = read_symbols(frame, formats=("DataMatrix", "QRCode"))
    assert symbol.element_text == "]Q3010952123454321321A1"
    assert read_symbols(frame, formats=("DataMatrix",)) == []


def test_text_outside_ascii_is_decoded() -> None:
    code = zxingcpp.create_barcode("阿莫西林 é", zxingcpp.BarcodeFormat.QRCode)
    (symbol,) = read_symbols(np.array(zxingcpp.write_barcode_to_image(code, scale=5)), formats=("QRCode",))
    assert (symbol.text, symbol.accepted) == ("阿莫西林 é", False)


def test_a_rectangle_of_the_extension_is_no_gs1_carrier() -> None:
    wide = [("[01]09521234543213[21]" + "A" * n) for n in range(1, 21)]
    seen = set()
    for element in wide:
        code = zxingcpp.create_barcode(element, zxingcpp.BarcodeFormat.DataMatrix, gs1=True)
        image = np.array(zxingcpp.write_barcode_to_image(code, scale=5))
        (raw,) = zxingcpp.read_barcodes(
            image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)
        )
        seen.add(raw.symbology_identifier)
        assert bool(read_symbols(image)) == (raw.symbology_identifier == "]d2")
        modules = data_matrix(element)
        assert modules.shape[0] == modules.shape[1]
        assert read_symbols(picture(modules, 5))[0].symbology == "]d2"
    assert seen == {"]d2", "]d8"}


@pytest.mark.parametrize("kind", ["DataMatrix", "QRCode", "Code128"])
def test_a_gs1_code_with_a_wrong_check_digit_is_raw_text_at_most(kind: str) -> None:
    wrong = "09521234543214"
    if kind == "Code128":
        grey = picture(gs1_128((("01", wrong),)), 3, tall=120, quiet=10)
    else:
        code = zxingcpp.create_barcode(f"[01]{wrong}", getattr(zxingcpp.BarcodeFormat, kind), gs1=True)
        grey = np.array(zxingcpp.write_barcode_to_image(code, scale=5))
    assert read_symbols(grey, budget=None, formats=(kind,)) == []
    (symbol,) = read_symbols(grey, formats=(kind,), raw=True)
    assert (symbol.format, symbol.text, symbol.accepted) == (kind, "01" + wrong, False)


# What zxing-cpp alone misses in many frames; the ladder is there for it.
DAMAGES = ["small", "dots", "gain", "loss"]


def damaged(kind: str, rng: np.random.Generator) -> Grey:
    modules = np.pad(data_matrix(PACK.format(int(rng.integers(1_000_000)))), 3)
    large = np.where(modules, 30, 220).astype(np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    scale = 1.75 / 8 if kind == "small" else 3.5 / 8
    if kind == "dots":
        y, x = np.mgrid[0:8, 0:8]
        dot = (x - 3.5) ** 2 + (y - 3.5) ** 2 < 3.2**2
        large = np.where(np.kron(modules, dot), 30, 220).astype(np.uint8)
    if kind == "gain":
        large = cv2_filter("erode", large)
    if kind == "loss":
        large = cv2_filter("dilate", large)
    cv2 = enhance.opencv()
    turn = cv2.getRotationMatrix2D((0, 0), float(rng.uniform(-180, 180)), scale)
    turn[:, 2] += np.array([320, 240]) - turn[:, :2] @ np.array([large.shape[1] / 2, large.shape[0] / 2])
    soft = cv2.GaussianBlur(large, (0, 0), 0.5 / scale)
    seen = cv2.warpAffine(soft, turn, (640, 480), borderMode=cv2.BORDER_CONSTANT, borderValue=180)
    return np.asarray(np.clip(seen + rng.normal(0, 3, seen.shape), 0, 255), np.uint8)


def cv2_filter(name: str, grey: Grey) -> Grey:
    return np.asarray(getattr(enhance.opencv(), name)(grey, np.ones((5, 5), np.uint8)), np.uint8)


@pytest.mark.parametrize("kind", DAMAGES)
def test_the_ladder_reads_what_the_first_pass_misses(kind: str) -> None:
    if enhance.opencv() is None:
        pytest.skip("apt-get install -y --no-install-recommends libgl1 libglib2.0-0")
    rng = np.random.default_rng(5)
    frames = [damaged(kind, rng) for _ in range(6)]
    plain = sum(len(read_symbols(frame, budget=0)) for frame in frames)
    full = [read_symbols(frame, budget=1) for frame in frames]
    assert sum(len(symbols) for symbols in full) >= max(5, plain + 1)
    for symbols in full:
        assert all(s.text.startswith("010952123454321321SN") for s in symbols)


def negatives() -> list[Grey]:
    rng = np.random.default_rng(3)
    half = picture(data_matrix(PACK.format(7)), 6)
    stripes = ((np.arange(640) // 5) % 2 * 200).astype(np.uint8)[None, :].repeat(480, axis=0)
    checks = ((np.indices((480, 640)) // 6).sum(axis=0) % 2 * 200).astype(np.uint8)
    random_modules = rng.random((26, 26)) < 0.5
    return [
        np.zeros((480, 640), np.uint8),
        frame_720p(),
        rng.integers(0, 256, (480, 640), dtype=np.uint8),
        np.clip(rng.normal(128, 10, (720, 1280)), 0, 255).astype(np.uint8),
        stripes,
        checks,
        np.ascontiguousarray(half[:, : half.shape[1] // 2]),
        np.ascontiguousarray(half[: half.shape[0] // 2]),
        *[picture(random_modules ^ (rng.random((26, 26)) < 0.3), 5) for _ in range(6)],
        np.zeros((1, 1), np.uint8),
        np.zeros((3, 400), np.uint8),
    ]


@pytest.mark.parametrize("number", range(len(negatives())))
def test_nothing_is_read_where_nothing_is(number: int) -> None:
    assert read_symbols(negatives()[number], budget=1) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**32 - 1))
def test_pictures_of_any_size_are_no_trouble(height: int, width: int, seed: int) -> None:
    grey = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    assert read_symbols(grey, budget=0.05) == []


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((10, 10), np.float32),
        np.zeros((10, 10), np.uint16),
        np.zeros((10, 10, 4), np.uint8),
        np.zeros((0, 10), np.uint8),
        np.zeros(10, np.uint8),
        "frame.png",
    ],
)
def test_what_is_no_picture_is_refused_in_words(wrong: NDArray[np.uint8]) -> None:
    with pytest.raises(ScannerError, match="Expected a picture"):
        read_symbols(wrong)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ScannerError, match=r"DataMatrix.*got 'Datamatrix'"):
        read_symbols(frame_720p(), formats=("Datamatrix",))


def test_the_budget_holds_on_the_hardest_empty_frame() -> None:
    rng = np.random.default_rng(1)
    speckled = np.where(rng.random((720, 1280)) < 0.1, 40, 220).astype(np.uint8)
    read_symbols(speckled, budget=0)
    start = time.perf_counter()
    assert read_symbols(speckled, budget=0.25) == []
    # A loaded machine may be late by one piece of the ladder, not by a rung.
    assert time.perf_counter() - start < 0.75


def symbol(text: str, x: float = 0, kind: str = "DataMatrix", size: float = 40) -> Symbol:
    return Symbol(text, "]d2", kind, ((x, 0.0), (x + size, 0.0), (x + size, size), (x, size)))


def test_an_easy_frame_does_not_cost_its_budget() -> None:
    frame = frame_720p()
    for number in range(6):
        paste(frame, picture(data_matrix(PACK.format(number)), 5), 80 + 200 * number, 300)
    read_symbols(frame)
    start = time.perf_counter()
    assert len(read_symbols(frame, budget=5)) == 6
    assert time.perf_counter() - start < 1


def test_a_bad_print_among_good_ones_is_read_too() -> None:
    frame = frame_720p()
    for number in range(3):
        paste(frame, picture(data_matrix(PACK.format(number)), 4), 80 + 200 * number, 100)
    frame[240:720, 640:1280] = damaged("gain", np.random.default_rng(8))
    assert len(read_symbols(frame, budget=0)) == 3
    assert len(read_symbols(frame, budget=2)) == 4


def test_a_place_that_reads_as_two_messages_is_given_up() -> None:
    grey = frame_720p()
    search = reader._Search(grey, ("DataMatrix",), raw=True, deadline=None)
    assert search.take(symbol("one"))
    assert not search.take(symbol("one", x=3))
    assert search.take(symbol("one", x=90))
    assert not search.take(symbol("two", x=2))
    assert not search.take(symbol("one"))
    assert [s.corners[0][0] for s in search.symbols] == [90]


def test_inner_separators_in_bars_survive_both_readers() -> None:
    frame = frame_720p()
    bars = picture(gs1_128((("10", "LOT1"), ("21", "SN1"))), 3, tall=120, quiet=10)
    paste(frame, bars, 300, 100)
    (symbol,) = read_symbols(frame, formats=("Code128",), raw=True)
    assert (symbol.element_text, symbol.accepted) == ("]C110LOT1\x1d21SN1", False)


WITHOUT = """
import sys
sys.modules["cv2"] = None
sys.modules["pyzbar"] = None
import numpy as np
from scanner import ScannerError, camera, images, labels, photograph, reader
label = labels.pack_label("Amoxicillin", gtin="09521234543213", serial="S1", expiry="271231", lot="L1")
grey = images.read_image(labels.label_png(label))
photo = photograph.photograph(grey, np.random.default_rng(1))
tiny = photograph.photograph(grey, np.random.default_rng(2), fill=0.19, size=(1280, 720))
for picture in (grey, photo, tiny, np.stack([photo] * 3, axis=2)):
    assert [s.text for s in reader.read_symbols(picture, 5)] == ["010952123454321321S1\\x1d1727123110L1"]
case = images.read_image(labels.label_png(labels.logistic_label("Case", sscc="395212340000000014")))
assert {s.symbology for s in reader.read_symbols(case, formats=("DataMatrix", "Code128"))} == {"]d2", "]C1"}
try:
    camera.open_camera(0)
except ScannerError as error:
    print(error)
"""


def test_without_opencv_and_pyzbar_pictures_still_read() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "apt-get install" in done.stdout
