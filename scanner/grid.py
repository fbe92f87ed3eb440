"""The last resort: a code read from the lattice of its modules, with erasures, where its finder is damaged.

A region is cut out at one size; `lattice` finds the rows and columns, `matching` where a symbol may lie on
them, `modules` what it says. Only what is left over of the error correction proves a message here, so
whoever calls accepts nothing that GS1 grammar does not vouch for as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from scanner import ecc200, focus, lattice, matching, modules
from scanner.symbols import Corners

if TYPE_CHECKING:
    import zxingcpp
    from numpy.typing import NDArray

    from scanner.lattice import Lattice, Wave
    from scanner.matching import Fit

Floats: TypeAlias = "NDArray[np.float32]"
Grey: TypeAlias = "NDArray[np.uint8]"

# Blur before the edges are taken, in pixels of the piece, and lattices tried at it: solid print; dots, whose
# own edges would make a lattice.
_LOOKS = ((1.0, 2), (2.8, 1))
_MOST_RESTORED = 2  # of the pieces that the blur was taken out of
_BIASES = (0.0, 0.3, -0.3)  # shifts of the threshold: print that lost or gained ink
_FROM_BEHIND = 2  # readings that are tried mirrored as well
_LIKE_A_FINDER = 0.6  # likeness of a border that is shown to a person as a code not read


@dataclass(frozen=True, slots=True)
class Found:
    """A code in a piece: what zxing-cpp reads in its perfect symbol, None where errors are too many, its
    corners in the piece, and how much its border looks like a finder (1 is perfect)."""

    barcode: zxingcpp.Barcode | None
    corners: Corners
    score: float


Reader: TypeAlias = "Callable[[Any, Grey, Callable[[], bool]], Iterator[Found]]"


def read(cv2: Any, piece: Grey, out_of_time: Callable[[], bool]) -> Iterator[Found]:
    """Codes in a square grey piece of lattice.SIDE pixels. Ends early once `out_of_time`."""
    raw = piece.astype(np.float32)
    for blur, most in _LOOKS:
        soft = cv2.GaussianBlur(raw, (0, 0), blur)
        strength = lattice.edge_strength(cv2, soft)
        for _, pair in lattice.peaks(cv2, strength)[:most]:
            if out_of_time():
                return
            yield from _along(cv2, strength, pair, soft, out_of_time)


def read_blurred(cv2: Any, piece: Grey, out_of_time: Callable[[], bool]) -> Iterator[Found]:
    """As `read`, of a piece that lens or movement have blurred."""
    looks = []
    for sharp in focus.restored(cv2, piece):
        soft = cv2.GaussianBlur(sharp, (0, 0), 1.0)
        strength = lattice.edge_strength(cv2, soft)
        looks += [(score, pair, strength, soft) for score, pair in lattice.peaks(cv2, strength)[:1]]
        if out_of_time():
            return
    looks.sort(key=lambda look: -look[0])
    for _, pair, strength, soft in looks[:_MOST_RESTORED]:
        if out_of_time():
            return
        yield from _along(cv2, strength, pair, soft, out_of_time)


def _along(
    cv2: Any, strength: Floats, pair: tuple[Wave, Wave], seen: Floats, out_of_time: Callable[[], bool]
) -> Iterator[Found]:
    followed = lattice.follow(cv2, strength, pair)
    if followed is not None:
        yield from _codes(cv2, followed, seen, out_of_time)


def _codes(cv2: Any, followed: Lattice, seen: Floats, out_of_time: Callable[[], bool]) -> Iterator[Found]:
    cells, unevenness = followed.sample(cv2, seen)
    if min(cells.shape) < ecc200.SQUARES[0]:
        return
    values, belief = modules.even(cells, cv2)
    belief = belief / (1 + unevenness / (float(np.median(unevenness)) + 1.0) * 0.3)
    for fit in matching.fits(values):
        if out_of_time():
            return
        layout = ecc200.layout(fit.side, fit.side)
        barcode, mirrored = _message(matching.square(values, fit), matching.turned(belief, fit), layout)
        if barcode is not None or fit.score > _LIKE_A_FINDER:
            yield Found(barcode, _corners(followed, fit, mirrored=mirrored), fit.score)
        if barcode is not None:
            return


def _message(values: Floats, belief: Floats, layout: ecc200.Layout) -> tuple[zxingcpp.Barcode | None, bool]:
    readings = list(_readings(values, layout))
    barcode = next(_decoded(readings, belief, layout), None)
    if barcode is not None:
        return barcode, False
    # Read from behind, a code is mirrored along the diagonal that its finder leaves as it is.
    behind = [_mirrored(reading) for reading in readings[:_FROM_BEHIND]]
    return next(_decoded(behind, _mirrored(belief), layout), None), True


def _decoded(readings: list[Floats], belief: Floats, layout: ecc200.Layout) -> Iterator[zxingcpp.Barcode]:
    for reading in readings:
        for corrected in modules.corrected(reading, belief, layout):
            barcode = modules.message(corrected.codewords, layout)
            if barcode is not None:
                yield barcode


def _readings(values: Floats, layout: ecc200.Layout) -> Iterator[Floats]:
    """What the modules may be, likeliest first."""
    yield values
    sharp = modules.equalised(values, layout)
    for bias in _BIASES:
        yield sharp + np.float32(bias)


def _mirrored(cells: Floats) -> Floats:
    return np.ascontiguousarray(cells[::-1, ::-1].T)


def _corners(found: Lattice, fit: Fit, *, mirrored: bool) -> Corners:
    left, top = fit.column + found.columns[0], fit.row + found.rows[0]
    right, bottom = left + fit.side, top + fit.side
    # Clockwise from the symbol's own top left, which is where the solid left side ends.
    s = np.roll(np.array([left, right, right, left], np.float64), fit.turns)
    t = np.roll(np.array([top, top, bottom, bottom], np.float64), fit.turns)
    x, y = found.place(s, t)
    points = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    if mirrored:  # along the diagonal from lower left to upper right
        points[0], points[2] = points[2], points[0]
    return (points[0], points[1], points[2], points[3])
