"""Labels for tests, and how they come off a printer: a PDF page as dots, the runs of dark dots in a row."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pypdf import PdfReader
from pypdf.generic import ContentStream

from scanner import ScannerError
from scanner.images import read_image
from scanner.labels import Label, Sheet, layout, logistic_label, pack_label
from scanner.labels.sheet import Text
from scanner.reader import read_symbols

SSCC = "395212340000000014"
MORE = (("02", "09521234543213"), ("37", "240"), ("10", "LOT-42A"))
PLAIN = (("SSCC", "3 9521234 000000001 4"), ("CONTENT", "09521234543213"), ("COUNT", "240"))
BOTH = ("DataMatrix", "Code128")
DPIS = (203, 300, 600)
Matrix = tuple[float, float, float, float, float, float]


def rectangles(pdf: bytes, page: int, dpi: int) -> tuple[tuple[float, float], list[NDArray[np.float64]]]:
    """Size of a page and the filled rectangles on it as (left, top, right, bottom), all in dots of `dpi`."""
    read = PdfReader(io.BytesIO(pdf)).pages[page]
    scale = dpi / 72
    height = float(read.mediabox.height) * scale
    found: list[NDArray[np.float64]] = []
    now, saved = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), list[Matrix]()
    path: list[NDArray[np.float64]] = []
    for values, operator in ContentStream(read["/Contents"].get_object(), None).operations:
        match operator:
            case b"q":
                saved.append(now)
            case b"Q":
                now = saved.pop()
            case b"cm":
                now = _times([float(one) for one in values], now)
            case b"re":
                path.append(_box([float(one) for one in values], now, scale, height))
            case b"f":
                found += path
            case b"f*":
                # By the even-odd rule what two boxes cover is blank.
                assert len(path) == 1
                found += path
                path = []
            case b"n" | b"S":
                path = []
    return (float(read.mediabox.width) * scale, height), found


def page_of(pdf: bytes, page: int, dpi: int) -> NDArray[np.uint8]:
    """The symbols and rules of a page as a printer of `dpi` lays them down; no text."""
    (width, height), found = rectangles(pdf, page, dpi)
    paper = np.full((round(height), round(width)), 255, np.uint8)
    for box in found:
        left, top, right, bottom = (round(edge) for edge in box)
        paper[top:bottom, left:right] = 0
    return paper


def dark_runs(row: NDArray[Any]) -> list[tuple[int, int]]:
    """Start and end of each run of dark dots."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (row < 128).astype(np.int8), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _times(by: list[float], now: Matrix) -> Matrix:
    a, b, c, d, e, f = by
    m = now
    return (
        a * m[0] + b * m[2],
        a * m[1] + b * m[3],
        c * m[0] + d * m[2],
        c * m[1] + d * m[3],
        e * m[0] + f * m[2] + m[4],
        e * m[1] + f * m[3] + m[5],
    )


def _box(values: list[float], now: Matrix, scale: float, height: float) -> NDArray[np.float64]:
    x, y, wide, tall = values
    xs = [(at * now[0] + now[4]) * scale for at in (x, x + wide)]
    ys = [height - (at * now[3] + now[5]) * scale for at in (y, y + tall)]
    return np.array([min(xs), min(ys), max(xs), max(ys)])


def pack(serial: str = "S1", lot: str = "L1", title: str = "Amoxicillin 500 mg", **more: object) -> Label:
    return pack_label(title, gtin="09521234543213", serial=serial, expiry="271231", lot=lot, **more)  # type: ignore[arg-type]


def pallet(more: tuple[tuple[str, str], ...] = MORE, title: str = "Linden Pharma, Leipzig") -> Label:
    return logistic_label(title, sscc=SSCC, more=more, lines=("Amoxicillin",), plain=PLAIN)


def laid(label: Label, size: tuple[float, float], dpi: int) -> Sheet | None:
    """The label laid out; None where it was refused for its size, and for nothing else."""
    try:
        return layout(label, size, dpi=dpi)
    except ScannerError as error:
        if "do not fit" not in str(error):
            raise
        return None


def texts(sheet: Sheet) -> list[str]:
    return [part.text for part in sheet.parts if isinstance(part, Text)]


def read(png: bytes) -> list[str]:
    return sorted(symbol.element_text for symbol in read_symbols(read_image(png), formats=BOTH, raw=True))
