"""The bits of ECC 200 lie where zxing-cpp draws them, and its codewords are mended as far as proof allows."""

import random

import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray

from scanner import ecc200

SQUARES = [(side, side) for side in ecc200.SQUARES if side <= 64]
RECTANGLES = [(8, 18), (8, 32), (12, 26), (12, 36), (16, 36), (16, 48)]


def drawn() -> dict[tuple[int, int], NDArray[np.bool_]]:
    """One symbol of each size that zxing-cpp draws for capital letters."""
    found = {}
    for length in range(1, 400):
        for square in (True, False):
            try:
                code = zxingcpp.create_barcode(
                    "A" * length + "b", zxingcpp.BarcodeFormat.DataMatrix, force_square=square
                )
            except ValueError:
                continue
            image = np.asarray(zxingcpp.write_barcode_to_image(code, scale=1, add_quiet_zones=False))
            found[image.shape] = image < 128
    return found


SYMBOLS = drawn()


@pytest.mark.parametrize("size", [size for size in SQUARES + RECTANGLES if size in SYMBOLS])
def test_the_layout_is_the_one_that_zxing_draws(size: tuple[int, int]) -> None:
    modules, layout = SYMBOLS[size], ecc200.layout(*size)
    assert ((layout.fixed == -1) | ((layout.fixed == 1) == modules)).all()
    words = layout.codewords(modules)
    assert layout.correct(words) == ecc200.Corrected(tuple(words), 0, 0, layout.ecc // layout.blocks)
    assert (layout.modules(words) == modules).all()


@pytest.mark.parametrize("size", [size for size in SQUARES if size in SYMBOLS])
def test_errors_and_erasures_are_mended_up_to_the_limit_and_refused_beyond(size: tuple[int, int]) -> None:
    rng, layout = random.Random(size[0]), ecc200.layout(*size)
    right = layout.codewords(SYMBOLS[size])
    room = layout.ecc // layout.blocks - ecc200.SPARE
    for erased in range(room + 1):
        places = rng.sample(range(0, len(right), layout.blocks), erased + (room - erased) // 2)
        wrong = list(right)
        for place in places:
            wrong[place] ^= rng.randrange(1, 256)
        found = layout.correct(wrong, places[:erased])
        assert list(found.codewords) == right
        assert found.spare >= ecc200.SPARE
    with pytest.raises(ecc200.Uncorrectable):
        layout.correct(right, range(0, len(right), layout.blocks)[: room + 1])


def test_words_of_noise_never_pass() -> None:
    rng, layout = random.Random(1), ecc200.layout(24, 24)
    for count in range(300):
        words = [rng.randrange(256) for _ in range(layout.data + layout.ecc)]
        with pytest.raises(ecc200.Uncorrectable):
            layout.correct(words, rng.sample(range(len(words)), count % (layout.ecc - ecc200.SPARE)))
