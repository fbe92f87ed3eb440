"""Faces of cartons as shops hold them: bands, pictures, brand and small print, bars, and a code close among
them.

A face is a plane of reflectances, `INK` samples a module of its code, as in `packs`.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from benchmarks import printing
from benchmarks.damage import Damage
from benchmarks.packs import Code, Pack, pack_code
from benchmarks.printing import INK

if TYPE_CHECKING:
    from numpy.typing import NDArray

Plane: TypeAlias = "NDArray[np.float32]"
Rng: TypeAlias = np.random.Generator
Box: TypeAlias = tuple[float, float, float, float]  # left, top, right, bottom in modules

# Symbols of zxing-cpp by `version`: squares of 32 to 44 modules, rectangles of 12x26 to 16x48.
_LARGER_SQUARES, _RECTANGLES = (10, 11, 12, 13), (27, 28, 29, 30)
_WORDS = [
    "Tabletten",
    "film-coated",
    "je",
    "ml",
    "enthält",
    "sodium",
    "chloride",
    "Keep",
    "out",
    "of",
    "the",
    "sight",
    "and",
    "reach",
    "of",
    "children",
    "Store",
    "below",
    "25",
    "°C",
    "PZN",
    "Ch.-B.",
    "verw.",
    "bis",
    "Zum",
    "Einnehmen",
    "oral",
    "use",
    "Wirkstoff",
    "paracetamol",
    "comprimés",
    "pelliculés",
    "Lot",
    "EXP",
    "SN",
    "GTIN",
    "Rx",
    "only",
    "10",
    "x",
    "2",
    "ml",
    "ampoules",
    "N1",
    "20",
    "mg",
    "500",
    "Apothekenpflichtig",
]
_LABELS = {"01": "PC", "21": "SN", "17": "EXP", "10": "LOT", "710": "PZN", "": "NO"}


def carton_code(rng: Rng) -> Code:
    """A code of 12 to 44 modules a side, or a rectangle; one in ten is short and not GS1's."""
    kind = rng.random()
    if kind < 0.1:
        text = "".join(str(n) for n in rng.integers(0, 10, int(rng.integers(4, 11))))
        return Code((("", text),), text, _drawn(text, force_square=True))
    code = pack_code(rng)
    if kind < 0.25:
        first, *rest = sorted(code.elements)
        elements = (first, *[one for one in rest if len(one[1]) <= 8][:1])
        code = Code(elements, "".join(ai + value for ai, value in elements), code.modules)
    versions = _RECTANGLES if kind < 0.25 else _LARGER_SQUARES if kind < 0.4 else ()
    if not versions:
        return code
    element = "".join(f"[{ai}]{value}" for ai, value in code.elements)
    try:
        modules = _drawn(element, gs1=True, version=int(rng.choice(versions)))
    except ValueError:  # too long for this size
        modules = _drawn(element, gs1=True, force_square=True)
    return Code(code.elements, code.text, modules)


def _drawn(text: str, **options: object) -> NDArray[np.bool_]:
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, **options)
    bitmap = np.asarray(zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False), np.uint8)
    return bitmap < 128


def carton(code: Code, damage: Damage, rng: Rng, size: tuple[int, int]) -> Pack:
    """A face of about `size` (width, height) modules with this code somewhere on it."""
    rows, columns = code.modules.shape
    width, height = max(size[0], columns + 24), max(size[1], rows + 24)
    left, top = int(rng.integers(6, width - columns - 6)), int(rng.integers(6, height - rows - 6))
    face = _face((width, height), rng)
    pen = ImageDraw.Draw(face)
    quiet = float(rng.choice((0.5, 1.0, 1.5, 2.5, 4.0)))
    paper = int(rng.integers(150, 240))
    # Many cartons leave a box for what is printed last: code, lot, expiry.
    if rng.random() < 0.5:
        margin = float(rng.uniform(0.3, 8))
        wide = float(rng.uniform(0, 40))
        _fill(
            pen,
            (left - quiet - margin, top - quiet - margin, left + columns + wide, top + rows + quiet + margin),
            paper,
        )
    _fill(pen, (left - quiet, top - quiet, left + columns + quiet, top + rows + quiet), paper)
    _beside(pen, code, (left - quiet, top - quiet, left + columns + quiet, top + rows + quiet), rng)
    plane = _reflectance(face)
    ink = printing.coverage(code.modules, damage, rng)
    black = float(rng.uniform(0.02, 0.12))
    y, x = (top - printing.MARGIN) * INK, (left - printing.MARGIN) * INK
    part = plane[y : y + ink.shape[0], x : x + ink.shape[1]]
    part[...] = part * (1 - ink) + np.minimum(black, part) * ink
    return Pack(code, plane, left, top)


