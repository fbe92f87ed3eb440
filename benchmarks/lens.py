"""A camera: where a pack face is seen, in what light, and what lens and sensor make of it.

Light is linear until `expose`, which gives gamma-coded grey as a webcam does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from benchmarks.packs import Pack
from benchmarks.printing import INK, smooth_noise
from scanner.enhance import opencv
from scanner.symbols import Corners

if TYPE_CHECKING:
    from numpy.typing import NDArray

Plane: TypeAlias = "NDArray[np.float32]"
Grey: TypeAlias = "NDArray[np.uint8]"
Points: TypeAlias = "NDArray[np.float64]"
Rng: TypeAlias = np.random.Generator
Size: TypeAlias = tuple[int, int]

FOCAL = 700.0  # pixels, of a 640-pixel frame: a phone or webcam
_BARE = 0.45  # reflectance of a vial beside its label
_LAMP = 0.4  # radians round a vial at which its lamp is mirrored
cv2 = opencv()


@dataclass(frozen=True, slots=True)
class View:
    """How a face is seen: `rotation` from face to camera, the middle of its code at `aim` (x, y) in pixels,
    `distance` away; lengths in modules. With a finite `radius` the face is bent about its vertical axis."""

    aim: tuple[float, float]
    focal: float
    distance: float
    rotation: NDArray[np.float64]
    radius: float = math.inf

    def project(self, points: Points) -> Points:
        """Pixels (x, y) of points (right, down) on the face, from the middle of its code."""
        u, v = points[:, 0], points[:, 1]
        if math.isinf(self.radius):
            solid = np.stack([u, v, np.zeros_like(u)], axis=1)
        else:
            angle = u / self.radius
            solid = np.stack([self.radius * np.sin(angle), v, self.radius * (1 - np.cos(angle))], axis=1)
        seen = solid @ self.rotation.T
        pixels = seen[:, :2] * (self.focal / (seen[:, 2:] + self.distance)) + np.array(self.aim)
        return np.asarray(pixels, np.float64)

    def trace(self, x: Plane, y: Plane) -> tuple[Plane, Plane, Plane]:
        """For pixels, the place on the face (right, down), and the cosine to the camera; 0 is a miss."""
        rays = np.stack([(x - self.aim[0]) / self.focal, (y - self.aim[1]) / self.focal, np.ones_like(x)], -1)
        rays = rays @ self.rotation.astype(np.float32)
        eye = -self.distance * self.rotation[2]
        if math.isinf(self.radius):
            step = -eye[2] / rays[..., 2]
            facing = np.where(step > 0, abs(self.rotation[2, 2]), 0).astype(np.float32)
            return eye[0] + step * rays[..., 0], eye[1] + step * rays[..., 1], facing
        a = rays[..., 0] ** 2 + rays[..., 2] ** 2
        b = eye[0] * rays[..., 0] + (eye[2] - self.radius) * rays[..., 2]
        c = eye[0] ** 2 + (eye[2] - self.radius) ** 2 - self.radius**2
        root = b * b - a * c
        step = (-b - np.sqrt(np.maximum(root, 0))) / a
        side, depth = eye[0] + step * rays[..., 0], self.radius - (eye[2] + step * rays[..., 2])
        facing = -(side * rays[..., 0] - depth * rays[..., 2]) / (self.radius * np.sqrt((rays**2).sum(-1)))
        facing = np.where(root > 0, np.clip(facing, 0, 1), 0)
        return self.radius * np.arctan2(side, depth), eye[1] + step * rays[..., 1], facing


def turned(turn: float, tilt: float, about: float) -> NDArray[np.float64]:
    """A rotation: `turn` within the picture, then `tilt` away from the camera about an axis in it at
    `about`; all in degrees."""
    turn, tilt, about = math.radians(turn), math.radians(tilt), math.radians(about)
    spin = np.array([[math.cos(turn), -math.sin(turn), 0], [math.sin(turn), math.cos(turn), 0], [0, 0, 1]])
    axis = np.array([math.cos(about), math.sin(about), 0.0])
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    lean = np.eye(3) + math.sin(tilt) * cross + (1 - math.cos(tilt)) * (cross @ cross)
    return np.asarray(lean @ spin, np.float64)


def corners(pack: Pack, view: View, *, mirrored: bool = False) -> Corners:
    """Where the code's corners are seen, from its own top left; clockwise, of a mirrored print the other way."""
    down, across = (n / 2 for n in pack.code.modules.shape)
    square = np.array([[-across, -down], [across, -down], [across, down], [-across, down]])
    if mirrored:
        square[:, 0] *= -1
    a, b, c, d = ((float(x), float(y)) for x, y in view.project(square))
    return (a, b, c, d)


