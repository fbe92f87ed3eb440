"""Reports on paper: the trace of a lot, and where one pack has been (A4, by reportlab).

The words come translated from whoever asks; here is only their place on the page. Equal content gives
equal bytes.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from html import escape
from itertools import groupby
from typing import Any, NamedTuple

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from traceability.custody.recall import shares as percents_of

_CHINESE = "STSong-Light"  # one of the Adobe fonts that every PDF viewer supplies; nothing to embed
_INK, _QUIET, _LINE = HexColor("#1c2430"), HexColor("#566072"), HexColor("#c9c6bc")
_MARGIN = 18 * mm
_WIDTH = A4[0] - 2 * _MARGIN

TONES: dict[str, Color] = {
    "held": HexColor("#1d4f8c"),
    "road": HexColor("#5b8fd0"),
    "dispensed": HexColor("#1b6b3a"),
    "returned": HexColor("#b98a2f"),
    "destroyed": HexColor("#6b7280"),
    "sampled": HexColor("#7d52a3"),
    "stolen": HexColor("#7d1420"),
    "unresolved": HexColor("#ab1f2b"),
}
"""Colours of the parts of a balance, by the names that `custody.recall` gives them."""


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a balance: how many packs, in words and in the colour named by `tone`."""

    tone: str
    word: str
    count: int


class Grid(NamedTuple):
    """A table. Columns in `numbers` are set to the right; `widths` are shares of the page width."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    numbers: frozenset[int] = frozenset()


class LotReport(NamedTuple):
    """The trace of a lot in words; without shares any report of facts and tables."""

    title: str
    sentence: str
    facts: Sequence[tuple[str, str]]
    shares: Sequence[Share]
    grids: Sequence[Grid]
    notes: Sequence[str]
    foot: str


class Stop(NamedTuple):
    """One hop on a pack's way; `gap` where nobody signed for it, `solid` where its own code was read."""

    heading: str
    when: str
    lines: Sequence[str]
    evidence: str
    gap: bool = False
    struck: bool = False
    solid: bool = False


class PackReport(NamedTuple):
    """Where a pack has been, newest first, in words."""

    title: str
    code: str
    sentence: str
    facts: Sequence[tuple[str, str]]
    stops: Sequence[Stop]
    notes: Sequence[str]
    foot: str


def lot_pdf(report: LotReport) -> bytes:
    """The summary of a lot's trace."""
    story: list[Flowable] = [_text(report.title, "title"), _text(report.sentence, "lead")]
    story.append(_facts(report.facts))
    if report.shares:
        story += [Spacer(1, 5 * mm), _Bar(report.shares), _legend(report.shares)]
    for grid in report.grids:
        story += _grid(grid)
    story += _notes(report.notes)
    return _document(report.title, report.foot, story)


def provenance_pdf(report: PackReport) -> bytes:
    """A pack's way, hop by hop."""
    story: list[Flowable] = [_text(report.title, "title"), _text(report.code, "code")]
    story += [_text(report.sentence, "lead"), _facts(report.facts), Spacer(1, 4 * mm)]
    story += [_Hop(stop, last=stop is report.stops[-1]) for stop in report.stops]
    story += _notes(report.notes)
    return _document(report.title, report.foot, story)


# Text that may be Chinese anywhere


@cache
def _chinese() -> str:
    pdfmetrics.registerFont(UnicodeCIDFont(_CHINESE))
    return _CHINESE


@cache
def _foreign(character: str) -> bool:
    """Whether the built-in fonts of PDF cannot write a character."""
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return True
    return False


def marked(text: str) -> str:
    """Text as reportlab's markup: nothing in it is markup, and each run names a font that can write it."""
    runs = []
    for foreign, characters in groupby(_printable(text), _foreign):
        run = escape("".join(characters))
        runs.append(f'<font name="{_chinese()}">{run}</font>' if foreign else run)
    return "".join(runs)


