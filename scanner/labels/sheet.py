"""A laid-out label. Its one unit is the dot of the printer it is for, counted from the upper left corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from scanner.labels.dimensions import millimetres
from scanner.labels.stock import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

Modules: TypeAlias = "NDArray[np.bool_]"


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A symbol: its upper left corner, and the dots a module; `tall` is the height of bars, 0 for squares.

    `quiet` is the width, in modules, of the zone about it that must stay blank: left and right of bars,
    on all four sides of a matrix.
    """

    x: int
    y: int
    module: int
    modules: Modules
    quiet: int
    tall: int = 0

    @property
    def name(self) -> str:
        """What a person calls the symbol."""
        return "GS1-128" if self.tall else "GS1 DataMatrix"

    @property
    def rises(self) -> int:
        """Height of one row of modules."""
        return self.tall or self.module

    @property
    def width(self) -> int:
        """Width without quiet zones."""
        return int(self.modules.shape[1]) * self.module

    @property
    def height(self) -> int:
        """Height without quiet zones."""
        return int(self.modules.shape[0]) * self.rises


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text: `x`, `y` are the left end of its base line, `size` the height of an em, `width` the
    room it takes at most."""

    x: int
    y: int
    text: str
    size: int
    width: int
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A level line from `x` to `end`, its upper edge at `y`."""

    x: int
    y: int
    end: int
    thick: int = 1


@dataclass(frozen=True, slots=True)
class Sheet:
    """One laid-out label for a printer of `dpi`.

    `left_out` names what the label had no room for and can do without: "name", "lines", "plain text".
    """

    kind: Kind
    width: int
    height: int
    dpi: int
    parts: tuple[Block | Text | Rule, ...]
    left_out: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in millimetres."""
        return millimetres(self.width, self.dpi), millimetres(self.height, self.dpi)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The symbols, from the top."""
        return tuple(part for part in self.parts if isinstance(part, Block))

    @property
    def printed(self) -> tuple[str, ...]:
        """What results for each symbol: "GS1 DataMatrix 22 x 22, module 0.508 mm (6 dots at 300 dpi)"."""
        told = []
        for block in self.blocks:
            shape = "" if block.tall else " {} x {}".format(*block.modules.shape)
            size = millimetres(block.module, self.dpi)
            told.append(f"{block.name}{shape}, module {size:.3f} mm ({block.module} dots at {self.dpi} dpi)")
        return tuple(dict.fromkeys(told))


def runs(row: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and length of each run of dark modules: drawn as one, so that no hairline parts them."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], row, [False])).astype(np.int8)))
    return [(int(start), int(end - start)) for start, end in zip(edges[::2], edges[1::2], strict=True)]
