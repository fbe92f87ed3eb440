"""An indicative note on a printed Data Matrix from its picture, so that a label printer going bad is noticed.

This is no verification, and never called a grade (ISO/IEC 15415 wants a calibrated reader, its light and its
lens): a webcam's picture tells only that something changed, and what.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from scanner.ecc200 import SIZES, Layout, Uncorrectable, layout
from scanner.symbols import Corners, Symbol

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"
Floats: TypeAlias = "NDArray[np.float64]"
Bits: TypeAlias = "NDArray[np.bool_]"
Note: TypeAlias = Literal[
    "low contrast", "ink gain", "ink loss", "quiet zone", "finder damaged", "near failure"
]

_FINE = 5  # samples across a module
_SMALLEST = 3.0  # pixels a module below which edges cannot be judged
_FITS = 0.75  # of the finder and timing modules that must be as the size says; another size has about half
# Limits of the notes. Measured on clean labels, photographed at 4.7 to 8 pixels a module with tilt, blur, noise
# and uneven light: contrast 0.94 to 0.95, ink within 0.003, all else perfect.
_CONTRAST = 0.4
_INK = 0.12
_QUIET = 0.9
_FINDER = 0.85
_USED = 0.5


@dataclass(frozen=True, slots=True)
class Quality:
    """What the samples of one symbol tell.

    `rows` and `columns` count its modules. `contrast` is the step from light to dark over the light level,
    0 to 1. `ink` is how far each edge of a dark module lies beyond its place, in modules: positive for ink
    gain, negative for loss. `quiet` is the share of the quiet zone of one module that is free, `finder` the
    share of right modules on the worst of the four sides (solid at the left and below, alternating above
    and at the right). `used` is the share of the error correction that this picture needed, in the worst
    block. `notes` names what is out of the ordinary.
    """

    rows: int
    columns: int
    contrast: float
    ink: float
    quiet: float
    finder: float
    used: float
    notes: tuple[Note, ...]


def judge(grey: Grey, symbol: Symbol) -> Quality | None:
    """The quality of a symbol read in a grey picture.

    None where it cannot be judged: no Data Matrix, modules of less than 3 pixels, or a picture in which the
    modules are not where the corners say.
    """
    if symbol.format != "DataMatrix":
        return None
    size = _size(grey, symbol.corners)
    if size is None:
        return None
    grid, mirrored, inverted = size

    def judged(corners: Corners) -> Quality | None:
        samples = _samples(grey, corners, grid, _FINE, mirrored=mirrored)
        return _judge(255.0 - samples if inverted else samples, grid)

    found = judged(symbol.corners)
    if found is not None and found.used == 0:
        return found
    # Is it the print, or are the corners a little off?
    again = judged(_settled(grey, symbol.corners, grid, mirrored=mirrored))
    if found is None or (again is not None and again.used < found.used):
        return again
    return found


def _size(grey: Grey, corners: Corners) -> tuple[Layout, bool, bool] | None:
    """The layout whose finder is where it should be, and whether it is mirrored and inverted."""
    a, b, _, d = (complex(*corner) for corner in corners)
    wide, high = abs(b - a), abs(d - a)
    best, found = _FITS, None
    for rows, columns in SIZES:
        long_side = max(rows, columns) / min(rows, columns)
        alike = 0.7 < max(wide, high) / max(1.0, min(wide, high)) / long_side < 1.4
        if (
            not alike
            or min(max(wide, high) / max(rows, columns), min(wide, high) / min(rows, columns)) < _SMALLEST
        ):
            continue
        grid = layout(rows, columns)
        for mirrored in (False, True):
            levels = _samples(grey, corners, grid, 1, mirrored=mirrored)[1:-1, 1:-1]
            dark, sure = levels < _otsu(levels), grid.fixed >= 0
            fits = float(np.mean(dark[sure] == (grid.fixed[sure] == 1)))
            for inverted, share in ((False, fits), (True, 1 - fits)):
                if share > best:
                    best, found = share, (grid, mirrored, inverted)
    return found


def _settled(grey: Grey, corners: Corners, grid: Layout, *, mirrored: bool) -> Corners:
    """The corners moved, a third of a module each way at most, to where the modules differ most."""

    def spread(at: list[tuple[float, float]]) -> float:
        a, b, c, d = at
        levels = _samples(grey, (a, b, c, d), grid, 1, mirrored=mirrored)[1:-1, 1:-1]
        return float(np.abs(levels - levels.mean()).mean())

    side = Symbol("", "", "", corners).size / max(grid.rows, grid.columns)
    best, most = list(corners), spread(list(corners))
    for step in (0.2 * side, 0.1 * side):
        for corner in range(4):
            for dx, dy in ((step, 0.0), (-step, 0.0), (0.0, step), (0.0, -step)):
                moved = list(best)
                moved[corner] = (moved[corner][0] + dx, moved[corner][1] + dy)
                if (value := spread(moved)) > most:
                    best, most = moved, value
    a, b, c, d = best
    return a, b, c, d


def _samples(grey: Grey, corners: Corners, grid: Layout, fine: int, *, mirrored: bool) -> Floats:
    """Grey levels at `fine` x `fine` points in each module, with a ring of one module about the symbol."""
    rows, columns = grid.rows, grid.columns
    y = (np.arange((rows + 2) * fine) + 0.5) / fine - 1
    x = (np.arange((columns + 2) * fine) + 0.5) / fine - 1
    across, down = np.meshgrid(x / columns, y / rows)
    if mirrored:
        # zxing-cpp names the corners of a mirrored symbol as those of its picture in a mirror: they go round
        # the other way, about the diagonal of the finder's corner.
        across, down = 1 - down, 1 - across
    u, v = _projected(corners, across, down)
    return _bilinear(grey, u - 0.5, v - 0.5)  # the corners are edges, counted from the edge of the picture


def _projected(corners: Corners, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Where the points of the unit square are in the picture (Heckbert 1989, 2.2.3)."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    sx, sy = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    dx1, dy1, dx2, dy2 = x1 - x2, y1 - y2, x3 - x2, y3 - y2
    area = dx1 * dy2 - dx2 * dy1
    g, h = ((sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area) if area else (0.0, 0.0)
    below = g * x + h * y + 1
    u = ((x1 - x0 + g * x1) * x + (x3 - x0 + h * x3) * y + x0) / below
    v = ((y1 - y0 + g * y1) * x + (y3 - y0 + h * y3) * y + y0) / below
    return u, v


def _bilinear(grey: Grey, x: Floats, y: Floats) -> Floats:
    height, width = grey.shape
    x, y = np.clip(x, 0, width - 1.001), np.clip(y, 0, height - 1.001)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, below = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    fx, fy = x - left, y - top
    upper = grey[top, left] * (1 - fx) + grey[top, right] * fx
    lower = grey[below, left] * (1 - fx) + grey[below, right] * fx
    return np.asarray(upper * (1 - fy) + lower * fy, np.float64)


def _otsu(levels: Floats) -> float:
    """The threshold that parts the levels best (Otsu 1979)."""
    ordered = np.sort(levels, axis=None)
    count = np.arange(1, ordered.size)
    sums = np.cumsum(ordered)[:-1]
    gap = (ordered.sum() - sums) / (ordered.size - count) - sums / count
    cut = int(np.argmax(count * (ordered.size - count) * gap**2))
    return float((ordered[cut] + ordered[cut + 1]) / 2)


def _judge(samples: Floats, grid: Layout) -> Quality | None:
    rows, columns = grid.rows, grid.columns
    cells = samples.reshape(rows + 2, _FINE, columns + 2, _FINE).swapaxes(1, 2)
    inner = cells[..., 1:-1, 1:-1].mean(axis=(2, 3))
    dark = inner < _otsu(inner[1:-1, 1:-1])
    light_level, dark_level = _plane(inner, ~dark), _plane(inner, dark)
    step = np.maximum(light_level - dark_level, 1.0)
    dark = inner < (light_level + dark_level) / 2
    try:
        corrected = grid.correct(grid.codewords(dark[1:-1, 1:-1]), spare=0)
    except Uncorrectable:
        return None
    used = 1 - corrected.spare / (grid.ecc // grid.blocks)
    ink = (light_level - cells.mean(axis=(2, 3))) / step
    contrast = float(np.mean(step / np.maximum(light_level, 1.0)))
    quiet = _quiet(ink)
    finder = _finder(dark[1:-1, 1:-1], grid)
    gain = _gain(ink, dark)
    return Quality(
        rows, columns, contrast, gain, quiet, finder, used, _notes(contrast, gain, quiet, finder, used)
    )


def _notes(contrast: float, ink: float, quiet: float, finder: float, used: float) -> tuple[Note, ...]:
    told: list[tuple[Note, bool]] = [
        ("low contrast", contrast < _CONTRAST),
        ("ink gain", ink > _INK),
        ("ink loss", ink < -_INK),
        ("quiet zone", quiet < _QUIET),
        ("finder damaged", finder < _FINDER),
        ("near failure", used > _USED),
    ]
    return tuple(note for note, so in told if so)


def _plane(levels: Floats, chosen: Bits) -> Floats:
    """The level of the chosen modules at each module: light falls off over a symbol.

    Modules among their like are taken where there are enough: blur does not lift or sink them.
    """
    padded = np.pad(chosen, 1, constant_values=True)
    among = chosen & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    where = among if np.count_nonzero(among) >= 8 else chosen
    y, x = np.indices(levels.shape)
    terms = np.stack([np.ones(levels.shape), x, y], axis=-1)
    factors, *_ = np.linalg.lstsq(terms[where], levels[where], rcond=None)
    return np.asarray(terms @ factors, np.float64)


def _quiet(ink: Floats) -> float:
    """Share of the ring of modules about the symbol that has less than half its ink."""
    ring = np.concatenate([ink[0], ink[-1], ink[1:-1, 0], ink[1:-1, -1]])
    return float(np.mean(ring < 0.5))


def _finder(dark: Bits, grid: Layout) -> float:
    right = dark == (grid.fixed == 1)
    return float(min(right[:, 0].mean(), right[-1].mean(), right[0].mean(), right[:, -1].mean()))


def _gain(ink: Floats, dark: Bits) -> float:
    """Ink beyond the modules it belongs to, by length of edge. Blur moves ink, and leaves its amount."""
    across, down = dark[:, 1:] != dark[:, :-1], dark[1:] != dark[:-1]
    edges = np.count_nonzero(across) + np.count_nonzero(down)
    return float((ink.sum() - np.count_nonzero(dark)) / max(1, edges))
