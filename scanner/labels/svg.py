"""A label as SVG: its unit is the printer's dot, its size is in millimetres."""

from __future__ import annotations

from html import escape

from scanner.labels.lettering import drawn, in_vera
from scanner.labels.sheet import Block, Modules, Rule, Sheet, Text, runs

_FONTS = (
    "Verdana, 'DejaVu Sans', 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
)


def draw_svg(sheet: Sheet) -> str:
    """One label as an SVG document; every edge of a symbol is a whole number of dots."""
    wide, high = sheet.size
    size = f'width="{wide:.4f}mm" height="{high:.4f}mm" viewBox="0 0 {sheet.width} {sheet.height}"'
    body = [f'<rect width="{sheet.width}" height="{sheet.height}" fill="#fff"/>']
    for part in sheet.parts:
        match part:
            case Block():
                body.append(_block(part))
            case Rule(x, y, end, thick):
                body.append(f'<path d="M{x} {y}H{end}v{thick}H{x}z"/>')
            case Text() if in_vera(part.text):
                body.append(_text(part))
            case Text():
                body.append(_dotted(part))
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n' + "\n".join(body) + "\n</svg>\n"


def _block(block: Block) -> str:
    return _path(block.modules, (block.x, block.y), (block.module, block.rises))


def _path(modules: Modules, corner: tuple[int, int], module: tuple[int, int]) -> str:
    (left, top), (wide, tall) = corner, module
    steps = []
    for number, row in enumerate(modules):
        for start, length in runs(row):
            across = length * wide
            steps.append(f"M{left + start * wide} {top + number * tall}h{across}v{tall}h-{across}z")
    return f'<path d="{"".join(steps)}" shape-rendering="crispEdges"/>'


def _dotted(text: Text) -> str:
    """Text in a script that the reader may have no font for, as dots with its words beside them."""
    dots, base = drawn(text.text, text.size, bold=text.bold)
    return f"<g><title>{escape(text.text)}</title>{_path(dots, (text.x, text.y - base), (1, 1))}</g>"


def _text(text: Text) -> str:
    # Whatever font the reader has, the text keeps its width, and off the symbols.
    weight = ' font-weight="bold"' if text.bold else ""
    return (
        f'<text x="{text.x}" y="{text.y}" font-size="{text.size}" font-family="{_FONTS}"{weight}'
        f' textLength="{text.width}" lengthAdjust="spacingAndGlyphs">{escape(text.text)}</text>'
    )
