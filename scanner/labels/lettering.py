"""Lettering, measured and drawn in whole dots.

Bitstream Vera (it comes with reportlab) is cut for coarse screens, which is what a label printer is: its
strokes fall on whole dots. What it has no letters for, Chinese above all, OpenCV's own font writes; that
text is drawn as dots in every form, so a label never depends on the fonts of who prints it.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from scanner import ScannerError
from scanner.enhance import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

Dots: TypeAlias = "NDArray[np.bool_]"

CAPITAL = 0.729  # height of a Vera capital or digit, in ems
_FILES = {False: "Vera.ttf", True: "VeraBd.ttf"}
_NAMES = {False: "LabelVera", True: "LabelVera-Bold"}


def tidy(text: str) -> str:
    """Text for a label: one line, single spaces."""
    return " ".join(text.split())


def verify_writable(text: str) -> str:
    """Text whose every character one of the fonts has, else ScannerError."""
    if not in_vera(text):
        for character in text:
            if not (in_vera(character) or _in_wide(character)):
                raise ScannerError(
                    "No font here can write %(character)s in %(text)s",
                    character=repr(character),
                    text=repr(text),
                )
    return text


def pdf_font(*, bold: bool) -> str:
    """Name of the font for reportlab, registered."""
    _embedded(bold)
    return _NAMES[bold]


@lru_cache(maxsize=20_000)
def in_vera(text: str) -> bool:
    """Whether Vera has letters for all of the text."""
    return all(ord(character) in _embedded(False).face.charToGlyph for character in text)  # noqa: FBT003


@lru_cache(maxsize=20_000)
def width(text: str, size: int, *, bold: bool = False) -> int:
    """Dots that the text takes at most, in any of the forms that a label is drawn in."""
    if not in_vera(text):
        cv2, face = _wide()
        return int(cv2.getTextSize((0, 0), text, (0, 0), face, size)[2]) + (size // 20 if bold else 0)
    exact = float(pdfmetrics.stringWidth(text, pdf_font(bold=bold), size))
    return math.ceil(max(exact, _screen(size, bold).getlength(text, mode="1")))


@lru_cache(maxsize=2_000)
def drawn(text: str, size: int, *, bold: bool = False) -> tuple[Dots, int]:
    """The text as dots (True is dark), and the row of its base line."""
    room = (width(text, size, bold=bold) + size, 2 * size)
    base = round(1.3 * size)
    if in_vera(text):
        image = Image.new("1", room, 1)
        pen = ImageDraw.Draw(image)
        pen.fontmode = "1"
        pen.text((0, base), text, fill=0, font=_screen(size, bold), anchor="ls")
        return ~np.asarray(image, np.bool_), base
    cv2, face = _wide()
    canvas = np.full((room[1], room[0]), 255, np.uint8)
    cv2.putText(canvas, text, (0, base), (0, 0, 0), face, size)
    dots = canvas < 128
    for _ in range(max(1, size // 20) if bold else 0):
        dots[:, 1:] |= dots[:, :-1]
    return dots, base


def wrapped(text: str, room: int, measured: Callable[[str], int]) -> list[str]:
    """The text in lines no wider than `room`, broken at spaces where there are any."""
    lines = []
    while text:
        end = len(text)
        if measured(text) > room:
            end = _fits(text, room, measured)
            space = text.rfind(" ", 0, end + 1)
            end = space if space > 0 else end
        lines.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return lines


def _fits(text: str, room: int, measured: Callable[[str], int]) -> int:
    """How many characters fit; one at least."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measured(text[:middle]) <= room else (low, middle - 1)
    return low


@cache
def _data(*, bold: bool) -> bytes:
    return (files("reportlab") / "fonts" / _FILES[bold]).read_bytes()


@cache
def _embedded(bold: bool) -> Any:  # noqa: FBT001
    font = TTFont(_NAMES[bold], io.BytesIO(_data(bold=bold)))
    pdfmetrics.registerFont(font)
    return font


@cache
def _screen(size: int, bold: bool) -> ImageFont.FreeTypeFont:  # noqa: FBT001
    return ImageFont.truetype(io.BytesIO(_data(bold=bold)), size, layout_engine=ImageFont.Layout.BASIC)


def _wide() -> tuple[Any, Any]:
    cv2 = opencv()
    if cv2 is None:
        raise ScannerError(
            "Labels in this script need OpenCV: apt-get install libgl1 libglib2.0-0 (on Debian)"
        )
    return cv2, cv2.FontFace("uni")


@cache
def _in_wide(character: str) -> bool:
    """Whether OpenCV's font has the character: it writes a question mark for those it lacks."""
    cv2, face = _wide()
    pictures = []
    for shown in (character, "?"):
        canvas = np.full((48, 64), 255, np.uint8)
        cv2.putText(canvas, shown, (4, 40), (0, 0, 0), face, 32)
        pictures.append(canvas)
    return bool((pictures[0] < 128).any()) and not np.array_equal(pictures[0], pictures[1])
