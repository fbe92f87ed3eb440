"""From modules to ink: solid print with its gain and voids, or the dots of an ink-jet."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from benchmarks.damage import Damage
from scanner.enhance import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

Plane: TypeAlias = "NDArray[np.float32]"
Rng: TypeAlias = np.random.Generator

INK = 8  # samples a module
MARGIN = 2  # modules of paper about the code, for ink that spreads
cv2 = opencv()


def coverage(modules: NDArray[np.bool_], damage: Damage, rng: Rng) -> Plane:
    """The share of ink in each sample of the code and its margin, 0 to 1."""
    if damage.dots:
        ink = _dots(modules, damage.dots, rng)
    else:
        ink = _solid(modules, damage.gain - 0.25 * damage.loss + float(rng.normal(0, 0.02)), rng)
    if damage.loss:
        ink *= _voids(ink.shape, damage.loss, rng)
    return ink


def smooth_noise(shape: tuple[int, ...], sigma: float, rng: Rng) -> Plane:
    """Noise of mean 0 and deviation 1 whose features are about `sigma` samples wide."""
    coarse = max(1, int(sigma / 2))
    small = rng.standard_normal((shape[0] // coarse + 2, shape[1] // coarse + 2), np.float32)
    soft = cv2.GaussianBlur(small, (0, 0), max(sigma / coarse, 0.3))
    soft = cv2.resize(soft, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray((soft - soft.mean()) / max(float(soft.std()), 1e-6), np.float32)


def _solid(modules: NDArray[np.bool_], spread: float, rng: Rng) -> Plane:
    """Solid ink whose ragged edge lies `spread` modules outside of the modules' own."""
    dark = np.pad(modules, MARGIN).repeat(INK, axis=0).repeat(INK, axis=1).astype(np.uint8)
    outside = cv2.distanceTransform(1 - dark, cv2.DIST_L2, 5) - cv2.distanceTransform(dark, cv2.DIST_L2, 5)
    edge = spread * INK + 0.35 * smooth_noise(dark.shape, 2.5, rng)
    return np.asarray(np.clip(0.5 - outside * 0.9 + edge, 0, 1), np.float32)


def _dots(modules: NDArray[np.bool_], diameter: float, rng: Rng) -> Plane:
    """A dot a dark module; drops stray from their places, and more so along a line than the lines do."""
    tall, wide = modules.shape
    ink = np.zeros(((tall + 2 * MARGIN) * INK, (wide + 2 * MARGIN) * INK), np.float32)
    y, x = np.mgrid[0 : 2 * INK, 0 : 2 * INK].astype(np.float32) + 0.5
    rows = rng.normal(0, 0.04, len(modules))  # a whole line of drops may come late
    for row, column in np.argwhere(modules).tolist():
        dx, dy = rng.normal(0, 0.04, 2)
        radius = diameter / 2 * INK * (1 + float(rng.normal(0, 0.05)))
        away = np.hypot(x - (1 + dx + rows[row]) * INK, y - (1 + dy) * INK)
        top, left = int((row + MARGIN - 0.5) * INK), int((column + MARGIN - 0.5) * INK)
        part = ink[top : top + 2 * INK, left : left + 2 * INK]
        np.maximum(part, np.clip(radius - away + 0.5, 0, 1), out=part)
    return ink


def _voids(shape: tuple[int, ...], share: float, rng: Rng) -> Plane:
    """1 where ink took and 0 where it did not: specks within patches of bad contact."""
    field = smooth_noise(shape, 0.22 * INK, rng) + 0.8 * smooth_noise(shape, 2.5 * INK, rng)
    level = float(np.quantile(field, share))
    return np.asarray(np.clip((field - level) * 2 + 0.5, 0.1, 1), np.float32)
