"""The label of a pack: its GS1 DataMatrix, with the text beside or below it, as the label's shape asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from scanner.codes import data_matrix
from scanner.labels.column import Column, Said, column
from scanner.labels.dimensions import MATRIX_QUIET, PACK_MATRIX, whole_dots
from scanner.labels.label import Label
from scanner.labels.sheet import Block, Modules, Sheet, Text
from scanner.labels.stock import Size

LEAST_TEXT_PT, EASY_TEXT_PT = 4.4, 6.0
"""Human-readable interpretation is never smaller than the first; what is easy to read is tried first."""
SURE_MODULE_MM = 0.37  # a webcam reads this well: text gives way before the module gets smaller
_FREE = 2  # modules left blank about the code: one more than GS1 asks for, since rolls wander
_POINTS_PER_INCH = 72
_MOST_TEXT_PT = (7.5, 14.0)


class _Frame(NamedTuple):
    """The label, in dots, with its margin and the code that goes on it."""

    width: int
    height: int
    margin: int
    modules: Modules
    dpi: int


def arrange(label: Label, size: Size, dpi: int, module_mm: float | None) -> Sheet | None:
    """A pack label laid out; None where its code and text do not fit.

    Tried in turn, the first that fits is taken: everything in easy text; small text, then without the free
    lines; the same with finer modules; then without the name; last without plain text.
    """
    frame = _frame(label, size, dpi)
    for module, said, least in _wishes(dpi, module_mm):
        most = max(least, _points(_most_text(size), dpi))
        found = [
            placed
            for place in (_beside, _below)
            if (placed := place(label, frame, module, said, range(most, least - 1, -1))) is not None
        ]
        if found:
            return max(found, key=lambda one: one[0])[1]
    return None


def _frame(label: Label, size: Size, dpi: int) -> _Frame:
    margin = min(3.0, max(0.8, min(size) * 0.05))
    return _Frame(
        whole_dots(size[0], dpi),
        whole_dots(size[1], dpi),
        whole_dots(margin, dpi),
        data_matrix(label.element_string),
        dpi,
    )


def _wishes(dpi: int, module_mm: float | None) -> Iterator[tuple[int, Said, int]]:
    """What to try, best first: dots a module, what is said, least height of text in dots."""
    modules = PACK_MATRIX.steps(dpi) if module_mm is None else [PACK_MATRIX.nearest(dpi, module_mm)]
    sure = [module for module in modules if module >= whole_dots(SURE_MODULE_MM, dpi)]
    fine = [module for module in modules if module not in sure]
    named = [Said(), Said(lines=False)]
    bare = [Said(name=False, lines=False), Said(name=False, lines=False, plain=False)]
    wishes = [([Said()], sure, EASY_TEXT_PT)]
    for levels in (named, bare):
        wishes += [(levels, some, LEAST_TEXT_PT) for some in (sure, fine)]
    for levels, some, points in wishes:
        for said in levels:
            for module in some:
                yield module, said, _points(points, dpi)


def _most_text(size: Size) -> float:
    """Points of the largest text that looks well on a label of this size."""
    return min(_MOST_TEXT_PT[1], max(_MOST_TEXT_PT[0], min(size) * 0.25))


def _points(points: float, dpi: int) -> int:
    return round(points * dpi / _POINTS_PER_INCH)


def _beside(label: Label, frame: _Frame, module: int, said: Said, sizes: range) -> tuple[int, Sheet] | None:
    """Text at the right of the code, both centred on the height."""
    side, quiet = _side(frame, module)
    edge = max(frame.margin, quiet)
    left = edge + side + max(quiet, frame.margin)
    if side + 2 * quiet > frame.height:
        return None
    room, tall = frame.width - frame.margin - left, frame.height - 2 * frame.margin
    text = _largest(label, said, sizes, room, tall)
    if text is None:
        return None
    block = Block(edge, (frame.height - side) // 2, module, frame.modules, MATRIX_QUIET)
    texts = text.texts(left, (frame.height - text.height) // 2)
    return text.size, _sheet(frame, block, texts, said, label)


def _below(label: Label, frame: _Frame, module: int, said: Said, sizes: range) -> tuple[int, Sheet] | None:
    """Text under the code, both centred on the width."""
    side, quiet = _side(frame, module)
    if side + 2 * quiet > frame.width:
        return None
    edge = max(frame.margin, quiet)
    gap = max(quiet, frame.margin)
    room, tall = frame.width - 2 * frame.margin, frame.height - edge - side - gap - frame.margin
    text = _largest(label, said, sizes, room, tall)
    if text is None:
        return None
    spare = (frame.height - edge - side - gap - text.height - frame.margin) // 2
    block = Block((frame.width - side) // 2, edge + spare, module, frame.modules, MATRIX_QUIET)
    texts = text.texts((frame.width - text.width) // 2, block.y + side + gap)
    return text.size, _sheet(frame, block, texts, said, label)


def _side(frame: _Frame, module: int) -> tuple[int, int]:
    """Side of the code and its quiet zone, in dots."""
    return int(frame.modules.shape[0]) * module, _FREE * module


def _largest(label: Label, said: Said, sizes: range, room: int, tall: int) -> Column | None:
    for size in sizes:
        text = column(label, said, size, room)
        if text is not None and text.height <= tall:
            return text
    return None


def _sheet(frame: _Frame, block: Block, texts: list[Text], said: Said, label: Label) -> Sheet:
    present = {"name": label.title, "lines": label.lines, "plain text": label.plain}
    left_out = tuple(word for word in said.left_out if present[word])
    return Sheet("pack", frame.width, frame.height, frame.dpi, (block, *texts), left_out)
