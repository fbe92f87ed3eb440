"""What labels are printed on: sheets of label stock for an office printer, rolls for a label printer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from scanner import ScannerError

Size: TypeAlias = tuple[float, float]
Kind: TypeAlias = Literal["pack", "logistic"]

LEAST_MM, MOST_MM = 10.0, 420.0  # a side of a label that anybody prints


@dataclass(frozen=True, slots=True)
class Cut:
    """How a sheet is cut into labels: width and height of one, and the gaps between them, in mm.

    `rows` is how many there are where that is fewer than would fit.
    """

    size: Size
    gaps: Size = (0.0, 0.0)
    rows: int = 100


@dataclass(frozen=True, slots=True)
class Stock:
    """A sheet, cut one way for packs and another for logistic units; or a roll, where a page is a label."""

    name: str
    page: Size
    pack: Cut
    logistic: Cut

    @property
    def is_roll(self) -> bool:
        """Whether each label is a page of its own."""
        return self.pack.size == self.page == self.logistic.size

    def cut(self, kind: Kind) -> Cut:
        """How this stock is cut for labels of a kind."""
        return self.pack if kind == "pack" else self.logistic

    def places(self, kind: Kind) -> list[Size]:
        """Upper left corner, in mm, of each label on a page, in reading order, centred on the page."""
        cut = self.cut(kind)
        (width, height), (gap_x, gap_y) = cut.size, cut.gaps
        columns = int((self.page[0] + gap_x + 0.01) // (width + gap_x))
        rows = min(cut.rows, int((self.page[1] + gap_y + 0.01) // (height + gap_y)))
        left = (self.page[0] - columns * width - (columns - 1) * gap_x) / 2
        top = (self.page[1] - rows * height - (rows - 1) * gap_y) / 2
        return [
            (left + column * (width + gap_x), top + row * (height + gap_y))
            for row in range(rows)
            for column in range(columns)
        ]


# Stock that shops sell: 24 labels on A4 (63.5 x 33.9 mm), 30 on Letter (2 5/8 x 1 inch), and quarters of
# either sheet for logistic units; an A6 label is the smallest that the GS1 Logistic Label Guideline shows.
_QUARTER = Cut((105.0, 148.0))
_A4_PACK = Cut((63.5, 33.9), (2.5, 0.0))
SHEETS = {
    stock.name: stock
    for stock in (
        Stock("A4", (210.0, 297.0), _A4_PACK, _QUARTER),
        Stock("Letter", (215.9, 279.4), Cut((66.7, 25.4), (3.1, 0.0), rows=10), Cut((107.9, 139.7))),
        Stock("A5", (148.0, 210.0), _A4_PACK, Cut((148.0, 210.0))),
        Stock("A6", (105.0, 148.0), _A4_PACK, _QUARTER),
    )
}


def roll(width: float, height: float, name: str = "") -> Stock:
    """A roll of labels, `width` x `height` mm each."""
    cut = Cut((width, height))
    return Stock(name or f"{width:g}x{height:g}", (width, height), cut, cut)


# Rolls in common use, smallest first; 60 x 16 goes round a vial, 4 x 6 inch is the parcel label.
ROLLS = {
    stock.name: stock
    for stock in (
        roll(20, 20),
        roll(30, 20),
        roll(60, 16),
        roll(40, 25),
        roll(50, 25),
        roll(50, 30),
        roll(58, 40),
        roll(76, 51),
        roll(100, 50),
        roll(100, 100),
        roll(100, 150),
        roll(101.6, 152.4, "4x6in"),
        roll(105, 148),
        roll(148, 210),
    )
}

_MEASURES = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)\s*[x×*]\s*(\d{1,3}(?:\.\d{1,2})?)\s*(mm|in)?", re.ASCII)


def parse_stock(text: str) -> Stock:
    """A stock by its name (`A4`, `58x40`, `4x6in`), or a roll of any other size: `70x45`, `2x1in`.

    Raises ScannerError for anything else, and for sides that no label has.
    """
    for name, stock in (SHEETS | ROLLS).items():
        if text.strip().lower() == name.lower():
            return stock
    found = _MEASURES.fullmatch(text.strip().lower())
    if found is None:
        raise ScannerError(
            "Expected a size out of %(known)s, or width x height in millimetres such as 70x45, got %(got)s",
            known=", ".join((*SHEETS, *ROLLS)),
            got=repr(text),
        )
    scale = 25.4 if found[3] == "in" else 1.0
    return roll(*verify_size((float(found[1]) * scale, float(found[2]) * scale)))


def verify_size(size: Size) -> Size:
    """A size that labels have, else ScannerError."""
    if not all(LEAST_MM <= side <= MOST_MM for side in size):
        raise ScannerError(
            "Expected a label of %(least)s to %(most)s mm a side, got %(got)s mm",
            least=f"{LEAST_MM:g}",
            most=f"{MOST_MM:g}",
            got=named_size(size),
        )
    return size


def named_size(size: Size) -> str:
    """A size as people write it: 50 x 30."""
    return " x ".join(f"{side:g}" for side in size)
