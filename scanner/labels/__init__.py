"""Labels for packs and for logistic units, drawn as PDF, SVG, PNG or ZPL for a printer's own dots.

A pack label has the GS1 DataMatrix with product and elements beside or below it. A logistic label is a GS1
Logistic Label: text on top, DataMatrix in the middle, GS1-128 with the SSCC at the foot, text below each.
Every module is a whole number of dots of the printer, and within the range that GS1 gives it.
"""

from __future__ import annotations

from collections.abc import Sequence

from scanner import ScannerError
from scanner.codes import data_matrix, gs1_128
from scanner.labels.dimensions import whole_dots
from scanner.labels.label import Label, logistic_label, pack_label
from scanner.labels.laying import layout, usual_size
from scanner.labels.pdf import draw_pdf
from scanner.labels.raster import draw_png, draw_zpl
from scanner.labels.sheet import Sheet
from scanner.labels.stock import ROLLS, SHEETS, Kind, Size, Stock, parse_stock, roll
from scanner.labels.svg import draw_svg

__all__ = [
    "ROLLS",
    "SHEETS",
    "Kind",
    "Label",
    "Sheet",
    "Stock",
    "data_matrix",
    "draw_png",
    "draw_svg",
    "draw_zpl",
    "gs1_128",
    "label_png",
    "label_svg",
    "label_zpl",
    "layout",
    "logistic_label",
    "pack_label",
    "paged_pdf",
    "parse_stock",
    "roll",
    "sheet_pdf",
    "usual_size",
]


def sheet_pdf(
    labels: Sequence[Label],
    stock: str | Stock = "A4",
    *,
    dpi: int = 300,
    module_mm: float | None = None,
    outlines: bool | None = None,
) -> bytes:
    """Labels on sheets or a roll as a PDF, modules as vectors of exact size; equal labels give equal bytes.

    `stock` is one, or what `parse_stock` takes; `outlines` as in `paged_pdf`.
    """
    chosen = parse_stock(stock) if isinstance(stock, str) else stock
    laid = [layout(label, chosen.cut(label.kind).size, dpi=dpi, module_mm=module_mm) for label in labels]
    return paged_pdf(laid, chosen, outlines=outlines)


def paged_pdf(sheets: Sequence[Sheet], stock: Stock, *, outlines: bool | None = None) -> bytes:
    """Laid-out labels, all for one printer, on pages of the stock that they were laid out for.

    Each kind starts a new page. `outlines` draws a hairline where to cut; sheets have them unless told
    otherwise, rolls are cut already.
    """
    if not sheets:
        raise ScannerError("Expected at least one label for a sheet")
    dpi = sheets[0].dpi
    pages: list[list[tuple[tuple[int, int], Sheet]]] = []
    kind: Kind | None = None
    places: list[Size] = []
    for sheet in sheets:
        if sheet.kind != kind or len(pages[-1]) == len(places):
            pages.append([])
            kind, places = sheet.kind, stock.places(sheet.kind)
        left, top = places[len(pages[-1])]
        pages[-1].append(((whole_dots(left, dpi), whole_dots(top, dpi)), sheet))
    page = (whole_dots(stock.page[0], dpi), whole_dots(stock.page[1], dpi))
    return draw_pdf(page, dpi, pages, outlines=not stock.is_roll if outlines is None else outlines)


def label_svg(
    label: Label, *, dpi: int = 300, size: Size | None = None, module_mm: float | None = None
) -> str:
    """One label as an SVG document whose unit is the dot of a printer of `dpi`."""
    return draw_svg(layout(label, size, dpi=dpi, module_mm=module_mm))


def label_png(
    label: Label, *, dpi: int = 300, size: Size | None = None, module_mm: float | None = None
) -> bytes:
    """One label as a PNG for a printer of `dpi`, a pixel a dot."""
    return draw_png(layout(label, size, dpi=dpi, module_mm=module_mm))


def label_zpl(label: Label, *, dpi: int, size: Size | None = None, module_mm: float | None = None) -> str:
    """One label in ZPL II for a printer of `dpi`, a dot a dot."""
    return draw_zpl(layout(label, size, dpi=dpi, module_mm=module_mm))
