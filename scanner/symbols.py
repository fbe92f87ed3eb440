"""What a reader found: one symbol in a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]
Corners: TypeAlias = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class Symbol:
    """One physical symbol in one picture.

    `text` is the message, FNC1 separators as `"\\x1d"`, without symbology identifier.
    `symbology` is the symbology identifier (ISO/IEC 15424), such as `"]d2"`; `format` a name such as
    `"DataMatrix"`. `corners` are four (x, y) pairs in pixels of the picture that was read, clockwise as
    printed, from the symbol's own top left corner: an upside-down symbol starts at the lower right.
    `accepted` says that error correction, GS1 grammar and check digits all agree. A symbol that is not
    accepted was decoded, but is no GS1 code or a broken one: raw text, to be shown and never acted upon.
    """

    text: str
    symbology: str
    format: str
    corners: Corners
    accepted: bool = False

    @property
    def element_text(self) -> str:
        """Symbology identifier and message, as a scanner transmits them to a GS1 parser."""
        return self.symbology + self.text

    @property
    def centre(self) -> Point:
        """Mean of the corners, in pixels."""
        return (sum(x for x, _ in self.corners) / 4, sum(y for _, y in self.corners) / 4)

    @property
    def size(self) -> float:
        """Longer diagonal over the square root of two: the side of a square symbol, in pixels."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self.corners
        return max(math.hypot(ax - cx, ay - cy), math.hypot(bx - dx, by - dy)) / math.sqrt(2)

    def covers(self, point: Point) -> bool:
        """Whether `point` lies inside the (convex) outline, in either direction of turn."""
        x, y = point
        turns = []
        for (ax, ay), (bx, by) in zip(self.corners, self.corners[1:] + self.corners[:1], strict=True):
            turns.append((bx - ax) * (y - ay) - (by - ay) * (x - ax))
        return all(turn >= 0 for turn in turns) or all(turn <= 0 for turn in turns)

    def same_place(self, other: Symbol) -> bool:
        """Whether both outlines are of one physical symbol: either covers the other's centre."""
        return self.covers(other.centre) or other.covers(self.centre)

    def as_json(self) -> dict[str, object]:
        """The symbol as JSON-able values; corners rounded to a tenth of a pixel."""
        corners = [[round(x, 1), round(y, 1)] for x, y in self.corners]
        return {
            "text": self.text,
            "symbology": self.symbology,
            "format": self.format,
            "accepted": self.accepted,
            "corners": corners,
        }


@dataclass(frozen=True, slots=True)
class Unread:
    """A place that looks like a code and was not read: its outline, in pixels of the picture.

    `score` orders places of one picture, likeliest highest. It is no probability.
    """

    corners: Corners
    score: float


@dataclass(frozen=True, slots=True)
class Sight:
    """All that one picture shows: the symbols read, and the places that should be looked at again."""

    symbols: list[Symbol]
    unread: list[Unread]
