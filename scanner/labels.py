"""Labels for packs and for logistic units: one layout in millimetres, drawn as PDF, SVG or PNG.

A pack label has the GS1 DataMatrix at the left and product and elements beside it. A logistic label is a
GS1 Logistic Label: text on top, DataMatrix beside it, GS1-128 with the SSCC at the foot, text below each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from scanner import ScannerError
from scanner.codes import MOST_IN_GS1_128, bracketed, data_matrix, gs1_128, readable
from scanner.drawing import Block, Line, Rule, Sheet, Text, draw_pdf, draw_png, draw_svg, fitted, wrapped

__all__ = [
    "PAPERS",
    "Label",
    "data_matrix",
    "gs1_128",
    "label_png",
    "label_svg",
    "logistic_label",
    "pack_label",
    "sheet_pdf",
]

Elements: TypeAlias = tuple[tuple[str, str], ...]
Size: TypeAlias = tuple[float, float]

# 0.508 mm is 6 dots at 300 dpi and 4 at 200: whole dots, within the 0.255 to 0.615 mm that GS1 General
# Specifications (5.12, symbol specification tables) give for medicines at the point of dispensing.
PACK_MODULE_MM = 0.508
LOGISTIC_MODULE_MM = 1.016
BAR_MODULE_MM = 0.495  # GS1-128 on logistic units: 0.495 to 1.016 mm
BAR_HEIGHT_MM = 31.75  # and at least 31.75 mm high for the SSCC
_MATRIX_QUIET = 2  # modules drawn free about a DataMatrix; GS1 asks for one
_BAR_QUIET = 10  # modules each side of a GS1-128
_BAR_TEXT_MM = 7.0  # room for the text below a GS1-128

PACK_SIZE: Size = (63.5, 33.9)  # mm; 24 on an A4 sheet of common label stock
LOGISTIC_SIZE: Size = (105.0, 148.0)  # mm; 4 on an A4 sheet
PAPERS: dict[str, Size] = {
    "A4": (210.0, 297.0),
    "Letter": (215.9, 279.4),
    "A5": (148.0, 210.0),
    "A6": (105.0, 148.0),
}
_GUTTERS: dict[str, Size] = {"pack": (2.5, 0.0), "logistic": (0.0, 0.0)}


@dataclass(frozen=True, slots=True)
class Label:
    """What one label says. `elements` are (AI, value) pairs in the order of the symbol; `lines` are free
    lines of text under the title, such as a strength or an address."""

    kind: Literal["pack", "logistic"]
    title: str
    elements: Elements
    lines: tuple[str, ...] = ()

    @property
    def element_string(self) -> str:
        """The elements in square brackets. Raises ScannerError where they cannot be in a symbol."""
        return bracketed(self.elements)

    @property
    def size(self) -> Size:
        """Width and height in millimetres."""
        return PACK_SIZE if self.kind == "pack" else LOGISTIC_SIZE


def pack_label(
    title: str, *, gtin: str, serial: str, expiry: str, lot: str, lines: tuple[str, ...] = ()
) -> Label:
    """The label of a medicine pack: (01), (21), (17) YYMMDD, (10), as the EU and the US ask."""
    elements = (("01", gtin), ("21", serial), ("17", expiry), ("10", lot))
    return Label("pack", title, elements, lines)


def logistic_label(title: str, *, sscc: str, more: Elements = (), lines: tuple[str, ...] = ()) -> Label:
    """The label of a case or pallet: (00), and `more` elements such as (02), (37), (10)."""
    return Label("logistic", title, (("00", sscc), *more), lines)


def sheet_pdf(
    labels: Sequence[Label],
    paper: str | Size = "A4",
    *,
    module_mm: float | None = None,
    outlines: bool = True,
) -> bytes:
    """Labels on sheets as a PDF, modules as vectors of exact size; equal labels give equal bytes.

    `paper` is a name out of `PAPERS` or (width, height) in millimetres; paper smaller than two labels, such
    as a roll, gets one label a page. Each kind starts a new sheet. `outlines` draws a hairline where to cut.
    """
    if not labels:
        raise ScannerError("Expected at least one label for a sheet")
    page = _paper(paper)
    pages: list[list[tuple[Size, Sheet]]] = []
    kind = ""
    for label in labels:
        places = _places(page, label)
        if label.kind != kind or len(pages[-1]) == len(places):
            pages.append([])
            kind = label.kind
        pages[-1].append((places[len(pages[-1])], layout(label, module_mm)))
    return draw_pdf(page, pages, outlines=outlines)


def label_svg(label: Label, *, module_mm: float | None = None) -> str:
    """One label as an SVG document in millimetres."""
    return draw_svg(layout(label, module_mm))


def label_png(label: Label, *, dpi: int = 300, module_mm: float | None = None) -> bytes:
    """One label as a PNG for a printer of `dpi`: every module a whole number of pixels.

    Raises ScannerError when a module would be less than two pixels.
    """
    return draw_png(layout(label, module_mm), dpi)


def _paper(paper: str | Size) -> Size:
    if not isinstance(paper, str):
        return paper
    if paper not in PAPERS:
        raise ScannerError(
            "Expected paper out of %(known)s, got %(got)s", known=", ".join(PAPERS), got=repr(paper)
        )
    return PAPERS[paper]


def _places(page: Size, label: Label) -> list[Size]:
    """Upper left corners, in millimetres, of as many labels as fit, centred on the page."""
    (width, height), (gap_x, gap_y) = label.size, _GUTTERS[label.kind]
    columns = int((page[0] + gap_x + 0.01) // (width + gap_x))
    rows = int((page[1] + gap_y + 0.01) // (height + gap_y))
    if columns == 0 or rows == 0:
        raise ScannerError(
            "Expected paper of at least %(width)s x %(height)s mm, got %(got)s",
            width=width,
            height=height,
            got=" x ".join(f"{side:g}" for side in page),
        )
    left = (page[0] - columns * width - (columns - 1) * gap_x) / 2
    top = (page[1] - rows * height - (rows - 1) * gap_y) / 2
    return [
        (left + column * (width + gap_x), top + row * (height + gap_y))
        for row in range(rows)
        for column in range(columns)
    ]


def layout(label: Label, module_mm: float | None = None) -> Sheet:
    """Where everything of a label stands, in millimetres from its upper left corner."""
    if not label.elements:
        raise ScannerError("Expected at least one element on a label, got none")
    if label.kind == "pack":
        return _pack(label, module_mm or PACK_MODULE_MM)
    return _logistic(label, module_mm or LOGISTIC_MODULE_MM)


def _pack(label: Label, module: float) -> Sheet:
    width, height = label.size
    margin = 3.0
    modules = data_matrix(label.element_string)
    side = modules.shape[0] * module
    quiet = _MATRIX_QUIET * module
    if side + 2 * quiet > height:
        raise ScannerError(
            "The code of %(title)s is larger than its label: use smaller modules", title=label.title
        )
    left = margin + side + max(quiet, 2.5)
    room = width - margin - left
    parts: list[Block | Text | Line | Rule] = [Block(margin, (height - side) / 2, module, modules)]
    title = [
        Line(line, 8.5, bold=True, leading=3.6) for line in wrapped(label.title, 8.5, room, most=2, bold=True)
    ]
    extra = [Line(fitted(line, 6.5, room), 6.5, leading=2.9) for line in label.lines[:2]]
    human = readable(label.elements)
    # One size for all lines, the largest at which the longest fits.
    size = min([7.5, *(_size_for(line, room, 7.5) for line in human)])
    hri = [Line(line, size, leading=3.3) for line in human]
    total = sum(line.leading for line in title + extra + hri) + 1.4
    y = (height - total) / 2
    for group, space in ((title, 0.0), (extra, 0.0), (hri, 1.4)):
        y += space
        for line in group:
            y += line.leading
            parts.append(Text(left, y - line.leading * 0.25, line.text, line.size, bold=line.bold))
    return Sheet(width, height, tuple(part for part in parts if not isinstance(part, Line)))


def _logistic(label: Label, module: float) -> Sheet:
    width, height = label.size
    margin, parts = 5.0, list[Block | Text | Rule]()
    room = width - 2 * margin
    y = margin
    for line in wrapped(label.title, 14, room, most=2, bold=True):
        y += 6.0
        parts.append(Text(margin, y - 1.2, line, 14, bold=True))
    for free in label.lines[:4]:
        y += 4.4
        parts.append(Text(margin, y - 1.0, fitted(free, 9.5, room), 9.5))
    y += 2.5
    parts.append(Rule(margin, y, width - margin))
    rows = _bar_rows(label)
    foot = height - 2.0 - sum(tall + _BAR_TEXT_MM for _, tall in rows)
    end = _matrix_row(label, module, parts, margin, y + 4.0, room)
    if end > foot - 2.0:
        raise ScannerError("Too much on the label of %(title)s: it does not fit", title=label.title)
    parts.append(Rule(margin, foot - 4.0, width - margin))
    _bars(label, rows, parts, foot)
    return Sheet(width, height, tuple(parts))


def _matrix_row(
    label: Label, module: float, parts: list[Block | Text | Rule], margin: float, y: float, room: float
) -> float:
    """The DataMatrix with its elements beside it; gives the y of its foot."""
    modules = data_matrix(label.element_string)
    quiet = _MATRIX_QUIET * module
    side = modules.shape[0] * module
    parts.append(Block(margin + quiet, y, module, modules))
    left = margin + side + 2 * quiet + 2.0
    human = readable(label.elements)
    size = min([12.0, *(_size_for(line, margin + room - left, 12.0) for line in human)])
    for number, line in enumerate(human):
        parts.append(Text(left, y + 4.0 + number * 5.6, line, size))
    return float(y + max(side, len(human) * 5.6))


def _bar_rows(label: Label) -> list[tuple[Elements, float]]:
    """Elements and height in mm of each GS1-128: the SSCC lowest and tallest (GS1 Logistic Label
    Guideline), above it the others, in as many rows as keep their modules at full width."""
    sscc = tuple(element for element in label.elements if element[0] == "00")
    rows: list[Elements] = []
    for element in (element for element in label.elements if element[0] != "00"):
        if rows and _bar_width((*rows[-1], element)) <= label.size[0]:
            rows[-1] = (*rows[-1], element)
        else:
            rows.append((element,))
    return [(row, 12.0) for row in rows] + ([(sscc, BAR_HEIGHT_MM)] if sscc else [])


def _bar_width(elements: Elements) -> float:
    """Width in mm of a GS1-128 with its quiet zones, at full module width."""
    if sum(len(ai) + len(value) for ai, value in elements) > MOST_IN_GS1_128:
        return float("inf")
    modules: int = gs1_128(elements).shape[1] + 2 * _BAR_QUIET
    return modules * BAR_MODULE_MM


def _bars(
    label: Label, rows: Sequence[tuple[Elements, float]], parts: list[Block | Text | Rule], y: float
) -> None:
    width = label.size[0]
    for elements, tall in rows:
        modules = gs1_128(elements)
        module = min(BAR_MODULE_MM, width / (modules.shape[1] + 2 * _BAR_QUIET))
        parts.append(Block((width - modules.shape[1] * module) / 2, y, module, modules, tall))
        text = "  ".join(f"({ai}) {value}" for ai, value in elements)
        size = _size_for(text, width - 8.0, 10.0)
        parts.append(Text(width / 2, y + tall + 4.2, text, size, centred=True))
        y += tall + _BAR_TEXT_MM


def _size_for(text: str, room: float, largest: float) -> float:
    """The largest size, in points, at which the text fits in `room` millimetres; 4 at least."""
    size: float = largest
    while size > 4.0 and fitted(text, size, room) != text:
        size -= 0.25
    return size
