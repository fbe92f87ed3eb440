"""A code read from the lattice of its modules, with erasures, where its finder is damaged.

In a piece of a picture (`closer` cuts it out) `lattice` finds the rows and columns, `matching` where a symbol may lie on
them, `modules` what it says. Only what is left over of the error correction proves a message here, so
whoever calls accepts nothing that GS1 grammar does not vouch for as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from scanner import ecc200, lattice, matching, modules
from scanner.symbols import Corners

if TYPE_CHECKING:
    import zxingcpp
    from numpy.typing import NDArray

    from scanner.ecc200 import Layout
    from scanner.lattice import Lattice, Wave
    from scanner.matching import Fit

Floats: TypeAlias = "NDArray[np.float32]"
Grey: TypeAlias = "NDArray[np.uint8]"

# Blur before the edges are taken, in pixels of the piece, and lattices tried at it: solid print; dots, whose
# own edges would make a lattice.
_LOOKS = ((0.8, 2), (2.8, 1))
_BIASES = (0.0, 0.3, 0.6, 0.75, -0.3)  # shifts of the threshold: print that lost or gained ink
_AS_KNOWN = 1.8  # times the pitch that is expected, or as many times less
_FROM_BEHIND = 2  # readings that are tried mirrored as well
_LIKE_A_FINDER = 0.63  # of a border that is shown to a person as a code not read: blurred text reaches 0.62


@dataclass(frozen=True, slots=True)
class Found:
    """A code in a piece: what zxing-cpp reads in its perfect symbol, None where errors are too many, its
    corners in the piece, and how much its border looks like a finder (1 is perfect)."""

    barcode: zxingcpp.Barcode | None
    corners: Corners
    score: float


@dataclass(frozen=True, slots=True)
class Look:
    """A piece as it is looked at, two waves that may be the columns and rows of a code in it, and how far
    they stand out."""

    seen: Floats
    strength: Floats
    pair: tuple[Wave, Wave]
    prominence: float


def read(cv2: Any, piece: Grey, late: Callable[[], bool], module: float = 0.0) -> Iterator[Found]:
    """Codes in a square grey piece of lattice.SIDE pixels. Ends early once it is `late`.

    Where a `module` is known to be of about so many pixels, other lattices are not looked at.
    """
    raw = piece.astype(np.float32)
    for blur, most in _LOOKS:
        for look in looks(cv2, raw, most, blur):
            if module and not all(1 / _AS_KNOWN < module * np.hypot(*wave) < _AS_KNOWN for wave in look.pair):
                continue
            yield from read_along(cv2, look, late)


def looks(cv2: Any, piece: Floats, most: int, blur: float = _LOOKS[0][0]) -> list[Look]:
    """The likeliest lattices of a piece, likeliest first, at most `most`."""
    soft = cv2.GaussianBlur(piece, (0, 0), blur)
    strength = lattice.edge_strength(cv2, soft)
    pairs = lattice.peaks(cv2, strength)[:most]
    return [Look(soft, strength, pair, prominence) for prominence, pair in pairs]


def read_along(cv2: Any, look: Look, late: Callable[[], bool]) -> Iterator[Found]:
    """Codes along one lattice."""
    followed = None if late() else lattice.follow(cv2, look.strength, look.pair)
    if followed is not None:
        yield from _codes(cv2, followed, look.seen, late)


def _codes(cv2: Any, followed: Lattice, seen: Floats, late: Callable[[], bool]) -> Iterator[Found]:
    cells, ends, unevenness = followed.sample(cv2, seen)
    if min(cells.shape) < ecc200.SIZES[0][0]:
        return
    values, ends, belief = modules.even(cells, ends, cv2)
    belief = belief / (1 + unevenness / (float(np.median(unevenness)) + 1.0) * 0.3)
    for fit in matching.fits(values):
        if late():
            return
        read = _Read(
            matching.upright(values, fit),
            matching.upright(ends, fit),
            matching.turned(belief, fit),
            fit.layout,
        )
        barcode, mirrored = _message(read)
        if barcode is not None or fit.score > _LIKE_A_FINDER:
            yield Found(barcode, _corners(followed, fit, mirrored=mirrored), fit.score)
        if barcode is not None:
            return


@dataclass(frozen=True, slots=True)
class _Read:
    """The cells of a symbol, its own way up: values, their ends, belief."""

    values: Floats
    ends: Floats
    belief: Floats
    layout: Layout


def _message(cells: _Read) -> tuple[zxingcpp.Barcode | None, bool]:
    readings = list(_readings(cells))
    barcode = next(_decoded(readings, cells.belief, cells.layout), None)
    if barcode is not None or cells.layout.rows != cells.layout.columns:
        return barcode, False
    # Read from behind, a code is mirrored along the diagonal that its finder leaves as it is.
    behind = [_mirrored(reading) for reading in readings[:_FROM_BEHIND]]
    return next(_decoded(behind, _mirrored(cells.belief), cells.layout), None), True


def _decoded(readings: list[Floats], belief: Floats, layout: Layout) -> Iterator[zxingcpp.Barcode]:
    for reading in readings:
        for corrected in modules.corrected(reading, belief, layout):
            barcode = modules.message(corrected.codewords, layout)
            if barcode is not None:
                yield barcode


def _readings(cells: _Read) -> Iterator[Floats]:
    """What the modules may be, likeliest first."""
    yield cells.values
    sharp = modules.equalised(cells.values, cells.ends, cells.layout)
    for bias in _BIASES:
        yield sharp + np.float32(bias)


def _mirrored(cells: Floats) -> Floats:
    return np.ascontiguousarray(cells[::-1, ::-1].T)


def _corners(found: Lattice, fit: Fit, *, mirrored: bool) -> Corners:
    left, top = fit.column + found.columns[0], fit.row + found.rows[0]
    right, bottom = left + fit.wide, top + fit.tall
    # Clockwise from the symbol's own top left, which is where the solid left side ends.
    s = np.roll(np.array([left, right, right, left], np.float64), fit.turns)
    t = np.roll(np.array([top, top, bottom, bottom], np.float64), fit.turns)
    x, y = found.place(s, t)
    points = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    if mirrored:  # along the diagonal from lower left to upper right
        points[0], points[2] = points[2], points[0]
    return (points[0], points[1], points[2], points[3])
