"""Photographs of shelves and counters: cartons among cartons, by phones and webcams of every size.

What the other frames keep apart comes together here, each in a fair measure: small and large codes and
rectangles, print right beside them, a view from the side, uneven light, shine, shadow, blur, noise, JPEG, and
pictures made smaller afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from benchmarks import lens
from benchmarks.cartons import carton, carton_code, plain_carton
from benchmarks.damage import Damage
from benchmarks.packs import Code, Pack
from benchmarks.printing import smooth_noise
from scanner.enhance import opencv
from scanner.symbols import Corners

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"
Plane: TypeAlias = "NDArray[np.float32]"
Rng: TypeAlias = np.random.Generator
Size: TypeAlias = tuple[int, int]

# Width and height as taken, and the pixels that a module may have there.
CAMERAS: dict[str, tuple[Size, tuple[float, float]]] = {
    "webcam": ((1280, 720), (1.7, 7)),
    "phone 2 MP": ((1200, 1600), (1.7, 8)),
    "phone 5 MP": ((2592, 1944), (2.0, 9)),
    "phone 12 MP": ((3000, 4000), (2.2, 10)),
}
_BACKGROUND = 1600  # pixels, in which what lies behind is drawn
cv2 = opencv()


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A photograph, the messages of its codes, and where their corners are seen."""

    grey: Grey
    texts: list[str]
    corners: list[Corners]
    module: float


def scene(camera: str, rng: Rng) -> Scene:
    """A photograph by one of `CAMERAS`. Same seed, same picture."""
    size, (least, most) = CAMERAS[camera]
    module = float(np.exp(rng.uniform(np.log(least), np.log(most))))
    light = _background(size, rng)
    _lay_plain(light, module * float(rng.uniform(0.6, 1.6)), rng)
    texts: list[str] = []
    corners: list[Corners] = []
    for _ in range(int(rng.choice((1, 1, 1, 2, 3)))):
        room = (int(rng.integers(70, 190)), int(rng.integers(40, 110)))
        face = carton(carton_code(rng), _print(rng), rng, room)
        view = _view(face, module, rng, size)
        seen = lens.corners(face, view)
        middle = np.mean(seen, axis=0)
        if any(np.hypot(*(middle - np.mean(one, axis=0))) < 190 * module for one in corners):
            continue  # it would lie on another
        lens.lay(light, face, view)
        texts.append(face.code.text)
        corners.append(seen)
    grey = _taken(light, corners, module, rng)
    share = grey.shape[1] / size[0]
    placed = [_scaled(one, share) for one in corners]
    return Scene(grey, texts, placed, module * share)


def _background(size: Size, rng: Rng) -> Plane:
    """Tables, and cartons further away, a little out of focus."""
    share = min(1.0, _BACKGROUND / max(size))
    small = (round(size[0] * share), round(size[1] * share))
    light = lens.table(small, rng) * float(rng.uniform(0.3, 1.2))
    for _ in range(int(rng.integers(0, 7))):
        _lay_plain(light, max(small) / float(rng.uniform(120, 500)), rng)
    if rng.random() < 0.5:
        light = lens.defocus(light, float(rng.uniform(0.5, 3)))
    return np.asarray(cv2.resize(light, size, interpolation=cv2.INTER_CUBIC), np.float32)


def _lay_plain(light: Plane, module: float, rng: Rng) -> None:
    room = (int(rng.integers(60, 160)), int(rng.integers(40, 100)))
    no_code = Code((), "", np.zeros((10, 10), np.bool_))
    face = Pack(no_code, plain_carton(rng, room), room[0] / 2 - 5, room[1] / 2 - 5)
    lens.lay(light, face, _view(face, module, rng, (light.shape[1], light.shape[0])))


def _scaled(corners: Corners, share: float) -> Corners:
    a, b, c, d = ((x * share, y * share) for x, y in corners)
    return (a, b, c, d)


def _print(rng: Rng) -> Damage:
    kind = rng.random()
    if kind < 0.2:
        return Damage(dots=float(rng.uniform(0.75, 1.1)))
    return Damage(gain=float(rng.uniform(-0.05, 0.15)), loss=0.06 * float(kind > 0.85))


def _view(face: Pack, module: float, rng: Rng, size: Size) -> lens.View:
    reach = face.side * module * 0.8
    aim = [float(rng.uniform(min(reach, n / 2), max(n - reach, n / 2))) for n in size]
    focal = lens.FOCAL * max(size) / 640
    turn = (
        float(rng.choice((0, 90, 180, 270)) + rng.normal(0, 15))
        if rng.random() < 0.7
        else float(rng.uniform(0, 360))
    )
    tilt = float(abs(rng.normal(0, 18)))
    return lens.View(
        (aim[0], aim[1]), focal, focal / module, lens.turned(turn, min(tilt, 55), float(rng.uniform(0, 360)))
    )


def _taken(light: Plane, corners: list[Corners], module: float, rng: Rng) -> Grey:
    size = (light.shape[1], light.shape[0])
    light *= lens.fall_off(size, rng, float(rng.uniform(0.1, 0.7)))
    light *= np.clip(1 + 0.2 * smooth_noise(light.shape, 80, rng), 0.3, 2)
    spot = np.mean(corners[0], axis=0)
    at = (float(spot[0] + rng.normal(0, 12 * module)), float(spot[1] + rng.normal(0, 12 * module)))
    if rng.random() < 0.2:
        lens.hard_shadow(light, at, float(rng.uniform(0.2, 0.7)), rng)
    if rng.random() < 0.25:  # gloss: broad, and seldom white
        y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
        angle = float(rng.uniform(0, np.pi))
        across = ((x - at[0]) * np.cos(angle) + (y - at[1]) * np.sin(angle)) / (
            module * float(rng.uniform(4, 30))
        )
        light += float(rng.uniform(0.1, 0.8)) * np.exp(-(across**2))
    if rng.random() < 0.25:
        light = lens.smear(light, float(rng.uniform(0.2, 1.1)) * module, rng)
    if rng.random() < 0.35:
        light = lens.defocus(light, float(rng.uniform(0.2, 0.75)) * module)
    white = float(rng.uniform(120, 245))
    grey = lens.expose(
        light,
        rng,
        noise=float(rng.uniform(1, 8)),
        white=white,
        soft=float(rng.uniform(0.4, 1.0)),
        jpeg=int(rng.integers(55, 96)),
    )
    if rng.random() < 0.3:  # as a messenger sends it
        share = max(float(rng.uniform(0.5, 0.9)), 1.6 / module)
        if share < 1:
            small = cv2.resize(
                grey, (round(size[0] * share), round(size[1] * share)), interpolation=cv2.INTER_AREA
            )
            _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(50, 90))])
            return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
    return grey
