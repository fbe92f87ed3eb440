"""Linear codes: two readers, and what passes only when both say the same."""

import re

import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray

from benchmarks.bars import DAMAGES, KINDS, damaged, negatives
from benchmarks.linear import READERS
from scanner import linear, zbar
from scanner.codes import gs1_128
from scanner.decoder import LINEAR, decode
from scanner.symbols import Symbol

Grey = NDArray[np.uint8]

SSCC = "00395212340000000014"
needs_zbar = pytest.mark.skipif(not zbar.available(), reason="apt-get install -y libzbar0")


def bars(text: str, name: str, scale: int = 3) -> Grey:
    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, name))
    drawn = np.array(zxingcpp.write_barcode_to_image(code, scale=scale, add_hrt=False))
    return np.pad(drawn, 60, constant_values=255)


def label() -> Grey:
    modules = np.repeat(np.repeat(gs1_128([("00", SSCC[2:])]), 3, axis=1), 120, axis=0)
    return np.asarray(np.pad(np.where(modules, 0, 255), 60, constant_values=255), np.uint8)


def test_gs1_128_stands_on_the_word_of_one_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zbar, "_library", lambda: None)
    (symbol,) = linear.read(label(), LINEAR)
    assert (symbol.element_text, symbol.format, symbol.accepted) == ("]C1" + SSCC, "Code128", True)


@needs_zbar
@pytest.mark.parametrize(
    ("text", "name", "mark"),
    [
        ("9521321000018", "EAN13", "]E0"),
        ("95213217", "EAN8", "]E4"),
        ("09521321000018", "ITF", "]I"),
        ("81000010123456789012", "Code128", "]C0"),
    ],
)
def test_weakly_checked_codes_need_both_readers(
    text: str, name: str, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = bars(text, name)
    (symbol,) = linear.read(picture, LINEAR)
    assert symbol.accepted
    assert (symbol.text, symbol.symbology[:3].startswith(mark)) == (text, True)
    monkeypatch.setattr(zbar, "_library", lambda: None)
    assert linear.read(picture, LINEAR) == []
    assert [(one.text, one.accepted) for one in linear.read(picture, LINEAR, raw=True)] == [(text, False)]


@needs_zbar
def test_zbar_reads_as_zxing_does() -> None:
    for kind in KINDS:
        frame = next(one for one in damaged(1, 1) if (one.damage, one.format) == ("clean", kind))
        (first,) = decode(frame.grey, LINEAR).symbols
        ((second, lines),) = zbar.read(frame.grey, LINEAR)
        assert (second.text, second.format, second.symbology[:2]) == (
            first.text,
            first.format,
            first.symbology[:2],
        )
        assert first.same_place(second)
        assert lines >= 1


@needs_zbar
def test_zbar_tells_gs1_128_from_code_128() -> None:
    assert [one.symbology for one, _ in zbar.read(label(), ("Code128",))] == ["]C1"]
    assert [one.symbology for one, _ in zbar.read(bars(SSCC, "Code128"), ("Code128",))] == ["]C0"]


@needs_zbar
@pytest.mark.parametrize("quarter", range(4))
def test_the_outline_begins_at_the_upper_left_corner_of_the_code(quarter: int) -> None:
    picture = np.ascontiguousarray(np.rot90(label(), -quarter))
    ((symbol, _),) = zbar.read(picture, ("Code128",))
    (left, top), (right, _), *_ = symbol.corners
    begins_left, begins_high = left < picture.shape[1] / 2, top < picture.shape[0] / 2
    assert (begins_left, begins_high) == ((True, True), (False, True), (False, False), (True, False))[quarter]
    assert (right > left) if quarter == 0 else True


def test_readers_that_contradict_each_other_read_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    (read,) = decode(label(), LINEAR).symbols
    other = Symbol("00395212340000000021", "]C1", "Code128", read.corners)
    monkeypatch.setattr(zbar, "read", lambda grey, formats, step=1: [(other, 40)])
    assert linear.read(label(), LINEAR) == []
    assert linear.read(label(), LINEAR, raw=True) == []


def test_only_the_formats_asked_for_are_read() -> None:
    assert linear.read(label(), ("DataMatrix", "QRCode")) == []
    assert linear.read(label(), ("EAN13", "DataMatrix")) == []


def test_text_that_is_not_gs1_is_given_only_as_raw() -> None:
    picture = bars("Hello-123", "Code128")
    assert linear.read(picture, LINEAR) == []
    assert [(one.text, one.accepted) for one in linear.read(picture, LINEAR, raw=True)] == [
        ("Hello-123", False)
    ]


@needs_zbar
def test_the_pair_reads_damaged_codes_and_none_of_them_wrongly() -> None:
    frames = [*damaged(5, 1), *damaged(6, 1), *negatives(5, 4)]
    assert {frame.damage for frame in frames} >= set(DAMAGES)
    wrong = [
        (frame.damage, frame.text, text)
        for frame in frames
        for text in READERS["pair"](frame.grey)
        if text != frame.text
    ]
    assert wrong == []
    clean = [frame for frame in frames if frame.damage == "clean"]
    read = [frame.text in READERS["pair"](frame.grey) for frame in clean]
    assert sum(read) >= len(clean) - 1


# Both printed wrong by one bar: zxing-cpp alone reads these as other numbers with right check digits.
@needs_zbar
def test_a_wrong_bar_is_not_believed() -> None:
    wrong = []
    for frame in damaged(1, 40):
        if frame.damage != "bar" or frame.format != "EAN13":
            continue
        alone = [text for text in READERS["zxing"](frame.grey) if text != frame.text]
        if alone:
            wrong.append(alone)
            assert [text for text in READERS["pair"](frame.grey) if text != frame.text] == []
    assert all(re.fullmatch("[0-9]{13}", text) for texts in wrong for text in texts)
    assert wrong
