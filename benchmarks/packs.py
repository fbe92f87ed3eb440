"""Medicine packs as printed: a GS1 DataMatrix among the text, bands and rules of a carton.

A pack is a plane of reflectances, `INK` samples a module. Everything random comes from the generator given.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks import printing, wear
from benchmarks.damage import Damage
from benchmarks.printing import INK
from scanner.labels import data_matrix
from traceability.gs1.checks import check_digit

if TYPE_CHECKING:
    from numpy.typing import NDArray

Plane: TypeAlias = "NDArray[np.float32]"
Rng: TypeAlias = np.random.Generator

_ENDS_OPEN = ("10", "21", "710")  # AIs of no predefined length on these packs
_NAMES = (
    "Amoxicillin",
    "Metformin",
    "Atorvastatin",
    "Ibuprofen",
    "Levothyrox",
    "Omeprazol",
    "Ramipril",
    "Zopiclon",
)
_FORMS = (
    "500 mg",
    "20 mg/ml",
    "75 µg",
    "film-coated tablets",
    "30 capsules",
    "solution for injection",
    "Rx only",
)
_SERIAL = string.ascii_letters + string.digits * 3 + "-/"


@dataclass(frozen=True, slots=True)
class Code:
    """The code of one pack: GS1 elements, the message that a reader gives, and modules (True is dark)."""

    elements: tuple[tuple[str, str], ...]
    text: str
    modules: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack face: reflectance 0 to 1, and where its code begins (left, top) and ends, in modules."""

    code: Code
    plane: Plane
    left: float
    top: float

    @property
    def side(self) -> int:
        """Side of the code in modules, of a rectangle the longer."""
        return int(max(self.code.modules.shape))

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of the code, in modules from the upper left corner of the face."""
        rows, columns = self.code.modules.shape
        return (self.left + columns / 2, self.top + rows / 2)


def _digits(rng: Rng, count: int) -> str:
    return "".join(str(n) for n in rng.integers(0, 10, count))


def _value(rng: Rng, ai: str) -> str:
    if ai == "01":
        first = "0" + _digits(rng, 12)
        return first + check_digit(first)
    if ai == "17":
        return f"{rng.integers(26, 32):02}{rng.integers(1, 13):02}{rng.integers(0, 29):02}"
    if ai == "10":
        letters = rng.choice(list(string.ascii_uppercase + string.digits), rng.integers(4, 9))
        return "".join(letters)
    if ai == "710":
        return _digits(rng, 8)
    if rng.random() < 0.4:
        return _digits(rng, int(rng.integers(8, 21)))
    return "".join(rng.choice(list(_SERIAL), rng.integers(8, 21)))


def pack_code(rng: Rng) -> Code:
    """A random code as packs carry it, mostly product, serial, expiry and lot; 16 to 32 modules a side."""
    kind = rng.random()
    if kind < 0.05:
        ais = ["01"]
    elif kind < 0.15:
        ais = ["01", "17", "10"]
    else:
        ais = ["01", *rng.permutation(["21", "17", "10"]).tolist()]
        if kind > 0.9:
            ais.append("710")
    elements = tuple((ai, _value(rng, ai)) for ai in ais)
    text = "".join(ai + value + ("\x1d" if ai in _ENDS_OPEN else "") for ai, value in elements)
    return Code(elements, text.rstrip("\x1d"), data_matrix("".join(f"[{ai}]{v}" for ai, v in elements)))


def pack(code: Code, damage: Damage, rng: Rng, *, room: tuple[int, int] = (80, 40)) -> Pack:
    """A pack face with this code, printed and worn as `damage` says; larger than the code by `room` modules
    (width, height) at most."""
    side = len(code.modules)
    width = side + int(rng.integers(min(36, room[0] - 1), room[0]))
    height = side + int(rng.integers(14, room[1]))
    left, top = int(rng.integers(5, 11)), int(rng.integers(5, height - side - 5))
    paper = float(rng.uniform(0.62, 0.85))
    art = _artwork(code, (width, height), (left, top), rng)
    clear = _clear_zone(art, (left, top), side, rng)
    if damage.quiet_zone:
        _crowd(art, clear, (left, top, side), damage.quiet_zone, rng)
    plane = (paper * (1 - art)).astype(np.float32)
    modules = code.modules[:, ::-1] if damage.mirrored else code.modules
    ink = printing.coverage(modules, damage, rng)
    ink = wear.spoil_finder(ink, damage.finder, rng)
    black = _black(paper, damage, rng)
    _print(plane, ink, (left, top), black, inverted=damage.inverted)
    wear.wear(plane, (left, top, side), damage, rng, paper=paper, black=black)
    return Pack(code, plane, left, top)


def bare(code: Code, rng: Rng) -> Pack:
    """A blank face with this code and nothing else."""
    margin = 8
    plane = np.full(((len(code.modules) + 2 * margin) * INK,) * 2, 0.78, np.float32)
    _print(plane, printing.coverage(code.modules, Damage(), rng), (margin, margin), 0.04, inverted=False)
    return Pack(code, plane, margin, margin)


def _black(paper: float, damage: Damage, rng: Rng) -> float:
    """Reflectance of the ink; contrast is meant in the grey of the picture, which is gamma-coded."""
    if damage.contrast:
        return float(paper * (1 - damage.contrast) ** 2.2)
    return float(rng.uniform(0.02, 0.07))


def _print(plane: Plane, ink: Plane, place: tuple[int, int], black: float, *, inverted: bool) -> None:
    """Ink on the paper, or, inverted, paper left free in a block of ink; `ink` has a margin of its own."""
    y, x = (place[1] - printing.MARGIN) * INK, (place[0] - printing.MARGIN) * INK
    part = plane[y : y + ink.shape[0], x : x + ink.shape[1]]
    if inverted:
        paper = part.max()
        part[...] = black * (1 - ink) + paper * ink
    else:
        part[...] = part * (1 - ink) + np.minimum(black, part) * ink


def _artwork(code: Code, size: tuple[int, int], place: tuple[int, int], rng: Rng) -> Plane:
    """Everything printed but the code, as coverage 0 to 1."""
    width, height = size
    side = len(code.modules)
    image = Image.new("L", (width * INK, height * INK), 0)
    pen = ImageDraw.Draw(image)
    if rng.random() < 0.6:  # a band of colour along an edge
        depth = int(rng.integers(2, 5)) * INK
        edge = height * INK - depth if rng.random() < 0.5 else 0
        pen.rectangle((0, edge, width * INK, edge + depth), fill=int(rng.integers(60, 230)))
    tall = float(rng.uniform(2.6, 4.2))
    x, y = place[0] + side + float(rng.uniform(3, 6)), float(place[1])
    for ai, value in code.elements:
        name = {"01": "GTIN", "21": "SN", "17": "EXP", "10": "LOT"}.get(ai, "NN")
        _write(pen, (x, y), f"{name} {value}", tall, 255)
        y += tall * 1.5
    _write(pen, (place[0], 0.5), str(rng.choice(_NAMES)), float(rng.uniform(3, 4)), 200)
    for _ in range(int(rng.integers(1, 4))):
        spot = (float(rng.uniform(side, width)), float(rng.uniform(min(y, height), height)))
        _write(pen, spot, str(rng.choice(_FORMS)), float(rng.uniform(2, 4)), int(rng.integers(120, 255)))
    if rng.random() < 0.4:  # a picture or emblem
        cx, cy, r = rng.uniform(side, width), rng.uniform(0, height), rng.uniform(3, 9)
        box = [(cx - r) * INK, (cy - r) * INK, (cx + r) * INK, (cy + r) * INK]
        pen.ellipse(box, fill=int(rng.integers(60, 200)))
    if rng.random() < 0.3:  # a rule round the whole face
        pen.rectangle((INK, INK, (width - 1) * INK, (height - 1) * INK), outline=220, width=INK // 3)
    return np.asarray(np.asarray(image) / np.float32(255), np.float32)


def _write(pen: ImageDraw.ImageDraw, place: tuple[float, float], text: str, tall: float, grey: int) -> None:
    font = ImageFont.load_default(tall * INK)
    pen.text((place[0] * INK, place[1] * INK), text, fill=grey, font=font, anchor="lt")


def _clear_zone(art: Plane, place: tuple[int, int], side: int, rng: Rng) -> float:
    """Clear the quiet zone; returns its width in modules."""
    clear = float(rng.uniform(1.5, 3))
    lo_y, lo_x = int((place[1] - clear) * INK), int((place[0] - clear) * INK)
    far = int((side + 2 * clear) * INK)
    art[lo_y : lo_y + far, lo_x : lo_x + far] = 0
    return clear


def _crowd(art: Plane, clear: float, code: tuple[int, int, int], sides: int, rng: Rng) -> None:
    """Print that comes up to the code on some of its sides: a block, a rule, or a row of text."""
    left, top, side = code
    for number in rng.permutation(4)[:sides].tolist():  # above, on the right, below, on the left
        gap = int(rng.uniform(0, 1.2 / sides) * INK)
        piece = np.rot90(_touching((side + 4, int((clear + 1) * INK)), rng), -number)
        tall, wide = piece.shape
        x = left * INK + {1: side * INK + gap, 3: -wide - gap}.get(number, -2 * INK)
        y = top * INK + {0: -tall - gap, 2: side * INK + gap}.get(number, -2 * INK)
        x, y = max(x, 0), max(y, 0)  # the code stands at least five modules from the edges
        part = art[y : y + tall, x : x + wide]
        np.maximum(part, piece[: part.shape[0], : part.shape[1]], out=part)


def _touching(size: tuple[int, int], rng: Rng) -> Plane:
    """A strip of print, `size` (modules long, samples deep), dense at its lower edge."""
    long, deep = size
    strip = Image.new("L", (long * INK, deep), 0)
    pen = ImageDraw.Draw(strip)
    kind = rng.random()
    if kind < 0.35:
        pen.rectangle((0, 0, long * INK, deep), fill=int(rng.integers(120, 255)))
    elif kind < 0.6:
        pen.rectangle((0, deep - int(rng.uniform(0.4, 1.2) * INK), long * INK, deep), fill=255)
    else:
        font = ImageFont.load_default(3.2 * INK)
        text = "".join(rng.choice(list(string.ascii_uppercase + string.digits), 40))
        pen.text((0, deep), text, fill=255, font=font, anchor="ls")
    return np.asarray(np.asarray(strip) / np.float32(255), np.float32)
