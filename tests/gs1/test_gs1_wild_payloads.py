"""Payloads as the world prints and sends them: the right identifiers, or a plain reason."""

import contextlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from scanner.grammar import accepted
from scanner.reader import read_symbols
from traceability.gs1 import Gs1Error, garble, payloads, ppn
from traceability.gs1.checks import check_digit
from traceability.gs1.element_strings import GS, ElementString, parse

TODAY = date(2026, 11, 23)
VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "wild_payloads.json").read_text(encoding="utf-8")
)
WILD: list[dict[str, Any]] = VECTORS["payloads"]
PRINTED = [one for one in WILD if one["format"]]


def names(ones: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in ones]


def reading(text: str) -> ElementString:
    """As every page and command reads a code: what the scanner did tells more than what the parser missed."""
    try:
        return payloads.parse(text, TODAY)
    except Gs1Error as error:
        causes = garble.diagnose(text, TODAY)
        raise (causes[0].reason if causes else error) from error


def check(one: dict[str, Any], text: str) -> None:
    if "elements" in one:
        assert dict(reading(text)) == one["elements"]
        return
    with pytest.raises(Gs1Error) as refusal:
        reading(text)
    assert str(refusal.value) == one["reason"]
    causes = garble.diagnose(text, TODAY)
    assert [cause.cause for cause in causes] == ([one["cause"]] if "cause" in one else [])
    if causes:
        assert one["candidate"] in [dict(candidate) for candidate in causes[0].candidates]


@pytest.mark.parametrize("one", WILD, ids=names(WILD))
def test_wild_payloads_mean_what_they_say(one: dict[str, Any]) -> None:
    check(one, one["symbology"] + one["text"])


def drawn(one: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    kind = getattr(zxingcpp.BarcodeFormat, one["format"])
    options: dict[str, Any] = {"force_square": True} if one["format"] == "DataMatrix" else {}
    text = one["text"]
    if one["symbology"] in ("]d2", "]Q3", "]C1"):
        text = "".join(f"[{ai}]{value}" for ai, value in one["elements"].items())
        options["gs1"] = True
    code = zxingcpp.create_barcode(text, kind, **options)
    picture = np.array(zxingcpp.write_barcode_to_image(code, scale=4, add_hrt=False))
    return np.asarray(np.pad(picture, 40, constant_values=255), np.uint8)


@pytest.mark.parametrize(
    "one",
    [
        one
        for one in PRINTED
        if "candidate" not in one and one["format"] in ("DataMatrix", "QRCode", "Code128")
    ],
    ids=lambda one: one["name"],
)
def test_drawn_and_read_they_still_do(one: dict[str, Any]) -> None:
    found = [s for s in read_symbols(drawn(one), formats=(one["format"],)) if s.text == one["text"]]
    if not found and "elements" not in one:
        return  # what no check vouches for need not be read at all
    (symbol,) = found
    assert symbol.symbology == one["symbology"]
    check(one, symbol.element_text)


@pytest.mark.parametrize("one", PRINTED, ids=names(PRINTED))
def test_the_scanner_accepts_what_resolves(one: dict[str, Any]) -> None:
    if "elements" in one:
        assert accepted(one["text"], one["symbology"])
    elif "check digits" in one["reason"] or "candidate" in one:
        assert not accepted(one["text"], one["symbology"])


def test_an_ntin_is_the_gtin_of_its_pzn() -> None:
    assert ppn.ntin("13832707") == "04150138327077"
    with pytest.raises(Gs1Error, match="check digit"):
        ppn.ntin("13832708")
    with pytest.raises(Gs1Error, match="8 digits"):
        ppn.verify_pzn("1234567")
    with pytest.raises(Gs1Error, match="PPN of 4 to 22"):
        ppn.verify_ppn("1a")


def test_a_ppn_with_a_gtin_of_its_own() -> None:
    text = f"{ppn.HEADER}9N13ABC12320{GS}8P09521321000018{GS}SA1{GS}16D20260131\x1e\x04"
    assert str(payloads.parse(text, TODAY)) == "(01)09521321000018(21)A1(11)260131"
    with pytest.raises(Gs1Error):
        payloads.parse(text.replace("0018", "0017"), TODAY)
    with pytest.raises(Gs1Error, match="names no product"):
        payloads.parse(f"{ppn.HEADER}SA1\x1e\x04", TODAY)


PZNS = (
    st.integers(1, 9_999_999)
    .map(lambda n: f"{n:07}")
    .filter(lambda body: sum(w * int(d) for w, d in enumerate(body, 1)) % 11 < 10)
)


@given(PZNS)
def test_every_pzn_has_one_gtin_with_a_right_check_digit(body: str) -> None:
    pzn = body + str(sum(w * int(d) for w, d in enumerate(body, 1)) % 11)
    gtin = ppn.ntin(pzn)
    assert gtin[:5] + gtin[5:13] == "04150" + pzn
    assert check_digit(gtin[:-1]) == gtin[-1]
    number = "11" + pzn
    number += f"{sum(w * ord(c) for w, c in enumerate(number, 2)) % 97:02}"
    text = f"{ppn.HEADER}9N{number}{GS}SA1\x1e\x04"
    assert payloads.parse(text, TODAY).gtin == payloads.parse(f"01{gtin}21A1", TODAY).gtin
    assert accepted(text, "]d1")


@given(st.text(max_size=60))
def test_whatever_follows_the_header_is_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(Gs1Error):
        elements = payloads.parse(ppn.HEADER + text, TODAY)
        assert parse(elements.raw, TODAY) == elements
