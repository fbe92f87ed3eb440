"""Linear codes, read by two independent readers: zxing-cpp and ZBar.

The checks of linear codes are weak. In 9,900 damaged frames (`python -m benchmarks linear` makes such ones)
EAN-13, EAN-8 and ITF-14 with a right check digit were wrong 11 times by zxing-cpp and 69 times by ZBar, never
by both alike; scan lines that repeat a reading prove nothing, for a bar that is printed wrong is wrong on
all of them. A Code 128 of 20 digits came through its modulo 103 with two characters wrong; one that also
fits GS1 grammar with its check digit never did. So:

* a code read alike by both is accepted, once its own checks are right;
* EAN, ITF and the Chinese code read by one only are shown enlarged to the other, which must read the same;
* GS1-128 stands on one reader's word;
* where readers contradict each other, nothing is read.

Without ZBar, only GS1-128 is ever accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from scanner import bars, enhance, grammar, zbar
from scanner.decoder import LINEAR, decode
from scanner.symbols import Symbol

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"

_STEP = 2  # pixels between ZBar's scan lines: half its time, one reading in sixty lost
_MARGIN = 24  # pixels about a code given to a second look: its quiet zones
# How a place is shown again. Of 157 readings by one reader the other then confirmed 74 at twice the size, 10
# more at three times, and 9 more at twice and sharpened.
_AGAIN: tuple[tuple[float, Callable[[Grey], Grey] | None], ...] = (
    (2.0, None),
    (3.0, None),
    (2.0, lambda grey: enhance.sharpen(grey, 3.0, 1.5)),
)
_LARGEST = 2400  # pixels a side, beyond which nothing is enlarged


def read(grey: Grey, formats: Sequence[str], *, raw: bool = False) -> list[Symbol]:
    """The linear codes in `grey` (contiguous uint8, two-dimensional) out of `formats`.

    Names of `formats` that are no linear codes are passed over. With `raw`, what no second reader and no
    grammar vouches for is given too, not accepted; what readers disagree about never is.
    """
    wanted = tuple(name for name in formats if name in LINEAR)
    if not wanted:
        return []
    first = decode(grey, wanted).symbols
    second = _second_reading(grey, wanted)
    found = []
    for symbol in first + [one for one in second if not _read_alike(one, first)]:
        judged = _judged(grey, symbol, first + second, by_zxing=symbol in first)
        if judged is not None and (raw or judged.accepted):
            found.append(judged)
    return found


def _second_reading(grey: Grey, formats: Sequence[str]) -> list[Symbol]:
    """What ZBar reads in `grey`, where it has bars."""
    found = []
    for left, top, right, bottom in bars.places(grey) if zbar.available() else []:
        piece = np.ascontiguousarray(grey[top:bottom, left:right])
        found += [_moved(one, left, top) for one, _ in zbar.read(piece, formats, step=_STEP)]
    return found


def agreed(grey: Grey, symbols: list[Symbol]) -> list[Symbol]:
    """Those of zxing-cpp's linear `symbols` that ZBar does not contradict."""
    second = _second_reading(grey, LINEAR) if symbols else []
    judged = (_judged(grey, symbol, symbols + second, by_zxing=True) for symbol in symbols)
    return [symbol for symbol in judged if symbol is not None]


def _judged(grey: Grey, symbol: Symbol, readings: list[Symbol], *, by_zxing: bool) -> Symbol | None:
    """The symbol, accepted or not; None where its place reads differently too."""
    right = grammar.accepted(symbol.text, symbol.symbology)
    others = [one for one in readings if one is not symbol and one.same_place(symbol)]
    if any(_contradicts(one, symbol) for one in others):
        return None
    vouched = grammar.claims_gs1(symbol.symbology) or any(one.text == symbol.text for one in others)
    if not right or vouched:
        return replace(symbol, accepted=right)
    again = _look_closer(grey, symbol, by_zxing=by_zxing)
    if any(text != symbol.text for text in again):
        return None
    return replace(symbol, accepted=bool(again))


def _moved(symbol: Symbol, x: int, y: int) -> Symbol:
    first, second, third, fourth = ((px + x, py + y) for px, py in symbol.corners)
    return replace(symbol, corners=(first, second, third, fourth))


def _read_alike(symbol: Symbol, others: list[Symbol]) -> bool:
    return any(_alike(symbol, one) and one.same_place(symbol) for one in others)


def _alike(one: Symbol, other: Symbol) -> bool:
    return (one.format, one.text) == (other.format, other.text)


def _contradicts(one: Symbol, other: Symbol) -> bool:
    """Whether two readings of a place cannot both be: equal kinds with unlike texts, or two kinds of which
    `other` is no better checked. (ZBar finds ITF among the bars of longer codes.)"""
    if one.format == other.format:
        return one.text != other.text
    return other.format != "Code128" and grammar.accepted(one.text, one.symbology)


def _look_closer(grey: Grey, symbol: Symbol, *, by_zxing: bool) -> list[str]:
    """What the reader that has not read the symbol reads at its place, enlarged: all its texts, or none."""
    xs, ys = [x for x, _ in symbol.corners], [y for _, y in symbol.corners]
    left, top = max(0, int(min(xs)) - _MARGIN), max(0, int(min(ys)) - _MARGIN)
    piece = grey[top : int(max(ys)) + _MARGIN, left : int(max(xs)) + _MARGIN]
    for scale, treat in _AGAIN:
        if max(piece.shape) * scale > _LARGEST:
            continue
        large = enhance.resize(piece, scale)
        large = np.ascontiguousarray(treat(large) if treat else large)
        if by_zxing:
            texts = [one.text for one, _ in zbar.read(large, (symbol.format,))]
        else:
            texts = [one.text for one in decode(large, (symbol.format,)).symbols]
        if texts:
            return texts
    return []
