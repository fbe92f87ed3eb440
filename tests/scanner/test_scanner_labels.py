"""Labels drawn: every edge on a whole dot in every form, every module within its range, sheets and rolls."""

import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from printed import DPIS, SSCC, dark_runs, laid, pack, page_of, pallet, rectangles
from pypdf import PdfReader

from scanner import ScannerError
from scanner.images import read_image
from scanner.labels import (
    ROLLS,
    SHEETS,
    Label,
    data_matrix,
    label_png,
    label_svg,
    label_zpl,
    layout,
    logistic_label,
    parse_stock,
    sheet_pdf,
)
from scanner.labels.dimensions import LOGISTIC_BARS, LOGISTIC_MATRIX, PACK_MATRIX, millimetres
from scanner.labels.raster import dots_of

SVG = "{http://www.w3.org/2000/svg}"


# Whole dots


@pytest.mark.parametrize("dpi", DPIS)
@pytest.mark.parametrize(
    ("label", "size"), [(pack(), (50, 30)), (pallet(), (105, 148))], ids=["pack", "pallet"]
)
def test_every_edge_in_a_picture_is_a_whole_module(label: Label, size: tuple[float, float], dpi: int) -> None:
    picture = read_image(label_png(label, dpi=dpi, size=size))
    assert set(np.unique(picture)) == {0, 255}
    for block in layout(label, size, dpi=dpi).blocks:
        rows = range(block.y, block.y + block.height)
        for row in rows:
            line = picture[row, block.x : block.x + block.width]
            assert all(edge % block.module == 0 for run in dark_runs(line) for edge in run)
        for at in range(0, block.height, block.rises):
            # All the dots of a row of modules are alike, from its first to its last.
            area = picture[block.y + at : block.y + at + block.rises, block.x : block.x + block.width]
            assert (area == area[0]).all()


@pytest.mark.parametrize("dpi", DPIS)
def test_every_edge_in_a_pdf_is_on_a_whole_dot_of_the_page(dpi: int) -> None:
    pdf = sheet_pdf([pack(f"S{n}") for n in range(24)] + [pallet()], dpi=dpi)
    for page in (0, 1):
        size, found = rectangles(pdf, page, dpi)
        edges = np.concatenate([*found, np.array(size)])
        assert len(edges) > 500
        # A hair inside the dot, so that no renderer paints the next one as well.
        assert np.abs(edges - np.round(edges)).max() < 0.06


@pytest.mark.parametrize("dpi", DPIS)
def test_a_pdf_and_an_svg_have_the_same_symbols_as_the_picture(dpi: int) -> None:
    label, size = pack(), (50.0, 30.0)
    sheet = layout(label, size, dpi=dpi)
    (block,) = sheet.blocks
    symbol = (slice(block.y, block.y + block.height), slice(block.x, block.x + block.width))
    picture = read_image(label_png(label, dpi=dpi, size=size))
    assert np.array_equal(page_of(sheet_pdf([label], "50x30", dpi=dpi), 0, dpi)[symbol], picture[symbol])
    root = ET.fromstring(label_svg(label, dpi=dpi, size=size))
    assert root.get("viewBox") == f"0 0 {picture.shape[1]} {picture.shape[0]}"
    drawn = np.full_like(picture, 255)
    (path,) = root.iter(f"{SVG}path")
    for x, y, wide, tall in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+z", path.get("d") or ""):
        drawn[int(y) : int(y) + int(tall), int(x) : int(x) + int(wide)] = 0
    assert np.array_equal(drawn[symbol], picture[symbol])


def test_a_picture_says_its_resolution_and_has_one_bit_a_dot() -> None:
    with Image.open(io.BytesIO(label_png(pack(), dpi=203))) as image:
        assert image.info["dpi"] == pytest.approx((203, 203), abs=0.1)
        assert image.mode == "1"
        assert image.size == (round(63.5 / 25.4 * 203), round(33.9 / 25.4 * 203))


# X-dimensions


@pytest.mark.parametrize(
    ("dpi", "told"),
    [
        (203, ("GS1 DataMatrix 20 x 20, module 0.500 mm (4 dots at 203 dpi)",)),
        (300, ("GS1 DataMatrix 20 x 20, module 0.508 mm (6 dots at 300 dpi)",)),
        (600, ("GS1 DataMatrix 20 x 20, module 0.508 mm (12 dots at 600 dpi)",)),
    ],
)
def test_a_label_tells_what_module_results(dpi: int, told: tuple[str, ...]) -> None:
    assert layout(pack(), dpi=dpi).printed == told


@pytest.mark.parametrize(("asked", "dots"), [(0.38, 3), (0.44, 4), (0.52, 4)])
def test_a_module_asked_for_becomes_the_nearest_whole_dots(asked: float, dots: int) -> None:
    (block,) = layout(pack(), dpi=203, module_mm=asked).blocks
    assert block.module == dots


@pytest.mark.parametrize("label", [pack(), pallet()], ids=["pack", "pallet"])
@pytest.mark.parametrize("module", [0.1, 0.7, 1.6])
def test_a_module_outside_the_range_is_refused_with_the_choice(label: Label, module: float) -> None:
    with pytest.raises(ScannerError, match=r"Expected a module of .* choose from 0\.\d{3}"):
        layout(label, dpi=300, module_mm=module)


def test_a_printer_without_whole_dots_in_the_range_is_refused() -> None:
    with pytest.raises(ScannerError, match="100 to 2400 dpi, got 72"):
        label_png(pack(), dpi=72)
    assert layout(pack(), dpi=100).blocks[0].module == 2


