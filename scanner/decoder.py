"""The one place that calls zxing-cpp for reading: a picture or a piece of it to symbols and leads.

A *lead* is a place where zxing-cpp found a symbol but could not correct its errors: nothing to trust, but
the first place to look again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import zxingcpp

from scanner import ScannerError
from scanner.symbols import Corners, Point, Symbol

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"

FORMATS = {
    "DataMatrix": zxingcpp.BarcodeFormat.DataMatrix,
    "QRCode": zxingcpp.BarcodeFormat.QRCode,
    "Code128": zxingcpp.BarcodeFormat.Code128,
    "EAN13": zxingcpp.BarcodeFormat.EAN13,
    "EAN8": zxingcpp.BarcodeFormat.EAN8,
    "ITF14": zxingcpp.BarcodeFormat.ITF14,
}
MATRIX = ("DataMatrix", "QRCode")
LINEAR = ("Code128", "EAN13", "EAN8", "ITF14")

# zxing-cpp reports the variant that it met (ITF for ITF14, QRCodeModel2 ...): longest names first.
_NAMES = {
    "DataMatrix": "DataMatrix",
    "QRCodeModel2": "QRCode",
    "QRCodeModel1": "QRCode",
    "QRCode": "QRCode",
    "Code128": "Code128",
    "EAN13": "EAN13",
    "EAN8": "EAN8",
    "ITF14": "ITF14",
    "ITF": "ITF14",
}

# A rectangle of the DMRE extension with FNC1 (]d8, ]d9) is no GS1 carrier: GS1 General Specifications 5.6
# know only the squares and rectangles of ECC 200, which read as ]d2.
_NOT_GS1_CARRIERS = frozenset({"]d8", "]d9"})


@dataclass(slots=True)
class Findings:
    """Symbols read, and outlines of those found but not read."""

    symbols: list[Symbol] = field(default_factory=list)
    leads: list[Corners] = field(default_factory=list)


def verify_formats(formats: Sequence[str]) -> tuple[str, ...]:
    """The format names, or ScannerError naming the first that is not known."""
    for name in formats:
        if name not in FORMATS:
            raise ScannerError(
                "Expected code formats out of %(known)s, got %(got)s",
                known=", ".join(FORMATS),
                got=repr(name),
            )
    return tuple(formats)


def decode(
    image: Grey,
    formats: Iterable[str],
    *,
    origin: Point = (0.0, 0.0),
    scale: float = 1.0,
    global_threshold: bool = False,
) -> Findings:
    """Read `image`, which is the piece of a picture at `origin` (x, y), enlarged `scale` times.

    Corners come back in pixels of the picture. Nothing that zxing-cpp marks with an error is a symbol.
    """
    wanted = zxingcpp.BarcodeFormats([FORMATS[name] for name in formats])
    binarizer = zxingcpp.Binarizer.GlobalHistogram if global_threshold else zxingcpp.Binarizer.LocalAverage
    found = Findings()
    for barcode in zxingcpp.read_barcodes(image, formats=wanted, binarizer=binarizer, return_errors=True):
        corners = _corners(barcode.position, origin, scale)
        if barcode.error is not None:
            found.leads.append(corners)
        elif barcode.valid and barcode.bytes and barcode.symbology_identifier not in _NOT_GS1_CARRIERS:
            found.symbols.append(as_symbol(barcode, corners))
    return found


def as_symbol(barcode: zxingcpp.Barcode, corners: Corners) -> Symbol:
    """What zxing-cpp read, at `corners` of the picture."""
    return Symbol(_text(barcode.bytes), barcode.symbology_identifier, _name(barcode.format), corners)


def _corners(position: zxingcpp.Position, origin: Point, scale: float) -> Corners:
    def back(point: zxingcpp.Point) -> Point:
        # Pixel centres, so that a scaled piece maps back without a shift of half a pixel.
        return ((point.x + 0.5) / scale - 0.5 + origin[0], (point.y + 0.5) / scale - 0.5 + origin[1])

    return (
        back(position.top_left),
        back(position.top_right),
        back(position.bottom_right),
        back(position.bottom_left),
    )


def _text(data: bytes) -> str:
    """The message: UTF-8 where it is that, else Latin-1, the default of ECC 200. FNC1 is already GS."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _name(barcode_format: zxingcpp.BarcodeFormat) -> str:
    return _NAMES.get(barcode_format.name, barcode_format.name)
