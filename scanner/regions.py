"""Where in a picture an unread code is likely: leads of the decoder first, then places of fine texture.

Texture is measured on a grid of 8-pixel cells. A matrix code has strong edges in both directions and
quiet surroundings; bars have edges in one direction; print and pictures have less of either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from scanner.enhance import opencv, resize
from scanner.symbols import Corners, Symbol

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"
Cells: TypeAlias = "NDArray[np.float32]"
Print: TypeAlias = tuple[float, float]  # side in pixels, texture of its cells

CELL = 8
LEAD = 1000.0  # score of a region that the decoder pointed at; texture scores at most some hundreds
_WINDOWS = (4, 6, 9, 13, 19, 28)  # sides of the windows looked through, in cells: codes of 32 to 224 pixels
_FAINT = 1.0  # mean grey step from pixel to pixel below which nothing is printed
_ABOVE_NOISE = 3.0  # steps so many times the noise count as print, and none for more
_LEAST_GAIN, _MOST_GAIN = 4.0, 64.0
_MOST_FAINT = 16
_CLEAR = 1.1  # times the texture of its surroundings that a region must have
_LOUDEST = 20.0  # mean grey step taken for noise at most; a code may fill the picture
_MOST = 96  # regions kept
_CLOSE_UP = 400  # pixels; a picture no larger is a region itself


@dataclass(frozen=True, slots=True)
class Region:
    """A square of `side` pixels about (`x`, `y`), where a code may be; higher `score`, likelier.

    `module` is about how many pixels a module of it will have, 0 where that is not known. What is `faint` is
    hardly more than the noise of the camera.
    """

    x: float
    y: float
    side: float
    score: float
    module: float = 0.0
    faint: bool = False

    @property
    def corners(self) -> Corners:
        """The square's corners, clockwise from the top left."""
        left, right = self.x - self.side / 2, self.x + self.side / 2
        top, bottom = self.y - self.side / 2, self.y + self.side / 2
        return ((left, top), (right, top), (right, bottom), (left, bottom))

    def holds(self, symbol: Symbol) -> bool:
        """Whether the symbol is what the region pointed at: its centre lies in the inner part."""
        cx, cy = symbol.centre
        reach = max(self.side * 0.3, symbol.size * 0.4)
        return abs(cx - self.x) < reach and abs(cy - self.y) < reach

    def near(self, other: Region) -> bool:
        """Whether the two look at about the same place at about the same size."""
        reach = 0.35 * min(self.side, other.side)
        alike = 0.6 < self.side / other.side < 1.7
        return alike and abs(self.x - other.x) < reach and abs(self.y - other.y) < reach

    def overlaps(self, other: Region) -> bool:
        """Whether either's middle lies in the other."""
        reach = max(self.side, other.side) / 2
        return abs(self.x - other.x) < reach and abs(self.y - other.y) < reach

    def within(self, other: Region) -> bool:
        """Whether it is a smaller one whose middle lies in the other."""
        reach = other.side * 0.55
        smaller = 0.35 < self.side / other.side < 1
        return smaller and abs(self.x - other.x) < reach and abs(self.y - other.y) < reach

    def box(self, shape: tuple[int, ...], margin: float) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in whole pixels, `margin` (share of the side) added, within `shape`."""
        half = self.side * (0.5 + margin)
        left, top = max(0, int(self.x - half)), max(0, int(self.y - half))
        right, bottom = min(shape[1], int(self.x + half) + 1), min(shape[0], int(self.y + half) + 1)
        return left, top, right, bottom


@dataclass(frozen=True, slots=True)
class Edges:
    """The edges of a picture a cell: `fine` is the lesser of mean |dx| and mean |dy|.

    `floor` is what the quiet part of the picture has of it: the noise of its camera.
    """

    fine: Cells
    floor: float

    @property
    def faint(self) -> float:
        """What print has more than, unless it is very pale."""
        return _FAINT + 1.12 * self.floor


def measure(grey: Grey, gain: float = 1.0) -> Edges:
    """The print in a picture, cell by cell. A picture smaller than a cell has none.

    With `gain` steps count so many times, but none for more than 255: faint print as much as bold.
    """
    rows, columns = grey.shape[0] // CELL, grey.shape[1] // CELL
    if rows == 0 or columns == 0:
        return Edges(np.zeros((rows, columns), np.float32), 0.0)
    grid = grey[: rows * CELL, : columns * CELL]
    across, down = _edges(grid, 1, gain, rows, columns), _edges(grid, 0, gain, rows, columns)
    fine = np.minimum(across, down)
    quiet = int(0.3 * (fine.size - 1))
    return Edges(fine, min(float(np.partition(fine, quiet, axis=None)[quiet]), _LOUDEST * gain))


def _edges(grey: Grey, axis: int, gain: float, rows: int, columns: int) -> Cells:
    """Mean absolute step along `axis` in each cell, over two pixels, so that fine modules count. Every other
    row is enough; one in four takes noise for print."""
    steps = np.zeros((grey.shape[0] // 2, grey.shape[1]), np.uint8)
    even = grey[::2]
    near, far = (even[:, 2:], even[:, :-2]) if axis == 1 else (even[1:], even[:-1])
    inner = steps[:, 1:-1] if axis == 1 else steps[:-1]
    cv2 = opencv()
    if cv2 is not None:
        cv2.absdiff(near, far, inner)
        if gain > 1:
            cv2.convertScaleAbs(steps, steps, alpha=gain)
        table = cv2.integral(steps)[:: CELL // 2, ::CELL]
        sums = table[1:, 1:] - table[:-1, 1:] - table[1:, :-1] + table[:-1, :-1]
    else:
        inner[...] = np.maximum(near, far) - np.minimum(near, far)
        if gain > 1:
            steps = np.minimum(steps * np.float32(gain), 255).astype(np.uint8)
        sums = steps.reshape(rows, CELL // 2, columns, CELL).sum(axis=(1, 3), dtype=np.int32)
    return np.asarray(sums / np.float32(CELL**2 / 2), np.float32)


def cover(cells: Cells, symbols: Iterable[Symbol]) -> Cells:
    """A copy of the cells, with those under the symbols' outlines (and their quiet zones) cleared."""
    left_over = cells.copy()
    for symbol in symbols:
        # Skewed outlines clear a little too much: a code beneath another's bounding box is rare, and
        # the decoder's first pass has looked there already.
        left_over[_cells_under(symbol, 1)] = 0
    return left_over