@pytest.mark.parametrize("dpi", [150, *DPIS, 1200])
@pytest.mark.parametrize("size", [stock.page for stock in ROLLS.values()], ids=list(ROLLS))
def test_whatever_the_size_modules_stay_in_their_range(size: tuple[float, float], dpi: int) -> None:
    for label in (pack(), pallet(), pallet(())):
        sheet = laid(label, size, dpi)
        for block in sheet.blocks if sheet is not None else ():
            matrix = PACK_MATRIX if label.kind == "pack" else LOGISTIC_MATRIX
            allowed = LOGISTIC_BARS if block.tall else matrix
            assert allowed.least <= millimetres(block.module, dpi) <= allowed.most


def test_text_on_the_sheet_can_be_searched() -> None:
    pdf = PdfReader(io.BytesIO(sheet_pdf([pack(serial="A(1)"), logistic_label("Case", sscc=SSCC)])))
    first, second = (page.extract_text() for page in pdf.pages)
    for line in ("Amoxicillin 500 mg", "(01) 09521234543213", "(21) A(1)", "(17) 271231", "(10) L1"):
        assert line in first
    assert second.count(f"(00) {SSCC}") == 2


def test_svg_is_well_formed_and_escaped() -> None:
    root = ET.fromstring(label_svg(pack(title="A & B <500>", serial='<&">')))
    assert root.get("width") == "63.5000mm"
    said = [node.text for node in root.iter(f"{SVG}text")]
    assert said[0] == "A & B <500>"
    assert '(21) <&">' in said
    assert all(node.get("textLength") for node in root.iter(f"{SVG}text"))


# ZPL


def test_zpl_gives_back_the_dots() -> None:
    label = pallet()
    zpl = label_zpl(label, dpi=203, size=(100, 150))
    found = re.fullmatch(r"\^XA\^PW(\d+)\^LL(\d+)\^LH0,0\^FO0,0\^GFA,(\d+),\3,(\d+),(.*)\^FS\^XZ\n", zpl)
    assert found is not None
    wide, high, total, row = (int(found[group]) for group in range(1, 5))
    rows: list[bytes] = []
    full = 2 * row
    for part in re.findall(rf":|[0-9A-F]{{0,{full - 1}}},|[0-9A-F]{{{full}}}", found[5]):
        rows.append(rows[-1] if part == ":" else bytes.fromhex(part.rstrip(",").ljust(full, "0")))
    assert len(rows) * row == total
    dots = np.unpackbits(np.frombuffer(b"".join(rows), np.uint8).reshape(high, row), axis=1)[:, :wide]
    assert np.array_equal(dots.astype(bool), dots_of(layout(label, (100, 150), dpi=203)))


# Stock


def test_sheets_are_equal_for_equal_labels_and_filled_in_order() -> None:
    labels = [pack(serial=f"S{n}") for n in range(50)]
    data = sheet_pdf(labels)
    assert data == sheet_pdf(labels)
    pages = PdfReader(io.BytesIO(data)).pages
    assert [page.extract_text().count("(21) S") for page in pages] == [24, 24, 2]
    assert "(21) S24" in pages[1].extract_text()


@pytest.mark.parametrize(
    ("paper", "packs", "pallets"), [("A4", 24, 4), ("Letter", 30, 4), ("A5", 12, 1), ("A6", 4, 1)]
)
def test_a_sheet_holds_so_many_labels(paper: str, packs: int, pallets: int) -> None:
    assert len(SHEETS[paper].places("pack")) == packs
    assert len(SHEETS[paper].places("logistic")) == pallets
    for kind in ("pack", "logistic"):
        width, height = SHEETS[paper].cut(kind).size  # type: ignore[arg-type]
        for left, top in SHEETS[paper].places(kind):  # type: ignore[arg-type]
            assert -0.01 <= left <= SHEETS[paper].page[0] - width + 0.01
            assert -0.01 <= top <= SHEETS[paper].page[1] - height + 0.01


def test_a_roll_gets_one_label_a_page() -> None:
    pages = PdfReader(io.BytesIO(sheet_pdf([pack(), pack("S2")], "58×40", dpi=203))).pages
    assert len(pages) == 2
    assert float(pages[0].mediabox.width) == pytest.approx(round(58 / 25.4 * 203) * 72 / 203, abs=0.001)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("a4", (210, 297)),
        ("58x40", (58, 40)),
        ("58 × 40", (58, 40)),
        ("2x1in", (50.8, 25.4)),
        ("4X6IN", (101.6, 152.4)),
    ],
)
def test_stock_is_named_or_measured(text: str, size: tuple[float, float]) -> None:
    assert parse_stock(text).page == pytest.approx(size)
    assert parse_stock(text).is_roll == (text != "a4")


@pytest.mark.parametrize(
    ("text", "words"), [("A9", "A4, Letter"), ("", "70x45"), ("5x40", "10 to 420 mm a side")]
)
def test_stock_that_does_not_do_is_refused(text: str, words: str) -> None:
    with pytest.raises(ScannerError, match=words):
        sheet_pdf([pack()], text)


def test_empty_sheets_and_labels_are_refused() -> None:
    with pytest.raises(ScannerError, match="at least one label"):
        sheet_pdf([])
    with pytest.raises(ScannerError, match="at least one element"):
        label_svg(Label("pack", "Nothing", ()))


def test_the_matrix_on_a_label_is_the_one_drawn() -> None:
    label = pack()
    assert np.array_equal(layout(label).blocks[0].modules, data_matrix(label.element_string))
