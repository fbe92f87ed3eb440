"""A column of text beside or below a symbol: name, free lines, plain text, human-readable interpretation."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.codes import readable
from scanner.labels.label import Label
from scanner.labels.lettering import CAPITAL, width, wrapped
from scanner.labels.sheet import Text

_LEADING = 1.28  # of an em, from base line to base line
_NAME_LINES = 4


@dataclass(frozen=True, slots=True)
class Said:
    """How much of a label is said: without lines where they have no room, then without the name."""

    name: bool = True
    lines: bool = True
    plain: bool = True

    @property
    def left_out(self) -> tuple[str, ...]:
        """What is not said."""
        parts = (("name", self.name), ("lines", self.lines), ("plain text", self.plain))
        return tuple(word for word, said in parts if not said)


@dataclass(frozen=True, slots=True)
class _Row:
    text: str
    size: int
    bold: bool
    gap: int
    """Free dots above the row."""


@dataclass(frozen=True, slots=True)
class Column:
    """Rows of text that fit a width; `size` is the em of the human-readable interpretation, in dots."""

    rows: tuple[_Row, ...]
    size: int

    @property
    def height(self) -> int:
        """From the top of the first capital to below the last descender."""
        first, last = self.rows[0], self.rows[-1]
        below = sum(row.gap + _rise(row.size) for row in self.rows[1:])
        return round(first.size * CAPITAL) + below + round(last.size * 0.24)

    @property
    def width(self) -> int:
        """The longest row."""
        return max(width(row.text, row.size, bold=row.bold) for row in self.rows)

    def texts(self, x: int, y: int) -> list[Text]:
        """The rows with the top of the column's first capital at `y` and its left end at `x`."""
        placed = []
        base = y + round(self.rows[0].size * CAPITAL)
        for number, row in enumerate(self.rows):
            if number:
                base += row.gap + _rise(row.size)
            long = width(row.text, row.size, bold=row.bold)
            placed.append(Text(x, base, row.text, row.size, long, row.bold))
        return placed


def column(label: Label, said: Said, size: int, room: int) -> Column | None:
    """The text of a label with its human-readable interpretation `size` dots high; None where a line that
    may not be broken is wider than `room`.

    Each element stands on a line of its own and is never broken (GS1 General Specifications 4.14). A name
    may take several lines; it is never cut, since what is cut off may be the strength.
    """
    human = readable(label.elements)
    if any(width(line, size) > room for line in human):
        return None
    rows: list[_Row] = []
    gap = round(size * 0.45)
    if said.name and label.title:
        large, broken = _name(label.title, size, room)
        if len(broken) > _NAME_LINES:
            return None
        rows += [_Row(line, large, bold=True, gap=0) for line in broken]
    if said.lines:
        small = max(round(size * 0.9), 1)
        for line in label.lines:
            rows += [
                _Row(part, small, bold=False, gap=0)
                for part in wrapped(line, room, lambda text: width(text, small))
            ]
    if said.plain and label.plain:
        facts = [f"{title} {content}" for title, content in label.plain]
        if any(width(fact, size, bold=True) > room for fact in facts):
            return None
        rows += [
            _Row(fact, size, bold=True, gap=gap if not number else 0) for number, fact in enumerate(facts)
        ]
    rows += [_Row(line, size, bold=False, gap=gap if not number else 0) for number, line in enumerate(human)]
    return Column(tuple(rows), size)


def _name(name: str, size: int, room: int) -> tuple[int, list[str]]:
    """The em of the name and its lines: a little smaller where that saves a line."""
    large = round(size * 1.15)
    lines, fewer = (_broken(name, em, room) for em in (large, size))
    return (size, fewer) if len(fewer) < len(lines) else (large, lines)


def _broken(name: str, em: int, room: int) -> list[str]:
    return wrapped(name, room, lambda text: width(text, em, bold=True))


def _rise(size: int) -> int:
    return round(size * _LEADING)
