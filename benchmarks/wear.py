"""What happens to a printed face: a spoilt finder, dead print rows, lines, scratches, shine and blisters.

All of it works on samples of ink or reflectance, `INK` a module, in place or as a new array as said.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from benchmarks.damage import Damage
from benchmarks.printing import INK, MARGIN, smooth_noise
from scanner.enhance import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

Plane: TypeAlias = "NDArray[np.float32]"
Place: TypeAlias = tuple[int, int, int]  # left, top and side of the code in modules
Rng: TypeAlias = np.random.Generator

cv2 = opencv()


def spoil_finder(ink: Plane, share: float, rng: Rng) -> Plane:
    """The ink of a code with `share` of its L or of its timing pattern scraped off or smeared over."""
    if not share:
        return ink
    # Half turned, the timing pattern lies where the L is meant.
    timing = rng.random() < 0.35
    turned = np.rot90(ink, 2).copy() if timing else ink.copy()
    side = ink.shape[0] // INK - 2 * MARGIN
    grey = 1.0 if rng.random() < 0.3 else 0.0
    deep = float(rng.uniform(1.0, 1.7))
    # The L as one strip of length 2: down the left, then along the foot; a patch begins somewhere on it.
    begin = float(rng.uniform(0, 2 - 2 * share))
    along = np.arange(ink.shape[0]) / INK - MARGIN
    ragged = deep + 0.25 * smooth_noise((ink.shape[0], 1), 6.0, rng)[:, 0]
    column = ((along >= begin * side) & (along < (begin + 2 * share) * side))[:, None]
    turned[column & (along[None, :] < ragged[:, None])] = grey
    row = ((along >= (begin - 1) * side) & (along < (begin - 1 + 2 * share) * side))[None, :]
    turned[row & (side - along[:, None] <= ragged[None, :])] = grey
    return np.rot90(turned, 2) if timing else turned


def wear(plane: Plane, place: Place, damage: Damage, rng: Rng, *, paper: float, black: float) -> None:
    """Everything that befell the printed face, in place."""
    if damage.dead_rows:
        _dead_rows(plane, place, damage.dead_rows, rng, paper)
    if damage.lines:
        _lines(plane, place, damage.lines, rng, black)
    if damage.scratches:
        _scratches(plane, place, damage.scratches, rng, (paper, black))
    if damage.foil:
        _foil(plane, damage.foil, rng)
    if damage.blister:
        _blister(plane, place, damage.blister, rng)


def _dead_rows(plane: Plane, place: Place, count: int, rng: Rng, paper: float) -> None:
    """White lines along the feed, each a dot or two of a thermal head wide."""
    left, top, side = place
    across = rng.random() < 0.5
    for _ in range(count):
        wide = max(2, round(float(rng.uniform(0.15, 0.5)) * INK))
        start = int((rng.uniform(0, side) + (top if across else left)) * INK)
        strip = plane[start : start + wide] if across else plane[:, start : start + wide]
        np.maximum(strip, paper, out=strip)


def _stroke(shape: tuple[int, ...], points: NDArray[np.float64], wide: float) -> Plane:
    """Coverage of a line through points (x, y) in samples."""
    mask = np.zeros(shape, np.uint8)
    line = np.round(points * 16).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(mask, [line], False, 255, max(1, round(wide)), cv2.LINE_AA, 4)
    return np.asarray(mask / np.float32(255), np.float32)


def _lines(plane: Plane, place: Place, count: int, rng: Rng, black: float) -> None:
    """Dark lines through the code, as of a rule, a pen or a neighbouring print."""
    left, top, side = place
    slope = float(rng.uniform(0, math.pi))
    for _ in range(count):
        angle = slope + float(rng.normal(0, 0.15))
        middle = (np.array([left, top]) + rng.uniform(0.1, 0.9, 2) * side) * INK
        reach = np.array([math.cos(angle), math.sin(angle)]) * plane.shape[1]
        mask = _stroke(plane.shape, np.array([middle - reach, middle + reach]), rng.uniform(0.2, 0.5) * INK)
        # Half of what crosses codes is coloured print, paler than black.
        grey = black if rng.random() < 0.5 else float(rng.uniform(0.15, 0.5))
        np.minimum(plane, 1 - mask * (1 - grey), out=plane)


def _scratches(plane: Plane, place: Place, count: int, rng: Rng, greys: tuple[float, float]) -> None:
    """Curved scrapes that take the ink off, one in four of them filled with dirt."""
    left, top, side = place
    for _ in range(count):
        start = (np.array([left, top]) + rng.uniform(0, 1, 2) * side) * INK
        angle, length = float(rng.uniform(0, 2 * math.pi)), float(rng.uniform(0.3, 1.2)) * side * INK
        bend = float(rng.normal(0, 0.5))
        steps = np.linspace(-0.5, 0.5, 12)
        turns = angle + bend * steps
        points = start + length * np.stack([steps * np.cos(turns), steps * np.sin(turns)], axis=1)
        mask = _stroke(plane.shape, points, float(rng.uniform(0.12, 0.4)) * INK)
        mask *= float(rng.uniform(0.5, 1))
        grey = greys[1] * 2 if rng.random() < 0.25 else min(1.0, greys[0] * float(rng.uniform(0.9, 1.15)))
        plane += mask * (grey - plane)


def _foil(plane: Plane, strength: float, rng: Rng) -> None:
    """Brushed metal: fine streaks, glitter, and sheets of shine in which ink is as bright as its ground."""
    fine = rng.standard_normal(plane.shape, np.float32)
    streaks = cv2.GaussianBlur(fine, (0, 0), sigmaX=5 * INK, sigmaY=0.12 * INK)
    streaks = streaks if rng.random() < 0.5 else cv2.resize(streaks.T, plane.shape[::-1])
    streaks /= max(float(streaks.std()), 1e-6)
    glitter = smooth_noise(plane.shape, 0.3 * INK, rng)
    sheet = smooth_noise(plane.shape, 5 * INK, rng)
    plane *= (1 - 0.35 * strength) * np.exp(0.35 * strength * streaks + 0.25 * strength * sheet)
    plane += strength * (0.12 * np.clip(glitter - 1.2, 0, None) + 0.16 * np.clip(sheet + 0.1, 0, None))
    plane += 0.04 * strength * np.abs(streaks)


def _blister(plane: Plane, place: Place, strength: float, rng: Rng) -> None:
    """Clear domes over the print: each bends the picture and throws a bright arc and a dim rim."""
    left, top, side = place
    rows, columns = plane.shape
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    shift_x, shift_y, light = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    lamp = float(rng.uniform(0, 2 * math.pi))
    for _ in range(2 + round(5 * strength)):
        cx, cy = (np.array([left, top]) + rng.uniform(-0.1, 1.1, 2) * side) * INK
        radius = float(rng.uniform(0.12, 0.3)) * side * INK
        dx, dy = x - cx, y - cy
        away = np.hypot(dx, dy) / radius
        dome = np.clip(1 - away**2, 0, 1)
        pull = 0.35 * strength * float(rng.uniform(0.5, 1)) * dome
        shift_x -= dx * pull * 0.4
        shift_y -= dy * pull * 0.4
        facing = np.cos(np.arctan2(dy, dx) - lamp)
        arc = np.exp(-(((away - 0.75) / 0.09) ** 2)) * np.clip(facing * 1.6 - 0.5, 0, 1)
        rim = np.exp(-(((away - 1) / 0.06) ** 2))
        light += strength * (1.3 * arc - 0.12 * rim)
    bent = cv2.remap(plane, x + shift_x, y + shift_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    haze = 0.12 * strength
    plane[...] = np.clip(bent * (1 - haze) + haze * 0.7 + light, 0, None)
