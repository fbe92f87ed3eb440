"""Sheets and rolls of labels as PDF: symbols as vectors whose every edge is a whole number of dots."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from typing import Any

from reportlab.pdfgen.canvas import FILL_NON_ZERO, Canvas

from scanner.labels.lettering import drawn, in_vera, pdf_font
from scanner.labels.sheet import Block, Modules, Rule, Sheet, Text, runs

_POINTS_PER_INCH = 72
_INSET = 0.05  # dots
_SHORT = 0.0005  # points: rounded up, a page would be a dot longer than it is


def draw_pdf(
    page: tuple[int, int],
    dpi: int,
    pages: Sequence[Sequence[tuple[tuple[int, int], Sheet]]],
    *,
    outlines: bool,
) -> bytes:
    """Pages of labels, each at its place, as a PDF without dates: equal input gives equal bytes.

    `page` and the places are in dots of `dpi`, from the upper left corner.
    """
    out = io.BytesIO()
    scale = _POINTS_PER_INCH / dpi
    canvas = Canvas(
        out, pagesize=(page[0] * scale - _SHORT, page[1] * scale - _SHORT), invariant=1, pageCompression=1
    )
    canvas.setTitle("Labels")
    canvas.setCreator("traceability")
    for sheets in pages:
        # From here on the unit is the dot, and the page a whole number of them.
        canvas.scale(scale, scale)
        for (left, top), sheet in sheets:
            canvas.saveState()
            canvas.translate(left, page[1] - top)
            _label(canvas, sheet, outlines=outlines)
            canvas.restoreState()
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _label(canvas: Any, sheet: Sheet, *, outlines: bool) -> None:
    if outlines:
        canvas.setLineWidth(0.1 * sheet.dpi / 25.4)
        canvas.setStrokeGray(0.8)
        canvas.rect(0, -sheet.height, sheet.width, sheet.height)
    canvas.setFillGray(0)
    for part in sheet.parts:
        match part:
            case Block():
                _fill(canvas, part.modules, (part.x, -part.y), (part.module, part.rises))
            case Rule(x, y, end, thick):
                path = canvas.beginPath()
                _box(path, x, -y, end - x, thick)
                canvas.drawPath(path, stroke=0, fill=1)
            case Text() if in_vera(part.text):
                canvas.setFont(pdf_font(bold=part.bold), part.size)
                canvas.drawString(part.x, -part.y, part.text)
            case Text():
                _dotted(canvas, part)


def _dotted(canvas: Any, text: Text) -> None:
    """Text in a script that no PDF font at hand has: its dots, kept once for all labels that say the same."""
    key = hashlib.sha256(f"{text.size} {text.bold} {text.text}".encode()).hexdigest()[:16]
    dots, base = drawn(text.text, text.size, bold=text.bold)
    if not canvas.hasForm(key):
        canvas.beginForm(key, 0, base - dots.shape[0], dots.shape[1], base)
        _fill(canvas, dots, (0, base), (1, 1))
        canvas.endForm()
    canvas.saveState()
    canvas.translate(text.x, -text.y)
    canvas.doForm(key)
    canvas.restoreState()


def _fill(canvas: Any, modules: Modules, corner: tuple[int, int], module: tuple[int, int]) -> None:
    """All dark modules as one filled path: row by row, and column by column where they hang together, so
    that no seam shows between them. `corner` is the upper left."""
    (left, top), (wide, tall) = corner, module
    path = canvas.beginPath()
    for number, row in enumerate(modules):
        for start, length in runs(row):
            _box(path, left + start * wide, top - number * tall, length * wide, tall)
    for number, column in enumerate(modules.T):
        for start, length in runs(column):
            if length > 1:
                _box(path, left + number * wide, top - start * tall, wide, length * tall)
    canvas.drawPath(path, stroke=0, fill=1, fillMode=FILL_NON_ZERO)  # even-odd would blank where they cross


def _box(path: Any, left: int, top: int, wide: int, tall: int) -> None:
    """Dots from the upper left corner. A PDF paints every dot that a shape touches, and some renderers one
    more where an edge lies between two: so the edges are drawn a hair inside."""
    path.rect(left + _INSET, top - tall + _INSET, wide - 2 * _INSET, tall - 2 * _INSET)
