"""What the pieces of a logistic label share: the label in dots, and a piece before it has its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scanner.labels.dimensions import whole_dots
from scanner.labels.lettering import CAPITAL, width
from scanner.labels.sheet import Block, Rule, Text

CAPITALS_MM = 3.0
"""Height of human-readable interpretation; where a symbol's line is too long for it, down to the next."""
LEAST_CAPITALS_MM = 2.0
MARGIN_MM = 3.0
GAP_MM = 2.0


class Piece(NamedTuple):
    """A part of the label with its own height: parts are placed from its upper left corner."""

    parts: tuple[Block | Text | Rule, ...]
    height: int


class Page(NamedTuple):
    """The label's size and margin, in dots."""

    width: int
    height: int
    dpi: int

    def dots(self, mm: float) -> int:
        return whole_dots(mm, self.dpi)

    def points(self, points: float) -> int:
        return round(points * self.dpi / 72)

    def em(self, capitals_mm: float) -> int:
        """Dots of an em whose capitals are so many millimetres high."""
        return round(self.dots(capitals_mm) / CAPITAL)

    @property
    def margin(self) -> int:
        return self.dots(MARGIN_MM)

    @property
    def room(self) -> int:
        return self.width - 2 * self.margin


def size_for(lines: Sequence[str], room: int, page: Page) -> int | None:
    """The em at which each line fits unbroken; None where even the least does not."""
    for size in range(page.em(CAPITALS_MM), page.em(LEAST_CAPITALS_MM) - 1, -1):
        if all(width(line, size) <= room for line in lines):
            return size
    return None
