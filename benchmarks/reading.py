"""The reader under test beside its anchor: plain zxing-cpp, for Data Matrix alone, on the same pictures."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import zxingcpp

from scanner.reader import read_symbols

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"

FORMATS = ("DataMatrix",)
_ANCHOR_FORMATS = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)


def ours(grey: Grey, budget: float | None) -> list[str]:
    """The messages that our reader gives within `budget` seconds."""
    return [symbol.text for symbol in read_symbols(grey, budget=budget, formats=FORMATS)]


def anchor(grey: Grey) -> list[str]:
    """The messages that zxing-cpp gives with its defaults."""
    found = zxingcpp.read_barcodes(grey, formats=_ANCHOR_FORMATS)
    return [barcode.bytes.decode("latin-1") for barcode in found]


@dataclass(slots=True)
class Side:
    """What one of the two readers did: codes read, milliseconds a picture, messages that stood nowhere."""

    read: int = 0
    ms: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def take(self, run: Callable[[], Sequence[str]], truths: Collection[str]) -> list[str]:
        """Let the reader look at a picture that holds `truths`; returns what it read rightly."""
        start = time.perf_counter()
        texts = run()
        self.ms.append((time.perf_counter() - start) * 1000)
        right = sorted(set(texts) & set(truths))
        self.read += len(right)
        self.wrong += [text for text in texts if text not in truths]
        return right

    @property
    def mean_ms(self) -> float:
        return fmean(self.ms)


@dataclass(slots=True)
class Tally:
    """Both readers over a set of pictures."""

    shown: int = 0
    ours: Side = field(default_factory=Side)
    anchor: Side = field(default_factory=Side)

    def show(self, grey: Grey, truths: Sequence[str], budget: float | None) -> list[str]:
        """Let both look, one right after the other, so that a noisy host disturbs both alike; returns what
        our reader read."""
        self.shown += len(truths)
        self.anchor.take(lambda: anchor(grey), truths)
        return self.ours.take(lambda: ours(grey, budget), truths)

    @property
    def rate(self) -> float:
        """Share of the codes shown that our reader read."""
        return self.ours.read / self.shown

    @property
    def anchor_rate(self) -> float:
        return self.anchor.read / self.shown
