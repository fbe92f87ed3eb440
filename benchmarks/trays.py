"""Trays: many small codes in one frame, in a single picture and over a second of video."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from benchmarks import lens
from benchmarks.damage import AXES, Damage, along
from benchmarks.lens import View
from benchmarks.packs import Pack, pack, pack_code
from benchmarks.printing import INK
from scanner.enhance import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"
Plane: TypeAlias = "NDArray[np.float32]"
Rng: TypeAlias = np.random.Generator

SIZE = (1920, 1080)
COLUMNS, ROWS = 8, 6
MODULE = 2.0  # pixels
_FOCAL = 2100.0
_ROOM = (46, 26)  # modules of a pack beside its code
# What may have befallen a pack in a hard tray; of each the milder steps.
_BEFALLS = (
    "dots",
    "gain",
    "loss",
    "dead_rows",
    "quiet_zone",
    "lines",
    "scratches",
    "contrast",
    "foil",
    "blister",
)
_STEPS = 2
cv2 = opencv()


@dataclass(frozen=True, slots=True, eq=False)
class Tray:
    """48 packs on a table, before any picture is taken. `noise` is in grey levels, `soft` in pixels."""

    ground: Plane
    light: Plane
    packs: tuple[tuple[Pack, View], ...]
    white: float
    noise: float
    soft: float

    @property
    def texts(self) -> list[str]:
        """The messages that a complete reading gives."""
        return [face.code.text for face, _ in self.packs]


@dataclass(frozen=True, slots=True)
class Hold:
    """Where the hand holds the camera in one frame: `shift` in pixels, `turn` in degrees, `scale` 1 for as
    set out, `speed` the pixels moved while the shutter is open, `flicker` a factor of the light."""

    shift: tuple[float, float] = (0.0, 0.0)
    turn: float = 0.0
    scale: float = 1.0
    speed: float = 0.0
    flicker: float = 1.0


def tray(kind: str, rng: Rng) -> tuple[Grey, list[str]]:
    """One picture of a tray, `easy` or `hard`, and the messages of its codes."""
    laid = set_out(kind, rng)
    return picture(laid, rng), laid.texts


def film(kind: str, rng: Rng, frames: int) -> tuple[Iterator[Grey], list[str]]:
    """A second of video of one tray in an unsteady hand, and the messages of its codes."""
    laid = set_out(kind, rng)
    return (picture(laid, rng, hold) for hold in unsteady(frames, rng)), laid.texts


def set_out(kind: str, rng: Rng) -> Tray:
    """An `easy` tray of clean prints, each a little askew, or a `hard` one: all kinds of prints, any way
    round, under uneven light."""
    if kind not in ("easy", "hard"):
        raise ValueError(f"Expected an easy or a hard tray, got {kind!r}")
    hard = kind == "hard"
    packs = []
    for number in range(COLUMNS * ROWS):
        damage = _befallen(rng) if hard else Damage()
        face = pack(pack_code(rng), damage, rng, room=_ROOM)
        packs.append((face, _view(number, face, rng, hard=hard)))
    light = lens.fall_off(SIZE, rng, 0.5 if hard else 0.15)
    if hard:
        lens.hard_shadow(light, (float(rng.uniform(300, 1600)), float(rng.uniform(200, 900))), 0.35, rng)
    white = 225.0 if hard else 215.0
    return Tray(
        lens.table(SIZE, rng), light, tuple(packs), white, 5.0 if hard else 2.0, 0.7 if hard else 0.45
    )


def picture(laid: Tray, rng: Rng, hold: Hold | None = None) -> Grey:
    """One picture of the tray."""
    hold = hold or Hold()
    light = _moved(laid.ground, hold)
    for face, view in laid.packs:
        lens.lay(light, face, _held(view, hold))
    light *= laid.light
    if hold.speed > 0.2:
        light = lens.smear(light, hold.speed, rng)
    return lens.expose(light * hold.flicker, rng, noise=laid.noise, white=laid.white, soft=laid.soft)


def unsteady(frames: int, rng: Rng) -> Iterator[Hold]:
    """The hold of each frame: a hand sways by some pixels and now and then jerks; the lamp flickers."""
    at, sway = np.zeros(4), np.zeros(4)
    size = np.array([1.6, 1.6, 0.05, 0.0008])
    for _ in range(frames):
        sway = 0.8 * sway + 0.6 * rng.standard_normal(4) * size
        at = 0.93 * at + sway
        yield Hold(
            shift=(float(at[0]), float(at[1])),
            turn=float(at[2]),
            scale=1 + float(at[3]),
            speed=0.4 * float(np.hypot(sway[0], sway[1])),
            flicker=float(rng.normal(1, 0.04)),
        )


def _befallen(rng: Rng) -> Damage:
    """One or two mild kinds of damage, or none."""
    damage = Damage()
    for axis in rng.permutation(_BEFALLS)[: int(rng.choice((0, 1, 1, 2)))].tolist():
        step = along(axis, AXES[axis][int(rng.integers(_STEPS))])
        damage = replace(damage, **{axis: getattr(step, axis)})
    return damage


def _view(number: int, face: Pack, rng: Rng, *, hard: bool) -> View:
    row, column = divmod(number, COLUMNS)
    turn = float(rng.normal(0, 7)) if hard else float(rng.normal(0, 4))
    turn += 180.0 if hard and rng.random() < 0.5 else 0.0
    rotation = lens.turned(turn, float(rng.uniform(0, 18 if hard else 5)), float(rng.uniform(0, 360)))
    high, wide = (n / INK for n in face.plane.shape)
    offset = rotation[:2, :2] @ np.array([face.middle[0] - wide / 2, face.middle[1] - high / 2]) * MODULE
    x = (column + 0.5) * SIZE[0] / COLUMNS + offset[0] + float(rng.uniform(-8, 8))
    y = (row + 0.5) * SIZE[1] / ROWS + offset[1] + float(rng.uniform(-6, 6))
    return View((float(x), float(y)), _FOCAL, _FOCAL / MODULE, rotation)


def _held(view: View, hold: Hold) -> View:
    middle = np.array(SIZE) / 2
    spin = lens.turned(hold.turn, 0, 0)
    aim = middle + hold.scale * (spin[:2, :2] @ (np.array(view.aim) - middle)) + np.array(hold.shift)
    return replace(
        view,
        aim=(float(aim[0]), float(aim[1])),
        distance=view.distance / hold.scale,
        rotation=spin @ view.rotation,
    )


def _moved(ground: Plane, hold: Hold) -> Plane:
    angle = math.radians(hold.turn)
    cos, sin = hold.scale * math.cos(angle), hold.scale * math.sin(angle)
    middle = np.array(SIZE) / 2
    matrix = np.array([[cos, -sin, 0], [sin, cos, 0]])
    matrix[:, 2] = middle - matrix[:, :2] @ middle + np.array(hold.shift)
    return np.asarray(cv2.warpAffine(ground, matrix, SIZE, borderMode=cv2.BORDER_REFLECT), np.float32)
