"""Linear codes: read once by zxing-cpp, and a second time by pyzbar where that is installed.

The checks of linear codes are weak (modulo 10 lets one wrong ITF-14 in ten pass), so two independent readers
must agree on a place that both read. The ladder of treatments is never used on them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from scanner.symbols import Symbol

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"

_MARGIN = 24  # pixels about the code given to the second reader: its quiet zone
_ZBAR_NAMES = {"Code128": "CODE128", "EAN13": "EAN13", "EAN8": "EAN8", "ITF14": "I25"}


@cache
def _pyzbar() -> Any:
    """The pyzbar module, or None where it or its library does not load."""
    try:
        from pyzbar import pyzbar
    except ImportError:
        return None
    return pyzbar


def agreed(grey: Grey, symbols: list[Symbol]) -> list[Symbol]:
    """The linear symbols out of `symbols` that no second reading of `grey` contradicts."""
    return [symbol for symbol in symbols if not contradicted(grey, symbol)]


def contradicted(grey: Grey, symbol: Symbol) -> bool:
    """Whether pyzbar reads the symbol's place, and reads something else there. False without pyzbar."""
    pyzbar = _pyzbar()
    wanted = _ZBAR_NAMES.get(symbol.format)
    if pyzbar is None or wanted is None:
        return False
    xs, ys = [x for x, _ in symbol.corners], [y for _, y in symbol.corners]
    left, top = max(0, int(min(xs)) - _MARGIN), max(0, int(min(ys)) - _MARGIN)
    piece = np.ascontiguousarray(grey[top : int(max(ys)) + _MARGIN, left : int(max(xs)) + _MARGIN])
    readings = []
    for reading in pyzbar.decode(piece, symbols=[pyzbar.ZBarSymbol[wanted]]):
        box = reading.rect
        centre = (box.left + box.width / 2 + left, box.top + box.height / 2 + top)
        if symbol.covers(centre):
            readings.append(_plain(reading.data.decode("latin-1")))
    return bool(readings) and _plain(symbol.text) not in readings


def _plain(text: str) -> str:
    """The message without a leading FNC1, which ZBar drops in some versions and keeps in others."""
    return text.removeprefix("\x1d")
