"""What sampled modules say: values made dark or light, doubts ranked, errors and erasures corrected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import zxingcpp

from scanner import ecc200

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float32]"

_DATA_MATRIX = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)
_ERASED = (0.0, 0.5, 1.0)  # shares of the codewords that may be erased, least certain first
_TAPS = 5  # modules each way that the equaliser looks at
_RIDGE = 0.08
_DAZZLED = 247.0  # grey from which on the sensor is taken for saturated


def even(cells: Floats, ends: Floats, cv2: Any) -> tuple[Floats, Floats, Floats]:
    """Cells from -1 (light) to 1 (dark) against the paper and ink about them, `ends` on the same scale, and
    how far each is to be believed, 0 to 1.

    Paper is what closing leaves of the picture, ink what opening leaves: both keep the edge of a shadow
    where it is. Where the sensor was dazzled nothing is known.
    """
    square = np.ones((5, 5), np.uint8)
    paper = cv2.morphologyEx(cells, cv2.MORPH_CLOSE, square, borderType=cv2.BORDER_REPLICATE)
    ink = cv2.morphologyEx(cells, cv2.MORPH_OPEN, square, borderType=cv2.BORDER_REPLICATE)
    paper, ink = cv2.blur(paper, (3, 3)), cv2.blur(ink, (3, 3))
    depth = paper - ink
    depth = np.maximum(depth, float(np.percentile(depth, 60)) * 0.3 + 0.5)
    values = np.clip((paper + ink - 2 * cells) / depth, -1, 1)
    dazzled = (cells > _DAZZLED) & (float(np.percentile(cells, 70)) < _DAZZLED - 8)
    return (
        np.asarray(values, np.float32),
        np.asarray(-2 * ends / depth, np.float32),
        np.asarray(np.where(dazzled, 0.02, 1.0), np.float32),
    )


def equalised(values: Floats, ends: Floats, layout: ecc200.Layout) -> Floats:
    """The values of the modules with their neighbours' share taken out.

    Blur, smear and ink gain mix each module with its neighbours. The equaliser is fitted by least squares
    to the finder, which is known, and to what the modules themselves say, in turns.
    """
    found, fixed = values, layout.fixed
    for _ in range(2):
        target = np.where(fixed >= 0, 2.0 * fixed - 1.0, np.sign(found)).astype(np.float32)
        weight = np.where(fixed >= 0, 2.0, np.minimum(1.0, np.abs(found))).astype(np.float32)
        found = _equalised(values, ends, target, weight)
    return found


def _equalised(values: Floats, ends: Floats, target: Floats, weight: Floats) -> Floats:
    half = _TAPS // 2
    # Beyond the symbol lies paper.
    padded = np.pad(values, half, constant_values=-1.0)
    rows, columns = values.shape
    taps = np.stack(
        [padded[r : r + rows, c : c + columns].ravel() for r in range(_TAPS) for c in range(_TAPS)]
        + [end.ravel() for end in ends]
        + [np.ones(values.size, np.float32)],
        axis=1,
    )
    scaled = taps * weight.ravel()[:, None]
    normal = scaled.T @ taps
    ridge = _RIDGE * float(np.trace(normal)) / len(normal)
    normal[np.diag_indices_from(normal)] += ridge
    answer = scaled.T @ target.ravel()
    answer[_TAPS * half + half] += ridge  # towards leaving each module as it is
    return np.asarray((taps @ np.linalg.solve(normal, answer)).reshape(rows, columns), np.float32)


def corrected(values: Floats, belief: Floats, layout: ecc200.Layout) -> Iterator[ecc200.Corrected]:
    """Messages that the modules may be, with growing numbers of codewords given up as unknown."""
    words = layout.codewords(values > 0)
    order = np.argsort(layout.doubts(np.abs(values) * belief))
    most = layout.ecc - ecc200.SPARE * layout.blocks
    for share in _ERASED:
        try:
            yield layout.correct(words, order[: int(most * share)].tolist())
        except ecc200.Uncorrectable:
            continue


def message(codewords: tuple[int, ...], layout: ecc200.Layout) -> zxingcpp.Barcode | None:
    """What corrected codewords say, read by zxing-cpp from the perfect symbol."""
    modules = np.pad(layout.modules(codewords), 2)
    picture = np.where(modules, 0, 255).astype(np.uint8).repeat(4, axis=0).repeat(4, axis=1)
    found = zxingcpp.read_barcodes(
        picture, formats=_DATA_MATRIX, try_invert=False, try_downscale=False, is_pure=True
    )
    return found[0] if len(found) == 1 and found[0].valid else None
