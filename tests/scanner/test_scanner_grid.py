"""A code whose finder is damaged is read from the lattice of its modules."""

import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray

from scanner import enhance
from scanner.labels import data_matrix
from scanner.reader import look, read_symbols

Grey = NDArray[np.uint8]
ELEMENTS = "[01]09521234543213[21]SN{}[17]271231[10]LOT1"
TEXT = "010952123454321321SN{}\x1d1727123110LOT1"

pytestmark = pytest.mark.skipif(
    enhance.opencv() is None, reason="apt-get install -y --no-install-recommends libgl1 libglib2.0-0"
)


def without_finder(serial: str, *, inverted: bool = False, mirrored: bool = False) -> Grey:
    """A code of 4 px a module at (100, 80), two fifths of each side of its L painted over."""
    modules = data_matrix(ELEMENTS.format(serial))
    if mirrored:
        modules = modules[:, ::-1]
    grey = np.where(modules, 40, 210).astype(np.uint8).repeat(4, axis=0).repeat(4, axis=1)
    part = len(grey) * 2 // 5
    solid = grey[:, ::-1] if mirrored else grey
    solid[:part, :4] = solid[-4:, -part:] = 210
    frame = np.full((300, 320), 210, np.uint8)
    frame[80 : 80 + grey.shape[0], 100 : 100 + grey.shape[1]] = grey
    noise = np.random.default_rng(3).normal(0, 4, frame.shape)
    cv2 = enhance.opencv()
    seen = np.clip(cv2.GaussianBlur(frame, (0, 0), 0.8) + noise, 0, 255).astype(np.uint8)
    return 255 - seen if inverted else seen


@pytest.mark.parametrize("look_of_it", [{}, {"inverted": True}, {"mirrored": True}])
def test_a_code_without_its_finder_is_read_by_its_lattice(look_of_it: dict[str, bool]) -> None:
    frame = without_finder("AB12", **look_of_it)
    assert not zxingcpp.read_barcodes(
        frame, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)
    )
    (symbol,) = read_symbols(frame, budget=None)
    assert (symbol.text, symbol.symbology, symbol.accepted) == (TEXT.format("AB12"), "]d2", True)
    side = data_matrix(ELEMENTS.format("AB12")).shape[0] * 4
    xs, ys = zip(*symbol.corners, strict=True)
    assert (min(xs), min(ys), max(xs), max(ys)) == pytest.approx((100, 80, 100 + side, 80 + side), abs=3)


@pytest.mark.parametrize("turns", range(4))
def test_corners_start_at_the_symbols_own_top_left(turns: int) -> None:
    frame = np.ascontiguousarray(np.rot90(without_finder("AB12"), turns))
    (symbol,) = read_symbols(frame, budget=None)
    assert symbol.text == TEXT.format("AB12")
    # Counter-clockwise by quarters, (100, 80) in a frame 320 wide and 300 high.
    assert symbol.corners[0] == pytest.approx([(100, 80), (80, 220), (220, 220), (220, 100)][turns], abs=3)


def test_a_code_with_too_many_errors_is_shown_as_unread() -> None:
    frame = without_finder("AB12")
    rng = np.random.default_rng(5)
    spoilt = data_matrix(ELEMENTS.format("AB12")).shape[0]
    for _ in range(spoilt * 4):
        row, column = rng.integers(2, spoilt - 2, 2)
        frame[80 + 4 * row : 84 + 4 * row, 100 + 4 * column : 104 + 4 * column] = rng.choice((40, 210))
    sight = look(frame, budget=None)
    assert sight.symbols == []
    assert any(
        min(x for x, _ in place.corners) < 140 < max(x for x, _ in place.corners) for place in sight.unread
    )


def test_print_that_is_no_code_is_not_read() -> None:
    cv2, rng = enhance.opencv(), np.random.default_rng(1)
    page = np.full((400, 600), 220, np.uint8)
    for line in range(12):
        words = "".join(rng.choice(list("abcdefg HIJKLM 0123456789"), 40))
        cv2.putText(page, words, (10, 30 + 30 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 30, 1)
    assert read_symbols(page, budget=None) == []
