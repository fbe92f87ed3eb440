"""Closer looks at a place in a picture: it is cut out at one size, and read by the lattice of its modules.

As it is; set upright, where it is seen from the side; with the blur of lens and movement taken out; and laid
flat, as from a vial. The three last are shown to zxing-cpp as well, which needs no more. Each look gives what it reads and what it takes
for a code; nothing here is accepted yet. All of it needs OpenCV.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from scanner import focus, grid, lattice
from scanner.decoder import as_symbol, decode
from scanner.symbols import Corners, Symbol, Unread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from scanner.regions import Region

Grey: TypeAlias = "NDArray[np.uint8]"
Clock: TypeAlias = Callable[[], bool]  # whether time is up
Seen: TypeAlias = Iterator[Symbol | Unread]

# Of a region's side, added on each side; blur carries print further, and its inverse rings at the edges.
_MARGIN, _BLURRED_MARGIN = 0.42, 0.55
_FROM_THE_SIDE = 0.75  # evenness of edges below which a place may be seen from the side
_MOST_STRETCH = 5.0
_UNBLURRED = 3  # of the extents of blur, those whose lattice stands out most
_RADII = (0.45, 0.6, 0.85)  # of a vial, in sides of the region
_UNROLLED = 2
_FLAT = np.stack(np.meshgrid(*[np.arange(lattice.SIDE, dtype=np.float64)] * 2), axis=-1)


@dataclass(frozen=True, slots=True)
class _Roll:
    """A vial whose axis passes behind the middle of a piece: `radius` in pixels, `angle` of the way round
    it."""

    radius: float
    angle: float

    def seen(self, flat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where places (x, y in the last axis) of the label laid flat are seen."""
        round_it = np.array([np.cos(self.angle), np.sin(self.angle)])
        middle = (lattice.SIDE - 1) / 2
        along = (flat - middle) @ round_it
        turned = np.clip(along / self.radius, -np.pi / 2, np.pi / 2)
        return np.asarray(flat + (self.radius * np.sin(turned) - along)[..., None] * round_it)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A square of a picture, lattice.SIDE pixels wide, and the affine map from the picture to it; where it is
    a `roll` laid flat, the map is to the roll as it is seen."""

    grey: Grey
    map: NDArray[np.float64]
    roll: _Roll | None = None

    @property
    def scale(self) -> float:
        """Pixels of the piece to one of the picture."""
        return float(np.sqrt(abs(np.linalg.det(self.map[:, :2]))))

    def placed(self, corners: Corners) -> Corners:
        """Corners in the piece as corners in the picture."""
        seen = np.array(corners) if self.roll is None else self.roll.seen(np.array(corners))
        points = (seen - self.map[:, 2]) @ np.linalg.inv(self.map[:, :2]).T
        a, b, c, d = ((float(x), float(y)) for x, y in points)
        return (a, b, c, d)

    def by_zxing(self) -> Seen:
        for symbol in decode(self.grey, ("DataMatrix",)).symbols:
            yield Symbol(symbol.text, symbol.symbology, symbol.format, self.placed(symbol.corners))

    def by_grid(self, found: Iterable[grid.Found]) -> Seen:
        for one in found:
            corners = self.placed(one.corners)
            yield Unread(corners, one.score) if one.barcode is None else as_symbol(one.barcode, corners)


def prominence(cv2: Any, picture: Grey, region: Region) -> float:
    """How far the likeliest lattice of a region stands out: of a sharp code 10 and more, of text mostly less,
    of what has none 0. Takes 2 ms."""
    found = grid.looks(cv2, _cut(cv2, picture, region).grey.astype(np.float32), 1)
    return found[0].prominence if found else 0.0


def as_it_is(cv2: Any, picture: Grey, region: Region, late: Clock) -> Seen:
    """By the lattice alone: the decoder has seen it."""
    piece = _cut(cv2, picture, region)
    yield from piece.by_grid(grid.read(cv2, piece.grey, late, region.module * piece.scale))


def upright(cv2: Any, picture: Grey, region: Region, late: Clock) -> Seen:
    """Stretched until its edges point evenly in all directions, as those of a code seen squarely do."""
    evenness, angle = focus.edges(cv2, _cut(cv2, picture, region).grey)
    if evenness > _FROM_THE_SIDE:
        return
    # Edges are as much stronger as they are pushed together, and their evenness is a square.
    stretch = min(float(np.sqrt(1 / max(evenness, 1e-6))), _MOST_STRETCH)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    piece = _cut(cv2, picture, region, turn.T @ np.diag([stretch**-0.5, stretch**0.5]) @ turn)
    yield from piece.by_zxing()
    yield from piece.by_grid(grid.read(cv2, piece.grey, late))


def unblurred(cv2: Any, picture: Grey, region: Region, late: Clock) -> Seen:
    """With blur of the likeliest extents taken out."""
    blurred = _cut(cv2, picture, region, margin=_BLURRED_MARGIN)
    looks = []
    for sharp in focus.restored(cv2, blurred.grey):
        if late():
            return
        looks += grid.looks(cv2, sharp, 1)
    looks.sort(key=lambda look: -look.prominence)
    for look in looks[:_UNBLURRED]:
        piece = _Piece(look.seen.astype(np.uint8), blurred.map)
        yield from piece.by_zxing()
        yield from piece.by_grid(grid.read_along(cv2, look, late))


def unrolled(cv2: Any, picture: Grey, region: Region, late: Clock) -> Seen:
    """Laid flat, as from a vial of the likeliest width and direction."""
    bent = _cut(cv2, picture, region)
    upward = focus.lines(cv2, bent.grey)
    looks = []
    for turn in (0.0, np.pi / 2):
        for radius in _RADII:
            if late():
                return
            roll = _Roll(radius * region.side * _scale(region), upward + turn)
            seen = (roll.seen(_FLAT) - bent.map[:, 2]) @ np.linalg.inv(bent.map[:, :2]).T
            flat = cv2.remap(
                picture, seen.astype(np.float32), None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
            )
            looks += [(look, roll) for look in grid.looks(cv2, flat.astype(np.float32), 1)]
    looks.sort(key=lambda one: -one[0].prominence)
    for look, roll in looks[:_UNROLLED]:
        piece = _Piece(look.seen.astype(np.uint8), bent.map, roll)
        yield from piece.by_zxing()
        yield from piece.by_grid(grid.read_along(cv2, look, late))


def _scale(region: Region, margin: float = _MARGIN) -> float:
    """Pixels of a piece to those of the picture."""
    return float(lattice.SIDE / (region.side * (1 + 2 * margin)))


def _cut(
    cv2: Any,
    picture: Grey,
    region: Region,
    shape: NDArray[np.float64] | None = None,
    margin: float = _MARGIN,
) -> _Piece:
    """The region and what is about it, given another shape by a matrix of determinant 1."""
    scale = _scale(region, margin)
    turned = scale * (np.eye(2) if shape is None else shape)
    middle = (lattice.SIDE - 1) / 2 - turned @ np.array([region.x, region.y])
    move = np.column_stack([turned, middle])
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    size = (lattice.SIDE, lattice.SIDE)
    piece = cv2.warpAffine(picture, move, size, flags=method, borderMode=cv2.BORDER_REPLICATE)
    return _Piece(piece, move)
