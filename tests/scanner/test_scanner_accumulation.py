"""Frames taken together: read what no single frame gives, and nothing that is no longer there."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from scanner.accumulation import Exposure
from scanner.codes import data_matrix
from scanner.enhance import opencv
from scanner.reader import Attempts, look
from scanner.symbols import Symbol

cv2 = opencv()
pytestmark = pytest.mark.skipif(cv2 is None, reason="apt-get install -y libgl1 libglib2.0-0")

Grey = NDArray[np.uint8]
FRAME = 1 / 25
TEXT = "010952123454321317271231" + "10LOT\x1d21SERIAL{}"
PRINTED = "[01]09521234543213[17]271231[10]LOT[21]SERIAL{}"
MODULE = 2.2  # pixels


def code(number: int, contrast: float) -> NDArray[np.float32]:
    modules = np.asarray(data_matrix(PRINTED.format(number)), np.float32)
    printed = 200 - 200 * contrast * np.pad(modules, 3)
    side = round(len(printed) * MODULE)
    return np.asarray(cv2.resize(printed, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def table(*numbers: int, contrast: float) -> NDArray[np.float32]:
    """Codes side by side on a table with marks by which a camera's movement can be told."""
    rng = np.random.default_rng(5)
    scene = np.full((360, 640), 90, np.float32)
    for _ in range(90):
        x, y, grey = rng.integers(10, 630), rng.integers(10, 350), rng.integers(30, 200)
        cv2.circle(scene, (int(x), int(y)), 4, float(grey), cv2.FILLED)
    for place, number in enumerate(numbers):
        printed = code(number, contrast)
        scene[150 : 150 + len(printed), 90 + 200 * place : 90 + 200 * place + len(printed)] = printed
    return scene


def seen(scene: NDArray[np.float32], n: int, noise: float, step: float = 0.0) -> Grey:
    """A frame, `step` pixels to the right and half as many down for each frame before."""
    move = np.array([[1, 0, step * n], [0, 1, step * n / 2]])
    moved = cv2.warpAffine(
        scene, move, scene.shape[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    moved = cv2.GaussianBlur(moved, (0, 0), 0.6)
    rng = np.random.default_rng((7, n))
    return np.asarray(np.clip(moved + rng.normal(0, noise, moved.shape) + 0.5, 0, 255), np.uint8)


def film(
    scene: NDArray[np.float32], frames: int, noise: float, step: float = 0.0
) -> Iterator[tuple[Grey, float]]:
    return ((seen(scene, n, noise, step), n * FRAME) for n in range(frames))


def texts(symbols: list[Symbol]) -> list[str]:
    return sorted(symbol.text for symbol in symbols)


def test_frames_together_show_what_none_shows_alone() -> None:
    scene = table(1, contrast=0.12)
    frames = list(film(scene, 12, noise=11, step=0.7))
    assert look(frames[-1][0], None).symbols == []
    exposure = Exposure()
    *_, standing = [exposure.add(grey, at) for grey, at in frames]
    [symbol] = exposure.read(standing, None).symbols
    assert symbol.accepted
    assert symbol.text == TEXT.format(1)
    # Where it is in the newest frame, not in the first.
    middle = 90 + len(code(1, 0.12)) / 2 + 0.7 * 11
    assert symbol.centre[0] == pytest.approx(middle, abs=1.5)


def test_what_was_read_is_carried_along_while_the_picture_stays() -> None:
    exposure = Exposure()
    frames = list(film(table(1, 2, contrast=0.8), 4, noise=3, step=1.5))
    exposure.look(*frames[0], None)
    for grey, at in frames[1:]:
        sight = exposure.look(grey, at, 0)
        assert texts(sight.symbols) == [TEXT.format(1), TEXT.format(2)]
        left = min(symbol.centre[0] for symbol in sight.symbols)
        first = 90 + len(code(1, 0.8)) / 2
        assert left == pytest.approx(first + 1.5 * at / FRAME, abs=1.5)


def test_a_pack_put_in_the_place_of_another_is_what_the_next_frame_gives() -> None:
    exposure = Exposure()
    before, after = table(1, 2, contrast=0.8), table(1, 3, contrast=0.8)
    for grey, at in film(before, 6, noise=3):
        assert texts(exposure.look(grey, at, None).symbols) == [TEXT.format(1), TEXT.format(2)]
    sight = exposure.look(seen(after, 7, 3), 6 * FRAME, None)
    assert texts(sight.symbols) == [TEXT.format(1), TEXT.format(3)]


def test_a_code_taken_away_is_gone() -> None:
    exposure = Exposure()
    for grey, at in film(table(1, 2, contrast=0.8), 6, noise=3):
        exposure.look(grey, at, None)
    sight = exposure.look(seen(table(1, contrast=0.8), 7, 3), 6 * FRAME, None)
    assert texts(sight.symbols) == [TEXT.format(1)]


def test_another_picture_begins_another_view() -> None:
    exposure = Exposure()
    exposure.look(seen(table(1, 2, contrast=0.8), 0, 3), 0.0, None)
    turned = np.ascontiguousarray(seen(table(3, contrast=0.8), 1, 3).T)
    assert texts(exposure.look(turned, FRAME, None).symbols) == [TEXT.format(3)]
    blank = np.full(turned.shape, 120, np.uint8)
    assert exposure.look(blank, 2 * FRAME, None).symbols == []
    # The same picture much later is read anew: nothing is taken to have stayed.
    late = seen(table(1, 2, contrast=0.8), 3, 3)
    exposure.look(late, 3 * FRAME, None)
    assert exposure.look(np.ascontiguousarray(late[:40]), 10.0, None).symbols == []


def test_a_lamp_that_flickers_is_no_other_thing() -> None:
    exposure = Exposure()
    scene = table(1, contrast=0.8)
    exposure.look(seen(scene, 0, 3), 0.0, None)
    assert texts(exposure.look(seen(scene * 0.85, 1, 3), FRAME, 0).symbols) == [TEXT.format(1)]


def test_more_is_added_while_one_is_read() -> None:
    """What is read of a standing is not taken to have stayed where another thing was seen meanwhile."""
    exposure = Exposure()
    before, after = table(1, 2, contrast=0.8), table(1, 3, contrast=0.8)
    standing = exposure.add(seen(before, 0, 3), 0.0)
    newer = exposure.add(seen(after, 1, 3), FRAME)
    assert texts(exposure.read(standing, None).symbols) == [TEXT.format(1), TEXT.format(2)]
    assert texts(exposure.read(newer, 0).symbols) == [TEXT.format(1), TEXT.format(3)]


def test_no_way_of_reading_is_tried_twice_on_the_same_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    grey = seen(table(1, contrast=0.05), 0, 9)
    attempts = Attempts()
    look(grey, None, attempts=attempts)
    tried = dict(attempts.ways)
    assert tried
    monkeypatch.setattr("scanner.closer.grid.read", lambda *_: pytest.fail("tried again"))
    look(grey, None, attempts=attempts)
    assert attempts.ways == tried
