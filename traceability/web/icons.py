"""The icon of the installed app as PNG, drawn from static/icon.svg: phones and desktops take no SVG there.

That drawing keeps to a square with round corners and shapes of straight lines (M, h, v, H, z), so that a few lines
here draw it in any size.
"""

import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw

BACKGROUND, INK = "#1d4f8c", "#ffffff"
SIDE, CORNER = 32, 7
FINER = 4
"""Drawn so many times as large, then made smaller: smooth edges."""
SAFE = 0.9
"""How much smaller the shapes stand on a maskable icon, of which a circle of 80 % is sure to be seen (W3C, Web
Application Manifest, "icon masks")."""

Point = tuple[float, float]
_STEP = re.compile(r"([MhvHz])([^MhvHz]*)")


def shapes(path: str) -> Iterator[list[Point]]:
    """The closed shapes of an SVG path.

    >>> list(shapes("M1 2h3v4H1z"))
    [[(1.0, 2.0), (4.0, 2.0), (4.0, 6.0), (1.0, 6.0)]]
    """
    points: list[Point] = []
    for letter, text in _STEP.findall(path):
        numbers = [float(one) for one in text.replace(",", " ").split()]
        if letter == "M":
            points = [(numbers[0], numbers[1])]
        elif letter == "z":
            yield points
        else:
            x, y = points[-1]
            points.append({"h": (x + numbers[0], y), "v": (x, y + numbers[0]), "H": (numbers[0], y)}[letter])


@cache
def png(drawing: Path, size: int, *, maskable: bool) -> bytes:
    """The icon at a size in pixels; a maskable one fills its square and keeps its shapes in the middle."""
    scale = size * FINER / SIDE
    image = Image.new("RGBA", (size * FINER, size * FINER))
    draw = ImageDraw.Draw(image)
    whole = (0, 0, size * FINER - 1, size * FINER - 1)
    if maskable:
        draw.rectangle(whole, fill=BACKGROUND)
    else:
        draw.rounded_rectangle(whole, radius=CORNER * scale, fill=BACKGROUND)
    found = re.search(r' d="([^"]+)"', drawing.read_text("utf-8"))
    part = SAFE if maskable else 1.0
    for shape in shapes(found[1] if found else ""):
        draw.polygon([_placed(point, part, scale) for point in shape], fill=INK)
    small = image.resize((size, size), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    small.save(written, "PNG", optimize=True)
    return written.getvalue()


def _placed(point: Point, part: float, scale: float) -> Point:
    middle = SIDE / 2
    x, y = (middle + (one - middle) * part for one in point)
    return x * scale, y * scale
