"""Print quality: labels drawn well give no note; each kind of bad print gives its own."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from scanner import images
from scanner.codes import data_matrix
from scanner.ecc200 import layout
from scanner.labels import label_png, pack_label
from scanner.photograph import photograph
from scanner.quality import Quality, judge
from scanner.reader import look
from scanner.symbols import Symbol

Grey: TypeAlias = NDArray[np.uint8]
ELEMENT = "[01]09521234543213[21]S{}[17]271231[10]L1"
PIXELS = 12  # a module, as drawn
ROOM = 5  # modules free about the symbol, as drawn


def drawn(serial: int, change: Callable[[NDArray[np.bool_]], None] = lambda modules: None) -> Grey:
    """A symbol on white paper, its modules changed before it is printed."""
    modules = np.pad(data_matrix(ELEMENT.format(serial)), ROOM)
    change(modules)
    return np.where(modules, 15, 240).astype(np.uint8).repeat(PIXELS, 0).repeat(PIXELS, 1)


def judged(picture: Grey, seed: int = 1, **taken: float) -> Quality:
    grey = photograph(picture, np.random.default_rng(seed), size=(720, 540), **taken)  # type: ignore[arg-type]
    (symbol,) = look(grey, 2, ("DataMatrix",)).symbols
    found = judge(grey, symbol)
    assert found is not None
    return found


def spread(picture: Grey, pixels: int) -> Grey:
    """The ink of each edge `pixels` further out, or in."""
    square = ImageFilter.MinFilter if pixels > 0 else ImageFilter.MaxFilter
    return np.asarray(Image.fromarray(picture).filter(square(2 * abs(pixels) + 1)), np.uint8)


@pytest.mark.parametrize(
    "taken",
    [{}, {"blur": 1.5}, {"tilt": 30.0, "turn": 170.0}, {"noise": 10.0}, {"light": 0.6}, {"fill": 0.5}],
)
@pytest.mark.parametrize("seed", range(3))
def test_a_clean_print_has_no_note_however_it_is_taken(seed: int, taken: dict[str, float]) -> None:
    quality = judged(drawn(seed), seed, **taken)
    assert quality.notes == ()
    assert abs(quality.ink) < 0.03
    assert (quality.quiet, quality.finder, quality.used) == (1.0, 1.0, 0.0)
    assert quality.contrast > 0.8


def test_a_label_of_ours_has_no_note() -> None:
    label = pack_label("Amoxicillin", gtin="09521234543213", serial="S1", expiry="271231", lot="L1")
    picture = images.read_image(label_png(label))
    grey = photograph(picture, np.random.default_rng(1), size=(1280, 720))
    (symbol,) = look(grey, 2, ("DataMatrix",)).symbols
    quality = judge(grey, symbol)
    assert quality is not None
    assert quality.notes == ()


@pytest.mark.parametrize(("pixels", "note"), [(3, "ink gain"), (2, "ink gain"), (-2, "ink loss")])
def test_ink_that_spreads_or_is_missing_is_measured(pixels: int, note: str) -> None:
    quality = judged(spread(drawn(1), pixels))
    assert quality.ink == pytest.approx(pixels / PIXELS, abs=0.05)
    assert quality.notes == (note,)


@pytest.mark.parametrize("light", [0.2, 0.6])
def test_faint_print_is_faint_in_any_light(light: float) -> None:
    faint = (240 - (240 - drawn(1).astype(int)) * 0.35).astype(np.uint8)
    quality = judged(faint, light=light)
    assert quality.notes == ("low contrast",)
    assert quality.contrast < 0.4


def test_a_quiet_zone_with_print_in_it() -> None:
    def line(modules: NDArray[np.bool_]) -> None:
        modules[ROOM + 4 : ROOM + 16, ROOM - 1] = True

    quality = judged(drawn(2, line))
    assert quality.notes == ("quiet zone",)
    assert quality.quiet < 0.9


def test_a_damaged_finder() -> None:
    def burnt_out(modules: NDArray[np.bool_]) -> None:
        modules[ROOM + 6 : ROOM + 11, ROOM] = False

    quality = judged(drawn(3, burnt_out))
    assert quality.notes == ("finder damaged",)
    assert quality.finder == pytest.approx(1 - 5 / quality.rows, abs=0.05)


@pytest.mark.parametrize(("errors", "near"), [(2, False), (6, True)])
def test_error_correction_used_is_counted(errors: int, near: bool) -> None:
    size = data_matrix(ELEMENT.format(4)).shape[0]
    grid = layout(size, size)

    def flip(modules: NDArray[np.bool_]) -> None:
        inner = modules[ROOM : ROOM + size, ROOM : ROOM + size]
        for word in range(errors):
            row, column = divmod(int(grid.bits[3 * word, 4]), size)
            inner[row, column] ^= True

    quality = judged(drawn(4, flip))
    assert quality.used == pytest.approx(2 * errors / grid.ecc)
    assert ("near failure" in quality.notes) == near


def test_light_on_dark_and_mirrored_print_are_judged_alike() -> None:
    plain = judged(spread(drawn(5), 2))
    for picture in (np.ascontiguousarray(drawn(5)[:, ::-1]), (255 - drawn(5)).astype(np.uint8)):
        assert judged(picture).notes == ()
    # Ink is what makes modules dark for the reader: on a negative, the paper's own light.
    negative = judged((255 - spread(drawn(5), 2)).astype(np.uint8))
    assert negative.ink == pytest.approx(plain.ink, abs=0.03)


def test_what_cannot_be_judged_is_none() -> None:
    grey = np.full((200, 200), 200, np.uint8)
    corners = ((50.0, 50.0), (150.0, 50.0), (150.0, 150.0), (50.0, 150.0))
    assert judge(grey, Symbol("A", "]d2", "DataMatrix", corners)) is None
    assert judge(drawn(1), Symbol("A", "]Q3", "QRCode", corners)) is None
    modules = data_matrix(ELEMENT.format(6))
    small = np.pad(
        np.where(modules, 15, 240).astype(np.uint8).repeat(2, 0).repeat(2, 1), 20, constant_values=240
    )
    end = 20 + 2 * modules.shape[0]
    tiny = ((20.0, 20.0), (end, 20.0), (end, end), (20.0, end))
    assert judge(small, Symbol("A", "]d2", "DataMatrix", tiny)) is None
