"""A label as dots: PNG of one bit a dot, and ZPL for a Zebra printer."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from scanner.labels.lettering import Dots, drawn
from scanner.labels.sheet import Block, Rule, Sheet, Text


def dots_of(sheet: Sheet) -> Dots:
    """The label dot by dot, height x width, True is dark: what a thermal head burns."""
    paper = np.zeros((sheet.height, sheet.width), np.bool_)
    for part in sheet.parts:
        match part:
            case Block():
                block = part.modules.repeat(part.rises, axis=0).repeat(part.module, axis=1)
                paper[part.y : part.y + part.height, part.x : part.x + part.width] = block
            case Rule(x, y, end, thick):
                paper[y : y + thick, x:end] = True
            case Text():
                _write(paper, part)
    return paper


def _write(paper: Dots, text: Text) -> None:
    word, base = drawn(text.text, text.size, bold=text.bold)
    top = text.y - base
    # What is drawn has blank room about it that may lie outside the label.
    above = max(0, -top)
    seen = word[above : paper.shape[0] - top, : paper.shape[1] - text.x]
    paper[top + above : top + above + seen.shape[0], text.x : text.x + seen.shape[1]] |= seen


def draw_png(sheet: Sheet) -> bytes:
    """The label as a PNG, one bit a dot: a printer has black and blank and nothing between."""
    out = io.BytesIO()
    Image.fromarray(~dots_of(sheet)).save(out, "PNG", dpi=(sheet.dpi, sheet.dpi), optimize=True)
    return out.getvalue()


def draw_zpl(sheet: Sheet) -> str:
    """The label in ZPL II, as one graphic field (^GFA): no driver scales it, no font is missing.

    A row that equals the one above it is a colon, zeros at the end of a row are a comma.
    """
    packed = np.packbits(dots_of(sheet), axis=1)
    wide = packed.shape[1]
    rows: list[str] = []
    above = ""
    for row in packed:
        digits = row.tobytes().hex().upper()
        bare = digits.rstrip("0")
        if len(bare) % 2:
            bare += "0"
        rows.append(":" if digits == above else bare + ("," if len(bare) < len(digits) else ""))
        above = digits
    total = packed.size
    return (
        f"^XA^PW{sheet.width}^LL{sheet.height}^LH0,0^FO0,0^GFA,{total},{total},{wide},{''.join(rows)}^FS^XZ\n"
    )
