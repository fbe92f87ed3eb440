"""Reads symbols in a picture: the cheap answer first, then whatever the time allows where a code is likely.

1. zxing-cpp for Data Matrix alone over the whole picture: small codes are lost when it looks for all formats.
2. Where print is left unexplained, the other formats asked for, once.
3. Regions (found but unread, then textured) climb the ladder of treatments together, breadth first, until
   the budget is spent. Only matrix codes, whose error correction vouches for them, are taken from there.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from scanner import ScannerError, enhance, linear, regions
from scanner.decoder import LINEAR, MATRIX, decode, verify_formats
from scanner.symbols import Corners, Sight, Symbol

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"

BUDGET = 0.25
DEFAULT_FORMATS = ("DataMatrix", "QRCode", "Code128")

_MARGIN = 0.2  # of a region's side, added on each side for the quiet zone
_LARGEST_SCALE, _SMALLEST_SCALE = 4.0, 0.4
_SMALL_GRID = 64  # cells; so small a picture is always looked at again
_OPEN_CELLS = 4  # textured cells left over from which on a second look is worth its time
_GLANCES, _GLANCE_RUNGS = 8, 2  # unlikely regions looked at, and rungs that they get
_PRINTED = 6.0  # mean grey step a cell from which on something may be printed there
_CONTROLS = frozenset("\x1d\x1e\x04\r\n\t")


def read_symbols(
    grey: NDArray[np.uint8],
    budget: float | None = BUDGET,
    formats: Sequence[str] = DEFAULT_FORMATS,
) -> list[Symbol]:
    """Every physical symbol read in `grey`, from top to bottom.

    `grey` is a picture of uint8: two-dimensional grey, or three-dimensional BGR. `budget` is in seconds of
    wall clock: the first pass always runs to its end (30 ms for a 720p frame of pure noise), what follows
    stops at the budget; None climbs the whole ladder. `formats` are names out of `decoder.FORMATS`.

    Two separate symbols with the same message are two symbols. Nothing that the decoder marks as wrong is
    returned, and no place that reads as two different messages. Raises ScannerError for another kind of
    array or an unknown format.
    """
    return look(grey, budget, formats).symbols


def look(
    grey: NDArray[np.uint8],
    budget: float | None = BUDGET,
    formats: Sequence[str] = DEFAULT_FORMATS,
) -> Sight:
    """As `read_symbols`, and the places that look like a code but were not read, likeliest first."""
    start = time.monotonic()
    picture = _verify_picture(grey)
    wanted = verify_formats(formats)
    search = _Search(picture, tuple(f for f in wanted if f in MATRIX), regions.measure(picture))
    search.first_pass(wanted)
    if search.matrix and (budget is None or time.monotonic() - start < budget):
        search.climb(None if budget is None else start + budget)
    symbols = sorted(search.symbols, key=lambda symbol: (symbol.centre[1], symbol.centre[0]))
    return Sight(symbols, [])


def _verify_picture(picture: Any) -> Grey:
    if not isinstance(picture, np.ndarray):
        raise ScannerError("Expected a picture as a numpy array, got %(got)s", got=type(picture).__name__)
    grey_shape = picture.ndim == 2
    bgr_shape = picture.ndim == 3 and picture.shape[2] == 3
    if picture.dtype != np.uint8 or not (grey_shape or bgr_shape) or picture.size == 0:
        raise ScannerError(
            "Expected a picture of uint8, height x width (grey) or height x width x 3 (BGR), "
            "got %(dtype)s %(shape)s",
            dtype=picture.dtype,
            shape=" x ".join(str(n) for n in picture.shape) or "scalar",
        )
    return np.ascontiguousarray(picture if grey_shape else to_grey(picture))


def to_grey(frame: NDArray[np.uint8]) -> Grey:
    """A BGR frame as grey, by the luma weights of ITU-R BT.601."""
    cv2 = enhance.opencv()
    if cv2 is not None:
        return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), np.uint8)
    return np.asarray(frame @ np.array([0.114, 0.587, 0.299], np.float32) + 0.5, np.uint8)


@dataclass(slots=True)
class _Search:
    """What is known about one picture so far."""

    grey: Grey
    matrix: tuple[str, ...]
    edges: regions.Edges
    symbols: list[Symbol] = field(default_factory=list)
    leads: list[Corners] = field(default_factory=list)
    disputed: list[Symbol] = field(default_factory=list)

    def first_pass(self, wanted: tuple[str, ...]) -> None:
        if "DataMatrix" in wanted:
            found = decode(self.grey, ("DataMatrix",))
            self.leads = found.leads
            for symbol in found.symbols:
                self.take(symbol)
        others = tuple(name for name in wanted if name != "DataMatrix")
        if others and self.unexplained_print():
            self.other_formats(others)

    def unexplained_print(self) -> bool:
        """Whether enough is printed outside of the symbols read so far to be worth a second look."""
        left_over = regions.cover(self.edges.bold, self.symbols) > _PRINTED + self.edges.floor
        return left_over.size < _SMALL_GRID or int(np.count_nonzero(left_over)) >= _OPEN_CELLS

    def other_formats(self, names: tuple[str, ...]) -> None:
        found = decode(self.grey, names).symbols
        for symbol in linear.agreed(self.grey, [s for s in found if s.format in LINEAR]):
            self.take(symbol)
        for symbol in found:
            if symbol.format in MATRIX:
                self.take(symbol)

    def take(self, symbol: Symbol) -> bool:
        """Add a reading. A place read as two different messages is given up: one of them is wrong."""
        if any(other.same_place(symbol) for other in self.disputed):
            return False
        for known in self.symbols:
            if known.same_place(symbol):
                if (known.text, known.symbology) == (symbol.text, symbol.symbology):
                    return False
                if known.format in MATRIX and symbol.format in LINEAR:
                    return False
                self.symbols.remove(known)
                self.disputed.append(known)
                return False
        self.symbols.append(symbol)
        return True

    def climb(self, deadline: float | None) -> None:
        """Try each open region on each rung, all regions on one rung before the next rung."""
        likely, others = self.open_regions()
        for number, rung in enumerate(enhance.LADDER):
            for region in likely + others if number < _GLANCE_RUNGS else likely:
                if deadline is not None and time.monotonic() >= deadline:
                    return
                if not self.explained(region):
                    self.look(region, rung)

    def open_regions(self) -> tuple[list[regions.Region], list[regions.Region]]:
        """Regions worth the whole ladder, and a few worth a glance.

        Once codes have been read, more of their kind are likely, and the text beside them is not.
        """
        leads = regions.from_leads(self.leads)
        cells = regions.cover(self.edges.fine, self.symbols)
        textured = regions.from_texture(cells, self.edges.floor) + regions.close_up(self.grey)
        found = [r for r in regions.rank(leads + textured) if not self.explained(r)]
        read = [symbol for symbol in self.symbols if symbol.format in MATRIX]
        if not read:
            return found, []
        likely = [r for r in found if r in leads or regions.alike(r, read, self.edges.fine)]
        return likely, [r for r in found if r not in likely][:_GLANCES]

    def explained(self, region: regions.Region) -> bool:
        return any(region.holds(symbol) for symbol in self.symbols)

    def look(self, region: regions.Region, rung: enhance.Rung) -> None:
        left, top, right, bottom = region.box(self.grey.shape, _MARGIN)
        piece = self.grey[top:bottom, left:right]
        if min(piece.shape) < regions.CELL:
            return
        scale = min(max(rung.side / max(piece.shape), _SMALLEST_SCALE), _LARGEST_SCALE)
        treated = np.ascontiguousarray(rung.treat(enhance.resize(piece, scale)))
        for name in self.matrix:
            found = decode(
                treated,
                (name,),
                origin=(float(left), float(top)),
                scale=scale,
                global_threshold=rung.global_threshold,
            )
            for symbol in found.symbols:
                if _plausible(symbol):
                    self.take(symbol)


def _plausible(symbol: Symbol) -> bool:
    """Whether a reading from the ladder can be a printed message: no stray control characters, and a
    message long enough that its error correction means something."""
    stray = any(ord(c) < 32 and c not in _CONTROLS for c in symbol.text)
    return len(symbol.text) >= 4 and not stray
