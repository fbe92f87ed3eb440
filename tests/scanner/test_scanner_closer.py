"""Codes that only a closer look reads: on a vial, in print that lost its ink, without the half of their finder,
oblong, paler than the text beside them."""

from collections.abc import Callable

import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray

from scanner import closer, enhance, regions
from scanner.labels import data_matrix
from scanner.symbols import Symbol

Grey = NDArray[np.uint8]
Light = NDArray[np.float32]
ELEMENTS = "[01]09521234543213[21]SNAB12[17]271231[10]LOT1"
TEXT = "010952123454321321SNAB12\x1d1727123110LOT1"
MODULE = 6

pytestmark = pytest.mark.skipif(
    enhance.opencv() is None, reason="apt-get install -y --no-install-recommends libgl1 libglib2.0-0"
)


def printed(modules: NDArray[np.bool_], ink: float = 0.1) -> Light:
    return np.where(modules, ink, 0.8).astype(np.float32).repeat(MODULE, axis=0).repeat(MODULE, axis=1)


def framed(code: Light) -> Light:
    """The code at (100, 80) in a frame of 400 x 340."""
    frame = np.full((340, 400), 0.8, np.float32)
    frame[80 : 80 + code.shape[0], 100 : 100 + code.shape[1]] = code
    return frame


def photographed(light: Light) -> Grey:
    cv2 = enhance.opencv()
    noise = np.random.default_rng(3).normal(0, 3, light.shape)
    return np.clip(255 * cv2.GaussianBlur(light, (0, 0), 0.8) + noise, 0, 255).astype(np.uint8)


def looked_at(look: Callable[..., closer.Seen], seen: Grey, code: Light) -> Symbol:
    """The first symbol that a closer look reads in a frame where the code lies at (100, 80), of regions about
    as large as the code."""
    tall, wide = code.shape
    for share in (1.0, 1.1, 1.25):
        region = regions.Region(100 + wide / 2, 80 + tall / 2, share * max(tall, wide), 1.0)
        for one in look(enhance.opencv(), seen, region, lambda: False):
            if isinstance(one, Symbol):
                return one
    pytest.fail("not read")


def missed_by_zxing(grey: Grey) -> bool:
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)
    return not zxingcpp.read_barcodes(grey, formats=formats)


@pytest.mark.parametrize("upright", [True, False])
def test_a_code_round_a_vial_is_read_where_it_is_seen(upright: bool) -> None:
    cv2 = enhance.opencv()
    code = printed(data_matrix(ELEMENTS))
    side = len(code)
    middle, radius = 100 + side / 2, 0.5 * side
    y, x = np.mgrid[0:340, 0:400].astype(np.float32)
    away = np.clip((x - middle) / radius, -0.999, 0.999)
    round_it = (middle + radius * np.arcsin(away)).astype(np.float32)
    bent = cv2.remap(framed(code), round_it, y, cv2.INTER_LINEAR) * (0.3 + 0.7 * np.sqrt(1 - away**2))
    if not upright:  # turned by a quarter about the middle of the code
        bent = cv2.warpAffine(
            bent,
            np.array([[0, -1, middle + 80 + side / 2], [1, 0, 80 + side / 2 - middle]]),
            (400, 340),
            borderValue=0.8,
        )
    seen = photographed(bent)
    symbol = looked_at(closer.unrolled, seen, code)
    assert (symbol.text, symbol.symbology) == (TEXT, "]d2")
    reach = radius * np.sin(side / 2 / radius), side / 2
    furthest = np.max(np.array(symbol.corners), axis=0) - (middle, 80 + side / 2)
    assert furthest == pytest.approx(reach if upright else reach[::-1], abs=6)


def test_ink_that_did_not_take_on_a_fifth_of_the_code_is_made_up_for() -> None:
    cv2 = enhance.opencv()
    code = printed(data_matrix(ELEMENTS))
    rng = np.random.default_rng(8)
    specks = cv2.GaussianBlur(rng.standard_normal(code.shape, np.float32), (0, 0), 1.6)
    patches = cv2.GaussianBlur(rng.standard_normal(code.shape, np.float32), (0, 0), 14.0)
    field = specks / specks.std() + 0.8 * patches / patches.std()
    code = np.where(field < np.quantile(field, 0.22), np.maximum(code, 0.72), code).astype(np.float32)
    seen = photographed(framed(code))
    assert missed_by_zxing(seen)
    assert looked_at(closer.as_it_is, seen, code).text == TEXT


@pytest.mark.parametrize(("spoilt", "grey"), [("solid", 0.1), ("solid", 0.8), ("alternating", 0.1)])
def test_two_whole_sides_of_the_finder_may_be_painted_over(spoilt: str, grey: float) -> None:
    code = printed(data_matrix(ELEMENTS))
    if spoilt == "solid":
        code[:, :MODULE] = code[-MODULE:] = grey
    else:
        code[:MODULE] = code[:, -MODULE:] = grey
    symbol = looked_at(closer.as_it_is, photographed(framed(code)), code)
    assert symbol.text == TEXT
    assert symbol.corners[0] == pytest.approx((100, 80), abs=3)


@pytest.mark.parametrize("turns", range(4))
def test_an_oblong_code_without_the_short_side_of_its_finder_is_read(turns: int) -> None:
    options: dict[str, object] = {"gs1": True, "version": 29}  # 16 x 36
    element = "[01]09521234543213[10]LOT1"
    barcode = zxingcpp.create_barcode(element, zxingcpp.BarcodeFormat.DataMatrix, **options)
    bitmap = np.asarray(zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False))
    code = printed(bitmap < 128)
    assert code.shape == (16 * MODULE, 36 * MODULE)
    code[:, :MODULE] = 0.8
    code = np.ascontiguousarray(np.rot90(code, turns))
    seen = photographed(framed(code))
    assert missed_by_zxing(seen)
    symbol = looked_at(closer.as_it_is, seen, code)
    assert (symbol.text, symbol.symbology) == ("010952123454321310LOT1", "]d2")
    tall, wide = code.shape
    top_left = [(100, 80), (100, 80 + tall), (100 + wide, 80 + tall), (100 + wide, 80)][turns]
    assert symbol.corners[0] == pytest.approx(top_left, abs=4)


def test_a_pale_code_is_among_the_places_looked_at_beside_bold_text() -> None:
    cv2 = enhance.opencv()
    page = np.full((480, 640), 204, np.uint8)
    for line in range(4):
        words = "Lot A7X44 EXP 2027-12 film-coated tablets"[line:]
        cv2.putText(page, words, (20, 40 + 24 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 20, 2)
    code = printed(data_matrix(ELEMENTS), ink=0.75)
    light = page.astype(np.float32) / 255
    light[290 : 290 + len(code), 400 : 400 + len(code)] = code
    middle = regions.Region(400 + len(code) / 2, 290 + len(code) / 2, len(code), 1.0)
    assert any(region.near(middle) for region in regions.from_faint(photographed(light)))
