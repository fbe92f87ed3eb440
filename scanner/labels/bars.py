"""The GS1-128 symbols at the foot of a logistic label, the SSCC lowest, each with its text under it."""

from __future__ import annotations

from functools import lru_cache

from scanner.codes import MOST_IN_GS1_128, gs1_128, readable
from scanner.labels.dimensions import BAR_HEIGHT_MM, BAR_QUIET, LOGISTIC_BARS, MOST_BAR_WIDTH_MM
from scanner.labels.label import Elements
from scanner.labels.lettering import CAPITAL, width
from scanner.labels.page import GAP_MM, Page, Piece, size_for
from scanner.labels.sheet import Block, Rule, Text

_EDGE_MM = 1.0  # free beside the quiet zones, since rolls wander in the printer
_UNDER_MM = 1.2  # from the bars to their text
_bars = lru_cache(maxsize=32)(gs1_128)  # a layout is tried in several ways: its symbols are drawn once


def foot(elements: Elements, page: Page, *, every: bool) -> Piece | None:
    """The bars, each with its interpretation under it; None where a symbol or its line is too wide.

    `every`: all elements have bars; else the SSCC alone.
    """
    widest = min(page.width - 2 * page.dots(_EDGE_MM), page.dots(MOST_BAR_WIDTH_MM))
    steps = LOGISTIC_BARS.steps(page.dpi)
    rows = _bar_rows(elements, widest // steps[-1], every=every)
    longest = max(map(_modules_of, rows))
    module = next((step for step in steps if longest * step <= widest), None)
    if module is None:
        return None
    parts: list[Block | Text | Rule] = []
    y, tall = 0, page.dots(BAR_HEIGHT_MM) + 1  # rounded up: the least height is kept
    for number, row in enumerate(rows):
        modules = _bars(row)
        y += page.dots(GAP_MM) if number else 0
        block = Block((page.width - int(modules.shape[1]) * module) // 2, y, module, modules, BAR_QUIET, tall)
        line = "  ".join(readable(row))
        size = size_for([line], page.width - 2 * page.dots(_EDGE_MM), page)
        if size is None:
            return None
        y += tall + page.dots(_UNDER_MM) + round(size * CAPITAL)
        long = width(line, size)
        parts += [block, Text((page.width - long) // 2, y, line, size, long)]
        y += round(size * 0.24)
    return Piece(tuple(parts), y)


def _bar_rows(elements: Elements, most: int, *, every: bool) -> list[Elements]:
    """The symbols, the SSCC last; others share one where both fit in `most` modules with quiet zones."""
    sscc = tuple(element for element in elements if element[0] == "00")
    shared: list[Elements] = []
    for element in (element for element in elements if element[0] != "00") if every else ():
        if shared and _modules_of((*shared[-1], element)) <= most:
            shared[-1] = (*shared[-1], element)
        else:
            shared.append((element,))
    return [*shared, *([sscc] if sscc else [])]


def _modules_of(elements: Elements) -> float:
    """Modules of a GS1-128 with its quiet zones; infinity for more than one holds."""
    if sum(len(ai) + len(value) for ai, value in elements) + len(elements) - 1 > MOST_IN_GS1_128:
        return float("inf")
    return int(_bars(elements).shape[1]) + 2 * BAR_QUIET
