"""A linear code set upright: rows of bars, and how much of their height a reading spans."""

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.bars import damaged
from scanner import upright
from scanner.symbols import Symbol


def turned(grey: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(grey, matrix, (width, height), borderValue=225), np.uint8)


def outline(width: float, height: float, degrees: float) -> Symbol:
    """A symbol of this size about the middle of a 640 x 300 frame, turned as `turned` turns it."""
    cos, sin = math.cos(math.radians(-degrees)), math.sin(math.radians(-degrees))
    corners = [
        (320 + x * cos - y * sin, 150 + x * sin + y * cos)
        for x, y in (
            (-width / 2, -height / 2),
            (width / 2, -height / 2),
            (width / 2, height / 2),
            (-width / 2, height / 2),
        )
    ]
    return Symbol("", "]E0", "EAN13", (corners[0], corners[1], corners[2], corners[3]))


FRAME = next(one.grey for one in damaged(1, 1) if (one.damage, one.format) == ("clean", "EAN13"))
COLUMNS = np.flatnonzero((FRAME < 120).any(axis=0))
LENGTH = float(COLUMNS[-1] - COLUMNS[0])


@pytest.mark.parametrize("degrees", [0, 20, -35, 90, 180])
def test_bars_stand_upright_at_their_full_height(degrees: float) -> None:
    view = upright.view(turned(FRAME, degrees), outline(LENGTH, 60, degrees))
    dark = np.argwhere(view < 120)
    (top, left), (bottom, right) = dark.min(axis=0), dark.max(axis=0)
    assert abs((right - left) - LENGTH) < 8
    assert abs((bottom - top) - 150) < 12


@pytest.mark.parametrize(("rows", "share"), [(150, 1.0), (75, 0.5), (30, 0.2)])
def test_the_share_read_is_of_the_height_of_the_bars(rows: int, share: float) -> None:
    view = upright.view(FRAME, outline(LENGTH, 60, 0))
    dark = np.argwhere(view < 120)
    (top, left), (_, right) = dark.min(axis=0), dark.max(axis=0)
    corners = ((left, top), (right, top), (right, top + rows), (left, top + rows))
    read = Symbol("", "]E0", "EAN13", corners)
    assert upright.share_read(view, read) == pytest.approx(share, abs=0.05)


def test_a_code_at_the_edge_of_the_picture_has_a_view() -> None:
    edge = np.ascontiguousarray(FRAME[100:, : COLUMNS[-1] - 20])
    corner = Symbol("", "]E0", "EAN13", ((0, 0), (5, 0), (5, 0), (0, 0)))
    assert upright.view(edge, corner).size > 0