def plain_carton(rng: Rng, size: tuple[int, int]) -> Plane:
    """A face without a code."""
    return _reflectance(_face(size, rng))


def _reflectance(face: Image.Image) -> Plane:
    return np.asarray(np.asarray(face, np.float32) / np.float32(255), np.float32)


def _fill(pen: ImageDraw.ImageDraw, box: Box, grey: int, *, outline: int | None = None) -> None:
    left, top, right, bottom = (edge * INK for edge in box)
    pen.rectangle((left, top, max(left, right), max(top, bottom)), fill=grey, outline=outline, width=3)


def _write(pen: ImageDraw.ImageDraw, place: tuple[float, float], text: str, tall: float, grey: int) -> None:
    font = ImageFont.load_default(max(6.0, tall * INK))
    pen.text((place[0] * INK, place[1] * INK), text, fill=grey, font=font, anchor="lt")


def _face(size: tuple[int, int], rng: Rng) -> Image.Image:
    """All that is printed but the code, by and by over each other."""
    width, height = size
    base = int(rng.integers(120, 245))
    face = Image.new("L", (width * INK, height * INK), base)
    pen = ImageDraw.Draw(face)
    for _ in range(int(rng.integers(1, 5))):  # bands and fields of colour
        x, y, w, h = (float(n) for n in rng.uniform(0, 1, 4))
        box = (x * width, y * height, (x + w) * width, y * height + h * 40)
        if rng.random() < 0.5:
            _fill(pen, box, int(rng.integers(20, 230)))
        else:
            pen.ellipse([n * INK for n in box], fill=int(rng.integers(20, 230)))
    dark = int(rng.integers(5, 90))
    tall = float(rng.uniform(6, 16))
    name = "".join(rng.choice(list(string.ascii_lowercase), int(rng.integers(5, 11)))).capitalize()
    _write(pen, (float(rng.uniform(2, 30)), float(rng.uniform(2, height / 2))), name, tall, dark)
    for _ in range(int(rng.integers(2, 7))):
        _paragraph(pen, size, rng)
    if rng.random() < 0.5:
        _bars(face, rng)
    for _ in range(int(rng.integers(0, 4))):  # emblems
        x, y, r = float(rng.uniform(0, width)), float(rng.uniform(0, height)), float(rng.uniform(2, 9))
        points = [
            ((x + r * np.cos(a)) * INK, (y + r * np.sin(a)) * INK)
            for a in np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 9))))
        ]
        pen.polygon(points, fill=int(rng.integers(10, 240)))
    return face


def _paragraph(pen: ImageDraw.ImageDraw, size: tuple[int, int], rng: Rng) -> None:
    """Small print, set tight."""
    tall = float(np.exp(rng.uniform(np.log(1.5), np.log(5))))
    x, y = float(rng.uniform(-5, size[0] * 0.7)), float(rng.uniform(-5, size[1]))
    grey, words = int(rng.integers(0, 110)), int(rng.integers(2, 9))
    for _ in range(int(rng.integers(1, 9))):
        _write(pen, (x, y), " ".join(rng.choice(_WORDS, words)), tall, grey)
        y += tall * 1.25


def _bars(face: Image.Image, rng: Rng) -> None:
    digits = "".join(str(n) for n in rng.integers(0, 10, 12))
    barcode = zxingcpp.create_barcode(digits, zxingcpp.BarcodeFormat.EAN13)
    row = np.asarray(zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=True))[:1]
    bar = int(rng.uniform(0.8, 2) * INK)
    picture = Image.fromarray(np.asarray(row, np.uint8)).resize(
        (row.shape[1] * bar, int(rng.integers(12, 40)) * INK), 0
    )
    if rng.random() < 0.5:
        picture = picture.rotate(90, expand=True)
    face.paste(picture, (int(rng.integers(0, face.width)), int(rng.integers(0, face.height))))


def _beside(pen: ImageDraw.ImageDraw, code: Code, label: Box, rng: Rng) -> None:
    """What a line printer writes along the code, close to it: lot, expiry, serial number."""
    tall, gap = float(rng.uniform(2.2, 4.5)), float(rng.uniform(0, 2.5))
    grey = int(rng.integers(5, 60))
    lines = [f"{_LABELS.get(ai, ai)}: {value}" for ai, value in code.elements]
    below = rng.random() < 0.3
    x, y = (label[0], label[3] + gap) if below else (label[2] + gap, label[1] + float(rng.uniform(0, 3)))
    if not below and rng.random() < 0.3:
        x = label[0] - gap - max(len(line) for line in lines) * tall * 0.55
    for line in lines:
        _write(pen, (x, y), line, tall, grey)
        y += tall * float(rng.uniform(1.05, 1.3))
    if rng.random() < 0.3:
        _write(pen, (label[0], label[1] - gap - tall), "".join(rng.choice(_WORDS, 2)), tall, grey)