def lay(light: Plane, pack: Pack, view: View) -> None:
    """Put a face into the picture, in place, as the lens without blur sees it; each pixel is a mean over
    its area."""
    rows, columns = light.shape
    fine = min(6, max(2, round(INK * view.distance / view.focal)))
    x0, y0, x1, y1 = _bounds(pack, view, (columns, rows))
    if x0 >= x1 or y0 >= y1:
        return
    y, x = np.mgrid[0 : (y1 - y0) * fine, 0 : (x1 - x0) * fine].astype(np.float32)
    u, v, facing = view.trace(x0 + (x + 0.5) / fine - 0.5, y0 + (y + 0.5) / fine - 0.5)
    middle = pack.middle
    map_x = ((u + middle[0]) * INK - 0.5).astype(np.float32)
    map_y = ((v + middle[1]) * INK - 0.5).astype(np.float32)
    face = cv2.remap(pack.plane, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    high, wide = pack.plane.shape
    inside = (map_x > -0.5) & (map_x < wide - 0.5) & (map_y > -0.5) & (map_y < high - 0.5) & (facing > 0)
    if not math.isinf(view.radius):
        body = (facing > 0) & (map_y > -0.5) & (map_y < high - 0.5)
        face = _vial(np.where(inside, face, _BARE), facing, u / view.radius)
        inside = body
    share = _mean(inside.astype(np.float32), fine)
    part = light[y0:y1, x0:x1]
    part *= 1 - share
    part += _mean(face * inside, fine)


def _vial(face: Plane, facing: Plane, angle: Plane) -> Plane:
    """A round face, whose sides turn away from the light, with the streak of a lamp along it."""
    streak = 0.3 * np.exp(-(((angle - _LAMP) / 0.07) ** 2))
    return np.asarray(face * (0.35 + 0.65 * facing) + streak, np.float32)


def _bounds(pack: Pack, view: View, size: Size) -> tuple[int, int, int, int]:
    """The part of the frame in which the face can be seen: left, top, right, bottom."""
    high, wide = (n / INK for n in pack.plane.shape)
    across = np.linspace(-pack.middle[0], wide - pack.middle[0], 24)
    down = np.linspace(-pack.middle[1], high - pack.middle[1], 8)
    if not math.isinf(view.radius):
        across = np.linspace(-1.6, 1.6, 48) * view.radius
    grid = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
    seen = view.project(grid)
    low, far = np.floor(seen.min(axis=0)).astype(int) - 1, np.ceil(seen.max(axis=0)).astype(int) + 2
    return max(0, int(low[0])), max(0, int(low[1])), min(size[0], int(far[0])), min(size[1], int(far[1]))


def _mean(fine: Plane, factor: int) -> Plane:
    size = (fine.shape[1] // factor, fine.shape[0] // factor)
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.float32)


def table(size: Size, rng: Rng) -> Plane:
    """What lies under the packs: wood, board, metal or cloth, in linear light."""
    width, height = size
    grain = cv2.GaussianBlur(rng.standard_normal((height, width), np.float32), (0, 0), sigmaX=25, sigmaY=0.9)
    kind = int(rng.integers(4))
    base = float(rng.uniform(0.08, 0.6))
    if kind == 0:
        rings = np.sin(np.arange(height)[:, None] / 17 + 2.5 * smooth_noise((height, width), 60, rng))
        rough = 0.12 * rings + 3.0 * grain
    elif kind == 1:
        rough = 0.05 * smooth_noise((height, width), 1.5, rng) + 0.05 * smooth_noise((height, width), 30, rng)
    elif kind == 2:
        rough = 2.0 * grain
    else:
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        rough = 0.07 * (np.sin(x * 1.1) * np.sin(y * 1.1)) + 0.04 * smooth_noise((height, width), 4, rng)
    return np.asarray(np.clip(base * (1 + rough), 0.01, 1), np.float32)


def fall_off(size: Size, rng: Rng, depth: float) -> Plane:
    """Light that comes from one side: a factor for each pixel, 1 - depth at the far end."""
    width, height = size
    angle = float(rng.uniform(0, 2 * math.pi))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    slope = (x / width - 0.5) * math.cos(angle) + (y / height - 0.5) * math.sin(angle)
    return np.asarray(1 - depth * (0.5 + slope / 1.42), np.float32)


def hard_shadow(light: Plane, spot: tuple[float, float], share: float, rng: Rng) -> None:
    """Darken all of the picture beyond a straight edge that passes by `spot`, in place."""
    height, width = light.shape
    angle = float(rng.uniform(0, 2 * math.pi))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    beyond = (x - spot[0]) * math.cos(angle) + (y - spot[1]) * math.sin(angle)
    light *= 1 - share * np.clip(beyond / float(rng.uniform(0.8, 3)) + 0.5, 0, 1)


def glare(light: Plane, spot: tuple[float, float], diameter: float, rng: Rng) -> None:
    """Add the reflection of a lamp about `spot`, `diameter` pixels wide, with a halo, in place."""
    height, width = light.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, squeeze = float(rng.uniform(0, math.pi)), float(rng.uniform(0.6, 1.0))
    dx, dy = x - spot[0], y - spot[1]
    along = dx * math.cos(angle) + dy * math.sin(angle)
    across = -dx * math.sin(angle) + dy * math.cos(angle)
    away = np.hypot(along * squeeze**0.5, across / squeeze**0.5) / (diameter / 2)
    light += 1.2 * np.exp(-((away / 1.08) ** 6)) + 0.25 * np.exp(-((away / 1.5) ** 2))


def smear(light: Plane, length: float, rng: Rng) -> Plane:
    """Motion blur of `length` pixels, in any direction, along a slightly bent way."""
    angle, bend = float(rng.uniform(0, math.pi)), float(rng.normal(0, 0.25))
    steps = np.linspace(-0.5, 0.5, 65)
    turns = angle + bend * steps
    path = length * np.stack([steps * np.cos(turns), steps * np.sin(turns)], axis=1)
    reach = math.ceil(length / 2) + 2
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for dx, dy in path.tolist():  # each moment lands between four pixels
        x, y = math.floor(dx), math.floor(dy)
        fx, fy = dx - x, dy - y
        part = kernel[reach + y : reach + y + 2, reach + x : reach + x + 2]
        part += np.array([[(1 - fy) * (1 - fx), (1 - fy) * fx], [fy * (1 - fx), fy * fx]], np.float32)
    return _filtered(light, kernel)


def defocus(light: Plane, radius: float) -> Plane:
    """The blur of a round aperture, `radius` in pixels."""
    reach, fine = math.ceil(radius) + 1, 9
    y, x = (np.mgrid[0 : (2 * reach + 1) * fine, 0 : (2 * reach + 1) * fine] + 0.5) / fine - reach - 0.5
    disc = (np.hypot(x, y) < radius).astype(np.float32)
    return _filtered(light, _mean(disc, fine))


def _filtered(light: Plane, kernel: Plane) -> Plane:
    return np.asarray(
        cv2.filter2D(light, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32
    )


def expose(light: Plane, rng: Rng, *, noise: float, white: float, soft: float = 0.5, jpeg: int = 0) -> Grey:
    """The picture: lens (`soft`, a deviation in pixels), exposure (light of 0.8 comes out as `white`), gamma,
    sensor noise in grey levels, JPEG."""
    seen = cv2.GaussianBlur(light, (0, 0), soft, borderType=cv2.BORDER_REPLICATE)
    grey = white * np.power(np.clip(seen, 0, None) / 0.8, 1 / 2.2)
    grain = rng.standard_normal(light.shape, np.float32)
    # Demosaicing leaves neighbours a little alike.
    grain = 0.75 * grain + 1.1 * cv2.GaussianBlur(grain, (0, 0), 0.8)
    grey += noise / float(grain.std()) * grain
    picture = np.asarray(np.clip(grey + 0.5, 0, 255), np.uint8)
    if not jpeg:
        return picture
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, jpeg])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
