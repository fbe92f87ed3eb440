"""What is drawn reads back: GS1 DataMatrix and GS1-128 as modules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner import ScannerError
from scanner.codes import bracketed, data_matrix, gs1_128, readable
from scanner.reader import read_symbols

SSCC = "395212340000000014"
# GS1 General Specifications, figure 7.11-1: the 82 characters of element strings.
CSET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
values = st.text(CSET_82, min_size=1, max_size=20)


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
    (symbol,) = read_symbols(pixels(gs1_128(elements), 3, tall=90), formats=("Code128",), raw=True)
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


def test_a_long_message_reads_back_and_too_long_a_one_is_refused() -> None:
    elements = (("01", "09521234543213"), ("21", "a" * 20), *((f"9{n}", "B(c)" * 22) for n in range(1, 4)))
    assert sum(len(value) for _, value in elements) > 254
    (symbol,) = read_symbols(pixels(data_matrix(bracketed(elements)), 3))
    assert symbol.text.count("B(c)") == 66
    with pytest.raises(ScannerError, match="Cannot draw"):
        data_matrix(bracketed(tuple((f"9{n}", "Bc" * 45) for n in range(1, 10)) * 3))


def test_an_sscc_takes_156_modules() -> None:
    """Two digits a character: start, FNC1, ten pairs, check, 11 modules each, and 13 for the stop."""
    assert gs1_128((("00", SSCC),)).shape == (1, 156)


def test_human_readable_lines_keep_the_order_of_the_symbol() -> None:
    elements = (("01", "09521234543213"), ("21", "S1"), ("17", "271231"))
    assert readable(elements) == ["(01) 09521234543213", "(21) S1", "(17) 271231"]
