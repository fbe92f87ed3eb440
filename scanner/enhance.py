"""Treatments that make a piece of a picture readable, and the ladder in which they are tried.

Each takes and gives a grey picture (uint8, two-dimensional). OpenCV does the work; where it is not
installed, Pillow does what it can, and a treatment that it lacks leaves the picture as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from PIL import Image, ImageFilter, ImageOps

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"


@cache
def opencv() -> Any:
    """The cv2 module, or None where it does not import (not installed, or Debian's libGL is missing)."""
    try:
        import cv2
    except ImportError:
        return None
    # Several readers may run at once; each keeps to its own core.
    cv2.setNumThreads(1)
    return cv2


def resize(grey: Grey, scale: float) -> Grey:
    """`grey` enlarged (cubic) or reduced (area mean) by `scale`."""
    height, width = grey.shape
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if size == (width, height):
        return grey
    cv2 = opencv()
    if cv2 is not None:
        return np.asarray(
            cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA), np.uint8
        )
    method = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX
    return np.asarray(Image.fromarray(grey).resize(size, method), np.uint8)


def blur(grey: Grey, sigma: float) -> Grey:
    """Gaussian blur: joins dots, quiets noise."""
    cv2 = opencv()
    if cv2 is not None:
        return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), np.uint8)
    return np.asarray(Image.fromarray(grey).filter(ImageFilter.GaussianBlur(sigma)), np.uint8)


def sharpen(grey: Grey, sigma: float, amount: float) -> Grey:
    """Unsharp mask: takes defocus and ink gain back."""
    cv2 = opencv()
    if cv2 is not None:
        return np.asarray(cv2.addWeighted(grey, 1 + amount, blur(grey, sigma), -amount, 0), np.uint8)
    mask = ImageFilter.UnsharpMask(radius=sigma, percent=round(amount * 100), threshold=0)
    return np.asarray(Image.fromarray(grey).filter(mask), np.uint8)


def level(grey: Grey) -> Grey:
    """Local contrast made even (CLAHE): shadow, glare, grey on grey."""
    cv2 = opencv()
    if cv2 is not None:
        return np.asarray(cv2.createCLAHE(clipLimit=3.0, tileGridSize=(4, 4)).apply(grey), np.uint8)
    return np.asarray(ImageOps.autocontrast(Image.fromarray(grey), cutoff=1), np.uint8)


def thicken(grey: Grey, size: int) -> Grey:
    """Dark marks grown and light specks closed: dotted and thin print."""
    cv2 = opencv()
    if cv2 is not None:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_OPEN, kernel), np.uint8)
    opened = Image.fromarray(grey).filter(ImageFilter.MinFilter(size)).filter(ImageFilter.MaxFilter(size))
    return np.asarray(opened, np.uint8)


def thin(grey: Grey, size: int) -> Grey:
    """Light marks grown and dark specks closed: metal, laser marks, inverted dotted print."""
    cv2 = opencv()
    if cv2 is not None:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_CLOSE, kernel), np.uint8)
    closed = Image.fromarray(grey).filter(ImageFilter.MaxFilter(size)).filter(ImageFilter.MinFilter(size))
    return np.asarray(closed, np.uint8)


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to look at a piece: scaled to `side` pixels, treated, then thresholded locally or globally."""

    name: str
    side: int
    treat: Callable[[Grey], Grey]
    global_threshold: bool = False


def _as_is(grey: Grey) -> Grey:
    return grey


# Likeliest first. "plain" goes before the closer looks (`closer`), the rest after them. Of 972 generated
# frames the first pass read 374, "plain" 71, the lattice 369 and the rest 13, in a twentieth of the lattice's
# time; it is kept for what no generator makes (metal wants "thin" and "soft global").
LADDER = (
    Rung("plain", 256, _as_is),
    Rung("sharp", 256, lambda grey: sharpen(grey, 3.0, 1.5)),
    Rung("large sharp", 400, lambda grey: sharpen(grey, 4.0, 2.5)),
    Rung("soft", 256, lambda grey: blur(grey, 1.5)),
    Rung("global", 256, _as_is, global_threshold=True),
    Rung("level", 256, level),
    Rung("thick", 256, lambda grey: thicken(grey, 5)),
    Rung("soft global", 256, lambda grey: blur(grey, 2.5), global_threshold=True),
    Rung("thin", 256, lambda grey: thin(grey, 5)),
    Rung("level soft", 320, lambda grey: blur(level(grey), 2.0)),
)
