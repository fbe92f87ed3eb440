"""Damaged frames, trays and pictures without a code, as the benchmark makes them; the whole of it is
`python -m benchmarks scan`."""

from datetime import date

import numpy as np
import pytest

from benchmarks import frames, scenes, trays
from benchmarks.damage import AXES
from benchmarks.negatives import FAMILIES, negatives
from benchmarks.packs import pack_code
from scanner import enhance
from scanner.reader import read_symbols
from traceability.gs1.element_strings import parse

pytestmark = pytest.mark.skipif(
    enhance.opencv() is None, reason="apt-get install -y --no-install-recommends libgl1 libglib2.0-0"
)
ONLY = ("DataMatrix",)


def rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_codes_of_packs_are_right_and_of_every_size() -> None:
    codes = [pack_code(rng(n)) for n in range(200)]
    for code in codes:
        assert parse("]d2" + code.text, today=date(2026, 11, 23)).pairs == code.elements
    assert {len(code.modules) for code in codes} == {16, 18, 20, 22, 24, 26, 32}


@pytest.mark.parametrize("axis", ["dots", "curvature", "foil", "jpeg"])
def test_the_same_seed_gives_the_same_frame(axis: str) -> None:
    one, two, other = (frames.damaged(axis, AXES[axis][1], rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.grey, two.grey)
    assert (one.text, one.corners) == (two.text, two.corners)
    assert one.text != other.text
    assert one.grey.dtype == np.uint8
    assert one.grey.shape == (480, 640)


@pytest.mark.parametrize("axis", AXES)
def test_mild_damage_of_every_kind_reads(axis: str) -> None:
    made = (frames.damaged(axis, AXES[axis][0], rng(7, number)) for number in range(4))
    # The mildest of some kinds may still stop a reader now and then: one of four must do.
    assert any([s.text for s in read_symbols(f.grey, budget=2, formats=ONLY)] == [f.text] for f in made)


@pytest.mark.parametrize(("axis", "severity"), [("tilt", 45), ("curvature", 1.0), ("inverted", 4)])
def test_the_corners_are_where_the_code_is_seen(axis: str, severity: float) -> None:
    frame = frames.damaged(axis, severity, rng(5))
    (symbol,) = read_symbols(frame.grey, budget=2, formats=ONLY)
    assert np.abs(np.array(symbol.corners) - np.array(frame.corners)).max() < 6


def test_an_easy_tray_reads_and_a_hard_one_is_never_misread() -> None:
    grey, texts = trays.tray("easy", rng(3))
    assert len(set(texts)) == 48
    read = {s.text for s in read_symbols(grey, budget=2, formats=ONLY)}
    assert read <= set(texts)
    assert len(read) >= 44
    grey, texts = trays.tray("hard", rng(3))
    read = {s.text for s in read_symbols(grey, budget=2, formats=ONLY)}
    assert read <= set(texts)
    assert len(read) >= 24


def test_a_film_shows_one_tray_from_an_unsteady_hand() -> None:
    pictures, texts = trays.film("easy", rng(4), 2)
    one, two = pictures
    assert (one != two).mean() > 0.5
    for grey in (one, two):
        assert {s.text for s in read_symbols(grey, budget=1, formats=ONLY)} <= set(texts)
    holds = list(trays.unsteady(30, rng(6)))
    assert max(abs(n) for hold in holds for n in hold.shift) < 60


def test_a_photograph_shows_its_codes_where_it_says() -> None:
    taken = [scenes.scene("webcam", rng(n)) for n in range(6)]
    again = scenes.scene("webcam", rng(0))
    assert np.array_equal(taken[0].grey, again.grey)
    read = 0
    for one in taken:
        for symbol in read_symbols(one.grey, budget=1, formats=ONLY):
            place = one.corners[one.texts.index(symbol.text)]
            assert np.abs(np.array(symbol.corners) - np.array(place)).max() < 8
            read += 1
    assert read >= 3


def test_nothing_is_read_where_there_is_no_code() -> None:
    wrong = [
        (family, symbol.text)
        for family, grey in negatives(7 * len(FAMILIES), seed=9)
        for symbol in read_symbols(grey, budget=0.05, formats=ONLY)
    ]
    assert wrong == []
