"""Where bars may be is found cheaply, and an empty picture or plain noise has no such place."""

import numpy as np
import pytest

from benchmarks.bars import damaged
from scanner import bars, enhance

RNG = np.random.default_rng(1)


@pytest.mark.parametrize("sigma", [0.0, 4.0, 60.0])
def test_paper_and_noise_have_no_bars(sigma: float) -> None:
    grey = np.clip(150 + RNG.normal(0, sigma, (720, 1280)), 0, 255).astype(np.uint8)
    assert bars.places(grey) == []


def test_codes_lie_within_their_places() -> None:
    for frame in damaged(2, 1):
        if frame.damage in ("clean", "small", "turned", "bar"):
            (place,) = bars.places(frame.grey)
            dark = np.argwhere(frame.grey < 100)
            (top, left), (bottom, right) = dark.min(axis=0), dark.max(axis=0)
            assert (place[0] <= left, place[1] <= top) == (True, True)
            assert (place[2] > right, place[3] > bottom) == (True, True)


def test_two_codes_far_apart_are_two_places() -> None:
    frame = next(one.grey for one in damaged(2, 1) if one.damage == "clean")
    both = np.concatenate([frame, np.full_like(frame, 225), frame])
    assert len(bars.places(both)) == 2


def test_without_opencv_the_whole_picture_is_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enhance, "opencv", lambda: None)
    assert bars.places(np.zeros((90, 120), np.uint8)) == [(0, 0, 120, 90)]
