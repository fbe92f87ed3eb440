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

# What is read here counts only as GS1's, and a key alone fills nine codewords. Rectangles lie and stand.
_SIZES = [(r, c) for r, c in ecc200.SIZES if ecc200.layout(r, c).data >= 9 and max(r, c) <= 52]
_SHAPES = [(r, c, (0, 1, 2, 3) if r == c else (0, 2)) for r, c in _SIZES]
_SHAPES += [(c, r, (1, 3)) for r, c in _SIZES if r != c]
_LEAST = 0.57  # likeness of the border below which nothing is tried: text reaches 0.52, codes begin at 0.59
_THREE, _TWO = 0.85, 0.75  # what three sides, and what two, are worth beside four
_MOST, _MOST_OTHERS = 2, 4
_WEIGHED, _QUIET = 40, 0.3  # fits whose surroundings are looked at, and what those count beside the border


@dataclass(frozen=True, slots=True)
class Fit:
    """`tall` x `wide` cells at (row, column) whose border looks like a finder turned `turns` quarters to the
    left; `sign` is -1 for light modules on dark ground. `score` is 1 for a perfect border; `likely` forgives
    a side, or either pair of sides (solid or alternating), that is painted over."""

    score: float
    likely: float
    tall: int
    wide: int
    row: int
    column: int
    turns: int
    sign: int

    @property
    def layout(self) -> ecc200.Layout:
        """The layout of such a symbol, its own way up."""
        return ecc200.layout(*((self.wide, self.tall) if self.turns % 2 else (self.tall, self.wide)))


def fits(cells: Floats) -> list[Fit]:
    """Places where a finder may be, likeliest first. `cells` are -1 (light) to 1 (dark), rows x columns."""
    found: list[Fit] = []
    parity = np.where(np.arange(max(cells.shape)) % 2 == 0, 1.0, -1.0).astype(np.float32)
    plain = (cells, cells * parity[: cells.shape[1]][None, :], cells * parity[: cells.shape[0]][:, None])
    along = [np.pad(array, ((0, 0), (1, 0))).cumsum(axis=1) for array in plain[:2]]
    down = [np.pad(array, ((1, 0), (0, 0))).cumsum(axis=0) for array in (plain[0], plain[2])]
    for tall, wide, turns in _SHAPES:
        if tall <= cells.shape[0] and wide <= cells.shape[1]:
            found.extend(_fits_of(tall, wide, turns, along, down, parity))
    found.sort(key=lambda fit: -fit.score)
    others = sorted(found[_MOST:], key=lambda fit: -fit.likely)[:_WEIGHED]
    others.sort(key=lambda fit: -fit.likely - _QUIET * _quiet(cells, fit))
    return found[:_MOST] + others[:_MOST_OTHERS]


def _quiet(cells: Floats, fit: Fit) -> float:
    """How light (1) the cells about a fit are, as far as they are seen: of a true one, mostly all of them."""
    top, left, bottom, right = fit.row - 1, fit.column - 1, fit.row + fit.tall, fit.column + fit.wide
    within = cells[max(top, 0) : bottom + 1, max(left, 0) : right + 1]
    inside = cells[fit.row : bottom, fit.column : right]
    ring = within.size - inside.size
    return -fit.sign * float(within.sum() - inside.sum()) / ring if ring else 0.0


def _fits_of(
    tall: int, wide: int, turns: tuple[int, ...], along: list[Floats], down: list[Floats], parity: Floats
) -> Iterator[Fit]:
    row_sums = [array[:, wide:] - array[:, :-wide] for array in along]  # cells x columns
    column_sums = [array[tall:, :] - array[:-tall, :] for array in down]  # rows x cells
    rows, columns = len(column_sums[0]), row_sums[0].shape[1]
    top, bottom = ([array[at : at + rows] for array in row_sums] for at in (0, tall - 1))
    left, right = ([array[:, at : at + columns] for array in column_sums] for at in (0, wide - 1))
    flip_c, flip_r = parity[None, :columns], parity[:rows, None]
    # 1 where a side begins dark at its first cell and alternates; a finder's end dark where it meets the L.
    tick_top, tick_bottom = top[1] * flip_c, bottom[1] * flip_c
    tick_left, tick_right = left[1] * flip_r, right[1] * flip_r
    finders = (
        (left[0], bottom[0], tick_top, -tick_right),
        (bottom[0], right[0], -tick_left, -tick_top),
        (right[0], top[0], tick_left, -tick_bottom),
        (top[0], left[0], tick_bottom, tick_right),
    )
    # A small symbol fits by chance more easily than a large one.
    cells = (tall + wide) / (1 - 4.4 / (tall + wide))
    sides = np.stack([np.stack(finders[turn]).reshape(4, -1) for turn in turns])
    for sign in (1, -1):
        signed = sides * np.float32(sign / cells)  # of each pair, the sum of two is 1 at best
        pairs = np.maximum(signed[:, 0] + signed[:, 1], signed[:, 2] + signed[:, 3])
        total = signed.sum(axis=1)
        threes = (total - signed.min(axis=1)) / 1.5
        best = np.maximum(total / 2, np.maximum(_THREE * threes, _TWO * pairs)).ravel()
        order = np.argpartition(-best, min(3, best.size - 1))[:3]
        for flat in order.tolist():
            if best[flat] > _LEAST:
                turn, place = divmod(flat, rows * columns)
                row, column = divmod(place, columns)
                score = float(total.flat[flat]) / 2
                yield Fit(score, float(best[flat]), tall, wide, row, column, turns[turn], sign)


def turned(cells: Floats, fit: Fit) -> Floats:
    """The cells of a fit (rows x columns in the last axes), turned so that the solid sides lie at the left
    and below."""
    part = cells[..., fit.row : fit.row + fit.tall, fit.column : fit.column + fit.wide]
    return np.ascontiguousarray(np.rot90(part, -fit.turns, axes=(-2, -1)))


def upright(cells: Floats, fit: Fit) -> Floats:
    """The cells of a fit, turned, and dark positive."""
    return turned(cells, fit) * np.float32(fit.sign)
