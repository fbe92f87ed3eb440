"""Advice: each cause by itself, on codes drawn here, gives its own word, and a good picture gives none."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from scanner.advice import Advice, advise
from scanner.codes import data_matrix
from scanner.symbols import Corners

SEEDS = range(3)


def picture(
    seed: int,
    *,
    module: float = 4.0,
    blur: float = 0.7,
    level: float = 1.0,
    contrast: float = 1.0,
    turn: float = 12.0,
) -> tuple[NDArray[np.float32], Corners]:
    """A pack code on white paper, with the corners of a box about it."""
    rng = np.random.default_rng(seed)
    modules = data_matrix(f"[01]09521234543213[21]S{rng.integers(1_000_000)}[17]271231[10]A{seed}")
    large = (
        np.pad(np.where(modules, 20, 235).astype(np.uint8), 12, constant_values=235)
        .repeat(16, 0)
        .repeat(16, 1)
    )
    turned = Image.fromarray(large).rotate(turn, Image.Resampling.BICUBIC, fillcolor=235)
    side = round(large.shape[0] * module / 16)
    small = turned.resize((side, side), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(blur))
    grey = 128 + (np.asarray(small, np.float32) - 128) * contrast
    grey = grey * level + rng.normal(0, 3, grey.shape).astype(np.float32)
    half = module * modules.shape[0] / 2 * rng.uniform(1.05, 1.25)
    low, high = side / 2 - half, side / 2 + half
    return grey, ((low, low), (high, low), (high, high), (low, high))


def told(grey: NDArray[np.float32], corners: Corners) -> Advice:
    return advise(np.clip(grey + 0.5, 0, 255).astype(np.uint8), corners)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_good_picture_needs_no_advice(seed: int) -> None:
    advice = told(*picture(seed))
    assert advice.code == ""
    assert advice.module == pytest.approx(4.0, rel=0.1)
    assert advice.blur < 1.2
    assert advice.evenness > 0.85
    assert advice.shine == 0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("module", [1.0, 1.25, 1.5])
def test_small_modules_want_to_be_closer(seed: int, module: float) -> None:
    advice = told(*picture(seed, module=module))
    assert advice.code == "closer"
    assert advice.module == pytest.approx(module, rel=0.35)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("module", [3.0, 5.0, 8.0])
def test_modules_are_measured_where_they_can_be_seen(seed: int, module: float) -> None:
    assert told(*picture(seed, module=module, turn=30)).module == pytest.approx(module, rel=0.1)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("change", [{"contrast": 0.05}, {"level": 0.06}, {"level": 0.12}])
def test_faint_and_dark_codes_want_light(seed: int, change: dict[str, float]) -> None:
    assert told(*picture(seed, **change)).code == "light"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0])
def test_a_smear_wants_to_be_held_still(seed: int, angle: float) -> None:
    grey, corners = picture(seed)
    way = np.linspace(-5, 5, 21)  # 2.5 modules
    steps = [
        (round(s * math.sin(math.radians(angle))), round(s * math.cos(math.radians(angle)))) for s in way
    ]
    smeared = np.mean([np.roll(grey, step, (0, 1)) for step in steps], axis=0, dtype=np.float32)
    advice = told(smeared, corners)
    assert advice.code == "still"
    assert advice.evenness < 0.65


@pytest.mark.parametrize("seed", SEEDS)
def test_a_picture_out_of_focus_wants_to_be_held_still_too(seed: int) -> None:
    advice = told(*picture(seed, blur=3.2))
    assert advice.code == "still"
    assert advice.evenness > 0.85
    assert advice.blur == pytest.approx(3.2, rel=0.25)


@pytest.mark.parametrize("seed", SEEDS)
def test_shine_wants_to_be_tilted_away_and_white_paper_does_not(seed: int) -> None:
    grey, corners = picture(seed)
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]] - grey.shape[0] * 0.55
    spot = 400 * np.exp(-(x**2 + y**2) / (2 * (0.25 * (corners[1][0] - corners[0][0])) ** 2))
    assert told(grey + spot.astype(np.float32), corners).code == "shine"
    assert told(grey * 1.25, corners).code == ""


def test_what_is_too_small_or_not_there_is_too_far_away() -> None:
    grey = np.full((100, 100), 200, np.float32)
    assert told(grey, ((10, 10), (15, 10), (15, 15), (10, 15))).code == "closer"
    assert told(grey, ((500, 500), (560, 500), (560, 560), (500, 560))).code == "closer"


def test_bare_paper_has_no_contrast() -> None:
    grey = np.full((100, 100), 200, np.float32)
    advice = told(grey, ((10, 10), (80, 10), (80, 80), (10, 80)))
    assert (advice.code, advice.contrast, advice.noise) == ("light", 0.0, 0.0)


def test_it_measures_without_opencv_too(monkeypatch: pytest.MonkeyPatch) -> None:
    grey, corners = picture(1)
    with_opencv = told(grey, corners)
    monkeypatch.setattr("scanner.enhance.opencv", lambda: None)
    without = told(grey, corners)
    assert without.code == with_opencv.code
    assert without.module == pytest.approx(with_opencv.module, rel=0.05)
