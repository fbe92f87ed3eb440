"""Symbols as modules: GS1 DataMatrix and GS1-128, from GS1 element strings in brackets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import zxingcpp
from barcode.codex import Gs1_128
from barcode.errors import BarcodeError

from scanner import ScannerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Modules: TypeAlias = "NDArray[np.bool_]"
Elements: TypeAlias = Sequence[tuple[str, str]]

# Element strings of predefined length need no separator after them (GS1 General Specifications 7.8.5).
_PREDEFINED = frozenset(
    ("00", "01", "02", "03", "04", *(f"{n}" for n in range(11, 21)), *(f"{n}" for n in range(31, 37)), "41")
)
_FNC1 = "\xf1"  # as python-barcode spells it
MOST_IN_GS1_128 = 48  # characters, GS1 General Specifications 5.4


def bracketed(elements: Elements) -> str:
    """The elements as `[01]09521234543213[21]A(1)`: values may contain parentheses, but no brackets."""
    for ai, value in elements:
        if not (ai.isascii() and ai.isdigit() and 2 <= len(ai) <= 4):
            raise ScannerError(
                "Expected an application identifier of 2 to 4 digits, got %(got)s", got=repr(ai)
            )
        if not value or not value.isascii() or not value.isprintable() or set(value) & set("[] "):
            raise ScannerError(
                "Expected printable characters without spaces or brackets for (%(ai)s), got %(got)s",
                ai=ai,
                got=repr(value),
            )
    return "".join(f"[{ai}]{value}" for ai, value in elements)


def readable(elements: Elements) -> list[str]:
    """Human-readable interpretation, a line an element: the AI in parentheses that are not in the symbol
    (GS1 General Specifications 4.14)."""
    return [f"({ai}) {value}" for ai, value in elements]


def data_matrix(element: str) -> Modules:
    """A square GS1 DataMatrix as modules (True is dark), without quiet zone.

    `element` is a GS1 element string with its AIs in square brackets, `[01]…[21]…`, or in parentheses where
    no value contains one. Check digits and dates are not validated here. Raises ScannerError for a string
    that does not fit or would not read back as ]d2.
    """
    options: dict[str, object] = {"gs1": True, "force_square": True}
    try:
        barcode = zxingcpp.create_barcode(element, zxingcpp.BarcodeFormat.DataMatrix, **options)
    except ValueError as error:
        raise ScannerError(
            "Cannot draw %(element)s: %(reason)s", element=element, reason=str(error)
        ) from error
    bitmap = np.asarray(zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False), np.uint8)
    modules = bitmap < 128
    if barcode.symbology_identifier != "]d2" or modules.shape[0] != modules.shape[1]:
        raise ScannerError("Cannot draw %(element)s as a square GS1 DataMatrix", element=element)
    return modules


def gs1_128(elements: Elements) -> Modules:
    """A GS1-128 symbol as one row of modules (True is dark), without quiet zones.

    Raises ScannerError for characters or a length that GS1-128 does not hold.
    """
    bracketed(elements)
    data = ""
    for number, (ai, value) in enumerate(elements, start=1):
        ends_open = ai[:2] not in _PREDEFINED and number < len(elements)
        data += ai + value + (_FNC1 if ends_open else "")
    if not data or len(data) > MOST_IN_GS1_128:
        raise ScannerError(
            "Expected 1 to %(most)s characters in a GS1-128, got %(got)s",
            most=MOST_IN_GS1_128,
            got=len(data),
        )
    try:
        bars = Gs1_128(data).build()[0]
    except BarcodeError as error:
        raise ScannerError("Cannot draw %(element)s: %(reason)s", element=data, reason=str(error)) from error
    return np.array([[bar == "1" for bar in bars]], np.bool_)
