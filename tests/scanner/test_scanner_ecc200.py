"""ECC 200 against an independent encoder: zxing-cpp's symbols, damaged within the limit and beyond it."""

import random

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scanner import ecc200
from scanner.ecc200 import SIZES, SPARE, Layout, Uncorrectable, layout

Bits = NDArray[np.bool_]


def drawn(number: int, text: str = "01234567") -> Bits:
    """zxing-cpp's symbol with the number that ISO/IEC 16022 table 7 gives it, from 1."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, version=number)
    picture = zxingcpp.write_barcode_to_image(code, scale=1, add_quiet_zones=False)
    return np.asarray(picture) < 128


# Squares of 120 and more come between the squares and the rectangles: ecc200 leaves them out.
NUMBERS = {drawn(number, "1").shape: number for number in range(1, 31)}
each_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


def full(plan: Layout) -> str:
    """As many characters as a symbol has data codewords."""
    return "".join(chr(33 + n * 7 % 90) for n in range(plan.data))


def word_of(size: tuple[int, int]) -> tuple[Layout, list[int]]:
    """The layout of a size and the codewords of a full symbol of it."""
    plan = layout(*size)
    return plan, plan.codewords(drawn(NUMBERS[size], full(plan)))


def damaged(
    right: list[int], plan: Layout, wrong: int, erased: int, rng: random.Random
) -> tuple[list[int], list[int]]:
    """The codewords with `wrong` false ones and `erased` unknown ones in every block, and which are unknown."""
    word, lost = list(right), []
    for block in range(plan.blocks):
        places = rng.sample(range(block, len(word), plan.blocks), wrong + erased)
        lost += places[wrong:]
        for place in places:
            word[place] ^= rng.randrange(1, 256)
    return word, lost


def test_the_encoder_draws_every_size() -> None:
    assert set(SIZES) <= set(NUMBERS)
    assert len(SIZES) == 27


@each_size
def test_codewords_are_those_that_were_encoded(size: tuple[int, int]) -> None:
    plan, words = word_of(size)
    modules = plan.modules(words)
    told = plan.correct(words)
    assert list(told.codewords) == words
    assert (told.errors, told.erased, told.spare) == (0, 0, plan.ecc // plan.blocks)
    assert np.array_equal(modules, drawn(NUMBERS[size], full(plan)))
    assert sorted([*plan.bits.ravel().tolist(), *np.flatnonzero(plan.fixed.ravel() >= 0).tolist()]) == list(
        range(modules.size)
    )
    # In ASCII encodation a character is its code plus one, and 129 is the first pad.
    short = plan.codewords(drawn(NUMBERS[size], "Ab"))
    assert short[:3] == [ord("A") + 1, ord("b") + 1, 129][: plan.data]


@each_size
def test_errors_and_erasures_are_mended_up_to_the_limit(size: tuple[int, int]) -> None:
    plan, right = word_of(size)
    room = plan.ecc // plan.blocks - SPARE
    rng = random.Random(plan.rows * plan.columns)
    for wrong in sorted({0, 1, room // 4, room // 2} & set(range(room // 2 + 1))):
        erased = room - 2 * wrong
        word, lost = damaged(right, plan, wrong, erased, rng)
        told = plan.correct(word, lost)
        assert list(told.codewords) == right
        assert (told.errors, told.erased) == (wrong * plan.blocks, erased * plan.blocks)
        assert told.spare >= SPARE


@each_size
def test_beyond_the_limit_nothing_is_mended(size: tuple[int, int]) -> None:
    plan, right = word_of(size)
    room = plan.ecc // plan.blocks - SPARE
    rng = random.Random(plan.rows * plan.columns)
    for wrong in sorted({0, 1, room // 2} & set(range(room // 2 + 1))):
        # One more unknown codeword, or one more wrong one, than leaves SPARE.
        for more_wrong, more_erased in ((0, 1), (1, 0)):
            word, lost = damaged(right, plan, wrong + more_wrong, room - 2 * wrong + more_erased, rng)
            with pytest.raises(Uncorrectable, match="Expected"):
                plan.correct(word, lost)


@settings(max_examples=60, deadline=None)
@given(size=st.sampled_from(SIZES[:16]), seed=st.integers(0, 2**32 - 1), share=st.floats(0, 1))
def test_whatever_fits_is_mended(size: tuple[int, int], seed: int, share: float) -> None:
    plan, right = word_of(size)
    room = plan.ecc // plan.blocks - SPARE
    wrong = int(share * (room // 2))
    rng = random.Random(seed)
    word, lost = damaged(right, plan, wrong, rng.randint(0, room - 2 * wrong), rng)
    assert list(plan.correct(word, lost).codewords) == right


def test_no_random_word_passes() -> None:
    rng = np.random.default_rng(1)
    for number in range(300):
        plan = layout(*SIZES[number % len(SIZES)])
        word = rng.integers(0, 256, plan.data + plan.ecc).tolist()
        lost = rng.permutation(len(word))[: int(rng.integers(0, plan.ecc - SPARE * plan.blocks + 1))]
        with pytest.raises(Uncorrectable):
            plan.correct(word, lost.tolist())


def test_a_codeword_is_as_certain_as_its_least_certain_module() -> None:
    plan = layout(16, 16)
    certainty = np.ones((16, 16), np.float32)
    certainty.ravel()[plan.bits[5, 3]] = 0.25
    assert plan.doubts(certainty).tolist() == [0.25 if n == 5 else 1.0 for n in range(24)]


def test_a_size_that_ecc_200_does_not_have() -> None:
    with pytest.raises(KeyError):
        ecc200.layout(15, 15)
