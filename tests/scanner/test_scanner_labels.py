"""What is drawn reads back: symbols, labels in three forms, and labels photographed."""

import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from scanner import ScannerError
from scanner.codes import bracketed, readable
from scanner.images import read_image
from scanner.labels import (
    Label,
    data_matrix,
    gs1_128,
    label_png,
    label_svg,
    logistic_label,
    pack_label,
    sheet_pdf,
)
from scanner.photograph import photograph, tray
from scanner.reader import read_symbols

SSCC = "395212340000000019"
MORE = (("02", "09521234543213"), ("37", "240"), ("10", "LOT-42A"))
# GS1 General Specifications, figure 7.11-1: the 82 characters of element strings.
CSET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
values = st.text(CSET_82, min_size=1, max_size=20)


def pack(serial: str = "S1", lot: str = "L1", title: str = "Amoxicillin 500 mg") -> Label:
    return pack_label(title, gtin="09521234543213", serial=serial, expiry="271231", lot=lot)


def pixels(modules: np.ndarray, scale: int, tall: int = 0) -> np.ndarray:
    grey = np.where(modules, 0, 255).astype(np.uint8)
    return np.pad(grey.repeat(tall or scale, axis=0).repeat(scale, axis=1), 12 * scale, constant_values=255)


@settings(max_examples=60, deadline=None)
@given(serial=values, lot=values)
def test_every_value_reads_back_from_a_data_matrix(serial: str, lot: str) -> None:
    modules = data_matrix(bracketed((("01", "09521234543213"), ("21", serial), ("10", lot))))
    assert modules.shape[0] == modules.shape[1]
    (symbol,) = read_symbols(pixels(modules, 4))
    assert symbol.element_text == f"]d2010952123454321321{serial}\x1d10{lot}"


@settings(max_examples=60, deadline=None)
@given(lot=values, serial=values, sscc=st.booleans())
def test_every_value_reads_back_from_a_gs1_128(lot: str, serial: str, sscc: bool) -> None:
    elements = (("00", SSCC), ("10", lot)) if sscc else (("10", lot), ("21", serial))
    (symbol,) = read_symbols(pixels(gs1_128(elements), 3, tall=90), formats=("Code128",))
    separator = "" if sscc else "\x1d"
    expected = elements[0][0] + elements[0][1] + separator + elements[1][0] + elements[1][1]
    assert symbol.element_text == "]C1" + expected


def test_parentheses_are_accepted_where_no_value_has_any() -> None:
    assert np.array_equal(data_matrix("(01)09521234543213(21)A"), data_matrix("[01]09521234543213[21]A"))


@pytest.mark.parametrize("element", ["", "(01", "[01]0952[21", "[21]é", "[21]a[b]c", "0109521234543213"])
def test_what_is_no_element_string_is_not_drawn(element: str) -> None:
    with pytest.raises(ScannerError, match="Cannot draw"):
        data_matrix(element)


@pytest.mark.parametrize(
    "element", [("1", "A"), ("01x", "A"), ("21", ""), ("21", "a b"), ("21", "]"), ("21", "é")]
)
def test_what_does_not_fit_an_element_is_refused(element: tuple[str, str]) -> None:
    for draw in (bracketed, gs1_128):
        with pytest.raises(ScannerError, match="Expected"):
            draw((element,))


def test_gs1_128_holds_48_characters_and_no_more() -> None:
    assert gs1_128((("01", "0" * 14), ("10", "A" * 27))).any()
    with pytest.raises(ScannerError, match="1 to 48"):
        gs1_128((("01", "0" * 14), ("10", "A" * 20), ("21", "B" * 20)))
    with pytest.raises(ScannerError, match="1 to 48"):
        gs1_128(())


@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_a_pack_label_reads_back_with_whole_modules(dpi: int) -> None:
    png = label_png(pack(serial="A(1)"), dpi=dpi)
    with Image.open(io.BytesIO(png)) as image:
        assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=1)
    (symbol,) = read_symbols(read_image(png))
    assert symbol.element_text == "]d2010952123454321321A(1)\x1d1727123110L1"
    modules = data_matrix(pack(serial="A(1)").element_string).shape[0]
    assert symbol.size == pytest.approx(modules * round(0.508 * dpi / 25.4), rel=0.06)


def test_modules_finer_than_the_printer_are_refused() -> None:
    with pytest.raises(ScannerError, match="less than two dots"):
        label_png(pack(), dpi=72)


def test_a_logistic_label_reads_back_in_both_symbols() -> None:
    png = label_png(logistic_label("Pallet", sscc=SSCC, more=MORE, lines=("12 cases",)))
    found = sorted(s.element_text for s in read_symbols(read_image(png)))
    assert found == [
        f"]C100{SSCC}",
        "]C1020952123454321337240",
        "]C110LOT-42A",
        f"]d200{SSCC}020952123454321337240\x1d10LOT-42A",
    ]


def test_text_on_the_sheet_is_human_readable_interpretation() -> None:
    pdf = PdfReader(io.BytesIO(sheet_pdf([pack(serial="A(1)"), logistic_label("Case", sscc=SSCC)])))
    assert len(pdf.pages) == 2
    first, second = (page.extract_text() for page in pdf.pages)
    for line in ("Amoxicillin 500 mg", "(01) 09521234543213", "(21) A(1)", "(17) 271231", "(10) L1"):
        assert line in first
    assert second.count(f"(00) {SSCC}") == 2


