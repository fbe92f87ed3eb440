"""How a picture moved from one frame to the next, from the symbols that both show.

Points are complex numbers, x + iy in pixels: a turn with a change of scale is then one factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Points: TypeAlias = "NDArray[np.complex128]"

_AGREE = 0.35  # of a symbol's side: how far a symbol may be off and still have moved with the others


@dataclass(frozen=True, slots=True)
class Motion:
    """z -> `turn` * z + `shift`. `support` counts the symbols that moved like this."""

    turn: complex
    shift: complex
    support: int

    def __call__(self, point: complex) -> complex:
        """Where a point of the earlier frame is in the later one."""
        return self.turn * point + self.shift


def estimate(before: Points, after: Points, sizes: NDArray[np.float64]) -> Motion | None:
    """The motion in which most symbols agree, or None where they do not.

    `before` and `after` are the centres of the same symbols in two frames, `sizes` their sides in pixels. One
    or two symbols give a shift; three and more also turn and scale, and outvote those moved by hand.
    """
    if before.size == 0:
        return None
    if before.size < 3:
        shifts = after - before
        shift = complex(shifts.mean())
        if np.abs(shifts - shift).max() > _AGREE * sizes.min():
            return None
        return Motion(1 + 0j, shift, before.size)
    within = _largest_agreement(before, after, sizes)
    if np.count_nonzero(within) < 2:
        return None
    turn, shift = _fit(before[within], after[within])
    return Motion(turn, shift, int(np.count_nonzero(within)))


def _largest_agreement(before: Points, after: Points, sizes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which symbols agree with the best of the guesses: each pair far apart in the list gives one, and each
    symbol alone gives a plain shift."""
    count = before.size
    others = (np.arange(count) + count // 2) % count
    across = before[others] - before
    across = np.where(across == 0, 1, across)
    turns = np.concatenate([(after[others] - after) / across, np.ones(count, np.complex128)])
    shifts = np.concatenate([after, after]) - turns * np.concatenate([before, before])
    off = np.abs(turns[:, None] * before + shifts[:, None] - after) / sizes
    agree = off < _AGREE
    # Of guesses with as many followers, the closest; of two as close, the plain shift, which comes last.
    rank = agree.sum(axis=1) - np.where(agree, off, 0).mean(axis=1)
    return np.asarray(agree[count * 2 - 1 - int(np.argmax(rank[::-1]))], np.bool_)


def _fit(before: Points, after: Points) -> tuple[complex, complex]:
    """Least squares over the complex plane."""
    from_mean, to_mean = complex(before.mean()), complex(after.mean())
    spread = before - from_mean
    power = float(np.sum(np.abs(spread) ** 2))
    turn = complex(np.sum((after - to_mean) * spread.conj()) / power) if power > 0 else 1 + 0j
    return turn, to_mean - turn * from_mean
