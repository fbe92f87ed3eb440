"""From sampled cells to a code: where a symbol of some size lies among them, and what its modules say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from scanner import ecc200

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float32]"

_SIDES = [side for side in ecc200.SQUARES if side <= 52]
_LEAST = 0.57  # likeness of the border below which nothing is tried: text reaches 0.52, codes begin at 0.59
_MOST = 2


@dataclass(frozen=True, slots=True)
class Fit:
    """A square of `side` cells at (row, column) whose border looks like a finder turned `turns` quarters
    to the left; `sign` is -1 for light modules on dark ground. `score` is 1 for a perfect border."""

    score: float
    side: int
    row: int
    column: int
    turns: int
    sign: int


def fits(cells: Floats) -> list[Fit]:
    """Places where a finder may be, likeliest first. `cells` are -1 (light) to 1 (dark), rows x columns."""
    found: list[Fit] = []
    parity = np.where(np.arange(max(cells.shape)) % 2 == 0, 1.0, -1.0).astype(np.float32)
    plain = (cells, cells * parity[: cells.shape[1]][None, :], cells * parity[: cells.shape[0]][:, None])
    along = [np.pad(array, ((0, 0), (1, 0))).cumsum(axis=1) for array in plain[:2]]
    down = [np.pad(array, ((1, 0), (0, 0))).cumsum(axis=0) for array in (plain[0], plain[2])]
    for side in _SIDES:
        if side > min(cells.shape):
            break
        found.extend(_fits_of(side, along, down, parity, cells.shape))
    found.sort(key=lambda fit: -fit.score)
    return found[:_MOST]


def _fits_of(
    side: int, along: list[Floats], down: list[Floats], parity: Floats, shape: tuple[int, ...]
) -> Iterator[Fit]:
    rows, columns = shape[0] - side + 1, shape[1] - side + 1
    row_sums = [array[:, side:] - array[:, :-side] for array in along]  # cells x columns
    column_sums = [array[side:, :] - array[:-side, :] for array in down]
    top, bottom = ([array[offset : offset + rows] for array in row_sums] for offset in (0, side - 1))
    left, right = ([array[:, offset : offset + columns] for array in column_sums] for offset in (0, side - 1))
    flip_c, flip_r = parity[None, :columns], parity[:rows, None]
    # 1 where a side begins dark at its first cell and alternates; a finder's end dark where it meets the L.
    tick_top, tick_bottom = top[1] * flip_c, bottom[1] * flip_c
    tick_left, tick_right = left[1] * flip_r, right[1] * flip_r
    scores = np.stack([
        left[0] + bottom[0] + tick_top - tick_right,
        bottom[0] + right[0] - tick_left - tick_top,
        right[0] + top[0] + tick_left - tick_bottom,
        top[0] + left[0] + tick_bottom + tick_right,
    ]) / (4 * side)  # fmt: skip
    for sign in (1, -1):
        best = (scores * sign).reshape(4, -1)
        order = np.argpartition(-best.ravel(), min(3, best.size - 1))[:3]
        for flat in order.tolist():
            turns, place = divmod(flat, best.shape[1])
            score = float(best[turns, place])
            score *= 1 - 2.2 / side  # a small square fits by chance more easily than a large one
            if score > _LEAST:
                row, column = divmod(place, columns)
                yield Fit(score, side, row, column, turns, sign)


def turned(cells: Floats, fit: Fit) -> Floats:
    """The cells of a fit, turned so that the solid sides lie at the left and below."""
    part = cells[fit.row : fit.row + fit.side, fit.column : fit.column + fit.side]
    return np.ascontiguousarray(np.rot90(part, -fit.turns))


def square(cells: Floats, fit: Fit) -> Floats:
    """The cells of a fit, turned, and dark positive."""
    return turned(cells, fit) * np.float32(fit.sign)
