"""Linear codes, read by two independent readers: zxing-cpp and ZBar.

The checks of linear codes are weak. In 9,900 damaged frames (`python -m benchmarks linear` makes such ones)
EAN-13, EAN-8 and ITF-14 with a right check digit were wrong 11 times by zxing-cpp and 69 times by ZBar, never
by both alike; scan lines that repeat a reading prove nothing, for a bar that is printed wrong is wrong on
all of them. A Code 128 of 20 digits came through its modulo 103 with two characters wrong; one that also
fits GS1 grammar with its check digit never did. So:

* GS1-128 stands on one reader's word, once its grammar and check digits are right;
* EAN, ITF and the Chinese code are set upright and enlarged, and must be read alike by both, over most of the
  height of the bars: leaning scratches once made another valid EAN of a third of the rows, for both readers;
* where readers contradict each other, nothing is read.

Without ZBar, only GS1-128 is ever accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from scanner import bars, enhance, grammar, upright, zbar
from scanner.decoder import LINEAR, decode
from scanner.symbols import Symbol

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"

_STEP = 2  # pixels between ZBar's scan lines: half its time, one reading in sixty lost
_HALF_READ = 2.5  # ZBar tells the place of an EAN by either half of it
_MOST = 0.5  # of the height of the bars
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


def _judged(grey: Grey, symbol: Symbol, readings: list[Symbol], *, by_zxing: bool) -> Symbol | None:
    """The symbol, accepted or not; None where its place reads differently too."""
    others = [one for one in readings if one is not symbol and one.same_place(symbol)]
    if any(_contradicts(one, symbol) for one in others):
        return None
    if not grammar.accepted(symbol.text, symbol.symbology):
        return replace(symbol, accepted=False)
    if grammar.claims_gs1(symbol.symbology):
        return replace(symbol, accepted=True)
    confirmed = _look_closer(grey, symbol, by_zxing=by_zxing)
    return None if confirmed is None else replace(symbol, accepted=confirmed)


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


def _look_closer(grey: Grey, symbol: Symbol, *, by_zxing: bool) -> bool | None:
    """Whether both readers read the symbol, ZBar over most of the height of its bars, when it is set upright
    and enlarged. What zxing-cpp has read before (`by_zxing`) it need not read again. None where either reads
    something else there.
    """
    code = upright.view(grey, symbol, widen=1.0 if by_zxing else _HALF_READ)
    for scale, treat in _AGAIN:
        if max(code.shape) * scale > _LARGEST:
            continue
        large = enhance.resize(code, scale)
        large = np.ascontiguousarray(treat(large) if treat else large)
        second = [one for one, _ in zbar.read(large, (symbol.format,))]
        first = [] if by_zxing else decode(large, (symbol.format,)).symbols
        middle = (large.shape[1] / 2, large.shape[0] / 2)
        if any(one.text != symbol.text and one.covers(middle) for one in first + second):
            return None
        by_zxing = by_zxing or any(one.text == symbol.text for one in first)
        shares = [upright.share_read(large, one) for one in second if one.text == symbol.text]
        if by_zxing and max(shares, default=0.0) >= _MOST:
            return True
    return False
