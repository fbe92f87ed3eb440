"""Labels printed, photographed and read back."""

import numpy as np
import pytest
from printed import page_of

from scanner import ScannerError
from scanner.images import read_image
from scanner.labels import Label, label_png, logistic_label, pack_label, sheet_pdf
from scanner.photograph import photograph, tray
from scanner.reader import read_symbols

SSCC = "395212340000000014"
MORE = (("02", "09521234543213"), ("37", "240"), ("10", "LOT-42A"))
BOTH = ("DataMatrix", "Code128")


def pack(serial: str = "S1") -> Label:
    return pack_label("Amoxicillin 500 mg", gtin="09521234543213", serial=serial, expiry="271231", lot="L1")


def test_a_printed_sheet_of_24_packs_reads_back_whole() -> None:
    """The page as the PDF lays it down at 300 dpi, photographed with a phone held askew."""
    printed = page_of(sheet_pdf([pack(f"S{n:02}") for n in range(24)]), 0, 300)
    assert printed.shape == (3508, 2480)
    photo = photograph(printed, np.random.default_rng(3), size=(1440, 1920), fill=0.95, tilt=8, turn=4)
    found = sorted(symbol.element_text for symbol in read_symbols(photo, 6))
    assert found == [f"]d2010952123454321321S{n:02}\x1d1727123110L1" for n in range(24)]


def test_a_printed_logistic_label_reads_back_whole() -> None:
    label = logistic_label("Pallet", sscc=SSCC, more=MORE)
    printed = page_of(sheet_pdf([label], "105x148", dpi=203), 0, 203)
    photo = photograph(printed, np.random.default_rng(3), size=(1080, 1440))
    found = sorted(symbol.element_text for symbol in read_symbols(photo, 6, BOTH))
    assert found[-1] == f"]d200{SSCC}020952123454321337240\x1d10LOT-42A"
    assert f"]C100{SSCC}" in found


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
