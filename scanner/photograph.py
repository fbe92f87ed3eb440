"""Label pictures as photographs: what a camera makes of paper, for the demo and for tests.

Everything random comes from the numpy Generator given, so the same seed gives the same picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image, ImageFilter

from scanner import ScannerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"
Size: TypeAlias = tuple[int, int]

_TABLE = 92  # grey of the table on which labels lie


def photograph(
    image: Grey,
    rng: np.random.Generator,
    *,
    size: Size = (1280, 720),
    fill: float = 0.8,
    tilt: float = 15.0,
    turn: float = 8.0,
    blur: float = 0.8,
    noise: float = 4.0,
    light: float = 0.25,
) -> Grey:
    """A photograph, `size` (width, height) pixels, of a flat grey picture lying on a table.

    `fill` is the share of the frame that the picture takes at most, `tilt` and `turn` the largest angles,
    in degrees, away from the camera and within the frame, `blur` the standard deviation of the defocus in
    pixels, `noise` that of the sensor in grey levels, `light` the share by which the light falls off.
    """
    if image.ndim != 2 or image.dtype != np.uint8:
        raise ScannerError("Expected a grey picture of uint8 to photograph, got %(got)s", got=image.dtype)
    width, height = size
    corners = _seen_corners(image.shape, rng, size, fill, tilt, turn)
    frame = _table(rng, size)
    paper = _warped(Image.fromarray(image), corners, size)
    mask = _warped(Image.new("L", (image.shape[1], image.shape[0]), 255), corners, size)
    frame.paste(paper.point(lambda grey: 12 + grey * 0.87), (0, 0), mask)
    seen: NDArray[np.float32] = np.asarray(
        frame.filter(ImageFilter.GaussianBlur(blur)) if blur > 0 else frame, np.float32
    )
    seen = seen * _falloff(rng, width, height, light)
    if noise > 0:
        seen = seen + rng.normal(0.0, noise, seen.shape).astype(np.float32)
    return np.asarray(np.clip(seen + 0.5, 0, 255), np.uint8)


def tray(
    images: Sequence[Grey],
    rng: np.random.Generator,
    *,
    size: Size = (1920, 1080),
    turn: float = 6.0,
    tilt: float = 8.0,
    blur: float = 0.6,
    noise: float = 3.0,
    light: float = 0.2,
) -> Grey:
    """One photograph of several label pictures side by side in a tray, each a little askew."""
    if not images:
        raise ScannerError("Expected at least one picture for a tray")
    cell_width = round(max(image.shape[1] for image in images) * 1.12)
    cell_height = round(max(image.shape[0] for image in images) * 1.16)
    columns = _columns(len(images), cell_width, cell_height, size)
    rows = math.ceil(len(images) / columns)
    board = Image.new("L", (columns * cell_width, rows * cell_height), _TABLE)
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        angle = float(rng.uniform(-turn, turn))
        label = Image.fromarray(image)
        mask = Image.new("L", label.size, 255)
        turned = label.rotate(angle, Image.Resampling.BICUBIC, expand=True)
        shape = mask.rotate(angle, Image.Resampling.BICUBIC, expand=True)
        left = column * cell_width + (cell_width - turned.width) // 2
        top = row * cell_height + (cell_height - turned.height) // 2
        board.paste(turned, (left, top), shape)
    return photograph(
        np.asarray(board, np.uint8),
        rng,
        size=size,
        fill=0.96,
        tilt=tilt,
        turn=0.0,
        blur=blur,
        noise=noise,
        light=light,
    )


def _columns(count: int, cell_width: int, cell_height: int, size: Size) -> int:
    """As many columns as show the labels largest."""

    def scale(columns: int) -> float:
        rows = math.ceil(count / columns)
        return min(size[0] / (columns * cell_width), size[1] / (rows * cell_height))

    return max(range(1, count + 1), key=scale)


def _seen_corners(
    shape: tuple[int, ...], rng: np.random.Generator, size: Size, fill: float, tilt: float, turn: float
) -> NDArray[np.float64]:
    """Where the four corners of the picture appear in the frame, by a pinhole camera."""
    height, width = shape
    x, y = width / 2, height / 2
    corners = np.array([[-x, -y, 0], [x, -y, 0], [x, y, 0], [-x, y, 0]], np.float64)
    pitch, yaw = np.radians(rng.uniform(-tilt, tilt, 2))
    roll = np.radians(rng.uniform(-turn, turn))
    turned = corners @ _rotation(pitch, yaw, roll).T
    distance = 2.5 * max(width, height)
    seen = turned[:, :2] * (distance / (distance + turned[:, 2]))[:, None]
    seen -= (seen.max(axis=0) + seen.min(axis=0)) / 2
    extent = seen.max(axis=0) - seen.min(axis=0)
    seen *= fill * min(size[0] / extent[0], size[1] / extent[1])
    slack = (np.array(size) - fill * np.array(size)) / 4
    moved: NDArray[np.float64] = seen + np.array(size) / 2 + rng.uniform(-1, 1, 2) * slack
    return moved


def _rotation(pitch: float, yaw: float, roll: float) -> NDArray[np.float64]:
    cp, sp, cy, sy, cr, sr = (f(a) for a in (pitch, yaw, roll) for f in (math.cos, math.sin))
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    turned: NDArray[np.float64] = about_z @ about_y @ about_x
    return turned


def _warped(image: Image.Image, corners: NDArray[np.float64], size: Size) -> Image.Image:
    """The picture with its corners at `corners` in a black frame of `size`."""
    across = float(np.linalg.norm(corners[1] - corners[0]))
    if image.width > 2 * across > 0:
        # Resampling alone would skip pixels: let the lens see their mean.
        image = image.reduce(max(1, int(image.width / across)))
    width, height = image.size
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    rows = []
    for (x, y), (u, v) in zip(corners, source, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    coefficients = np.linalg.solve(np.array(rows), source.reshape(8))
    return image.transform(
        size, Image.Transform.PERSPECTIVE, coefficients.tolist(), Image.Resampling.BICUBIC, fillcolor=0
    )


def _table(rng: np.random.Generator, size: Size) -> Image.Image:
    """A dark table with a soft grain."""
    coarse = rng.normal(_TABLE, 6.0, (max(2, size[1] // 16), max(2, size[0] // 16)))
    grain = Image.fromarray(np.clip(coarse, 0, 255).astype(np.uint8))
    return grain.resize(size, Image.Resampling.BICUBIC)


def _falloff(rng: np.random.Generator, width: int, height: int, light: float) -> NDArray[np.float32]:
    """Light from one side: 1 at its brightest, `1 - light` at its darkest."""
    angle = rng.uniform(0, 2 * math.pi)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :] * math.cos(angle)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * math.sin(angle)
    slope = (x + y + math.sqrt(2)) / (2 * math.sqrt(2))
    return np.asarray(1 - light * slope, np.float32)
