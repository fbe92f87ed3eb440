"""The GS1 Logistic Label: words on top, the DataMatrix in the middle, GS1-128 at the foot, the SSCC lowest.

GS1 General Specifications 6.6: bars stand upright (picket fence), the SSCC is the lowest symbol of the
label, every symbol has its human-readable interpretation, plain text has its data titles beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from scanner.codes import data_matrix, readable
from scanner.labels.bars import foot
from scanner.labels.dimensions import LOGISTIC_MATRIX, MATRIX_QUIET, whole_dots
from scanner.labels.label import Elements, Label
from scanner.labels.lettering import CAPITAL, width, wrapped
from scanner.labels.page import GAP_MM, Page, Piece, size_for
from scanner.labels.sheet import Block, Rule, Sheet, Text
from scanner.labels.stock import Size

_PLAIN_MM = (7.0, 5.0, 4.0, 3.0, 2.5)  # 7 mm is what GS1 would like for plain text, where there is room
_TITLE_PT, _LINE_PT, _CAPTION_PT = (18.0, 16.0, 14.0, 12.0, 10.0), 9.5, 7.0
_matrix = lru_cache(maxsize=8)(data_matrix)  # a layout is tried in several ways: its symbol is drawn once


class _Content(NamedTuple):
    """Which symbols a label shows, and which text besides."""

    matrix: bool
    all_bars: bool
    plain: bool
    lines: bool = True
    name: bool = True

    def left_out(self, label: Label) -> tuple[str, ...]:
        """What the label says and this does not."""
        parts = (
            ("name", label.title, self.name),
            ("lines", label.lines, self.lines),
            ("plain text", label.plain, self.plain),
        )
        return tuple(word for word, said, shown in parts if said and not shown)


def arrange(label: Label, size: Size, dpi: int, module_mm: float | None) -> Sheet | None:
    """A logistic label laid out; None where it does not fit.

    A label that is too small for everything gives up, in turn: the plain text, the bars of elements that
    the DataMatrix carries as well, the DataMatrix, the free lines, the name. Its SSCC has bars in any case,
    and no element is lost.
    """
    page = Page(whole_dots(size[0], dpi), whole_dots(size[1], dpi), dpi)
    for content in _contents(label):
        sheet = _arranged(label, page, content, module_mm)
        if sheet is not None:
            return sheet
    return None


def _contents(label: Label) -> Iterator[_Content]:
    sscc = any(ai == "00" for ai, _ in label.elements)
    symbols = [(True, True), (False, True)]
    if sscc and len(label.elements) > 1:
        symbols.insert(1, (True, False))
    for matrix, all_bars in symbols:
        for plain in (True, False) if label.plain else (False,):
            yield _Content(matrix, all_bars, plain)
    for matrix, all_bars in symbols:
        yield _Content(matrix, all_bars, plain=False, lines=False)
    yield _Content(matrix=False, all_bars=True, plain=False, lines=False, name=False)


def _arranged(label: Label, page: Page, content: _Content, module_mm: float | None) -> Sheet | None:
    bars = foot(label.elements, page, every=content.all_bars)
    if bars is None:
        return None
    modules: Sequence[int] = (0,)
    if content.matrix:
        modules = (
            LOGISTIC_MATRIX.steps(page.dpi)
            if module_mm is None
            else [LOGISTIC_MATRIX.nearest(page.dpi, module_mm)]
        )
    for title_pt in _TITLE_PT:
        head = _head(label, page, content, title_pt)
        for module in modules:
            middle = _middle(label, page, module) if module else Piece((), 0)
            if middle is None:
                continue
            gaps = page.dots(GAP_MM) * (bool(head.height) + bool(middle.height) + content.plain)
            spare = page.height - 2 * page.margin - head.height - middle.height - bars.height - gaps
            plain = _plain(label, page, spare) if content.plain else Piece((), 0)
            if plain is not None and plain.height <= spare:
                return _stacked(page, [head, plain, middle], bars, content.left_out(label))
    return None


def _stacked(page: Page, pieces: Sequence[Piece], bars: Piece, left_out: tuple[str, ...]) -> Sheet:
    """Pieces from the top down with rules between them, the bars at the foot; spare room is shared out."""
    used = [piece for piece in pieces if piece.height]
    room = page.height - 2 * page.margin - sum(piece.height for piece in used) - bars.height
    gap = room // len(used) if used else 0
    parts: list[Block | Text | Rule] = []
    y = page.margin
    for piece in used:
        parts += [_moved(part, y) for part in piece.parts]
        y += piece.height
        parts.append(Rule(page.margin, y + gap // 2, page.width - page.margin, max(1, page.dots(0.25))))
        y += gap
    parts += [_moved(part, page.height - page.margin - bars.height) for part in bars.parts]
    return Sheet("logistic", page.width, page.height, page.dpi, tuple(parts), left_out)


def _moved(part: Block | Text | Rule, y: int) -> Block | Text | Rule:
    match part:
        case Block(x, top, module, modules, quiet, tall):
            return Block(x, top + y, module, modules, quiet, tall)
        case Text(x, base, text, size, long, bold):
            return Text(x, base + y, text, size, long, bold)
        case Rule(x, top, end, thick):
            return Rule(x, top + y, end, thick)


def _head(label: Label, page: Page, content: _Content, title_pt: float) -> Piece:
    """Title and free lines, wrapped and never cut."""
    parts: list[Block | Text | Rule] = []
    y = 0
    large, small = page.points(title_pt), page.points(_LINE_PT)
    title = label.title if content.name else ""
    for line in wrapped(title, page.room, lambda text: width(text, large, bold=True)):
        y += round(large * (1.2 if parts else CAPITAL))
        parts.append(Text(0, y, line, large, width(line, large, bold=True), bold=True))
    for free in label.lines if content.lines else ():
        for line in wrapped(free, page.room, lambda text: width(text, small)):
            y += round(small * (1.45 if parts else CAPITAL))
            parts.append(Text(0, y, line, small, width(line, small)))
    return Piece(_indented(parts, page.margin), y + round(small * 0.24) if parts else 0)


def _indented(parts: Sequence[Block | Text | Rule], margin: int) -> tuple[Block | Text | Rule, ...]:
    return tuple(
        Text(part.x + margin, part.y, part.text, part.size, part.width, part.bold)
        for part in parts
        if isinstance(part, Text)
    )


def _plain(label: Label, page: Page, spare: int) -> Piece | None:
    """Plain text with its data titles, as large as the room allows: one or two to a row."""
    for capitals in _PLAIN_MM:
        piece = _plain_of(label.plain, page, page.em(capitals))
        if piece is not None and piece.height <= spare:
            return piece
    return None


def _plain_of(plain: Elements, page: Page, size: int) -> Piece | None:
    caption = page.points(_CAPTION_PT)
    half = (page.room - page.dots(GAP_MM)) // 2
    rows: list[list[tuple[str, str]]] = []
    for title, content in plain:
        long = max(width(content, size), width(title, caption))
        if long > page.room:
            return None
        fits_half = long <= half
        if fits_half and rows and len(rows[-1]) == 1 and width(rows[-1][0][1], size) <= half:
            rows[-1].append((title, content))
        else:
            rows.append([(title, content)])
    parts: list[Block | Text | Rule] = []
    y = 0
    for number, row in enumerate(rows):
        y += round(caption * CAPITAL) + (round(size * 0.5 + caption * 0.3) if number else 0)
        base = y + round(caption * 0.5) + round(size * CAPITAL)
        for column, (title, content) in enumerate(row):
            x = column * (half + page.dots(GAP_MM))
            parts.append(Text(x, y, title, caption, width(title, caption)))
            parts.append(Text(x, base, content, size, width(content, size)))
        y = base
    return Piece(_indented(parts, page.margin), y + round(size * 0.24))


def _middle(label: Label, page: Page, module: int) -> Piece | None:
    """The DataMatrix, its quiet zone about it, and its interpretation beside it, a line an element."""
    modules = _matrix(label.element_string)
    quiet, side = MATRIX_QUIET * module, int(modules.shape[0]) * module
    left = page.margin + side + quiet + page.dots(GAP_MM)
    human = readable(label.elements)
    size = size_for(human, page.width - page.margin - left, page)
    if size is None:
        return None
    rise = round(size * 1.4)
    tall = round(size * CAPITAL) + (len(human) - 1) * rise
    zone = side + 2 * quiet
    top = max(0, (zone - tall) // 2)
    texts = [
        Text(left, top + round(size * CAPITAL) + number * rise, line, size, width(line, size))
        for number, line in enumerate(human)
    ]
    block = Block(page.margin, quiet + max(0, (tall - zone) // 2), module, modules, MATRIX_QUIET)
    return Piece((block, *texts), max(zone, tall))
