"""Takes out of a piece of a picture what lens and movement have blurred: its Wiener inverse.

What blurred it is not known, but the directions of its edges tell what kind: a code has as many along its
rows as along its columns, so that edges missing in one direction are a movement in that direction, and edges
equally soft in all are a lens out of focus. Of either kind a few extents are tried (`restored`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float32]"
Grey: TypeAlias = "NDArray[np.uint8]"

_RADII = (3.0, 3.9, 5.0, 6.5, 8.2)  # pixels of the piece: circles of confusion
_LENGTHS = (6.0, 8.0, 10.5, 14.0, 18.0)  # pixels of the piece: ways moved
_MOVED = 0.6  # edges of the weaker direction to those of the stronger, below which it is a movement
_NOISE = 0.01  # power of noise to that of print: how far the inverse may reach
_BELL = 0.2  # deviation of the window about the middle, in sides


def restored(cv2: Any, piece: Grey) -> Iterator[Floats]:
    """A square piece as it may have been before the blur, for each of the extents tried: 0 to 255."""
    light = np.square(piece.astype(np.float32))  # a camera's grey is about the root of its light
    spectrum = np.fft.rfft2(light)
    evenness, angle = edges(cv2, piece)
    side = len(piece)
    inverses = _of_discs(side) if evenness > _MOVED else _of_lines(side, angle)
    for inverse in inverses:
        unblurred = np.fft.irfft2(spectrum * inverse, s=piece.shape)
        yield np.sqrt(np.clip(unblurred, 0, 255.0**2)).astype(np.float32)


def edges(cv2: Any, piece: Grey) -> tuple[float, float]:
    """How evenly the edges about the middle of a square piece point in all directions (1: evenly), and the
    angle in which they are fewest."""
    light = np.square(piece.astype(np.float32))
    soft = cv2.GaussianBlur(light, (0, 0), 1.0)
    across, down = cv2.Scharr(soft, cv2.CV_32F, 1, 0), cv2.Scharr(soft, cv2.CV_32F, 0, 1)
    bell = _bell(len(light))
    xx, xy, yy = (float(np.vdot(a * bell, b)) for a, b in ((across, across), (across, down), (down, down)))
    strengths, directions = np.linalg.eigh(np.array([[xx, xy], [xy, yy]]))
    x, y = directions[:, 0]
    return float(strengths[0] / max(strengths[1], 1e-9)), float(np.arctan2(y, x))


def lines(cv2: Any, piece: Grey) -> float:
    """The angle, within a quarter turn, of the two directions at right angles in which the edges about the
    middle of a square piece point most."""
    soft = cv2.GaussianBlur(piece.astype(np.float32), (0, 0), 1.0)
    across, down = cv2.Scharr(soft, cv2.CV_32F, 1, 0), cv2.Scharr(soft, cv2.CV_32F, 0, 1)
    slope = across + 1j * down
    fourfold = np.vdot(_bell(len(soft)), slope**4 / (np.abs(slope) ** 2 + 1))
    return float(np.angle(fourfold)) / 4


@cache
def _bell(side: int) -> Floats:
    along = (np.arange(side) - (side - 1) / 2) / (side * _BELL)
    bell = np.exp(-0.5 * along**2)
    return np.outer(bell, bell).astype(np.float32)


@cache
def _of_discs(side: int) -> tuple[Floats, ...]:
    radius = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    return tuple(_inverse(_disc(2 * np.pi * extent * radius)) for extent in _RADII)


def _of_lines(side: int, angle: float) -> Iterator[Floats]:
    along = np.fft.rfftfreq(side)[None, :] * np.cos(angle) + np.fft.fftfreq(side)[:, None] * np.sin(angle)
    for extent in _LENGTHS:
        yield _inverse(np.sinc(extent * along.astype(np.float32)))


def _disc(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """2 J1(x) / x, the spectrum of a disc, from the integral of its chords."""
    chord = (np.arange(64) + 0.5) / 64 * np.pi
    knots = np.linspace(0, float(x.max()) + 1, 2048)
    # A disc is a sum of chords: 2/pi times the integral of sin(a)^2 cos(x cos(a)) over half a turn.
    values = (np.sin(chord) ** 2 * np.cos(knots[:, None] * np.cos(chord))).mean(axis=1) * 2
    return np.asarray(np.interp(x, knots, values))


def _inverse(transfer: Any) -> Floats:
    return np.asarray(transfer / (transfer**2 + _NOISE), np.float32)
