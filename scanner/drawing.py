"""Draws laid-out labels: PDF with vector modules, SVG, and PNG with modules of whole pixels."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from scanner import ScannerError
from scanner.enhance import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

Modules: TypeAlias = "NDArray[np.bool_]"
Size: TypeAlias = tuple[float, float]

_POINTS_PER_MM = 72 / 25.4
_CHINESE = "STSong-Light"  # one of the Adobe fonts that every PDF viewer supplies; nothing to embed
_SVG_FONTS = "Helvetica, Arial, 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A symbol: its upper left corner and module in mm; `tall` in mm for bars, 0 for square modules."""

    x: float
    y: float
    module: float
    modules: Modules
    tall: float = 0.0

    @property
    def rises(self) -> float:
        """Height of one row of modules in millimetres."""
        return self.tall or self.module


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text; `x`, `y` in mm are the left end (or the middle) of its base line, `size` in points."""

    x: float
    y: float
    text: str
    size: float
    bold: bool = False
    centred: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin level line from `x` to `end`, in mm."""

    x: float
    y: float
    end: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text that has no place yet; `leading` in mm."""

    text: str
    size: float
    bold: bool = False
    leading: float = 3.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """One laid-out label, in millimetres."""

    width: float
    height: float
    parts: tuple[Block | Text | Rule, ...]


def _font(text: str, *, bold: bool) -> str:
    """The PDF font that can write the text."""
    if not _western(text):
        _register_chinese()
        return _CHINESE
    return "Helvetica-Bold" if bold else "Helvetica"


def _western(text: str) -> bool:
    """Whether the built-in fonts of PDF and Pillow can write the text: it is in Windows-1252."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _register_chinese() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(_CHINESE))


def measured(text: str, size: float, *, bold: bool = False) -> float:
    """Width in millimetres of the text at `size` points."""
    return float(pdfmetrics.stringWidth(text, _font(text, bold=bold), size)) / _POINTS_PER_MM


def fitted(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """The text, cut with an ellipsis where it is wider than `room` millimetres."""
    if measured(text, size, bold=bold) <= room:
        return text
    while text and measured(text + "…", size, bold=bold) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str, size: float, room: float, *, most: int, bold: bool = False) -> list[str]:
    """The text in at most `most` lines no wider than `room` millimetres, cut where it does not fit."""
    lines: list[str] = []
    rest = text.strip()
    while rest and len(lines) < most - 1 and measured(rest, size, bold=bold) > room:
        head = _head(rest, size, room, bold=bold)
        lines.append(head.strip())
        rest = rest[len(head) :].strip()
    return [*lines, fitted(rest, size, room, bold=bold)] if rest else lines


def _head(text: str, size: float, room: float, *, bold: bool) -> str:
    """As much of the text as fits, up to a space where there is one."""
    end = len(text)
    while end > 1 and measured(text[:end], size, bold=bold) > room:
        end -= 1
    space = text.rfind(" ", 0, end + 1)
    return text[: space + 1] if space > 0 else text[:end]