def _printable(text: str) -> str:
    """Without control characters; an arrow as a bracket, and what neither font has as a question mark."""
    shown = "".join(character if character.isprintable() else " " for character in text.replace("→", "›"))
    return "".join(character if ord(character) < 0x10000 else "?" for character in shown)


def _style(name: str, size: float, leading: float, **more: Any) -> ParagraphStyle:
    settings = {"textColor": _INK, "fontName": "Helvetica", "splitLongWords": 1} | more
    return ParagraphStyle(name, fontSize=size, leading=leading, **settings)


_STYLES = {
    "title": _style("title", 18, 22, fontName="Helvetica-Bold", spaceAfter=1.5 * mm),
    "lead": _style("lead", 11.5, 16, spaceBefore=1.5 * mm, spaceAfter=4 * mm),
    "code": _style("code", 9.5, 13, fontName="Courier", textColor=_QUIET),
    "heading": _style(
        "heading", 11.5, 15, fontName="Helvetica-Bold", spaceBefore=6 * mm, spaceAfter=1.5 * mm
    ),
    "body": _style("body", 9.5, 13),
    "strong": _style("strong", 10.5, 14, fontName="Helvetica-Bold"),
    "quiet": _style("quiet", 8.5, 11.5, textColor=_QUIET),
    "cell": _style("cell", 8.5, 11),
    "number": _style("number", 8.5, 11, alignment=TA_RIGHT),
    "head": _style("head", 8, 10, textColor=_QUIET),
    "head number": _style("head number", 8, 10, textColor=_QUIET, alignment=TA_RIGHT),
}


def _text(text: str, style: str) -> Paragraph:
    return Paragraph(marked(text), _STYLES[style])


# The parts of a page


def _facts(facts: Sequence[tuple[str, str]]) -> Table:
    rows = [[_text(name, "quiet"), _text(value, "body")] for name, value in facts]
    table = Table(rows or [["", ""]], colWidths=[38 * mm, _WIDTH - 38 * mm])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *_padding(0, 0.6 * mm)]))
    return table


def _padding(side: float, above: float) -> list[tuple[Any, ...]]:
    whole = ((0, 0), (-1, -1))
    return [
        ("LEFTPADDING", *whole, side),
        ("RIGHTPADDING", *whole, side),
        ("TOPPADDING", *whole, above),
        ("BOTTOMPADDING", *whole, above),
    ]