def test_modules_on_the_sheet_are_of_exact_size() -> None:
    pdf = PdfReader(io.BytesIO(sheet_pdf([pack()], module_mm=0.4)))
    drawn = pdf.pages[0].get_contents()
    assert drawn is not None
    boxes = re.findall(r"(\S+) (\S+) re\b", drawn.get_data().decode("latin-1"))
    modules = [(float(width), float(height)) for width, height in boxes if float(height) < 1]
    assert len(modules) > 100
    assert {height for _, height in modules} == {0.4}
    counts = [width / 0.4 for width, _ in modules]
    assert np.allclose(counts, np.round(counts))


def test_sheets_are_equal_for_equal_labels_and_filled_in_order() -> None:
    labels = [pack(serial=f"S{n}") for n in range(50)]
    data = sheet_pdf(labels)
    assert data == sheet_pdf(labels)
    pages = PdfReader(io.BytesIO(data)).pages
    assert [page.extract_text().count("(21) S") for page in pages] == [24, 24, 2]
    assert "(21) S24" in pages[1].extract_text()


def test_a_roll_gets_one_label_a_page() -> None:
    pages = PdfReader(io.BytesIO(sheet_pdf([pack(), pack("S2")], paper=(63.5, 33.9), outlines=False))).pages
    assert len(pages) == 2
    assert float(pages[0].mediabox.width) == pytest.approx(63.5 / 25.4 * 72, abs=0.01)


@pytest.mark.parametrize(
    ("paper", "words"), [("A9", "A4, Letter"), ((20.0, 20.0), "at least 63.5 x 33.9 mm, got 20 x 20")]
)
def test_paper_that_does_not_do_is_refused(paper: str | tuple[float, float], words: str) -> None:
    with pytest.raises(ScannerError, match=words):
        sheet_pdf([pack()], paper)


def test_empty_sheets_and_labels_are_refused() -> None:
    with pytest.raises(ScannerError, match="at least one label"):
        sheet_pdf([])
    with pytest.raises(ScannerError, match="at least one element"):
        label_svg(Label("pack", "Nothing", ()))


def test_too_much_for_a_label_is_refused() -> None:
    with pytest.raises(ScannerError, match="smaller modules"):
        sheet_pdf([pack()], module_mm=1.6)
    many = tuple((f"9{n}", "X" * 12) for n in range(1, 9))
    with pytest.raises(ScannerError, match="does not fit"):
        sheet_pdf([logistic_label("Pallet", sscc=SSCC, more=many)])


def test_chinese_names_have_a_font_in_every_form() -> None:
    label = pack(title="阿莫西林胶囊 500 毫克")
    assert b"/BaseFont /STSong-Light" in sheet_pdf([label])
    assert b"/BaseFont /STSong-Light" not in sheet_pdf([pack()])
    assert "阿莫西林胶囊" in label_svg(label)
    blank = read_image(label_png(pack(title=" ")))
    assert (read_image(label_png(label)) != blank).sum() > 500


def test_svg_is_well_formed_and_escaped() -> None:
    root = ET.fromstring(label_svg(pack(title="A & B <500>", serial='<&">')))
    assert root.get("width") == "63.5mm"
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "A & B <500>"
    assert '(21) <&">' in texts


def test_long_names_are_wrapped_then_cut() -> None:
    root = ET.fromstring(label_svg(pack(title="A very long product name " * 5)))
    texts = [node.text or "" for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert len(texts) == 6
    assert texts[1].endswith("…")


def test_human_readable_lines_keep_the_order_of_the_symbol() -> None:
    assert readable(pack().elements) == ["(01) 09521234543213", "(21) S1", "(17) 271231", "(10) L1"]


def test_photographs_of_labels_read_back() -> None:
    rng = np.random.default_rng(2)
    for number in range(8):
        photo = photograph(read_image(label_png(pack(f"S{number}"))), rng)
        assert photo.shape == (720, 1280)
        assert [s.text for s in read_symbols(photo, 2)] == [f"010952123454321321S{number}\x1d1727123110L1"]


def test_a_photograph_depends_on_its_seed_alone() -> None:
    grey = read_image(label_png(pack()))
    first, again = (photograph(grey, np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, photograph(grey, np.random.default_rng(5)))


def test_a_tray_of_labels_reads_back_in_one_frame() -> None:
    labels = [read_image(label_png(pack(f"S{number:02}"), dpi=203)) for number in range(15)]
    frame = tray(labels, np.random.default_rng(9))
    assert frame.shape == (1080, 1920)
    found = sorted(s.text for s in read_symbols(frame, 3))
    assert found == [f"010952123454321321S{number:02}\x1d1727123110L1" for number in range(15)]


def test_photographs_need_a_grey_picture_and_trays_some_picture() -> None:
    with pytest.raises(ScannerError, match="grey picture"):
        photograph(np.zeros((5, 5, 3), np.uint8), np.random.default_rng(1))
    with pytest.raises(ScannerError, match="at least one"):
        tray([], np.random.default_rng(1))
