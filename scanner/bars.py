"""Where a picture has bars: places whose edges all run one way, given to ZBar in place of the whole picture.

An empty 720p frame costs ZBar sixteen times what it costs zxing-cpp, and a frame of noise more; bars are in
few places, and finding those is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from scanner import enhance

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"
Box: TypeAlias = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels, right and bottom outside."""

_CELL = 16  # pixels a side
_ONE_WAY = 0.45  # coherence of the structure tensor: 0 in noise, 1 where every edge runs the same way
_STEEP = 40.0  # mean squared grey step a pixel: below, paper and its noise
_FEWEST = 2  # cells
_MARGIN = 2  # cells on each side: the quiet zone


def places(grey: Grey) -> list[Box]:
    """Boxes about everything in `grey` that may be bars; the whole picture without OpenCV."""
    cv2 = enhance.opencv()
    height, width = grey.shape
    if cv2 is None or min(height, width) < 4 * _CELL:
        return [(0, 0, width, height)]
    # Steps over the full picture, lest thin bars vanish, but only every other of them is looked at.
    along = cv2.Sobel(grey, cv2.CV_16S, 1, 0, ksize=1)[::2, ::2].astype(np.float32)
    down = cv2.Sobel(grey, cv2.CV_16S, 0, 1, ksize=1)[::2, ::2].astype(np.float32)
    size = (width // _CELL, height // _CELL)
    xx, yy, xy = (
        cv2.resize(product, size, interpolation=cv2.INTER_AREA)
        for product in (along * along, down * down, along * down)
    )
    steep = xx + yy
    coherence = np.sqrt((xx - yy) ** 2 + 4 * xy**2) / np.maximum(steep, 1e-6)
    marked = ((coherence > _ONE_WAY) & (steep > _STEEP)).astype(np.uint8)
    near = cv2.dilate(marked, np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(near)
    found = []
    for number in range(1, count):
        rows, columns = np.nonzero((labels == number) & (marked > 0))
        if len(rows) >= _FEWEST:
            found.append(_box(rows, columns, size, (width, height)))
    return found


def _box(
    rows: NDArray[np.intp], columns: NDArray[np.intp], cells: tuple[int, int], size: tuple[int, int]
) -> Box:
    (across, up), (width, height) = cells, size
    left, right = max(0, int(columns.min()) - _MARGIN), min(across, int(columns.max()) + 1 + _MARGIN)
    top, bottom = max(0, int(rows.min()) - _MARGIN), min(up, int(rows.max()) + 1 + _MARGIN)
    return (
        left * width // across,
        top * height // up,
        right * width // across,
        bottom * height // up,
    )
