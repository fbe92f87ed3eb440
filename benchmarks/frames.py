"""Frames of one damaged code: print, wear, light, lens and sensor, from one generator."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from benchmarks import lens
from benchmarks.damage import AXES, Damage, along
from benchmarks.lens import FOCAL, View
from benchmarks.packs import Pack, pack, pack_code
from scanner.symbols import Corners

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"
Rng: TypeAlias = np.random.Generator
Size: TypeAlias = tuple[int, int]

__all__ = ["AXES", "Damage", "Frame", "damaged", "pictured", "seen"]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture with the message of its one code and that code's corners in pixels, from its own top left."""

    grey: Grey
    text: str
    corners: Corners


def damaged(axis: str, severity: float, rng: Rng, size: Size = (640, 480)) -> Frame:
    """A frame with one kind of damage: `axis` and `severity` out of `AXES`. Same seed, same frame."""
    return seen(along(axis, severity), rng, size)


def seen(damage: Damage, rng: Rng, size: Size = (640, 480)) -> Frame:
    """A frame of one pack with this damage, `size` (width, height) in pixels."""
    return pictured(pack(pack_code(rng), damage, rng), damage, rng, size)


def pictured(face: Pack, damage: Damage, rng: Rng, size: Size) -> Frame:
    """A frame of this face, with what `damage` says of view, light, lens and sensor."""
    module = damage.module or float(rng.uniform(3, 4))
    view = _view(face, damage, module, rng, size)
    light = lens.table(size, rng)
    lens.lay(light, face, view)
    light *= lens.fall_off(size, rng, float(rng.uniform(0.05, 0.3)))
    corners = lens.corners(face, view, mirrored=damage.mirrored)
    if damage.shadow:
        lens.hard_shadow(light, _spot(corners, rng, 0.25), damage.shadow, rng)
    if damage.glare:
        lens.glare(light, _spot(corners, rng, 0.4), damage.glare * face.side * module, rng)
    if damage.defocus:
        light = lens.defocus(light, damage.defocus * module)
    if damage.motion:
        light = lens.smear(light, damage.motion * module, rng)
    white = float(rng.uniform(190, 235))
    grey = lens.expose(light, rng, noise=damage.noise, white=white, jpeg=damage.jpeg)
    return Frame(grey, face.code.text, corners)


def _view(face: Pack, damage: Damage, module: float, rng: Rng, size: Size) -> View:
    tilt = damage.tilt if damage.tilt >= 0 else float(rng.uniform(0, 10))
    reach = face.side * module * 0.75 + 4
    aim = tuple(float(rng.uniform(min(reach, n / 2), max(n - reach, n / 2))) for n in size)
    return View(
        aim=(aim[0], aim[1]),
        focal=FOCAL * max(size) / 640,
        distance=FOCAL * max(size) / 640 / module,
        rotation=lens.turned(float(rng.uniform(0, 360)), tilt, float(rng.uniform(0, 360))),
        radius=damage.curvature * face.side if damage.curvature else math.inf,
    )


def _spot(corners: Corners, rng: Rng, stray: float) -> tuple[float, float]:
    """A place on the code, up to `stray` sides from its middle."""
    middle = np.mean(corners, axis=0)
    side = math.dist(corners[0], corners[2]) / math.sqrt(2)
    x, y = middle + rng.uniform(-stray, stray, 2) * side
    return float(x), float(y)
