"""A linear code set upright and by itself: bars vertical, read from left to right or right to left.

Which rows of it a reader could read says how far a reading may be trusted: scratches that lean across
the bars can make another valid number out of some of the rows, but hardly out of most.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from scanner.symbols import Symbol

Grey: TypeAlias = "NDArray[np.uint8]"

_QUIET = 24  # pixels kept on each side
_STILL_BARS = 0.5  # of the mean step in the rows that were read: rows above it show the same bars
_LARGEST = 1600  # pixels a side


def view(grey: Grey, symbol: Symbol, *, widen: float = 1.0) -> Grey:
    """The code about the middle of `symbol`, upright, cut to the rows that show its bars.

    `widen` is how many times longer than the symbol's outline the code may be.
    """
    xs, ys = [x for x, _ in symbol.corners], [y for _, y in symbol.corners]
    left, top = max(0, int(min(xs))), max(0, int(min(ys)))
    piece = grey[top : max(top + 3, math.ceil(max(ys)) + 1), left : max(left + 3, math.ceil(max(xs)) + 1)]
    angle = _direction(piece)
    cos, sin = math.cos(angle), math.sin(angle)
    along = [x * cos + y * sin for x, y in symbol.corners]
    length = (max(along) - min(along)) * widen
    width = min(_LARGEST, round(length) + 2 * _QUIET)
    height = min(_LARGEST, 2 * round(length) + 2 * _QUIET)
    x, y = symbol.centre
    x, y = x - cos * width / 2 + sin * height / 2, y - sin * width / 2 - cos * height / 2
    turned = Image.fromarray(grey).transform(
        (width, height),
        Image.Transform.AFFINE,
        (cos, -sin, x, sin, cos, y),
        Image.Resampling.BICUBIC,
        fillcolor=round(float(np.median(piece))),
    )
    upright = np.asarray(turned, np.uint8)
    first, last = _rows_alike(upright, height // 2 - 1, height // 2 + 2)
    return np.ascontiguousarray(upright[max(0, first - _QUIET) : last + _QUIET])


def share_read(upright: Grey, symbol: Symbol) -> float:
    """How much of the height of its bars a reading in an upright view spans, from 0 to 1."""
    ys = [y for _, y in symbol.corners]
    top = max(0, min(len(upright) - 1, round(min(ys)) + 1))
    bottom = max(top + 1, min(len(upright), round(max(ys))))
    first, last = _rows_alike(upright, top, bottom)
    return (bottom - top) / max(1, last - first)


def _rows_alike(upright: Grey, top: int, bottom: int) -> tuple[int, int]:
    """The rows about `top` to `bottom` (outside) that show steps as those do."""
    steps = np.abs(np.diff(upright.astype(np.int16), axis=1)).mean(axis=1)
    bars = steps >= _STILL_BARS * float(np.mean(steps[top:bottom]))
    above, below = np.flatnonzero(~bars[:top]), np.flatnonzero(~bars[bottom:])
    return int(above[-1]) + 1 if len(above) else 0, bottom + (
        int(below[0]) if len(below) else len(upright) - bottom
    )


def _direction(piece: Grey) -> float:
    """The direction across the bars, in radians: the main axis of the steps of grey."""
    down, along = np.gradient(piece.astype(np.float32))
    xx, yy, xy = float((along**2).sum()), float((down**2).sum()), float((along * down).sum())
    return 0.5 * math.atan2(2 * xy, xx - yy)
