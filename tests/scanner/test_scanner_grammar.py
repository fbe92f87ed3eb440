"""The gate of the scanner: what it lets pass, GS1's rules and every check digit vouch for."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scanner.grammar import accepted, claims_gs1
from traceability.gs1 import Gs1Error, digital_link
from traceability.gs1.checks import check_digit
from traceability.gs1.element_strings import GS, parse

TODAY = date(2026, 11, 23)
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "gs1.json").read_text())

GTIN = "09521321000018"
PPN = "[)>\x1e06\x1d9N110375286414\x1d1T12345ABCDE\x1dD150617\x1dS12345ABCDEF98765\x1e\x04"

RIGHT = [
    (f"01{GTIN}21ABC{GS}17290630", "]d2"),
    (f"{GS}01{GTIN}21ABC{GS}17290630", "]d2"),
    (f"01{GTIN}17290600{GS}10ABC{GS}21X{GS}", "]Q3"),
    (f"01{GTIN}21A{GS}71003752864", "]d2"),
    (f"01{GTIN}01{GTIN}21ABC", "]d2"),
    ("00095213210000000018", "]C1"),
    (f"0009521321000000001802{GTIN}3748", "]C1"),
    (f"01{GTIN}3103001250", "]e0"),
    (f"01046074286718272100000054CZqMg{GS}91EE07{GS}92{'g' * 43}=", "]d2"),
    (f"01046074286718272100000054CZqMg{GS}93dGVz", "]d2"),
    ("414952132100001" + check_digit("952132100001") + "254A1", "]d2"),
    ("800400952132ABC", "]d2"),
    (f"{GS}01{GTIN}21ABC", "]d1"),
    (f"<FNC1>01{GTIN}21ABC<FNC1>17290630", "]d1"),
    (f"[)>\x1e05\x1d01{GTIN}21ABC\x1d17290630\x1e\x04", "]d1"),
    (PPN, "]d1"),
    (f"https://id.gs1.org/01/{GTIN}/21/ABC?17=290630", "]Q1"),
    (f"HTTPS://example.com/some/path/01/{GTIN}/10/A%2F1/21/ABC?linkType=gs1:pip#top", "]d1"),
    ("https://example.com/01/9521321000018", "]Q1"),
    ("9521321000018", "]E0"),
    ("95213217", "]E4"),
    (GTIN, "]I1"),
    ("81000010123456789012", "]C0"),
]

WRONG = [
    ("", "]d2"),
    (GS, "]d2"),
    (f"01{GTIN}21ABC", "]d1"),
    (f"01{GTIN}21ABC", "]C0"),
    (f"01{GTIN}2129A{GS}{GS}17290630", "]d2"),
    (f"01{GTIN}21ABC{GS}17291330", "]d2"),
    (f"01{GTIN}21ABC{GS}17290631", "]d2"),
    (f"01{GTIN}21", "]d2"),
    (f"01{GTIN}21{'A' * 21}", "]d2"),
    (f"01{GTIN}21AB CD", "]d2"),
    (f"01{GTIN}21ABC<GS>17290630", "]d2"),
    (f"01{GTIN}21AB ", "]d2"),
    (f"01{GTIN}21ABC{GS}21ABD", "]d2"),
    (f"01{GTIN}21ABC{GS}8912", "]d2"),
    (f"01{GTIN}02{GTIN}", "]d2"),
    (f"01{GTIN}3103001250{GS}3102001250", "]d2"),
    (f"02{GTIN}3748", "]d2"),
    ("0009521321000000001810ABC", "]C1"),
    ("10ABC", "]d2"),
    ("21ABC", "]d2"),
    ("17290630", "]d2"),
    ("91ABC", "]d2"),
    ("01" + "0" * 14, "]d2"),
    (f"01{GTIN}21A01{GTIN}21A", "]d2"),
    (f"<FNC1>01{GTIN[:-1]}721ABC", "]d1"),
    (PPN.replace("6414", "6415"), "]d1"),
    (PPN.replace("150617", "151317"), "]d1"),
    (PPN.replace("9N", "9X"), "]d1"),
    (f"https://id.gs1.org/01/{GTIN[:-1]}7/21/ABC", "]Q1"),
    (f"https://id.gs1.org/01/{GTIN}/21/{'A' * 21}", "]Q1"),
    (f"https://id.gs1.org/01/{GTIN}/21/ABC/10/X", "]Q1"),
    ("https://example.com/about", "]Q1"),
    ("9521321000017", "]E0"),
    ("952132100001800", "]E3"),
    ("95213216", "]E4"),
    ("952132100001", "]I0"),
    ("71000010123456789012", "]C0"),
    ("81000010123456789012", "]d1"),
    ("8100001012345678901", "]C0"),
    (f"01{GTIN}21ABC", ""),
]


@pytest.mark.parametrize(("text", "symbology"), RIGHT)
def test_accepts_what_is_vouched_for(text: str, symbology: str) -> None:
    assert accepted(text, symbology)


@pytest.mark.parametrize(("text", "symbology"), WRONG)
def test_accepts_nothing_else(text: str, symbology: str) -> None:
    assert not accepted(text, symbology)


def test_knows_the_symbols_that_begin_with_fnc1() -> None:
    assert {mark for mark in ("]d2", "]Q3", "]C1", "]e0", "]J1", "]d1", "]Q1", "]C0", "]E0", "") if claims_gs1(mark)} == {
        "]d2", "]Q3", "]C1", "]e0", "]J1",
    }  # fmt: skip


@given(st.text("0123456789", min_size=13, max_size=13), st.integers(0, 13), st.integers(1, 9))
def test_no_altered_digit_of_a_gtin_passes(body: str, place: int, step: int) -> None:
    gtin = body + check_digit(body)
    altered = gtin[:place] + str((int(gtin[place]) + step) % 10) + gtin[place + 1 :]
    for text, symbology in (
        (f"01{altered}21ABC", "]d2"),
        (f"01{altered}", "]C1"),
        (altered, "]I1"),
        (f"https://id.gs1.org/01/{altered}", "]Q1"),
    ):
        assert not accepted(text, symbology)


@given(st.integers(0, 11), st.integers(1, 9))
def test_no_altered_digit_of_a_ppn_passes(place: int, step: int) -> None:
    ppn = "110375286414"
    altered = ppn[:place] + str((int(ppn[place]) + step) % 10) + ppn[place + 1 :]
    assert not accepted(PPN.replace(ppn, altered), "]d1")


MARKS = st.sampled_from(
    ["]d2", "]Q3", "]C1", "]e0", "]J1", "]d1", "]Q1", "]C0", "]E0", "]E4", "]I1", "]I0", "", "]"]
)


@given(st.text(max_size=60), MARKS)
@example("٠" * 13, "]E0")
@example("0109521321000018\x1d8008\x1d", "]d2")
@example("7007" + "9" * 12, "]d2")
def test_random_text_never_passes_nor_raises(text: str, symbology: str) -> None:
    assert not accepted(text, symbology)


PARTS = st.sampled_from(
    ["01" + GTIN, "01", "00095213210000000018", "02" + GTIN, "10", "17", "21", "37", "240", "3103", "410", "414",
     "7003", "710", "8003", "8004", "8006", "8017", "91", "99", "ABC", "290630", "12", "48", GS, "/", "[)>\x1e05\x1d"]
)  # fmt: skip


@given(st.lists(PARTS, max_size=8).map("".join), MARKS)
def test_what_passes_in_a_gs1_symbol_is_what_the_parser_takes(text: str, symbology: str) -> None:
    if claims_gs1(symbology) and accepted(text, symbology):
        parse(symbology + text, TODAY)


def test_passes_nothing_that_the_vectors_refuse() -> None:
    elements = [text for text in VECTORS["raw"]["refused"] if accepted(text.replace("^", GS), "]d2")]
    links = [text for text in VECTORS["digital_link"]["refused"] if accepted(text, "]Q1")]
    assert (elements, links) == ([], [])


@given(
    st.lists(
        st.sampled_from(
            ["01", "00", "21", "10", "414", "8003", "22", "x", GTIN, "09521321000018", "ABC", "A%2Fb", "%"]
        ),
        max_size=7,
    ),
    st.sampled_from(["", "?17=290630", "?17=291330", "?11=290600&x=y", "?89=1"]),
)
def test_links_that_pass_are_digital_links(parts: list[str], query: str) -> None:
    link = "https://example.com/" + "/".join(parts) + query
    if accepted(link, "]Q1"):
        try:
            digital_link.parse(link, TODAY)
        except Gs1Error as error:
            raise AssertionError(link) from error