def from_leads(leads: Iterable[Corners], edges: Edges) -> list[Region]:
    """Regions about outlines that the decoder found but could not read."""
    regions = []
    for corners in leads:
        lead = Symbol("", "", "", corners)
        if lead.size >= CELL:
            faint = print_of(lead, edges.fine)[1] < edges.faint
            regions.append(Region(*lead.centre, side=lead.size * 1.25, score=LEAD, faint=faint))
    return regions


def from_texture(cells: Cells, faint: float, like: Sequence[Symbol] = ()) -> list[Region]:
    """Regions with more texture than `faint` that stands out from its surroundings, at the size at which it does
    so most. With `like`, only of about the sizes of those symbols.
    """
    found: list[Region] = []
    # The mean of a large window is one of means of small ones: where no small one has print, none has.
    if not cells.size or _box_means(cells, _WINDOWS[0]).max() < faint:
        return found
    for side in _WINDOWS:
        fits = side <= min(cells.shape) + 2
        if fits and (not like or any(_alike(side * CELL, symbol.size) for symbol in like)):
            found.extend(_peaks(cells, side, faint))
    return found


def from_faint(grey: Grey) -> list[Region]:
    """Regions of faint print, likeliest first: at half the size noise is half as loud, and edges that are
    bolder than the noise count no more for being bold, so that a pale code outweighs black text."""
    half = resize(grey, 0.5)
    noise = max(measure(half).floor, 1e-3)
    gain = min(max(255 / (_ABOVE_NOISE * noise), _LEAST_GAIN), _MOST_GAIN)
    edges = measure(half, gain)
    found = from_texture(edges.fine, edges.faint)
    doubled = [Region(2 * r.x + 0.5, 2 * r.y + 0.5, 2 * r.side, r.score / gain, faint=True) for r in found]
    return rank(doubled)[:_MOST_FAINT]


