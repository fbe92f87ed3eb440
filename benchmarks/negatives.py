"""Pictures in which there is nothing to read: whatever a Data Matrix reader returns from them is wrong.

Each family is a function from a generator to a picture. Half of them are things of the world, half are made
to deceive: right finders about random modules, and true codes with more wrong modules than can be mended.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from benchmarks import lens
from benchmarks.damage import Damage
from benchmarks.packs import pack, pack_code
from benchmarks.printing import INK, smooth_noise
from scanner.enhance import opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"
Plane: TypeAlias = "NDArray[np.float32]"
Modules: TypeAlias = "NDArray[np.bool_]"
Rng: TypeAlias = np.random.Generator

_LETTERS = string.ascii_letters + string.digits + "      ....,,-()/:%"
cv2 = opencv()


def negatives(count: int, seed: int) -> Iterator[tuple[str, Grey]]:
    """`count` pictures, the families by turns, each with the name of its family. Same seed, same pictures."""
    names = list(FAMILIES)
    for number in range(count):
        name = names[number % len(names)]
        yield name, negative(name, np.random.default_rng([seed, number]))


def negative(family: str, rng: Rng) -> Grey:
    """One picture of a family out of `FAMILIES`."""
    return FAMILIES[family](rng)


def _size(rng: Rng, least: int = 160, most: int = 480) -> tuple[int, int]:
    return int(rng.integers(least, most)), int(rng.integers(least, most))


def _finished(light: Plane, rng: Rng) -> Grey:
    """A picture of light 0 to 1 as one camera or another gives it."""
    blur, noise = float(rng.uniform(0.3, 1.2)), float(rng.uniform(0, 6))
    jpeg = int(rng.choice((0, 0, 30, 60, 85)))
    factor = lens.fall_off((light.shape[1], light.shape[0]), rng, float(rng.uniform(0, 0.4)))
    return lens.expose(
        light * factor, rng, noise=noise, white=float(rng.uniform(170, 240)), soft=blur, jpeg=jpeg
    )


def _printed(modules: Modules, rng: Rng, *, quiet: int = 2) -> Grey:
    """Modules as a small picture: any size, turned and tilted, on paper."""
    pixels = float(rng.uniform(1.8, 6))
    padded = np.pad(modules, max(quiet, 1))
    wide = float(rng.uniform(1.2, 1.8)) * pixels * max(modules.shape)
    size = (int(np.clip(wide, 120, 640)),) * 2
    flat = np.where(padded, 0.05, 0.75).astype(np.float32)
    flat = flat.repeat(8, axis=0).repeat(8, axis=1)
    middle = np.array([flat.shape[1], flat.shape[0]]) / 2
    spin = lens.turned(float(rng.uniform(0, 360)), float(rng.uniform(0, 25)), float(rng.uniform(0, 360)))
    matrix = np.zeros((2, 3))
    matrix[:, :2] = spin[:2, :2] * pixels / 8
    matrix[:, 2] = np.array(size) / 2 - matrix[:, :2] @ middle
    soft = cv2.GaussianBlur(flat, (0, 0), max(0.3, 8 / pixels / 2.5))
    border = 0.75 if quiet else float(rng.uniform(0.1, 0.75))
    light = cv2.warpAffine(soft, matrix, size, borderMode=cv2.BORDER_CONSTANT, borderValue=border)
    return _finished(np.asarray(light, np.float32), rng)


def _text_page(rng: Rng) -> Grey:
    width, height = _size(rng, 200, 640)
    page = Image.new("L", (width * 2, height * 2), 235)
    pen = ImageDraw.Draw(page)
    y = 4
    while y < 2 * height:
        size = float(rng.uniform(12, 40))
        line = "".join(rng.choice(list(_LETTERS), max(4, int(3.4 * width / size))))
        pen.text(
            (int(rng.integers(2, 20)), y),
            line,
            fill=int(rng.integers(0, 90)),
            font=ImageFont.load_default(size),
        )
        y += int(size * float(rng.uniform(1.0, 1.6)))
    page = page.rotate(float(rng.choice((0, 90, 180, 270)) + rng.normal(0, 6)), fillcolor=235)
    return _finished(_light(np.asarray(page.resize((width, height), Image.Resampling.BOX))), rng)


def _light(grey: NDArray[np.generic]) -> Plane:
    return np.asarray(0.8 * (np.asarray(grey, np.float32) / 255) ** 2.2, np.float32)


def _other_code(kind: str) -> Callable[[Rng], Grey]:
    def draw(rng: Rng) -> Grey:
        text = "".join(rng.choice(list(string.ascii_letters + string.digits), rng.integers(8, 40)))
        barcode = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind))
        bitmap = np.asarray(zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False))
        return _printed(bitmap < 128, rng)

    return draw


def _bars(rng: Rng) -> Grey:
    kind = str(rng.choice(("Code128", "Code39", "ITF", "EAN13")))
    digits = "".join(str(n) for n in rng.integers(0, 10, 12))
    barcode = zxingcpp.create_barcode(digits, getattr(zxingcpp.BarcodeFormat, kind))
    bitmap = np.asarray(zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False))
    row = bitmap[bitmap.shape[0] // 2 : bitmap.shape[0] // 2 + 1] < 128
    return _printed(row.repeat(int(rng.integers(15, 60)), axis=0), rng)


def _weave(rng: Rng) -> Grey:
    width, height = _size(rng)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, pitch = float(rng.uniform(0, math.pi)), float(rng.uniform(4, 16))
    a = (x * math.cos(angle) + y * math.sin(angle)) * 2 * math.pi / pitch
    b = (-x * math.sin(angle) + y * math.cos(angle)) * 2 * math.pi / pitch
    over = np.sign(np.sin(a / 2) * np.sin(b / 2))
    light = 0.4 + 0.15 * over * np.cos(a) + 0.15 * np.cos(b) + 0.03 * smooth_noise((height, width), 2, rng)
    return _finished(np.asarray(light, np.float32), rng)


def _wood(rng: Rng) -> Grey:
    return _finished(lens.table(_size(rng), rng), rng)


def _chequers(rng: Rng) -> Grey:
    side = int(rng.integers(8, 40))
    y, x = np.mgrid[0:side, 0:side]
    across = int(rng.integers(1, 3))
    return _printed((x // across + y) % 2 == 0, rng, quiet=int(rng.integers(0, 3)))


def _empty_finder(rng: Rng) -> Grey:
    """A right finder about nothing, about stripes, or about chequers."""
    side = 2 * int(rng.integers(5, 17))
    modules = np.zeros((side, side), np.bool_)
    kind = int(rng.integers(4))
    if kind == 1:
        modules[::2] = True
    elif kind == 2:
        modules[::2, ::2] = modules[1::2, 1::2] = True
    elif kind == 3:
        modules[...] = True
    return _printed(_framed(modules), rng)


def _halftone(rng: Rng) -> Grey:
    width, height = _size(rng)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, pitch = float(rng.uniform(0, math.pi)), float(rng.uniform(3, 9))
    a = (x * math.cos(angle) + y * math.sin(angle)) * 2 * math.pi / pitch
    b = (-x * math.sin(angle) + y * math.cos(angle)) * 2 * math.pi / pitch
    tone = 0.9 * smooth_noise((height, width), 40, rng)
    light = 0.1 + 0.65 / (1 + np.exp(-4 * (np.cos(a) + np.cos(b) + tone)))
    return _finished(np.asarray(light, np.float32), rng)


def _framed(modules: Modules) -> Modules:
    """The modules within a right finder and timing pattern."""
    framed = modules.copy()
    framed[0, ::2], framed[0, 1::2] = True, False
    framed[1::2, -1], framed[::2, -1] = True, False
    framed[:, 0] = framed[-1] = True
    return framed


def _part_of_code(share: float) -> Callable[[Rng], Grey]:
    """A true code of which only this share of the width (and, below a half, of the height) was printed."""

    def draw(rng: Rng) -> Grey:
        modules = pack_code(rng).modules
        while len(modules) < 20:  # half of a smaller one could truly be mended
            modules = pack_code(rng).modules
        cut = np.zeros_like(modules)
        keep = int(len(modules) * share) if share >= 0.5 else len(modules) // 2
        cut[:, :keep] = modules[:, :keep]
        if share < 0.5:
            cut[:keep] = False
        return _printed(np.rot90(cut, int(rng.integers(4))), rng)

    return draw


def _random_in_finder(rng: Rng) -> Grey:
    side = 2 * int(rng.integers(5, 14))
    return _printed(_framed(rng.random((side, side)) < rng.uniform(0.35, 0.65)), rng)


def _beyond_repair(rng: Rng) -> Grey:
    """A true code with wrong modules all over: about four codewords in five are wrong."""
    modules = pack_code(rng).modules
    wrong = rng.random(modules.shape) < rng.uniform(0.18, 0.4)
    return _printed(_framed(modules ^ wrong), rng)


def _spoilt_half(rng: Rng) -> Grey:
    """A true code whose upper or lower half is that of another code."""
    while True:
        modules, other = pack_code(rng).modules, pack_code(rng).modules
        if modules.shape == other.shape:
            break
    half = len(modules) // 2
    mixed = np.concatenate([modules[:half], other[half:]])
    return _printed(_framed(mixed), rng)


def _random_matrix(rng: Rng) -> Grey:
    rows, columns = int(rng.integers(8, 40)), int(rng.integers(8, 40))
    return _printed(rng.random((rows, columns)) < rng.uniform(0.3, 0.7), rng, quiet=int(rng.integers(0, 3)))


def _noise(rng: Rng) -> Grey:
    width, height = _size(rng)
    light = 0.4 + float(rng.uniform(0.05, 0.3)) * smooth_noise(
        (height, width), float(rng.uniform(0.4, 4)), rng
    )
    return _finished(np.asarray(np.clip(light, 0, 1), np.float32), rng)


def _gradient(rng: Rng) -> Grey:
    size = _size(rng)
    light = lens.fall_off(size, rng, float(rng.uniform(0.3, 1))) * float(rng.uniform(0.3, 1))
    if rng.random() < 0.5:
        lens.hard_shadow(light, (size[0] / 2, size[1] / 2), float(rng.uniform(0.3, 0.9)), rng)
    return _finished(light, rng)


def _collage(rng: Rng) -> Grey:
    """Shapes, words, bands and shadows such as photographs of shelves are made of."""
    width, height = _size(rng, 240, 640)
    image = Image.new("L", (width, height), int(rng.integers(40, 220)))
    pen = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(8, 40))):
        x, y, w, h = (float(n) for n in rng.uniform(0, 1, 4))
        box = [x * width, y * height, x * width + w * 120, y * height + h * 90]
        grey, kind = int(rng.integers(0, 255)), int(rng.integers(4))
        if kind == 0:
            pen.rectangle(box, fill=grey, outline=int(rng.integers(0, 255)))
        elif kind == 1:
            pen.ellipse(box, fill=grey)
        elif kind == 2:
            pen.line(box, fill=grey, width=int(rng.integers(1, 6)))
        else:
            word = "".join(rng.choice(list(_LETTERS), 10))
            pen.text((box[0], box[1]), word, fill=grey, font=ImageFont.load_default(8 + 30 * w))
    light = _light(np.asarray(image.rotate(float(rng.normal(0, 20)))))
    light *= np.clip(1 + 0.15 * smooth_noise((height, width), 30, rng), 0, 2)
    return _finished(light, rng)


def _windows(rng: Rng) -> Grey:
    """Lit and dark panes in a grid, keys of a keyboard, holes of a perforated sheet."""
    rows, columns = int(rng.integers(6, 20)), int(rng.integers(6, 20))
    cell, gap = int(rng.integers(8, 18)), int(rng.integers(1, 5))
    panes = np.where(rng.random((rows, columns)) < 0.7, 0.1, 0.6).astype(np.float32)
    light = np.full((rows * cell, columns * cell), 0.7 if rng.random() < 0.5 else 0.05, np.float32)
    for row, column in np.ndindex(rows, columns):
        y, x = row * cell, column * cell
        light[y + gap : y + cell, x + gap : x + cell] = panes[row, column]
    return _finished(light, rng)


def _without_code(rng: Rng) -> Grey:
    """A pack face with all its print but the code."""
    face = pack(pack_code(rng), Damage(), rng)
    left, top, side = (int(n * INK) for n in (face.left, face.top, face.side))
    face.plane[top - INK : top + side + INK, left - INK : left + side + INK] = face.plane.max()
    module = float(rng.uniform(2, 5))
    spin = lens.turned(float(rng.uniform(0, 360)), float(rng.uniform(0, 30)), float(rng.uniform(0, 360)))
    light = lens.table((480, 360), rng)
    lens.lay(light, face, lens.View((240.0, 180.0), lens.FOCAL, lens.FOCAL / module, spin))
    return _finished(light, rng)


FAMILIES: dict[str, Callable[[Rng], Grey]] = {
    "text": _text_page,
    "pack without code": _without_code,
    "QR": _other_code("QRCode"),
    "Aztec": _other_code("Aztec"),
    "PDF417": _other_code("PDF417"),
    "bars": _bars,
    "weave": _weave,
    "wood": _wood,
    "chequers": _chequers,
    "halftone": _halftone,
    "windows": _windows,
    "gradient": _gradient,
    "noise": _noise,
    "collage": _collage,
    "empty finder": _empty_finder,
    "half code": _part_of_code(0.5),
    "quarter code": _part_of_code(0.25),
    "random in finder": _random_in_finder,
    "random matrix": _random_matrix,
    "beyond repair": _beyond_repair,
    "two halves": _spoilt_half,
}