def _runs(row: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and length of each run of dark modules: drawn as one, so that no hairline parts them."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], row, [False])).astype(np.int8)))
    return [(int(start), int(end - start)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def draw_pdf(page: Size, pages: Sequence[Sequence[tuple[Size, Sheet]]], *, outlines: bool) -> bytes:
    """Pages of labels, each at its place, as a PDF without dates: equal input gives equal bytes."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(page[0] * _POINTS_PER_MM, page[1] * _POINTS_PER_MM), invariant=1)
    canvas.setTitle("Labels")
    canvas.setCreator("traceability")
    for sheets in pages:
        for (left, top), sheet in sheets:
            canvas.saveState()
            # Millimetres from the upper left corner of the label, y downward, as in the layout.
            canvas.translate(left * _POINTS_PER_MM, (page[1] - top) * _POINTS_PER_MM)
            canvas.scale(_POINTS_PER_MM, _POINTS_PER_MM)
            _pdf_label(canvas, sheet, outlines=outlines)
            canvas.restoreState()
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _pdf_label(canvas: Any, sheet: Sheet, *, outlines: bool) -> None:
    if outlines:
        canvas.setLineWidth(0.1)
        canvas.setStrokeGray(0.8)
        canvas.rect(0, -sheet.height, sheet.width, sheet.height)
    canvas.setFillGray(0)
    for part in sheet.parts:
        if isinstance(part, Block):
            _pdf_block(canvas, part)
        elif isinstance(part, Rule):
            canvas.setLineWidth(0.25)
            canvas.setStrokeGray(0)
            canvas.line(part.x, -part.y, part.end, -part.y)
        else:
            canvas.setFont(_font(part.text, bold=part.bold), part.size / _POINTS_PER_MM)
            write = canvas.drawCentredString if part.centred else canvas.drawString
            write(part.x, -part.y, part.text)


def _pdf_block(canvas: Any, block: Block) -> None:
    """All dark modules of a symbol as one filled path: viewers draw no seams between them."""
    path = canvas.beginPath()
    for number, row in enumerate(block.modules):
        foot = -block.y - (number + 1) * block.rises
        for start, length in _runs(row):
            path.rect(block.x + start * block.module, foot, length * block.module, block.rises)
    canvas.drawPath(path, stroke=0, fill=1)


def draw_svg(sheet: Sheet) -> str:
    """One label as an SVG document whose unit is the millimetre."""
    wide, high = f"{sheet.width:g}", f"{sheet.height:g}"
    size = f'width="{wide}mm" height="{high}mm" viewBox="0 0 {wide} {high}"'
    body = [f'<rect width="{wide}" height="{high}" fill="#fff"/>']
    for part in sheet.parts:
        if isinstance(part, Block):
            body.append(_svg_block(part))
        elif isinstance(part, Rule):
            body.append(
                f'<path d="M{part.x:g} {part.y:.3f}H{part.end:g}" fill="none"'
                ' stroke="#000" stroke-width=".25"/>'
            )
        else:
            weight = ' font-weight="bold"' if part.bold else ""
            anchor = ' text-anchor="middle"' if part.centred else ""
            body.append(
                f'<text x="{part.x:.3f}" y="{part.y:.3f}" font-size="{part.size / _POINTS_PER_MM:.3f}"'
                f' font-family="{_SVG_FONTS}"{weight}{anchor}>{escape(part.text)}</text>'
            )
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n' + "\n".join(body) + "\n</svg>\n"


def _svg_block(block: Block) -> str:
    steps = []
    for number, row in enumerate(block.modules):
        top = block.y + number * block.rises
        for start, length in _runs(row):
            x, wide = block.x + start * block.module, length * block.module
            steps.append(f"M{x:.4f} {top:.4f}h{wide:.4f}v{block.rises:.4f}h-{wide:.4f}z")
    return f'<path d="{"".join(steps)}" fill="#000" shape-rendering="crispEdges"/>'


def draw_png(sheet: Sheet, dpi: int) -> bytes:
    """One label as a grey PNG at `dpi`; each module is a whole number of pixels, the nearest one."""
    scale = dpi / 25.4
    image = Image.new("L", (round(sheet.width * scale), round(sheet.height * scale)), 255)
    pen = ImageDraw.Draw(image)
    for part in sheet.parts:
        if isinstance(part, Block):
            _png_block(image, part, scale)
        elif isinstance(part, Rule):
            thick = max(1, round(0.25 * scale))
            pen.line(
                [(part.x * scale, part.y * scale), (part.end * scale, part.y * scale)], fill=0, width=thick
            )
        else:
            _png_text(image, pen, part, scale)
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(dpi, dpi))
    return out.getvalue()


def _png_block(image: Image.Image, block: Block, scale: float) -> None:
    pixels = round(block.module * scale)
    if pixels < 2:
        raise ScannerError(
            "Modules of %(module)s mm are less than two dots at this resolution: print at a higher dpi",
            module=f"{block.module:.3f}",
        )
    if block.tall and (block.modules.shape[1] + 20) * pixels > image.width:
        pixels -= 1  # rounded up, bars would lose their quiet zones
    tall = round(block.tall * scale) if block.tall else pixels
    grey = np.where(block.modules, 0, 255).astype(np.uint8).repeat(tall, axis=0).repeat(pixels, axis=1)
    # Rounding to whole pixels changes the width a little: keep the middle where it was laid out.
    rows, columns = block.modules.shape
    x = round((block.x + columns * block.module / 2) * scale - grey.shape[1] / 2)
    y = round((block.y + rows * block.rises / 2) * scale - grey.shape[0] / 2)
    image.paste(Image.fromarray(grey), (x, y))


def _png_text(image: Image.Image, pen: ImageDraw.ImageDraw, text: Text, scale: float) -> None:
    pixels = max(6, round(text.size / _POINTS_PER_MM * scale))
    x, y = text.x * scale, text.y * scale
    cv2 = opencv()
    if not _western(text.text) and cv2 is not None:
        # OpenCV carries a font with Chinese characters; Pillow's has none.
        canvas = np.array(image)
        face = cv2.FontFace("uni")
        if text.centred:
            x -= cv2.getTextSize((0, 0), text.text, (0, 0), face, pixels)[2] / 2
        place = (round(x), round(y))
        cv2.putText(canvas, text.text, place, (0, 0, 0), face, pixels, weight=700 if text.bold else 400)
        image.paste(Image.fromarray(canvas))
        return
    font = ImageFont.load_default(pixels)
    anchor = "ms" if text.centred else "ls"
    pen.text((x, y), text.text, fill=0, font=font, anchor=anchor, stroke_width=0.35 if text.bold else 0)
