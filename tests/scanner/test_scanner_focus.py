"""What lens, movement and a view from the side have spoilt is taken back before the lattice is looked for."""

import math

import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray

from scanner import enhance, focus
from scanner.labels import data_matrix
from scanner.reader import read_symbols

Grey = NDArray[np.uint8]
ELEMENTS = "[01]09521234543213[21]SNAB12[17]271231[10]LOT1"
TEXT = "010952123454321321SNAB12\x1d1727123110LOT1"
MODULE = 4

pytestmark = pytest.mark.skipif(
    enhance.opencv() is None, reason="apt-get install -y --no-install-recommends libgl1 libglib2.0-0"
)


def disc(radius: float) -> NDArray[np.float64]:
    reach = math.ceil(radius) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)


def line(length: int) -> NDArray[np.float64]:
    return np.ones((1, length))


def photographed(blur: NDArray[np.float64] | None = None, squeeze: float = 1.0) -> Grey:
    """A code in a frame of 320 x 300, blurred in linear light, pushed together from top to bottom."""
    cv2 = enhance.opencv()
    modules = data_matrix(ELEMENTS)
    light = np.where(modules, 0.04, 0.7).astype(np.float32).repeat(MODULE, axis=0).repeat(MODULE, axis=1)
    if squeeze != 1:
        size = (light.shape[1], round(light.shape[0] * squeeze))
        light = cv2.resize(light, size, interpolation=cv2.INTER_AREA)
    frame = np.full((300, 320), 0.7, np.float32)
    frame[80 : 80 + light.shape[0], 100 : 100 + light.shape[1]] = light
    if blur is not None:
        frame = cv2.filter2D(frame, -1, blur / blur.sum(), borderType=cv2.BORDER_REPLICATE)
    frame = 255 * cv2.GaussianBlur(frame, (0, 0), 0.5) ** (1 / 2.2)
    noise = np.random.default_rng(3).normal(0, 2, frame.shape)
    return np.clip(frame + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("blur", [disc(0.9 * MODULE), line(2 * MODULE), line(2 * MODULE).T])
def test_a_blurred_code_is_read(blur: NDArray[np.float64]) -> None:
    frame = photographed(blur)
    assert not zxingcpp.read_barcodes(
        frame, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)
    )
    (symbol,) = read_symbols(frame, budget=None)
    assert (symbol.text, symbol.accepted) == (TEXT, True)
    side = data_matrix(ELEMENTS).shape[0] * MODULE
    assert symbol.corners[0] == pytest.approx((100, 80), abs=3)
    assert symbol.corners[2] == pytest.approx((100 + side, 80 + side), abs=3)


def test_a_code_seen_from_the_side_is_read_where_it_is() -> None:
    (symbol,) = read_symbols(photographed(squeeze=0.3), budget=None)
    assert symbol.text == TEXT
    side = data_matrix(ELEMENTS).shape[0] * MODULE
    assert symbol.corners[2] == pytest.approx((100 + side, 80 + 0.3 * side), abs=3)


def test_edges_tell_movement_from_a_lens_out_of_focus() -> None:
    middle = (slice(4, 260), slice(32, 288))
    cv2 = enhance.opencv()
    even, _ = focus.edges(cv2, photographed(disc(3.0))[middle])
    uneven, angle = focus.edges(cv2, photographed(line(8))[middle])
    assert even > 0.75
    assert uneven < 0.6
    assert math.sin(angle) == pytest.approx(0, abs=0.1)