def print_of(symbol: Symbol, cells: Cells) -> Print:
    """How large and how finely textured a code is."""
    part = cells[_cells_under(symbol, 0)]
    return symbol.size, float(part.mean()) if part.size else 0.0


def alike(region: Region, read: Iterable[Print]) -> bool:
    """Whether a region could be one more code such as those `read`: about as large, about as finely
    textured. What is neither is mostly the text beside them."""
    return any(_alike(region.side, size) and region.score > 0.6 * texture for size, texture in read)


def _alike(side: float, size: float) -> bool:
    return 0.6 < side / size < 1.7


def _cells_under(symbol: Symbol, margin: int) -> tuple[slice, slice]:
    """Rows and columns of the cells in the bounding box of a symbol, and `margin` cells about it."""
    xs, ys = [x for x, _ in symbol.corners], [y for _, y in symbol.corners]
    return (
        slice(max(0, int(min(ys) / CELL) - margin), int(max(ys) / CELL) + 1 + margin),
        slice(max(0, int(min(xs) / CELL) - margin), int(max(xs) / CELL) + 1 + margin),
    )


def close_up(grey: Grey) -> list[Region]:
    """A close-up is a region itself: its code may leave no surroundings to stand out from."""
    height, width = grey.shape
    if max(height, width) > _CLOSE_UP:
        return []
    return [Region(width / 2, height / 2, float(max(height, width)), 0.0)]


def _peaks(cells: Cells, side: int, faint: float) -> list[Region]:
    inside = _box_means(cells, side)
    if inside.max() < faint:
        return []
    around = _box_means(cells, side + 2 * max(1, side // 3))
    # Texture that ends where the window ends is a code in its quiet zone; endless texture is a wall.
    score = inside - 0.6 * around
    score[(inside < faint) | (inside < _CLEAR * around)] = 0
    rows, columns = np.nonzero((score > 0) & (score >= _highest(score, max(1, side // 3))))
    odd = (side % 2) / 2
    return [
        Region((c + odd) * CELL, (r + odd) * CELL, float(side * CELL), float(score[r, c]))
        for r, c in zip(rows.tolist(), columns.tolist(), strict=True)
    ]


def _box_means(cells: Cells, side: int) -> Cells:
    """Mean of the cells in a square of `side` about each cell; beyond the edge the picture goes on as it is."""
    cv2 = opencv()
    if cv2 is not None:
        return np.asarray(cv2.blur(cells, (side, side), borderType=cv2.BORDER_REPLICATE), np.float32)
    half = side // 2
    padded = np.pad(cells, (half, side - half - 1), mode="edge")
    table = np.pad(padded, ((1, 0), (1, 0))).cumsum(axis=0, dtype=np.float64).cumsum(axis=1)
    total = table[side:, side:] - table[:-side, side:] - table[side:, :-side] + table[:-side, :-side]
    return np.asarray(total / side**2, np.float32)


def _highest(score: Cells, reach: int) -> Cells:
    """The highest score within `reach` cells, in each direction by turns."""
    cv2 = opencv()
    if cv2 is not None:
        square = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
        return np.asarray(cv2.dilate(score, square), np.float32)
    highest = score
    for axis in (0, 1):
        padded = np.pad(highest, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)])
        views = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=axis)
        highest = views.max(axis=-1)
    return highest


def rank(regions: Sequence[Region]) -> list[Region]:
    """Likeliest first, each place once at each size; what lies within a likelier one comes last: it is
    mostly a part of it."""
    kept: list[Region] = []
    parts: list[Region] = []
    for region in sorted(regions, key=lambda r: -r.score):
        if len(kept) + len(parts) == _MOST:
            break
        if any(region.near(other) for other in kept + parts):
            continue
        (parts if any(region.within(other) for other in kept) else kept).append(region)
    return kept + parts