def _grid(grid: Grid) -> list[Flowable]:
    def cells(row: Sequence[str], word: str, number: str) -> list[Paragraph]:
        return [_text(text, number if place in grid.numbers else word) for place, text in enumerate(row)]

    rows = [cells(grid.header, "head", "head number")]
    rows += [cells(row, "cell", "number") for row in grid.rows]
    total = sum(grid.widths)
    table = Table(rows, colWidths=[_WIDTH * width / total for width in grid.widths], repeatRows=1)
    lines = [("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    table.setStyle(TableStyle([*lines, *_padding(1 * mm, 1.1 * mm)]))
    heading = _text(grid.title, "heading")
    return [KeepTogether([heading, table])] if len(rows) < 12 else [heading, table]


def _legend(shares: Sequence[Share]) -> Table:
    percents = percents_of({share.tone: share.count for share in shares})
    rows = [
        [_Swatch(share.tone), _text(share.word, "cell"), _text(f"{share.count:,}", "number"),
         _text(f"{percents[share.tone]:.1f} %", "number")]
        for share in shares
    ]  # fmt: skip
    rows.append(
        ["", "", _text(f"{sum(share.count for share in shares):,}", "number"), _text("100 %", "number")]
    )
    table = Table(rows, colWidths=[7 * mm, _WIDTH - 61 * mm, 30 * mm, 24 * mm])
    above = ("LINEABOVE", (2, -1), (-1, -1), 0.6, _INK)
    table.setStyle(TableStyle([above, ("VALIGN", (0, 0), (-1, -1), "MIDDLE"), *_padding(1 * mm, 0.7 * mm)]))
    return table


def _notes(notes: Sequence[str]) -> list[Flowable]:
    return [Spacer(1, 5 * mm), *(_text(note, "quiet") for note in notes)] if notes else []


class _Swatch(Flowable):  # type: ignore[misc]
    """The colour that a part has in the bar."""

    def __init__(self, tone: str) -> None:
        super().__init__()
        self.width = self.height = 3.2 * mm
        self._tone = tone

    def draw(self) -> None:
        self.canv.setFillColor(TONES[self._tone])
        self.canv.rect(0, 0, self.width, self.height, stroke=0, fill=1)


class _Bar(Flowable):  # type: ignore[misc]
    """A balance as one bar that is as wide as the page: what is missing would show."""

    def __init__(self, shares: Sequence[Share]) -> None:
        super().__init__()
        self.width, self.height = _WIDTH, 9 * mm
        self._shares = shares

    def draw(self) -> None:
        total = sum(share.count for share in self._shares) or 1
        left = 0.0
        for share in self._shares:
            width = self.width * share.count / total
            self.canv.setFillColor(TONES[share.tone])
            self.canv.rect(left, 2 * mm, width, 6 * mm, stroke=0, fill=1)
            left += width


class _Hop(Flowable):  # type: ignore[misc]
    """A hop beside the line that runs through all of them, dashed where nobody signed."""

    def __init__(self, stop: Stop, *, last: bool) -> None:
        super().__init__()
        heading = f"<strike>{marked(stop.heading)}</strike>" if stop.struck else marked(stop.heading)
        self._parts = [
            Paragraph(heading, _STYLES["strong"]),
            _text(f"{stop.when} · {stop.evidence}", "quiet"),
        ]
        self._parts += [_text(line, "body") for line in stop.lines]
        self._gap, self._solid, self._last = stop.gap, stop.solid, last

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        self._heights = [part.wrap(width - 9 * mm, 1000 * mm)[1] for part in self._parts]
        self.width, self.height = width, sum(self._heights) + 4.5 * mm
        return self.width, self.height

    def draw(self) -> None:
        canvas, dot = self.canv, self.height - 2.6 * mm
        canvas.setStrokeColor(_QUIET)
        canvas.setLineWidth(0.8)
        canvas.setDash((2, 2) if self._gap else ())
        if not self._last:
            canvas.line(2.5 * mm, dot - 2 * mm, 2.5 * mm, -2.6 * mm + 1 * mm)
        canvas.setFillColor(_QUIET)
        canvas.circle(2.5 * mm, dot, 1.6 * mm, stroke=1, fill=int(self._solid))
        canvas.setDash(())
        y = self.height
        for part, height in zip(self._parts, self._heights, strict=True):
            y -= height
            part.drawOn(canvas, 9 * mm, y)


# The document


def _document(title: str, foot: str, story: list[Flowable]) -> bytes:
    file = io.BytesIO()
    document = BaseDocTemplate(
        file, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN,
        bottomMargin=_MARGIN + 6 * mm, title=title, creator="traceability", invariant=1,
    )  # fmt: skip
    frame = Frame(
        _MARGIN, _MARGIN + 6 * mm, _WIDTH, A4[1] - 2 * _MARGIN - 6 * mm,
        leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
    )  # fmt: skip
    footed: Callable[[Canvas, BaseDocTemplate], None] = partial(_foot, foot)
    document.addPageTemplates(PageTemplate(frames=[frame], onPage=footed))
    document.build(story)
    return file.getvalue()


def _foot(text: str, canvas: Canvas, document: BaseDocTemplate) -> None:
    line = Paragraph(marked(text), _STYLES["quiet"])
    _, height = line.wrap(_WIDTH - 20 * mm, 30 * mm)
    line.drawOn(canvas, _MARGIN, _MARGIN + 4 * mm - height)
    canvas.setFont("Helvetica", 8.5)
    canvas.setFillColor(_QUIET)
    canvas.drawRightString(A4[0] - _MARGIN, _MARGIN + 1.2 * mm, str(document.page))
